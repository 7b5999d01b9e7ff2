//! Each way of counting, across proxies.

use super::*;

#[test]
fn successes_in_between_lock_no_account_and_failures_at_any_proxy_do() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    for (at, status) in [
        (0, "401"),
        (1, "200"),
        (2, "302"),
        (1, "401"),
        (0, "200"),
        (2, "200"),
    ] {
        assert!(fleet.tries(at, "alice", status), "{at} {status}");
    }
    assert!(fleet.tries(2, "alice", "401"), "the third failure");
    for at in 0..3 {
        assert!(!fleet.tries(at, "alice", "200"), "{at}");
    }
    assert!(fleet.tries(0, "bob", "200"));
}

#[test]
fn what_is_under_way_counts_until_it_has_succeeded() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    let mut open = Vec::new();
    for at in 0..3 {
        let outcome = fleet.proxies[at].attempt("alice", Some(&mut fleet.service));
        assert!(matches!(outcome, Outcome::Pass(..)));
        open.push(outcome);
    }
    assert!(!fleet.tries(0, "alice", "200"));
    for (at, outcome) in open.into_iter().enumerate() {
        assert!(answer(&mut fleet.proxies[at], outcome, "200"));
        fleet.proxies[at].end_calls(Some(&mut fleet.service), false);
    }
    fleet.pass(6);
    assert_eq!(fleet.passing(9, "alice"), 3);
}

#[test]
fn successes_count_and_failures_do_not() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "successes" }), json!({})));
    for at in 0..9 {
        assert!(fleet.tries(at % 3, "alice", "401"));
    }
    for at in 0..3 {
        assert!(fleet.tries(at, "alice", "200"));
    }
    assert!(!fleet.tries(0, "alice", "200"));
}

#[test]
fn failures_of_a_network_count_when_they_have_failed() {
    let limit = json!({ "count": "failures", "key": ["subnet"] });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    for at in 0..3 {
        assert!(fleet.tries(at, "alice", "200"));
        assert!(fleet.tries(at, "alice", "401"));
    }
    for at in 0..3 {
        assert!(!fleet.tries(at, "bob", "200"));
    }
}

#[test]
fn different_accounts_of_a_network_are_told_apart_across_proxies() {
    let limit = json!({ "count": "distinct(account)", "key": ["subnet"] });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    for (at, account) in [
        (0, "a"),
        (1, "a"),
        (2, "b"),
        (0, "b"),
        (1, "c"),
        (2, "a"),
        (0, "c"),
    ] {
        assert!(fleet.tries(at, account, "401"), "{at} {account}");
    }
    assert!(!fleet.tries(1, "d", "401"), "a fourth one");
    assert!(!fleet.tries(2, "e", "401"));
    // Two windows later, what is seen anew is counted anew.
    fleet.pass(7_200);
    for (at, account) in [(0, "d"), (1, "e"), (2, "f")] {
        assert!(fleet.tries(at, account, "401"), "{at} {account}");
    }
    assert!(!fleet.tries(0, "g", "401"));
}

#[test]
fn a_value_that_is_seen_again_in_the_next_step_is_no_other_one() {
    let limit = json!({ "count": "distinct(account)", "key": ["subnet"] });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    for hour in 0..5 {
        for (at, account) in [(0, "a"), (1, "b"), (2, "c")] {
            assert!(fleet.tries(at, account, "401"), "{hour} {account}");
        }
        fleet.pass(3_600);
    }
}

#[test]
fn a_success_clears_what_all_proxies_have_counted() {
    let limit = json!({ "key": ["account", "subnet"], "on_success": "clear" });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    for _ in 0..4 {
        assert!(fleet.tries(0, "alice", "401"));
        assert!(fleet.tries(1, "alice", "401"));
        assert!(fleet.tries(2, "alice", "200"));
        fleet.pass(6);
    }
}

#[test]
fn a_client_that_has_gone_gives_back_what_was_reserved_for_it() {
    let mut fleet = Fleet::new(&shared(json!({ "count": "failures" }), json!({})));
    for _ in 0..5 {
        let proxy = &mut fleet.proxies[0];
        let Step::Calls(Calling::Tallying(tallying)) = proxy.begin("alice") else {
            panic!("it does not wait");
        };
        tallying.cut_off(&mut proxy.engine, &proxy.host);
        proxy.end_calls(Some(&mut fleet.service), false);
    }
    assert_eq!(fleet.passing(9, "alice"), 3);
}

#[test]
fn where_nobody_waits_what_the_fleet_says_binds_the_next() {
    let limit = json!({ "wait": false, "key": ["subnet"], "mobile": "volume" });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    for at in 0..3 {
        let step = fleet.proxies[at].begin("alice");
        assert!(matches!(step, Step::Done(Outcome::Pass(..))), "{step:?}");
        fleet.proxies[at].end_calls(Some(&mut fleet.service), false);
    }
    assert!(
        fleet.tries(0, "alice", "401"),
        "its own counter has room, and nobody has said more"
    );
    assert!(!fleet.tries(0, "alice", "401"));
    assert_eq!(fleet.passing(9, "alice"), 2, "one at each of the others");
}

#[test]
fn the_penalty_of_a_limit_begins_where_it_is_found_broken() {
    let limit = json!({ "count": "failures", "window": "10m", "block_for": "2h" });
    let mut fleet = Fleet::new(&shared(limit, json!({})));
    assert_eq!(fleet.passing(3, "alice"), 3);
    for _ in 0..2 {
        assert_eq!(fleet.passing(3, "alice"), 0);
        fleet.pass(10);
    }
    fleet.pass(3_600);
    assert_eq!(
        fleet.passing(3, "alice"),
        0,
        "the window is over, the block is not"
    );
    fleet.pass(3_600);
    assert_eq!(fleet.passing(9, "alice"), 3);
}

#[test]
fn a_challenged_attempt_is_given_back_in_the_fleet_as_well() {
    let limits = json!([
        { "name": "account", "scope": "fleet", "window": "1h", "limit": 3, "key": ["account"] },
        {
            "name": "net", "scope": "fleet", "window": "1h", "limit": 1, "key": ["subnet"], "mobile": "volume",
            "then": "challenge",
        },
    ]);
    let more = json!({ "fleet": { "cluster": "ratelimit" } });
    let mut fleet = Fleet::new(&limited(limits, more));
    assert!(fleet.tries(0, "alice", "401"));
    for at in 0..9 {
        assert!(!fleet.tries(at % 3, "alice", "401"), "challenged {at}");
    }
    for proxy in &fleet.proxies {
        proxy.host.set_peer("11.0.9.1:1");
    }
    assert!(fleet.tries(1, "alice", "401"), "the second that passes");
    assert!(!fleet.tries(2, "alice", "401"), "the network again");
    fleet.proxies[2].host.set_peer("11.0.8.1:1");
    assert!(fleet.tries(2, "alice", "401"), "the third");
    fleet.proxies[0].host.set_peer("11.0.7.1:1");
    assert!(!fleet.tries(0, "alice", "401"), "the account's limit");
}
