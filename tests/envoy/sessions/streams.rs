//! Many requests at once, and those whose client does not stay.

use serde_json::json;

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{Answer, Connection, HOME, Http2, TOR, eventually};

/// What one subnet can have revoked in ten minutes, and how many of its requests go on before its answer comes.
const MOST: usize = 64;

#[tokio::test]
async fn a_client_that_left_early_loses_its_session_all_the_same() {
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| config.stop_iteration(flag)).await;
        scene.api.hold();
        scene.application.hold();
        let mut left = Connection::open(scene.envoy.address).await;
        left.send(&visit("/shop", TOR, "stolen").to_http1()).await;
        scene.application.arrived(1).await;
        scene.api.arrived(1).await;
        drop(left);
        let active = "http.protected.downstream_cx_active";
        scene.envoy.wait_for_stat(active, |count| count == 0).await;
        scene.api.release();
        scene.application.release();
        scene.wait_for("revocations.result=revoked", 1).await;
        let next = scene.visit("/account", HOME, "stolen").await;
        assert_eq!(next, "deny session_revoked");
    }
}

#[tokio::test]
async fn a_hundred_sessions_at_one_address_are_one_lookup() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.api.hold();
    let client = Http2::open(scene.envoy.address).await;
    let many = 100;
    let visits = (0..many).map(|number| {
        let client = client.clone();
        let visit = visit("/shop", TOR, &format!("session-{number}"));
        tokio::spawn(async move { client.request(&visit).await.unwrap() })
    });
    let visits: Vec<_> = visits.collect();
    scene.application.arrived(MOST).await;
    scene.api.arrived(1).await;
    scene.api.release();
    let mut passed = 0;
    for visit in visits {
        passed += usize::from(visit.await.unwrap().verdict() == "allow");
    }
    assert_eq!(passed, MOST, "who comes later waits for the answer");
    assert_eq!(scene.asked(TOR), 1);
    scene
        .wait_for("revocations.result=revoked", MOST as u64)
        .await;
    let beyond = (many - MOST) as u64;
    scene.wait_for("revocations.result=too_many", beyond).await;
    assert_eq!(scene.counted("revocations.result=forgotten").await, 0);
    assert_eq!(scene.audited("revoked").len(), MOST);
    drop(client);
    for mut worker in scene.workers().await {
        for session in 0..many {
            let session = format!("session-{session}");
            let next = worker.request(&visit("/account", HOME, &session)).await;
            assert_eq!(next.verdict(), "deny session_revoked", "{session}");
        }
    }
    // And another subnet has as many of its own.
    scene.api.answer_to("11.8.0.1", Answer::ipasis(&["Tor"]));
    scene.revoke("11.8.0.1", "elsewhere").await;
}

#[tokio::test]
async fn concurrent_requests_of_one_session_are_one_revocation() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.api.hold();
    let mut workers = scene.workers().await;
    for worker in &mut workers {
        for _ in 0..20 {
            let passed = worker.request(&visit("/shop", TOR, "mine")).await;
            assert_eq!(passed.verdict(), "allow");
        }
    }
    assert_eq!(scene.asked(TOR), 2, "once in each worker");
    scene.api.release();
    eventually("both answers", async || {
        (scene.lookups().await == 2).then_some(())
    })
    .await;
    scene.wait_for("revocations.result=revoked", 1).await;
    scene.wait_for("revocations.result=known", 1).await;
    assert_eq!(scene.audited("revoked").len(), 1);
    assert_eq!(scene.counted("revocations.result=forgotten").await, 0);
}
