//! Routes of one path that are told apart by what a request says.

use super::limits::{limited, signing};
use super::*;
use crate::identity::account::BodyBytes;
use crate::request::rematch::Unprotected;
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
    assessment(reading, engine, host, BodyBytes::Whole(body.as_bytes()))
}

fn assessment(
    reading: Box<Reading>,
    engine: &mut Engine,
    host: &FakeHost,
    body: BodyBytes<'_>,
) -> Outcome {
    match reading.rematch(body, engine, host) {
        Ok(reading) => done(reading.finish(body, engine, host)),
        Err(Unprotected { strip }) => Outcome::Unprotected { strip },
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
        let reason = reason(assessment(reading, &mut engine, &host, body));
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

/// The same with a login that is for everything else as well.
fn doors_for_all() -> Value {
    let mut policy = doors();
    policy["routes"][1]["match"] = json!({ "methods": ["POST"], "path": "/login" });
    policy
}

#[test]
fn a_head_goes_before_its_body_only_if_one_of_its_routes_lets_it() {
    for (then, goes) in [("deny", false), ("allow", true)] {
        let mut policy = doors_for_all();
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
    let mut policy = doors_for_all();
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

#[test]
fn what_may_be_for_no_route_is_refused_by_none_before_it_tells() {
    let mut policy = doors();
    for route in 0..2 {
        policy["routes"][route]["rules"] = json!([{ "when": "always", "then": "deny" }]);
    }
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    assert_eq!(
        reason(posted(&mut engine, &host, "action=other")),
        "unprotected"
    );
    let denied = posted(&mut engine, &host, "action=lost");
    assert!(matches!(denied, Outcome::Refuse(_)), "{denied:?}");

    let Progress::Step(Step::Reads(reading)) =
        engine.begin(&login(&[FORM]), false, StreamId(1), &host)
    else {
        panic!("its body is read");
    };
    let went = reading.let_go(false, &mut engine, &host);
    assert!(matches!(went, LetGo::Goes(..)), "its head goes on before");
}

/// GraphQL, whose account has two attempts, and the network so many.
fn aliases(network: u32) -> Value {
    let mut policy = limited(
        json!([
            { "name": "account", "key": ["account"], "count": "failures", "limit": 2, "window": "1h" },
            { "name": "network", "key": ["subnet"], "count": "attempts", "limit": network, "window": "1h" },
        ]),
        json!({}),
    );
    policy["identity"]["account"] =
        json!([{ "body_pattern": { "pattern": r#"login(?:\("(\w+)"\))?"#, "at_most": 4 } }]);
    policy["routes"][0]["success"] = json!({ "status": [200] });
    policy
}

fn guessed(engine: &mut Engine, host: &FakeHost, query: &str, status: &str) -> String {
    let reading = match engine.begin(&login(&[]), false, StreamId(1), host) {
        Progress::Step(Step::Reads(reading)) => reading,
        Progress::Step(step) => return reason(done(step)),
        other => panic!("it waits for nobody: {other:?}"),
    };
    match assessment(reading, engine, host, BodyBytes::Whole(query.as_bytes())) {
        Outcome::Pass(_, Some(watch)) => {
            watch.headers(&block(&[(":status", status)]), true, engine, host);
            "passes".to_owned()
        }
        outcome => reason(outcome),
    }
}

#[test]
fn each_attempt_of_one_request_is_counted_for_its_account() {
    let (mut engine, host) = (signing(&aliases(50)), FakeHost::of("11.0.0.1:1"));
    let mut guess = |query: &str, status: &str| guessed(&mut engine, &host, query, status);
    for (query, status, expected) in [
        // Refused as a whole: nothing of it has been tried.
        (r#"login("a") login("a") login("a")"#, "401", "account"),
        (r#"login("b") login("a")"#, "401", "passes"),
        (r#"login("a")"#, "200", "passes"),
        (r#"login("a")"#, "401", "passes"),
        (r#"login("a")"#, "401", "account"),
    ] {
        assert_eq!(guess(query, status), expected, "{query}");
    }
}

#[test]
fn a_success_of_a_batch_gives_nothing_back() {
    let (mut engine, host) = (signing(&aliases(50)), FakeHost::of("11.0.0.1:1"));
    let mut guess = |query: &str| guessed(&mut engine, &host, query, "200");
    assert_eq!(guess(r#"login("a")"#), "passes");
    assert_eq!(guess(r#"login("a") login("a")"#), "passes");
    assert_eq!(guess(r#"login("a")"#), "account");
}

#[test]
fn a_network_pays_for_each_attempt_of_its_requests() {
    let (mut engine, host) = (signing(&aliases(5)), FakeHost::of("11.0.0.1:1"));
    let mut guess = |query: &str| guessed(&mut engine, &host, query, "200");
    assert_eq!(
        guess(r#"login("a") login("b") login("c") login("d")"#),
        "passes"
    );
    assert_eq!(guess(r#"login("e") login("f")"#), "network");
    assert_eq!(guess(r#"login("e") login login("f")"#), "network");
}

#[test]
fn an_attempt_that_names_nobody_refuses_the_request() {
    let (mut engine, host) = (signing(&aliases(50)), FakeHost::of("11.0.0.1:1"));
    for (query, expected) in [
        (r#"login("a") login(x)"#, "account_malformed"),
        ("me", "account_missing"),
        (&r#"login("a")"#.repeat(5), "account_batch"),
    ] {
        assert_eq!(
            guessed(&mut engine, &host, query, "200"),
            expected,
            "{query}"
        );
    }
}
