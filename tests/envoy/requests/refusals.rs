//! Refusals in the form that the application's page reads.

use serde_json::json;

use crate::support::{HOME, PRIVATE, Policy, Request, Scene};

fn page() -> Policy {
    let body = "{\"errors\":[{\"message\":{{message}},\"extensions\":{\"code\":\"LOCKED\",\"reason\":\"{{reason}}\",\
        \"retry_after\":{{retry_after}},\"reference\":\"{{reference}}\"}}]}";
    let login = json!({
        "match": { "methods": ["POST"], "path": "/login" }, "limits": ["account"],
        "rules": [{ "when": "private", "then": "challenge" }],
        "refusals": {
            "limit": { "status": 423, "body": body },
            "missing_account": { "content_type": "text/plain", "body": "{{reason}}" },
        },
    });
    let mut policy = Policy::new().api().route("login", login);
    policy["identity"] = json!({ "account": [{ "json": "/email" }] });
    policy["limits"] =
        json!([{ "name": "account", "key": ["account"], "limit": 1, "window": "1h" }]);
    policy["challenge"] = json!({ "difficulty": 1000 });
    policy
}

/// What a script of a page sends.
fn fetched(client: &str, body: &str) -> Request {
    Request::post("/login")
        .client(client)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/plain, */*")
        .header("sec-fetch-dest", "empty")
        .body(body)
}

#[tokio::test]
async fn a_page_that_fetches_is_told_in_its_own_words_and_a_browser_gets_a_page() {
    let scene = Scene::start(&page()).await;
    let ada = "{\"email\": \"ada\"}";
    scene.passes(&fetched(HOME, ada)).await;
    let locked = scene.refused(&fetched(HOME, ada), 423).await;
    assert_eq!(
        locked.header("content-type").as_deref(),
        Some("application/json")
    );
    let reference = locked.header("x-palisade-ref").expect("a reference");
    let message = "Too many attempts. Please wait a while before you try again.";
    let extensions = json!({ "code": "LOCKED", "reason": "account", "retry_after": 3600, "reference": reference });
    let errors = json!({ "errors": [{ "message": message, "extensions": extensions }] });
    assert_eq!(locked.json(), errors);

    let missing = scene.refused(&fetched(HOME, "{}"), 400).await;
    assert_eq!(missing.text(), "account_missing");

    let navigated = Request::post("/login")
        .client(HOME)
        .header("content-type", "application/json")
        .header("accept", "text/html,*/*;q=0.8")
        .header("sec-fetch-dest", "document")
        .body(ada);
    let seen = scene.refused(&navigated, 429).await;
    assert!(seen.text().starts_with("<!doctype html>"));
}

#[tokio::test]
async fn a_challenge_without_a_template_says_as_ever_what_would_help() {
    let scene = Scene::start(&page()).await;
    let asked = scene
        .refused(&fetched(PRIVATE, "{\"email\": \"bob\"}"), 403)
        .await;
    assert_eq!(asked.json()["challenge"], "required");
    assert!(asked.json()["altcha"].is_object());
}
