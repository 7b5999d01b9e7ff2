use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::address::Anomaly;
use crate::challenge::captcha::{Failure, TokenFailure};
use crate::challenge::clearance::ClearanceError;
use crate::challenge::proof;
use crate::challenge::replay::Obstacle;
use crate::decision::{Action, AgentSignal, LimitIndex, ListIndex, Mode, RuleIndex};
use crate::device::Stranger;
use crate::identity::account::AccountError;
use crate::intelligence::Connection;
use crate::intelligence::cache::Level;
use crate::intelligence::provider::FailureReason;
use crate::response::LoginResult;
use crate::route::RouteIndex;
use crate::telemetry::{
    AccountNameResult, CaptchaResult, ChallengeFailure, FingerprintResult, FleetResult,
    LimitResult, LookupResult, OwnedRoute, PasswordResult, PositionResult, RangeResult,
    RevocationResult, SampleResult, SessionAccountResult, SessionResult, SharedTable,
    SuccessResult, TravelResult, UnlockResult, WebhookResult, build,
};
use crate::time::Time;

/// What uses everything: three routes, of which the second has nothing of its own.
fn owned() -> Owned<'static> {
    let route = |name, rules, limits, has_account| OwnedRoute {
        name,
        rules,
        limits,
        has_account,
        reads_answers: has_account,
    };
    const BOTH: &[LimitIndex] = &[LimitIndex(1), LimitIndex(0)];
    const ONE: &[LimitIndex] = &[LimitIndex(1)];
    Owned {
        routes: vec![
            route("login", vec!["a", "b"], BOTH, true),
            route("none", vec![], &[], false),
            route("admin", vec!["c"], ONE, true),
        ],
        limits: vec!["per_ip", "per_account"],
        lists: vec!["mine", "theirs"],
        budget: Some("ipasis"),
        features: Feature::ALL.into(),
    }
}

fn catalogue() -> Catalogue {
    Catalogue::new(&owned())
}

/// Every event that is of the whole policy, and the metric that it raises.
fn events() -> Vec<(Event, String)> {
    let zero = Duration::ZERO;
    let mut all: Vec<(Event, String)> = [
        (Event::CacheMiss, "cache_misses"),
        (Event::StaleOnError, "cache_stale_on_error"),
        (Event::SharedWriteGivenUp, "shared_writes_given_up"),
        (Event::CounterEvicted, "counter_evictions"),
        (Event::CountGivenUp, "counts_given_up"),
        (Event::DeviceKnown, "devices.result=known"),
        (Event::DeviceSet, "devices.result=set"),
        (Event::DeviceTooLate, "devices.result=too_late"),
        (Event::DeviceTooMany, "devices.result=too_many"),
        (Event::ChallengeIssued, "challenges.result=issued"),
        (Event::ChallengeCleared, "challenges.result=cleared"),
        (Event::ChallengeSolved, "challenges.result=solved"),
        (
            Event::ChallengeFailed(ChallengeFailure::Replayed),
            "challenges_failed.reason=replayed",
        ),
        (
            Event::Fingerprint(FingerprintResult::Known),
            "fingerprints.result=known",
        ),
        (
            Event::Fingerprint(FingerprintResult::None),
            "fingerprints.result=none",
        ),
        (
            Event::Fingerprint(FingerprintResult::Unreadable),
            "fingerprints.result=unreadable",
        ),
        (Event::AsnRate { known: true }, "asn_rates.result=known"),
        (Event::AsnRate { known: false }, "asn_rates.result=unknown"),
        (
            Event::Captcha(CaptchaResult::Passed),
            "captchas.result=passed",
        ),
        (
            Event::Captcha(CaptchaResult::Replayed),
            "captchas.result=replayed",
        ),
        (
            Event::Captcha(CaptchaResult::TooMany),
            "captchas.result=too_many",
        ),
        (Event::Lookup(LookupResult::Answer), "lookups.result=answer"),
        (
            Event::Lookup(LookupResult::Nothing),
            "lookups.result=nothing",
        ),
        (
            Event::RefusedConnection(None),
            "refused_connections.type=unknown",
        ),
        (
            Event::MonitoredConnection(None),
            "monitored_connections.type=unknown",
        ),
        (Event::SchemaDrift { first: true }, "schema_drift"),
        (Event::SchemaDrift { first: false }, "schema_drift"),
        (Event::BreakerOpened, "breakers_open"),
        (Event::BreakerClosed, "breakers_open"),
        (Event::BreakerGone, "breakers_open"),
        (Event::NoPeerAddress, "client_without_address"),
        (Event::PrivateClient, "client_private"),
        (Event::OddPath, "odd_paths"),
        (Event::UnknownProfile, "unknown_profiles"),
        (Event::AuditLineDropped, "audit_lines_dropped"),
        (Event::HostRefused, "host_refused"),
        (Event::RecordEvicted, "record_evictions"),
        (Event::RecordGivenUp, "records_given_up"),
        (Event::WaitTime(zero), "wait_time_ms"),
        (Event::LookupTime(zero), "lookup_time_ms"),
        (Event::FleetTime(zero), "fleet_time_ms"),
        (Event::RangeTime(zero), "range_time_ms"),
        (Event::RangeBreakerOpened, "range_breakers_open"),
        (Event::RangeBreakerClosed, "range_breakers_open"),
        (Event::FleetBreakerOpened, "fleet_breakers_open"),
        (Event::FleetBreakerClosed, "fleet_breakers_open"),
        (Event::SolveTime(zero), "challenge_solve_time_ms"),
        (Event::CaptchaTime(zero), "captcha_time_ms"),
        (
            Event::Configured(Time::from_secs(7)),
            "configuration_timestamp_seconds",
        ),
        (Event::BudgetLeft(7), "lookup_budget_left.provider=ipasis"),
        (Event::RevocationWindow(zero), "revocation_window_ms"),
    ]
    .map(|(event, name)| (event, name.to_owned()))
    .into();
    let (revision, version) = (build::revision(), build::VERSION);
    all.push((
        Event::Build,
        format!("build_info.revision={revision}.version={version}"),
    ));
    for table in SharedTable::ALL {
        let (slots, name) = (7, table.name());
        let of = Event::TableSlots { table, slots };
        all.push((of, format!("table_slots.table={name}")));
        let used = Event::TableSlotsUsed { table, slots };
        all.push((used, format!("table_slots_used.table={name}")));
    }
    for (level, name) in [(Level::Local, "local"), (Level::Shared, "shared")] {
        let hit = |stale| Event::CacheHit { level, stale };
        all.push((hit(false), format!("cache_hits.level={name}")));
        all.push((hit(true), format!("cache_stale_hits.level={name}")));
        all.push((
            Event::Evicted(level),
            format!("cache_evictions.level={name}"),
        ));
    }
    macro_rules! each {
        ($($label:ty: $event:expr, $name:literal;)+) => {
            $(for each in <$label>::ALL {
                all.push(($event(each), format!("{}={}", $name, each.name())));
            })+
        };
    }
    let refused = |failure| {
        Event::Captcha(CaptchaResult::Failed {
            failure,
            first: false,
        })
    };
    each! {
        AgentSignal: Event::Agent, "agents.signal";
        SampleResult: Event::AsnSample, "asn_samples.result";
        TravelResult: Event::Travel, "travel.result";
        PositionResult: Event::Position, "travel_positions.result";
        Obstacle: Event::NotCarried, "forms_not_carried.reason";
        UnlockResult: Event::Unlock, "unlocks.result";
        Anomaly: Event::ClientAnomaly, "client_anomalies.reason";
        SessionResult: Event::Session, "sessions.result";
        PasswordResult: Event::Password, "password_checks.result";
        RangeResult: Event::Range, "range_calls.result";
        SuccessResult: Event::Success, "success_headers.result";
        FleetResult: Event::FleetCall, "fleet_calls.result";
        AccountNameResult: Event::AccountName, "account_names.result";
        SessionAccountResult: Event::SessionAccount, "session_accounts.result";
        RevocationResult: Event::Revocation, "revocations.result";
        WebhookResult: Event::Webhook, "notices.result";
        Failure: refused, "captchas.result";
        TokenFailure: |failure| Event::Captcha(CaptchaResult::Unusable(failure)), "captchas.result";
        FailureReason: |reason| Event::Lookup(LookupResult::Failure(reason)), "lookups.result";
        proof::Failure: |failure: proof::Failure| Event::ChallengeFailed(failure.into()), "challenges_failed.reason";
        Connection: |kind| Event::RefusedConnection(Some(kind)), "refused_connections.type";
        Connection: |kind| Event::MonitoredConnection(Some(kind)), "monitored_connections.type";
    }
    for stranger in Stranger::ALL
        .into_iter()
        .filter(|each| *each != Stranger::Absent)
    {
        let name = format!("devices.result={}", stranger.name());
        all.push((Event::DeviceRefused(stranger), name));
    }
    for error in ClearanceError::ALL
        .into_iter()
        .filter(|each| *each != ClearanceError::Absent)
    {
        let name = format!("clearances_refused.reason={}", error.name());
        all.push((Event::ClearanceError(error), name));
    }
    all
}

/// Every event that is of a route, a rule, a limit or a list, and the metric that it raises.
fn owned_events() -> Vec<(Event, String)> {
    let mut all = Vec::new();
    for (index, name) in ["login", "none", "admin"].into_iter().enumerate() {
        let route = RouteIndex::new(index);
        for action in Action::ALL {
            let said = action.name();
            let name = |family: &str| format!("{family}.route={name}.verdict={said}");
            all.push((Event::Request { route, action }, name("requests")));
            all.push((Event::Monitored { route, action }, name("monitored")));
        }
    }
    for (index, name) in [(0, "login"), (2, "admin")] {
        let route = RouteIndex::new(index);
        for result in LoginResult::ALL {
            let name = format!("logins.route={name}.result={}", result.name());
            all.push((Event::Login { route, result }, name));
        }
        for error in AccountError::ALL {
            let name = format!("accounts_missing.route={name}.reason={}", error.name());
            all.push((Event::AccountError { route, error }, name));
        }
    }
    for (index, rule, name) in [
        (0, 0, "login.rule=a"),
        (0, 1, "login.rule=b"),
        (2, 0, "admin.rule=c"),
    ] {
        let (route, rule) = (RouteIndex::new(index), RuleIndex(rule));
        for (mode, said) in [(Mode::Enforce, "enforce"), (Mode::Monitor, "monitor")] {
            let name = format!("rule_hits.route={name}.mode={said}");
            all.push((Event::RuleHit { route, rule, mode }, name));
        }
    }
    for (route, limit, name) in [
        (0, 1, "route=login.limit=per_account"),
        (0, 0, "route=login.limit=per_ip"),
        (2, 1, "route=admin.limit=per_account"),
    ] {
        let (route, limit) = (RouteIndex::new(route), LimitIndex(limit));
        for result in LimitResult::ALL {
            let name = format!("limit_hits.{name}.result={}", result.name());
            let hit = Event::LimitHit {
                route,
                limit,
                result,
            };
            all.push((hit, name));
        }
    }
    for (index, name) in ["mine", "theirs"].into_iter().enumerate() {
        let list = ListIndex::new(index).expect("in range");
        all.push((Event::ListHit(list), format!("list_hits.list={name}")));
    }
    all
}

#[test]
fn every_event_raises_its_own_metric_and_every_metric_has_an_event() {
    let catalogue = catalogue();
    let mut raised = BTreeSet::new();
    for (event, name) in events().into_iter().chain(owned_events()) {
        let (index, change) = catalogue.find(event).expect(&name);
        let metric = &catalogue.metrics()[index.get()];
        assert_eq!(metric.name, format!("palisade_{name}"), "{event:?}");
        match change {
            Change::Set(_) => assert_ne!(metric.kind, Kind::Counter, "{event:?}"),
            Change::Add(_) => assert_ne!(metric.kind, Kind::Histogram, "{event:?}"),
        }
        let falls = matches!(change, Change::Add(..0));
        assert!(!falls || metric.kind == Kind::Gauge, "{event:?}");
        raised.insert(index.get());
    }
    let all: BTreeSet<usize> = (0..catalogue.metrics().len()).collect();
    assert_eq!(raised, all);
}

#[test]
fn no_two_metrics_have_one_name() {
    let catalogue = catalogue();
    let names: BTreeSet<&str> = catalogue
        .metrics()
        .iter()
        .map(|metric| metric.name.as_str())
        .collect();
    assert_eq!(names.len(), catalogue.metrics().len());
}

#[test]
fn who_brings_nothing_is_counted_nowhere() {
    let catalogue = catalogue();
    assert_eq!(catalogue.find(Event::DeviceRefused(Stranger::Absent)), None);
    assert_eq!(
        catalogue.find(Event::ClearanceError(ClearanceError::Absent)),
        None
    );
}

#[test]
fn the_breaker_gauge_falls_as_often_as_it_rises() {
    let catalogue = catalogue();
    let change = |event| catalogue.find(event).map(|(_, change)| change);
    assert_eq!(change(Event::BreakerOpened), Some(Change::Add(1)));
    assert_eq!(change(Event::BreakerClosed), Some(Change::Add(-1)));
    assert_eq!(change(Event::BreakerGone), Some(Change::Add(-1)));
    assert_eq!(
        change(Event::WaitTime(Duration::from_millis(7))),
        Some(Change::Set(7))
    );
}

#[test]
fn a_gauge_of_something_measured_is_set() {
    let catalogue = catalogue();
    let change = |event| catalogue.find(event).map(|(_, change)| change);
    let table = SharedTable::Counters;
    assert_eq!(change(Event::Build), Some(Change::Set(1)));
    assert_eq!(
        change(Event::Configured(Time::from_millis(1_999))),
        Some(Change::Set(1))
    );
    assert_eq!(change(Event::BudgetLeft(0)), Some(Change::Set(0)));
    assert_eq!(
        change(Event::TableSlotsUsed { table, slots: 9 }),
        Some(Change::Set(9))
    );
}

#[test]
fn what_a_policy_does_not_use_has_no_metric() {
    for feature in Feature::ALL {
        let mut owned = owned();
        owned.features.retain(|each| *each != feature);
        let without = Catalogue::new(&owned);
        for family in Family::ALL {
            let prefix = format!("palisade_{}", family.name());
            let metrics = without.metrics().iter();
            let names = metrics.map(|metric| metric.name.as_str());
            let is_there = names
                .filter_map(|name| name.strip_prefix(&prefix))
                .any(|rest| rest.is_empty() || rest.starts_with('.'));
            let is_used = family.feature() != feature || feature == Feature::Always;
            assert_eq!(is_there, is_used, "{family:?} without {feature:?}");
        }
        // What is left is found at its own place.
        for (event, name) in events().into_iter().chain(owned_events()) {
            if let Some((index, _)) = without.find(event) {
                let metric = &without.metrics()[index.get()];
                assert_eq!(metric.name, format!("palisade_{name}"), "{event:?}");
            }
        }
    }
}

#[test]
fn a_policy_of_nothing_has_metrics_of_nothing_in_particular() {
    let catalogue = Catalogue::new(&Owned::default());
    for (event, name) in owned_events() {
        let is_counted = catalogue.find(event).is_some_and(|(index, _)| {
            let metric = catalogue.metrics().get(index.get());
            metric.is_some_and(|metric| metric.name == format!("palisade_{name}"))
        });
        assert!(!is_counted, "{event:?}");
    }
    let names = catalogue.metrics().iter();
    let tables = names.filter(|metric| metric.name.contains("table"));
    assert_eq!(tables.count(), 0);
}
