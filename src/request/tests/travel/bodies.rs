//! Where the account stands in the body, rules that depend on travel wait for it.

use super::*;
use crate::identity::account::BodyBytes;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn by_body(rules: Value) -> Engine {
    let identity = json!({ "account": [{ "form": "email" }] });
    engine(&ruled(rules, json!({ "identity": identity })))
}

/// How far a login from there comes by its head.
fn head(place: Place, engine: &mut Engine, host: &FakeHost) -> Step {
    host.set_peer(place.address);
    match engine.begin(&login(&[FORM]), false, StreamId(1), host) {
        Progress::Step(step) => step,
        Progress::Redeems(link) => panic!("a link: {link:?}"),
        Progress::Waits(waiting) => {
            let (knowledge, _) = learn(engine, host, &place.answer()).expect("a lookup");
            waiting.resume(knowledge, engine, host)
        }
    }
}

fn alice(step: Step, engine: &mut Engine, host: &FakeHost) -> Outcome {
    let Step::Reads(reading) = step else {
        panic!("expected to read the body, not {step:?}");
    };
    done(reading.finish(BodyBytes::Whole(b"email=alice"), engine, host))
}

#[test]
fn no_rule_behind_one_that_depends_on_travel_decides_before_it() {
    let mut engine = by_body(json!([
        { "name": "travel", "when": "impossible_travel", "then": "step_up" },
        { "name": "abroad", "when": { "country": ["AU"] }, "then": "deny" },
    ]));
    let host = FakeHost::of("11.0.0.1:1");
    let step = head(BERLIN, &mut engine, &host);
    let outcome = alice(step, &mut engine, &host);
    end(outcome, &engine, &host, "302");
    host.pass(10);
    let step = head(SYDNEY, &mut engine, &host);
    let told = passed(alice(step, &mut engine, &host));
    assert_eq!(header(&told, "x-palisade-verdict"), Some("step_up"));
    assert_eq!(
        header(&told, "x-palisade-reason"),
        Some("impossible_travel")
    );
    host.pass(24 * HOUR);
    let step = head(SYDNEY, &mut engine, &host);
    let refused = refused(alice(step, &mut engine, &host));
    assert_eq!(refused.reply.details, "palisade_denied_country");
}

#[test]
fn a_rule_before_it_decides_by_the_head() {
    let mut engine = by_body(json!([
        { "name": "abroad", "when": { "country": ["AU"] }, "then": "deny" },
        { "name": "travel", "when": "impossible_travel", "then": "step_up" },
    ]));
    let host = FakeHost::of("11.0.0.1:1");
    let step = head(SYDNEY, &mut engine, &host);
    assert!(
        matches!(step, Step::Done(Outcome::Refuse(_))),
        "the body is not waited for: {step:?}"
    );
    assert_eq!(reads(&host), 0);
}

#[test]
fn so_does_one_behind_it_where_the_client_has_no_position() {
    let mut engine = by_body(json!([
        { "name": "travel", "when": "impossible_travel", "then": "step_up" },
        { "name": "vpn", "when": "vpn", "then": "deny" },
    ]));
    let host = FakeHost::of("11.0.0.1:1");
    let vpn = Place {
        more: r#""privacy": {"VPN": true}, "city": "Sydney""#,
        ..SYDNEY
    };
    let step = head(vpn, &mut engine, &host);
    assert!(matches!(step, Step::Done(Outcome::Refuse(_))), "{step:?}");
}

#[test]
fn a_rule_on_the_score_waits_only_where_travel_could_change_its_result() {
    let identity = json!({ "account": [{ "form": "email" }] });
    let weights = json!({ "weights": { "impossible_travel": 60 } });
    let mut policy = ruled(
        json!([
            { "name": "high", "when": { "score": ">=90" }, "then": "allow" },
            { "name": "medium", "when": { "score": ">=50" }, "then": "step_up" },
            { "name": "abroad", "when": { "country": ["AU"] }, "then": "deny" },
        ]),
        json!({ "identity": identity, "score": weights }),
    );
    policy["routes"][0]["account"] = json!([{ "form": "email" }]);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let step = head(BERLIN, &mut engine, &host);
    let outcome = alice(step, &mut engine, &host);
    end(outcome, &engine, &host, "302");
    let step = head(SYDNEY, &mut engine, &host);
    let told = passed(alice(step, &mut engine, &host));
    assert_eq!(header(&told, "x-palisade-verdict"), Some("step_up"));
    assert_eq!(header(&told, "x-palisade-score"), Some("60"));
}

#[test]
fn a_body_that_is_cut_off_moves_nothing() {
    let mut engine = by_body(json!([
        { "name": "travel", "when": "impossible_travel", "then": "step_up" },
    ]));
    let host = FakeHost::of("11.0.0.1:1");
    let Step::Reads(reading) = head(BERLIN, &mut engine, &host) else {
        panic!("the body is needed");
    };
    reading.cut_off(&engine, &host);
    assert_eq!(reads(&host), 0);
}
