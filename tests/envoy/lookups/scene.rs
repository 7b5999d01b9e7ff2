//! What the tests of lookups do with a scene.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

use crate::support::{Http2, Policy, Received, Response, Scene, eventually, post};

impl Scene {
    /// Puts another policy into force, which protects `path`: until then, `path` must not have been protected. Needs a
    /// single worker.
    pub(crate) async fn protect(&mut self, policy: &Value, path: &str) {
        self.update(policy).await;
        // The worker takes it over a moment later. A private address costs no lookup.
        eventually("the update to be in force", async || {
            let refused = self.send(&post(path, "10.0.0.1")).await.status != 200;
            let judged = || {
                self.application
                    .last()
                    .header("x-palisade-verdict")
                    .is_some()
            };
            (refused || judged()).then_some(())
        })
        .await;
    }

    /// Like [`Scene::ask`], and how long it took.
    pub(crate) async fn timed(&self, path: &str, address: &str) -> (String, Duration) {
        let started = Instant::now();
        (self.ask(path, address).await, started.elapsed())
    }
}

/// What the application was told about an address: `vpn,hosting score=75 asn=64500 hosting US`.
pub(crate) fn told(request: &Received) -> String {
    let header = |name: &str| request.header(&format!("x-palisade-{name}"));
    let parts = [
        header("signals"),
        header("score").map(|score| format!("score={score}")),
        header("asn").map(|asn| format!("asn={asn}")),
        header("asn-type"),
        header("country"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// So many logins at once over one connection, each from the address that `address` gives for its number.
pub(crate) async fn logins(
    scene: &Scene,
    many: usize,
    address: impl Fn(usize) -> String,
) -> Vec<JoinHandle<Response>> {
    let client = Http2::open(scene.envoy.address).await;
    let start = |number: usize| {
        let client = client.clone();
        let request = post("/login", &address(number));
        tokio::spawn(async move { client.request(&request).await.unwrap() })
    };
    (0..many).map(start).collect()
}

/// What became of them.
pub(crate) async fn verdicts(waiting: Vec<JoinHandle<Response>>) -> Vec<String> {
    let mut verdicts = Vec::new();
    for response in waiting {
        verdicts.push(response.await.unwrap().verdict());
    }
    verdicts
}

/// The default provider, and the route `/login` with the built-in rules, which denies what is unknown.
/// `intelligence` adds to the provider's part.
pub(crate) fn configuration(intelligence: Value) -> Value {
    let policy = Policy::new()
        .api()
        .route("login", json!({ "on_unknown": "deny" }));
    policy.with(json!({ "intelligence": intelligence })).into()
}
