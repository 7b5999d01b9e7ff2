use super::{
    CaptchaResult, ChallengeFailure, Event, LimitResult, LookupResult, NoticeResult,
    PositionResult, RevocationResult, SampleResult, SessionResult, TravelResult, UnlockResult,
};
use crate::address::Anomaly;
use crate::challenge::captcha::{Failure, TokenFailure};
use crate::challenge::carry::Obstacle;
use crate::challenge::clearance::ClearanceLack;
use crate::challenge::proof;
use crate::decision::{Action, AgentSignal, Mode};
use crate::device::Stranger;
use crate::identity::account::AccountLack;
use crate::intelligence::Connection;
use crate::intelligence::cache::Level;
use crate::intelligence::provider::FailureReason;
use crate::response::LoginResult;
use crate::route::RouteIndex;

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises.
    Counter,
    /// It rises and falls.
    Gauge,
    /// It collects values.
    Histogram,
}

/// One metric as the host knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name and labels: `palisade_requests.route=login.verdict=deny`. The shipped `stats_tags` turn `label=value` into real labels.
    pub name: String,
    /// How it behaves.
    pub kind: Kind,
}

/// The position of a metric in its [`Catalogue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricIndex(usize);

impl MetricIndex {
    /// The position.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// What is done to a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add this much.
    Add(i64),
    /// Collect this value.
    Record(u64),
}

/// Every metric that a policy can raise, in a fixed order, so that an event finds its own by arithmetic.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    /// Where the rules of each route begin.
    rules: Vec<usize>,
    /// Where the limits begin.
    limits: usize,
    /// Where the operator's lists begin.
    lists: usize,
    /// Where the metrics without a route begin.
    globals: usize,
}

/// Verdicts per route, enforced and monitored.
const VERDICTS: usize = Action::ALL.len().saturating_mul(2);
/// And what becomes of logins.
const PER_ROUTE: usize = VERDICTS.saturating_add(LoginResult::ALL.len());
const MODES: [Mode; 2] = [Mode::Enforce, Mode::Monitor];
const LEVELS: [Level; 2] = [Level::Local, Level::Shared];

impl Catalogue {
    /// Lists the metrics of a policy: its routes, each with the names of its rules, its limits, and its lists of networks.
    #[must_use]
    pub fn new<'p>(
        routes: impl Iterator<Item = (&'p str, Vec<&'p str>)> + Clone,
        limits: impl Iterator<Item = &'p str>,
        lists: impl Iterator<Item = &'p str>,
    ) -> Self {
        let mut this = Self::default();
        for (route, _) in routes.clone() {
            for family in ["palisade_requests", "palisade_monitored"] {
                for action in Action::ALL {
                    this.add(
                        Kind::Counter,
                        format!("{family}.route={route}.verdict={}", action.name()),
                    );
                }
            }
            for result in LoginResult::ALL {
                this.add(
                    Kind::Counter,
                    format!("palisade_logins.route={route}.result={}", result.name()),
                );
            }
        }
        for (route, rules) in routes {
            this.rules.push(this.metrics.len());
            for rule in rules {
                for mode in MODES {
                    this.add(
                        Kind::Counter,
                        format!(
                            "palisade_rule_hits.route={route}.rule={rule}.mode={}",
                            mode_name(mode)
                        ),
                    );
                }
            }
        }
        this.limits = this.metrics.len();
        for limit in limits {
            for result in LimitResult::ALL {
                this.add(
                    Kind::Counter,
                    format!("palisade_limit_hits.limit={limit}.result={}", result.name()),
                );
            }
        }
        this.lists = this.metrics.len();
        for list in lists {
            this.add(Kind::Counter, format!("palisade_list_hits.list={list}"));
        }
        this.globals = this.metrics.len();
        for event in globals() {
            let (family, label) = global(event);
            let name = label.map_or_else(
                || format!("palisade_{family}"),
                |(label, value)| format!("palisade_{family}.{label}={value}"),
            );
            this.add(kind(event), name);
        }
        this
    }

    /// All metrics, in order.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The metric of an event, and what is done to it.
    #[must_use]
    pub fn find(&self, event: Event) -> Option<(MetricIndex, Change)> {
        let index = match event {
            Event::Request { route, action } => {
                per_route(route).checked_add(action_number(action))?
            }
            Event::Monitored { route, action } => per_route(route)
                .checked_add(Action::ALL.len())?
                .checked_add(action_number(action))?,
            Event::RuleHit { route, rule, mode } => {
                let within = rule
                    .0
                    .checked_mul(MODES.len())?
                    .checked_add(mode_number(mode))?;
                self.rules.get(route.get())?.checked_add(within)?
            }
            Event::Login { route, result } => {
                let number = LoginResult::ALL.iter().position(|each| *each == result)?;
                per_route(route)
                    .checked_add(VERDICTS)?
                    .checked_add(number)?
            }
            Event::LimitHit { limit, result } => {
                let number = LimitResult::ALL.iter().position(|each| *each == result)?;
                let within = limit.0.checked_mul(LimitResult::ALL.len())?;
                self.limits.checked_add(within.checked_add(number)?)?
            }
            Event::ListHit(list) => self.lists.checked_add(list.get())?,
            other => self.globals.checked_add(global_number(other)?)?,
        };
        let change = match event {
            Event::WaitTime(time)
            | Event::LookupTime(time)
            | Event::SolveTime(time)
            | Event::RevocationWindow(time)
            | Event::CaptchaTime(time) => {
                Change::Record(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
            }
            Event::BreakerClosed | Event::BreakerGone => Change::Add(-1),
            _ => Change::Add(1),
        };
        Some((MetricIndex(index), change))
    }

    fn add(&mut self, kind: Kind, name: String) {
        self.metrics.push(Metric { name, kind });
    }
}

const fn per_route(route: RouteIndex) -> usize {
    route.get().saturating_mul(PER_ROUTE)
}

fn action_number(action: Action) -> usize {
    Action::ALL
        .into_iter()
        .position(|each| each == action)
        .unwrap_or_default()
}

const fn mode_number(mode: Mode) -> usize {
    match mode {
        Mode::Enforce => 0,
        Mode::Monitor => 1,
    }
}

const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Monitor => "monitor",
    }
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Local => "local",
        Level::Shared => "shared",
    }
}

const fn connection_name(connection: Option<Connection>) -> &'static str {
    match connection {
        Some(connection) => connection.name(),
        None => "unknown",
    }
}

/// One event of every metric that has no route.
fn globals() -> impl Iterator<Item = Event> {
    let zero = std::time::Duration::ZERO;
    // Who brings no cookie is refused nothing.
    let refused_devices = Stranger::ALL
        .into_iter()
        .filter(|stranger| *stranger != Stranger::Absent)
        .map(Event::DeviceRefused);
    let refused_clearances = ClearanceLack::ALL
        .into_iter()
        .filter(|lack| *lack != ClearanceLack::Absent)
        .map(Event::ClearanceLack);
    let lookups = [LookupResult::Answer, LookupResult::Nothing]
        .into_iter()
        .chain(FailureReason::ALL.into_iter().map(LookupResult::Failure))
        .map(Event::Lookup);
    let hits = LEVELS
        .into_iter()
        .flat_map(|level| [false, true].map(|stale| Event::CacheHit { level, stale }));
    let types = Connection::ALL.into_iter().map(Some).chain([None]);
    let refused = types.clone().map(Event::RefusedConnection);
    let monitored = types.map(Event::MonitoredConnection);
    // What happens on every request comes first, because it is found by going through them.
    hits.chain(refused)
        .chain(monitored)
        .chain(lookups)
        .chain(SessionResult::ALL.map(Event::Session))
        .chain(RevocationResult::ALL.map(Event::Revocation))
        .chain(NoticeResult::ALL.map(Event::Notice))
        .chain([true, false].map(|known| Event::AsnRate { known }))
        .chain(SampleResult::ALL.map(Event::AsnSample))
        .chain(LEVELS.map(Event::Evicted))
        .chain(Anomaly::ALL.map(Event::ClientAnomaly))
        .chain(AccountLack::ALL.map(Event::AccountLack))
        .chain(refused_devices)
        .chain(UnlockResult::ALL.map(Event::Unlock))
        .chain(TravelResult::ALL.map(Event::Travel))
        .chain(PositionResult::ALL.map(Event::Position))
        .chain([Event::ChallengeCleared, Event::ChallengeIssued])
        .chain(refused_clearances)
        .chain(proof::Failure::ALL.map(|failure| Event::ChallengeFailed(failure.into())))
        .chain(Obstacle::ALL.map(Event::NotCarried))
        .chain(captchas().map(Event::Captcha))
        .chain([
            Event::ChallengeFailed(ChallengeFailure::Replayed),
            Event::ChallengeSolved,
            Event::SolveTime(zero),
            Event::CaptchaTime(zero),
            Event::RevocationWindow(zero),
            Event::RecordEvicted,
            Event::RecordGivenUp,
        ])
        .chain(AgentSignal::ALL.map(Event::Agent))
        .chain([
            Event::CacheMiss,
            Event::StaleOnError,
            Event::SharedWriteGivenUp,
            Event::CounterEvicted,
            Event::CountGivenUp,
            Event::DeviceKnown,
            Event::DeviceSet,
            Event::DeviceTooLate,
            Event::DeviceTooMany,
            Event::SchemaDrift { first: true },
            Event::BreakerOpened,
            Event::NoPeerAddress,
            Event::PrivateClient,
            Event::OddPath,
            Event::UnknownProfile,
            Event::AuditLineDropped,
            Event::HostRefused,
            Event::WaitTime(zero),
            Event::LookupTime(zero),
        ])
}

fn captchas() -> impl Iterator<Item = CaptchaResult> {
    let failed = |failure| CaptchaResult::Failed {
        failure,
        first: false,
    };
    [
        CaptchaResult::Passed,
        CaptchaResult::Replayed,
        CaptchaResult::TooMany,
    ]
    .into_iter()
    .chain(Failure::ALL.map(failed))
    .chain(TokenFailure::ALL.map(CaptchaResult::Unusable))
}

fn global_number(event: Event) -> Option<usize> {
    let name = global(event);
    globals().position(|each| global(each) == name)
}

const fn kind(event: Event) -> Kind {
    match event {
        Event::WaitTime(_)
        | Event::LookupTime(_)
        | Event::SolveTime(_)
        | Event::CaptchaTime(_)
        | Event::RevocationWindow(_) => Kind::Histogram,
        Event::BreakerOpened | Event::BreakerClosed | Event::BreakerGone => Kind::Gauge,
        _ => Kind::Counter,
    }
}

/// Family and label of a metric that has no route.
const fn global(event: Event) -> (&'static str, Option<(&'static str, &'static str)>) {
    match event {
        Event::Request { .. }
        | Event::Monitored { .. }
        | Event::RuleHit { .. }
        | Event::LimitHit { .. }
        | Event::ListHit(_)
        | Event::Login { .. } => ("", None),
        Event::Lookup(LookupResult::Answer) => ("lookups", Some(("result", "answer"))),
        Event::Lookup(LookupResult::Nothing) => ("lookups", Some(("result", "nothing"))),
        Event::Lookup(LookupResult::Failure(reason)) => {
            ("lookups", Some(("result", reason.name())))
        }
        Event::CacheHit {
            level,
            stale: false,
        } => ("cache_hits", Some(("level", level_name(level)))),
        Event::CacheHit { level, stale: true } => {
            ("cache_stale_hits", Some(("level", level_name(level))))
        }
        Event::CacheMiss => ("cache_misses", None),
        Event::StaleOnError => ("cache_stale_on_error", None),
        Event::Evicted(level) => ("cache_evictions", Some(("level", level_name(level)))),
        Event::AsnRate { known: true } => ("asn_rates", Some(("result", "known"))),
        Event::AsnRate { known: false } => ("asn_rates", Some(("result", "unknown"))),
        Event::AsnSample(result) => ("asn_samples", Some(("result", result.name()))),
        Event::AccountLack(lack) => ("accounts_missing", Some(("reason", lack.name()))),
        Event::Travel(result) => ("travel", Some(("result", result.name()))),
        Event::Position(result) => ("travel_positions", Some(("result", result.name()))),
        Event::DeviceKnown => ("devices", Some(("result", "known"))),
        Event::DeviceSet => ("devices", Some(("result", "set"))),
        Event::DeviceTooLate => ("devices", Some(("result", "too_late"))),
        Event::DeviceTooMany => ("devices", Some(("result", "too_many"))),
        Event::DeviceRefused(stranger) => ("devices", Some(("result", stranger.name()))),
        Event::ChallengeIssued => ("challenges", Some(("result", "issued"))),
        Event::ChallengeCleared => ("challenges", Some(("result", "cleared"))),
        Event::ChallengeSolved => ("challenges", Some(("result", "solved"))),
        Event::SolveTime(_) => ("challenge_solve_time_ms", None),
        Event::ChallengeFailed(failure) => ("challenges_failed", Some(("reason", failure.name()))),
        Event::ClearanceLack(lack) => ("clearances_refused", Some(("reason", lack.name()))),
        Event::Captcha(result) => ("captchas", Some(("result", result.name()))),
        Event::CaptchaTime(_) => ("captcha_time_ms", None),
        Event::Session(result) => ("sessions", Some(("result", result.name()))),
        Event::Revocation(result) => ("revocations", Some(("result", result.name()))),
        Event::RevocationWindow(_) => ("revocation_window_ms", None),
        Event::Notice(result) => ("notices", Some(("result", result.name()))),
        Event::RecordEvicted => ("record_evictions", None),
        Event::RecordGivenUp => ("records_given_up", None),
        Event::NotCarried(obstacle) => ("forms_not_carried", Some(("reason", obstacle.name()))),
        Event::Unlock(result) => ("unlocks", Some(("result", result.name()))),
        Event::CounterEvicted => ("counter_evictions", None),
        Event::CountGivenUp => ("counts_given_up", None),
        Event::SharedWriteGivenUp => ("shared_writes_given_up", None),
        Event::SchemaDrift { .. } => ("schema_drift", None),
        Event::BreakerOpened | Event::BreakerClosed | Event::BreakerGone => ("breakers_open", None),
        Event::ClientAnomaly(anomaly) => ("client_anomalies", Some(("reason", anomaly.name()))),
        Event::NoPeerAddress => ("client_without_address", None),
        Event::PrivateClient => ("client_private", None),
        Event::OddPath => ("odd_paths", None),
        Event::UnknownProfile => ("unknown_profiles", None),
        Event::Agent(signal) => ("agents", Some(("signal", signal.name()))),
        Event::RefusedConnection(connection) => (
            "refused_connections",
            Some(("type", connection_name(connection))),
        ),
        Event::MonitoredConnection(connection) => (
            "monitored_connections",
            Some(("type", connection_name(connection))),
        ),
        Event::AuditLineDropped => ("audit_lines_dropped", None),
        Event::HostRefused => ("host_refused", None),
        Event::WaitTime(_) => ("wait_time_ms", None),
        Event::LookupTime(_) => ("lookup_time_ms", None),
    }
}
