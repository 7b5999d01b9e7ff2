//! Single requests against Palisade in a real Envoy: who the client is, which requests are judged, what is decided,
//! what client and application are told, and what hostile input gets.

mod agents;
mod annotate;
mod bodies;
mod chain;
mod client;
mod decision;
mod demo;
mod deny;
mod fingerprints;
mod hostile;
mod lists;
mod monitor;
mod passwords;
mod protocols;
mod raw;
mod refusals;
mod rewriting;
mod routes;
mod spelling;
mod typical;

use crate::support::{ABUSE, HOSTING, PRIVATE, PROXY, Policy, Request, Scene, TOR, VPN, post};
use serde_json::{Value, json};

/// A home connection, like any other address that the API has no answer of its own for.
const HOME: &str = "11.0.0.1";

/// A policy with the API and these routes.
fn policy(routes: Value) -> Value {
    Policy::new().api().with(json!({ "routes": routes })).into()
}

/// The default rules for every request to `/login`.
fn login() -> Value {
    policy(json!([{"name": "login", "match": {"path": "/login"}}]))
}

/// A POST to `/login` from this address.
fn from(client: &str) -> Request {
    post("/login", client)
}

impl Scene {
    /// Every worker still judges, and the host has refused nothing.
    async fn still_judges(&self) {
        for _ in 0..2 {
            self.refused(&from(TOR), 403).await;
            self.passes(&from(HOME)).await;
        }
        self.is_sound().await;
    }
}
