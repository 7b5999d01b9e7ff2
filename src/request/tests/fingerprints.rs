//! TLS fingerprints, from Envoy's filter state to the verdict.

use super::*;
use crate::decision::LimitIndex;
use crate::fingerprint::FILTER_STATE;
use crate::route::RouteIndex;
use crate::telemetry::{FingerprintResult, LimitResult};

const CHROMIUM: &str = "t13d1517h2_8daaf6152771_33f857a189cb";
const PYTHON: &str = "t13d1812h1_85036bcba153_b26ce05bbdd6";
const NOBODY: &str = "t13d1812h1_000000000000_b26ce05bbdd6";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/130.0.0.0 Safari/537.36";

/// A client with this fingerprint, or with none.
fn client(ja4: Option<&str>) -> FakeHost {
    let host = FakeHost::of("11.0.0.1:1");
    let state = ja4.map(|ja4| (FILTER_STATE, ja4.to_owned()));
    host.filter_state.borrow_mut().extend(state);
    host
}

/// A policy whose only rule is about `when`.
fn denying(when: Value) -> Value {
    let rules = json!([{ "when": when, "then": "deny" }]);
    policy(json!({
        "ja4": {},
        "annotate": { "headers": ["verdict", "context", "ja4"] },
        "routes": [{ "name": "login", "match": { "path": "/login" }, "rules": rules }],
    }))
}

/// Whether a request of this client is denied by that rule.
fn is_denied(when: &Value, ja4: Option<&str>, agent: &str) -> bool {
    let mut engine = engine(&denying(when.clone()));
    let head = login(&[("user-agent", agent)]);
    matches!(
        outcome(&mut engine, &client(ja4), &head, CLEAN),
        Outcome::Refuse(_)
    )
}

#[test]
fn a_rule_knows_a_fingerprint_and_its_kin() {
    for (patterns, expected) in [
        (json!([CHROMIUM]), true),
        (json!(["t13d1517h2_*"]), true),
        (json!([PYTHON, "*_8daaf6152771_*"]), true),
        (json!(["q13d*"]), false),
    ] {
        assert_eq!(
            is_denied(&json!({ "ja4": patterns }), Some(CHROMIUM), BROWSER),
            expected,
            "{patterns}"
        );
    }
}

#[test]
fn no_fingerprint_is_neither_one_nor_another() {
    for none in [
        None,
        Some("-"),
        Some("t13d1517h2_8daaf6152771_33f857a189cb, forged"),
    ] {
        assert!(
            !is_denied(&json!({ "ja4": ["*"] }), none, BROWSER),
            "{none:?}"
        );
        assert!(
            !is_denied(&json!({ "not": { "ja4": [PYTHON] } }), none, BROWSER),
            "{none:?}"
        );
    }
}

#[test]
fn a_browsers_name_with_a_librarys_hello_is_contradicted() {
    let contradicted = json!("agent_contradicted");
    let is_denied = |ja4: &str, agent: &str| is_denied(&contradicted, Some(ja4), agent);
    assert!(is_denied(PYTHON, BROWSER));
    assert!(!is_denied(CHROMIUM, BROWSER));
    assert!(!is_denied(NOBODY, BROWSER), "nobody knows whose it is");
    assert!(
        !is_denied(PYTHON, "python-requests/2.31"),
        "it says what it is"
    );
}

#[test]
fn the_application_is_told_and_metrics_count_what_was_found() {
    let head = login(&[("user-agent", BROWSER)]);
    for (ja4, result) in [
        (Some(CHROMIUM), FingerprintResult::Known),
        (None, FingerprintResult::None),
        (Some("-"), FingerprintResult::None),
        (Some("\r\nx-admin: 1"), FingerprintResult::Unreadable),
    ] {
        let (mut engine, host) = (engine(&denying(json!("tor"))), client(ja4));
        let headers = passed(outcome(&mut engine, &host, &head, CLEAN));
        let told = (result == FingerprintResult::Known).then_some(CHROMIUM);
        assert_eq!(header(&headers, "x-palisade-ja4"), told);
        let context = header(&headers, "x-palisade-context").expect("a context");
        assert_eq!(
            context.contains(&format!("ja4=\"{CHROMIUM}\"")),
            told.is_some(),
            "{context}"
        );
        assert_eq!(host.counted(Event::Fingerprint(result)), 1, "{ja4:?}");
    }
}

#[test]
fn the_audit_line_has_the_fingerprint() {
    let mut engine = engine(&denying(json!({ "ja4": ["t13d*"] })));
    let head = login(&[("user-agent", BROWSER)]);
    let refused = refused(outcome(&mut engine, &client(Some(CHROMIUM)), &head, CLEAN));
    let audit = refused.audit.expect("an audit line");
    assert!(
        audit.contains(&format!("\"ja4\":\"{CHROMIUM}\"")),
        "{audit}"
    );
}

#[test]
fn nobody_asks_for_a_fingerprint_that_no_policy_wants() {
    let (mut engine, host) = (engine(&policy(json!({}))), client(Some(CHROMIUM)));
    let _ = outcome(&mut engine, &host, &login(&[]), CLEAN);
    for result in [
        FingerprintResult::Known,
        FingerprintResult::None,
        FingerprintResult::Unreadable,
    ] {
        assert_eq!(host.counted(Event::Fingerprint(result)), 0);
    }
}

/// How many of `requests`, each with its fingerprint, go on under this limit.
fn passes(limit: Value, answer: &str, requests: &[Option<String>]) -> usize {
    let api = json!({ "provider": {
        "preset": "ipasis", "fields": { "mobile": ["mobile"], "vpn": ["privacy.VPN"] },
    }, "cluster": "ipasis", "api_key_env": "KEY" });
    let mut engine = engine(&policy(json!({
        "ja4": {},
        "intelligence": api,
        "limits": [limit],
        "routes": [{ "name": "login", "match": { "path": "/login" }, "limits": ["a"] }],
    })));
    let host = client(None);
    let mut number = 0;
    let goes_on = |ja4: &&Option<String>| {
        number += 1;
        host.filter_state.borrow_mut().clear();
        let state = ja4.as_ref().map(|ja4| (FILTER_STATE, ja4.clone()));
        host.filter_state.borrow_mut().extend(state);
        let agent = BROWSER.replace("Windows NT 10.0", &format!("Android {}", number % 8));
        let head = login(&[("user-agent", &agent)]);
        matches!(
            outcome(&mut engine, &host, &head, answer),
            Outcome::Pass(..)
        )
    };
    requests.iter().filter(goes_on).count()
}

/// Fingerprints, this many different ones in turn.
fn different(number: usize) -> Vec<Option<String>> {
    let ja4 = |index: usize| format!("t13d1517h2_8daaf6152771_{:012x}", index % number);
    (0..30).map(|index| Some(ja4(index))).collect()
}

#[test]
fn a_limit_counts_by_fingerprint_and_all_without_one_together() {
    let limit = json!({ "name": "a", "key": ["subnet", "ja4"], "limit": 5, "window": "1m" });
    assert_eq!(passes(limit.clone(), CLEAN, &different(1)), 5);
    assert_eq!(passes(limit.clone(), CLEAN, &different(3)), 15);
    assert_eq!(
        passes(limit, CLEAN, &vec![None; 30]),
        5,
        "having none is no way round"
    );
}

#[test]
fn a_limit_tells_fingerprints_apart() {
    let limit = json!({ "name": "a", "key": ["subnet"], "count": "distinct(ja4)", "limit": 4, "window": "1m" });
    assert_eq!(passes(limit.clone(), CLEAN, &different(4)), 30);
    assert_eq!(passes(limit, CLEAN, &different(10)), 4);
}

#[test]
fn one_fingerprint_all_over_is_evidence_against_a_mobile_carrier() {
    const MOBILE: &str = r#"{"mobile": true, "privacy": {"VPN": false}}"#;
    let limit = json!({ "name": "a", "key": ["subnet"], "limit": 10, "window": "1m" });
    assert_eq!(passes(limit.clone(), MOBILE, &different(1)), 10);
    assert_eq!(passes(limit.clone(), MOBILE, &different(2)), 30);
    assert_eq!(
        passes(limit, MOBILE, &vec![None; 30]),
        30,
        "over HTTP/3 nobody has one"
    );
}

#[test]
fn a_librarys_hello_under_a_browsers_name_is_evidence_too() {
    const MOBILE: &str = r#"{"mobile": true, "privacy": {"VPN": false}}"#;
    let limit = json!({ "name": "a", "key": ["subnet"], "limit": 10, "window": "1m" });
    let of = |ciphers: &str| {
        let ja4 = |index: usize| format!("t13d1517h2_{ciphers}_{:012x}", index % 3);
        (0..30).map(|index| Some(ja4(index))).collect::<Vec<_>>()
    };
    assert_eq!(passes(limit.clone(), MOBILE, &of("8daaf6152771")), 30);
    assert_eq!(passes(limit, MOBILE, &of("85036bcba153")), 10);
}

#[test]
fn fingerprints_push_no_other_counter_out() {
    let limits = json!([
        { "name": "subnet", "key": ["subnet"], "limit": 100_000, "window": "1h" },
        { "name": "hello", "key": ["subnet", "ja4"], "limit": 1_000, "window": "1h" },
    ]);
    let mut engine = engine(&policy(json!({
        "ja4": {},
        "limits": limits,
        "routes": [{ "name": "login", "match": { "path": "/login" }, "limits": ["subnet", "hello"] }],
    })));
    let host = client(None);
    for index in 0..500 {
        *host.filter_state.borrow_mut() = vec![(
            FILTER_STATE,
            format!("t13d1517h2_{index:012x}_000000000000"),
        )];
        let _ = outcome(&mut engine, &host, &login(&[]), CLEAN);
    }
    assert_eq!(host.counted(Event::CounterEvicted), 0);
    let exceeded = Event::LimitHit {
        route: RouteIndex::new(0),
        limit: LimitIndex(0),
        result: LimitResult::Exceeded,
    };
    assert_eq!(host.counted(exceeded), 0);
}
