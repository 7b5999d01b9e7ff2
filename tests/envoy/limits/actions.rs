//! What follows when a limit is exceeded, and how it is told.

use serde_json::json;

use crate::support::{Policy, Request, Scene, form, login};

/// Four an hour per subnet and route, with each action.
fn policy() -> Policy {
    let actions = ["annotate", "step_up", "challenge", "limit", "deny"];
    let key = ["subnet", "route"];
    let watched = json!({ "key": key, "limit": 4, "then": "deny", "mode": "monitor" });
    let words = "Slow down, please.";
    let worded =
        json!({ "key": key, "limit": 4, "then": "limit", "status": 420, "message": words });
    actions
        .into_iter()
        .fold(Policy::new(), |policy, action| {
            policy
                .limit(action, json!({ "key": key, "limit": 4, "then": action }))
                .route(action, json!({ "limits": [action] }))
        })
        .with(json!({ "identity": {} }))
        .limit("watched", watched)
        .limit("worded", worded)
        .route("watched", json!({ "limits": ["watched", "annotate"] }))
        .route(
            "worded",
            json!({ "limits": ["annotate", "step_up", "worded"] }),
        )
        .route(
            "dry",
            json!({ "limits": ["deny", "limit"], "mode": "monitor" }),
        )
        .route(
            "strict",
            json!({ "limits": ["limit", "deny", "challenge"], "format": "json" }),
        )
}

fn get(name: &str) -> Request {
    Request::get(format!("/{name}")).client("11.0.0.1")
}

#[tokio::test]
async fn every_action_follows_from_its_limit_and_the_rest_is_told() {
    let scene = Scene::start(&policy()).await;
    let fifth = async |name: &str| {
        let first = (0..4).map(|_| get(name));
        assert_eq!(scene.passing(first).await, 4, "{name}");
        for told in scene.application.requests() {
            assert_eq!(told.header("x-palisade-limits"), None, "{name}");
        }
        let near = format!("limit_hits.route={name}.limit={name}.result=near");
        assert_eq!(scene.counted(&near).await, 1, "four fifths of {name}");
        scene.application.forget();
        let response = scene.send(&get(name)).await;
        let told = scene.application.requests().pop();
        assert_eq!(response.status == 200, told.is_some(), "{name}");
        (response, told)
    };
    let (_, told) = fifth("annotate").await;
    let told = told.expect("it goes on");
    assert_eq!(
        told.header("x-palisade-limits").as_deref(),
        Some("annotate")
    );
    assert_eq!(told.header("x-palisade-verdict").as_deref(), Some("allow"));
    assert_eq!(told.header("x-palisade-step-up"), None);

    let (_, told) = fifth("step_up").await;
    let told = told.expect("it goes on");
    assert_eq!(told.header("x-palisade-limits").as_deref(), Some("step_up"));
    assert_eq!(told.header("x-palisade-step-up").as_deref(), Some("mfa"));

    for (name, status, kind) in [
        ("challenge", 403, "urn:palisade:challenge-required"),
        ("limit", 429, "urn:palisade:limited"),
        ("deny", 403, "urn:palisade:denied"),
    ] {
        let (response, _) = fifth(name).await;
        assert_eq!(
            (response.status, &response.json()["type"]),
            (status, &json!(kind))
        );
        assert_eq!(response.json()["reason"], name);
        assert!(response.header("ratelimit-policy").is_some(), "{name}");
        assert!(response.header("retry-after").is_some(), "{name}");
    }

    let (_, told) = fifth("watched").await;
    let told = told.expect("it goes on");
    assert_eq!(told.header("x-palisade-monitored").as_deref(), Some("deny"));
    assert_eq!(
        told.header("x-palisade-limits").as_deref(),
        Some("watched,annotate")
    );
    assert_eq!(
        scene
            .counted("limit_hits.route=watched.limit=watched.result=monitored")
            .await,
        1
    );
    assert_eq!(
        scene
            .counted("limit_hits.route=watched.limit=watched.result=exceeded")
            .await,
        0
    );

    let (response, _) = fifth("worded").await;
    assert_eq!(
        (response.status, &response.json()["detail"]),
        (420, &json!("Slow down, please."))
    );
    assert_eq!(scene.counted("requests.route=deny.verdict=deny").await, 1);
    assert_eq!(scene.counted("requests.route=limit.verdict=limit").await, 1);
}

#[tokio::test]
async fn monitored_routes_and_policies_count_and_refuse_nothing() {
    for whole in [false, true] {
        let mut policy = policy();
        if whole {
            policy["mode"] = json!("monitor");
        }
        let name = if whole { "strict" } else { "dry" };
        let scene = Scene::start(&policy).await;
        let requests = (0..10).map(|_| get(name));
        assert_eq!(scene.passing(requests).await, 10);
        let told = scene.application.last();
        assert_eq!(told.header("x-palisade-monitored").as_deref(), Some("deny"));
        let names = told.header("x-palisade-limits");
        assert_eq!(
            names.as_deref(),
            Some(if whole {
                "limit,deny,challenge"
            } else {
                "deny,limit"
            })
        );
        let monitored = format!("limit_hits.route={name}.limit=deny.result=monitored");
        assert_eq!(scene.counted(&monitored).await, 6);
        assert_eq!(
            scene
                .counted(&format!("monitored.route={name}.verdict=deny"))
                .await,
            6
        );
        assert_eq!(
            scene
                .counted(&format!("requests.route={name}.verdict=allow"))
                .await,
            10
        );
    }
}

#[tokio::test]
async fn a_limit_refuses_by_problem_json_page_and_grpc_status() {
    let scene = Scene::start(&policy()).await;
    let requests = (0..4).flat_map(|_| [get("limit"), get("strict")]);
    assert_eq!(scene.passing(requests).await, 8);
    let kind = "content-type";

    let problem = scene.send(&get("limit")).await;
    assert_eq!(
        problem.header(kind).as_deref(),
        Some("application/problem+json")
    );
    assert_eq!(
        (problem.status, &problem.json()["status"]),
        (429, &json!(429))
    );

    let page = scene
        .send(&get("limit").header("accept", "text/html,*/*;q=0.8"))
        .await;
    assert_eq!(page.status, 429);
    assert!(page.header(kind).unwrap().starts_with("text/html"));
    assert!(
        page.text().contains("Too many attempts."),
        "{}",
        page.text()
    );

    let plain = scene.send(&get("strict")).await;
    assert_eq!(
        (plain.status, plain.header(kind).as_deref()),
        (429, Some("application/json"))
    );
    assert!(plain.json()["error"].is_object() || plain.json()["error"].is_string());

    let call = Request::post("/limit")
        .client("11.0.0.1")
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let call = scene.send(&call).await;
    assert_eq!(
        (call.status, call.header("grpc-status").as_deref()),
        (200, Some("8"))
    );
    for response in [problem, page, plain, call] {
        assert!(response.header("retry-after").is_some());
        assert!(response.header("ratelimit").unwrap().contains("r=0"));
    }
}

#[tokio::test]
async fn nobody_learns_from_a_refusal_that_an_account_is_limited() {
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 4, "window": "1h" },
        { "name": "tries", "key": ["account", "subnet"], "count": "failures", "limit": 2, "window": "1h" },
    ]));
    policy["routes"][0]["failure"] = json!({ "status": [401] });
    let scene = Scene::start(&policy).await;
    let requests = (0..4).map(|_| login("11.0.0.1", "alice"));
    assert_eq!(scene.passing(requests).await, 4);
    let refused = scene.login("11.0.0.1", "alice").await;
    assert_eq!(refused.status, 429);
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert_eq!(refused.header(name), None, "{name}");
    }
    for client in ["11.0.0.1", "11.0.1.1"] {
        let nobody = form("/login", client, "email=nobody-has-this&password=x");
        let requests = (0..4).map(|_| nobody.clone());
        assert_eq!(
            scene.passing(requests).await,
            if client == "11.0.0.1" { 4 } else { 0 }
        );
        let same = scene.send(&nobody).await;
        assert_eq!(
            (same.status, &same.json()["reason"]),
            (429, &refused.json()["reason"])
        );
        assert_eq!(same.headers.len(), refused.headers.len());
    }
}
