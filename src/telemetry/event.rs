//! What happens, in the words of those who tell it.

use std::time::Duration;

use super::{
    AccountNameResult, CaptchaResult, ChallengeFailure, FingerprintResult, FleetResult,
    LimitResult, LookupResult, PasswordResult, PositionResult, RangeResult, RevocationResult,
    SampleResult, SessionAccountResult, SessionResult, SharedTable, SuccessResult, TravelResult,
    UnlockResult, WebhookResult,
};
use crate::address::Anomaly;
use crate::challenge::clearance::ClearanceError;
use crate::challenge::replay::Obstacle;
use crate::decision::{Action, LimitIndex, ListIndex, Mode, RuleIndex};
use crate::device::Stranger;
use crate::identity::account::AccountError;
use crate::intelligence::Connection;
use crate::intelligence::cache::Level;
use crate::response::LoginResult;
use crate::route::RouteIndex;
use crate::signals::AgentSignal;
use crate::time::Time;

/// Something that happened and is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request to a protected route was judged, and this happened.
    Request {
        /// The route.
        route: RouteIndex,
        /// What happened.
        action: Action,
    },
    /// What would have happened to a request, had what is monitored been enforced.
    Monitored {
        /// The route.
        route: RouteIndex,
        /// What would have happened.
        action: Action,
    },
    /// A rule held.
    RuleHit {
        /// The route.
        route: RouteIndex,
        /// The rule.
        rule: RuleIndex,
        /// Whether it was enforced.
        mode: Mode,
    },
    /// A limit did more than to count and let through.
    LimitHit {
        /// The route that asked it; of several, the first.
        route: RouteIndex,
        /// The limit.
        limit: LimitIndex,
        /// What it did.
        result: LimitResult,
    },
    /// The client of a judged request is on one of the operator's lists.
    ListHit(ListIndex),
    /// The share of failed logins from an autonomous system was asked for.
    AsnRate {
        /// Whether it is known.
        known: bool,
    },
    /// The TLS fingerprint of a request was asked for.
    Fingerprint(FingerprintResult),
    /// The password of a request was to be known.
    Password(PasswordResult),
    /// The service of ranges was asked, or was to be.
    Range(RangeResult),
    /// How long a call to it took.
    RangeTime(Duration),
    /// It is not asked for a while.
    RangeBreakerOpened,
    /// It is asked again, or its configuration goes.
    RangeBreakerClosed,
    /// The answer to a success was to get headers.
    Success(SuccessResult),
    /// A login was to count for its autonomous system.
    AsnSample(SampleResult),
    /// A counter that was still of use had to go.
    CounterEvicted,
    /// Something was not counted, because other workers wrote to the same place all the time.
    CountGivenUp,
    /// The application has answered a request whose limits want to know what became of it.
    Login {
        /// The route.
        route: RouteIndex,
        /// What became of it.
        result: LoginResult,
    },
    /// Nobody can tell which account a request is about.
    AccountError {
        /// The route that looked for it; of several, the first.
        route: RouteIndex,
        /// Why.
        error: AccountError,
    },
    /// How a client has travelled since the last successful login, where a route depends on it.
    Travel(TravelResult),
    /// What a success did to the last position.
    Position(PositionResult),
    /// A device was known by its cookie.
    DeviceKnown,
    /// A device's cookie was none of ours, or not any more.
    DeviceRefused(Stranger),
    /// A device was given a cookie.
    DeviceSet,
    /// A device was to get a cookie, but its headers had gone already.
    DeviceTooLate,
    /// A device was to get a cookie, but its account has had its share of new devices.
    DeviceTooMany,
    /// A challenge was given to a client.
    ChallengeIssued,
    /// A client has solved one.
    ChallengeSolved,
    /// In this time.
    SolveTime(Duration),
    /// A client was not asked again, because it has solved one before.
    ChallengeCleared,
    /// A solution was not accepted.
    ChallengeFailed(ChallengeFailure),
    /// A clearance was not accepted.
    ClearanceError(ClearanceError),
    /// What became of a captcha's token.
    Captcha(CaptchaResult),
    /// How long its service was asked.
    CaptchaTime(Duration),
    /// A posted form could not be carried through a challenge.
    NotCarried(Obstacle),
    /// What was kept of the session of a request.
    Session(SessionResult),
    /// Accounts that a session is used for.
    SessionAccount(SessionAccountResult),
    /// An answer named the account.
    AccountName(AccountNameResult),
    /// A session was to be revoked.
    Revocation(RevocationResult),
    /// How long a session went on after the request that brought its revocation about.
    RevocationWindow(Duration),
    /// The application was to be told of a revocation.
    Webhook(WebhookResult),
    /// A record that was still of use had to go.
    RecordEvicted,
    /// A record was not kept, because other workers wrote to the same place all the time.
    RecordGivenUp,
    /// Somebody followed an unlock link.
    Unlock(UnlockResult),
    /// A lookup ended, or could not begin.
    Lookup(LookupResult),
    /// The cache knew the address.
    CacheHit {
        /// Which level.
        level: Level,
        /// Whether what it knew was a little too old.
        stale: bool,
    },
    /// The cache did not know the address, or no longer.
    CacheMiss,
    /// Flags that are too old were used because the API failed.
    StaleOnError,
    /// An entry that was still of use had to go.
    Evicted(Level),
    /// Shared memory was left as it was, because other workers wrote to the same place all the time.
    SharedWriteGivenUp,
    /// A 200 answer in which no field of the provider's table exists.
    SchemaDrift {
        /// Whether it is the first one, worth a warning.
        first: bool,
    },
    /// The breaker opened.
    BreakerOpened,
    /// The breaker closed.
    BreakerClosed,
    /// The breaker was open when its configuration went.
    BreakerGone,
    /// A call to the fleet's service has ended, or was not made.
    FleetCall(FleetResult),
    /// How long a call to the fleet's service took.
    FleetTime(Duration),
    /// The fleet's service is not asked for a while.
    FleetBreakerOpened,
    /// It is asked again, or its configuration goes.
    FleetBreakerClosed,
    /// The client's address was told in an odd way.
    ClientAnomaly(Anomaly),
    /// The host told no address for the peer.
    NoPeerAddress,
    /// A protected route was asked for by a client with a private or reserved address.
    PrivateClient,
    /// A protected route was asked for by a path that is written in an odd way.
    OddPath,
    /// Route metadata named a profile that the configuration does not have.
    UnknownProfile,
    /// A signal of a User-Agent held, on a route that asks for it.
    Agent(AgentSignal),
    /// A request was refused that came by this kind of connection.
    RefusedConnection(Option<Connection>),
    /// A request went on that would have been refused, had what is monitored been enforced.
    MonitoredConnection(Option<Connection>),
    /// A refused request left no audit line, because there were too many.
    AuditLineDropped,
    /// The host refused to carry out a verdict; the request was stopped or reset instead.
    HostRefused,
    /// How long a request waited for a lookup.
    WaitTime(Duration),
    /// How long a lookup took.
    LookupTime(Duration),
    /// The filter runs, as it was built.
    Build,
    /// A configuration was accepted at this time.
    Configured(Time),
    /// So many lookups are left of the day.
    BudgetLeft(u32),
    /// A table in shared memory has place for so many entries.
    TableSlots {
        /// Which.
        table: SharedTable,
        /// How many.
        slots: u64,
    },
    /// So many entries of a table in shared memory are of use.
    TableSlotsUsed {
        /// Which.
        table: SharedTable,
        /// How many.
        slots: u64,
    },
}
