//! What revokes a session, and whose revocation stays: neither made-up sessions nor other sites have a say in it.

use serde_json::json;

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{Answer, Connection, HOME, Request, TOR, VPN, eventually};

const REVOKED: &str = "deny session_revoked";

#[tokio::test]
async fn what_is_known_of_the_address_revokes_or_a_rule_that_says_so() {
    let mut policy = policy(&json!({
        "lists": [
            { "name": "office", "cidrs": ["11.5.0.0/16"] },
            { "name": "banned", "cidrs": ["11.6.0.0/16"] },
        ],
    }));
    policy["routes"][3]["rules"] = json!([
        {
            "name": "office",
            "when": { "any": [{ "list": "office" }, { "all": ["tor", { "not": { "list": "office" } }] }] },
            "then": "deny", "reason": "office",
        },
        { "name": "banned", "when": { "list": "banned" }, "then": "deny", "revokes": true },
        { "name": "mild", "when": "vpn", "then": "deny", "revokes": false },
        "default",
    ]);
    let scene = Scene::start(&policy).await;
    assert_eq!(scene.visit("/shop", "11.5.0.1", "one").await, "deny office");
    assert_eq!(scene.visit("/account", HOME, "one").await, "allow");
    assert_eq!(scene.visit("/shop", "11.6.0.1", "two").await, "deny banned");
    assert_eq!(scene.visit("/account", HOME, "two").await, REVOKED);
    for (address, session, reason) in [(VPN, "three", "deny vpn"), (TOR, "four", "deny office")] {
        assert_eq!(scene.visit("/shop", address, session).await, "allow");
        eventually("the answer", async || {
            (scene.visit("/shop", address, session).await == reason).then_some(())
        })
        .await;
        assert_eq!(scene.visit("/account", HOME, session).await, "allow");
    }
    assert_eq!(scene.counted("revocations.result=revoked").await, 1);
}

#[tokio::test]
async fn a_link_that_another_site_has_set_signs_nobody_out() {
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| config.stop_iteration(flag)).await;
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("referer", "https://evil.example/page"),
            ("origin", "null"),
        ] {
            let followed = visit("/shop", TOR, "mine").header(name, value);
            let refused = scene.send(&followed).await;
            assert_eq!(refused.verdict(), "deny tor", "{name} goes on unjudged");
            assert_eq!(refused.header("set-cookie"), None, "{name}");
            assert_eq!(
                scene.visit("/account", HOME, "mine").await,
                "allow",
                "{name}"
            );
        }
        assert_eq!(scene.counted("revocations.result=revoked").await, 0);
        let own = visit("/shop", TOR, "mine").header("sec-fetch-site", "same-origin");
        let refused = scene.send(&own).await;
        assert_eq!(refused.verdict(), "deny tor");
        assert!(refused.header("set-cookie").is_some());
        assert_eq!(scene.visit("/account", HOME, "mine").await, REVOKED);
        let refused = scene
            .send(&visit("/account", HOME, "mine").header("sec-fetch-site", "cross-site"))
            .await;
        assert_eq!(refused.verdict(), REVOKED, "whoever had it made");
    }
}

#[tokio::test]
async fn made_up_sessions_keep_no_stolen_one_from_being_revoked() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.revoke(TOR, "made-up").await;
    let mut connection = Connection::open(scene.envoy.address).await;
    for number in 0..200 {
        let session = format!("made-up-{number}");
        let refused = connection.request(&visit("/shop", TOR, &session)).await;
        assert_eq!(refused.verdict(), "deny tor");
    }
    let stolen = connection.request(&visit("/shop", TOR, "stolen")).await;
    assert_eq!(stolen.verdict(), "deny tor");
    assert_eq!(scene.visit("/account", HOME, "stolen").await, REVOKED);
    assert_eq!(scene.counted("revocations.result=revoked").await, 64);
}

#[tokio::test]
async fn made_up_sessions_push_out_no_real_revocation() {
    let policy = policy(&json!({ "session": { "memory": "64KiB" } }));
    let scene = Scene::start(&policy).await;
    // One is given out, another is answered as that of somebody who is signed in.
    let issuing = Answer::status(200)
        .header("set-cookie", "theme=dark; Path=/")
        .header("set-cookie", "sid=issued; Path=/; HttpOnly")
        .header("set-cookie", "sid=ended; Path=/; Max-Age=0");
    scene.application.answer(issuing);
    let login = Request::get("/logout").client("11.0.8.1");
    assert_eq!(scene.send(&login).await.status, 200);
    scene.application.answer(Answer::status(200));
    assert_eq!(scene.visit("/once", HOME, "answered").await, "allow");
    scene.application.answer(Answer::status(401));
    let refused = scene.send(&visit("/once", HOME, "refused")).await;
    assert_eq!(refused.status, 401);
    scene.application.answer(Answer::status(200));

    scene.revoke(TOR, "issued").await;
    for session in ["answered", "refused", "ended"] {
        assert_eq!(scene.visit("/shop", TOR, session).await, "deny tor");
    }
    let mut connection = Connection::open(scene.envoy.address).await;
    for network in 0..80 {
        let address = format!("2600:db00:{network:x}::1");
        scene.api.answer_to(&address, Answer::ipasis(&["Tor"]));
        for number in 0..40 {
            let session = format!("made-up-{network}-{number}");
            connection
                .request(&visit("/shop", &address, &session))
                .await;
        }
    }
    drop(connection);
    assert!(scene.counted("record_evictions").await > 1_000);
    for mut worker in scene.workers().await {
        for (session, expected) in [
            ("issued", REVOKED),
            ("answered", REVOKED),
            // Nothing has shown that they are any better than made-up ones.
            ("refused", "allow"),
            ("ended", "allow"),
        ] {
            let next = worker.request(&visit("/account", HOME, session)).await;
            assert_eq!(next.verdict(), expected, "{session}");
        }
    }
}
