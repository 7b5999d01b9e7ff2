//! What the application is told of revocations.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::sessions::scene::{Scene, denying, policy, visit};
use crate::support::{
    Answer, EnvoyConfig, HOME, Received, SIGNING_KEY, TOR, VPN, eventually, text,
};

/// With notices, sent as `more` says.
fn telling(more: &Value) -> Value {
    let mut notify = json!({ "cluster": "told", "authority": "app.internal:8443", "path": "/palisade/revoked?x=1" });
    for (name, value) in more.as_object().expect("an object") {
        notify[name] = value.clone();
    }
    policy(&json!({ "session": { "notify": notify, "revoke_for": "2h" } }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_millis() as u64
}

/// Verifies a notice as the book says, and gives its body.
fn verified(notice: &Received) -> Value {
    assert_eq!(notice.method, "POST");
    assert_eq!(notice.target, "/palisade/revoked?x=1");
    let kind = notice.header("content-type");
    assert_eq!(kind.as_deref(), Some("application/json"));
    assert_eq!(notice.header("host").as_deref(), Some("app.internal:8443"));
    let signature = notice.header("x-palisade-signature").expect("a signature");
    let (sent, mac) = signature.split_once(',').expect("two parts");
    let (sent, mac) = (
        sent.strip_prefix("t=").expect("a time"),
        mac.strip_prefix("v1=").expect("a MAC"),
    );
    let mut hmac: Hmac<Sha256> = Hmac::new_from_slice(SIGNING_KEY.as_bytes()).unwrap();
    hmac.update(b"palisade.revocation.v1.");
    hmac.update(sent.as_bytes());
    hmac.update(b".");
    hmac.update(&notice.body);
    assert_eq!(hex(&hmac.finalize().into_bytes()), mac);
    let sent: u64 = sent.parse().expect("seconds");
    assert!(sent.abs_diff(now_ms() / 1_000) < 60, "{sent}");
    serde_json::from_slice(&notice.body).expect("JSON")
}

#[tokio::test]
async fn a_notice_is_sent_once_signed_and_without_the_session() {
    for (address, reason, action) in [(TOR, "tor", "deny"), (VPN, "vpn", "challenge")] {
        let scene = Scene::start(&telling(&json!({}))).await;
        let started = now_ms();
        scene.revoke(address, "stolen").await;
        scene.wait_for("notices.result=delivered", 1).await;
        let notices = scene.told.arrived(1).await;
        let notice = verified(&notices[0]);
        let text_of = |name: &str| notice[name].as_str().expect(name).to_owned();
        assert_eq!(text_of("event"), "session.revoked");
        assert_eq!(text_of("action"), action);
        assert_eq!(text_of("route"), "everything");
        assert_eq!(text_of("reason"), reason);
        assert_eq!(text_of("client"), address);
        assert_eq!(text_of("id").len(), 32);
        assert_eq!(text_of("session").len(), 16);
        assert_eq!(text_of("session_sha256"), hex(&Sha256::digest("stolen")));
        let number = |name: &str| notice[name].as_u64().expect(name);
        let (requested, revoked) = (number("requested_at_ms"), number("revoked_at_ms"));
        assert!(started <= requested && requested <= revoked && revoked <= now_ms());
        assert_eq!(number("revoked_until"), revoked / 1_000 + 2 * 3_600);
        let whole = format!("{:?} {}", notices[0].headers, text(&notices[0].body));
        assert!(!whole.contains("stolen"), "{whole}");

        // What is known is not told again, by no worker.
        for mut worker in scene.workers().await {
            for path in ["/shop", "/account"] {
                worker.request(&visit(path, address, "stolen")).await;
            }
        }
        scene.api.answer_to("11.3.0.1", Answer::ipasis(&["Tor"]));
        scene.revoke("11.3.0.1", "another").await;
        scene.wait_for("notices.result=delivered", 2).await;
        assert_eq!(scene.told.count(), 2);
        assert_eq!(scene.counted("notices.result=retried").await, 0);
    }
}

#[tokio::test]
async fn a_notice_is_sent_until_it_is_taken_with_one_id() {
    let scene = Scene::start(&telling(&json!({ "timeout": "300ms" }))).await;
    scene.told.answer(Answer::status(500));
    scene.revoke(TOR, "stolen").await;
    scene.told.arrived(1).await;
    scene.told.answer(Answer::silent());
    scene.told.arrived(2).await;
    scene.told.answer(Answer::status(204));
    let notices = scene.told.arrived(3).await;
    scene.wait_for("notices.result=delivered", 1).await;
    assert_eq!(scene.counted("notices.result=retried").await, 2);
    let bodies: Vec<Value> = notices.iter().map(verified).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let signature = |at: usize| notices[at].header("x-palisade-signature");
    assert_ne!(signature(0), signature(1));
    assert_ne!(signature(1), signature(2));
}

#[tokio::test]
async fn the_queue_is_bounded_and_what_is_dropped_is_counted() {
    let queue = json!({ "queue": 5, "timeout": "30s" });
    let scene = Scene::start(&telling(&queue)).await;
    scene.told.answer(Answer::silent());
    scene.revoke(TOR, "session-0").await;
    let [mut worker, _other] = scene.workers().await;
    for number in 1..20 {
        let session = format!("session-{number}");
        let refused = worker.request(&visit("/shop", TOR, &session)).await;
        assert_eq!(refused.verdict(), "deny tor");
        let passed = worker.request(&visit("/account", HOME, "mine")).await;
        assert_eq!(passed.verdict(), "allow");
    }
    scene.wait_for("revocations.result=revoked", 20).await;
    // The first one may be the other worker's.
    let full = scene.counted("notices.result=full").await;
    assert!((14..=15).contains(&full), "{full}");
    // Four are under way at once in a worker.
    scene.told.arrived(4).await;
    assert!(scene.told.count() <= 5);
}

#[tokio::test]
async fn a_notice_that_nobody_takes_is_given_up_and_counted() {
    let once = json!({ "attempts": 1 });
    let scene = Scene::start(&telling(&once)).await;
    scene
        .told
        .answer(Answer::status(302).header("location", "/login"));
    scene.revoke(TOR, "first").await;
    scene.wait_for("notices.result=given_up", 1).await;
    assert_eq!(scene.told.count(), 1);
    assert_eq!(scene.counted("notices.result=delivered").await, 0);
    for nowhere in ["missing", "empty"] {
        let mut policy = telling(&once);
        policy["session"]["notify"]["cluster"] = json!(nowhere);
        let scene = Scene::with(&policy, |config| config.empty_cluster("empty")).await;
        scene.revoke(TOR, "stolen").await;
        scene.wait_for("notices.result=given_up", 1).await;
        let next = scene.visit("/account", HOME, "stolen").await;
        assert_eq!(next, "deny session_revoked", "{nowhere}");
    }
}

fn drains_soon(config: EnvoyConfig) -> EnvoyConfig {
    config.arguments(&["--drain-time-s", "1", "--drain-strategy", "immediate"])
}

#[tokio::test]
async fn notices_that_wait_are_sent_by_the_next_configuration() {
    // While it is under way, and while it waits to be sent again.
    for (fails, sent) in [(Answer::silent(), 2), (Answer::status(500), 2)] {
        let policy = telling(&json!({ "timeout": "30s" }));
        let mut scene = Scene::with(&policy, drains_soon).await;
        scene.told.answer(fails);
        scene.revoke(TOR, "stolen").await;
        scene.told.arrived(1).await;
        let updated = denying(policy, "/new");
        scene.update(&updated).await;
        scene.refuses_at("/new").await;
        scene.told.answer(Answer::status(204));
        let notices = scene.told.arrived(sent).await;
        scene.wait_for("notices.result=delivered", 1).await;
        let bodies: Vec<Value> = notices.iter().map(verified).collect();
        assert_eq!(bodies[0], bodies[sent - 1], "the same, with the same id");
        assert_eq!(scene.told.count(), sent);
        for lost in ["given_up", "full"] {
            assert_eq!(scene.counted(&format!("notices.result={lost}")).await, 0);
        }
        let next = scene.visit("/account", HOME, "stolen").await;
        assert_eq!(next, "deny session_revoked");
    }
}

#[tokio::test]
async fn notices_that_the_next_configuration_drops_are_counted() {
    let policy = telling(&json!({ "timeout": "30s" }));
    let mut scene = Scene::with(&policy, drains_soon).await;
    scene.told.answer(Answer::silent());
    scene.revoke(TOR, "stolen").await;
    scene.told.arrived(1).await;
    let mut updated = denying(policy, "/new");
    updated["session"].as_object_mut().unwrap().remove("notify");
    scene.update(&updated).await;
    scene.refuses_at("/new").await;
    scene.wait_for("notices.result=given_up", 1).await;
}

#[tokio::test]
async fn no_flood_of_refusals_hides_the_line_of_a_revocation() {
    let mut policy = telling(&json!({}));
    policy["audit"] = json!({ "lines_per_second": 1 });
    let scene = Scene::with(&policy, |config| config.workers(1)).await;
    let mut flood = crate::support::Connection::open(scene.envoy.address).await;
    for number in 0..4 {
        for _ in 0..40 {
            let refused = flood.request(&visit("/once", TOR, "none")).await;
            assert_eq!(refused.verdict(), "deny tor");
        }
        let (address, session) = (format!("11.4.0.{number}"), format!("session-{number}"));
        scene.api.answer_to(&address, Answer::ipasis(&["Tor"]));
        scene.api.hold();
        assert_eq!(scene.visit("/shop", &address, &session).await, "allow");
        for _ in 0..40 {
            let refused = flood.request(&visit("/once", TOR, "none")).await;
            assert_eq!(refused.verdict(), "deny tor");
        }
        scene.api.release();
        scene
            .wait_for("revocations.result=revoked", number + 1)
            .await;
        // The next second.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let log = scene.envoy.log();
    let lines = log
        .lines()
        .filter(|line| line.contains(r#"{"palisade":"revoked""#));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 4, "{log}");
    assert!(
        lines.iter().all(|line| line.contains("dropped_before")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_silent_application_delays_nobody_who_waits_for_the_api() {
    let scene = Scene::start(&telling(&json!({ "timeout": "30s" }))).await;
    scene.told.answer(Answer::silent());
    scene.revoke(TOR, "stolen").await;
    scene.told.arrived(1).await;
    scene.api.answer_to(
        "11.3.0.1",
        Answer::ipasis(&[]).delay(Duration::from_millis(100)),
    );
    for mut worker in scene.workers().await {
        let waits = worker.request(&visit("/once", "11.3.0.1", "mine")).await;
        assert_eq!(waits.verdict(), "allow");
    }
    assert_eq!(scene.counted("lookups.result=timeout").await, 0);
}

#[tokio::test]
async fn made_up_revocations_take_no_place_from_known_sessions() {
    let queue = json!({ "queue": 32, "timeout": "2s", "attempts": 10 });
    let scene = Scene::start(&telling(&queue)).await;
    for number in 0..4 {
        let mine = format!("mine-{number}");
        assert_eq!(scene.visit("/once", HOME, &mine).await, "allow");
    }
    scene.told.answer(Answer::silent());
    let [mut worker, _other] = scene.workers().await;
    for network in 0..20 {
        let address = format!("2600:db00:{network:x}::1");
        scene.api.answer_to(&address, Answer::ipasis(&["Tor"]));
        for number in 0..20 {
            let session = format!("made-up-{network}-{number}");
            worker.request(&visit("/shop", &address, &session)).await;
        }
    }
    scene.api.answer_to("11.8.0.1", Answer::ipasis(&["Tor"]));
    for number in 0..4 {
        let stolen = visit("/shop", "11.8.0.1", &format!("mine-{number}"));
        worker.request(&stolen).await;
    }
    scene.told.answer(Answer::status(204));
    let is_told = |number: usize| {
        let digest = hex(&Sha256::digest(format!("mine-{number}")));
        let notices = scene.told.requests();
        notices
            .iter()
            .any(|notice| text(&notice.body).contains(&digest))
    };
    eventually("the real ones to be told", async || {
        (0..4).all(is_told).then_some(())
    })
    .await;
    assert!(scene.counted("notices.result=full").await >= 300);
}
