//! How many logins accounts may see.

use serde_json::json;

use crate::scene::{Scene, login, policy};
use crate::support::Answer;

#[tokio::test]
async fn three_attempts_an_hour_reach_an_account_from_ten_thousand_addresses() {
    let scene = Scene::start(&policy(&json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
    ])))
    .await;
    let mut connections = Vec::new();
    for _ in 0..8 {
        connections.push(scene.connection().await);
    }
    let mut refused = 0;
    for number in 0..10_000_usize {
        let client = format!("11.{}.{}.{}", number % 7, number / 250, number % 250);
        let connection = &mut connections[number % 8];
        let response = connection
            .request(&login(&client, "alice%40example.com"))
            .await;
        refused += usize::from(response.status == 429);
    }
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

#[tokio::test]
async fn failures_are_counted_by_status_by_redirect_and_by_an_error_page() {
    for (failure, answer) in [
        (json!({ "status": [401] }), Answer::status(401)),
        (
            json!({ "header": [{ "name": "location", "contains": "error" }] }),
            Answer::status(302).header("location", "/login?error"),
        ),
        (
            json!({ "body": [{ "contains": "Wrong password" }] }),
            Answer::status(200).body("<html><body><h1>Wrong password</h1>"),
        ),
        (
            json!({ "body": [{ "json": "/ok", "equals": false }] }),
            Answer::json(&json!({ "ok": false })),
        ),
    ] {
        for flag in [false, true] {
            let mut policy = policy(&json!([
                { "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
            ]));
            policy["routes"][0]["failure"] = failure.clone();
            let scene = Scene::with(&policy, |config| config.stop_iteration(flag)).await;
            let successes = (0..5).map(|_| login("11.0.0.1", "alice"));
            assert_eq!(scene.passing(successes).await, 5, "{failure}");
            scene.application.answer(answer.clone());
            let failures = (0..5).map(|_| login("11.0.0.1", "alice"));
            assert_eq!(scene.passing(failures).await, 3, "{failure}");
            let others = (0..1).map(|_| login("11.0.0.1", "bob"));
            assert_eq!(scene.passing(others).await, 1, "{failure}");
            assert_eq!(scene.counted("logins.route=login.result=failure").await, 4);
            assert_eq!(scene.counted("logins.route=login.result=success").await, 5);
        }
    }
}
