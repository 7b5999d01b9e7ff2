//! How many logins accounts may see.

use serde_json::json;

use crate::scene::{Scene, login, policy};

#[tokio::test]
async fn three_attempts_an_hour_reach_an_account_from_ten_thousand_addresses() {
    let scene = Scene::start(&policy(&json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
    ])))
    .await;
    let attempts = (0..10_000).map(|number| {
        let client = format!("11.{}.{}.{}", number % 7, number / 250, number % 250);
        login(&client, "alice%40example.com")
    });
    let statuses = scene.send_all(attempts).await;
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((scene.application.count(), refused), (3, 9_997));
}

#[tokio::test]
async fn two_hundred_concurrent_attempts_at_one_account_let_exactly_three_through_every_time() {
    let scene = Scene::start(&policy(&json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
    ])))
    .await;
    for round in 0..10 {
        scene.application.forget();
        let account = format!("account-{round}");
        let all = (0..200).map(|number| {
            let client = format!("11.0.{round}.{number}");
            let (scene, account) = (&scene, &account);
            async move { scene.login(&client, account).await.status }
        });
        let statuses = all_at_once(all).await;
        assert_eq!(scene.application.count(), 3, "round {round}: {statuses:?}");
    }
    assert_eq!(scene.counted("counts_given_up").await, 0);
}

/// Runs them all at once.
async fn all_at_once<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(move |context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        match running.is_empty() {
            true => std::task::Poll::Ready(std::mem::take(&mut done)),
            false => std::task::Poll::Pending,
        }
    })
    .await
}
