//! One User-Agent all over a network on which there should be many.

use serde_json::{Value, json};

use crate::support::{Answer, Policy, Request, Scene};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 \
    Mobile Safari/537.36";

fn policy(more: Value) -> Policy {
    let uniform = json!({ "when": "agent_uniform", "then": "deny" });
    let hidden = json!({ "when": { "all": ["agent_uniform", "vpn"] }, "then": "deny" });
    Policy::new()
        .api()
        .route("login", json!({ "rules": [uniform] }))
        .route("reset", json!({ "rules": [hidden] }))
        .route("other", json!({ "rules": [] }))
        .with(more)
}

fn carrier() -> Answer {
    Answer::json(&json!({
        "country": "US", "asn": { "ASN": "AS64500", "Type": "mobile" }, "privacy": { "VPN": false },
    }))
}

/// So many requests from a subnet whose three addresses take turns, with as many agents.
fn requests(
    path: &'static str,
    subnet: u8,
    agents: usize,
    many: usize,
) -> impl Iterator<Item = Request> {
    (0..many).map(move |number| {
        let agent = PHONE.replace("130.0", &format!("{}.{number}", 100 + number % agents));
        Request::post(path)
            .client(&format!("11.7.{subnet}.{}", number % 3))
            .header("user-agent", agent)
    })
}

async fn scene(more: Value) -> Scene {
    let scene = Scene::start(&policy(more)).await;
    for subnet in 1..=5 {
        for host in 0..3 {
            scene
                .api
                .answer_to(&format!("11.7.{subnet}.{host}"), carrier());
        }
    }
    scene
}

#[tokio::test]
async fn both_workers_together_find_one_program_on_a_carrier() {
    let scene = scene(json!({})).await;
    let alone = scene.passing(requests("/login", 1, 1, 80)).await;
    assert_eq!(alone, 49, "with the fiftieth request there are enough");
    let people = scene.passing(requests("/login", 2, 12, 80)).await;
    assert_eq!(people, 80);
    let no_carrier = scene.passing(requests("/login", 9, 1, 80)).await;
    assert_eq!(no_carrier, 80);
    assert_eq!(scene.counted("agents.signal=agent_uniform").await, 31);
    let type_of = "refused_connections.type=mobile";
    assert_eq!(scene.counted(type_of).await, 31);
}

#[tokio::test]
async fn concurrent_requests_are_each_counted_once() {
    let scene = scene(json!({})).await;
    let statuses = scene.send_all(requests("/login", 1, 1, 200)).await;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(passed, 49);
    assert_eq!(scene.counted("counts_given_up").await, 0);
}

#[tokio::test]
async fn requests_of_all_routes_that_ask_count_together() {
    let scene = scene(json!({})).await;
    assert_eq!(scene.passing(requests("/other", 1, 1, 60)).await, 60);
    assert_eq!(scene.passing(requests("/login", 1, 1, 10)).await, 10);
    assert_eq!(scene.passing(requests("/reset", 1, 1, 39)).await, 39);
    let before = scene.application.last();
    assert_eq!(
        before.header("x-palisade-signals").as_deref(),
        Some("mobile")
    );
    assert_eq!(
        scene.passing(requests("/reset", 1, 1, 1)).await,
        1,
        "no VPN"
    );
    let told = scene.application.last().header("x-palisade-signals");
    assert_eq!(told.as_deref(), Some("mobile,agent_uniform"));
    assert_eq!(scene.passing(requests("/login", 1, 1, 5)).await, 0);
}

#[tokio::test]
async fn the_operator_says_how_many_are_suspect_and_where() {
    let own = json!({ "agents": { "uniform": { "requests": 10, "agents": 3, "window": "1h", "networks": "all" } } });
    let scene = scene(own).await;
    assert_eq!(scene.passing(requests("/login", 9, 3, 30)).await, 9);
    assert_eq!(scene.passing(requests("/login", 8, 12, 30)).await, 30);
}

#[tokio::test]
async fn where_the_api_fails_nobody_knows_of_a_carrier() {
    let scene = scene(json!({ "intelligence": { "timeout": "500ms" } })).await;
    scene.api.answer(Answer::status(500));
    assert_eq!(scene.passing(requests("/login", 9, 1, 60)).await, 60);
    let slow = carrier().delay(std::time::Duration::from_millis(900));
    for host in 0..3 {
        scene.api.answer_to(&format!("11.7.8.{host}"), slow.clone());
    }
    assert_eq!(scene.passing(requests("/login", 8, 1, 60)).await, 60);
}
