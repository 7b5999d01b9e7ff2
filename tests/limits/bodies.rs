//! What clients do to bodies so that nobody finds their account.

use serde_json::json;

use crate::scene::{Scene, policy};
use crate::support::Request;

#[tokio::test]
async fn a_request_whose_account_nobody_can_tell_is_refused_and_never_reaches_the_application() {
    for flag in [false, true] {
        let policy = policy(&json!([
            { "name": "account", "key": ["account"], "limit": 100, "window": "1h" },
        ]));
        let scene = Scene::with(&policy, |config| config.stop_iteration(flag)).await;
        let post = |kind: &str, body: &str| {
            Request::post("/login")
                .client("11.0.0.1")
                .header("content-type", kind)
                .body(body)
        };
        const FORM: &str = "application/x-www-form-urlencoded";
        for (request, reason) in [
            (post(FORM, "password=x"), "missing"),
            (post(FORM, "email=a&email=b"), "conflict"),
            (post("text/plain", "email=a"), "content_type"),
            (
                post(FORM, "email=a").header("content-encoding", "gzip"),
                "encoded",
            ),
            (
                post(FORM, &format!("email=a&x={}", "y".repeat(70_000))),
                "too_large",
            ),
            (post(FORM, "email=%ff"), "not_text"),
            (
                post(FORM, &format!("email={}", "y".repeat(600))),
                "too_long",
            ),
        ] {
            let response = scene.send(&request).await;
            assert_eq!(response.status, 400, "{reason} {flag}: {}", response.text());
            assert_eq!(response.json()["reason"], format!("account_{reason}"));
            let counted = format!("accounts_missing.reason={reason}");
            assert_eq!(scene.counted(&counted).await, 1, "{reason}");
        }
        assert_eq!(scene.application.count(), 0);
        assert_eq!(scene.login("11.0.0.1", "a").await.status, 200);
        assert_eq!(scene.application.last().body, "email=a&password=x");
    }
}
