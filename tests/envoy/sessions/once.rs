//! Sessions that are looked up once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{Answer, Clock, Connection, HOME, TOR};

/// How long the cache of addresses remembers.
const CACHED: Duration = Duration::from_secs(1);

/// Addresses are forgotten after a second, what is kept with sessions after a minute.
fn forgetful() -> Value {
    let mut policy = policy(&json!({ "session": { "max_age": "1m" } }));
    policy["intelligence"]["cache"] = json!({
        "flags": "1s", "network": "1s", "negative": "1s", "failure": "1s",
        "stale_while_revalidate": "0s", "stale_if_error": "0s",
    });
    policy
}

/// Waits until the cache has forgotten every address: seconds are counted, so that up to two may pass.
async fn forgotten() {
    tokio::time::sleep(CACHED * 2 + Duration::from_millis(100)).await;
}

async fn ask(worker: &mut Connection, address: &str, session: &str) -> String {
    worker
        .request(&visit("/once", address, session))
        .await
        .verdict()
}

#[tokio::test]
async fn the_first_result_of_a_session_is_kept_for_all_workers() {
    let scene = Scene::start(&forgetful()).await;
    let mut workers = scene.workers().await;
    assert_eq!(ask(&mut workers[0], HOME, "mine").await, "allow");
    assert_eq!(scene.asked(HOME), 1);
    forgotten().await;
    // An API that has gone is not missed.
    scene.api.hold();
    for worker in &mut workers {
        for _ in 0..3 {
            assert_eq!(ask(worker, HOME, "mine").await, "allow");
        }
    }
    scene.api.release();
    assert_eq!(scene.asked(HOME), 1);
    assert_eq!(scene.counted("sessions.result=known").await, 6);
    assert_eq!(scene.counted("sessions.result=judged").await, 1);

    // Another session, none at all, and the same one from elsewhere are asked for.
    assert_eq!(ask(&mut workers[0], HOME, "other").await, "allow");
    assert_eq!(scene.asked(HOME), 2);
    forgotten().await;
    assert_eq!(ask(&mut workers[1], HOME, "").await, "allow");
    assert_eq!(scene.asked(HOME), 3);
    assert_eq!(ask(&mut workers[1], "11.0.9.2", "mine").await, "allow");
    assert_eq!(scene.asked("11.0.9.2"), 1);
    forgotten().await;
    assert_eq!(ask(&mut workers[0], "11.0.9.2", "mine").await, "allow");
    assert_eq!(scene.asked("11.0.9.2"), 1);
    // Of IPv6 the /64 counts.
    for (address, asked) in [
        ("2600:db00::1", 1),
        ("2600:db00::2", 0),
        ("2600:db00:0:1::1", 1),
    ] {
        forgotten().await;
        assert_eq!(ask(&mut workers[1], address, "six").await, "allow");
        assert_eq!(scene.asked(address), asked, "{address}");
    }
}

#[tokio::test]
async fn no_session_makes_an_address_any_better() {
    let scene = Scene::start(&forgetful()).await;
    let mut workers = scene.workers().await;
    assert_eq!(ask(&mut workers[0], HOME, "clean").await, "allow");
    for worker in &mut workers {
        assert_eq!(ask(worker, TOR, "clean").await, "deny tor");
    }
    assert_eq!(scene.asked(TOR), 1, "the answer is in the cache");
    forgotten().await;
    // What was found out about the bad address is kept as well, and the session is not worse at home for it.
    assert_eq!(ask(&mut workers[1], TOR, "clean").await, "deny tor");
    assert_eq!(scene.asked(TOR), 1);
    for worker in &mut workers {
        assert_eq!(ask(worker, HOME, "clean").await, "allow");
    }
    // Nor do several sessions, of which one is clean.
    let both = visit("/once", TOR, "clean; sid=made-up");
    assert_eq!(workers[0].request(&both).await.verdict(), "deny tor");
    assert_eq!(scene.counted("revocations.result=revoked").await, 0);
}

#[tokio::test]
async fn a_failed_lookup_is_not_kept_and_an_old_one_asked_again() {
    let clock = Clock::new();
    let scene = Scene::with(&forgetful(), |config| config.clock(&clock)).await;
    let mut workers = scene.workers().await;
    scene.api.answer_to("11.2.0.1", Answer::status(500));
    assert_eq!(ask(&mut workers[0], "11.2.0.1", "unlucky").await, "allow");
    clock.set(3);
    scene.api.answer_to("11.2.0.1", Answer::ipasis(&["Tor"]));
    let answered = ask(&mut workers[1], "11.2.0.1", "unlucky").await;
    assert_eq!(answered, "deny tor");

    let started = Instant::now();
    assert_eq!(ask(&mut workers[0], HOME, "old").await, "allow");
    scene.api.answer_to(HOME, Answer::ipasis(&["Tor"]));
    clock.set(3 + 40);
    let kept = ask(&mut workers[1], HOME, "old").await;
    let is_soon = started.elapsed() < Duration::from_secs(19);
    assert!(kept == "allow" || !is_soon, "max_age is 1m");
    clock.set(3 + 62);
    assert_eq!(ask(&mut workers[1], HOME, "old").await, "deny tor");
    assert_eq!(scene.asked(HOME), 2);
}
