//! Monitor mode: everything is computed, counted and annotated, and nothing is refused.

use serde_json::json;

use crate::requests::{HOME, HOSTING, PRIVATE, Scene, TOR, VPN, from, login, policy};
use crate::support::{Received, Request};

/// The verdict, what would have happened, and why.
fn told(seen: &Received) -> [Option<String>; 3] {
    ["verdict", "monitored", "reason"].map(|name| seen.header(&format!("x-palisade-{name}")))
}

fn some(texts: [&str; 3]) -> [Option<String>; 3] {
    texts.map(|text| Some(text.to_owned()))
}

#[tokio::test]
async fn a_monitored_policy_only_tells_what_it_would_have_done() {
    let mut policy = login();
    policy["mode"] = json!("monitor");
    policy["lists"] = json!([{"name": "known_bad", "cidrs": ["11.8.0.0/16"], "then": "deny"}]);
    policy["routes"][0]["on_unknown"] = json!("deny");
    let scene = Scene::start(&policy).await;
    for (client, monitored, reason) in [
        (TOR, "deny", "tor"),
        (HOSTING, "deny", "hosting"),
        (VPN, "challenge", "vpn"),
        ("11.8.0.1", "deny", "known_bad"),
        (PRIVATE, "deny", "unknown"),
    ] {
        // The second time from the cache.
        for _ in 0..2 {
            let seen = scene.passes(&from(client)).await;
            assert_eq!(told(&seen), some(["allow", monitored, reason]), "{client}");
        }
    }
    let seen = scene.passes(&from(HOME)).await;
    assert_eq!(
        told(&seen),
        [Some("allow".to_owned()), Some("allow".to_owned()), None]
    );

    assert_eq!(
        scene.counted("requests.route=login.verdict=allow").await,
        11
    );
    assert_eq!(scene.counted("requests.route=login.verdict=deny").await, 0);
    assert_eq!(scene.counted("monitored.route=login.verdict=deny").await, 8);
    assert_eq!(
        scene
            .counted("monitored.route=login.verdict=challenge")
            .await,
        2
    );
    assert_eq!(
        scene.counted("monitored.route=login.verdict=allow").await,
        1
    );
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=default_tor.mode=monitor")
            .await,
        2
    );
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=default_tor.mode=enforce")
            .await,
        0
    );
}

#[tokio::test]
async fn one_route_is_monitored_while_another_is_enforced() {
    let scene = Scene::start(&policy(json!([
        {"name": "login", "match": {"path": "/login"}},
        {"name": "signup", "match": {"path": "/signup"}, "mode": "monitor"},
    ])))
    .await;
    let seen = scene.passes(&Request::post("/signup").client(TOR)).await;
    assert_eq!(told(&seen), some(["allow", "deny", "tor"]));
    scene.refused(&from(TOR), 403).await;
}

#[tokio::test]
async fn one_rule_is_monitored_and_the_rules_after_it_decide() {
    let scene = Scene::start(&policy(
        json!([{"name": "login", "match": {"path": "/login"}, "rules": [
            {"name": "tried", "when": {"any": ["tor", "vpn"]}, "then": "deny", "mode": "monitor"},
            {"name": "also_tried", "when": "tor", "then": "challenge", "mode": "monitor"},
            {"when": "vpn", "then": "step_up"},
            {"when": "hosting", "then": "deny"},
        ]}]),
    ))
    .await;
    let seen = scene.passes(&from(TOR)).await;
    assert_eq!(told(&seen), some(["allow", "deny", "tor"]));
    let seen = scene.passes(&from(VPN)).await;
    assert_eq!(told(&seen), some(["step_up", "deny", "vpn"]));
    let seen = scene.passes(&from(HOME)).await;
    assert_eq!(told(&seen), [Some("allow".to_owned()), None, None]);
    scene.refused(&from(HOSTING), 403).await;

    let hits = async |rule: &str| {
        let name = format!("rule_hits.route=login.rule={rule}");
        let monitored = scene.counted(&format!("{name}.mode=monitor")).await;
        (
            monitored,
            scene.counted(&format!("{name}.mode=enforce")).await,
        )
    };
    assert_eq!(hits("tried").await, (2, 0));
    assert_eq!(
        hits("also_tried").await,
        (0, 0),
        "the first that holds counts"
    );
    assert_eq!(hits("rule_3").await, (0, 1));
    assert_eq!(scene.counted("monitored.route=login.verdict=deny").await, 2);
}
