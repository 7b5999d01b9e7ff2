//! Captchas: whatever a client or a service says, only a verified one is a pass.

use super::challenges::{FORM, earned, solve, suspects};
use super::limits::signing;
use super::*;
use crate::challenge::captcha::{Failure, Rejection, TokenFailure, Unavailability};
use crate::identity::account::BodyBytes;
use crate::telemetry::CaptchaResult;

pub(super) const SOLVED: &str = r#"{
    "success": true, "hostname": "example.com", "action": "login", "challenge_ts": "1970-01-12T13:46:40Z"
}"#;
pub(super) const REFUSED: &str = r#"{"success": false, "error-codes": ["invalid-input-response"]}"#;

pub(super) fn captcha(more: Value) -> Value {
    let mut captcha = json!({
        "provider": "turnstile", "cluster": "siteverify", "site_key": "0x4AAA", "secret_env": "KEY",
        "hostnames": ["example.com"], "action": "login",
    });
    put(&mut captcha, &more);
    suspects(json!({ "captcha": captcha }))
}

pub(super) fn scene(more: Value) -> (Engine, FakeHost) {
    (signing(&captcha(more)), FakeHost::of("11.0.0.1:1"))
}

/// What the service answers; `None` when it does not.
pub(super) type Answer<'a> = Option<(u16, &'a str)>;

/// What becomes of a request with such a head and body, whose captcha gets this answer.
pub(super) fn send(
    engine: &mut Engine,
    host: &FakeHost,
    more: &[(&str, &str)],
    body: Option<&str>,
    answer: Answer<'_>,
) -> Outcome {
    let progress = engine.begin(&login(more), body.is_none(), StreamId(1), host);
    let Progress::Step(mut step) = progress else {
        panic!("nothing is looked up here: {progress:?}");
    };
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::Reads(reading) => {
                let body = body.expect("a body");
                reading.finish(BodyBytes::Whole(body.as_bytes()), engine, host)
            }
            Step::Calls(Calling::Verifying(verifying)) => {
                let response = answer.map(|(status, body)| Response {
                    status: Some(status),
                    retry_after: None,
                    body: Body::Whole(body.as_bytes()),
                });
                verifying.resume(response, engine, host)
            }
            Step::Calls(calling) => panic!("nothing is shared here: {calling:?}"),
        };
    }
}

pub(super) fn with_token(
    engine: &mut Engine,
    host: &FakeHost,
    token: &str,
    answer: Answer<'_>,
) -> Outcome {
    let head = [("x-palisade-captcha", token)];
    send(engine, host, &head, None, answer)
}

pub(super) fn counted(host: &FakeHost, failure: Failure) -> usize {
    let result = |first| CaptchaResult::Failed { failure, first };
    host.counted(Event::Captcha(result(false))) + host.counted(Event::Captcha(result(true)))
}

pub(super) fn problem(outcome: Outcome) -> Value {
    serde_json::from_slice(&refused(outcome).reply.body).expect("JSON")
}

#[test]
fn a_verified_captcha_lets_the_request_on_and_earns_a_clearance() {
    let (mut engine, host) = scene(json!({}));
    let asked = problem(send(&mut engine, &host, &[], None, None));
    assert_eq!(asked["answer_in"], "x-palisade-captcha");
    assert_eq!(
        asked["captcha"],
        json!({ "service": "turnstile", "site_key": "0x4AAA", "action": "login" })
    );
    assert_eq!(asked.get("altcha"), None);
    let clearance = earned(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
    let request = host.calls.borrow()[0].clone();
    assert_eq!(request.authority, "challenges.cloudflare.com");
    let cookie = [("cookie", clearance.as_str())];
    passed(send(&mut engine, &host, &cookie, None, None));
    assert_eq!(host.call_count(), 1, "nobody is asked twice");
    assert_eq!(host.counted(Event::Captcha(CaptchaResult::Passed)), 1);
    assert_eq!(host.counted(Event::ChallengeSolved), 1);
    host.set_peer("11.0.1.1:1");
    refused(send(&mut engine, &host, &cookie, None, None));
}

#[test]
fn a_token_is_used_up_when_it_is_asked_about_whatever_the_answer() {
    for answer in [Some((200, SOLVED)), Some((200, REFUSED)), None] {
        let (mut engine, host) = scene(json!({}));
        let _ = with_token(&mut engine, &host, "t1", answer);
        refused(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
        assert_eq!(host.call_count(), 1, "{answer:?}");
        assert_eq!(host.counted(Event::Captcha(CaptchaResult::Replayed)), 1);
        earned(with_token(&mut engine, &host, "t2", Some((200, SOLVED))));
    }
}

#[test]
fn two_requests_with_one_token_ask_once_and_one_is_refused() {
    let (mut engine, host) = scene(json!({}));
    let begin = |engine: &mut Engine| {
        let head = login(&[("x-palisade-captcha", "t1")]);
        match engine.begin(&head, true, StreamId(1), &host) {
            Progress::Step(step) => step,
            other => panic!("nothing is looked up here: {other:?}"),
        }
    };
    let first = begin(&mut engine);
    assert!(
        matches!(first, Step::Calls(Calling::Verifying(_))),
        "{first:?}"
    );
    refused(done(begin(&mut engine)));
    assert_eq!(host.call_count(), 1);
}

#[test]
fn nothing_but_a_complete_answer_is_a_pass() {
    use Unavailability as No;
    let other = |name, value: &str| SOLVED.replace(name, value);
    let elsewhere = other("example.com", "example.org");
    let signup = other("\"login\"", "\"signup\"");
    let early = other("1970-01-12", "1970-01-11");
    for (answer, failure) in [
        (Some((200, REFUSED)), Failure::Rejected(Rejection::Invalid)),
        (Some((200, &*elsewhere)), Failure::WrongHostname),
        (Some((200, &*signup)), Failure::WrongAction),
        (Some((200, &*early)), Failure::Stale),
        (None, Failure::Unavailable(No::Reset)),
        (Some((504, "")), Failure::Unavailable(No::Timeout)),
        (Some((429, "")), Failure::Unavailable(No::RateLimited)),
        (Some((500, SOLVED)), Failure::Unavailable(No::Status)),
        (Some((200, "<html>")), Failure::Unavailable(No::Unreadable)),
        (Some((401, "")), Failure::Unavailable(No::RefusedSecret)),
    ] {
        let (mut engine, host) = scene(json!({}));
        let refused = refused(with_token(&mut engine, &host, "t1", answer));
        assert_eq!(counted(&host, failure), 1, "{failure:?}");
        let set = header(&refused.reply.headers, "set-cookie");
        assert_eq!(
            set,
            Some("palisade-captcha=; Path=/; Max-Age=0; SameSite=Lax")
        );
    }
}

#[test]
fn a_silent_service_means_work_and_never_a_pass() {
    let (mut engine, host) = scene(json!({}));
    let refusal = refused(with_token(&mut engine, &host, "t1", None));
    let head = [("x-palisade-solution", solve(&refusal))];
    let head = [(head[0].0, head[0].1.as_str())];
    earned(send(&mut engine, &host, &head, None, None));
    host.refusing
        .set(Some(crate::callout::CallError::NoHealthyHost));
    let document = problem(with_token(&mut engine, &host, "t2", None));
    assert_eq!(document["answer_in"], "x-palisade-solution");
    assert_eq!(
        counted(&host, Failure::Unavailable(Unavailability::NotAsked)),
        1
    );
}

#[test]
fn what_follows_when_nothing_can_be_verified_is_the_operators_choice() {
    let (mut engine, host) = scene(json!({ "on_unavailable": "deny" }));
    let refusal = refused(with_token(&mut engine, &host, "t1", None));
    assert_eq!(refusal.reply.details, "palisade_denied_captcha_unavailable");
    refused(with_token(&mut engine, &host, "t2", Some((200, REFUSED))));
    let (mut engine, host) = scene(json!({ "on_unavailable": "allow" }));
    match with_token(&mut engine, &host, "t1", None) {
        Outcome::Pass(pass, _) => {
            let gives_clearance = |cookie: &String| cookie.starts_with("__Host-");
            assert!(!pass.cookies.iter().any(gives_clearance), "only this once");
        }
        other => panic!("expected a pass, not {other:?}"),
    }
    let refusal = refused(with_token(&mut engine, &host, "t2", Some((200, REFUSED))));
    assert_eq!(refusal.reply.details, "palisade_challenged_suspects");
    refused(send(&mut engine, &host, &[], None, None));
}

#[test]
fn a_low_score_is_no_pass_and_may_be_answered_with_work() {
    let scored = |score: &str| {
        format!(
            r#"{{"success": true, "hostname": "example.com", "action": "login", "score": {score}, "challenge_ts": "1970-01-12T13:46:40Z"}}"#
        )
    };
    let v3 = |more: Value| {
        let mut changes = json!({ "provider": "recaptcha_v3", "min_score": 0.5 });
        put(&mut changes, &more);
        scene(changes)
    };
    for (low_score, answered_in) in [
        ("captcha", "x-palisade-captcha"),
        ("proof_of_work", "x-palisade-solution"),
    ] {
        let (mut engine, host) = v3(json!({ "on_low_score": low_score }));
        let low = scored("0.49");
        let document = problem(with_token(&mut engine, &host, "t1", Some((200, &low))));
        assert_eq!(document["answer_in"], answered_in);
        assert_eq!(counted(&host, Failure::LowScore), 1);
        let high = scored("0.5");
        earned(with_token(&mut engine, &host, "t2", Some((200, &high))));
    }
}

#[test]
fn a_token_in_a_form_is_found_and_a_refusal_loses_no_form() {
    let body = "user=ann&cf-turnstile-response=t1";
    let (mut engine, host) = scene(json!({}));
    earned(send(
        &mut engine,
        &host,
        &FORM,
        Some(body),
        Some((200, SOLVED)),
    ));
    let (mut engine, host) = scene(json!({}));
    let refusal = refused(send(
        &mut engine,
        &host,
        &FORM,
        Some(body),
        Some((200, REFUSED)),
    ));
    let page = String::from_utf8(refusal.reply.body).expect("text");
    assert!(page.contains("name=\"user\" value=\"ann\""), "{page}");
    assert!(page.contains("data-api=\"turnstile\""), "{page}");
    assert!(page.contains("data-start=\"click\""), "{page}");
    // The form that the page posts again still has the spent token, but the page's own comes first.
    let cookie = [("cookie", "palisade-captcha=t2")];
    let head = [&FORM[..], &cookie].concat();
    earned(send(
        &mut engine,
        &host,
        &head,
        Some(body),
        Some((200, SOLVED)),
    ));
    assert_eq!(host.call_count(), 2);
}

#[test]
fn a_token_in_a_json_body_or_in_a_header_of_the_operators_is_found() {
    let (mut engine, host) =
        scene(json!({ "token": [{ "json": "/captcha" }, { "header": "x-token" }] }));
    let json = [("content-type", "application/json")];
    let body = Some(r#"{"captcha": "t1"}"#);
    earned(send(&mut engine, &host, &json, body, Some((200, SOLVED))));
    let header = [("x-token", "t2")];
    earned(send(&mut engine, &host, &header, None, Some((200, SOLVED))));
}

#[test]
fn tokens_that_are_none_are_refused_and_nobody_is_asked() {
    let long = "x".repeat(2_049);
    for (tokens, failure) in [
        (vec!["a", "b"], TokenFailure::Several),
        (vec!["a b"], TokenFailure::Malformed),
        (vec!["<script>"], TokenFailure::Malformed),
        (vec![long.as_str()], TokenFailure::TooLong),
    ] {
        let (mut engine, host) = scene(json!({}));
        let head: Vec<(&str, &str)> = tokens
            .iter()
            .map(|token| ("x-palisade-captcha", *token))
            .collect();
        refused(send(&mut engine, &host, &head, None, Some((200, SOLVED))));
        assert_eq!(host.call_count(), 0);
        assert_eq!(
            host.counted(Event::Captcha(CaptchaResult::Unusable(failure))),
            1
        );
    }
}

#[test]
fn a_limit_may_ask_for_a_captcha_and_those_behind_it_still_count() {
    let mut policy = captcha(json!({}));
    policy["routes"][0]["rules"] = json!([]);
    policy["routes"][0]["limits"] = json!(["first", "second"]);
    policy["limits"] = json!([
        { "name": "first", "key": ["address"], "limit": 1, "window": "1h", "then": "challenge" },
        { "name": "second", "key": ["subnet"], "limit": 2, "window": "1h", "then": "limit" },
    ]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    passed(send(&mut engine, &host, &[], None, None));
    earned(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
    let refusal = refused(with_token(&mut engine, &host, "t2", Some((200, SOLVED))));
    assert_eq!(refusal.reply.details, "palisade_limited_second");
}

#[test]
fn a_client_that_leaves_during_verification_gives_back_its_attempt() {
    let mut policy = captcha(json!({}));
    policy["identity"] = json!({ "account": [{ "header": "x-user" }] });
    policy["routes"][0]["rules"] = json!([]);
    policy["routes"][0]["limits"] = json!(["failures", "challenge"]);
    policy["limits"] = json!([
        { "name": "failures", "key": ["account"], "count": "failures", "limit": 1, "window": "1h", "then": "deny" },
        { "name": "challenge", "key": ["account", "address"], "limit": 1, "window": "1h", "then": "challenge" },
    ]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let user = ("x-user", "ann");
    let answered = |outcome: Outcome, engine: &mut Engine| match outcome {
        Outcome::Pass(_, Some(watch)) => {
            let done = watch.headers(&block(&[(":status", "200")]), true, engine, &host);
            assert!(matches!(done, Watched::Done(_)), "{done:?}");
        }
        other => panic!("expected a pass, not {other:?}"),
    };
    let outcome = send(&mut engine, &host, &[user], None, None);
    answered(outcome, &mut engine);
    let head = login(&[user, ("x-palisade-captcha", "t1")]);
    match engine.begin(&head, true, StreamId(1), &host) {
        Progress::Step(Step::Calls(Calling::Verifying(verifying))) => {
            verifying.cut_off(&mut engine, &host)
        }
        other => panic!("expected a wait, not {other:?}"),
    }
    let head = [user, ("x-palisade-captcha", "t2")];
    let outcome = send(&mut engine, &host, &head, None, Some((200, SOLVED)));
    answered(outcome, &mut engine);
}

#[test]
fn a_route_may_ask_for_work_all_the_same_and_a_wrong_secret_is_told_once() {
    let mut policy = captcha(json!({}));
    policy["routes"][0]["challenge"] = "proof_of_work".into();
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let document = problem(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
    assert_eq!(document["answer_in"], "x-palisade-solution");
    assert_eq!(host.call_count(), 0);

    let (mut engine, host) = scene(json!({}));
    let wrong = r#"{"success": false, "error-codes": ["invalid-input-secret"]}"#;
    for token in ["t1", "t2", "t3"] {
        refused(with_token(&mut engine, &host, token, Some((200, wrong))));
    }
    let failure = Failure::Unavailable(Unavailability::RefusedSecret);
    let told = |first| CaptchaResult::Failed { failure, first };
    assert_eq!(host.counted(Event::Captcha(told(true))), 1);
    assert_eq!(host.counted(Event::Captcha(told(false))), 2);
}

#[test]
fn behind_an_upgrade_no_account_is_missing_once_the_captcha_is_solved() {
    let mut policy = captcha(json!({}));
    policy["identity"] = json!({ "account": [{ "form": "user" }] });
    policy["routes"][0]["limits"] = json!(["account"]);
    policy["limits"] = json!([
        { "name": "account", "key": ["account"], "limit": 1, "window": "1h", "then": "deny" },
    ]);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let head = [form, ("upgrade", "h2c"), ("x-palisade-captcha", "t1")];
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let body = Some("user=ann");
    let refusal = refused(send(&mut engine, &host, &head, body, Some((200, SOLVED))));
    let details = &refusal.reply.details;
    assert!(details.contains("account_too_large"), "{details}");
    assert_eq!(host.call_count(), 1);
}
