//! Whom else limits count, and what else.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{Answer, Policy, Request, Scene, eventually, failed, form, intelligence};

fn route(name: &str, limits: &[&str]) -> Value {
    json!({ "name": name, "match": { "path": format!("/{name}") }, "limits": limits, "rules": [] })
}

fn get(path: &str, client: &str) -> Request {
    Request::get(format!("/{path}")).client(client)
}

#[tokio::test]
async fn systems_countries_routes_and_combinations_are_counted() {
    let limit = |name: &str, key: &[&str], limit: u32| {
        json!({
            "name": name, "key": key, "limit": limit, "window": "1h",
        })
    };
    let mut policy = Policy::limiting(json!([
        limit("asn", &["asn"], 3),
        limit("country", &["country"], 5),
        limit("route", &["route"], 7),
        limit("pair", &["address", "country"], 2),
    ]));
    policy["geoip"] = json!({ "country": "x-country", "asn": "x-asn" });
    let names = ["asn", "country", "route", "pair"];
    policy["routes"] = names.iter().map(|name| route(name, &[name])).collect();
    let scene = Scene::start(&policy).await;
    let from = |name: &'static str, asn: &'static str, country: &'static str| {
        (0..10).map(move |number| {
            get(name, &format!("11.{number}.0.1"))
                .header("x-asn", asn)
                .header("x-country", country)
        })
    };
    assert_eq!(scene.passing(from("asn", "64500", "US")).await, 3);
    assert_eq!(scene.passing(from("asn", "64501", "US")).await, 3);
    let unknown = (0..10).map(|_| get("asn", "11.0.0.1"));
    assert_eq!(scene.passing(unknown).await, 10, "none is known");
    assert_eq!(scene.passing(from("country", "64500", "US")).await, 5);
    assert_eq!(scene.passing(from("country", "64500", "DE")).await, 5);
    assert_eq!(scene.passing(from("route", "64500", "US")).await, 7);
    let one = |country: &'static str| {
        (0..5).map(move |_| get("pair", "11.0.0.1").header("x-country", country))
    };
    assert_eq!(scene.passing(one("US")).await, 2);
    assert_eq!(scene.passing(one("DE")).await, 2);
}

#[tokio::test]
async fn successes_count_and_limits_follow_connection_types() {
    let mut policy = Policy::limiting(json!([
        { "name": "signups", "key": ["subnet"], "count": "successes", "limit": 2, "window": "1h" },
        {
            "name": "kinds", "key": ["subnet"], "window": "1h",
            "limit": [
                { "when": "tor", "limit": 1 },
                { "when": { "asn_type": ["hosting"] }, "limit": 2 },
                { "limit": 4 },
            ],
        },
        { "name": "only_vpn", "key": ["subnet"], "limit": 1, "window": "1h", "when": "vpn" },
    ]));
    policy["routes"] = json!([
        route("signup", &["signups"]),
        route("kinds", &["kinds"]),
        route("vpn", &["only_vpn"]),
    ]);
    policy["intelligence"] = intelligence();
    let scene = Scene::start(&policy).await;
    let requests =
        |path: &'static str, client: &'static str| (0..6).map(move |_| get(path, client));
    scene.application.answer(failed());
    assert_eq!(scene.passing(requests("signup", "11.0.0.1")).await, 6);
    scene.application.answer(Answer::status(201));
    assert_eq!(scene.passing(requests("signup", "11.0.0.1")).await, 2);
    for (client, flags, most) in [
        ("11.1.0.1", &["Tor"] as &[&str], 1),
        ("11.2.0.1", &["Hosting"], 2),
        ("11.3.0.1", &[], 4),
    ] {
        scene.api.answer_to(client, Answer::ipasis(flags));
        assert_eq!(
            scene.passing(requests("kinds", client)).await,
            most,
            "{client}"
        );
    }
    scene.api.answer_to("11.4.0.1", Answer::ipasis(&["VPN"]));
    assert_eq!(scene.passing(requests("vpn", "11.4.0.1")).await, 1);
    assert_eq!(scene.passing(requests("vpn", "11.3.0.1")).await, 6);
}

#[tokio::test]
async fn several_windows_hold_and_refusals_extend_only_where_told() {
    let mut policy = Policy::limiting(json!([
        { "name": "second", "key": ["subnet"], "limit": 1, "window": "1s" },
        { "name": "hour", "key": ["subnet"], "limit": 2, "window": "1h" },
        { "name": "strict", "key": ["subnet"], "limit": 1, "window": "1s", "block_for": "2s", "count_refused": true },
    ]));
    policy["routes"] = json!([
        route("both", &["second", "hour"]),
        route("strict", &["strict"])
    ]);
    let scene = Scene::start(&policy).await;
    let both = async || scene.send(&get("both", "11.0.0.1")).await;
    assert_eq!(both().await.status, 200);
    assert_eq!(both().await.json()["reason"], "second");
    eventually("the second to end", async || {
        (both().await.status == 200).then_some(())
    })
    .await;
    let hour = eventually("the hour to refuse", async || {
        let refused = both().await.json();
        (refused["reason"] == "hour").then_some(refused)
    })
    .await;
    assert_eq!(hour["reason"], "hour");

    let strict = async || scene.send(&get("strict", "11.0.0.1")).await.status;
    assert_eq!(strict().await, 200);
    let started = Instant::now();
    while started.elapsed().as_millis() < 4_000 {
        assert_eq!(strict().await, 429, "who goes on trying stays out");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_flood_of_accounts_unlocks_nobody_and_takes_no_memory() {
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 2, "window": "1h" },
    ]));
    policy["counters"] = json!({ "memory": "64KiB" });
    let scene = Scene::alone(&policy).await;
    let login = |account: &str| form("/login", "11.0.0.1", &format!("email={account}"));
    let locked = (0..4).map(|_| login("alice"));
    assert_eq!(scene.passing(locked).await, 2);
    // 1,296 counters have place; the first of these fill it.
    let flood = |from: u32, to: u32| (from..to).map(|number| login(&format!("account-{number}")));
    scene.send_all(flood(0, 2_000)).await;
    let before = scene.envoy.allocated_bytes().await;
    scene.send_all(flood(2_000, 6_000)).await;
    let grown = scene.envoy.allocated_bytes().await.saturating_sub(before);
    assert!(grown < 256 << 10, "{grown} bytes");
    let evicted = scene.counted("counter_evictions").await;
    assert!(evicted > 4_000, "{evicted}");
    assert_eq!(scene.login("11.0.0.2", "alice").await.status, 429);
}

#[tokio::test]
async fn a_limit_applies_unless_it_is_known_not_to() {
    let mut policy = Policy::limiting(json!([{
        "name": "strangers", "key": ["address"], "window": "1h", "when": { "not": { "list": "partners" } },
        "limit": [{ "when": "unknown", "limit": 2 }, { "limit": 5 }],
    }]));
    policy["intelligence"] = intelligence();
    policy["lists"] = json!([{ "name": "partners", "asns": [64510] }]);
    policy["routes"] = json!([route("shop", &["strangers"])]);
    let scene = Scene::start(&policy).await;
    let attempts = |client: &'static str| (0..20).map(move |_| get("shop", client));
    assert_eq!(scene.passing(attempts("11.0.0.1")).await, 5);
    scene.api.answer(Answer::status(500));
    assert_eq!(
        scene.passing(attempts("11.0.0.2")).await,
        2,
        "while the API fails"
    );
}
