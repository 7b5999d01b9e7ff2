//! Sessions that somebody makes up.

use serde_json::json;

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{Answer, Connection, HOME, TOR};

const MIB: u64 = 1 << 20;
/// 64 KiB of records.
const RECORDS: u64 = 16 * 66;

/// A visit of each of these made-up sessions, over a few connections at once.
async fn flood(scene: &Scene, numbers: std::ops::Range<u32>) {
    let clients = 8;
    let mut flood = Vec::new();
    for client in 0..clients {
        let mut connection = Connection::open(scene.envoy.address).await;
        let numbers = numbers.clone().skip(client).step_by(clients);
        flood.push(tokio::spawn(async move {
            for number in numbers {
                let session = format!("made-up-{number}");
                let answer = connection.request(&visit("/once", HOME, &session)).await;
                assert_eq!(answer.status, 200);
            }
        }));
    }
    for client in flood {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn a_flood_of_made_up_sessions_revives_no_revoked_one() {
    let policy = policy(&json!({ "session": { "memory": "64KiB" } }));
    let scene = Scene::alone(&policy).await;
    // From three subnets, that many.
    let stolen: Vec<String> = (0..150).map(|number| format!("stolen-{number}")).collect();
    for (number, session) in stolen.iter().enumerate() {
        let address = format!("11.66.{}.1", number / 50);
        scene.api.answer_to(&address, Answer::ipasis(&["Tor"]));
        let first = scene.visit("/shop", &address, session).await;
        assert!(["allow", "deny tor"].contains(&first.as_str()), "{first}");
    }
    scene.wait_for("revocations.result=revoked", 150).await;
    // Until all places are taken, and Envoy has all the buffers that it needs.
    let (warm, all) = (4_000, 16_000);
    flood(&scene, 0..warm).await;
    let before = (
        scene.envoy.allocated_bytes().await,
        scene.envoy.resident_bytes(),
    );
    flood(&scene, warm..all).await;
    let after = (
        scene.envoy.allocated_bytes().await,
        scene.envoy.resident_bytes(),
    );
    // Shared data takes 172 bytes or more for a key: one for each session would be two MiB.
    assert!(after.0 < before.0 + MIB, "{} from {}", after.0, before.0);
    assert!(
        after.1 < before.1 + 4 * MIB,
        "{} from {}",
        after.1,
        before.1
    );

    for mut worker in scene.workers().await {
        for session in &stolen {
            let next = worker.request(&visit("/account", HOME, session)).await;
            assert_eq!(next.verdict(), "deny session_revoked", "{session}");
        }
    }
    let judged = scene.counted("sessions.result=judged").await;
    let evicted = scene.counted("record_evictions").await;
    let given_up = scene.counted("records_given_up").await;
    assert_eq!(judged, u64::from(all));
    let least = judged - RECORDS;
    assert!(
        evicted + given_up >= least,
        "{evicted} + {given_up} of {judged}"
    );
    assert!(given_up < judged / 100, "{given_up} of {judged}");
}

#[tokio::test]
async fn one_bad_subnet_pushes_out_no_revocation_of_others() {
    let policy = policy(&json!({ "session": { "memory": "64KiB" } }));
    let scene = Scene::alone(&policy).await;
    scene.api.answer_to("11.66.0.1", Answer::ipasis(&["Tor"]));
    scene.revoke("11.66.0.1", "stolen").await;
    scene.revoke(TOR, "first").await;
    let mut connection = Connection::open(scene.envoy.address).await;
    for number in 0..3_000 {
        let session = format!("made-up-{number}");
        let refused = connection.request(&visit("/shop", TOR, &session)).await;
        assert_eq!(refused.verdict(), "deny tor");
    }
    assert_eq!(scene.counted("revocations.result=revoked").await, 65);
    assert_eq!(
        scene.counted("revocations.result=too_many").await,
        3_000 - 63
    );
    let next = scene.visit("/account", HOME, "stolen").await;
    assert_eq!(next, "deny session_revoked");
}
