//! What became of something, as the value of a label.

use crate::challenge::captcha::{self, TokenFailure};
use crate::challenge::proof;
use crate::intelligence::provider::{FailureReason, Outcome};
use crate::session::DropCause;
use crate::travel::Travel;

/// What a limit did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitResult {
    /// Let it through with four fifths used.
    Near,
    /// Found it to be one too many, and did what was to follow.
    Exceeded,
    /// Found it to be one too many, and only watched.
    Monitored,
    /// Let it through although it is one too many: nothing but volume speaks against the mobile carrier's network.
    Spared,
}

impl LimitResult {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Near, Self::Exceeded, Self::Monitored, Self::Spared];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Exceeded => "exceeded",
            Self::Monitored => "monitored",
            Self::Spared => "spared",
        }
    }
}

/// How a client has travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TravelResult {
    /// The client's address has no position that is one.
    NoPosition,
    /// No successful login is known to compare with.
    First,
    /// As one can.
    Possible,
    /// Faster than possible.
    Impossible,
}

impl TravelResult {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NoPosition,
        Self::First,
        Self::Possible,
        Self::Impossible,
    ];

    /// What `travel` is.
    #[must_use]
    pub const fn of(travel: Travel) -> Self {
        if travel.impossible {
            Self::Impossible
        } else {
            Self::Possible
        }
    }

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPosition => "no_position",
            Self::First => "first",
            Self::Possible => "possible",
            Self::Impossible => "impossible",
        }
    }
}

/// What a success did to the last position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionResult {
    /// Moved it here.
    Moved,
    /// Left it where it was: the login was impossible, or another one is newer.
    Kept,
    /// Could not move it, because other workers wrote to the same place all the time.
    GivenUp,
}

impl PositionResult {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Moved, Self::Kept, Self::GivenUp];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Kept => "kept",
            Self::GivenUp => "given_up",
        }
    }
}

/// What became of a login that was to count for its autonomous system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleResult {
    /// It counts.
    Counted,
    /// Its network or its account has had its share.
    OverShare,
}

impl SampleResult {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Counted, Self::OverShare];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::OverShare => "over_share",
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

impl CaptchaResult {
    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { failure, .. } => failure.name(),
            Self::Replayed => "replayed",
            Self::TooMany => "too_many",
            Self::Unusable(failure) => failure.name(),
        }
    }
}

/// What was kept of the session of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionResult {
    /// What was found out about its network before.
    Known,
    /// Nothing, and now something is.
    Judged,
    /// That it is not to be trusted.
    Refused,
}

impl SessionResult {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Known, Self::Judged, Self::Refused];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Judged => "judged",
            Self::Refused => "refused",
        }
    }
}

/// What became of a session that was to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationResult {
    /// It was.
    Revoked,
    /// It was revoked before.
    Known,
    /// It would have been, had the rule been enforced.
    Monitored,
    /// Its subnet had too many revoked.
    TooMany,
    /// Shared memory did not take it.
    Failed,
    /// Nobody will know whether it should have been: too many were waiting.
    Forgotten,
}

impl RevocationResult {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Revoked,
        Self::Known,
        Self::Monitored,
        Self::TooMany,
        Self::Failed,
        Self::Forgotten,
    ];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Known => "known",
            Self::Monitored => "monitored",
            Self::TooMany => "too_many",
            Self::Failed => "failed",
            Self::Forgotten => "forgotten",
        }
    }
}

/// What became of a notice to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeResult {
    /// It has arrived.
    Delivered,
    /// An attempt failed.
    Again,
    /// It never will.
    Dropped(DropCause),
}

impl NoticeResult {
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

impl From<proof::Failure> for ChallengeFailure {
    fn from(failure: proof::Failure) -> Self {
        Self::Wrong(failure)
    }
}

/// What an unlock link did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockResult {
    /// It lifted the lock.
    Done,
    /// It had done so before.
    Used,
    /// It came too late.
    Expired,
    /// It is none of ours.
    Invalid,
}

impl UnlockResult {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Done, Self::Used, Self::Expired, Self::Invalid];

    /// The label's value, and what the page is told behind the link.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
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

impl From<Outcome> for LookupResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answer(_) => Self::Answer,
            Outcome::Nothing => Self::Nothing,
            Outcome::Failure(failure) => Self::Failure(failure.reason),
        }
    }
}
