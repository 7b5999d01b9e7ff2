//! One Envoy with Palisade and two workers, and its application.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Backend, Envoy, EnvoyConfig, Request, Response, http1};

/// What signs challenges in every test.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-tests-0123456789";

/// Envoy with Palisade before its application.
pub(crate) struct Scene {
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
}

impl Scene {
    /// Two workers, this configuration, and `allow_on_headers_stop_iteration`.
    pub(crate) async fn start(configuration: &Value, stop_iteration: bool) -> Self {
        let application = Backend::application().await;
        let config = EnvoyConfig::new(application.address)
            .environment("PALISADE_KEY", SIGNING_KEY)
            .workers(2)
            .palisade(configuration)
            .stop_iteration(stop_iteration);
        Self {
            envoy: Envoy::start(&config).await,
            application,
        }
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// A counter of ours.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        self.envoy
            .stat(&format!("wasmcustom.palisade_{name}"))
            .await
    }
}

/// Challenges everybody in 11.0.0.0/8 at `/login`.
pub(crate) fn policy() -> Value {
    json!({
        "signing_keys_env": ["PALISADE_KEY"],
        "challenge": { "difficulty": 1000 },
        "lists": [{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }],
        "routes": [{
            "name": "login",
            "match": { "path": "/login" },
            "rules": [{ "name": "suspect", "when": { "list": "suspects" }, "then": "challenge" }],
        }],
    })
}

/// The payload that solves the challenge in a page.
pub(crate) fn solve_page(page: &str) -> String {
    let (_, rest) = page.split_once("data-challenge=\"").expect("a challenge");
    let (challenge, _) = rest.split_once('"').expect("its end");
    let challenge = challenge
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&");
    solve(&serde_json::from_str(&challenge).expect("JSON"))
}

/// The payload that solves a challenge.
pub(crate) fn solve(challenge: &Value) -> String {
    use base64::Engine as _;
    let text = |name: &str| challenge[name].as_str().expect(name).to_owned();
    let (salt, wanted) = (text("salt"), text("challenge"));
    let most = challenge["maxnumber"].as_u64().expect("a number");
    let number = (0..=most)
        .find(|number| {
            let digest = Sha256::digest(format!("{salt}{number}"));
            digest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                == wanted
        })
        .expect("a solution");
    let payload = json!({
        "algorithm": text("algorithm"),
        "challenge": wanted,
        "number": number,
        "salt": salt,
        "signature": text("signature"),
        "took": 1,
    });
    base64::engine::general_purpose::STANDARD.encode(payload.to_string())
}

/// A login form that a browser posts from a page of the same origin.
pub(crate) fn form(client: &str, body: &str) -> Request {
    Request::post("/login")
        .client(client)
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("user-agent", "Mozilla/5.0 a browser")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}
