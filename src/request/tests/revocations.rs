//! What revokes a session, and what does not.

use super::sessions::{arrive, details, get, revocations, scene};
use super::*;
use crate::telemetry::{RevocationResult, SessionResult};

const VPN: &str = r#"{"privacy": {"VPN": true}, "asn": {"ASN": "AS64500", "Type": "isp"}}"#;

/// The rules of `/login`, and lists.
fn rules(rules: Value, lists: Value) -> Value {
    json!({
        "lists": lists,
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "lookup": "background", "rules": rules },
            { "name": "account", "match": { "path": "/account" }, "lookup": "off", "rules": [] },
        ],
    })
}

/// The answer to the last call is Tor: the audit lines that follow.
fn learn_tor(engine: &mut Engine, host: &FakeHost) -> Vec<String> {
    let (_, lines) = learn(engine, host, TOR).expect("a lookup");
    lines
}

fn done_step(progress: Progress) -> Outcome {
    match progress {
        Progress::Step(step) => done(step),
        other => panic!("it waits: {other:?}"),
    }
}

#[test]
fn a_list_that_the_answer_puts_the_address_on_revokes_no_session() {
    let list = json!([{ "name": "as", "asns": [64_500], "then": "deny" }]);
    let (mut engine, host) = scene(rules(json!([]), list));
    let (first, _) = get(&mut engine, &host, ("/login", "mine"), CLEAN);
    assert_eq!(details(first), "pass");
    let refusal = refused(get(&mut engine, &host, ("/login", "mine"), "").0);
    assert_eq!(refusal.reply.details, "palisade_denied_as");
    assert_eq!(header(&refusal.reply.headers, "set-cookie"), None);
    host.set_peer("192.0.2.77:1");
    let (next, _) = get(&mut engine, &host, ("/account", "mine"), "");
    assert_eq!(details(next), "pass");
}

#[test]
fn that_nothing_is_known_revokes_no_session_whatever_a_rule_makes_of_it() {
    let deny = json!([{ "name": "unsure", "when": "unknown", "then": "deny" }]);
    for answer in ["<html>", "", "{}"] {
        let (mut engine, host) = scene(rules(deny.clone(), json!([])));
        let refusal = refused(get(&mut engine, &host, ("/login", "mine"), answer).0);
        assert_eq!(refusal.reply.details, "palisade_denied_unknown");
        assert_eq!(header(&refusal.reply.headers, "set-cookie"), None);
        let (next, _) = get(&mut engine, &host, ("/account", "mine"), "");
        assert_eq!(details(next), "pass", "{answer}");
    }
    // With a local database's answer it went on, until the API failed.
    let mut policy = rules(deny, json!([]));
    policy["geoip"] = json!({ "vpn": "x-geo-vpn" });
    let (mut engine, host) = scene(policy);
    let lines = [
        (":method", "GET"),
        (":path", "/login"),
        ("cookie", "sid=mine"),
        ("x-geo-vpn", "false"),
    ];
    let progress = engine.begin(&block(&lines), true, StreamId(1), &host);
    passed(done_step(progress));
    arrive(&mut engine, &host, "<html>");
    let (next, _) = get(&mut engine, &host, ("/account", "mine"), "");
    assert_eq!(details(next), "pass");
}

#[test]
fn requests_of_one_session_together_are_one_revocation_and_one_line() {
    let (mut engine, host) = scene(json!({}));
    let send = |engine: &mut Engine, path: &str, session: &str| {
        let cookie = format!("sid={session}");
        let lines = [(":method", "GET"), (":path", path), ("cookie", &cookie)];
        engine.begin(&block(&lines), true, StreamId(1), &host)
    };
    for _ in 0..2_000 {
        send(&mut engine, "/login", "mine");
    }
    let lines = learn_tor(&mut engine, &host);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(r#""palisade":"revoked""#), "{lines:?}");
    assert_eq!(revocations(&host, RevocationResult::Revoked), 1);
    assert_eq!(revocations(&host, RevocationResult::Forgotten), 0);
}

#[test]
fn a_late_revocation_that_is_only_monitored_leaves_a_line_of_its_own() {
    let (mut engine, host) = scene(json!({ "mode": "monitor" }));
    let lines = [
        (":method", "GET"),
        (":path", "/login"),
        ("cookie", "sid=mine"),
    ];
    let progress = engine.begin(&block(&lines), true, StreamId(1), &host);
    passed(done_step(progress));
    let lines = learn_tor(&mut engine, &host);
    let [line] = lines.as_slice() else {
        panic!("one line, not {lines:?}");
    };
    let line: Value = serde_json::from_str(line).expect("JSON");
    for (member, value) in [
        ("palisade", "monitored_revocation"),
        ("mode", "monitor"),
        ("verdict", "deny"),
        ("reason", "tor"),
        ("route", "login"),
        ("client", "11.0.0.1"),
    ] {
        assert_eq!(line[member], json!(value), "{line}");
    }
    assert_eq!(revocations(&host, RevocationResult::Revoked), 0);
}

#[test]
fn lines_of_monitored_revocations_are_few() {
    let audit = json!({ "lines_per_second": 2 });
    let (mut engine, host) = scene(json!({ "mode": "monitor", "audit": audit }));
    for session in 0..5 {
        let cookie = format!("sid=session-{session}");
        let lines = [
            (":method", "GET"),
            (":path", "/login"),
            ("cookie", cookie.as_str()),
        ];
        engine.begin(&block(&lines), true, StreamId(1), &host);
    }
    assert_eq!(learn_tor(&mut engine, &host).len(), 2);
    assert_eq!(revocations(&host, RevocationResult::Monitored), 5);
    assert_eq!(host.counted(Event::AuditLineDropped), 3);
}

#[test]
fn a_session_revoked_again_unheeded_counts_once_for_its_subnet() {
    let mut policy = rules(
        json!([{ "name": "tor", "when": "tor", "then": "deny" }]),
        json!([]),
    );
    policy["routes"][0]["on_revoked"] = json!("ignore");
    let (mut engine, host) = scene(policy);
    for _ in 0..200 {
        get(&mut engine, &host, ("/login", "mine"), TOR);
    }
    for number in 1..64 {
        get(
            &mut engine,
            &host,
            ("/login", &format!("other-{number}")),
            TOR,
        );
    }
    assert_eq!(revocations(&host, RevocationResult::Revoked), 64);
    assert_eq!(revocations(&host, RevocationResult::Known), 199);
    assert_eq!(revocations(&host, RevocationResult::TooMany), 0);
}

#[test]
fn the_audit_log_names_no_revocation_that_did_not_take_place() {
    let (mut engine, host) = scene(json!({ "audit": { "lines_per_second": 1000 } }));
    let mut lines = 0;
    for number in 0..144 {
        host.set_peer(&format!("11.0.0.{number}:1"));
        let cookie = format!("sid=session-{number}");
        let head = [(":method", "GET"), (":path", "/login"), ("cookie", &cookie)];
        engine.begin(&block(&head), true, StreamId(1), &host);
        lines += learn_tor(&mut engine, &host).len();
    }
    assert_eq!(revocations(&host, RevocationResult::TooMany), 16);
    assert_eq!(lines, 128);
}

#[test]
fn no_address_crowds_out_the_requests_of_others_while_the_api_is_slow() {
    let (mut engine, host) = scene(json!({}));
    let mut send = |address: &str, session: &str| {
        host.set_peer(address);
        let cookie = format!("sid={session}");
        let lines = [(":method", "GET"), (":path", "/login"), ("cookie", &cookie)];
        engine.begin(&block(&lines), true, StreamId(1), &host);
    };
    for number in 0..2_000 {
        send("11.0.0.1:1", &format!("made-up-{number}"));
    }
    send("11.0.1.1:1", "stolen");
    assert_eq!(
        revocations(&host, RevocationResult::Forgotten),
        0,
        "who would be forgotten waits"
    );
    arrive(&mut engine, &host, TOR);
    let (next, _) = get(&mut engine, &host, ("/account", "stolen"), "");
    assert_eq!(details(next), "palisade_denied_session_revoked");
}

#[test]
fn a_challenged_session_is_refused_once_it_comes_where_it_is_denied() {
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "mine"), VPN);
    host.set_peer("11.0.1.1:1");
    get(&mut engine, &host, ("/login", "first"), TOR);
    let (denied, _) = get(&mut engine, &host, ("/login", "mine"), "");
    assert_eq!(details(denied), "palisade_denied_tor");
    host.set_peer("192.0.2.77:1");
    let (next, _) = get(&mut engine, &host, ("/account", "mine"), "");
    assert_eq!(details(next), "palisade_denied_session_revoked");
}

#[test]
fn a_rented_network_has_as_many_revocations_as_one_subnet() {
    let narrow = json!({ "ipv4": 32, "ipv6": 128 });
    for (more, networks) in [
        (json!({}), ["2600:db00:0:", "2600:db00:1:"]),
        (
            json!({ "identity": { "session": [{ "cookie": "sid" }], "subnet": narrow } }),
            ["11.0.0.", "11.0.1."],
        ),
    ] {
        let (mut engine, host) = scene(more);
        let mut revoke = |network: &str, number: u8| {
            host.set_peer(&match network.contains(':') {
                true => format!("[{network}{number:x}::1]:1"),
                false => format!("{network}{number}:1"),
            });
            let session = format!("{network}-{number}");
            get(&mut engine, &host, ("/login", &session), TOR);
            revocations(&host, RevocationResult::Revoked)
        };
        let [one, other] = networks;
        for number in 0..144 {
            assert_eq!(revoke(one, number), usize::from(number + 1).min(128));
        }
        assert_eq!(revoke(other, 0), 129);
    }
}

#[test]
fn only_those_are_counted_as_refused_that_are() {
    let (mut engine, host) = scene(json!({ "mode": "monitor" }));
    let many = "sid=a; sid=b; sid=c; sid=d; sid=e";
    let head = [(":method", "GET"), (":path", "/account"), ("cookie", many)];
    passed(outcome(&mut engine, &host, &block(&head), ""));
    let refused = Event::Session(SessionResult::Refused);
    assert_eq!(host.counted(refused), 0);
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "mine"), TOR);
    for expected in ["palisade_denied_tor", "palisade_denied_session_revoked"] {
        let (found, _) = get(&mut engine, &host, ("/login", "mine"), "");
        assert_eq!(details(found), expected);
        host.set_peer("192.0.2.77:1");
    }
    assert_eq!(
        host.counted(refused),
        1,
        "the other was denied for its address"
    );
}
