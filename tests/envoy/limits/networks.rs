//! Which addresses a limit counts as one.

use serde_json::{Value, json};

use crate::support::{Policy, Request, Scene, login};

/// Twelve logins, one from each /64 of one /56, and each with an account of its own.
fn site() -> impl Iterator<Item = Request> {
    (0..12).map(|number| {
        login(
            &format!("2600:db8:1:{number:x}::1"),
            &format!("user-{number}"),
        )
    })
}

fn of_subnets(name: &str, more: Value) -> Value {
    let mut limit = json!({ "name": name, "key": ["subnet"], "limit": 3, "window": "1h" });
    for (field, value) in more.as_object().expect("an object") {
        limit[field] = value.clone();
    }
    limit
}

#[tokio::test]
async fn a_limit_with_its_own_prefix_counts_the_whole_site() {
    let scene = Scene::start(&Policy::limiting(json!([of_subnets("plain", json!({}))]))).await;
    assert_eq!(scene.passing(site()).await, 12, "each /64 by itself");
    let own = json!({ "subnet": { "ipv6": 48 } });
    let scene = Scene::start(&Policy::limiting(json!([of_subnets("site", own)]))).await;
    assert_eq!(scene.passing(site()).await, 3);
    let neighbour = login("2600:db8:2::1", "user");
    assert_eq!(scene.passing([neighbour].into_iter()).await, 1);
    let near = (0..5).map(|number| login(&format!("11.0.0.{number}"), "user"));
    assert_eq!(scene.passing(near).await, 3, "IPv4 as everywhere: /24");
}

#[tokio::test]
async fn limits_with_different_prefixes_do_not_share_counters() {
    let scene = Scene::start(&Policy::limiting(json!([
        of_subnets("near", json!({ "limit": 2 })),
        of_subnets(
            "far",
            json!({ "limit": 5, "subnet": { "ipv6": 48, "ipv4": 16 } })
        ),
        of_subnets(
            "spray",
            json!({ "count": "distinct(account)", "limit": 4, "subnet": { "ipv6": 56 } })
        ),
    ])))
    .await;
    let of = |network: &'static str, count: usize| {
        (0..count).map(move |number| login(&format!("2600:db8:{network}::{number:x}"), "one"))
    };
    assert_eq!(scene.passing(of("7:1", 4)).await, 2, "near: two of a /64");
    assert_eq!(scene.passing(of("7:2", 4)).await, 2);
    assert_eq!(scene.passing(of("7:3", 4)).await, 1, "far: five of a /48");
    assert_eq!(scene.passing(of("8:1", 1)).await, 1);
    let spray = (0..12).map(|number| {
        let client = format!("2600:db8:9:{number:x}::1");
        login(&client, &format!("user-{number}"))
    });
    assert_eq!(scene.passing(spray).await, 4, "spray: four of a /56");
}

#[tokio::test]
async fn subnets_are_told_apart_by_the_limits_own_prefix() {
    let travels = |more: Value| {
        let mut limit = json!({
            "name": "networks", "key": ["account"], "count": "distinct(subnet)", "limit": 3, "window": "1h",
        });
        if !more.is_null() {
            limit["subnet"] = more;
        }
        Policy::limiting(json!([limit]))
    };
    let from = |site: bool| {
        (0..12).map(move |number| {
            let client = if site {
                format!("2600:db8:1:{number:x}::1")
            } else {
                format!("2600:db8:{number:x}::1")
            };
            login(&client, "one")
        })
    };
    let scene = Scene::start(&travels(Value::Null)).await;
    assert_eq!(scene.passing(from(true)).await, 3, "each /64 is another");
    let scene = Scene::start(&travels(json!({ "ipv6": 48 }))).await;
    assert_eq!(scene.passing(from(true)).await, 12, "one /48");
    assert_eq!(scene.passing(from(false)).await, 3, "it and two more");
}

#[tokio::test]
async fn one_client_has_one_count_whatever_carries_its_address() {
    let limit = json!({ "name": "subnet", "key": ["subnet"], "limit": 3, "window": "1h" });
    let scene = Scene::start(&Policy::limiting(json!([limit]))).await;
    let clients = [
        "64:ff9b::b01:203",
        "2002:b01:203::1",
        "2002:b01:203:1::1",
        "2002:b01:203:2::1",
        "2001:0:1:1::f4fe:fdfc",
        "2001:0:2:2::f4fe:fdfc",
        "11.1.2.3",
    ];
    let tries = clients.iter().map(|client| login(client, "one"));
    assert_eq!(scene.passing(tries).await, 3);
}
