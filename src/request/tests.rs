mod agents;
mod audits;
mod captcha_shares;
mod captchas;
mod challenges;
mod devices;
mod enumeration;
mod expiry;
mod fingerprints;
mod fleet;
mod forms;
mod hardness;
mod learned;
mod limits;
mod logins;
mod matches;
mod names;
mod overlap;
mod passwords;
mod revocations;
mod second_steps;
mod sessions;
mod sessions_in_bodies;
mod several_sessions;
mod shipped;
mod steps;
mod surveys;
mod travel;

use serde_json::{Value, json};

use super::*;
use crate::callout::{Body, CallToken, Ended, Response, StreamId};
use crate::config;
use crate::fake_host::{FakeHost, expect_metrics_of};
use crate::intelligence::Knowledge;
use crate::message::{HeaderBlock, serialise};
use crate::response::{LoginResult, Origin};
use crate::telemetry::Event;

const CLEAN: &str = r#"{
    "country": "DE", "asn": {"ASN": "AS64500", "Type": "isp"},
    "privacy": {"VPN": false, "Proxy": false, "Tor": false, "Hosting": false, "Abuse": false}
}"#;
const TOR: &str = r#"{"privacy": {"VPN": false, "Tor": true}, "asn": {"ASN": "AS64500"}}"#;
const PARTNER: &str = r#"{"privacy": {"Hosting": true}, "asn": {"ASN": "AS64510"}}"#;

fn policy(more: Value) -> Value {
    let mut policy = json!({
        "annotate": { "headers": [
            "verdict", "reason", "score", "signals", "asn", "asn_type", "connection", "country",
            "travel", "lists", "limits", "ref",
        ] },
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "KEY" },
        "routes": [{ "name": "login", "match": { "methods": ["POST"], "path": "/login" } }],
    });
    put(&mut policy, &more);
    if policy.to_string().contains("asn_failure_rate") {
        let headers = policy["annotate"]["headers"].as_array_mut();
        headers.expect("a list").push(json!("asn_failure_rate"));
    }
    policy
}

/// Puts the members of `more` into `value`, in place of those of the same name.
fn put(value: &mut Value, more: &Value) {
    for (name, member) in more.as_object().expect("an object") {
        value[name] = member.clone();
    }
}

fn engine(policy: &Value) -> Engine {
    let environment = |_: &str| Some("secret-key".to_owned());
    let policy = config::load(policy.to_string().as_bytes(), &environment).expect("valid");
    expect_metrics_of(&policy);
    Engine::new(policy, "test", [0; 16])
}

fn block(lines: &[(&str, &str)]) -> HeaderBlock {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

fn login(more: &[(&str, &str)]) -> HeaderBlock {
    let head = [
        (":method", "POST"),
        (":path", "/login"),
        (":authority", "example.com"),
    ];
    block(&[&head, more].concat())
}

/// The outcome of a request whose lookup, should it need one, gets this answer.
fn outcome(engine: &mut Engine, host: &FakeHost, headers: &HeaderBlock, answer: &str) -> Outcome {
    let step = match engine.begin(headers, true, StreamId(1), host) {
        Progress::Step(step) => step,
        Progress::Redeems(link) => panic!("a link: {link:?}"),
        Progress::Waits(waiting) => {
            let (knowledge, _) = learn(engine, host, answer).expect("a lookup");
            waiting.resume(knowledge, engine, host)
        }
    };
    done(step)
}

/// The service answers the last call so, or, with nothing, not at all.
fn answer_last<'a>(engine: &mut Engine, host: &FakeHost, answer: &'a str) -> Woken<'a> {
    answer_call(host.call_count(), engine, host, answer)
}

/// The same with the call of this number.
fn answer_call<'a>(
    number: usize,
    engine: &mut Engine,
    host: &FakeHost,
    answer: &'a str,
) -> Woken<'a> {
    let token = CallToken(u32::try_from(number).expect("few"));
    let ended = match answer {
        "" => Ended::Reset,
        answer => Ended::Answered(Response {
            status: Some(200),
            retry_after: None,
            body: Body::Whole(answer.as_bytes()),
        }),
    };
    engine.call_ended(token, ended, host)
}

/// What those learn who wait for the lookup of the last call, and the audit lines that follow; `None` if it was none.
fn learn(engine: &mut Engine, host: &FakeHost, answer: &str) -> Option<(Knowledge, Vec<String>)> {
    match answer_last(engine, host, answer) {
        Woken::Lookup(_, knowledge, lines) => Some((knowledge, lines)),
        _ => None,
    }
}

fn done(step: Step) -> Outcome {
    match step {
        Step::Done(outcome) => outcome,
        other => panic!("expected the end, not {other:?}"),
    }
}

fn passed(outcome: Outcome) -> Vec<Line> {
    match outcome {
        Outcome::Pass(pass, _) => pass.headers,
        other => panic!("expected a pass, not {other:?}"),
    }
}

fn refused(outcome: Outcome) -> Refused {
    match outcome {
        Outcome::Refuse(refused) => *refused,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

fn header<'h>(headers: &'h [Line], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(each, _)| *each == name)
        .map(|(_, value)| &**value)
}

#[test]
fn an_unprotected_request_only_loses_forged_headers() {
    let (mut engine, host) = (engine(&policy(json!({}))), FakeHost::of("11.0.0.1:1"));
    let plain = block(&[
        (":method", "GET"),
        (":path", "/"),
        (":authority", "example.com"),
    ]);
    let forged = block(&[
        (":method", "GET"),
        (":path", "/"),
        ("X-Palisade-Verdict", "allow"),
    ]);
    for (headers, strip) in [(plain, false), (forged, true)] {
        let done = outcome(&mut engine, &host, &headers, "");
        let told = matches!(done, Outcome::Unprotected { strip: told } if told == strip);
        assert!(told, "{done:?}");
    }
    assert_eq!(host.call_count(), 0);
}

#[test]
fn the_application_is_told_what_is_known_of_a_request_that_passes() {
    let (mut engine, host) = (engine(&policy(json!({}))), FakeHost::of("11.0.0.1:1"));
    let headers = passed(outcome(&mut engine, &host, &login(&[]), CLEAN));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("allow"));
    assert_eq!(header(&headers, "x-palisade-score"), Some("0"));
    assert_eq!(header(&headers, "x-palisade-asn"), Some("64500"));
    assert_eq!(header(&headers, "x-palisade-asn-type"), Some("isp"));
    assert_eq!(header(&headers, "x-palisade-country"), Some("DE"));
    assert_eq!(header(&headers, "x-palisade-signals"), None);
    assert_eq!(header(&headers, "x-palisade-ref").map(str::len), Some(13));
}

#[test]
fn by_default_two_headers_tell_all_of_it() {
    let mut policy = policy(json!({ "routes": [{
        "name": "login", "match": { "path": "/login" },
        "rules": [
            { "when": { "country": ["DE"] }, "then": "deny", "mode": "monitor" },
            { "when": "vpn", "then": "step_up" },
        ],
    }] }));
    policy
        .as_object_mut()
        .expect("an object")
        .remove("annotate");
    let answer = CLEAN.replace("\"VPN\": false", "\"VPN\": true");
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let headers = passed(outcome(&mut engine, &host, &login(&[]), &answer));
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["x-palisade-verdict", "x-palisade-context"]);
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("step_up"));
    let context = header(&headers, "x-palisade-context").expect("a context");
    let expected = "reason=\"vpn\", step_up=\"mfa\", monitored=deny, score=35, signals=(\"vpn\"), asn=64500, asn_type=isp, \
        connection=residential, country=\"DE\", ref=\"";
    assert!(context.starts_with(expected), "{context}");
}

#[test]
fn tor_is_denied_and_client_log_and_access_log_share_one_reference() {
    let (mut engine, host) = (engine(&policy(json!({}))), FakeHost::of("11.0.0.1:1"));
    let refused = refused(outcome(&mut engine, &host, &login(&[]), TOR));
    assert_eq!(
        (refused.reply.status, refused.reply.details.as_str()),
        (403, "palisade_denied_tor")
    );
    let state = refused.state.strip_prefix(
        "verdict=deny, reason=\"tor\", route=\"login\", rule=\"default_tor\", ref=\"",
    );
    let reference = state
        .and_then(|rest| rest.split_once('"'))
        .expect("a reference")
        .0
        .to_owned();
    let body = String::from_utf8(refused.reply.body).expect("text");
    assert!(body.contains(&reference), "{body}");
    let line: Value = serde_json::from_str(&refused.audit.expect("a line")).expect("JSON");
    assert_eq!(line["ref"], json!(reference));
    assert_eq!(line["reason"], json!("tor"));
    assert_eq!(line["client"], json!("11.0.0.1"));
    assert_eq!(line["asn"], json!(64500));
}

#[test]
fn nothing_secret_and_nothing_of_the_request_stands_in_the_audit_line() {
    let (mut engine, host) = (engine(&policy(json!({}))), FakeHost::of("11.0.0.1:1"));
    let headers = block(&[
        (":method", "POST"),
        (":path", "/login?token=path-secret"),
        (":authority", "example.com"),
        ("authorization", "Bearer header-secret"),
        ("cookie", "session=cookie-secret"),
    ]);
    let line = refused(outcome(&mut engine, &host, &headers, TOR))
        .audit
        .expect("a line");
    assert!(!line.contains("secret"), "{line}");
}

#[test]
fn a_list_of_networks_decides_without_a_lookup_and_one_of_asns_after_it() {
    let lists = json!({ "lists": [
        { "name": "office", "cidrs": ["11.1.0.0/24"], "then": "allow" },
        { "name": "partners", "asns": ["AS64510"], "then": "step_up" },
        { "name": "enemies", "cidrs": ["11.2.0.0/24"], "then": "deny" },
    ]});
    let (mut engine, host) = (engine(&policy(lists)), FakeHost::of("11.1.0.9:1"));
    let office = passed(outcome(&mut engine, &host, &login(&[]), TOR));
    assert_eq!(header(&office, "x-palisade-lists"), Some("office"));
    assert_eq!(host.call_count(), 0);
    host.set_peer("11.0.0.1:1");
    let partner = passed(outcome(&mut engine, &host, &login(&[]), PARTNER));
    assert_eq!(header(&partner, "x-palisade-verdict"), Some("step_up"));
    assert_eq!(header(&partner, "x-palisade-step-up"), Some("mfa"));
    assert_eq!(header(&partner, "x-palisade-reason"), Some("partners"));
    assert_eq!(host.call_count(), 1);
    // An open list of ASNs stands before this one, so the ASN has to be known first.
    host.set_peer("11.2.0.1:1");
    let enemy = refused(outcome(&mut engine, &host, &login(&[]), CLEAN));
    assert_eq!(enemy.reply.details, "palisade_denied_enemies");
    assert_eq!(host.call_count(), 2);
}

#[test]
fn private_addresses_cost_no_lookup_and_count_as_unknown() {
    let routes = json!({ "routes": [{ "name": "admin", "match": {}, "on_unknown": "deny" }] });
    let (mut engine, host) = (engine(&policy(routes)), FakeHost::of("10.0.0.1:1"));
    let refused = refused(outcome(&mut engine, &host, &login(&[]), CLEAN));
    assert_eq!(refused.reply.details, "palisade_denied_unknown");
    assert_eq!(host.call_count(), 0);
    assert_eq!(host.counted(Event::PrivateClient), 1);
}

#[test]
fn a_host_that_tells_no_address_makes_the_client_unknown() {
    let routes = json!({ "routes": [{ "name": "admin", "match": {}, "on_unknown": "deny" }] });
    let (mut engine, host) = (engine(&policy(routes)), FakeHost::default());
    refused(outcome(&mut engine, &host, &login(&[]), CLEAN));
    *host.peer.borrow_mut() = Some(b"\xff\xfe".to_vec());
    refused(outcome(&mut engine, &host, &login(&[]), CLEAN));
    assert_eq!(host.counted(Event::NoPeerAddress), 2);
}

#[test]
fn each_way_of_failing_ends_in_what_the_route_says_of_the_unknown() {
    for (on_unknown, details) in [
        ("allow", None),
        ("challenge", Some("palisade_challenged_unknown")),
        ("deny", Some("palisade_denied_unknown")),
    ] {
        let routes =
            json!({ "routes": [{ "name": "login", "match": {}, "on_unknown": on_unknown }] });
        let (mut engine, host) = (engine(&policy(routes)), FakeHost::of("11.0.0.1:1"));
        match (outcome(&mut engine, &host, &login(&[]), "no JSON"), details) {
            (Outcome::Pass(pass, _), None) => {
                assert_eq!(header(&pass.headers, "x-palisade-signals"), Some("unknown"));
            }
            (Outcome::Refuse(refused), Some(details)) => assert_eq!(refused.reply.details, details),
            (other, _) => panic!("{on_unknown}: {other:?}"),
        }
    }
}

#[test]
fn monitor_mode_refuses_nothing_and_tells_what_it_would_have_done() {
    let mode = json!({ "mode": "monitor" });
    let (mut engine, host) = (engine(&policy(mode)), FakeHost::of("11.0.0.1:1"));
    let headers = passed(outcome(&mut engine, &host, &login(&[]), TOR));
    assert_eq!(header(&headers, "x-palisade-verdict"), Some("allow"));
    assert_eq!(header(&headers, "x-palisade-monitored"), Some("deny"));
    assert_eq!(header(&headers, "x-palisade-reason"), Some("tor"));
    assert_eq!(header(&headers, "x-palisade-signals"), Some("tor"));
}

#[test]
fn a_local_database_does_not_make_an_address_known_when_the_api_fails() {
    let more = json!({
        "geoip": { "vpn": "x-geo-vpn", "country": "x-geo-country" },
        "routes": [{ "name": "admin", "match": {}, "on_unknown": "deny" }],
    });
    let (mut engine, host) = (engine(&policy(more)), FakeHost::of("11.0.0.1:1"));
    let headers = login(&[("x-geo-vpn", "false"), ("x-geo-country", "DE")]);
    let refused = refused(outcome(&mut engine, &host, &headers, "no JSON"));
    assert_eq!(refused.reply.details, "palisade_denied_unknown");
}

#[test]
fn a_local_database_alone_can_decide_without_a_lookup() {
    let more = json!({
        "geoip": { "tor": "x-geo-tor" },
        "routes": [{ "name": "admin", "match": {}, "rules": [{ "when": "tor", "then": "deny" }] }],
    });
    let (mut engine, host) = (engine(&policy(more)), FakeHost::of("11.0.0.1:1"));
    let tor = refused(outcome(
        &mut engine,
        &host,
        &login(&[("x-geo-tor", "true")]),
        CLEAN,
    ));
    assert_eq!(tor.reply.details, "palisade_denied_tor");
    assert_eq!(host.call_count(), 0);
}

#[test]
fn route_metadata_selects_a_profile_and_an_unknown_one_is_counted() {
    let routes = json!({ "routes": [{ "name": "admin", "match": { "profile": true }, "rules": [
        { "when": { "not": "tor" }, "then": "deny", "reason": "closed" },
    ]}]});
    let (mut engine, host) = (engine(&policy(routes)), FakeHost::of("11.0.0.1:1"));
    let none = outcome(&mut engine, &host, &login(&[]), CLEAN);
    assert!(
        matches!(none, Outcome::Unprotected { strip: false }),
        "a profile alone matches no path"
    );
    *host.profile.borrow_mut() = Some(b"admin".to_vec());
    let closed = refused(outcome(&mut engine, &host, &login(&[]), CLEAN));
    assert_eq!(closed.reply.details, "palisade_denied_closed");
    *host.profile.borrow_mut() = Some(b"nobody".to_vec());
    outcome(&mut engine, &host, &login(&[]), CLEAN);
    assert_eq!(host.counted(Event::UnknownProfile), 1);
}
