//! What somebody tries who knows how the proxies of a fleet count together.

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
        { "name": "spray", "scope": "fleet", "window": "1h", "limit": 9, "count": "distinct(subnet)", "key": ["account"] },
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
