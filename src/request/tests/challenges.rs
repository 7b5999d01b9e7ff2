//! Challenges, where clocks jump and hosts lie.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::limits::signing;
use super::*;
use crate::challenge::clearance::ClearanceError;
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
    let fields = policy.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        fields.insert(name.clone(), value.clone());
    }
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

fn answer(engine: &mut Engine, host: &FakeHost, payload: &str) -> Outcome {
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
fn a_clearance_is_for_the_rule_of_one_route_also_where_another_has_one_of_the_same_name() {
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
        "limits": [{ "name": "guesses", "key": ["account"], "count": "attempts", "limit": 1, "window": "1h", "then": "challenge" }],
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
fn work_that_was_given_out_before_the_address_was_known_does_not_do_for_a_worse_one() {
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
fn a_solution_is_good_until_it_expires_and_not_a_second_longer() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    host.pass(600);
    refused(answer(&mut engine, &host, &payload));
    assert_eq!(failed(&host, proof::Failure::Expired), 1);
    let payload = solve(&ask(&mut engine, &host));
    host.pass(599);
    earned(answer(&mut engine, &host, &payload));
    assert_eq!(
        host.counted(Event::SolveTime(std::time::Duration::from_secs(599))),
        1
    );
}

#[test]
fn a_solution_is_single_use_for_as_long_as_anybody_takes_it() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    earned(answer(&mut engine, &host, &payload));
    for (seconds, failure) in [
        (0, ChallengeFailure::Replayed),
        (599, ChallengeFailure::Replayed),
        (1, proof::Failure::Expired.into()),
        (100_000, proof::Failure::Expired.into()),
    ] {
        host.pass(seconds);
        let before = failed(&host, failure);
        refused(answer(&mut engine, &host, &payload));
        assert_eq!(
            failed(&host, failure),
            before + 1,
            "after {seconds} more seconds"
        );
    }
}

#[test]
fn a_clock_that_jumps_back_refuses_what_comes_from_the_future() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let other = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &other));
    let now = host.now.get();
    // Clocks of two proxies may be a minute apart.
    host.now.set(now - 61_000);
    refused(answer(&mut engine, &host, &payload));
    assert_eq!(failed(&host, proof::Failure::Premature), 1);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::Premature)),
        1
    );
    host.now.set(0);
    refused(answer(&mut engine, &host, &payload));
    host.now.set(now - 59_000);
    passed(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    earned(answer(&mut engine, &host, &payload));
    host.now.set(u64::MAX / 1_000_000);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
}

#[test]
fn a_clearance_lasts_as_long_as_the_operator_says() {
    let challenge =
        json!({ "challenge": { "difficulty": 1000, "clearance": { "lifetime": "2m" } } });
    let (mut engine, host) = (signing(&suspects(challenge)), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &payload));
    host.pass(119);
    passed(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    host.pass(1);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::Expired)),
        1
    );
}

#[test]
fn a_clearance_that_was_earned_by_less_work_than_is_asked_for_now_is_refused() {
    let host = FakeHost::of("11.0.0.1:1");
    let mut engine = signing(&suspects(json!({})));
    let payload = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &payload));
    let mut harder = signing(&suspects(json!({ "challenge": { "difficulty": 1001 } })));
    refused(outcome(
        &mut harder,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::TooEasy)),
        1
    );
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
fn what_was_got_before_the_network_was_known_holds_in_its_subnet_afterwards() {
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

/// How hard a challenge is at `/login` for a client that says this.
fn hardness(engine: &mut Engine, host: &FakeHost, address: &str, more: &[(&str, &str)]) -> u64 {
    host.set_peer(address);
    let refused = refused(outcome(engine, host, &login(more), CLEAN));
    let problem: Value = serde_json::from_slice(&refused.reply.body).expect("JSON");
    problem["altcha"]["maxnumber"].as_u64().expect("a number")
}

#[test]
fn an_address_pays_for_its_own_challenges_and_little_for_those_of_its_neighbours() {
    let mut engine = signing(&suspects(json!({ "challenge": { "difficulty": 1000 } })));
    let host = FakeHost::of("11.0.0.1:1");
    for number in 0..800 {
        let own = hardness(&mut engine, &host, "11.0.0.1:1", &[]);
        assert_eq!(own, 1_000 + 1_000 * number / 8);
    }
    let neighbour = hardness(&mut engine, &host, "11.0.0.2:1", &[]);
    assert_eq!(neighbour, 6_000);
    assert_eq!(hardness(&mut engine, &host, "11.0.1.1:1", &[]), 1_000);
}

#[test]
fn a_rented_network_pays_for_its_repetition_as_one_address_does() {
    let policy = suspects(json!({ "challenge": { "difficulty": 1000 } })).to_string();
    let policy = policy.replace("11.0.0.0/8", "2600::/16");
    let mut engine = signing(&serde_json::from_str(&policy).expect("JSON"));
    let host = FakeHost::of("11.0.0.1:1");
    for number in 0..400 {
        let address = format!("[2600:db00:1:{number:x}::1]:1");
        let own = hardness(&mut engine, &host, &address, &[]);
        assert_eq!(own, 1_000 + 1_000 * number / 8);
    }
    let other = hardness(&mut engine, &host, "[2600:db00:2::1]:1", &[]);
    assert_eq!(other, 1_000);
}

#[test]
fn what_pages_have_a_browser_load_makes_nobody_s_challenges_harder_but_their_own() {
    let mut engine = signing(&suspects(json!({ "challenge": { "difficulty": 1000 } })));
    let host = FakeHost::of("11.0.0.1:1");
    for unasked in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-dest", "image"),
        ("referer", "https://evil.example/"),
    ] {
        for _ in 0..40 {
            hardness(&mut engine, &host, "11.0.0.1:1", &[unasked]);
        }
    }
    assert_eq!(hardness(&mut engine, &host, "11.0.0.1:1", &[]), 1_000);
    // Whoever only says so pays for everything.
    let lie = [("sec-fetch-site", "cross-site")];
    let own = hardness(&mut engine, &host, "11.0.0.1:1", &lie);
    assert_eq!(own, 1_000 + 1_000 * 121 / 8);
}
