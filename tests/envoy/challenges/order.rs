//! A solved challenge changes what was a challenge, and nothing else.

use serde_json::json;

use crate::challenges::scene::{CLEARANCE, policy, route};
use crate::support::{Answer, Request, Scene, challenge, cookie, solve};

fn get(path: &str, agent: &str) -> Request {
    Request::get(path)
        .client("11.0.0.1")
        .header("user-agent", agent)
}

#[tokio::test]
async fn limits_still_count_and_refuse_whoever_has_solved() {
    let limit = |name: &str, then: &str| {
        json!({
            "name": name, "key": ["subnet"], "limit": 3, "window": "1h", "then": then,
        })
    };
    let routes: Vec<_> = [("limited", "limit"), ("denied", "deny")]
        .map(|(name, limit)| {
            let mut route = route(name);
            route["limits"] = json!([limit]);
            route
        })
        .to_vec();
    let more =
        json!({ "limits": [limit("limit", "limit"), limit("deny", "deny")], "routes": routes });
    let scene = Scene::flagged(&policy(&more), false).await;
    for (path, status, reason) in [("/limited", 429, "limited"), ("/denied", 403, "denied")] {
        let request = get(path, "first");
        // Unsolved ones do not count; solved and cleared ones do.
        for _ in 0..5 {
            assert_eq!(scene.send(&request).await.status, 403);
        }
        let clearance = scene.clearance(&request).await;
        let cleared = request.header("cookie", &clearance);
        for _ in 0..2 {
            assert_eq!(scene.send(&cleared).await.status, 200, "{path}");
        }
        let refused = scene.send(&cleared).await;
        assert_eq!(refused.status, status, "{path}");
        assert!(
            refused.text().contains(&format!("urn:palisade:{reason}")),
            "{}",
            refused.text()
        );
        // The work of one who is refused all the same is not lost.
        let solved = scene.solving(&get(path, "second")).await;
        assert_eq!(solved.status, status, "{path}");
        assert!(cookie(&solved, CLEARANCE).is_some(), "{path}");
    }
    assert_eq!(scene.application.count(), 6);
}

#[tokio::test]
async fn a_solved_challenge_never_lifts_a_denial() {
    let more = json!({
        "lists": [
            { "name": "enemies", "cidrs": ["11.6.0.0/16"], "then": "deny" },
            { "name": "suspects", "cidrs": ["11.0.0.0/8"] },
        ],
        "challenge": { "clearance": { "bound_to": "nowhere" } },
    });
    let scene = Scene::flagged(&policy(&more), false).await;
    let clearance = scene.clearance(&get("/login", "a")).await;
    let payload = solve(&challenge(&scene.send(&get("/login", "a")).await));
    let enemy = Request::get("/login")
        .client("11.6.0.1")
        .header("user-agent", "a")
        .header("cookie", &clearance)
        .header("x-palisade-solution", &payload);
    let denied = scene.send(&enemy).await;
    assert_eq!(denied.status, 403);
    assert!(
        denied.text().contains("urn:palisade:denied"),
        "{}",
        denied.text()
    );
    // And is not spent on it.
    let friend = get("/login", "a").header("x-palisade-solution", &payload);
    assert_eq!(scene.send(&friend).await.status, 200);
}

#[tokio::test]
async fn a_limit_that_challenges_is_answered_by_a_solution() {
    let mut busy = route("login");
    busy["limits"] = json!(["busy"]);
    let mut alone = route("alone");
    alone["limits"] = json!(["busy"]);
    alone["rules"] = json!([]);
    let more = json!({
        "limits": [{ "name": "busy", "key": ["subnet", "route"], "limit": 2, "window": "1h", "then": "challenge" }],
        "routes": [busy, alone],
    });
    let scene = Scene::flagged(&policy(&more), true).await;
    for _ in 0..2 {
        assert_eq!(scene.send(&get("/alone", "a")).await.status, 200);
    }
    let clearance = scene.clearance(&get("/alone", "a")).await;
    for _ in 0..4 {
        let request = get("/alone", "a").header("cookie", &clearance);
        assert_eq!(scene.send(&request).await.status, 200);
    }
    assert_eq!(scene.send(&get("/alone", "a")).await.status, 403);

    // Where a rule asks as well, one solution is enough for both.
    let first = scene.clearance(&get("/login", "a")).await;
    let request = get("/login", "a").header("cookie", &first);
    assert_eq!(scene.send(&request).await.status, 200);
    assert_eq!(scene.send(&request).await.status, 403);
    let both = scene.clearance(&get("/login", "b")).await;
    for _ in 0..3 {
        let request = get("/login", "b").header("cookie", &both);
        assert_eq!(scene.send(&request).await.status, 200);
    }
}

#[tokio::test]
async fn the_work_grows_with_the_score_and_with_repetition() {
    let policy = json!({
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
        "signing_keys_env": ["PALISADE_KEY"],
        "challenge": { "difficulty": 1000 },
        "lists": [{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }],
        "routes": [{ "name": "login", "match": { "path": "/login" }, "rules": [
            { "name": "suspect", "when": { "all": ["vpn", { "list": "suspects" }] }, "then": "challenge" },
            { "name": "all", "when": { "list": "suspects" }, "then": "challenge" },
        ] }],
    });
    let scene = Scene::flagged(&policy, false).await;
    scene.api.answer_to("11.5.0.1", Answer::ipasis(&["VPN"]));
    let hard = async |client: &str| {
        let request = Request::get("/login").client(client);
        let asked = challenge(&scene.send(&request).await);
        asked["maxnumber"].as_u64().expect("a number")
    };
    let (clean, risky) = (hard("11.0.0.1").await, hard("11.5.0.1").await);
    assert_eq!(clean, 1_000);
    assert!(risky >= 2_000, "{risky}");
    for asked in 1..=16 {
        assert_eq!(hard("11.0.0.2").await, 1_000 + 125 * asked, "one subnet");
    }
    assert_eq!(hard("11.0.1.1").await, 1_000, "another subnet");
}
