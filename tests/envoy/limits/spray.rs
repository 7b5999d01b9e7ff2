//! How many different accounts, networks, addresses and countries. The sketches have a standard error of 8 to 9 % at
//! these limits, which is what the ranges stand for (four of them, since what collides differs from run to run).

use serde_json::json;

use crate::support::{Policy, Request, Scene, form};

fn policy() -> Policy {
    let policy = Policy::new()
        .account()
        .session()
        .with(json!({ "geoip": { "country": "x-country" } }));
    let limits = [
        ("spray", "subnet", "distinct(account)", 10),
        ("networks", "account", "distinct(subnet)", 5),
        ("addresses", "session", "distinct(address)", 5),
        ("countries", "session", "distinct(country)", 2),
    ];
    limits
        .iter()
        .fold(policy, |policy, (name, key, count, limit)| {
            policy
                .limit(
                    name,
                    json!({ "key": [key], "count": count, "limit": limit }),
                )
                .route(name, json!({ "limits": [name] }))
        })
}

fn about(path: &str, client: &str, account: &str) -> Request {
    form(
        path,
        client,
        &format!("email={account}&password=Winter2026!"),
    )
}

#[tokio::test]
async fn password_spraying_is_stopped_at_one_try_per_account() {
    let scene = Scene::start(&policy()).await;
    let spray = |subnet: u8, accounts: usize| {
        (0..accounts).map(move |number| {
            let client = format!("11.0.{subnet}.{}", number % 250);
            about("/spray", &client, &format!("account-{number}"))
        })
    };
    let passed = scene.passing(spray(1, 200)).await;
    assert!(
        (7..=18).contains(&passed),
        "{passed} accounts of one subnet"
    );
    assert_eq!(scene.passing(spray(2, 5)).await, 5, "another subnet");
    let again = (0..100).map(|number| {
        let account = format!("account-{}", number % 5);
        about("/spray", "11.0.2.1", &account)
    });
    let again = scene.passing(again).await;
    assert_eq!(again, 100, "accounts that were seen before");
}

#[tokio::test]
async fn an_account_or_session_from_many_networks_is_stopped() {
    let scene = Scene::start(&policy()).await;
    let networks = (0..50).map(|number| about("/networks", &format!("11.0.{number}.1"), "alice"));
    let networks = scene.passing(networks).await;
    assert!((3..=9).contains(&networks), "{networks} networks");
    let home = (0..50).map(|number| about("/networks", &format!("11.1.1.{number}"), "bob"));
    assert_eq!(scene.passing(home).await, 50, "one network");

    let from = |path: &str, client: &str, session: &str| {
        Request::get(path)
            .client(client)
            .header("cookie", format!("sid={session}"))
    };
    let addresses = (0..50).map(|number| from("/addresses", &format!("11.0.0.{number}"), "t0ken"));
    let addresses = scene.passing(addresses).await;
    assert!((3..=9).contains(&addresses), "{addresses} addresses");
    let own = (0..50).map(|_| from("/addresses", "11.0.0.1", "own"));
    assert_eq!(scene.passing(own).await, 50, "one address");

    let countries = ["US", "DE", "FR", "JP", "BR", "IN", "NG", "AU", "CA", "SE"];
    let around = |session: &'static str, countries: Vec<&'static str>| {
        countries.into_iter().map(move |country| {
            from("/countries", "11.0.0.1", session).header("x-country", country)
        })
    };
    let passed = scene.passing(around("world", countries.to_vec())).await;
    assert!((2..=4).contains(&passed), "{passed} countries");
    let home = scene.passing(around("home", vec!["US"; 10])).await;
    assert_eq!(home, 10, "one country");
    let nowhere = (0..10).map(|_| from("/countries", "11.0.0.1", "world"));
    assert_eq!(
        scene.passing(nowhere).await,
        10,
        "no country is not counted"
    );
}
