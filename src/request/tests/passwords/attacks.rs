//! What goes wrong, and whoever makes it.

use super::*;
use crate::request::tests::challenges::{solve, suspects};
use crate::request::tests::limits::signing;

#[test]
fn where_only_a_passkey_is_offered_nobody_was_to_check_a_password() {
    let offering = asking(json!({
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "on_success": ["offer_passkey"],
    }));
    for body in [BODY, "email=a&password=%ff"] {
        let (outcome, host) = judged(&offering, body, "");
        assert_eq!(header(&passed(outcome), "x-palisade-signals"), None);
        assert_eq!(host.call_count(), 1, "the lookup alone");
    }
}

#[test]
fn a_body_that_never_comes_or_is_too_long_leaves_it_unknown() {
    let unknown = asking(json!({ "rules": [{ "when": "password_unknown", "then": "deny" }] }));
    for body in [BodyBytes::Late, BodyBytes::TooLarge] {
        let (mut engine, host) = (engine(&unknown), FakeHost::of("11.0.0.1:1"));
        let head = login(&[FORM, ("content-length", "30")]);
        let Progress::Waits(waiting) = engine.begin(&head, false, StreamId(1), &host) else {
            panic!("the address is looked up");
        };
        let (knowledge, _) = learn(&mut engine, &host, CLEAN).expect("a lookup");
        let Step::Reads(reading) = waiting.resume(knowledge, &mut engine, &host) else {
            panic!("the password stands in the body");
        };
        refused(done(reading.finish(body, &mut engine, &host)));
    }
}

#[test]
fn two_routes_that_read_it_in_other_places_know_it_only_together() {
    let mut two = asking(json!({
        "match": { "methods": ["POST"], "path": "/login" },
        "rules": [{ "when": "password_unknown", "then": "deny" }],
    }));
    let mut other = two["routes"][0].clone();
    put(
        &mut other,
        &json!({
            "name": "other", "match": { "methods": ["PUT"], "path": "/login" }, "password": [{ "form": "secret" }],
        }),
    );
    two["routes"].as_array_mut().expect("routes").push(other);
    let hidden = |body: &str| judged(&two, &format!("{body}&_method=PUT"), RANGE).0;
    refused(hidden("email=a&password=password"));
    refused(hidden("email=a&password=x&secret=password"));
}

#[test]
fn both_waits_may_end_in_any_order() {
    let (mut engine, host) = (engine(&stepping_up()), FakeHost::of("11.0.0.1:1"));
    let head = login(&[FORM, ("content-length", &BODY.len().to_string())]);
    let Progress::Waits(mut waiting) = engine.begin(&head, false, StreamId(1), &host) else {
        panic!("the address is looked up");
    };
    let body = BodyBytes::Whole(BODY.as_bytes());
    engine.ask_ahead(&mut waiting.subject, body, &host);
    let reading = looked_up(waiting, &mut engine, &host);
    let step = reading.finish(body, &mut engine, &host);
    assert_eq!(host.call_count(), 2, "nobody is asked twice");
    let headers = passed(end(&mut engine, &host, step, RANGE));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("step_up"));
}

#[test]
fn more_than_may_wait_for_one_prefix_go_on_unknown() {
    let unknown = asking(json!({ "rules": [{ "when": "password_unknown", "then": "deny" }] }));
    let (mut engine, host) = (engine(&unknown), FakeHost::of("11.0.0.1:1"));
    for _ in 0..256 {
        assert!(matches!(begin(&mut engine, &host, BODY), Step::Calls(_)));
    }
    refused(done(begin(&mut engine, &host, BODY)));
    assert_eq!(host.call_count(), 2);
    assert_eq!(host.counted(Event::Range(RangeResult::TooMany)), 1);
}

#[test]
fn a_service_that_never_answers_is_given_up_by_the_clock() {
    let unknown = asking(json!({ "rules": [{ "when": "password_unknown", "then": "deny" }] }));
    let (mut engine, host) = (engine(&unknown), FakeHost::of("11.0.0.1:1"));
    let Step::Calls(Calling::Checking(mut checking)) = begin(&mut engine, &host, BODY) else {
        panic!("the service is asked");
    };
    host.pass(60);
    let mut woken = engine.tick(&host).into_iter();
    let Some(Woken::Ranged(waiters, None)) = woken.next() else {
        panic!("nobody has told");
    };
    assert_eq!(waiters, [StreamId(1)]);
    engine.hear_range(&mut checking.assessment.subject, None, &host);
    refused(done(checking.resume(&mut engine, &host)));
    assert!(engine.is_idle());
}

#[test]
fn a_monitored_route_refuses_nobody_and_tells_what_it_would_have_done() {
    let monitored = asking(json!({
        "mode": "monitor", "rules": [{ "when": "breached_password", "then": "deny" }],
    }));
    let headers = passed(judged(&monitored, BODY, RANGE).0);
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("allow"));
    let context = header(&headers, "x-palisade-context").expect("a context");
    assert!(context.contains("monitored=deny"), "{context}");
}

#[test]
fn no_application_tells_a_client_of_passwords_in_our_name() {
    let route = |told: &[&str]| {
        let success = json!({ "header": [{ "name": "set-cookie", "prefix": "sid=" }] });
        engine(&asking(json!({ "success": success, "on_success": told }))).hidden
    };
    assert!(route(&[]).is_empty());
    assert_eq!(route(&["offer_passkey"]), ["x-palisade-passkey"]);
    assert_eq!(
        route(&["breached_password"]),
        ["x-palisade-password-breaches"]
    );
}

#[test]
fn bodies_are_overwritten_only_where_a_password_is_looked_for() {
    for (policy, is_wiped) in [(stepping_up(), true), (asking(json!({})), false)] {
        let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
        let head = login(&[FORM, ("content-length", "30")]);
        let Progress::Waits(waiting) = engine.begin(&head, false, StreamId(1), &host) else {
            panic!("the address is looked up");
        };
        assert_eq!(waiting.expected(&engine).is_wiped, is_wiped);
    }
}

/// A login of suspects with these rules, who is asked to solve something.
fn challenging(rules: Value) -> Engine {
    let login = json!({
        "name": "login", "match": { "path": "/login" }, "format": "problem",
        "password": [{ "form": "password" }], "rules": rules,
    });
    signing(&suspects(json!({
        "breached_passwords": { "cluster": "passwords", "authority": "passwords.internal" },
        "routes": [login],
    })))
}

fn with_solution(asked: &Refused) -> String {
    format!("{BODY}&altcha={}", solve(asked).replace('+', "%2B"))
}

#[test]
fn a_solution_holds_while_the_service_is_asked_and_only_once() {
    let mut engine = challenging(json!([
        { "name": "suspect", "when": { "list": "suspects" }, "then": "challenge" },
        { "when": "breached_password", "then": "step_up" },
    ]));
    let host = FakeHost::of("11.0.0.1:1");
    let step = begin(&mut engine, &host, BODY);
    let asked = refused(done(step));
    assert_eq!(host.call_count(), 0, "it is refused already");
    let body = with_solution(&asked);
    let step = begin(&mut engine, &host, &body);
    assert!(matches!(step, Step::Calls(_)));
    passed(end(&mut engine, &host, step, RANGE));
    let step = begin(&mut engine, &host, &body);
    refused(done(step));
}

#[test]
fn a_challenge_for_a_breached_password_is_answered_like_any_other() {
    let mut engine = challenging(json!([{ "when": "breached_password", "then": "challenge" }]));
    let host = FakeHost::of("11.0.0.1:1");
    let step = begin(&mut engine, &host, BODY);
    let asked = refused(end(&mut engine, &host, step, RANGE));
    let body = with_solution(&asked);
    let step = begin(&mut engine, &host, &body);
    passed(done(step));
    let step = begin(&mut engine, &host, &body);
    refused(done(step));
}
