//! What User-Agents say, from the head of a request to its verdict.

use super::*;
use crate::decision::AgentSignal;
use crate::intelligence::Connection;

const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/130.0.0.0 Mobile Safari/537.36";
const GOOGLE: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const MOBILE: &str = r#"{"asn": {"ASN": "AS64500", "Type": "mobile"}, "privacy": {"VPN": false}}"#;
const CRAWLER: &str = r#"{"asn": {"ASN": "AS64501"}, "privacy": {"VPN": false, "Crawler": true}}"#;
const NO_CRAWLER: &str =
    r#"{"asn": {"ASN": "AS64502"}, "privacy": {"VPN": false, "Crawler": false}}"#;
const SILENT: &str = r#"{"asn": {"ASN": "AS64503"}, "privacy": {"VPN": false}}"#;

/// A policy whose only rule is about `when`.
fn asking(when: Value, more: Value) -> Value {
    let mut policy = policy(more);
    policy["routes"][0]["rules"] = json!([{ "when": when, "then": "deny" }]);
    policy
}

fn agent(text: &str) -> HeaderBlock {
    login(&[("user-agent", text)])
}

fn reason(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Pass(..) => None,
        other => Some(refused(other).reply.details),
    }
}

fn denied(signal: AgentSignal) -> Option<String> {
    Some(format!("palisade_denied_{}", signal.name()))
}

#[test]
fn each_signal_of_an_agent_reaches_rules_annotations_audit_and_metrics() {
    let hints = [
        ("user-agent", PHONE),
        (
            "sec-ch-ua",
            "\"Chromium\";v=\"130\", \"HeadlessChrome\";v=\"130\"",
        ),
    ];
    for (signal, head) in [
        (AgentSignal::Missing, login(&[])),
        (AgentSignal::Missing, agent(" ")),
        (AgentSignal::Scripted, agent("python-requests/2.31")),
        (AgentSignal::Headless, login(&hints)),
        (AgentSignal::Impossible, agent("Mozilla/5.0")),
        (AgentSignal::CrawlerClaimed, agent(GOOGLE)),
    ] {
        let host = FakeHost::of("11.0.0.1:1");
        let mut judge = engine(&asking(json!(signal.name()), json!({})));
        let outcome_of =
            |judge: &mut Engine, head: &HeaderBlock| outcome(judge, &host, head, SILENT);
        let refusal = refused(outcome_of(&mut judge, &head));
        assert_eq!(Some(refusal.reply.details), denied(signal));
        let line: Value = serde_json::from_str(&refusal.audit.expect("a line")).expect("JSON");
        // Nobody asked the API: the agent decided.
        let signals = format!("{},unknown", signal.name());
        assert_eq!(line["signals"], json!(signals));
        assert_eq!(host.counted(Event::Agent(signal)), 1);
        assert!(passed(outcome_of(&mut judge, &agent(PHONE))).len() > 1);

        let mut other = engine(&asking(json!({ "all": ["tor", signal.name()] }), json!({})));
        let headers = passed(outcome_of(&mut other, &head));
        assert_eq!(header(&headers, "x-palisade-signals"), Some(signal.name()));
    }
}

#[test]
fn an_agent_is_read_only_where_the_policy_asks() {
    let limit = |limit: Value| {
        let mut policy = policy(
            json!({ "limits": [{ "name": "l", "key": ["subnet"], "limit": limit, "window": "1h" }] }),
        );
        policy["routes"][0]["limits"] = json!(["l"]);
        policy
    };
    let mut when = limit(json!(9));
    when["limits"][0]["when"] = json!({ "not": "agent_scripted" });
    for (policy, told) in [
        (policy(json!({})), None),
        (limit(json!(9)), None),
        (
            asking(
                json!({ "any": ["tor", { "all": [{ "not": "agent_missing" }, "vpn"] }] }),
                json!({}),
            ),
            Some("agent_scripted"),
        ),
        (
            policy(json!({ "score": { "weights": { "agent_headless": 1 } } })),
            Some("agent_scripted"),
        ),
        (
            limit(json!([{ "when": "agent_scripted", "limit": 3 }, { "limit": 9 }])),
            Some("agent_scripted"),
        ),
        (when, Some("agent_scripted")),
    ] {
        let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
        let headers = passed(outcome(&mut engine, &host, &agent("curl/8"), SILENT));
        assert_eq!(header(&headers, "x-palisade-signals"), told, "{policy}");
    }
}

#[test]
fn an_agent_that_decides_by_itself_costs_no_lookup() {
    let mut policy = policy(json!({}));
    policy["routes"][0]["rules"] = json!([{ "when": "agent_scripted", "then": "deny" }, "default"]);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    assert_eq!(
        reason(outcome(&mut engine, &host, &agent("curl/8"), CLEAN)),
        denied(AgentSignal::Scripted)
    );
    assert_eq!(host.call_count(), 0);
    assert_eq!(
        reason(outcome(&mut engine, &host, &agent(PHONE), CLEAN)),
        None
    );
    assert_eq!(host.call_count(), 1);
}

#[test]
fn what_an_agent_says_weighs_in_the_score() {
    let weights = json!({ "score": { "weights": { "agent_scripted": 30, "crawler_claimed": 7 } } });
    let (mut engine, host) = (engine(&policy(weights)), FakeHost::of("11.0.0.1:1"));
    for (text, score) in [("curl/8", "30"), (GOOGLE, "7"), (PHONE, "0")] {
        let headers = passed(outcome(&mut engine, &host, &agent(text), CLEAN));
        assert_eq!(header(&headers, "x-palisade-score"), Some(score), "{text}");
    }
}

#[test]
fn a_crawler_is_told_from_what_only_says_so_and_unknown_stays_unknown() {
    let lists = json!({ "lists": [{ "name": "ours", "cidrs": ["11.7.0.0/16"], "asns": [64509], "crawlers": true }] });
    let told = |text: &str, answer: &str, client: &str| {
        let when = json!({ "all": ["tor", "crawler_verified"] });
        let (mut engine, host) = (engine(&asking(when, lists.clone())), FakeHost::of(client));
        let headers = passed(outcome(&mut engine, &host, &agent(text), answer));
        header(&headers, "x-palisade-signals")
            .unwrap_or_default()
            .to_owned()
    };
    for (text, answer, client, expected) in [
        (
            GOOGLE,
            CRAWLER,
            "11.0.0.1:1",
            "crawler,crawler_claimed,crawler_verified",
        ),
        (
            GOOGLE,
            NO_CRAWLER,
            "11.0.0.1:1",
            "crawler_claimed,crawler_unverified",
        ),
        (GOOGLE, SILENT, "11.0.0.1:1", "crawler_claimed"),
        // The operator's list is believed, whatever the API says.
        (
            GOOGLE,
            NO_CRAWLER,
            "11.7.0.1:1",
            "crawler_claimed,crawler_verified",
        ),
        (
            GOOGLE,
            SILENT,
            "11.7.0.1:1",
            "crawler_claimed,crawler_verified",
        ),
        // What says nothing of itself is neither.
        (PHONE, CRAWLER, "11.0.0.1:1", "crawler"),
        (PHONE, NO_CRAWLER, "11.0.0.1:1", ""),
    ] {
        assert_eq!(told(text, answer, client), expected, "{client} {answer}");
    }
    let by_asn = r#"{"asn": {"ASN": "AS64509"}, "privacy": {"VPN": false, "Crawler": false}}"#;
    assert_eq!(
        told(GOOGLE, by_asn, "11.0.0.1:1"),
        "crawler_claimed,crawler_verified"
    );
    // The list may hold it by an ASN that nobody knows.
    let no_asn = r#"{"privacy": {"VPN": false, "Crawler": false}}"#;
    assert_eq!(told(GOOGLE, no_asn, "11.0.0.1:1"), "crawler_claimed");
}

/// Requests of these agents, one after the other, from one subnet; how many of them are refused as uniform.
fn uniform(more: Value, answer: &str, agents: impl Iterator<Item = String>) -> usize {
    let (mut engine, host) = (
        engine(&asking(json!("agent_uniform"), more)),
        FakeHost::of(""),
    );
    let refused = agents.enumerate().filter(|(number, text)| {
        host.set_peer(&format!("11.0.0.{}:1", number % 250));
        reason(outcome(&mut engine, &host, &agent(text), answer)).is_some()
    });
    refused.count()
}

fn versions(many: usize) -> impl Iterator<Item = String> {
    (0..).map(move |number| PHONE.replace("130", &format!("{}", 100 + number % many)))
}

#[test]
fn one_agent_all_over_a_carriers_subnet_is_uniform_in_time() {
    let (no, all) = (
        json!({}),
        json!({ "agents": { "uniform": { "networks": "all" } } }),
    );
    for (more, answer, many, expected) in [
        (&no, MOBILE, 1, 51),
        (&no, MOBILE, 2, 51),
        (&no, MOBILE, 3, 0),
        (&no, MOBILE, 9, 0),
        (&no, CLEAN, 1, 0),
        (&no, SILENT, 1, 0),
        (&all, CLEAN, 1, 51),
        (&all, SILENT, 1, 51),
        (&all, SILENT, 3, 0),
    ] {
        let refused = uniform(more.clone(), answer, versions(many).take(100));
        assert_eq!(refused, expected, "{more} {answer} {many}");
    }
    let own = json!({ "agents": { "uniform": { "requests": 10, "agents": 4, "window": "1m" } } });
    assert_eq!(uniform(own.clone(), MOBILE, versions(4).take(100)), 91);
    assert_eq!(uniform(own, MOBILE, versions(8).take(100)), 0);
}

#[test]
fn minor_versions_and_letter_case_do_not_make_agents_different() {
    let spelt = (0..100).map(|number| {
        let text = PHONE.replace("130.0.0.0", &format!("130.0.0.{number}"));
        if number % 2 == 0 {
            text.to_uppercase()
        } else {
            text
        }
    });
    assert_eq!(uniform(json!({}), MOBILE, spelt), 51);
}

#[test]
fn a_busy_subnet_of_many_agents_is_never_uniform() {
    let (mut engine, host) = (
        engine(&asking(json!("agent_uniform"), json!({}))),
        FakeHost::of("11.0.0.1:1"),
    );
    for text in versions(8).take(2_000) {
        assert_eq!(
            reason(outcome(&mut engine, &host, &agent(&text), MOBILE)),
            None
        );
        host.pass(3);
    }
    // After a rest, those who come first are not taken for all.
    for rest in [500, 600, 650, 700, 900, 2_000] {
        host.pass(rest);
        for _ in 0..40 {
            assert_eq!(
                reason(outcome(&mut engine, &host, &agent(PHONE), MOBILE)),
                None,
                "{rest}"
            );
        }
        for text in versions(8).take(60) {
            assert_eq!(
                reason(outcome(&mut engine, &host, &agent(&text), MOBILE)),
                None,
                "{rest}"
            );
        }
    }
}

#[test]
fn a_uniform_subnet_stays_so_as_long_as_it_goes_on_and_not_longer() {
    let (mut engine, host) = (
        engine(&asking(json!("agent_uniform"), json!({}))),
        FakeHost::of("11.0.0.1:1"),
    );
    let mut ask = |text: &str| reason(outcome(&mut engine, &host, &agent(text), MOBILE)).is_some();
    assert_eq!((0..49).filter(|_| ask("curl/8")).count(), 0);
    for _ in 0..1_000 {
        assert!(ask("curl/8"));
        host.pass(5);
    }
    host.pass(700);
    assert!(!ask("curl/8"));
}

#[test]
fn subnets_are_counted_apart_and_each_request_once() {
    let (mut engine, host) = (
        engine(&asking(json!("agent_uniform"), json!({}))),
        FakeHost::of("11.0.0.1:1"),
    );
    for _ in 0..60 {
        outcome(&mut engine, &host, &agent("curl/8"), MOBILE);
    }
    assert_eq!(host.counted(Event::Agent(AgentSignal::Uniform)), 11);
    host.set_peer("11.0.1.1:1");
    assert_eq!(
        reason(outcome(&mut engine, &host, &agent("curl/8"), MOBILE)),
        None
    );
}

#[test]
fn where_nothing_can_be_counted_nobody_knows_whether_a_subnet_is_uniform() {
    let (mut engine, host) = (
        engine(&asking(json!("agent_uniform"), json!({}))),
        FakeHost::of("11.0.0.1:1"),
    );
    for _ in 0..60 {
        outcome(&mut engine, &host, &agent("curl/8"), MOBILE);
    }
    host.contended.set(true);
    assert_eq!(
        reason(outcome(&mut engine, &host, &agent("curl/8"), MOBILE)),
        None
    );
}

#[test]
fn a_lone_attacker_is_no_crowd_where_the_carrier_is_not_known() {
    let not = asking(json!({ "not": "agent_uniform" }), json!({}));
    for (answer, expected) in [(CLEAN, true), (SILENT, false), (MOBILE, false)] {
        let (mut engine, host) = (engine(&not), FakeHost::of("11.0.0.1:1"));
        let refused = reason(outcome(&mut engine, &host, &agent(PHONE), answer)).is_some();
        assert_eq!(refused, expected, "known not to be uniform: {answer}");
    }
}

#[test]
fn the_connection_is_told_to_application_audit_and_metrics() {
    let hosting =
        r#"{"asn": {"ASN": "AS64500", "Type": "hosting"}, "privacy": {"VPN": false, "Tor": true}}"#;
    for (answer, expected) in [
        (CLEAN, Some(Connection::Residential)),
        (MOBILE, Some(Connection::Mobile)),
        (
            r#"{"asn": {"Type": "education"}, "privacy": {"VPN": false}}"#,
            Some(Connection::Corporate),
        ),
        (hosting, Some(Connection::Datacenter)),
        (SILENT, None),
    ] {
        let (mut open, host) = (
            engine(&asking(json!({ "all": ["abuse", "vpn"] }), json!({}))),
            FakeHost::of("11.0.0.1:1"),
        );
        let headers = passed(outcome(&mut open, &host, &login(&[]), answer));
        assert_eq!(
            header(&headers, "x-palisade-connection"),
            expected.map(Connection::name)
        );
        assert_eq!(host.counted(Event::RefusedConnection(expected)), 0);

        let (mut closed, host) = (
            engine(&asking(
                json!({ "not": { "all": ["abuse", "vpn"] } }),
                json!({}),
            )),
            FakeHost::of("11.0.0.1:1"),
        );
        let refusal = refused(outcome(&mut closed, &host, &login(&[]), answer));
        let line: Value = serde_json::from_str(&refusal.audit.expect("a line")).expect("JSON");
        assert_eq!(
            line.get("connection"),
            expected.map(|kind| json!(kind.name())).as_ref()
        );
        assert_eq!(host.counted(Event::RefusedConnection(expected)), 1);
    }
}

#[test]
fn a_rule_about_the_connection_does_not_hold_where_nobody_knows_it() {
    let rule = asking(json!({ "connection": ["mobile", "corporate"] }), json!({}));
    let other = asking(
        json!({ "not": { "connection": ["mobile", "corporate"] } }),
        json!({}),
    );
    for (answer, holds, holds_not) in [
        (MOBILE, true, false),
        (CLEAN, false, true),
        (SILENT, false, false),
    ] {
        for (policy, expected) in [(&rule, holds), (&other, holds_not)] {
            let (mut engine, host) = (engine(policy), FakeHost::of("11.0.0.1:1"));
            assert_eq!(
                reason(outcome(&mut engine, &host, &login(&[]), answer)).is_some(),
                expected,
                "{answer}"
            );
        }
    }
}

#[test]
fn any_bytes_for_an_agent_have_a_verdict() {
    let (mut engine, host) = (
        engine(&asking(
            json!({ "any": ["agent_scripted", "agent_uniform"] }),
            json!({}),
        )),
        FakeHost::of("11.0.0.1:1"),
    );
    let megabyte = [b"curl/8 ".as_slice(), &vec![b'a'; 1 << 20]].concat();
    for (bytes, refused) in [
        (&b"\xff\xfe\x00\xc3("[..], false),
        (&megabyte, true),
        (&vec![0xff; 1 << 20], false),
    ] {
        let head: [(&[u8], &[u8]); 3] = [
            (b":method", b"POST"),
            (b":path", b"/login"),
            (b"user-agent", bytes),
        ];
        let head = HeaderBlock::new(serialise(head.into_iter()));
        assert_eq!(
            reason(outcome(&mut engine, &host, &head, SILENT)).is_some(),
            refused
        );
    }
}
