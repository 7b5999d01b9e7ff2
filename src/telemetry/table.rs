//! The table of metrics: their names, kinds, units and labels, what a policy must use to have them, the events that
//! raise them, and what they count.

use super::label::Label;
use super::terms::{Feature, Kind, Scope, Unit};
use super::{
    AccountNameResult, AsnRateResult, CaptchaResult, ChallengeFailure, ChallengeResult,
    DeviceResult, Event, FingerprintResult, FleetResult, LimitResult, LookupResult, PasswordResult,
    PositionResult, RangeResult, RevocationResult, SampleResult, SessionAccountResult,
    SessionResult, SuccessResult, TravelResult, UnlockResult, WebhookResult,
};
use crate::address::Anomaly;
use crate::challenge::clearance::ClearanceError;
use crate::challenge::replay::Obstacle;
use crate::decision::{Action, Mode};
use crate::identity::account::AccountError;
use crate::intelligence::Connection;
use crate::intelligence::cache::Level;
use crate::response::LoginResult;
use crate::signals::AgentSignal;

/// Declares the metrics. A row is
/// `Family = Kind "name" in Unit, of Feature per Scope, "label" of Values, { events => value of the label } "what it
/// counts";`. Without a unit it counts things.
macro_rules! metrics {
    ($(
        $family:ident = $kind:ident $name:literal $(in $unit:ident,)? of $feature:ident per $scope:ident,
            $($label:literal of $values:ty,)?
            { $($event:pat $(=> $value:expr)?),+ $(,)? } $counts:literal;
    )+) => {
        /// The metrics of one name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Family {
            $(#[doc = $counts] $family),+
        }

        impl Family {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$family),+];

            /// Its place in [`Self::ALL`].
            #[must_use]
            #[expect(clippy::as_conversions, reason = "the discriminant of a u8 enum")]
            pub const fn number(self) -> usize {
                self as usize
            }

            /// The name, behind `palisade_`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$family => $name),+
                }
            }

            /// How they behave.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$family => Kind::$kind),+
                }
            }

            /// What its values are.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self {
                    $(Self::$family => unit!($($unit)?)),+
                }
            }

            /// What a policy must use to have them.
            #[must_use]
            pub const fn feature(self) -> Feature {
                match self {
                    $(Self::$family => Feature::$feature),+
                }
            }

            /// Of what there is one each.
            #[must_use]
            pub const fn scope(self) -> Scope {
                match self {
                    $(Self::$family => Scope::$scope),+
                }
            }

            /// The label behind those of the scope; empty when there is none.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$family => concat!("" $(, $label)?)),+
                }
            }

            /// The values of that label, in order; where there is none, an empty one.
            #[must_use]
            pub fn values(self) -> Vec<&'static str> {
                match self {
                    $(Self::$family => values!($($values)?)),+
                }
            }

            /// What they count, as the documents have it.
            #[must_use]
            pub const fn counts(self) -> &'static str {
                match self {
                    $(Self::$family => $counts),+
                }
            }
        }

        impl Event {
            /// The metrics that the event raises one of, and which value of their label.
            pub(crate) fn family(self) -> Option<(Family, usize)> {
                Some(match self {
                    $($($event => (Family::$family, number!($($value)?)),)+)+
                })
            }
        }
    };
}

macro_rules! unit {
    () => {
        Unit::One
    };
    ($unit:ident) => {
        Unit::$unit
    };
}

macro_rules! values {
    () => {
        <()>::names()
    };
    ($values:ty) => {
        <$values>::names()
    };
}

macro_rules! number {
    () => {
        0
    };
    ($value:expr) => {
        Label::number($value)?
    };
}

metrics! {
    Requests = Counter "requests" of Always per Route, "verdict" of Action,
        { Event::Request { action, .. } => action }
        "requests to protected routes, by what happened";
    Monitored = Counter "monitored" of Always per Route, "verdict" of Action,
        { Event::Monitored { action, .. } => action }
        "what would have happened, where the policy, route, rule or list is only monitored";
    RuleHits = Counter "rule_hits" of Always per Rule, "mode" of Mode,
        { Event::RuleHit { mode, .. } => mode }
        "rules that decided, enforced (`enforce`) or only monitored (`monitor`)";
    Agents = Counter "agents" of Agents per Policy, "signal" of AgentSignal,
        { Event::Agent(signal) => signal }
        "requests by what their User-Agent says, on routes that ask";
    RefusedConnections = Counter "refused_connections" of Always per Policy, "type" of Option<Connection>,
        { Event::RefusedConnection(connection) => connection }
        "requests that were refused, by what connects the client: `residential`, `mobile`, \
        `corporate`, `datacenter`, `unknown`";
    MonitoredConnections = Counter "monitored_connections" of Always per Policy, "type" of Option<Connection>,
        { Event::MonitoredConnection(connection) => connection }
        "the same of requests that went on and would have been refused, had what is monitored been enforced";
    LimitHits = Counter "limit_hits" of Always per Limit, "result" of LimitResult,
        { Event::LimitHit { result, .. } => result }
        "requests at a limit: above 80 % of it (`near`), too many (`exceeded`), too many where it is only \
        monitored (`monitored`), too many from a mobile carrier without evidence (`spared`)";
    ListHits = Counter "list_hits" of Always per List,
        { Event::ListHit(_) }
        "judged requests from clients on one of your lists";
    AsnRates = Counter "asn_rates" of AsnFailures per Policy, "result" of AsnRateResult,
        {
            Event::AsnRate { known: true } => AsnRateResult::Known,
            Event::AsnRate { known: false } => AsnRateResult::Unknown,
        }
        "requests that asked for the failure rate of their ASN: `known`, or `unknown`";
    Fingerprints = Counter "fingerprints" of Fingerprints per Policy, "result" of FingerprintResult,
        { Event::Fingerprint(result) => result }
        "requests that were asked for their TLS fingerprint: `known`, `none`, or `unreadable`";
    PasswordChecks = Counter "password_checks" of Passwords per Policy, "result" of PasswordResult,
        { Event::Password(result) => result }
        "passwords that were to be checked: `breached`, `clean`, `none` (the request has none), `unclear` (it cannot be \
        read for certain), `unknown` (the service has not told)";
    RangeCalls = Counter "range_calls" of Passwords per Policy, "result" of RangeResult,
        { Event::Range(result) => result }
        "questions to the service of `breached_passwords`: `answered`, `cached`, `timeout`, `reset`, `unreachable`, \
        `limited` (429), `refused` (another 4xx), `failed` (5xx), `too_large`, `malformed` (no range, or cut off), `too_many` \
        (at once), `spared` (not asked, after several that failed)";
    RangeTime = Histogram "range_time_ms" in Milliseconds, of Passwords per Policy,
        { Event::RangeTime(_) }
        "how long calls to the service of `breached_passwords` took";
    RangeBreakersOpen = Gauge "range_breakers_open" of Passwords per Policy,
        { Event::RangeBreakerOpened | Event::RangeBreakerClosed }
        "workers that do not ask the service of `breached_passwords` for a while";
    SuccessHeaders = Counter "success_headers" of SuccessHeaders per Policy, "result" of SuccessResult,
        { Event::Success(result) => result }
        "answers to successes that were to tell of the password (`on_success`): `told`, or `too_late`, as their headers \
        had gone before the body showed the success";
    AsnSamples = Counter "asn_samples" of AsnFailures per Policy, "result" of SampleResult,
        { Event::AsnSample(result) => result }
        "answers that count for the failure rate of their ASN (`counted`), and those whose network or account has \
        had its share (`over_share`)";
    Logins = Counter "logins" of Always per Answer, "result" of LoginResult,
        { Event::Login { result, .. } => result }
        "answers of the application, where one is looked at: `success`, `failure`, `next_step` (right, and not over), \
        `locked` (by the application), `neither`, `unreadable`, `undelivered` (it reached nobody)";
    AccountsMissing = Counter "accounts_missing" of Always per Account, "reason" of AccountError,
        { Event::AccountError { error, .. } => error }
        "requests whose account nobody can tell: `missing`, `conflict`, `content_type`, `encoded`, `too_large`, \
        `late`, `malformed`, `not_text`, `too_long`, `not_allowed`, `batch`";
    Travel = Counter "travel" of Travel per Policy, "result" of TravelResult,
        { Event::Travel(result) => result }
        "requests on routes that depend on travel: without a position here, or without an account \
        (`no_position`), without a last login (`first`), `possible`, `impossible`";
    TravelPositions = Counter "travel_positions" of Travel per Policy, "result" of PositionResult,
        { Event::Position(result) => result }
        "what successful logins did to the last position: `moved`, `kept` (this one was impossible, or another is \
        newer), `given_up` because others wrote all the time";
    Devices = Counter "devices" of Devices per Policy, "result" of DeviceResult,
        {
            Event::DeviceKnown => DeviceResult::Known,
            Event::DeviceSet => DeviceResult::Set,
            Event::DeviceTooLate => DeviceResult::TooLate,
            Event::DeviceTooMany => DeviceResult::TooMany,
            Event::DeviceRefused(stranger) => DeviceResult::Refused(stranger),
        }
        "device cookies: `known`, `set`, `too_late` to set, `too_many` of one account in a day, or refused as \
        `malformed`, `forged`, `too_far_ahead`, `expired`";
    Challenges = Counter "challenges" of Challenges per Policy, "result" of ChallengeResult,
        {
            Event::ChallengeIssued => ChallengeResult::Issued,
            Event::ChallengeCleared => ChallengeResult::Cleared,
            Event::ChallengeSolved => ChallengeResult::Solved,
        }
        "challenges: `issued`, `solved`, and spared those who have solved one before (`cleared`)";
    Captchas = Counter "captchas" of Captcha per Policy, "result" of CaptchaResult,
        { Event::Captcha(result) => result }
        "tokens of captchas: `passed`; refused by the service (`invalid`, `expired`, `duplicate`, \
        `expired_or_duplicate`, `other_site`, `bad_request`, `other`) or by what its answer says \
        (`wrong_hostname`, `testing_key`, `wrong_action`, `low_score`, `stale`); used before (`replayed`); not asked about, \
        because the address or network has had its share in ten minutes (`too_many`); none at all \
        (`several_tokens`, `too_long_token`, `malformed_token`); not verifiable (`timeout`, `reset`, \
        `rate_limited`, `status`, `service_error`, `refused_secret`, `too_large`, `unreadable`, `not_asked`)";
    CaptchaTime = Histogram "captcha_time_ms" in Milliseconds, of Captcha per Policy,
        { Event::CaptchaTime(_) }
        "how long requests waited for a captcha's service";
    ChallengesFailed = Counter "challenges_failed" of Challenges per Policy, "reason" of ChallengeFailure,
        { Event::ChallengeFailed(reason) => reason }
        "solutions that were refused: `too_large`, `malformed`, `other_network`, `other_route`, `premature`, \
        `expired`, `too_easy`, `forged`, `wrong_answer`, `replayed`";
    ChallengeSolveTime = Histogram "challenge_solve_time_ms" in Milliseconds, of Challenges per Policy,
        { Event::SolveTime(_) }
        "from issuing a challenge to its solution, by our own clock";
    ClearancesRefused = Counter "clearances_refused" of Challenges per Policy, "reason" of ClearanceError,
        { Event::ClearanceError(reason) => reason }
        "clearances that were refused: `malformed`, `forged`, `other_rule`, `other_agent`, `other_network`, \
        `premature`, `expired`, `too_easy`";
    FormsNotCarried = Counter "forms_not_carried" of Challenges per Policy, "reason" of Obstacle,
        { Event::NotCarried(reason) => reason }
        "forms that a page could not hold: `no_form`, `too_large`, `too_many_fields`, `malformed`, `file`, \
        `not_utf8`, `not_repeatable`, `other_site`";
    Unlocks = Counter "unlocks" of Unlock per Policy, "result" of UnlockResult,
        { Event::Unlock(result) => result }
        "unlock links: `done`, `used`, `expired`, `invalid`";
    CounterEvictions = Counter "counter_evictions" of Counters per Policy,
        { Event::CounterEvicted }
        "counters that were still of use and had to go: raise `counters.memory`";
    CountsGivenUp = Counter "counts_given_up" of Counters per Policy,
        { Event::CountGivenUp }
        "requests that could not be counted, because others wrote all the time; see `on_uncounted`";
    Lookups = Counter "lookups" of Intelligence per Policy, "result" of LookupResult,
        { Event::Lookup(result) => result }
        "lookups by their end: `answer`, `nothing`, or a reason";
    CacheHits = Counter "cache_hits" of Intelligence per Policy, "level" of Level,
        { Event::CacheHit { level, stale: false } => level }
        "addresses that the worker (`local`) or the other workers (`shared`) knew";
    CacheStaleHits = Counter "cache_stale_hits" of Intelligence per Policy, "level" of Level,
        { Event::CacheHit { level, stale: true } => level }
        "the same, a little too old (`local`, `shared`)";
    CacheMisses = Counter "cache_misses" of Intelligence per Policy,
        { Event::CacheMiss }
        "addresses that neither level knew, or no longer, or whose lookup had just failed";
    CacheStaleOnError = Counter "cache_stale_on_error" of Intelligence per Policy,
        { Event::StaleOnError }
        "requests judged by flags that are too old, for want of an answer";
    CacheEvictions = Counter "cache_evictions" of Intelligence per Policy, "level" of Level,
        { Event::Evicted(level) => level }
        "entries that were still of use and had to go (`local`, `shared`): raise `entries`";
    SharedWritesGivenUp = Counter "shared_writes_given_up" of Intelligence per Policy,
        { Event::SharedWriteGivenUp }
        "writes to shared memory that met other writers eight times";
    SchemaDrift = Counter "schema_drift" of Intelligence per Policy,
        { Event::SchemaDrift { .. } }
        "200 answers in which no mapped field exists";
    BreakersOpen = Gauge "breakers_open" of Intelligence per Policy,
        { Event::BreakerOpened | Event::BreakerClosed | Event::BreakerGone }
        "workers whose breaker is open";
    FleetCalls = Counter "fleet_calls" of Fleet per Policy, "result" of FleetResult,
        { Event::FleetCall(result) => result }
        "calls to the service of `fleet`, by their end: `counted`, `timeout`, `reset`, `unreachable`, `status`, `error` \
        (of the service itself, such as of its Redis), `unreadable`, `unknown_domain` and `unknown_descriptor` (its \
        configuration does not fit), `too_wide` (not asked: a request of more accounts and sessions than clients \
        write), `spared` (not asked, after several that failed)";
    FleetTime = Histogram "fleet_time_ms" in Milliseconds, of Fleet per Policy,
        { Event::FleetTime(_) }
        "how long calls to the service of `fleet` took";
    FleetBreakersOpen = Gauge "fleet_breakers_open" of Fleet per Policy,
        { Event::FleetBreakerOpened | Event::FleetBreakerClosed }
        "workers that do not ask the service of `fleet` for a while";
    ClientAnomalies = Counter "client_anomalies" of TrustedProxies per Policy, "reason" of Anomaly,
        { Event::ClientAnomaly(reason) => reason }
        "odd forwarded headers from your own proxies: `garbage`, `too_long`, `repeated`, `missing`";
    ClientWithoutAddress = Counter "client_without_address" of Always per Policy,
        { Event::NoPeerAddress }
        "requests of which Envoy told no address";
    ClientPrivate = Counter "client_private" of Always per Policy,
        { Event::PrivateClient }
        "protected requests from private or reserved addresses, which are never looked up";
    OddPaths = Counter "odd_paths" of Always per Policy,
        { Event::OddPath }
        "protected requests that were found in another reading of their path than the canonical one, or in \
        several routes";
    UnknownProfiles = Counter "unknown_profiles" of Profiles per Policy,
        { Event::UnknownProfile }
        "route metadata that names a profile which does not exist";
    AuditLinesDropped = Counter "audit_lines_dropped" of Always per Policy,
        { Event::AuditLineDropped }
        "refusals without an audit line, because there were too many";
    HostRefused = Counter "host_refused" of Always per Policy,
        { Event::HostRefused }
        "verdicts that Envoy would not carry out; the request was stopped instead";
    Sessions = Counter "sessions" of Sessions per Policy, "result" of SessionResult,
        { Event::Session(result) => result }
        "requests of sessions: judged by what was `known`, `judged` anew, or `refused` because they are revoked \
        or unreadable";
    SessionAccounts = Counter "session_accounts" of SessionAccounts per Policy, "result" of SessionAccountResult,
        { Event::SessionAccount(result) => result }
        "accounts of sessions: `remembered` with a password step, `carried` over \
        to a new value, `known` when a later step came, `unknown` then, `too_many` of one session, or not carried \
        because the network has had its share (`over_share`)";
    AccountNames = Counter "account_names" of AccountNames per Policy, "result" of AccountNameResult,
        { Event::AccountName(result) => result }
        "answers that named the account, by `identity.account_header`: `known` before, `learnt`, `doubtful` which of \
        several names it has, `too_many` to keep, or `withheld` because it was locked already";
    Revocations = Counter "revocations" of Sessions per Policy, "result" of RevocationResult,
        { Event::Revocation(result) => result }
        "sessions that were `revoked`, were so before (`known`) or at another proxy of the fleet (`elsewhere`), \
        would have been (`monitored`), were too many of one network, and so go first (`too_many`), were not \
        stored (`failed`), or of whose requests too many were waiting (`forgotten`)";
    RevocationWindow = Histogram "revocation_window_ms" in Milliseconds, of Sessions per Policy,
        { Event::RevocationWindow(_) }
        "how long a session went on after the request that brought its revocation about";
    Notices = Counter "notices" of Notices per Policy, "result" of WebhookResult,
        { Event::Webhook(result) => result }
        "notices to the application: `delivered`, attempts to be `retried`, and those dropped because the queue \
        was `full` or the last attempt failed (`given_up`)";
    RecordEvictions = Counter "record_evictions" of Records per Policy,
        { Event::RecordEvicted }
        "live records that had to go. Give `session.memory` more";
    RecordsGivenUp = Counter "records_given_up" of Records per Policy,
        { Event::RecordGivenUp }
        "records that were not kept: all places hold what matters more, or other workers wrote to the same place \
        all the time";
    WaitTime = Histogram "wait_time_ms" in Milliseconds, of Intelligence per Policy,
        { Event::WaitTime(_) }
        "how long requests waited for a lookup";
    LookupTime = Histogram "lookup_time_ms" in Milliseconds, of Intelligence per Policy,
        { Event::LookupTime(_) }
        "how long lookups took";
    BuildInfo = Gauge "build_info" of Always per Build,
        { Event::Build }
        "1: which version of the filter runs, and which revision of the source it was built of";
    ConfigurationTime = Gauge "configuration_timestamp_seconds" in Seconds, of Always per Policy,
        { Event::Configured(_) }
        "when a worker last accepted a configuration, since 1970 (UTC): also when it had to start anew";
    LookupBudgetLeft = Gauge "lookup_budget_left" of Always per Budget,
        { Event::BudgetLeft(_) }
        "lookups that are left of the day's `daily_budget`, all workers together, as of the last ten seconds";
    TableSlots = Gauge "table_slots" of Always per Table,
        { Event::TableSlots { .. } }
        "how many entries a table in shared memory has place for";
    TableSlotsUsed = Gauge "table_slots_used" of Always per Table,
        { Event::TableSlotsUsed { .. } }
        "how many of them hold something of use: looked at every ten seconds in some of the table's pages of 4 KiB, and exact \
        for a table that has no more than these 16";
}
