//! Single requests against Palisade in a real Envoy: who the client is, which requests are judged, what is decided,
//! what client and application are told, and what hostile input gets.

mod agents;
mod annotate;
mod bodies;
mod chain;
mod client;
mod decision;
mod deny;
mod hostile;
mod lists;
mod monitor;
mod protocols;
mod raw;
mod refusals;
mod rewriting;
mod routes;
mod spelling;

use crate::support::{Answer, Backend, Envoy, EnvoyConfig, Received, Request, Response, http1};
use serde_json::{Value, json};

/// A home connection, and any other address that the API has no answer of its own for.
const HOME: &str = "11.0.0.1";
const VPN: &str = "11.0.0.2";
const PROXY: &str = "11.0.0.3";
const TOR: &str = "11.0.0.4";
const HOSTING: &str = "11.0.0.5";
const ABUSE: &str = "11.0.0.6";
/// Never looked up.
const PRIVATE: &str = "10.0.0.1";

/// A policy with the API and these routes. A lookup may take as long as possible, so that a busy machine changes
/// nothing.
fn policy(routes: Value) -> Value {
    json!({
        "intelligence": {"provider": "ipasis", "cluster": "api", "api_key_env": "KEY", "timeout": "2s"},
        "routes": routes,
    })
}

/// The default rules for every request to `/login`.
fn login() -> Value {
    policy(json!([{"name": "login", "match": {"path": "/login"}}]))
}

/// A POST to `/login` from this address.
fn from(client: &str) -> Request {
    Request::post("/login").client(client)
}

/// Palisade in an Envoy, the API that it asks and the application behind it.
///
/// When it ends, the filter must still be whole: no test may leave a trap behind.
struct World {
    api: Backend,
    application: Backend,
    envoy: Envoy,
}

impl World {
    async fn start(policy: &Value) -> Self {
        Self::with(policy, |config| config).await
    }

    /// With changes to the configuration of Envoy.
    async fn with(policy: &Value, change: impl FnOnce(EnvoyConfig) -> EnvoyConfig) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        for (address, flag) in [
            (VPN, "VPN"),
            (PROXY, "Proxy"),
            (TOR, "Tor"),
            (HOSTING, "Hosting"),
            (ABUSE, "Abuse"),
        ] {
            api.answer_to(address, Answer::ipasis(&[flag]));
        }
        let config = EnvoyConfig::new(application.address)
            .cluster("api", api.address)
            .environment("KEY", "k")
            .palisade(policy);
        let envoy = Envoy::start(&change(config)).await;
        Self {
            api,
            application,
            envoy,
        }
    }

    /// Sends a request over a connection of its own.
    async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// Sends a request that must get through, and gives what the application saw.
    async fn passes(&self, request: &Request) -> Received {
        let before = self.application.count();
        let response = self.send(request).await;
        assert_eq!(response.status, 200, "{request:?}: {}", response.text());
        let seen = self.application.requests();
        assert_eq!(seen.len(), before + 1, "{request:?}");
        seen.into_iter().next_back().unwrap()
    }

    /// Sends a request that must be refused without reaching the application, and gives the response.
    async fn refused(&self, request: &Request, status: u16) -> Response {
        let before = self.application.count();
        let response = self.send(request).await;
        assert_eq!(response.status, status, "{request:?}: {}", response.text());
        assert_eq!(self.application.count(), before, "{request:?} got through");
        response
    }

    /// One of our counters: family and labels, such as `requests.route=login.verdict=deny`.
    async fn counter(&self, name: &str) -> u64 {
        let name = format!("wasmcustom.palisade_{name}");
        self.envoy.stat(&name).await
    }

    /// What Palisade has let through to a route of the application.
    fn arrived_at(&self, target: &str) -> usize {
        let requests = self.application.requests();
        requests.iter().filter(|each| each.target == target).count()
    }

    /// Gives every worker time to go on with what it has received: they serve other requests meanwhile.
    async fn settle(&self) {
        for _ in 0..4 {
            let response = self.send(&Request::get("/settle")).await;
            assert_eq!(response.status, 200);
        }
    }

    /// Every worker still judges, and the host has refused nothing.
    async fn still_judges(&self) {
        for _ in 0..2 {
            self.refused(&from(TOR), 403).await;
            self.passes(&from(HOME)).await;
        }
        assert_eq!(self.counter("host_refused").await, 0);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = self.envoy.log();
        for sign in [
            "Wasm VM failed",
            "panicked",
            "RuntimeError",
            "[critical]",
            "[error]",
        ] {
            let line = log.lines().find(|line| line.contains(sign));
            assert!(line.is_none(), "{}", line.unwrap_or_default());
        }
    }
}
