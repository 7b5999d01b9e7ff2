//! When the API is not asked: breaker, quota and budget. And when its answers change their form.

use serde_json::json;
use std::time::{Duration, Instant};

use crate::lookups::scene::{configuration, logins, verdicts};
use crate::support::{Answer, Scene, eventually, post};

const OPENED: &str = "the intelligence API is not asked for a while";
const CLOSED: &str = "the intelligence API answers again";
const DRIFTED: &str = "the intelligence API answered 200 with none of the fields";

fn lines(scene: &Scene, words: &str) -> usize {
    scene
        .envoy
        .log()
        .lines()
        .filter(|line| line.contains(words))
        .count()
}

/// Logs in from one new address after the other until the API is asked again; what became of that login.
async fn next_try(scene: &Scene, addresses: &mut std::ops::RangeFrom<u8>) -> String {
    let before = scene.api.count();
    eventually("the API to be asked again", async || {
        let verdict = scene
            .ask("/login", &format!("11.0.1.{}", addresses.next()?))
            .await;
        (scene.api.count() > before).then_some(verdict)
    })
    .await
}

#[tokio::test]
async fn after_many_failures_the_api_rests_until_one_try_succeeds() {
    let breaker = json!({"breaker": {"failures": 3, "open_for": "1s", "longest": "1s"}});
    let scene = Scene::single(&configuration(breaker)).await;
    assert_eq!(scene.ask("/login", "11.0.0.99").await, "allow");
    scene.api.answer(Answer::status(500));
    for failed in 1..=2 {
        let address = format!("11.0.0.{failed}");
        assert_eq!(scene.ask("/login", &address).await, "deny unknown");
    }
    assert_eq!(scene.counted("breakers_open").await, 0);
    assert_eq!(scene.ask("/login", "11.0.0.3").await, "deny unknown");
    let opened = Instant::now();
    assert_eq!(scene.counted("breakers_open").await, 1);
    assert_eq!(
        scene.ask("/login", "11.0.0.99").await,
        "allow",
        "what is kept is used"
    );
    scene.envoy.wait_for_log(OPENED).await;

    let mut addresses = 1..;
    assert_eq!(next_try(&scene, &mut addresses).await, "deny unknown");
    assert!(opened.elapsed() > Duration::from_millis(900));
    assert_eq!(scene.counted("breakers_open").await, 1, "the try failed");
    scene.api.answer(Answer::ipasis(&["Tor"]));
    assert_eq!(next_try(&scene, &mut addresses).await, "deny tor");
    assert!(opened.elapsed() > Duration::from_millis(1_900));
    assert_eq!(scene.counted("breakers_open").await, 0);
    assert_eq!(scene.ask("/login", "11.0.0.4").await, "deny tor");

    assert_eq!(scene.counted("lookups.result=server_error").await, 4);
    assert!(scene.counted("lookups.result=breaker_open").await > 0);
    scene.envoy.wait_for_log(CLOSED).await;
    assert_eq!((lines(&scene, OPENED), lines(&scene, CLOSED)), (1, 1));
}

#[tokio::test]
async fn each_worker_has_a_breaker_and_the_gauge_counts_open_ones() {
    let breaker = json!({"breaker": {"failures": 1, "open_for": "1h", "longest": "1h"}});
    let scene = Scene::with(&configuration(breaker), |config| config.workers(2)).await;
    scene.api.answer(Answer::status(503));
    let mut address = 0;
    for (worker, mut connection) in scene.workers().await.into_iter().enumerate() {
        for _ in 0..3 {
            address += 1;
            let login = post("/login", &format!("11.0.0.{address}"));
            assert_eq!(connection.request(&login).await.verdict(), "deny unknown");
        }
        assert_eq!(scene.counted("breakers_open").await, worker as u64 + 1);
        assert_eq!(scene.api.count(), worker + 1);
    }
    assert_eq!(
        scene.tally("lookups.result").await,
        "breaker_open 4, unavailable 2"
    );
}

#[tokio::test]
async fn a_spent_quota_stops_calls_for_as_long_as_the_api_says() {
    let short = json!({"breaker": {"failures": 1000, "open_for": "100ms", "longest": "100ms"}});
    for (status, reason) in [(429, "rate_limited"), (402, "payment_required")] {
        let scene = Scene::single(&configuration(short.clone())).await;
        scene.api.answer_to("11.0.0.1", Answer::status(status));
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny unknown");
        assert_eq!(scene.counted("breakers_open").await, 1);
        assert_eq!(
            next_try(&scene, &mut (1..)).await,
            "allow",
            "it did not say how long"
        );
        assert_eq!(scene.counted("breakers_open").await, 0);

        let in_an_hour = Answer::status(status).header("retry-after", "3600");
        scene.api.answer_to("11.0.0.2", in_an_hour);
        assert_eq!(scene.ask("/login", "11.0.0.2").await, "deny unknown");
        // Longer than it would stay open by itself.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(scene.ask("/login", "11.0.0.3").await, "deny unknown");
        assert_eq!((scene.asked("11.0.0.3"), scene.api.count()), (0, 3));
        assert_eq!(scene.counted("breakers_open").await, 1);
        assert_eq!(scene.counted(&format!("lookups.result={reason}")).await, 2);
    }
}

#[tokio::test]
async fn one_odd_address_does_not_close_the_api_to_all_others() {
    let scene = Scene::single(&configuration(json!({"breaker": {"failures": 1}}))).await;
    for (number, odd) in [
        Answer::status(400),
        Answer::status(404),
        Answer::status(200).body("{}"),
        Answer::json(&json!({"privacy": {"VPN": true}, "padding": "x".repeat(70_000)})),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("11.0.0.{number}");
        scene.api.answer_to(&address, odd);
        assert_eq!(scene.ask("/login", &address).await, "deny unknown");
    }
    assert_eq!(
        scene.tally("lookups.result").await,
        "bad_request 1, nothing 1, schema_drift 1, too_large 1"
    );
    assert_eq!(scene.counted("breakers_open").await, 0);
    assert_eq!(scene.ask("/login", "11.0.0.9").await, "allow");
}

#[tokio::test]
async fn two_workers_spend_exactly_the_budget_of_the_day() {
    // On a loaded machine some answers may be late; that must not open the breaker.
    let breaker = json!({"failures": 1_000_000});
    let budget = json!({"daily_budget": 400, "concurrent_lookups": 1000, "breaker": breaker});
    let scene = Scene::with(&configuration(budget), |config| config.workers(2)).await;
    // Each connection is served by another worker, and both spend at the same time.
    let address = |half: u8, number: usize| format!("11.{half}.{}.{}", number % 200, number / 200);
    let one = logins(&scene, 600, |number| address(1, number)).await;
    let other = logins(&scene, 600, |number| address(2, number)).await;
    for waiting in [one, other] {
        let verdicts = verdicts(waiting).await;
        let allowed = verdicts.iter().filter(|verdict| *verdict == "allow");
        assert!(allowed.count() > 0, "both took part");
    }
    let spent = scene.counted("lookups.result=budget_exhausted").await;
    let over_share = scene.counted("lookups.result=over_share").await;
    assert_eq!(spent + over_share, 800);
    assert_eq!(scene.ask("/login", "11.3.0.1").await, "deny unknown");
    // Of the 400 others, a loaded machine may not send all in time.
    assert!(scene.api.count() <= 400);
}

#[tokio::test]
async fn an_answer_in_another_form_is_counted_and_warned_of_once() {
    let scene = Scene::with(&configuration(json!({})), |config| config.workers(2)).await;
    scene
        .api
        .answer(Answer::json(&json!({"result": {"address_is_a_vpn": true}})));
    let mut address = 0;
    for mut connection in scene.workers().await {
        for _ in 0..3 {
            address += 1;
            let login = post("/login", &format!("11.0.0.{address}"));
            assert_eq!(connection.request(&login).await.verdict(), "deny unknown");
        }
    }
    assert_eq!(scene.counted("schema_drift").await, 6);
    assert_eq!(scene.tally("lookups.result").await, "schema_drift 6");
    scene.envoy.wait_for_log(DRIFTED).await;
    assert_eq!(lines(&scene, DRIFTED), 2);
    assert_eq!(scene.counted("breakers_open").await, 0);
}
