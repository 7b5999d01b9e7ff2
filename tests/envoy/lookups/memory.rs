//! Nothing that clients send makes it grow.

use palisade::intelligence::cache::Record;
use serde_json::json;

use crate::lookups::scene::configuration;
use crate::support::{Answer, Connection, Scene, post};

/// The number of places of each level.
const ENTRIES: u64 = 1_024;
/// A table in shared memory is whole values, each of so many places.
const WAYS: u64 = Record::WAYS as u64;
const MIB: u64 = 1 << 20;

/// The n-th address, IPv4 and IPv6 in turn, each with a network of its own.
fn address(number: u32) -> String {
    if number.is_multiple_of(2) {
        format!(
            "11.{}.{}.{}",
            number >> 16,
            (number >> 8) & 0xff,
            number & 0xff
        )
    } else {
        format!("2600:db00:{:x}:{:x}::1", number >> 16, number & 0xffff)
    }
}

/// Logins from these addresses, over a few connections at once.
async fn flood(scene: &Scene, numbers: std::ops::Range<u32>) {
    let clients = 8;
    let mut flood = Vec::new();
    for client in 0..clients {
        let mut connection = Connection::open(scene.envoy.address).await;
        let numbers = numbers.clone().skip(client).step_by(clients);
        flood.push(tokio::spawn(async move {
            for number in numbers {
                let response = connection.request(&post("/login", &address(number))).await;
                assert_eq!(response.status, 200);
            }
        }));
    }
    for client in flood {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn a_flood_of_addresses_neither_grows_it_nor_evicts_regulars() {
    let small = configuration(json!({"cache": {"entries": ENTRIES}}));
    let scene = Scene::with(&small, |config| config.workers(2).alone()).await;
    scene.api.answer_to("12.0.0.1", Answer::ipasis(&["Tor"]));
    let mut regular = scene.workers().await;
    let mut regular_is_known = async || {
        for connection in &mut regular {
            for _ in 0..2 {
                let response = connection.request(&post("/login", "12.0.0.1")).await;
                assert_eq!(response.verdict(), "deny tor");
            }
        }
    };
    // Until all places are taken, and Envoy has all the buffers that it needs.
    let (warm, all) = (3_000, 11_000);
    let mut number = 0;
    let mut before = (0, 0);
    while number < all {
        regular_is_known().await;
        flood(&scene, number..number + 500).await;
        number += 500;
        if number == warm {
            scene.api.forget();
            before = (
                scene.envoy.allocated_bytes().await,
                scene.envoy.resident_bytes(),
            );
        }
    }
    regular_is_known().await;
    assert_eq!(scene.asked("12.0.0.1"), 0, "asked for once, at the start");

    let after = (
        scene.envoy.allocated_bytes().await,
        scene.envoy.resident_bytes(),
    );
    // Shared data takes 172 bytes or more for a key: one for each address would be more than a MiB.
    assert!(
        after.0 < before.0 + MIB,
        "allocated: {} from {}",
        after.0,
        before.0
    );
    assert!(
        after.1 < before.1 + 4 * MIB,
        "resident: {} from {}",
        after.1,
        before.1
    );

    let lookups = scene.counted("lookups.result=answer").await;
    assert!(
        (u64::from(all) + 1..=u64::from(all) + 2).contains(&lookups),
        "{lookups}"
    );
    // What was learnt is kept, in both levels, until it has to go.
    for (level, most) in [
        ("local", 2 * ENTRIES),
        ("shared", ENTRIES.next_multiple_of(WAYS)),
    ] {
        let evicted = scene
            .counted(&format!("cache_evictions.level={level}"))
            .await;
        let least = lookups - most;
        assert!(
            (least..least + most).contains(&evicted),
            "{level}: {evicted}"
        );
    }
    assert_eq!(scene.counted("shared_writes_given_up").await, 0);
}
