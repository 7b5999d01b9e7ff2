//! Routes of one path that are told apart by what a request says.

use super::limits::{limited, signing};
use super::*;
use crate::identity::account::BodyBytes;
use crate::request::step::LetGo;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A strict route for logins and one for new passwords, both at `/login`, each with one attempt for an account.
fn doors() -> Value {
    let limit =
        |name: &str| json!({ "name": name, "key": ["account"], "limit": 1, "window": "1h" });
    let mut policy = limited(json!([limit("logins"), limit("resets")]), json!({}));
    policy["identity"]["account"] = json!([{ "form": "user" }]);
    policy["routes"] = json!([
        {
            "name": "reset", "rules": [], "limits": ["resets"],
            "match": { "methods": ["POST"], "path": "/login", "form": { "action": ["lost", "reset"] } },
        },
        {
            "name": "login", "rules": [], "limits": ["logins"],
            "match": { "methods": ["POST"], "path": "/login", "form": { "user": { "present": true } } },
        },
    ]);
    policy
}

/// What becomes of a form, all of which has come.
fn posted(engine: &mut Engine, host: &FakeHost, body: &str) -> Outcome {
    let Progress::Step(Step::Reads(reading)) =
        engine.begin(&login(&[FORM]), false, StreamId(1), host)
    else {
        panic!("its body is read");
    };
    judged(reading, engine, host, BodyBytes::Whole(body.as_bytes()))
}

fn judged(
    reading: Box<Reading>,
    engine: &mut Engine,
    host: &FakeHost,
    body: BodyBytes<'_>,
) -> Outcome {
    match reading.rematch(body, engine, host) {
        Ok(reading) => done(reading.finish(body, engine, host)),
        Err(outcome) => outcome,
    }
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass(..) => "passes".to_owned(),
        Outcome::Unprotected { .. } => "unprotected".to_owned(),
        outcome => {
            let body = String::from_utf8(refused(outcome).reply.body).expect("UTF-8");
            serde_json::from_str::<Value>(&body).expect("JSON")["reason"]
                .as_str()
                .expect("a reason")
                .to_owned()
        }
    }
}

#[test]
fn each_request_counts_on_the_route_that_it_says_alone() {
    let (mut engine, host) = (signing(&doors()), FakeHost::of("11.0.0.1:1"));
    for (body, expected) in [
        ("user=bob&action=login", "passes"),
        ("user=bob&action=login", "logins"),
        ("user=bob&action=lost", "passes"),
        ("user=bob&action=reset", "resets"),
        ("user=eve&action=reset", "passes"),
        ("action=other", "unprotected"),
    ] {
        assert_eq!(reason(posted(&mut engine, &host, body)), expected, "{body}");
    }
}

#[test]
fn a_request_in_doubt_counts_on_every_route_that_it_may_be_for() {
    let (mut engine, host) = (signing(&doors()), FakeHost::of("11.0.0.1:1"));
    for (body, expected) in [
        ("user=bob&action=lost&action=login", "passes"),
        ("user=bob&action=login", "logins"),
        ("user=bob&action=lost", "resets"),
        ("user=eve&action=LOST", "passes"),
        ("user=eve", "logins"),
        ("user=eve&action=lost", "resets"),
        ("user[]=mia&action=login", "account_conflict"),
        ("user[]=mia&action=lost", "account_conflict"),
    ] {
        assert_eq!(reason(posted(&mut engine, &host, body)), expected, "{body}");
    }
}

#[test]
fn a_body_that_does_not_come_is_judged_by_all() {
    for body in [BodyBytes::TooLarge, BodyBytes::Late] {
        let (mut engine, host) = (signing(&doors()), FakeHost::of("11.0.0.1:1"));
        let Progress::Step(Step::Reads(reading)) =
            engine.begin(&login(&[FORM]), false, StreamId(1), &host)
        else {
            panic!("its body is read");
        };
        let reason = reason(judged(reading, &mut engine, &host, body));
        assert!(reason.starts_with("account_"), "{reason}");
    }
}

#[test]
fn a_request_without_a_body_says_nothing_and_waits_for_nothing() {
    let (mut engine, host) = (signing(&doors()), FakeHost::of("11.0.0.1:1"));
    let ended = engine.begin(&login(&[FORM]), true, StreamId(1), &host);
    assert!(matches!(
        ended,
        Progress::Step(Step::Done(Outcome::Unprotected { strip: false }))
    ));
    let empty = login(&[FORM, ("content-length", "0")]);
    let ended = engine.begin(&empty, false, StreamId(1), &host);
    assert!(matches!(
        ended,
        Progress::Step(Step::Done(Outcome::Unprotected { .. }))
    ));
}

#[test]
fn a_head_goes_before_its_body_only_if_one_of_its_routes_lets_it() {
    for (then, goes) in [("deny", false), ("allow", true)] {
        let mut policy = doors();
        policy["routes"][0]["rules"] = json!([{ "when": "private", "then": "challenge" }]);
        policy["routes"][1]["rules"] = json!([{ "when": "private", "then": then }]);
        let (mut engine, host) = (signing(&policy), FakeHost::of("10.0.0.1:1"));
        let Progress::Step(Step::Reads(reading)) =
            engine.begin(&login(&[FORM]), false, StreamId(1), &host)
        else {
            panic!("its body is read");
        };
        let went = reading.let_go(false, &mut engine, &host);
        assert_eq!(matches!(went, LetGo::Goes(..)), goes, "{then}");
    }
}

#[test]
fn whom_every_route_denies_is_refused_before_the_body_comes() {
    let mut policy = doors();
    for route in 0..2 {
        policy["routes"][route]["rules"] = json!([{ "when": "private", "then": "deny" }]);
    }
    let (mut engine, host) = (signing(&policy), FakeHost::of("10.0.0.1:1"));
    let begun = engine.begin(&login(&[FORM]), false, StreamId(1), &host);
    assert!(matches!(
        begun,
        Progress::Step(Step::Done(Outcome::Refuse(_)))
    ));
}
