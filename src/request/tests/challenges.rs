//! Challenges, and what is earned by solving them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::limits::signing;
use super::*;
use crate::challenge::proof;
use crate::identity::account::BodyBytes;
use crate::telemetry::ChallengeFailure;

/// Challenges 11.0.0.0/8 at `/login`.
pub(super) fn suspects(more: Value) -> Value {
    let mut policy = json!({
        "signing_keys_env": ["KEY"],
        "challenge": { "difficulty": 1000 },
        "lists": [{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }],
        "routes": [{ "name": "login", "match": { "path": "/login" }, "rules": [
            { "name": "suspect", "when": { "list": "suspects" }, "then": "challenge" },
        ]}],
    });
    put(&mut policy, &more);
    policy
}

/// The challenge in a problem document, solved; what it says of how long that took is a lie.
pub(super) fn solve(refused: &Refused) -> String {
    let problem: Value = serde_json::from_slice(&refused.reply.body).expect("JSON");
    solved(&problem["altcha"])
}

fn solved(altcha: &Value) -> String {
    use sha2::{Digest as _, Sha256};
    let salt = altcha["salt"].as_str().expect("a salt");
    let wanted = altcha["challenge"].as_str().expect("a digest");
    let number = (0..=altcha["maxnumber"].as_u64().expect("a number"))
        .find(|number| {
            let digest = Sha256::digest(format!("{salt}{number}"));
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            hex == wanted
        })
        .expect("a solution");
    let payload = json!({
        "algorithm": altcha["algorithm"], "challenge": wanted, "number": number, "salt": salt,
        "signature": altcha["signature"], "took": -1.0e308, "test": true,
    });
    STANDARD.encode(payload.to_string())
}

pub(super) fn ask(engine: &mut Engine, host: &FakeHost) -> Refused {
    refused(outcome(engine, host, &login(&[]), ""))
}

pub(super) fn answer(engine: &mut Engine, host: &FakeHost, payload: &str) -> Outcome {
    outcome(
        engine,
        host,
        &login(&[("x-palisade-solution", payload)]),
        "",
    )
}

/// The cookies that a request which goes on earns, as a browser sends them back.
pub(super) fn earned(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass(pass, _) => {
            let cookie = pass.cookies.first().expect("a clearance");
            cookie.split(';').next().expect("a value").to_owned()
        }
        other => panic!("expected a pass, not {other:?}"),
    }
}

/// What becomes of a request whose body comes.
pub(super) fn posted(
    engine: &mut Engine,
    host: &FakeHost,
    more: &[(&str, &str)],
    body: &str,
) -> Outcome {
    match engine.begin(&login(more), false, StreamId(1), host) {
        Progress::Step(Step::Done(outcome)) => outcome,
        Progress::Step(Step::Reads(reading)) => {
            done(reading.finish(BodyBytes::Whole(body.as_bytes()), engine, host))
        }
        other => panic!("nothing is looked up here: {other:?}"),
    }
}

pub(super) const FORM: [(&str, &str); 3] = [
    ("accept", "text/html"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("sec-fetch-site", "same-origin"),
];

pub(super) fn failed(host: &FakeHost, failure: impl Into<ChallengeFailure>) -> usize {
    host.counted(Event::ChallengeFailed(failure.into()))
}

#[test]
fn a_clearance_is_for_one_route_also_where_rules_share_a_name() {
    let mut policy = suspects(json!({}));
    let mut other = policy["routes"][0].clone();
    other["name"] = "other".into();
    other["match"] = json!({ "path": "/other" });
    policy["routes"].as_array_mut().expect("a list").push(other);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &payload));
    let mut sent = |path: &str| {
        let lines = [(":method", "POST"), (":path", path), ("cookie", &clearance)];
        outcome(&mut engine, &host, &block(&lines), "")
    };
    assert!(matches!(sent("/login"), Outcome::Pass(..)));
    refused(sent("/other"));
}

/// What becomes of a request with these lines beside those of a login: its details, or `pass`, and the clearance that
/// it earns.
fn sent(engine: &mut Engine, host: &FakeHost, more: &[(&str, &str)]) -> (String, Option<String>) {
    match outcome(engine, host, &login(more), "") {
        Outcome::Pass(pass, _) => {
            let ours = pass
                .cookies
                .iter()
                .find(|line| line.starts_with("__Host-palisade-clearance"));
            let pair = ours.and_then(|line| line.split(';').next());
            ("pass".to_owned(), pair.map(str::to_owned))
        }
        Outcome::Refuse(refused) => (refused.reply.details, None),
        other => panic!("{other:?}"),
    }
}

/// The same, solved when it is challenged.
fn solving(
    engine: &mut Engine,
    host: &FakeHost,
    more: &[(&str, &str)],
) -> (String, Option<String>) {
    let payload = solve(&refused(outcome(engine, host, &login(more), "")));
    let mut all = more.to_vec();
    all.push(("x-palisade-solution", &payload));
    sent(engine, host, &all)
}

#[test]
fn where_no_account_is_named_each_request_is_answered_for_by_itself() {
    let mut policy = suspects(json!({
        "identity": { "account": [{ "header": "x-account" }] },
        "limits": [{ "name": "guesses", "key": ["account"], "count": "attempts", "limit": 1, "window": "1h" }],
    }));
    policy["routes"][0]["rules"] = json!([]);
    policy["routes"][0]["limits"] = json!(["guesses"]);
    policy["routes"][0]["on_missing_account"] = json!("challenge");
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    for _ in 0..3 {
        let (found, clearance) = solving(&mut engine, &host, &[]);
        assert_eq!((found.as_str(), clearance), ("pass", None));
    }
    assert_eq!(
        sent(&mut engine, &host, &[]).0,
        "palisade_challenged_account_missing"
    );
}

#[test]
fn a_rule_and_a_limit_of_one_name_are_answered_one_by_one() {
    let mut policy = suspects(json!({
        "limits": [{ "name": "suspect", "key": ["subnet"], "limit": 2, "window": "1h", "then": "challenge" }],
    }));
    policy["routes"][0]["limits"] = json!(["suspect"]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let (found, clearance) = solving(&mut engine, &host, &[]);
    assert_eq!(found, "pass");
    let clearance = clearance.expect("a clearance of the rule");
    let cookie = [("cookie", clearance.as_str())];
    assert_eq!(sent(&mut engine, &host, &cookie).0, "pass");
    assert_eq!(
        sent(&mut engine, &host, &cookie).0,
        "palisade_challenged_suspect"
    );
}

#[test]
fn who_answers_a_limit_on_accounts_answers_for_one_account() {
    let mut policy = suspects(json!({
        "identity": { "account": [{ "header": "x-account" }] },
        "limits": [{
            "name": "guesses", "key": ["account"], "count": "attempts", "limit": 1, "window": "1h",
            "then": "challenge",
        }],
    }));
    policy["routes"][0]["rules"] = json!([]);
    policy["routes"][0]["limits"] = json!(["guesses"]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let of = |name| ("x-account", name);
    for name in ["own", "victim"] {
        assert_eq!(sent(&mut engine, &host, &[of(name)]).0, "pass");
    }
    let (found, clearance) = solving(&mut engine, &host, &[of("own")]);
    assert_eq!(found, "pass");
    let clearance = clearance.expect("a clearance");
    let mut with = |name| sent(&mut engine, &host, &[of(name), ("cookie", &clearance)]).0;
    assert_eq!(with("own"), "pass");
    // A spelling that is counted as the same is cleared as the same.
    assert_eq!(with("OWN"), "pass");
    assert_eq!(with("victim"), "palisade_challenged_guesses");
}

#[test]
fn work_from_before_the_address_was_known_does_not_do_for_a_worse_one() {
    let mut policy = suspects(json!({
        "challenge": { "difficulty": 1000, "endpoint": "/challenge" },
        "score": { "weights": { "vpn": 60 } },
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
    }));
    policy["routes"][0]["lookup"] = json!("inline");
    policy["routes"][0]["rules"] = json!([{ "name": "vpn", "when": "vpn", "then": "challenge" }]);
    let vpn = r#"{"privacy": {"VPN": true}, "asn": {"ASN": "AS64500", "Type": "isp"}}"#;
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let lines = [(":method", "GET"), (":path", "/challenge?route=login")];
    let easy = match engine.begin(&block(&lines), true, StreamId(1), &host) {
        Progress::Step(Step::Done(Outcome::Answer(reply))) => {
            let altcha: Value = serde_json::from_slice(&reply.body).expect("JSON");
            assert_eq!(altcha["maxnumber"], 1_000);
            solved(&altcha)
        }
        other => panic!("{other:?}"),
    };
    let head = login(&[("x-palisade-solution", &easy)]);
    let asked = refused(outcome(&mut engine, &host, &head, vpn));
    assert_eq!(failed(&host, proof::Failure::TooEasy), 1);
    let problem: Value = serde_json::from_slice(&asked.reply.body).expect("JSON");
    assert!(problem["altcha"]["maxnumber"].as_u64().expect("a number") >= 4_600);
    // What is asked for then is enough, whatever the neighbours do meanwhile.
    for _ in 0..40 {
        ask(&mut engine, &host);
    }
    let payload = solve(&asked);
    assert_eq!(
        sent(&mut engine, &host, &[("x-palisade-solution", &payload)]).0,
        "pass"
    );
}

#[test]
fn cookies_that_others_have_set_do_not_hide_a_solution() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let used = solve(&ask(&mut engine, &host));
    earned(answer(&mut engine, &host, &used));
    for (name, junk, before, behind) in [
        ("palisade-solution", "x", 100, 3),
        ("palisade-solution", used.as_str(), 100, 0),
        ("palisade-solution", used.as_str(), 100, 1),
        ("palisade-solution", used.as_str(), 1, 1),
        ("__Host-palisade-solution", used.as_str(), 100, 100),
    ] {
        let own = solve(&ask(&mut engine, &host));
        let tossed = |count| format!("palisade-solution={junk}; ").repeat(count);
        let cookies = format!("{}{name}={own}; {}", tossed(before), tossed(behind));
        let (found, clearance) = sent(&mut engine, &host, &[("cookie", &cookies)]);
        assert!(
            found == "pass" && clearance.is_some(),
            "{name} {junk:.9} {before} {behind}"
        );
    }
}

#[test]
fn one_solution_answers_all_that_is_asked_of_one_request() {
    let mut policy = suspects(json!({
        "limits": [{ "name": "busy", "key": ["subnet"], "limit": 1, "window": "1h", "then": "challenge" }],
    }));
    policy["routes"][0]["limits"] = json!(["busy"]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let first = solve(&ask(&mut engine, &host));
    earned(answer(&mut engine, &host, &first));
    let second = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &second));
    assert_eq!(host.counted(Event::ChallengeSolved), 2);
    assert_eq!(failed(&host, ChallengeFailure::Replayed), 0);
    for _ in 0..3 {
        passed(outcome(
            &mut engine,
            &host,
            &login(&[("cookie", &clearance)]),
            "",
        ));
    }
}

#[test]
fn what_was_got_before_the_network_was_known_holds_in_its_subnet() {
    let policy = suspects(json!({
        "challenge": { "difficulty": 1000, "clearance": { "bound_to": "asn" } },
        "geoip": { "asn": "x-geo-asn" },
    }));
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let known = [("x-geo-asn", "64500"), ("x-palisade-solution", &payload)];
    host.set_peer("11.0.1.1:1");
    refused(outcome(&mut engine, &host, &login(&known), ""));
    assert_eq!(failed(&host, proof::Failure::OtherNetwork), 1);
    host.set_peer("11.0.0.2:1");
    let clearance = earned(outcome(&mut engine, &host, &login(&known), ""));
    host.set_peer("11.9.9.9:1");
    let at = |asn| login(&[("x-geo-asn", asn), ("cookie", clearance.as_str())]);
    passed(outcome(&mut engine, &host, &at("64500"), ""));
    refused(outcome(&mut engine, &host, &at("64501"), ""));
}

#[test]
fn scripts_that_fetch_html_are_told_of_a_challenge_as_programs_are() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    for (dest, kind) in [
        ("empty", "application/problem+json"),
        ("document", "text/html; charset=utf-8"),
    ] {
        let head = login(&[("accept", "text/html"), ("sec-fetch-dest", dest)]);
        let reply = refused(outcome(&mut engine, &host, &head, "")).reply;
        assert_eq!(header(&reply.headers, "content-type"), Some(kind));
    }
}

#[test]
fn the_operator_s_status_is_that_of_the_page_too() {
    let mut policy = suspects(json!({}));
    policy["routes"][0]["rules"][0]["status"] = json!(400);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    for accept in ["text/html", "application/json"] {
        let reply = refused(outcome(
            &mut engine,
            &host,
            &login(&[("accept", accept)]),
            "",
        ))
        .reply;
        assert_eq!(reply.status, 400, "{accept}");
        assert_eq!(reply.details, "palisade_challenged_suspects");
    }
}

#[test]
fn without_keys_of_the_operator_all_workers_of_one_proxy_share_some() {
    let mut policy = suspects(json!({}));
    policy
        .as_object_mut()
        .expect("an object")
        .remove("signing_keys_env");
    let compiled = || config::load(policy.to_string().as_bytes(), &|_: &str| None).expect("valid");
    let host = FakeHost::of("11.0.0.1:1");
    let mut first = Engine::new(compiled(), "test", [1; 16]);
    let mut second = Engine::new(compiled(), "test", [1; 16]);
    let mut stranger = Engine::new(compiled(), "test", [2; 16]);
    let payload = solve(&ask(&mut first, &host));
    refused(answer(&mut stranger, &host, &payload));
    earned(answer(&mut second, &host, &payload));
    refused(answer(&mut first, &host, &payload));
    assert_eq!(failed(&host, proof::Failure::Forged), 1);
    assert_eq!(failed(&host, ChallengeFailure::Replayed), 1);
}
