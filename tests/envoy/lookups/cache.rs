//! What was answered once is not asked for again, for as long as it may be believed.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::lookups::scene::configuration;
use crate::support::{Answer, Scene, eventually, post};

/// Lifetimes as short as they can be, and none beyond them; `more` changes that.
fn short_lived(more: Value) -> Value {
    let mut cache = json!({
        "flags": "1s", "network": "1s", "negative": "1s", "failure": "1s",
        "stale_while_revalidate": "0s", "stale_if_error": "0s",
    });
    for (name, value) in more.as_object().unwrap() {
        cache[name] = value.clone();
    }
    configuration(json!({"cache": cache}))
}

#[tokio::test]
async fn a_second_request_of_an_address_makes_no_call() {
    let scene = Scene::single(&configuration(json!({}))).await;
    scene.api.answer_to("11.0.0.2", Answer::ipasis(&["Tor"]));
    for _ in 0..3 {
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "allow");
        assert_eq!(scene.ask("/login", "11.0.0.2").await, "deny tor");
    }
    assert_eq!((scene.asked("11.0.0.1"), scene.asked("11.0.0.2")), (1, 1));
    assert_eq!(scene.counted("cache_misses").await, 2);
    assert_eq!(scene.counted("cache_hits.level=local").await, 4);
    assert_eq!(scene.tally("lookups.result").await, "answer 2");
}

#[tokio::test]
async fn what_one_worker_has_learnt_the_other_finds_in_shared_memory() {
    let scene = Scene::with(&configuration(json!({})), |config| config.workers(2)).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    let [mut one, mut other] = scene.workers().await;
    let login = post("/login", "11.0.0.1");
    for connection in [&mut one, &mut other] {
        assert_eq!(connection.request(&login).await.verdict(), "deny tor");
    }
    assert_eq!(scene.counted("cache_hits.level=shared").await, 1);
    for connection in [&mut one, &mut other] {
        assert_eq!(connection.request(&login).await.verdict(), "deny tor");
    }
    assert_eq!(scene.counted("cache_hits.level=shared").await, 1);
    assert_eq!(scene.counted("cache_hits.level=local").await, 2);
    assert_eq!(scene.asked("11.0.0.1"), 1);
}

#[tokio::test]
async fn addresses_of_one_prefix_share_a_lookup() {
    let mut scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    for address in [
        "2600:db00:0:1::1",
        "2600:db00:0:1:ffff::2",
        "2600:db00:0:2::1",
    ] {
        assert_eq!(scene.ask("/login", address).await, "deny tor");
    }
    for address in ["11.0.0.1", "11.0.0.2"] {
        assert_eq!(scene.ask("/login", address).await, "deny tor");
    }
    let targets = |scene: &Scene| -> Vec<String> {
        let requests = scene.api.requests();
        let ip = |target: &str| target.rsplit('=').next().unwrap().to_owned();
        requests.iter().map(|each| ip(&each.target)).collect()
    };
    let asked = [
        "2600%3Adb00%3A0%3A1%3A%3A1",
        "2600%3Adb00%3A0%3A2%3A%3A1",
        "11.0.0.1",
        "11.0.0.2",
    ];
    assert_eq!(targets(&scene), asked);

    let mut wider = configuration(json!({"cache": {"ipv4_prefix": 24, "ipv6_prefix": 48}}));
    wider["routes"][0]["match"]["path"] = "/wider".into();
    scene.protect(&wider, "/wider").await;
    scene.api.forget();
    for address in [
        "2600:db00:0:1::1",
        "2600:db00:0:2::1",
        "11.0.0.1",
        "11.0.0.2",
        "11.0.1.1",
    ] {
        assert_eq!(scene.ask("/wider", address).await, "deny tor");
    }
    assert_eq!(
        targets(&scene),
        ["2600%3Adb00%3A0%3A1%3A%3A1", "11.0.0.1", "11.0.1.1"]
    );
}

#[tokio::test]
async fn an_address_is_asked_for_again_when_its_answer_has_expired() {
    let scene = Scene::single(&short_lived(json!({}))).await;
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "allow");
    scene.api.answer(Answer::ipasis(&["Tor"]));
    eventually("the new answer", async || {
        (scene.ask("/login", "11.0.0.1").await == "deny tor").then_some(())
    })
    .await;
    assert_eq!(scene.asked("11.0.0.1"), 2);
    assert_eq!(scene.counted("cache_stale_hits.level=local").await, 0);
}

#[tokio::test]
async fn flags_and_network_facts_expire_each_in_their_own_time() {
    let mut configuration = short_lived(json!({"network": "24h"}));
    configuration["routes"][0]["rules"] = json!([
        {"when": {"asn": [64500]}, "then": "deny", "reason": "network"}
    ]);
    configuration["routes"][0]["on_unknown"] = "challenge".into();
    let scene = Scene::single(&configuration).await;
    // The stand-in says AS64500 of every address, and no flag that holds.
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny network");
    scene.api.answer(Answer::status(500));
    eventually("the flags to expire", async || {
        scene.ask("/login", "11.0.0.1").await;
        (scene.asked("11.0.0.1") > 1).then_some(())
    })
    .await;
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny network");
    assert_eq!(scene.ask("/login", "11.0.0.2").await, "challenge unknown");
}

#[tokio::test]
async fn a_stale_answer_serves_while_the_api_is_asked_behind_it() {
    let scene = Scene::single(&short_lived(json!({"stale_while_revalidate": "1h"}))).await;
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "allow");
    scene.api.answer(Answer::ipasis(&["Tor"]));
    scene.api.hold();
    eventually("the answer to become stale", async || {
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "allow");
        (scene.asked("11.0.0.1") == 2).then_some(())
    })
    .await;
    let stale = scene.counted("cache_stale_hits.level=local").await;
    assert_eq!(
        scene.ask("/login", "11.0.0.1").await,
        "allow",
        "nothing waits"
    );
    assert!(stale >= 1 && scene.counted("cache_stale_hits.level=local").await == stale + 1);
    assert_eq!(scene.asked("11.0.0.1"), 2, "one refresh is under way");

    scene.api.release();
    eventually("the refreshed answer", async || {
        (scene.ask("/login", "11.0.0.1").await == "deny tor").then_some(())
    })
    .await;
    assert_eq!(
        scene.envoy.stat("http.protected.downstream_rq_4xx").await,
        1
    );
}

#[tokio::test]
async fn an_expired_answer_serves_a_while_when_the_api_fails() {
    let mut configuration = short_lived(json!({"stale_if_error": "4s"}));
    configuration["intelligence"]["breaker"] = json!({"failures": 1000});
    let scene = Scene::single(&configuration).await;
    scene.api.answer_to("11.0.0.1", Answer::ipasis(&["VPN"]));
    let started = Instant::now();
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "challenge vpn");
    scene.api.answer_to("11.0.0.1", Answer::status(500));
    eventually("the API to fail", async || {
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "challenge vpn");
        (scene.counted("lookups.result=server_error").await > 0).then_some(())
    })
    .await;
    assert!(scene.counted("cache_stale_on_error").await > 0);
    eventually("the answer to become too old", async || {
        (scene.ask("/login", "11.0.0.1").await == "deny unknown").then_some(())
    })
    .await;
    let lifetime = started.elapsed();
    let expected = Duration::from_secs(3)..Duration::from_secs(15);
    assert!(expected.contains(&lifetime), "{lifetime:?}");
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_kept_for_its_own_shorter_time() {
    let scene = Scene::single(&short_lived(json!({"flags": "1h", "network": "1h"}))).await;
    scene.api.answer_to("11.0.0.1", Answer::status(404));
    assert_eq!(scene.ask("/login", "11.0.0.2").await, "allow");
    let mut requests = 0;
    eventually("the address to be asked for again", async || {
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny unknown");
        requests += 1;
        (scene.asked("11.0.0.1") == 3).then_some(())
    })
    .await;
    assert!(requests > 6, "{requests} requests, three of which asked");
    assert_eq!(scene.ask("/login", "11.0.0.2").await, "allow");
    assert_eq!(scene.asked("11.0.0.2"), 1);
    assert_eq!(scene.tally("lookups.result").await, "answer 1, nothing 3");
}

#[tokio::test]
async fn a_failure_is_remembered_briefly_on_all_workers() {
    let mut configuration = short_lived(json!({"flags": "1h", "network": "1h", "failure": "1s"}));
    configuration["intelligence"]["breaker"] = json!({"failures": 1000});
    let scene = Scene::with(&configuration, |config| config.workers(2)).await;
    scene.api.answer(Answer::status(500));
    let [mut one, mut other] = scene.workers().await;
    let login = post("/login", "11.0.0.1");
    let mut requests = 0;
    let started = Instant::now();
    while scene.api.count() < 4 {
        for connection in [&mut one, &mut other] {
            assert_eq!(connection.request(&login).await.verdict(), "deny unknown");
            requests += 1;
        }
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    assert!(requests > 12, "{requests} requests, four of which asked");
    assert!(started.elapsed() > Duration::from_secs(2), "one a second");

    scene.api.answer(Answer::ipasis(&["Tor"]));
    eventually("the API to be asked again", async || {
        (scene.ask("/login", "11.0.0.1").await == "deny tor").then_some(())
    })
    .await;
}
