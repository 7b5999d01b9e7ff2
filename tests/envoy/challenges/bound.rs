//! A clearance clears one thing: what asked, about whom, and for as much as is asked for.

use serde_json::json;

use crate::challenges::scene::{CLEARANCE, policy};
use crate::support::{Answer, Request, Scene, challenge, cookie, solve};

fn login(account: &str) -> Request {
    let request = Request::post("/login")
        .client("11.0.0.1")
        .header("user-agent", "one browser");
    match account {
        "" => request,
        account => request.header("x-account", account),
    }
}

/// `/login`, with a limit called `guesses` on accounts and a rule of that name, which asks at `/login?`.
async fn scene() -> Scene {
    let route = json!({
        "name": "login",
        "match": { "path": "/login" },
        "rules": [],
        "limits": ["guesses"],
        "on_missing_account": "challenge",
    });
    let limit = json!({
        "name": "guesses", "key": ["account"], "count": "attempts", "limit": 1, "window": "1h", "then": "challenge",
    });
    let other = json!({
        "name": "both",
        "match": { "path": "/both" },
        "rules": [{ "name": "busy", "when": { "list": "suspects" }, "then": "challenge" }],
        "limits": ["busy"],
    });
    let busy = json!({ "name": "busy", "key": ["subnet"], "limit": 2, "window": "1h", "then": "challenge" });
    let changes = json!({
        "identity": { "account": [{ "header": "x-account" }] },
        "limits": [limit, busy],
        "routes": [route, other],
    });
    Scene::flagged(&policy(&changes), true).await
}

#[tokio::test]
async fn it_is_for_one_account_and_for_none_where_none_is_named() {
    let scene = scene().await;
    for _ in 0..2 {
        let passed = scene.solving(&login("")).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(cookie(&passed, CLEARANCE), None, "this request alone");
    }
    for account in ["own", "victim"] {
        assert_eq!(scene.send(&login(account)).await.status, 200);
    }
    let clearance = scene.clearance(&login("own")).await;
    for (account, expected) in [("own", 200), ("victim", 403), ("own", 200), ("", 403)] {
        let request = login(account).header("cookie", &clearance);
        assert_eq!(scene.send(&request).await.status, expected, "{account}");
    }
}

#[tokio::test]
async fn a_rule_and_a_limit_of_one_name_have_one_each() {
    let scene = scene().await;
    let request = Request::get("/both").client("11.0.0.1");
    let clearance = scene.clearance(&request).await;
    let cleared = request.header("cookie", &clearance);
    assert_eq!(scene.send(&cleared).await.status, 200);
    let refused = scene.send(&cleared).await;
    assert_eq!(refused.status, 403, "the limit asks for itself");
}

#[tokio::test]
async fn work_must_be_as_hard_as_is_asked_for_when_it_comes() {
    let scene = Scene::flagged(
        &policy(&json!({
            "challenge": { "difficulty": 1000, "endpoint": "/challenge" },
            "score": { "weights": { "vpn": 60 } },
            "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
            "routes": [{
                "name": "login",
                "match": { "path": "/login" },
                "rules": [{ "name": "vpn", "when": "vpn", "then": "challenge" }],
            }],
        })),
        true,
    )
    .await;
    scene.api.answer(Answer::ipasis(&["VPN"]));
    // Nothing is known of the address yet.
    let ahead = scene
        .send(&Request::get("/challenge?route=login").client("11.0.0.1"))
        .await;
    assert_eq!(ahead.json()["maxnumber"], 1_000);
    let easy = login("a").header("x-palisade-solution", solve(&ahead.json()));
    let refused = scene.send(&easy).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let asked = challenge(&refused);
    assert!(asked["maxnumber"].as_u64().unwrap() >= 4_600, "{asked}");
    assert_eq!(scene.counted("challenges_failed.reason=too_easy").await, 1);
    let hard = login("a").header("x-palisade-solution", solve(&asked));
    assert_eq!(scene.send(&hard).await.status, 200);
}
