//! What a solved challenge earns, and for whom.

use serde_json::{Value, json};

use crate::challenges::scene::{CLEARANCE, policy};
use crate::support::{Answer, Request, Scene, challenge, cookie, solve};

fn get(path: &str, client: &str) -> Request {
    Request::get(path)
        .client(client)
        .header("user-agent", "one browser")
}

async fn status(scene: &Scene, path: &str, client: &str, clearance: &str) -> u16 {
    let request = get(path, client).header("cookie", clearance);
    scene.send(&request).await.status
}

#[tokio::test]
async fn it_clears_one_subnet_one_agent_and_one_rule() {
    let scene = Scene::flagged(&policy(&json!({})), false).await;
    let request = get("/login", "11.0.0.1");
    let passed = scene.solving(&request).await;
    let line = crate::support::text(
        &passed
            .headers
            .iter()
            .find(|(name, value)| name == "set-cookie" && value.starts_with(CLEARANCE.as_bytes()))
            .expect("a clearance")
            .1,
    );
    let attributes = "; Path=/; Max-Age=1800; Secure; HttpOnly; SameSite=Lax";
    assert!(line.ends_with(attributes), "{line}");
    let clearance = cookie(&passed, CLEARANCE).expect("a clearance");
    // Roaming inside the prefix keeps it, on either worker.
    for client in ["11.0.0.1", "11.0.0.254", "11.0.0.1", "11.0.0.2"] {
        assert_eq!(status(&scene, "/login", client, &clearance).await, 200);
    }
    assert_eq!(status(&scene, "/login", "11.0.1.1", &clearance).await, 403);
    let agent = Request::get("/login")
        .client("11.0.0.1")
        .header("user-agent", "another browser")
        .header("cookie", &clearance);
    assert_eq!(scene.send(&agent).await.status, 403);
    assert_eq!(status(&scene, "/other", "11.0.0.1", &clearance).await, 403);
    for reason in ["other_network", "other_agent", "other_rule"] {
        let name = format!("clearances_refused.reason={reason}");
        assert_eq!(scene.counted(&name).await, 1, "{reason}");
    }
    // Who solves the other rule's as well keeps both, and so does a client that comes over IPv4 and IPv6.
    let other = get("/other", "11.0.0.1").header("cookie", &clearance);
    let payload = solve(&challenge(&scene.send(&other).await));
    let both = scene
        .send(&other.header("x-palisade-solution", payload))
        .await;
    let both = cookie(&both, CLEARANCE).expect("a clearance");
    for path in ["/login", "/other"] {
        assert_eq!(status(&scene, path, "11.0.0.1", &both).await, 200, "{path}");
    }
}

#[tokio::test]
async fn one_that_is_bound_to_nothing_works_from_a_few_subnets_only() {
    let nowhere = json!({ "challenge": { "clearance": { "bound_to": "nowhere", "subnets": 2 } } });
    let scene = Scene::flagged(&policy(&nowhere), false).await;
    let clearance = scene.clearance(&get("/login", "11.0.0.1")).await;
    for (client, expected) in [
        ("11.0.0.1", 200),
        ("11.0.1.1", 200),
        ("11.0.2.1", 403),
        // It has been passed around, and clears nobody any more.
        ("11.0.0.1", 403),
    ] {
        let found = status(&scene, "/login", client, &clearance).await;
        assert_eq!(found, expected, "{client}");
    }
    assert_eq!(
        scene
            .counted("clearances_refused.reason=other_network")
            .await,
        2
    );
}

#[tokio::test]
async fn one_that_is_bound_to_an_asn_roams_inside_it() {
    let policy = policy(&json!({
        "challenge": { "clearance": { "bound_to": "asn" } },
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
    }));
    // Looks up although the list alone decides.
    let scene = Scene::flagged(&rules_by_vpn(policy), false).await;
    scene.api.answer(Answer::ipasis(&["VPN"]));
    let elsewhere = json!({ "asn": { "ASN": "AS64999" }, "privacy": { "VPN": true } });
    scene.api.answer_to("11.9.0.1", Answer::json(&elsewhere));
    let clearance = scene.clearance(&get("/login", "11.0.0.1")).await;
    for (client, expected) in [("11.0.0.1", 200), ("11.5.0.1", 200), ("11.9.0.1", 403)] {
        let found = status(&scene, "/login", client, &clearance).await;
        assert_eq!(found, expected, "{client}");
    }
}

fn rules_by_vpn(mut policy: Value) -> Value {
    for route in policy["routes"].as_array_mut().expect("routes") {
        route["rules"][0]["when"] = json!("vpn");
    }
    policy
}

#[tokio::test]
async fn keys_are_replaced_unnoticed_until_the_old_one_is_gone() {
    let keys = |names: &[&str]| policy(&json!({ "signing_keys_env": names }));
    let (old, new) = ("PALISADE_KEY", "PALISADE_NEW_KEY");
    let mut scene = Scene::start(&keys(&[old])).await;
    let request = get("/login", "11.0.0.1");
    let clearance = scene.clearance(&request).await;
    let solutions = [
        solve(&challenge(&scene.send(&request).await)),
        solve(&challenge(&scene.send(&request).await)),
    ];
    let answer = |solution: &String| request.clone().header("x-palisade-solution", solution);
    scene.update(&keys(&[new, old])).await;
    assert_eq!(status(&scene, "/login", "11.0.0.1", &clearance).await, 200);
    assert_eq!(scene.send(&answer(&solutions[0])).await.status, 200);
    assert_eq!(scene.send(&answer(&solutions[0])).await.status, 403);
    let newer = scene.clearance(&request).await;
    scene.update(&keys(&[new])).await;
    assert_eq!(status(&scene, "/login", "11.0.0.1", &newer).await, 200);
    assert_eq!(status(&scene, "/login", "11.0.0.1", &clearance).await, 403);
    assert_eq!(scene.send(&answer(&solutions[1])).await.status, 403);
    assert_eq!(scene.counted("challenges_failed.reason=forged").await, 1);
    assert_eq!(scene.counted("clearances_refused.reason=forged").await, 1);
}

#[tokio::test]
async fn without_keys_it_holds_on_every_worker_and_through_an_update() {
    let without = policy(&json!({ "signing_keys_env": null }));
    let mut scene = Scene::start(&without).await;
    let request = get("/login", "11.0.0.1");
    for _ in 0..3 {
        let clearance = scene.clearance(&request).await;
        for _ in 0..4 {
            assert_eq!(status(&scene, "/login", "11.0.0.1", &clearance).await, 200);
        }
    }
    let clearance = scene.clearance(&request).await;
    let payload = solve(&challenge(&scene.send(&request).await));
    let mut changed = without.clone();
    changed["challenge"]["lifetime"] = json!("5m");
    scene.update(&changed).await;
    assert_eq!(status(&scene, "/login", "11.0.0.1", &clearance).await, 200);
    let answered = request.header("x-palisade-solution", payload);
    assert_eq!(scene.send(&answered).await.status, 200);
}
