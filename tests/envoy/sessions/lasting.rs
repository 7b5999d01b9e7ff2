//! What revocations live through, and who knows of them.

use serde_json::json;

use crate::sessions::scene::{Scene, denying, policy, visit};
use crate::support::{EnvoyConfig, HOME, TOR};

const REVOKED: &str = "deny session_revoked";

#[tokio::test]
async fn a_revocation_survives_updates_and_stays_in_its_plugin() {
    let plain = policy(&json!({}));
    let mut scene = Scene::start(&plain).await;
    scene.revoke(TOR, "stolen").await;
    let updated = denying(plain.clone(), "/first");
    scene.update(&updated).await;
    scene.refuses_at("/first").await;
    for mut worker in scene.workers().await {
        let next = worker.request(&visit("/account", HOME, "stolen")).await;
        assert_eq!(next.verdict(), REVOKED);
    }
    // A plugin of another name shares nothing, not even the answer about the address.
    let updated = denying(plain.clone(), "/second");
    let other = |config: EnvoyConfig| config.named("other");
    scene.update_with(&updated, other).await;
    scene.refuses_at("/second").await;
    for mut worker in scene.workers().await {
        let next = worker.request(&visit("/account", HOME, "stolen")).await;
        assert_eq!(next.verdict(), "allow");
    }
    let updated = denying(plain, "/third");
    scene.update(&updated).await;
    scene.refuses_at("/third").await;
    for mut worker in scene.workers().await {
        let next = worker.request(&visit("/account", HOME, "stolen")).await;
        assert_eq!(next.verdict(), REVOKED);
        let mine = worker.request(&visit("/account", HOME, "mine")).await;
        assert_eq!(mine.verdict(), "allow");
    }
}

#[tokio::test]
async fn more_memory_revives_no_revoked_session() {
    let with_memory = |memory: &str| policy(&json!({ "session": { "memory": memory } }));
    let mut scene = Scene::start(&with_memory("64KiB")).await;
    scene.revoke(TOR, "stolen-0").await;
    let stolen: Vec<String> = (0..30).map(|number| format!("stolen-{number}")).collect();
    for session in &stolen[1..] {
        assert_eq!(scene.visit("/shop", TOR, session).await, "deny tor");
    }
    for (number, memory) in ["1MiB", "16MiB", "64KiB"].into_iter().enumerate() {
        let path = format!("/new-{number}");
        let updated = denying(with_memory(memory), &path);
        scene.update(&updated).await;
        scene.refuses_at(&path).await;
        for mut worker in scene.workers().await {
            for session in &stolen {
                let next = worker.request(&visit("/account", HOME, session)).await;
                assert_eq!(next.verdict(), REVOKED, "{session} with {memory}");
            }
            let mine = worker.request(&visit("/account", HOME, "mine")).await;
            assert_eq!(mine.verdict(), "allow");
        }
    }
}

#[tokio::test]
async fn two_plugins_of_one_proxy_do_not_mix() {
    let scene = Scene::with(&policy(&json!({})), |config| config.again_as("second")).await;
    assert_eq!(scene.visit("/shop", TOR, "stolen").await, "allow");
    // Each has revoked it for itself, and neither has found it revoked.
    scene.wait_for("revocations.result=revoked", 2).await;
    assert_eq!(scene.counted("revocations.result=known").await, 0);
    for mut worker in scene.workers().await {
        let next = worker.request(&visit("/account", HOME, "stolen")).await;
        assert_eq!(next.verdict(), REVOKED);
        let mine = worker.request(&visit("/account", HOME, "mine")).await;
        assert_eq!(mine.verdict(), "allow");
    }
    assert_eq!(scene.counted("host_refused").await, 0);
}
