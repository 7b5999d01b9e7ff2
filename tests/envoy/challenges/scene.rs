//! What the tests of challenges do with a scene.

use serde_json::{Value, json};

use crate::support::{Policy, Request, Response, Scene, challenge, cookie, solve};

impl Scene {
    /// Sends a request, and when it is challenged once more with the solution in a cookie.
    pub(crate) async fn solving(&self, request: &Request) -> Response {
        let challenged = self.send(request).await;
        assert_eq!(challenged.status, 403, "{}", challenged.text());
        let payload = solve(&challenge(&challenged));
        let cookie = format!("palisade-solution={payload}");
        self.send(&request.clone().header("cookie", cookie)).await
    }

    /// The clearance that this request earns by being solved, as a browser sends it back.
    pub(crate) async fn clearance(&self, request: &Request) -> String {
        let passed = self.solving(request).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        cookie(&passed, CLEARANCE).expect("a clearance")
    }
}

/// A route that challenges everybody in 11.0.0.0/8.
pub(crate) fn route(name: &str) -> Value {
    json!({
        "name": name,
        "match": { "path": format!("/{name}") },
        "rules": [{ "name": format!("suspect-{name}"), "when": { "list": "suspects" }, "then": "challenge" }],
    })
}

/// Challenges everybody in 11.0.0.0/8 at `/login` and at `/other`, by a rule each.
pub(crate) fn policy(more: &Value) -> Value {
    Policy::new()
        .challenges()
        .list("suspects", "11.0.0.0/8")
        .route("login", route("login"))
        .route("other", route("other"))
        .with(more.clone())
        .into()
}

/// The name of the clearance.
pub(crate) const CLEARANCE: &str = "__Host-palisade-clearance";

/// A login form that a browser posts from a page of the same origin.
pub(crate) fn browser_form(client: &str, body: &str) -> Request {
    crate::support::form("/login", client, body)
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("user-agent", "Mozilla/5.0 a browser")
}
