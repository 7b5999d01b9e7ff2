//! What the application tells in its answers, and refusals in its words.

use serde_json::json;

use super::{load_tree, refused, route, with};

/// A template for the refusals of limits.
fn told(template: serde_json::Value) -> serde_json::Value {
    route(json!({ "refusals": { "limit": template } }))
}

#[test]
fn a_refusal_template_that_no_page_could_read_is_refused_with_its_place() {
    let at = |field: &str| format!("routes[0].refusals.limit.{field}");
    for (tree, path, words) in [
        (
            told(json!({ "body": "{\"retry\": {{retry_afer}}}" })),
            at("body"),
            "did you mean retry_after?",
        ),
        (
            told(json!({ "body": "{\"retry\": {{retry_after}}" })),
            at("body"),
            "no JSON",
        ),
        (
            told(json!({ "body": "{\"retry\": {retry_after}}" })),
            at("body"),
            "no JSON",
        ),
        (
            told(json!({ "body": "{}", "status": 200 })),
            at("status"),
            "400 to 599",
        ),
        (
            told(json!({ "body": "<p>", "content_type": "text/html" })),
            at("content_type"),
            "reply.templates",
        ),
        (
            told(json!({ "body": "{\"a\": \"{{challenge}}\"}" })),
            at("body"),
            "without quotes",
        ),
        (
            route(json!({ "refusals": {} })),
            "routes[0].refusals".to_owned(),
            "at least one",
        ),
        (
            route(json!({ "refusals": { "limits": { "body": "{}" } } })),
            "routes[0].refusals.limits".to_owned(),
            "did you mean limit?",
        ),
        (
            with(json!({ "reply": { "templates": { "denied": "{{title}} {{mesage}}" } } })),
            "reply.templates.denied".to_owned(),
            "did you mean message?",
        ),
    ] {
        refused(&tree, &path, words);
    }
    let tree = told(json!({ "status": 423, "body": "{\"error\": {{message}}}" }));
    let policy = load_tree(&tree).expect("valid");
    assert!(policy.protections[0].refusals.is_some());
}

#[test]
fn an_account_header_tells_nothing_else_and_its_routes_have_realms() {
    let header = |name: &str, route: serde_json::Value| {
        let mut tree = super::route(route);
        tree["identity"] = json!({ "account": [{ "form": "email" }], "account_header": name });
        tree["limits"] =
            json!([{ "name": "account", "key": ["account"], "limit": 5, "window": "1h" }]);
        tree["routes"][0]["limits"] = json!(["account"]);
        tree
    };
    let realm = json!({ "realm": "shop" });
    for name in ["set-cookie", "location", "x user", "user"] {
        refused(
            &header(name, realm.clone()),
            "identity.account_header",
            "expected",
        );
    }
    refused(
        &header("x-user", json!({})),
        "routes[0].realm",
        "same on all routes",
    );
    assert!(load_tree(&header("X-User", realm)).is_ok());
}

#[test]
fn a_session_in_an_answer_is_one_that_somebody_asks_for() {
    let place = |pointer: &str| route(json!({ "session_in_answer": { "json": pointer } }));
    refused(
        &place("/meta/token"),
        "routes[0].session_in_answer",
        "from_session",
    );
    refused(
        &place("meta"),
        "routes[0].session_in_answer.json",
        "JSON pointer",
    );
}
