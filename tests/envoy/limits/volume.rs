//! How many requests networks may send.

use serde_json::json;

use crate::support::{Answer, Policy, Scene, form, login};

#[tokio::test]
async fn fifty_attempts_a_minute_pass_from_one_subnet() {
    let scene = Scene::start(&Policy::limiting(json!([
        { "name": "subnet", "key": ["subnet"], "limit": 50, "window": "1m" },
    ])))
    .await;
    let v4 = |number: usize| login(&format!("11.0.0.{}", number % 250), "a");
    assert_eq!(scene.passing((0..60).map(v4)).await, 50);
    let v6 = |number: usize| login(&format!("2001:db8:0:1:{number:x}::1"), "a");
    assert_eq!(scene.passing((0..60).map(v6)).await, 50);
    let others = ["11.0.1.1", "2001:db8:0:2::1"].map(|client| login(client, "a"));
    assert_eq!(
        scene.passing(others.into_iter()).await,
        2,
        "another network"
    );
    let exceeded = scene
        .counted("limit_hits.route=login.limit=subnet.result=exceeded")
        .await;
    assert_eq!(exceeded, 20);
    let near = scene
        .counted("limit_hits.route=login.limit=subnet.result=near")
        .await;
    assert_eq!(near, 22, "from 80 % on, twice");
}

#[tokio::test]
async fn who_is_refused_is_told_when_to_come_back() {
    let scene = Scene::start(&Policy::limiting(json!([
        { "name": "subnet", "key": ["subnet"], "limit": 1, "window": "1m" },
    ])))
    .await;
    assert_eq!(scene.login("11.0.0.1", "a").await.status, 200);
    let refused = scene.login("11.0.0.2", "b").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["type"], "urn:palisade:limited");
    assert_eq!(refused.json()["reason"], "subnet");
    let policy = refused.header("ratelimit-policy");
    assert_eq!(policy.as_deref(), Some("\"subnet\";q=1;w=60"));
    let after = refused.header("retry-after").expect("retry-after");
    let seconds: u64 = after.parse().expect("a number");
    assert!((50..=70).contains(&seconds), "{seconds}");
    let left = refused.header("ratelimit");
    assert_eq!(left, Some(format!("\"subnet\";r=0;t={seconds}")));
}

#[tokio::test]
async fn risky_addresses_get_five_a_minute_and_clean_ones_sixty() {
    let mut policy = Policy::limiting(json!([
        { "name": "speed", "key": ["address", "route"], "limit": { "clean": 60, "risky": 5 }, "window": "1m" },
    ]));
    policy["intelligence"] =
        json!({ "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" });
    let route = |name: &str| {
        json!({
            "name": name, "match": { "path": format!("/{name}") }, "limits": ["speed"], "rules": [],
        })
    };
    policy["routes"] = json!([route("login"), route("reset")]);
    let scene = Scene::start(&policy).await;
    scene.api.answer_to("11.0.0.66", Answer::ipasis(&["VPN"]));
    scene.api.answer_to("11.0.0.1", Answer::ipasis(&[]));
    for (client, most) in [("11.0.0.66", 5), ("11.0.0.1", 60)] {
        for path in ["/login", "/reset"] {
            let requests = (0..most + 3).map(|_| form(path, client, ""));
            assert_eq!(scene.passing(requests).await, most, "{client} {path}");
        }
    }
}
