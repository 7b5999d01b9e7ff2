//! What somebody tries who knows how the proxies of a fleet count together.

use super::super::challenges::{earned, solve, suspects};
use super::*;

/// A login whose client goes away while it waits for what the fleet has counted, if it does.
fn abort(proxy: &mut Proxy, account: &str, service: Option<&mut Service>) {
    if let Step::Calls(Calling::Tallying(tallying)) = proxy.begin(account) {
        tallying.cut_off(&mut proxy.engine, &proxy.host);
        proxy.end_calls(service, false);
    }
}

#[test]
fn a_lock_lifted_elsewhere_is_lifted_where_the_last_failure_was_seen() {
    let (limit, links) = (json!({ "count": "failures" }), once::links());
    let mut fleet = Fleet::new(&shared(limit, links));
    for at in 0..3 {
        assert!(fleet.tries(at, "alice", "401"), "{at}");
    }
    let link = once::link(&fleet);
    let service = &mut fleet.service;
    let led = once::follow(&mut fleet.proxies[0], &link, Some(service));
    assert_eq!(led, "/login?unlock=done");
    fleet.pass(6);
    assert!(fleet.tries(2, "alice", "200"));
}

#[test]
fn clients_that_go_away_use_up_no_value_that_is_told_apart() {
    let limit = json!({ "count": "distinct(account)", "key": ["subnet"] });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    let accounts = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let mut passed = 0;
    for (number, account) in accounts.into_iter().enumerate() {
        let at = number % 3;
        abort(&mut fleet.proxies[at], account, Some(&mut fleet.service));
        passed += usize::from(fleet.tries(at, account, "401"));
    }
    assert_eq!(passed, 3);
}

#[test]
fn what_was_not_counted_is_not_given_back_when_a_client_goes_away() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    for at in 0..3 {
        let proxy = &mut fleet.proxies[at];
        if let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") {
            tallying.cut_off(&mut proxy.engine, &proxy.host);
        }
        // This call reaches nobody, and the next ones do.
        proxy.end_next(None);
        proxy.end_calls(Some(&mut fleet.service), false);
    }
    assert_eq!(fleet.passing(9, "alice"), 3);
}

#[test]
fn what_the_first_of_two_answers_said_holds_if_the_second_fails() {
    let limits = json!([
        {
            "name": "spray", "scope": "fleet", "window": "1h", "limit": 9, "count": "distinct(subnet)",
            "key": ["account"],
        },
        { "name": "own", "scope": "fleet", "window": "1h", "limit": 3, "count": "failures", "key": ["account"] },
    ]);
    let policy = limited(limits, json!({ "fleet": { "cluster": "ratelimit" } }));
    let mut fleet = Fleet::new(&policy);
    let mut passed = 0;
    for number in 0..9 {
        let proxy = &mut fleet.proxies[number % 3];
        proxy.host.set_peer(&format!("11.0.{number}.1:1"));
        let step = proxy.begin("alice");
        // The first answer comes just in time, and the one that follows it does not.
        let step = proxy.go_on(step, Some(&mut fleet.service));
        let outcome = proxy.finish(step, None);
        passed += usize::from(answer(proxy, outcome, "401"));
        proxy.end_calls(Some(&mut fleet.service), false);
    }
    assert_eq!(passed, 3);
}

/// A fleet just before a step of an hour is over, and in which one proxy's clock is ahead of that.
fn at_a_border(policy: &Value) -> Fleet {
    let fleet = Fleet::new(policy);
    let second = u64::from(fleet.proxies[0].host.time().seconds());
    fleet.pass(3_600 - second % 3_600 - 1);
    fleet.proxies[1].host.pass(2);
    fleet
}

#[test]
fn clocks_that_differ_let_nobody_have_the_limit_twice() {
    for count in ["attempts", "failures", "successes", "distinct(address)"] {
        let mut fleet = at_a_border(&shared(json!({ "count": count }), json!({})));
        let status = if count == "successes" { "200" } else { "401" };
        let mut passed = 0;
        for number in 0..12 {
            let at = [1, 0, 2][number / 4];
            let host = &fleet.proxies[at].host;
            host.set_peer(&format!("11.0.{number}.1:1"));
            passed += usize::from(fleet.tries(at, "alice", status));
        }
        assert_eq!(passed, 3, "{count}");
    }
}

#[test]
fn clocks_that_differ_let_nobody_use_a_solution_twice() {
    // So long a solution is remembered: ten minutes, and twice one minute.
    let policy = suspects(json!({ "fleet": { "cluster": "ratelimit" } }));
    let mut fleet = Fleet::new(&policy);
    let step = 12 * 60;
    let second = u64::from(fleet.proxies[0].host.time().seconds());
    fleet.pass(step - second % step - 1);
    let solution = solve(&refused(fleet.proxies[0].send(&[], None)));
    fleet.proxies[1].host.pass(2);
    let head = [("x-palisade-solution", solution.as_str())];
    earned(fleet.proxies[1].send(&head, Some(&mut fleet.service)));
    for at in [0, 2] {
        refused(fleet.proxies[at].send(&head, Some(&mut fleet.service)));
    }
}

#[test]
fn what_was_given_back_a_thousand_times_locks_nobody_out() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    assert!(fleet.tries(0, "alice", "200"));
    fleet.service.wear(65_533);
    assert!(fleet.tries(1, "alice", "200"), "the last that can be told");
    fleet.service.wear(1_000);
    for at in 0..3 {
        assert!(fleet.tries(at, "alice", "200"), "{at}");
    }
    assert_eq!(fleet.passing(12, "alice"), 9, "each counts for itself");
}

#[test]
fn who_names_too_many_sessions_is_refused_and_stops_nobody() {
    let limits: Vec<Value> = (0..17)
        .map(|number| {
            json!({
                "name": format!("own{number}"), "scope": "fleet", "window": "1h", "limit": 9,
                "count": "distinct(address)", "key": ["account", "session"],
            })
        })
        .collect();
    for on_unavailable in ["local", "refuse"] {
        let more = json!({ "fleet": { "cluster": "ratelimit", "on_unavailable": on_unavailable } });
        wide(Fleet::new(&limited(json!(limits), more)));
    }
}

/// Sixteen sessions are too many for seventeen limits, and one is not.
fn wide(mut fleet: Fleet) {
    let cookies: Vec<String> = (0..16).map(|number| format!("sid={number:032}")).collect();
    let cookies = cookies.join("; ");
    for _ in 0..9 {
        let proxy = &mut fleet.proxies[0];
        let head = [("x-account", "alice"), ("cookie", cookies.as_str())];
        refused(proxy.send(&head, Some(&mut fleet.service)));
    }
    assert_eq!(fleet.calls(), 0);
    let wide = Event::FleetCall(FleetResult::TooWide);
    let proxy = &mut fleet.proxies[0];
    assert_eq!(proxy.host.counted(wide), 9);
    assert_eq!(proxy.host.counted(hit(LimitResult::Exceeded)), 9 * 16);
    let head = [("x-account", "alice"), ("cookie", "sid=1")];
    let outcome = proxy.send(&head, Some(&mut fleet.service));
    assert!(matches!(outcome, Outcome::Pass(..)), "{outcome:?}");
    assert!(fleet.calls() > 0);
}
