//! How many logins accounts may see.

use crate::support::{Policy, Scene, login};
use serde_json::json;

#[tokio::test]
async fn three_attempts_an_hour_reach_an_account_from_anywhere() {
    let scene = Scene::start(&Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
    ])))
    .await;
    let attempts = (0..2_000).map(|number| {
        let client = format!("11.{}.{}.{}", number % 7, number / 250, number % 250);
        login(&client, "alice%40example.com")
    });
    let statuses = scene.send_all(attempts).await;
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((scene.application.count(), refused), (3, 1_997));
}

#[tokio::test]
async fn of_two_hundred_concurrent_attempts_exactly_three_pass() {
    let scene = Scene::start(&Policy::limiting(json!([
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
async fn what_network_or_session_limits_refuse_uses_up_no_account() {
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
        { "name": "spray", "key": ["asn"], "count": "distinct(account)", "limit": 1, "window": "1h" },
        { "name": "session", "key": ["session"], "limit": 1, "window": "1h" },
        { "name": "subnet", "key": ["subnet"], "limit": 2, "window": "1h" },
    ]));
    policy["geoip"] = json!({ "asn": "x-asn" });
    policy["identity"]["session"] = json!([{ "cookie": "sid" }]);
    for account in [json!({ "header": "x-user" }), json!({ "form": "email" })] {
        policy["identity"]["account"] = json!([account]);
        let scene = Scene::start(&policy).await;
        let tries = |from: u8, user: &'static str, header: (&'static str, &'static str)| {
            (0..20).map(move |number| {
                login(&format!("11.{from}.{number}.1"), user)
                    .header("x-user", user)
                    .header(header.0, header.1)
            })
        };
        let blocked = (0..20).map(|_| login("11.0.0.1", "alice").header("x-user", "alice"));
        assert_eq!(scene.passing(blocked).await, 2);
        assert_eq!(
            scene.passing(tries(11, "alice", ("x", "y"))).await,
            1,
            "of three"
        );
        assert_eq!(
            scene.passing(tries(12, "bob", ("cookie", "sid=s"))).await,
            1
        );
        assert_eq!(
            scene.passing(tries(13, "bob", ("x", "y"))).await,
            2,
            "of three"
        );
        let accounts = (0..9).map(|number| {
            let user = format!("account-{number}");
            login(&format!("11.2.{number}.1"), &user)
                .header("x-user", &user)
                .header("x-asn", "64500")
        });
        assert!((1..=3).contains(&scene.passing(accounts).await));
        assert_eq!(
            scene.passing(tries(14, "carol", ("x-asn", "64500"))).await,
            0
        );
        assert_eq!(
            scene.passing(tries(15, "carol", ("x", "y"))).await,
            3,
            "of three"
        );
    }
}
