//! Passwords that are known from breaches, from the body to the verdict and to the answer.

mod attacks;

use super::*;
use crate::identity::account::BodyBytes;
use crate::telemetry::{PasswordResult, RangeResult};

/// SHA-1 of `password`, behind 5BAA6.
const RANGE: &str =
    "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:52372426\r\n";
const BODY: &str = "email=alice&password=password";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A policy whose route has these members as well.
fn asking(route: Value) -> Value {
    let mut login = json!({
        "name": "login", "match": { "path": "/login" }, "rules": [], "password": [{ "form": "password" }],
    });
    put(&mut login, &route);
    policy(json!({
        "annotate": { "headers": ["verdict", "context", "signals"] },
        "breached_passwords": { "cluster": "passwords", "authority": "passwords.internal" },
        "identity": { "account": [{ "form": "email" }] },
        "limits": [{ "name": "a", "key": ["account"], "limit": 2, "window": "1m" }],
        "routes": [login],
    }))
}

fn stepping_up() -> Value {
    asking(json!({ "rules": [{ "when": "breached_password", "then": "step_up" }] }))
}

/// How far a login with this body comes whose address is known.
fn begin(engine: &mut Engine, host: &FakeHost, body: &str) -> Step {
    let length = body.len().to_string();
    let head = login(&[FORM, ("content-length", &length)]);
    let step = match engine.begin(&head, false, StreamId(1), host) {
        Progress::Step(step) => step,
        Progress::Waits(waiting) => {
            let (knowledge, _) = learn(engine, host, CLEAN).expect("a lookup");
            waiting.resume(knowledge, engine, host)
        }
        other => panic!("it is no login: {other:?}"),
    };
    match step {
        Step::Reads(reading) => reading.finish(BodyBytes::Whole(body.as_bytes()), engine, host),
        step => step,
    }
}

/// The lookup of the address, which was the first call, has ended, and the body is read.
fn looked_up(waiting: Box<Waiting>, engine: &mut Engine, host: &FakeHost) -> Box<Reading> {
    let Woken::Lookup(_, knowledge, _) = answer_call(1, engine, host, CLEAN) else {
        panic!("a lookup");
    };
    match waiting.resume(knowledge, engine, host) {
        Step::Reads(reading) => reading,
        other => panic!("the account stands in the body: {other:?}"),
    }
}

/// The outcome of a login that waits, or not, for this answer of the service; none at all if it is empty.
fn end(engine: &mut Engine, host: &FakeHost, step: Step, answer: &str) -> Outcome {
    let mut calling = match step {
        Step::Calls(calling) => calling,
        step => return done(step),
    };
    let Woken::Ranged(waiters, range) = answer_last(engine, host, answer) else {
        panic!("it was the service that was asked");
    };
    assert_eq!(waiters, [StreamId(1)]);
    engine.hear_range(calling.subject(), range.as_deref(), host);
    let Calling::Checking(checking) = calling else {
        panic!("it waits for the service: {calling:?}");
    };
    done(checking.resume(engine, host))
}

fn judged(policy: &Value, body: &str, answer: &str) -> (Outcome, FakeHost) {
    let (mut engine, host) = (engine(policy), FakeHost::of("11.0.0.1:1"));
    let step = begin(&mut engine, &host, body);
    (end(&mut engine, &host, step, answer), host)
}

#[test]
fn a_rule_knows_a_breached_password_and_the_application_about_how_often() {
    let (outcome, host) = judged(&stepping_up(), BODY, RANGE);
    let headers = passed(outcome);
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("step_up"));
    let context = header(&headers, "x-palisade-context").expect("a context");
    assert!(
        context.contains("reason=\"breached_password\""),
        "{context}"
    );
    assert!(context.contains("password_breaches=10000000"), "{context}");
    assert_eq!(host.counted(Event::Password(PasswordResult::Breached)), 1);
    assert_eq!(host.calls.borrow()[1].path, "/range/5BAA6");
}

#[test]
fn a_password_that_is_not_in_the_list_is_none_of_the_breached() {
    let (outcome, host) = judged(&stepping_up(), "email=a&password=correct+horse", RANGE);
    assert_eq!(
        header(&passed(outcome), "x-palisade-verdict"),
        Some("allow")
    );
    assert_eq!(host.counted(Event::Password(PasswordResult::Clean)), 1);
}

#[test]
fn nobody_knowing_is_neither_and_a_signal_of_its_own() {
    let unknown = asking(json!({ "rules": [
        { "when": "breached_password", "then": "deny" },
        { "when": { "not": "breached_password" }, "then": "deny" },
        { "when": "password_unknown", "then": "step_up" },
    ] }));
    for (body, answer) in [
        (BODY, ""),
        (BODY, "<html>"),
        ("email=a&password=a&password=b", RANGE),
        ("email=a&password=%ff", RANGE),
    ] {
        let headers = passed(judged(&unknown, body, answer).0);
        assert_eq!(
            header(&headers, "x-palisade-signals"),
            Some("password_unknown"),
            "{body}"
        );
        assert_eq!(
            header(&headers, "x-palisade-verdict"),
            Some("step_up"),
            "{body}"
        );
    }
}

#[test]
fn a_request_without_a_password_is_asked_about_nowhere() {
    let (outcome, host) = judged(&stepping_up(), "email=alice", RANGE);
    assert_eq!(
        header(&passed(outcome), "x-palisade-verdict"),
        Some("allow")
    );
    assert_eq!(host.counted(Event::Password(PasswordResult::None)), 1);
    assert_eq!(host.call_count(), 1, "the lookup alone");
}

#[test]
fn who_is_refused_already_is_not_asked_about() {
    let denied = asking(json!({ "rules": [
        { "when": { "country": ["DE"] }, "then": "deny" },
        { "when": "breached_password", "then": "step_up" },
    ] }));
    let (outcome, host) = judged(&denied, BODY, "");
    refused(outcome);
    assert_eq!(host.call_count(), 1, "the lookup alone");

    let limited = asking(json!({
        "limits": ["a"], "rules": [{ "when": "breached_password", "then": "step_up" }],
    }));
    let (mut engine, host) = (engine(&limited), FakeHost::of("11.0.0.1:1"));
    for _ in 0..2 {
        let step = begin(&mut engine, &host, BODY);
        passed(end(&mut engine, &host, step, RANGE));
    }
    let step = begin(&mut engine, &host, "email=alice&password=another");
    refused(done(step));
    assert_eq!(
        host.call_count(),
        2,
        "the lookup, and one call of the service"
    );
    assert_eq!(host.counted(Event::Range(RangeResult::Cached)), 1);
}

#[test]
fn a_limit_counts_only_those_with_a_breached_password() {
    let mut limited = asking(json!({ "limits": ["a"] }));
    limited["limits"] = json!([{
        "name": "a", "key": ["account"], "when": "breached_password", "limit": 2, "window": "1m",
    }]);
    let (mut engine, host) = (engine(&limited), FakeHost::of("11.0.0.1:1"));
    let mut passes = |body: &str| {
        let step = begin(&mut engine, &host, body);
        matches!(end(&mut engine, &host, step, RANGE), Outcome::Pass(..))
    };
    assert_eq!([BODY; 3].map(&mut passes), [true, true, false]);
    let clean = "email=alice&password=correct+horse";
    assert!(passes(clean), "it is counted nowhere");
}

#[test]
fn a_policy_that_asks_for_no_password_reads_none() {
    let silent = policy(json!({
        "breached_passwords": { "cluster": "passwords", "authority": "passwords.internal" },
        "routes": [{
            "name": "login", "match": { "path": "/login" }, "password": [{ "form": "password" }],
        }],
    }));
    let (outcome, host) = judged(&silent, BODY, RANGE);
    passed(outcome);
    assert_eq!(host.call_count(), 1, "the lookup alone");
}

#[test]
fn it_is_asked_while_the_lookup_is_under_way() {
    let (mut engine, host) = (engine(&stepping_up()), FakeHost::of("11.0.0.1:1"));
    let length = BODY.len().to_string();
    let head = login(&[FORM, ("content-length", &length)]);
    let Progress::Waits(mut waiting) = engine.begin(&head, false, StreamId(1), &host) else {
        panic!("the address is looked up");
    };
    engine.ask_ahead(
        &mut waiting.subject,
        BodyBytes::Whole(BODY.as_bytes()),
        &host,
    );
    assert_eq!(host.call_count(), 2, "both are under way");
    // The service is the first to answer.
    let Woken::Ranged(waiters, range) = answer_last(&mut engine, &host, RANGE) else {
        panic!("the service was asked");
    };
    assert_eq!(waiters, [StreamId(1)]);
    engine.hear_range(&mut waiting.subject, range.as_deref(), &host);
    let reading = looked_up(waiting, &mut engine, &host);
    let step = reading.finish(BodyBytes::Whole(BODY.as_bytes()), &mut engine, &host);
    let headers = passed(done(step));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("step_up"));
    assert_eq!(host.call_count(), 2, "nobody is asked twice");
}

#[test]
fn nothing_of_the_password_stands_in_logs_memory_or_calls() {
    let audited = asking(json!({ "rules": [{ "when": "breached_password", "then": "deny" }] }));
    let (outcome, host) = judged(&audited, "email=alice&password=password", RANGE);
    let refused = refused(outcome);
    let audit = refused.audit.expect("a line");
    assert!(audit.contains("\"password_breaches\":10000000"), "{audit}");
    let calls = format!(
        "{:?}",
        host.calls
            .borrow()
            .iter()
            .map(|call| &call.path)
            .collect::<Vec<_>>()
    );
    for secret in ["=password", "1E4C9B93F3F", "1e4c9b93f3f", "52372426"] {
        for told in [&audit, &refused.state, &calls] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

#[test]
fn a_client_that_goes_leaves_the_answer_for_the_next() {
    let (mut engine, host) = (engine(&stepping_up()), FakeHost::of("11.0.0.1:1"));
    let Step::Calls(calling) = begin(&mut engine, &host, BODY) else {
        panic!("the service is asked");
    };
    calling.cut_off(&mut engine, &host);
    let Woken::Ranged(waiters, _) = answer_last(&mut engine, &host, RANGE) else {
        panic!("the service was asked");
    };
    assert!(waiters.is_empty());
    let headers = passed(done(begin(&mut engine, &host, BODY)));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("step_up"));
}

#[test]
fn an_application_that_answers_first_gets_a_verdict_without() {
    let (mut engine, host) = (engine(&stepping_up()), FakeHost::of("11.0.0.1:1"));
    let Step::Calls(calling) = begin(&mut engine, &host, BODY) else {
        panic!("the service is asked");
    };
    let headers = passed(calling.give_up(&mut engine, &host));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("allow"));
    assert_eq!(host.counted(Event::Password(PasswordResult::Unknown)), 1);
}

#[test]
fn only_the_answer_to_a_success_tells_of_the_password() {
    let route = json!({
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "on_success": ["breached_password", "offer_passkey"],
    });
    let both = [
        ("x-palisade-password-breaches", "10000000"),
        ("x-palisade-passkey", "offer"),
    ];
    for (body, cookie, expected) in [
        (BODY, "sid=1", &both[..]),
        (BODY, "other=1", &[]),
        ("email=a&password=correct+horse", "sid=1", &both[1..]),
        ("email=a", "sid=1", &[]),
    ] {
        let (mut engine, host) = (engine(&asking(route.clone())), FakeHost::of("11.0.0.1:1"));
        let step = begin(&mut engine, &host, body);
        let Outcome::Pass(pass, Some(watch)) = end(&mut engine, &host, step, RANGE) else {
            panic!("it goes on, and is watched");
        };
        let context = header(&pass.headers, "x-palisade-context").expect("a context");
        assert_eq!(
            context.contains("passkey=offer"),
            body != "email=a",
            "{context}"
        );
        let answer = block(&[(":status", "302"), ("set-cookie", cookie)]);
        let Watched::Done(gift) = watch.headers(&answer, true, &engine, &host) else {
            panic!("the headers tell all");
        };
        let lines: Vec<(&str, &str)> = gift
            .lines
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        assert_eq!(lines, expected, "{body} {cookie}");
    }
}

#[test]
fn a_passkey_is_offered_without_a_service_of_ranges() {
    let mut offering = asking(json!({
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "on_success": ["offer_passkey"],
    }));
    offering
        .as_object_mut()
        .expect("an object")
        .remove("breached_passwords");
    let (outcome, host) = judged(&offering, BODY, "");
    let context = passed(outcome);
    let context = header(&context, "x-palisade-context").expect("a context");
    assert!(context.contains("passkey=offer"), "{context}");
    assert_eq!(host.call_count(), 1, "the lookup alone");
}
