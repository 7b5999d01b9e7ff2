//! One lookup per address is under way, however many requests wait for it and whoever of them leaves.

use serde_json::json;
use std::time::Duration;

use crate::lookups::scene::{configuration, logins, verdicts};
use crate::support::{Answer, Connection, Request, Scene, post};

const ACTIVE: &str = "http.protected.downstream_rq_active";

/// Sends a login, waits until its lookup has arrived at the API, and leaves.
async fn leave_while_it_waits(scene: &Scene, request: &Request) {
    let (lookups, waiting) = (scene.api.count(), scene.envoy.stat(ACTIVE).await);
    let mut connection = Connection::open(scene.envoy.address).await;
    connection.send(&request.to_http1()).await;
    scene.api.arrived(lookups + 1).await;
    drop(connection);
    scene
        .envoy
        .wait_for_stat(ACTIVE, |active| active == waiting)
        .await;
}

#[tokio::test]
async fn two_hundred_requests_of_a_new_address_make_one_call() {
    for stop_iteration in [false, true] {
        let scene = Scene::with(&configuration(json!({})), |config| {
            config.workers(1).stop_iteration(stop_iteration)
        })
        .await;
        scene.api.answer(Answer::ipasis(&["Tor"]));
        scene.api.hold();
        let waiting = logins(&scene, 200, |_| "11.0.0.1".to_owned()).await;
        scene
            .envoy
            .wait_for_stat(ACTIVE, |active| active == 200)
            .await;
        scene.api.release();
        assert_eq!(verdicts(waiting).await, vec!["deny tor"; 200]);
        assert_eq!(scene.api.count(), 1);
        assert_eq!(scene.tally("lookups.result").await, "answer 1");
        assert_eq!(scene.application.count(), 0);
    }
}

#[tokio::test]
async fn two_workers_make_at_most_two_calls_for_a_new_address() {
    let scene = Scene::with(&configuration(json!({})), |config| config.workers(2)).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    scene.api.hold();
    let mut waiting = logins(&scene, 100, |_| "11.0.0.1".to_owned()).await;
    waiting.extend(logins(&scene, 100, |_| "11.0.0.1".to_owned()).await);
    scene
        .envoy
        .wait_for_stat(ACTIVE, |active| active == 200)
        .await;
    scene.api.release();
    assert_eq!(verdicts(waiting).await, vec!["deny tor"; 200]);
    assert_eq!(scene.api.count(), 2, "one for each worker");
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny tor");
    assert_eq!(scene.api.count(), 2);
}

#[tokio::test]
async fn each_waiting_request_gets_the_verdict_of_its_own_address() {
    let scene = Scene::with(&configuration(json!({})), |config| config.workers(2)).await;
    let flags: [&[&str]; 4] = [&["Tor"], &["Hosting"], &["VPN"], &[]];
    let expected = ["deny tor", "deny hosting", "challenge vpn", "allow"];
    let address = |number: usize| format!("11.0.1.{number}");
    for number in 0..100 {
        let answer = Answer::ipasis(flags[number % 4]);
        // They come back in another order than they were asked for.
        let delay = Duration::from_millis((number as u64 * 37) % 100);
        scene.api.answer_to(&address(number), answer.delay(delay));
    }
    let one = logins(&scene, 100, address).await;
    let other = logins(&scene, 100, address).await;
    for waiting in [one, other] {
        for (number, verdict) in verdicts(waiting).await.iter().enumerate() {
            assert_eq!(verdict, expected[number % 4], "{number}");
        }
    }
    assert_eq!(scene.application.count(), 50);
    assert!((100..=200).contains(&scene.api.count()));
}

#[tokio::test]
async fn the_answer_is_kept_when_the_client_that_asked_has_gone() {
    for stop_iteration in [false, true] {
        let scene = Scene::with(&configuration(json!({})), |config| {
            config.workers(1).stop_iteration(stop_iteration)
        })
        .await;
        scene.api.answer(Answer::ipasis(&["Tor"]));
        scene.api.hold();
        leave_while_it_waits(&scene, &post("/login", "11.0.0.1")).await;
        let with_body = post("/login", "11.0.0.2").body("user=alice");
        leave_while_it_waits(&scene, &with_body).await;
        scene.api.release();
        scene
            .wait_until("lookups.result=answer", |count| count == 2)
            .await;
        for address in ["11.0.0.1", "11.0.0.2"] {
            assert_eq!(scene.ask("/login", address).await, "deny tor");
            assert_eq!(scene.asked(address), 1);
        }
        assert_eq!(scene.counted("cache_hits.level=local").await, 2);
        assert_eq!(scene.application.count(), 0);
    }
}

#[tokio::test]
async fn when_many_clients_leave_those_that_stay_get_their_verdict() {
    let scene = Scene::with(&configuration(json!({})), |config| config.workers(2)).await;
    scene.api.answer(Answer::ipasis(&["VPN"]));
    scene.api.hold();
    // Ten addresses, each asked for by four that leave and two that stay, in turn.
    let mut leaving = Vec::new();
    let mut staying = Vec::new();
    for number in 0..60 {
        let mut connection = Connection::open(scene.envoy.address).await;
        let request = post("/login", &format!("11.0.0.{}", number % 10));
        connection.send(&request.to_http1()).await;
        match number % 3 {
            0 => staying.push(connection),
            _ => leaving.push(connection),
        }
    }
    scene
        .envoy
        .wait_for_stat(ACTIVE, |active| active == 60)
        .await;
    drop(leaving);
    scene
        .envoy
        .wait_for_stat(ACTIVE, |active| active == 20)
        .await;
    scene.api.release();
    for mut connection in staying {
        assert_eq!(connection.response("POST").await.verdict(), "challenge vpn");
    }
    let lookups = scene.api.count();
    assert!((10..=20).contains(&lookups), "{lookups}");
    for number in 0..10 {
        assert_eq!(
            scene.ask("/login", &format!("11.0.0.{number}")).await,
            "challenge vpn"
        );
    }
    assert_eq!(scene.api.count(), lookups);
    assert_eq!(scene.counted("host_refused").await, 0);
}

#[tokio::test]
async fn no_more_lookups_are_under_way_than_the_operator_allows() {
    let scene = Scene::single(&configuration(json!({"concurrent_lookups": 2}))).await;
    scene.api.hold();
    let waiting = logins(&scene, 2, |number| format!("11.0.{number}.1")).await;
    scene.api.arrived(2).await;
    assert_eq!(scene.ask("/login", "11.0.0.9").await, "deny unknown");
    scene.api.release();
    assert_eq!(verdicts(waiting).await, ["allow", "allow"]);
    assert_eq!(scene.asked("11.0.0.9"), 0);
    assert_eq!(scene.ask("/login", "11.0.0.9").await, "allow");
    assert_eq!(
        scene.tally("lookups.result").await,
        "answer 3, too_many_lookups 1"
    );
}
