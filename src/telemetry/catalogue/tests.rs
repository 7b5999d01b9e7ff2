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
    AccountNameResult, CaptchaResult, ChallengeFailure, FingerprintResult, LimitResult,
    LookupResult, PositionResult, RevocationResult, SampleResult, SessionAccountResult,
    SessionResult, TravelResult, UnlockResult, WebhookResult,
};

fn catalogue() -> Catalogue {
    let routes = [
        ("login", vec!["a", "b"]),
        ("none", vec![]),
        ("admin", vec!["c"]),
    ];
    let limits = ["per_ip", "per_account"];
    Catalogue::new(
        routes.into_iter(),
        limits.into_iter(),
        ["mine", "theirs"].into_iter(),
    )
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
        (Event::SolveTime(zero), "challenge_solve_time_ms"),
        (Event::CaptchaTime(zero), "captcha_time_ms"),
        (Event::RevocationWindow(zero), "revocation_window_ms"),
    ]
    .map(|(event, name)| (event, name.to_owned()))
    .into();
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
        AccountError: Event::AccountError, "accounts_missing.reason";
        TravelResult: Event::Travel, "travel.result";
        PositionResult: Event::Position, "travel_positions.result";
        Obstacle: Event::NotCarried, "forms_not_carried.reason";
        UnlockResult: Event::Unlock, "unlocks.result";
        Anomaly: Event::ClientAnomaly, "client_anomalies.reason";
        SessionResult: Event::Session, "sessions.result";
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
        for result in LoginResult::ALL {
            let name = format!("logins.route={name}.result={}", result.name());
            all.push((Event::Login { route, result }, name));
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
    for (index, name) in ["per_ip", "per_account"].into_iter().enumerate() {
        let limit = LimitIndex(index);
        for result in LimitResult::ALL {
            let name = format!("limit_hits.limit={name}.result={}", result.name());
            all.push((Event::LimitHit { limit, result }, name));
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
        let recorded = matches!(change, Change::Record(_));
        assert_eq!(recorded, metric.kind == Kind::Histogram, "{event:?}");
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
        Some(Change::Record(7))
    );
}
