use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::*;
use crate::address::PrefixLengths;
use crate::callout::{Body, CallError, CallToken, Response};
use crate::fake_host::FakeHost;
use crate::intelligence::cache::{Lifetimes, LocalLevel, SharedLevel};
use crate::intelligence::provider::ApiKey;
use crate::intelligence::{BreakerSettings, Flag, provider};

const TOR: &[u8] = br#"{"privacy": {"VPN": false, "Tor": true}, "asn": {"ASN": "AS64500"}}"#;
const WAITS: Asking = Asking::Waits(StreamId(1));

fn settings() -> ResolverSettings {
    ResolverSettings {
        provider: provider::Provider::preset("ipasis").expect("a preset"),
        cluster: "ipasis".to_owned(),
        key: Some(ApiKey::parse("secret").expect("a key")),
        timeout: Duration::from_millis(500),
        max_response: 1024,
        concurrent_lookups: NonZeroUsize::new(3).expect("not zero"),
        prefixes: PrefixLengths::default(),
        breaker: BreakerSettings::default(),
    }
}

/// A resolver, and its calls that are under way.
struct Worker {
    resolver: Resolver,
    calls: Calls,
}

fn worker_with(settings: ResolverSettings, budget: Option<Budget>) -> Worker {
    let cache = Cache::new(
        LocalLevel::new(1024),
        SharedLevel::new("test", 1024, [0; 16], 1),
        Lifetimes::default(),
    );
    Worker {
        resolver: Resolver::new(settings, cache, budget),
        calls: Calls::default(),
    }
}

fn worker() -> Worker {
    worker_with(settings(), None)
}

impl Worker {
    fn ended(&mut self, token: CallToken, ended: Ended<'_>, host: &FakeHost) -> Option<LookupEnd> {
        let call = self.calls.end(token)?;
        let Purpose::Lookup(prefix) = call.purpose else {
            panic!("{call:?}");
        };
        self.resolver
            .ended((prefix, call.since), ended, host.time(), host)
    }

    fn overdue(&mut self, host: &FakeHost) -> Vec<LookupEnd> {
        let late = self.calls.overdue(host.time()).into_iter();
        let prefixes = late.map(|(_, call)| match call.purpose {
            Purpose::Lookup(prefix) => (prefix, call.since),
            other => panic!("{other:?}"),
        });
        let overdue =
            prefixes.map(|whom| self.resolver.ended(whom, Ended::Overdue, host.time(), host));
        overdue.map(|arrival| arrival.expect("a flight")).collect()
    }
}

fn address(text: &str) -> ClientAddress {
    ClientAddress::parse(text.as_bytes()).expect(text)
}

fn response(status: u16, body: &[u8]) -> Ended<'_> {
    Ended::Answered(Response {
        status: Some(status),
        retry_after: None,
        body: Body::Whole(body),
    })
}

fn resolve(worker: &mut Worker, host: &FakeHost, who: &str, asking: Asking) -> Resolved {
    let Worker { resolver, calls } = worker;
    resolver.resolve(address(who), asking, calls, host.time(), host)
}

fn arrive(worker: &mut Worker, host: &FakeHost, token: u32, status: u16, body: &[u8]) -> LookupEnd {
    worker
        .ended(CallToken(token), response(status, body), host)
        .expect("a flight")
}

fn is_tor(knowledge: Knowledge) -> bool {
    matches!(knowledge, Knowledge::Known(reputation) if reputation.flags.get(Flag::Tor) == Some(true))
}

#[test]
fn however_many_wait_the_api_is_asked_once_and_all_are_answered() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for stream in 1..=200 {
        let asking = Asking::Waits(StreamId(stream));
        assert_eq!(
            resolve(&mut worker, &host, "11.0.0.1", asking),
            Resolved::Wait
        );
    }
    assert_eq!(host.call_count(), 1);
    let arrival = arrive(&mut worker, &host, 1, 200, TOR);
    assert_eq!(arrival.waiters.len(), 200);
    assert!(is_tor(arrival.knowledge));
    assert!(worker.calls.is_empty());
}

#[test]
fn all_addresses_of_one_ipv6_network_share_one_lookup() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "2600:db00::1", WAITS);
    resolve(
        &mut worker,
        &host,
        "2600:db00::2",
        Asking::Waits(StreamId(2)),
    );
    assert_eq!(host.call_count(), 1);
    arrive(&mut worker, &host, 1, 200, TOR);
    let next = resolve(&mut worker, &host, "2600:db00::3", WAITS);
    assert!(matches!(next, Resolved::Now(knowledge) if is_tor(knowledge)));
    assert_eq!(host.call_count(), 1);
}

#[test]
fn the_answer_is_kept_even_when_everybody_who_asked_has_gone() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    worker.resolver.forget(StreamId(1));
    assert_eq!(arrive(&mut worker, &host, 1, 200, TOR).waiters, []);
    let next = resolve(&mut worker, &host, "11.0.0.1", WAITS);
    assert!(matches!(next, Resolved::Now(knowledge) if is_tor(knowledge)));
}

#[test]
fn a_failure_tells_its_reason_and_spares_the_api_for_a_moment() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    let arrival = arrive(&mut worker, &host, 1, 500, b"");
    let error = UnknownReason::Failed(FailureReason::ServerError);
    assert_eq!(
        arrival.knowledge,
        Knowledge::Lacking(Reputation::NOTHING, error)
    );
    assert_eq!(
        host.counted(Event::Lookup(LookupResult::Failure(
            FailureReason::ServerError
        ))),
        1
    );
    let next = resolve(&mut worker, &host, "11.0.0.1", WAITS);
    let before = Knowledge::Lacking(Reputation::NOTHING, UnknownReason::FailedBefore);
    assert_eq!(next, Resolved::Now(before));
    host.pass(10);
    assert_eq!(
        resolve(&mut worker, &host, "11.0.0.1", WAITS),
        Resolved::Wait
    );
}

#[test]
fn what_is_a_little_too_old_is_used_at_once_and_asked_for_again_behind_it() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    arrive(&mut worker, &host, 1, 200, TOR);
    host.pass(11 * 60);
    for _ in 0..5 {
        let now = resolve(&mut worker, &host, "11.0.0.1", WAITS);
        assert!(matches!(now, Resolved::Now(knowledge) if is_tor(knowledge)));
    }
    assert_eq!(host.call_count(), 2, "one lookup behind five requests");
    assert_eq!(
        arrive(
            &mut worker,
            &host,
            2,
            200,
            b"{\"privacy\": {\"Tor\": false}}"
        )
        .waiters,
        []
    );
    let fresh = resolve(&mut worker, &host, "11.0.0.1", WAITS);
    assert!(matches!(fresh, Resolved::Now(knowledge) if !is_tor(knowledge)));
}

#[test]
fn what_is_too_old_is_still_used_when_the_api_fails() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    arrive(&mut worker, &host, 1, 200, TOR);
    host.pass(30 * 60);
    assert_eq!(
        resolve(&mut worker, &host, "11.0.0.1", WAITS),
        Resolved::Wait
    );
    assert!(is_tor(arrive(&mut worker, &host, 2, 503, b"").knowledge));
    assert_eq!(host.counted(Event::StaleOnError), 1);
}

#[test]
fn failures_in_a_row_open_the_breaker_for_all_addresses() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for token in 1..=5 {
        let who = format!("11.0.0.{token}");
        assert_eq!(resolve(&mut worker, &host, &who, WAITS), Resolved::Wait);
        arrive(&mut worker, &host, token, 504, b"");
    }
    assert_eq!(host.counted(Event::BreakerOpened), 1);
    let next = resolve(&mut worker, &host, "11.0.0.9", WAITS);
    let open = UnknownReason::Failed(FailureReason::BreakerOpen);
    assert_eq!(
        next,
        Resolved::Now(Knowledge::Lacking(Reputation::NOTHING, open))
    );
    host.pass(5);
    assert_eq!(
        resolve(&mut worker, &host, "11.0.0.9", WAITS),
        Resolved::Wait
    );
    arrive(&mut worker, &host, 6, 200, TOR);
    assert_eq!(host.counted(Event::BreakerClosed), 1);
}

#[test]
fn a_quota_that_is_gone_is_believed_at_once() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    arrive(&mut worker, &host, 1, 429, b"");
    assert!(worker.resolver.is_breaker_open());
}

#[test]
fn one_odd_address_does_not_open_the_breaker_for_all() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for token in 1..=20 {
        resolve(&mut worker, &host, &format!("11.0.0.{token}"), WAITS);
        arrive(&mut worker, &host, token, 400, b"");
    }
    assert!(!worker.resolver.is_breaker_open());
}

#[test]
fn a_call_that_cannot_be_made_is_a_failure_like_any_other() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for error in [CallError::DispatchFailed, CallError::NoHealthyHost] {
        host.refusing.set(Some(error));
        let now = resolve(&mut worker, &host, "11.0.0.1", WAITS);
        let error = UnknownReason::Failed(error.into());
        assert_eq!(
            now,
            Resolved::Now(Knowledge::Lacking(Reputation::NOTHING, error))
        );
    }
    assert!(
        worker.calls.is_empty(),
        "nobody waits for a call that was not made"
    );
}

#[test]
fn no_more_lookups_are_under_way_than_allowed() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for network in 1..=3 {
        resolve(&mut worker, &host, &format!("11.0.{network}.1"), WAITS);
    }
    let next = resolve(&mut worker, &host, "11.0.4.1", WAITS);
    let error = UnknownReason::Failed(FailureReason::TooManyLookups);
    assert_eq!(
        next,
        Resolved::Now(Knowledge::Lacking(Reputation::NOTHING, error))
    );
    let joined = resolve(&mut worker, &host, "11.0.1.1", Asking::Waits(StreamId(9)));
    assert_eq!(
        joined,
        Resolved::Wait,
        "a lookup that is under way may be joined"
    );
}

#[test]
fn the_days_budget_is_never_exceeded() {
    let daily = NonZeroU32::new(2).expect("not zero");
    let mut settings = settings();
    settings.concurrent_lookups = NonZeroUsize::new(100).expect("not zero");
    let budget = Budget::new("test", daily, crate::store::Budget::COUNTERS, [0; 16]);
    let mut worker = worker_with(settings, Some(budget));
    let host = FakeHost::default();
    host.refusing.set(Some(CallError::NoHealthyHost));
    for network in 1..=4 {
        resolve(&mut worker, &host, &format!("11.0.{network}.1"), WAITS);
    }
    host.refusing.set(None);
    for network in 1..=10 {
        resolve(&mut worker, &host, &format!("11.0.{network}.1"), WAITS);
    }
    assert_eq!(
        host.call_count(),
        2,
        "what could not be asked costs nothing"
    );
    let spent = Event::Lookup(LookupResult::Failure(FailureReason::BudgetExhausted));
    assert_eq!(host.counted(spent), 8);
}

#[test]
fn who_has_had_its_share_takes_no_try_that_closes_the_breaker() {
    let daily = NonZeroU32::new(16).expect("not zero");
    let budget = Budget::new("test", daily, crate::store::Budget::COUNTERS, [0; 16]);
    let (mut worker, host) = (worker_with(settings(), Some(budget)), FakeHost::default());
    let over = Event::Lookup(LookupResult::Failure(FailureReason::OverShare));
    for token in 1..=2 {
        resolve(&mut worker, &host, &format!("11.0.0.{token}"), WAITS);
        let status = if token == 1 { 200 } else { 429 };
        arrive(&mut worker, &host, token, status, TOR);
    }
    assert!(worker.resolver.is_breaker_open());
    host.pass(3_600);
    resolve(&mut worker, &host, "11.0.0.9", WAITS);
    assert_eq!(host.counted(over), 1);
    assert_eq!(
        resolve(&mut worker, &host, "11.0.1.1", WAITS),
        Resolved::Wait
    );
}

#[test]
fn no_network_has_all_lookups_under_way() {
    let mut settings = settings();
    settings.concurrent_lookups = NonZeroUsize::new(20).expect("not zero");
    let (mut worker, host) = (worker_with(settings, None), FakeHost::default());
    let over = Event::Lookup(LookupResult::Failure(FailureReason::OverShare));
    for number in 0..100 {
        let rented = format!("2600:db00:1:{number:x}::1");
        resolve(&mut worker, &host, &rented, WAITS);
    }
    assert_eq!((host.call_count(), host.counted(over)), (10, 90));
    let other = resolve(&mut worker, &host, "11.0.0.1", WAITS);
    assert_eq!(other, Resolved::Wait);
    let joined = resolve(&mut worker, &host, "2600:db00:1::1", WAITS);
    assert_eq!(joined, Resolved::Wait);
    for token in 1..=3 {
        arrive(&mut worker, &host, token, 200, TOR);
    }
    let next = resolve(&mut worker, &host, "2600:db00:1:f::1", WAITS);
    assert_eq!(next, Resolved::Wait, "what has ended is no longer counted");
}

#[test]
fn a_lookup_without_end_is_given_up_and_late_answers_change_nothing() {
    let (mut worker, host) = (worker(), FakeHost::default());
    resolve(&mut worker, &host, "11.0.0.1", WAITS);
    host.pass_milliseconds(500);
    assert_eq!(worker.overdue(&host), []);
    host.pass_milliseconds(600);
    let overdue = worker.overdue(&host);
    assert_eq!(overdue.len(), 1);
    assert_eq!(overdue[0].waiters, [StreamId(1)]);
    let error = UnknownReason::Failed(FailureReason::Deadline);
    assert_eq!(
        overdue[0].knowledge,
        Knowledge::Lacking(Reputation::NOTHING, error)
    );
    assert!(
        worker
            .ended(CallToken(1), response(200, TOR), &host)
            .is_none()
    );
}

#[test]
fn a_background_question_never_waits_and_serves_the_next_one() {
    let (mut worker, host) = (worker(), FakeHost::default());
    let now = resolve(&mut worker, &host, "11.0.0.1", Asking::Background);
    let error = UnknownReason::NotAsked;
    assert_eq!(
        now,
        Resolved::Now(Knowledge::Lacking(Reputation::NOTHING, error))
    );
    arrive(&mut worker, &host, 1, 200, TOR);
    let next = resolve(&mut worker, &host, "11.0.0.1", Asking::Background);
    assert!(matches!(next, Resolved::Now(knowledge) if is_tor(knowledge)));
}

#[test]
fn an_answer_in_another_shape_is_warned_of_once_and_counted_every_time() {
    let (mut worker, host) = (worker(), FakeHost::default());
    for token in 1..=3 {
        resolve(&mut worker, &host, &format!("11.0.0.{token}"), WAITS);
        arrive(&mut worker, &host, token, 200, b"{\"something\": \"else\"}");
    }
    assert_eq!(host.counted(Event::SchemaDrift { first: true }), 1);
    assert_eq!(host.counted(Event::SchemaDrift { first: false }), 2);
}

#[test]
fn two_workers_ask_once_between_them_one_after_the_other() {
    let (mut one, mut other, host) = (worker(), worker(), FakeHost::default());
    resolve(&mut one, &host, "11.0.0.1", WAITS);
    arrive(&mut one, &host, 1, 200, TOR);
    let shared = resolve(&mut other, &host, "11.0.0.1", WAITS);
    assert!(matches!(shared, Resolved::Now(knowledge) if is_tor(knowledge)));
    assert_eq!(host.call_count(), 1);
    let hit = Event::CacheHit {
        level: Level::Shared,
        stale: false,
    };
    assert_eq!(host.counted(hit), 1);
}
