//! The share of failed logins per autonomous system, from the answers to the next request.

use super::limits::{answered, attempt, goes_on, signing};
use super::*;
use crate::response::Origin;
use crate::telemetry::SampleResult;

/// Challenges systems from which six of ten logins fail, and more when told so.
fn policy_of(more: Value) -> Engine {
    let mut policy = json!({
        "annotate": { "headers": ["context"] },
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "KEY" },
        "identity": { "account": [{ "header": "x-account" }] },
        "learned": { "asn_failures": { "min_samples": 20 } },
        "routes": [
            {
                "name": "login", "match": { "path": "/login" }, "failure": { "status": [401] },
                "account": [{ "header": "x-account" }],
                "rules": [{ "when": { "asn_failure_rate": ">=60" }, "then": "challenge" }],
            },
            { "name": "shop", "match": { "path": "/shop" }, "rules": [] },
        ],
    });
    put(&mut policy, &more);
    signing(&policy)
}

fn asn(number: u32) -> String {
    CLEAN.replace("AS64500", &format!("AS{number}"))
}

/// Logs in to an account of its own, from this address of this system, and gets this answer; whether the application
/// was asked.
fn login_from(engine: &mut Engine, host: &FakeHost, place: (&str, u32), status: &str) -> bool {
    let account = format!("account-{}", place.0);
    host.set_peer(place.0);
    let head = login(&[("x-account", &account)]);
    match outcome(engine, host, &head, &asn(place.1)) {
        Outcome::Pass(_, Some(watch)) => {
            watch.headers(&block(&[(":status", status)]), true, engine, host);
            true
        }
        Outcome::Refuse(_) => false,
        other => panic!("{other:?}"),
    }
}

/// Lets so many logins fail, and so many succeed, each from a network of its own.
fn fill(engine: &mut Engine, host: &FakeHost, number: u32, (failed, succeeded): (u32, u32)) {
    for place in 0..failed + succeeded {
        let address = format!("11.{}.{place}.1:1", number % 200);
        let status = if place < failed { "401" } else { "200" };
        assert!(
            login_from(engine, host, (&address, number), status),
            "{place}"
        );
    }
}

#[test]
fn failures_of_a_system_challenge_the_next_of_it_and_nobody_else() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    fill(&mut engine, &host, 64_501, (12, 7));
    assert!(
        login_from(&mut engine, &host, ("11.99.0.1:1", 64_501), "401"),
        "19 are too few"
    );
    assert_eq!(host.counted(Event::AsnSample(SampleResult::Counted)), 20);
    host.set_peer("11.99.1.1:1");
    let head = login(&[("x-account", "alice"), ("accept", "application/json")]);
    let refused = refused(outcome(&mut engine, &host, &head, &asn(64_501)));
    assert_eq!(
        refused.reply.details,
        "palisade_challenged_asn_failure_rate"
    );
    let line: Value = serde_json::from_str(&refused.audit.expect("a line")).expect("JSON");
    assert_eq!(line["asn_failure_rate"], json!(65));
    assert!(
        login_from(&mut engine, &host, ("11.98.1.1:1", 64_502), "401"),
        "elsewhere"
    );
    assert_eq!(host.counted(Event::AsnRate { known: true }), 1);
}

#[test]
fn a_system_of_successes_is_not_challenged_and_its_rate_is_told() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    fill(&mut engine, &host, 64_501, (8, 12));
    host.set_peer("11.99.0.1:1");
    let headers = passed(outcome(
        &mut engine,
        &host,
        &login(&[("x-account", "a")]),
        &asn(64_501),
    ));
    let context = header(&headers, "x-palisade-context").expect("a context");
    assert!(context.contains("asn_failure_rate=40"), "{context}");
    let shop = block(&[
        (":method", "GET"),
        (":path", "/shop"),
        (":authority", "example.com"),
    ]);
    let headers = passed(outcome(&mut engine, &host, &shop, &asn(64_501)));
    let context = header(&headers, "x-palisade-context").expect("a context");
    assert!(
        !context.contains("rate"),
        "nobody asks for it there: {context}"
    );
    assert!(context.contains("asn=64501"), "{context}");
}

#[test]
fn one_network_and_one_account_make_no_system_look_bad() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    for number in 0..100 {
        let address = format!("11.7.7.{number}:1");
        assert!(login_from(&mut engine, &host, (&address, 64_501), "401"));
        let address = format!("[2a01:4f8:7:{number}::1]:1");
        assert!(login_from(&mut engine, &host, (&address, 64_501), "401"));
        host.set_peer(&format!("11.{number}.3.1:1"));
        assert!(answered(&mut engine, &host, "alice", "401"), "64500");
    }
    assert_eq!(
        host.counted(Event::AsnSample(SampleResult::Counted)),
        6,
        "two of each"
    );
    assert_eq!(host.counted(Event::AsnRate { known: true }), 0);
}

#[test]
fn what_is_neither_a_failure_nor_a_success_counts_for_no_system() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    for number in 0..30 {
        let address = format!("11.7.{number}.1:1");
        assert!(login_from(&mut engine, &host, (&address, 64_501), "500"));
        host.origin.set(Some(Origin::Undelivered));
        assert!(login_from(&mut engine, &host, (&address, 64_501), "403"));
        host.origin.set(None);
    }
    assert_eq!(host.counted(Event::AsnSample(SampleResult::Counted)), 0);
}

#[test]
fn a_rate_is_forgotten_when_its_window_is_over() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    fill(&mut engine, &host, 64_501, (20, 0));
    assert!(!login_from(
        &mut engine,
        &host,
        ("11.99.0.1:1", 64_501),
        "401"
    ));
    host.pass(3_600);
    assert!(
        !login_from(&mut engine, &host, ("11.99.1.1:1", 64_501), "401"),
        "not before"
    );
    host.pass(600);
    assert!(login_from(
        &mut engine,
        &host,
        ("11.99.2.1:1", 64_501),
        "401"
    ));
}

#[test]
fn where_the_api_fails_the_system_and_its_rate_are_unknown() {
    let (mut engine, host) = (policy_of(json!({})), FakeHost::of("11.0.0.1:1"));
    fill(&mut engine, &host, 64_501, (20, 0));
    host.refusing
        .set(Some(crate::callout::CallError::NoHealthyHost));
    host.set_peer("11.99.0.1:1");
    assert!(goes_on(&attempt(&mut engine, &host, &[("x-account", "a")])));
    assert_eq!(host.counted(Event::AsnRate { known: true }), 0);
    // Its system stands in the cache: so is what is known of that.
    host.set_peer("11.101.0.1:1");
    assert!(!goes_on(&attempt(
        &mut engine,
        &host,
        &[("x-account", "a")]
    )));
}

#[test]
fn the_rate_weighs_in_the_score_and_chooses_limits_where_told() {
    let weighing = json!({
        "annotate": { "headers": ["score"] },
        "score": { "weights": { "asn_failure_rate": 50 } },
        "limits": [{ "name": "few", "key": ["subnet"], "window": "1h",
            "limit": [{ "when": { "asn_failure_rate": ">=60" }, "limit": 1 }, { "limit": 9 }] }],
        "routes": [{
            "name": "login", "match": { "path": "/login" }, "failure": { "status": [401] }, "rules": [],
            "limits": ["few"],
        }],
    });
    let (mut engine, host) = (policy_of(weighing), FakeHost::of("11.0.0.1:1"));
    let score = |engine: &mut Engine, place: &str| {
        host.set_peer(place);
        match outcome(engine, &host, &login(&[]), &asn(64_501)) {
            Outcome::Pass(pass, _) => header(&pass.headers, "x-palisade-score").map(str::to_owned),
            _ => None,
        }
    };
    assert_eq!(score(&mut engine, "11.99.0.1:1").as_deref(), Some("0"));
    fill(&mut engine, &host, 64_501, (20, 0));
    assert_eq!(score(&mut engine, "11.98.0.1:1").as_deref(), Some("50"));
    assert_eq!(score(&mut engine, "11.98.0.1:1"), None, "the second of one");
    assert_eq!(score(&mut engine, "11.98.1.1:1").as_deref(), Some("50"));
}
