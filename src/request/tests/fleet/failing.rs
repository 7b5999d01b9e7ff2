//! The service fails: each proxy goes on by itself, and says so.

use super::*;
use crate::callout::CallError;

/// How often something became of a call.
fn became(proxy: &Proxy, result: FleetResult) -> usize {
    proxy.host.counted(Event::FleetCall(result))
}

#[test]
fn without_an_answer_in_time_each_proxy_counts_for_itself_or_refuses() {
    for (on_unavailable, passing) in [("local", 9), ("refuse", 0)] {
        let more = json!({ "fleet": { "cluster": "ratelimit", "on_unavailable": on_unavailable } });
        let mut fleet = Fleet::new(&shared(json!({}), more));
        let tried = (0..30).filter(|number| {
            let proxy = &mut fleet.proxies[number % 3];
            let outcome = proxy.attempt("alice", None);
            answer(proxy, outcome, "401")
        });
        assert_eq!(tried.count(), passing, "{on_unavailable}");
    }
}

#[test]
fn a_service_that_fails_again_and_again_is_left_alone_for_a_while() {
    let more = json!({ "fleet": { "cluster": "ratelimit" } });
    let mut fleet = Fleet::new(&shared(json!({ "limit": 1000 }), more));
    let proxy = &mut fleet.proxies[0];
    for _ in 0..10 {
        proxy.attempt("alice", None);
    }
    assert_eq!(proxy.host.call_count(), 5);
    assert_eq!(became(proxy, FleetResult::Timeout), 5);
    assert_eq!(became(proxy, FleetResult::Spared), 5);
    assert_eq!(proxy.host.counted(Event::FleetBreakerOpened), 1);
    proxy.host.pass(2);
    proxy.attempt("alice", Some(&mut fleet.service));
    proxy.attempt("alice", Some(&mut fleet.service));
    assert_eq!(proxy.host.counted(Event::FleetBreakerClosed), 1);
    assert_eq!(became(proxy, FleetResult::Counted), 2);
}

#[test]
fn what_passed_while_it_failed_still_counts_at_its_proxy() {
    let mut fleet = Fleet::new(&shared(json!({}), json!({})));
    for at in 0..2 {
        for _ in 0..3 {
            let proxy = &mut fleet.proxies[at];
            let outcome = proxy.attempt("alice", None);
            assert!(answer(proxy, outcome, "401"));
        }
    }
    for at in 0..2 {
        assert!(!fleet.tries(at, "alice", "401"), "{at}");
    }
}

#[test]
fn a_redis_that_forgets_frees_no_proxy_of_what_it_has_let_through() {
    let mut fleet = Fleet::new(&shared(json!({}), json!({})));
    for _ in 0..3 {
        assert!(fleet.tries(0, "alice", "401"));
    }
    fleet.service.restart();
    assert!(!fleet.tries(0, "alice", "401"));
    assert_eq!(fleet.passing(12, "alice"), 3, "at the others");
}

#[test]
fn each_way_of_failing_is_told_from_the_others() {
    let whole: Vec<u8> = vec![0, 0, 0, 0, 0];
    let nothing: Vec<u8> = vec![0, 0, 0, 0, 8, 8, 1, 18, 0, 18, 2, 8, 1];
    // One with our limit, of which all is left, beside one without.
    let most = [255, 255, 255, 255, 15];
    let half = [
        &[0, 0, 0, 0, 18, 18, 14, 18, 6, 8][..],
        &most,
        &[24],
        &most,
        &[18, 0],
    ]
    .concat();
    let lower: Vec<u8> = vec![0, 0, 0, 0, 12, 18, 4, 18, 2, 8, 1, 18, 4, 18, 2, 8, 1];
    for (status, body, result) in [
        (504, b"".to_vec(), FleetResult::Timeout),
        (
            503,
            b"no healthy upstream".to_vec(),
            FleetResult::Unreachable,
        ),
        (404, b"".to_vec(), FleetResult::Status),
        (200, b"".to_vec(), FleetResult::Error),
        (200, b"<html>".to_vec(), FleetResult::Unreadable),
        (200, whole, FleetResult::Unreadable),
        (200, nothing, FleetResult::UnknownDomain),
        (200, half, FleetResult::UnknownDescriptor),
        (200, lower, FleetResult::UnknownDomain),
    ] {
        let mut fleet = Fleet::new(&shared(json!({}), json!({})));
        let proxy = &mut fleet.proxies[0];
        let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") else {
            panic!("it does not wait");
        };
        let response = Response {
            status: Some(status),
            retry_after: None,
            body: Body::Whole(&body),
        };
        let step = tallying.resume(Some(response), &mut proxy.engine, &proxy.host);
        assert!(matches!(done(step), Outcome::Pass(..)));
        assert_eq!(became(proxy, result), 1, "{result:?}");
    }
}

#[test]
fn who_is_not_reached_in_time_is_told_from_who_is_not_reached() {
    for (milliseconds, result) in [(1, FleetResult::Unreachable), (20, FleetResult::Timeout)] {
        let mut fleet = Fleet::new(&shared(json!({}), json!({})));
        let proxy = &mut fleet.proxies[0];
        let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") else {
            panic!("it does not wait");
        };
        proxy.host.pass_milliseconds(milliseconds);
        let response = Response {
            status: Some(503),
            retry_after: None,
            body: Body::Whole(b""),
        };
        tallying.resume(Some(response), &mut proxy.engine, &proxy.host);
        assert_eq!(became(proxy, result), 1, "{result:?}");
    }
}

#[test]
fn a_broken_connection_and_a_missing_cluster_hold_nobody() {
    let mut fleet = Fleet::new(&shared(json!({}), json!({})));
    let proxy = &mut fleet.proxies[0];
    let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") else {
        panic!("it does not wait");
    };
    let step = tallying.resume(None, &mut proxy.engine, &proxy.host);
    assert!(matches!(done(step), Outcome::Pass(..)));
    assert_eq!(became(proxy, FleetResult::Reset), 1);
    proxy.host.refusing.set(Some(CallError::DispatchFailed));
    assert!(matches!(
        proxy.begin("alice"),
        Step::Done(Outcome::Pass(..))
    ));
    assert_eq!(became(proxy, FleetResult::Unreachable), 1);
}

#[test]
fn a_slow_service_locks_nobody_out_by_logins_that_succeed() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    for _ in 0..4 {
        let proxy = &mut fleet.proxies[0];
        let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") else {
            panic!("it does not wait");
        };
        // It counts, and says so too late.
        proxy.end_calls(Some(&mut fleet.service), true);
        let late = Response {
            status: Some(504),
            retry_after: None,
            body: Body::Whole(b""),
        };
        let outcome = done(tallying.resume(Some(late), &mut proxy.engine, &proxy.host));
        assert!(answer(proxy, outcome, "200"));
        proxy.end_calls(Some(&mut fleet.service), false);
    }
    assert_eq!(fleet.passing(9, "alice"), 3);
}

#[test]
fn only_a_whole_frame_from_the_fleet_needs_no_head() {
    let mut fleet = Fleet::new(&shared(json!({}), json!({})));
    let proxy = &mut fleet.proxies[0];
    assert!(matches!(proxy.begin("alice"), Step::Calls(_)));
    let cases: [(&[u8], bool); 6] = [
        (&[0, 0, 0, 0, 0], true),
        (&[0, 0, 0, 0, 2, 8, 1], true),
        (b"", false),
        (b"no healthy upstream", false),
        (&[0, 0, 0, 0, 2, 8], false),
        (&[1, 0, 0, 0, 0], false),
    ];
    for (body, speaks) in cases {
        let own = proxy.engine.speaks_for_itself(CallToken(1), body);
        assert_eq!(own, speaks, "{body:?}");
    }
    let other = proxy.engine.speaks_for_itself(CallToken(2), &[0; 5]);
    assert!(!other, "a call that nobody has made");
}
