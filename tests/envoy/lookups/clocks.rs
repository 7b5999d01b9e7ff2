//! A wall clock that is set, as by NTP or when a machine resumes, stops nothing for as long as it was set by.

use serde_json::json;

use crate::lookups::scene::configuration;
use crate::support::{Answer, Clock, Connection, Request, Scene, eventually};
use std::time::{Duration, Instant};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_clock_set_back_keeps_no_breaker_open_and_no_answer_fresh() {
    let clock = Clock::new();
    let policy = configuration(json!({
        "breaker": {"failures": 1, "open_for": "2s"},
        "cache": {"failure": "1s"},
    }));
    let scene = Scene::with(&policy, |config| config.workers(1).clock(&clock)).await;
    scene.api.answer_to("11.0.0.1", Answer::ipasis(&["VPN"]));
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "challenge vpn");
    scene.api.answer_to("11.0.0.2", Answer::status(500));
    assert_eq!(scene.ask("/login", "11.0.0.2").await, "deny unknown");
    assert_eq!(scene.counted("breakers_open").await, 1);
    clock.set(-HOUR);
    let set = Instant::now();
    scene.api.answer_to("11.0.0.2", Answer::ipasis(&[]));
    eventually("lookups", async || {
        (scene.ask("/login", "11.0.0.2").await == "allow").then_some(())
    })
    .await;
    assert!(
        set.elapsed() < Duration::from_secs(20),
        "{:?}",
        set.elapsed()
    );
    assert_eq!(scene.counted("breakers_open").await, 0);
    // What was known is from a time that has not come: it is asked for again.
    scene.api.answer_to("11.0.0.1", Answer::ipasis(&[]));
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "allow");
    assert_eq!(scene.asked("11.0.0.1"), 2);
}

#[tokio::test]
async fn a_clock_set_back_lets_no_request_wait_longer_for_its_body() {
    let clock = Clock::new();
    let mut policy = configuration(json!({}));
    policy["identity"] = json!({"account": [{"form": "email"}], "body_timeout": "2s"});
    policy["limits"] = json!([{"name": "account", "key": ["account"], "limit": 9, "window": "1h"}]);
    policy["routes"][0]["limits"] = json!(["account"]);
    let scene = Scene::with(&policy, |config| config.workers(1).clock(&clock)).await;
    let begin = async || {
        let mut connection = Connection::open(scene.envoy.address).await;
        let request = Request::post("/login")
            .client("11.0.0.1")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", "11");
        connection.send(&request.to_http1()).await;
        connection
    };
    // So that it has been looked after the first before.
    let mut first = begin().await;
    scene
        .envoy
        .wait_for_stat("http.protected.downstream_rq_active", |active| active == 1)
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    clock.set(-HOUR);
    let set = Instant::now();
    let mut second = begin().await;
    for connection in [&mut first, &mut second] {
        assert_eq!(connection.response("POST").await.status, 408);
    }
    assert!(
        set.elapsed() < Duration::from_secs(20),
        "{:?}",
        set.elapsed()
    );
}
