//! Counting while everybody writes at once.

use crate::support::{Policy, Scene, login};
use serde_json::{Value, json};

/// So many requests at once, of one subnet.
const MANY: u32 = 4_000;

#[tokio::test]
async fn no_count_is_lost_while_two_workers_write_to_one_place() {
    let limits: Vec<Value> = ["one", "two"]
        .map(|name| json!({
            "name": name, "key": ["subnet"], "limit": MANY + 1, "window": "1h", "on_uncounted": "refuse",
        }))
        .into();
    let scene = Scene::start(&Policy::limiting(json!(limits))).await;
    let requests = (0..MANY).map(|number| login(&format!("11.0.0.{}", number % 250), "a"));
    let statuses = scene.send_all(requests).await;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    let given_up = scene.counted("counts_given_up").await;
    assert_eq!(passed as u64, u64::from(MANY) - given_up);
    for _ in 0..=given_up {
        assert_eq!(scene.login("11.0.0.1", "a").await.status, 200, "one more");
    }
    assert_eq!(
        scene.login("11.0.0.1", "a").await.status,
        429,
        "and no other"
    );
    assert_eq!(scene.counted("counts_given_up").await, given_up);
    assert_eq!(scene.counted("counter_evictions").await, 0);
}

#[tokio::test]
async fn hundreds_of_networks_and_addresses_each_have_their_counter() {
    let scene = Scene::start(&Policy::limiting(json!([
        { "name": "here", "key": ["account", "subnet"], "limit": 2, "window": "1h" },
        { "name": "address", "key": ["address"], "limit": 2, "window": "1h" },
    ])))
    .await;
    let networks = (0..800).map(|number| login(&format!("11.1.{}.1", number % 200), "alice"));
    assert_eq!(scene.passing(networks).await, 400);
    let addresses = (0..800).map(|number| {
        let address = number % 200;
        login(&format!("11.2.0.{address}"), &format!("account-{number}"))
    });
    assert_eq!(scene.passing(addresses).await, 400);
    assert_eq!(scene.counted("counter_evictions").await, 0);
}
