//! What became of something, as the value of a label.

use super::label::{Label, labels};
use crate::challenge::captcha::{self, TokenFailure};
use crate::challenge::proof;
use crate::device::Stranger;
use crate::intelligence::provider::{FailureReason, Outcome};
use crate::session::DropCause;
use crate::travel::Travel;

/// Declares enums, each value with its name, as labels.
macro_rules! results {
    ($($(#[$about:meta])* $result:ident { $($(#[$meaning:meta])* $value:ident = $name:literal,)+ })+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $result {
                $($(#[$meaning])* $value),+
            }

            impl $result {
                /// All of them.
                pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

                /// The label's value.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        $(Self::$value => $name),+
                    }
                }
            }

            labels! { $result }
        )+
    };
}

results! {
    /// What a limit did with a request.
    LimitResult {
        /// Let it through with four fifths used.
        Near = "near",
        /// Found it to be one too many, and did what was to follow.
        Exceeded = "exceeded",
        /// Found it to be one too many, and only watched.
        Monitored = "monitored",
        /// Let it through although it is one too many: nothing but volume speaks against the mobile carrier's network.
        Spared = "spared",
    }

    /// How a call to the fleet's service has ended.
    FleetResult {
        /// It told what is counted.
        Counted = "counted",
        /// It took too long.
        Timeout = "timeout",
        /// The connection broke.
        Reset = "reset",
        /// There was nobody to ask.
        Unreachable = "unreachable",
        /// The HTTP status was not 200.
        Status = "status",
        /// The service told of an error of its own, such as of Redis.
        Error = "error",
        /// It was no answer to what was asked.
        Unreadable = "unreadable",
        /// The service's configuration knows none of our counters.
        UnknownDomain = "unknown_domain",
        /// It knows some of them.
        UnknownDescriptor = "unknown_descriptor",
        /// It was not asked, as a request would have asked for more than is read.
        TooWide = "too_wide",
        /// The breaker was open, so that nobody was asked.
        Spared = "spared",
    }

    /// What became of the accounts that a session is used for.
    SessionAccountResult {
        /// The session was used for a password step.
        Remembered = "remembered",
        /// Another session took its place.
        Carried = "carried",
        /// A request of the session was counted for them.
        Known = "known",
        /// There was no session, or nothing was known of it.
        Unknown = "unknown",
        /// There were more of them than are kept.
        TooMany = "too_many",
        /// The network has had its share of sessions that take the place of others.
        OverShare = "over_share",
    }

    /// What an answer told of the account that its request was about.
    AccountNameResult {
        /// What was known of the request's name.
        Known = "known",
        /// Another account, for which the name counts from now on.
        Learnt = "learnt",
        /// Another account, though nobody knows for which of several names.
        Doubtful = "doubtful",
        /// More of them than are kept, so that none counts.
        TooMany = "too_many",
        /// One that has had too many attempts, so that the answer was held back.
        Withheld = "withheld",
    }

    /// How a client has travelled.
    TravelResult {
        /// The client's address has no position that is one.
        NoPosition = "no_position",
        /// No successful login is known to compare with.
        First = "first",
        /// As one can.
        Possible = "possible",
        /// Faster than possible.
        Impossible = "impossible",
    }

    /// What a success did to the last position.
    PositionResult {
        /// Moved it here.
        Moved = "moved",
        /// Left it where it was: the login was impossible, or another one is newer.
        Kept = "kept",
        /// Could not move it, because other workers wrote to the same place all the time.
        GivenUp = "given_up",
    }

    /// What became of a login that was to count for its autonomous system.
    SampleResult {
        /// It counts.
        Counted = "counted",
        /// Its network or its account has had its share.
        OverShare = "over_share",
    }

    /// What was kept of the session of a request.
    SessionResult {
        /// What was found out about its network before.
        Known = "known",
        /// Nothing, and now something is.
        Assessment = "judged",
        /// That it is not to be trusted.
        Refused = "refused",
    }

    /// A table in shared memory.
    SharedTable {
        /// Counters of limits, and of shares.
        Counters = "counters",
        /// What may be used once.
        Once = "used_once",
        /// What is known of addresses.
        Reputations = "reputations",
        /// What was found out about sessions, and that they are revoked.
        Sessions = "sessions",
        /// Sessions that the application knows.
        KnownSessions = "known_sessions",
        /// The accounts that sessions are used for.
        SessionAccounts = "session_accounts",
        /// Names of accounts.
        Names = "account_names",
        /// Devices whose logins no cookie shows yet.
        Devices = "devices",
        /// Last positions.
        Positions = "positions",
    }

    /// What became of a session that was to be revoked.
    RevocationResult {
        /// It was.
        Revoked = "revoked",
        /// It was revoked before.
        Known = "known",
        /// Another proxy of the fleet had revoked it.
        Elsewhere = "elsewhere",
        /// It would have been, had the rule been enforced.
        Monitored = "monitored",
        /// Its subnet had too many revoked.
        TooMany = "too_many",
        /// Shared memory did not take it.
        Failed = "failed",
        /// Nobody will know whether it should have been: too many were waiting.
        Forgotten = "forgotten",
    }

    /// What an unlock link did.
    UnlockResult {
        /// It lifted the lock.
        Done = "done",
        /// It had done so before.
        Used = "used",
        /// It came too late.
        Expired = "expired",
        /// It is none of ours.
        Invalid = "invalid",
    }

    /// Whether the failure rate of an autonomous system is known.
    AsnRateResult {
        /// It is.
        Known = "known",
        /// It is not, yet.
        Unknown = "unknown",
    }

    /// Whether a request has a TLS fingerprint.
    FingerprintResult {
        /// It has.
        Known = "known",
        /// It has none: no TLS, or HTTP/3.
        None = "none",
        /// There is something else in its place.
        Unreadable = "unreadable",
    }

    /// What becomes of challenges.
    ChallengeResult {
        /// One was given to a client.
        Issued = "issued",
        /// A client was spared one, because it has solved one before.
        Cleared = "cleared",
        /// A client has solved one.
        Solved = "solved",
    }
}

impl TravelResult {
    /// What `travel` is.
    #[must_use]
    pub const fn of(travel: Travel) -> Self {
        if travel.impossible {
            Self::Impossible
        } else {
            Self::Possible
        }
    }
}

/// Why a solution was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeFailure {
    /// It is not right.
    Wrong(proof::Failure),
    /// It was accepted before.
    Replayed,
}

impl ChallengeFailure {
    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wrong(failure) => failure.name(),
            Self::Replayed => "replayed",
        }
    }

    /// Whether no signature was made to find it out.
    #[must_use]
    pub const fn is_cheap(self) -> bool {
        match self {
            Self::Wrong(failure) => failure.is_cheap(),
            Self::Replayed => false,
        }
    }
}

impl From<proof::Failure> for ChallengeFailure {
    fn from(failure: proof::Failure) -> Self {
        Self::Wrong(failure)
    }
}

impl Label for ChallengeFailure {
    fn names() -> Vec<&'static str> {
        let mut names = proof::Failure::names();
        names.push("replayed");
        names
    }

    fn number(self) -> Option<usize> {
        match self {
            Self::Wrong(failure) => failure.number(),
            Self::Replayed => Some(proof::Failure::ALL.len()),
        }
    }
}

/// What became of a captcha's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaResult {
    /// Its service took it, and all else was as it must be.
    Passed,
    /// It is no proof, or nobody can tell.
    Failed {
        /// Why.
        failure: captcha::Failure,
        /// Whether it is the first of an operator's mistake, worth a warning.
        first: bool,
    },
    /// It was used before.
    Replayed,
    /// Its network has sent too many.
    TooMany,
    /// There is none that could be asked about.
    Unusable(TokenFailure),
}

impl Label for CaptchaResult {
    fn names() -> Vec<&'static str> {
        let mut names = vec!["passed", "replayed", "too_many"];
        names.extend(captcha::Failure::names());
        names.extend(TokenFailure::names());
        names
    }

    fn number(self) -> Option<usize> {
        let (before, number) = match self {
            Self::Passed => (0, 0),
            Self::Replayed => (1, 0),
            Self::TooMany => (2, 0),
            Self::Failed { failure, .. } => (3, failure.number()?),
            Self::Unusable(failure) => {
                let failures = captcha::Failure::ALL.len();
                (failures.checked_add(3)?, failure.number()?)
            }
        };
        number.checked_add(before)
    }
}

/// What became of a notice to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookResult {
    /// It has arrived.
    Delivered,
    /// An attempt failed.
    Again,
    /// It never will.
    Dropped(DropCause),
}

impl WebhookResult {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Delivered,
        Self::Again,
        Self::Dropped(DropCause::Full),
        Self::Dropped(DropCause::GivenUp),
    ];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again => "retried",
            Self::Dropped(cause) => cause.name(),
        }
    }
}

labels! { WebhookResult }

/// What becomes of devices' cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceResult {
    /// One is known.
    Known,
    /// One was set.
    Set,
    /// It was too late to set one.
    TooLate,
    /// One was not set, because its account has had its share of new devices.
    TooMany,
    /// One is none of ours, or not any more.
    Refused(Stranger),
}

impl Label for DeviceResult {
    fn names() -> Vec<&'static str> {
        let mut names = vec!["known", "set", "too_late", "too_many"];
        names.extend(Stranger::names());
        names
    }

    fn number(self) -> Option<usize> {
        match self {
            Self::Known => Some(0),
            Self::Set => Some(1),
            Self::TooLate => Some(2),
            Self::TooMany => Some(3),
            Self::Refused(stranger) => stranger.number()?.checked_add(4),
        }
    }
}

/// How a lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupResult {
    /// With an answer.
    Answer,
    /// With an answer that says nothing.
    Nothing,
    /// Not.
    Failure(FailureReason),
}

impl Label for LookupResult {
    fn names() -> Vec<&'static str> {
        let mut names = vec!["answer", "nothing"];
        names.extend(FailureReason::names());
        names
    }

    fn number(self) -> Option<usize> {
        match self {
            Self::Answer => Some(0),
            Self::Nothing => Some(1),
            Self::Failure(reason) => reason.number()?.checked_add(2),
        }
    }
}

impl From<Outcome> for LookupResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answer(_) => Self::Answer,
            Outcome::Nothing => Self::Nothing,
            Outcome::Failure(failure) => Self::Failure(failure.reason),
        }
    }
}
