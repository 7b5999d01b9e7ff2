//! Travel in rules, limits and the score, and where it costs nothing.

use super::*;
use crate::request::tests::challenges::solve;

#[test]
fn distance_and_speed_are_conditions_of_rules() {
    for (when, holds) in [
        (json!({ "travel_km": ">=16000" }), true),
        (json!({ "travel_km": ">17000" }), false),
        (json!({ "travel_speed": ">1000" }), true),
        (json!({ "travel_speed": "<1000" }), false),
        (json!({ "travel_speed": ">1000", "country": ["AU"] }), true),
        (json!({ "travel_speed": ">1000", "country": ["DE"] }), false),
        (json!({ "not": "impossible_travel" }), false),
    ] {
        let rule = json!([{ "name": "far", "when": when, "then": "deny" }]);
        let (mut engine, host) = (engine(&ruled(rule, json!({}))), FakeHost::of("11.0.0.1:1"));
        BERLIN.logs_in(&mut engine, &host, "302");
        host.pass(10);
        let outcome = SYDNEY.alice(&mut engine, &host);
        assert_eq!(matches!(outcome, Outcome::Refuse(_)), holds, "{when}");
    }
}

#[test]
fn where_nothing_is_known_no_condition_holds_negated_or_not() {
    for when in [
        json!("impossible_travel"),
        json!({ "not": "impossible_travel" }),
        json!({ "travel_km": ">=0" }),
        json!({ "travel_speed": ">=0" }),
    ] {
        let rule = json!([{ "name": "far", "when": when, "then": "deny" }]);
        let (mut engine, host) = (engine(&ruled(rule, json!({}))), FakeHost::of("11.0.0.1:1"));
        BERLIN.logs_in(&mut engine, &host, "302");
    }
}

#[test]
fn impossible_travel_weighs_in_the_score_where_the_account_is_looked_for() {
    let more = json!({ "score": { "weights": { "impossible_travel": 60 } } });
    let mut policy = ruled(
        json!([{ "name": "score", "when": { "score": ">=50" }, "then": "deny" }]),
        more,
    );
    policy["routes"][0]["account"] = json!([{ "header": "x-account" }]);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let told = BERLIN.logs_in(&mut engine, &host, "302");
    assert_eq!(header(&told, "x-palisade-score"), Some("0"));
    host.pass(10);
    let refused = refused(SYDNEY.alice(&mut engine, &host));
    assert_eq!(refused.reply.details, "palisade_denied_score");
    let line: Value = serde_json::from_str(&refused.audit.expect("a line")).expect("JSON");
    assert_eq!(line["score"], json!(60));
}

#[test]
fn limits_may_depend_on_it_and_are_asked_only_when_it_is_known() {
    for (limit, passes) in [
        (json!({ "limit": 1, "when": "impossible_travel" }), 1),
        (
            json!({ "limit": [{ "when": { "travel_km": ">=500" }, "limit": 2 }, { "limit": 9 }] }),
            2,
        ),
    ] {
        let mut limits = json!([{ "name": "far", "key": ["subnet"], "window": "1h" }]);
        put(&mut limits[0], &limit);
        let mut policy = ruled(json!([]), json!({ "limits": limits }));
        policy["routes"][0]["limits"] = json!(["far"]);
        let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
        for _ in 0..4 {
            BERLIN.logs_in(&mut engine, &host, "302");
        }
        let far = (0..4).filter(|_| {
            let outcome = SYDNEY.alice(&mut engine, &host);
            matches!(outcome, Outcome::Pass(..))
        });
        assert_eq!(far.count(), passes, "{limit}");
    }
}

#[test]
fn a_route_that_does_not_depend_on_it_reads_nothing_and_moves_nothing() {
    let mut policy = ruled(
        json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]),
        json!({ "limits": [{ "name": "account", "key": ["account"], "limit": 99, "window": "1h" }] }),
    );
    let mut other = policy["routes"][0].clone();
    other["name"] = json!("other");
    other["match"] = json!({ "path": "/other" });
    other["rules"] = json!([]);
    other["limits"] = json!(["account"]);
    policy["routes"].as_array_mut().expect("a list").push(other);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    let (before, told) = (reads(&host), host.events.borrow().len());
    assert!(before > 0);
    host.set_peer(SYDNEY.address);
    let lines = [
        (":method", "POST"),
        (":path", "/other"),
        (":authority", "example.com"),
        ("x-account", "alice"),
    ];
    let done = outcome(&mut engine, &host, &block(&lines), &SYDNEY.answer());
    end(done, &engine, &host, "302");
    assert_eq!(reads(&host), before);
    let events = host.events.borrow();
    let ours = |event: &&Event| matches!(event, Event::Travel(_) | Event::Position(_));
    assert_eq!(events[told..].iter().filter(ours).count(), 0);
    drop(events);
    assert!(engine.policy().travel.is_some());
}

#[test]
fn a_route_may_move_the_position_for_others() {
    let mut policy = ruled(json!([]), json!({}));
    policy["routes"][0]["sets_position"] = json!(true);
    let mut other = policy["routes"][0].clone();
    other["name"] = json!("transfer");
    other["match"] = json!({ "path": "/transfer" });
    other["rules"] = json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]);
    other["sets_position"] = json!(false);
    policy["routes"].as_array_mut().expect("a list").push(other);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let told = BERLIN.logs_in(&mut engine, &host, "302");
    assert_eq!(header(&told, "x-palisade-travel"), None);
    host.set_peer(SYDNEY.address);
    let lines = [
        (":method", "POST"),
        (":path", "/transfer"),
        (":authority", "example.com"),
        ("x-account", "alice"),
    ];
    let done = outcome(&mut engine, &host, &block(&lines), &SYDNEY.answer());
    assert!(matches!(done, Outcome::Refuse(_)), "{done:?}");
}

#[test]
fn only_what_a_list_decides_behind_travel_is_looked_up() {
    let list = json!({ "name": "office", "cidrs": ["11.0.0.0/24"], "then": "allow" });
    let rule = json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]);
    let more = json!({ "lists": [list] });
    let (mut engine, host) = (engine(&ruled(rule, more)), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    assert_eq!(host.call_count(), 0, "the office");
    SYDNEY.logs_in(&mut engine, &host, "302");
    assert_eq!(host.call_count(), 1, "anybody else");
}

#[test]
fn whose_account_nobody_can_tell_has_not_travelled() {
    let mut policy = ruled(
        json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]),
        json!({}),
    );
    let (mut strict, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let refused = refused(BERLIN.begin(&mut strict, &host, &[]));
    assert_eq!(refused.reply.details, "palisade_denied_account_missing");
    policy["routes"][0]["on_missing_account"] = json!("allow");
    let mut engine = engine(&policy);
    for place in [BERLIN, SYDNEY] {
        let outcome = place.begin(&mut engine, &host, &[]);
        end(outcome, &engine, &host, "302");
    }
    assert_eq!(host.counted(Event::Position(PositionResult::Moved)), 0);
}

#[test]
fn once_travels_challenge_is_answered_the_limits_are_asked() {
    let limits = json!([{ "name": "account", "key": ["account"], "limit": 2, "window": "1h" }]);
    let mut policy = ruled(
        json!([{ "name": "travel", "when": "impossible_travel", "then": "challenge" }]),
        json!({ "limits": limits, "challenge": { "difficulty": 1000 } }),
    );
    policy["routes"][0]["limits"] = json!(["account"]);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    let asked = refused(SYDNEY.alice(&mut engine, &host));
    assert_eq!(asked.reply.details, "palisade_challenged_impossible_travel");
    let mut answers = || {
        let asked = refused(SYDNEY.alice(&mut engine, &host));
        let payload = solve(&asked);
        let lines = [("x-account", "alice"), ("x-palisade-solution", &payload)];
        SYDNEY.begin(&mut engine, &host, &lines)
    };
    assert!(matches!(answers(), Outcome::Pass(..)));
    let limited = refused(answers());
    assert_eq!(limited.reply.details, "palisade_limited_account");
}
