//! Sessions: judged once, and revoked when the answer comes too late for the request.

use super::challenges::{earned, solve};
use super::*;
use crate::session::DropCause;
use crate::telemetry::{RevocationResult, SessionResult, WebhookResult};

pub(super) const VPN: &str =
    r#"{"privacy": {"VPN": true}, "asn": {"ASN": "AS64500", "Type": "isp"}}"#;

/// `/login` does not wait, `/account` neither looks up nor judges, `/logout` heeds no revocation, and `/once` looks up
/// once a session.
pub(super) fn scene(more: Value) -> (Engine, FakeHost) {
    let mut policy = policy(json!({
        "identity": { "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["KEY"],
        "challenge": { "difficulty": 1000 },
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "lookup": "background" },
            { "name": "account", "match": { "path": "/account" }, "lookup": "off", "rules": [] },
            { "name": "logout", "match": { "path": "/logout" }, "lookup": "off", "rules": [], "on_revoked": "ignore" },
            { "name": "once", "match": { "path": "/once" }, "lookup": "session" },
        ],
    }));
    put(&mut policy, &more);
    (super::limits::signing(&policy), FakeHost::of("11.0.0.1:1"))
}

/// What becomes of a request with this session, and of the lookup that it starts: `None` if there is none.
pub(super) fn get(
    engine: &mut Engine,
    host: &FakeHost,
    (path, session): (&str, &str),
    answer: &str,
) -> (Outcome, bool) {
    let cookie = format!("sid={session}");
    let lines = [
        (":method", "GET"),
        (":path", path),
        ("cookie", cookie.as_str()),
    ];
    let before = host.call_count();
    let progress = engine.begin(&block(&lines), true, StreamId(1), host);
    let asked = host.call_count() > before;
    let knowledge = asked.then(|| arrive(engine, host, answer)).flatten();
    let outcome = match progress {
        Progress::Step(step) => done(step),
        Progress::Redeems(link) => panic!("a link: {link:?}"),
        Progress::Waits(waiting) => {
            done(waiting.resume(knowledge.expect("an answer"), engine, host))
        }
    };
    (outcome, asked)
}

/// The answer to the last call, and what follows from it for those that did not wait.
pub(super) fn arrive(engine: &mut Engine, host: &FakeHost, answer: &str) -> Option<Knowledge> {
    host.pass_milliseconds(80);
    Some(learn(engine, host, answer)?.0)
}

pub(super) fn revocations(host: &FakeHost, result: RevocationResult) -> usize {
    host.counted(Event::Revocation(result))
}

pub(super) fn details(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refuse(refused) => refused.reply.details,
        Outcome::Pass(..) => "pass".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_late_answer_revokes_the_session_wherever_it_is_used_next() {
    let (mut engine, host) = scene(json!({
        "session": { "cookies": [{ "name": "sid", "path": "/app", "domain": "example.com" }], "clear_site_data": true },
    }));
    let (first, asked) = get(&mut engine, &host, ("/login", "stolen"), TOR);
    assert!(asked && details(first) == "pass", "it goes on at once");
    assert_eq!(revocations(&host, RevocationResult::Revoked), 1);
    let window = std::time::Duration::from_millis(80);
    assert_eq!(host.counted(Event::RevocationWindow(window)), 1);
    host.set_peer("192.0.2.77:1");
    let (next, asked) = get(&mut engine, &host, ("/account", "stolen"), "");
    let refusal = refused(next);
    assert!(!asked, "nobody needs to be asked for it");
    assert_eq!(refusal.reply.details, "palisade_denied_session_revoked");
    assert_eq!(
        header(&refusal.reply.headers, "set-cookie"),
        Some(
            "sid=; Path=/app; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        )
    );
    assert_eq!(
        header(&refusal.reply.headers, "clear-site-data"),
        Some("\"cookies\"")
    );
    assert_eq!(
        details(get(&mut engine, &host, ("/account", "other"), "").0),
        "pass"
    );
    let (logout, _) = get(&mut engine, &host, ("/logout", "stolen"), "");
    assert_eq!(details(logout), "pass");
    host.pass(24 * 3_600);
    assert_eq!(
        details(get(&mut engine, &host, ("/account", "stolen"), "").0),
        "pass"
    );
}

#[test]
fn a_good_answer_and_none_at_all_revoke_nothing() {
    for answer in [CLEAN, "{}", "", "<html>"] {
        let (mut engine, host) = scene(json!({}));
        get(&mut engine, &host, ("/login", "mine"), answer);
        let (next, _) = get(&mut engine, &host, ("/account", "mine"), "");
        assert_eq!(details(next), "pass", "{answer}");
        for result in RevocationResult::ALL {
            assert_eq!(revocations(&host, result), 0);
        }
    }
}

#[test]
fn a_session_is_challenged_until_its_challenge_is_answered() {
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "mine"), VPN);
    host.set_peer("192.0.2.77:1");
    let refusal = refused(get(&mut engine, &host, ("/account", "mine"), "").0);
    assert_eq!(refusal.reply.details, "palisade_challenged_session_revoked");
    assert_eq!(header(&refusal.reply.headers, "set-cookie"), None);
    let solution = solve(&refusal);
    let lines = [
        (":method", "GET"),
        (":path", "/account"),
        ("cookie", "sid=mine"),
        ("x-palisade-solution", &solution),
    ];
    let clearance = earned(outcome(&mut engine, &host, &block(&lines), ""));
    let cookies = format!("sid=mine; {clearance}");
    let lines = [
        (":method", "GET"),
        (":path", "/account"),
        ("cookie", &cookies),
    ];
    passed(outcome(&mut engine, &host, &block(&lines), ""));
}

#[test]
fn what_is_denied_at_once_revokes_the_session_too() {
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "first"), TOR);
    let refusal = refused(get(&mut engine, &host, ("/login", "second"), "").0);
    assert_eq!(refusal.reply.details, "palisade_denied_tor");
    assert!(header(&refusal.reply.headers, "set-cookie").is_some());
    host.set_peer("192.0.2.77:1");
    let (next, _) = get(&mut engine, &host, ("/account", "second"), "");
    assert_eq!(details(next), "palisade_denied_session_revoked");
    assert_eq!(revocations(&host, RevocationResult::Revoked), 2);
}

#[test]
fn monitor_mode_revokes_nothing_and_counts_what_it_would() {
    let (mut engine, host) = scene(json!({ "mode": "monitor" }));
    get(&mut engine, &host, ("/login", "mine"), TOR);
    assert_eq!(revocations(&host, RevocationResult::Monitored), 1);
    assert_eq!(revocations(&host, RevocationResult::Revoked), 0);
    assert_eq!(
        details(get(&mut engine, &host, ("/account", "mine"), "").0),
        "pass"
    );
}

#[test]
fn nobody_hides_a_revoked_session_behind_others_that_he_makes_up() {
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "stolen"), TOR);
    host.set_peer("192.0.2.77:1");
    let many: String = (0..16)
        .map(|number| format!("sid=made-up-{number}; "))
        .collect();
    for (cookies, expected) in [
        (",sid=stolen", "palisade_denied_session_revoked"),
        ("a=b sid=stolen", "palisade_denied_session_revoked"),
        ("sid=\"\\163tolen\"", "palisade_denied_session_revoked"),
        ("sid=stolen,x", "palisade_denied_session_revoked"),
        (
            &format!("{many}sid=stolen"),
            "palisade_denied_session_unreadable",
        ),
    ] {
        let lines = [
            (":method", "GET"),
            (":path", "/account"),
            ("cookie", cookies),
        ];
        let found = outcome(&mut engine, &host, &block(&lines), "");
        assert_eq!(details(found), expected);
    }
}

#[test]
fn an_address_and_its_subnet_can_have_only_so_many_sessions_revoked() {
    let (mut engine, host) = scene(json!({}));
    for (address, revoked, too_many) in [(1, 64, 6), (2, 128, 12), (3, 128, 82)] {
        host.set_peer(&format!("11.0.0.{address}:1"));
        for number in 0..70 {
            let session = format!("made-up-{address}-{number}");
            get(&mut engine, &host, ("/login", &session), TOR);
        }
        assert_eq!(revocations(&host, RevocationResult::Revoked), revoked);
        assert_eq!(revocations(&host, RevocationResult::TooMany), too_many);
    }
    host.set_peer("11.0.1.1:1");
    get(&mut engine, &host, ("/login", "elsewhere"), TOR);
    assert_eq!(revocations(&host, RevocationResult::Revoked), 129);
}

#[test]
fn a_session_is_looked_up_once_per_network_and_again_in_time() {
    let (mut engine, host) = scene(json!({}));
    let mut asks = |host: &FakeHost, session: &str| {
        let (outcome, asked) = get(&mut engine, host, ("/once", session), CLEAN);
        assert_eq!(details(outcome), "pass");
        asked
    };
    assert!(asks(&host, "mine"));
    // The cache of addresses has long forgotten it.
    host.pass(3_000);
    assert!(!asks(&host, "mine"));
    assert!(asks(&host, "another's"), "from the same address");
    host.set_peer("11.0.0.2:1");
    assert!(asks(&host, "mine"), "from another one");
    host.set_peer("11.0.0.1:1");
    host.pass(3_600);
    assert!(asks(&host, "mine"), "after an hour");
    assert_eq!(host.counted(Event::Session(SessionResult::Known)), 1);
    assert_eq!(host.counted(Event::Session(SessionResult::Assessment)), 4);
}

#[test]
fn a_session_makes_no_address_better_and_without_one_each_visit_waits() {
    let (mut engine, host) = scene(json!({}));
    let (clean, _) = get(&mut engine, &host, ("/once", "mine"), CLEAN);
    assert_eq!(details(clean), "pass");
    host.set_peer("11.0.0.2:1");
    let (tor, asked) = get(&mut engine, &host, ("/once", "mine"), TOR);
    assert!(asked);
    assert_eq!(details(tor), "palisade_denied_tor");
    host.set_peer("11.0.0.3:1");
    let lines = [(":method", "GET"), (":path", "/once")];
    passed(outcome(&mut engine, &host, &block(&lines), CLEAN));
    host.pass(3_000);
    let before = host.call_count();
    passed(outcome(&mut engine, &host, &block(&lines), CLEAN));
    assert_eq!(host.call_count(), before + 1);
}

#[test]
fn a_lookup_that_fails_is_not_kept_with_the_session() {
    let (mut engine, host) = scene(json!({}));
    let (unknown, _) = get(&mut engine, &host, ("/once", "mine"), "<html>");
    assert_eq!(details(unknown), "pass");
    host.pass(60);
    let (tor, asked) = get(&mut engine, &host, ("/once", "mine"), TOR);
    assert!(asked);
    assert_eq!(details(tor), "palisade_denied_tor");
}

#[test]
fn the_application_is_told_of_a_revocation_until_it_has_taken_it() {
    let notify = json!({
        "cluster": "app", "authority": "app.internal", "path": "/revoked", "attempts": 2, "queue": 1,
    });
    let (mut engine, host) = scene(json!({ "session": { "notify": notify } }));
    get(&mut engine, &host, ("/login", "stolen"), TOR);
    get(&mut engine, &host, ("/login", "other"), TOR);
    let full = Event::Webhook(WebhookResult::Dropped(DropCause::Full));
    assert_eq!(host.counted(full), 1, "one is all that it holds");
    assert!(!engine.is_idle());
    let mut attempt = |status: Option<u16>| {
        let before = host.call_count();
        assert!(engine.tick(&host).is_empty());
        assert_eq!(host.call_count(), before + 1);
        let request = host.calls.borrow().last().cloned().expect("a call");
        let token = CallToken(u32::try_from(host.call_count()).expect("few"));
        assert_eq!(
            engine.answer_limit(token),
            Some(0),
            "nobody reads what it says"
        );
        let ended = Ended::Answered(Response {
            status,
            retry_after: None,
            body: Body::Whole(b""),
        });
        engine.call_ended(token, ended, &host);
        request
    };
    let first = attempt(Some(503));
    assert_eq!(first.path, "/revoked");
    host.pass(10);
    let second = attempt(Some(204));
    assert_eq!(first.body, second.body);
    let body: Value = serde_json::from_slice(&first.body).expect("JSON");
    assert_eq!(body["event"], "session.revoked");
    assert_eq!(body["reason"], "tor");
    assert_eq!(body["client"], "11.0.0.1");
    use sha2::{Digest as _, Sha256};
    let digest: String = Sha256::digest("stolen")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(body["session_sha256"], digest);
    assert!(engine.is_idle());
    assert_eq!(host.counted(Event::Webhook(WebhookResult::Again)), 1);
    assert_eq!(host.counted(Event::Webhook(WebhookResult::Delivered)), 1);
}

#[test]
fn an_answer_to_a_rule_called_session_is_none_for_a_revoked_session() {
    let rule = json!({ "name": "session", "when": { "list": "suspects" }, "then": "challenge" });
    // With a higher score more work would be asked for, by the rule as well.
    let (mut engine, host) = scene(json!({
        "score": { "weights": { "vpn": 0 } },
        "lists": [{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }],
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "lookup": "background" },
            { "name": "account", "match": { "path": "/account" }, "lookup": "off", "rules": [rule] },
        ],
    }));
    let cookies = |more: &str| format!("sid=mine; {more}");
    let asked = refused(get(&mut engine, &host, ("/account", "mine"), "").0);
    let solution = solve(&asked);
    let lines = [
        (":method", "GET"),
        (":path", "/account"),
        ("cookie", "sid=mine"),
        ("x-palisade-solution", &solution),
    ];
    let clearance = earned(outcome(&mut engine, &host, &block(&lines), ""));
    get(&mut engine, &host, ("/login", "mine"), VPN);
    let cookie = cookies(&clearance);
    let lines = [
        (":method", "GET"),
        (":path", "/account"),
        ("cookie", &cookie),
    ];
    let next = outcome(&mut engine, &host, &block(&lines), "");
    assert_eq!(details(next), "palisade_challenged_session_revoked");
}
