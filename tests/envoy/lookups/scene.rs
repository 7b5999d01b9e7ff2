//! One Envoy with Palisade, its API and its application.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

use crate::support::{
    Backend, Connection, Envoy, EnvoyConfig, Http2, Received, Request, Response, Update,
    eventually, http1,
};

/// The key of the API in every test. No other text holds a part of it.
pub(crate) const KEY: &str = "k3y:with/odd+parts";

/// Envoy with Palisade, between its API and its application.
pub(crate) struct Scene {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
}

impl Scene {
    /// One worker, this configuration.
    pub(crate) async fn start(configuration: &Value) -> Self {
        Self::with(configuration, |config| config).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub(crate) async fn alone(configuration: &Value) -> Self {
        Self::with(configuration, EnvoyConfig::alone).await
    }

    /// This configuration, and whatever else the test wants of Envoy.
    pub(crate) async fn with(
        configuration: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        let config = change(envoy_config(&api, &application).palisade(configuration));
        let envoy = Envoy::start(&config).await;
        Self {
            api,
            application,
            envoy,
        }
    }

    /// The Envoy of this scene without a filter: what an update starts from.
    pub(crate) fn config(&self) -> EnvoyConfig {
        envoy_config(&self.api, &self.application)
    }

    /// Puts another configuration into force, which protects `path`: until then, `path` must not have been protected.
    pub(crate) async fn update(&mut self, configuration: &Value, path: &str) {
        let config = self.config().palisade(configuration);
        assert_eq!(self.envoy.update(&config).await, Update::Accepted);
        // The workers take it over a moment later. A private address costs no lookup.
        eventually("the update to be in force", async || {
            let refused = self.send(path, "10.0.0.1").await.status != 200;
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

    /// A POST of this path from this address, over a connection of its own.
    pub(crate) async fn send(&self, path: &str, address: &str) -> Response {
        http1(self.envoy.address, &post(path, address)).await
    }

    /// What becomes of a POST of this path from this address, see [`verdict`].
    pub(crate) async fn ask(&self, path: &str, address: &str) -> String {
        verdict(&self.send(path, address).await)
    }

    /// Like [`Scene::ask`], and how long it took.
    pub(crate) async fn timed(&self, path: &str, address: &str) -> (String, Duration) {
        let started = Instant::now();
        (self.ask(path, address).await, started.elapsed())
    }

    /// What becomes of a login from this address, see [`verdict`].
    pub(crate) async fn login(&self, address: &str) -> String {
        self.ask("/login", address).await
    }

    /// How often the API was asked for this address.
    pub(crate) fn asked(&self, address: &str) -> usize {
        let word = address.replace(':', "%3A");
        let requests = self.api.requests();
        let asked = requests.iter().filter(|request| {
            let mut words = request.target.split(['/', '?', '&', '=']);
            words.any(|each| each == word)
        });
        asked.count()
    }

    /// A counter or gauge of ours, by its name behind `palisade_`; 0 while it does not exist.
    pub(crate) async fn count(&self, name: &str) -> u64 {
        self.envoy.stat(&metric(name)).await
    }

    /// Waits until a counter or gauge of ours satisfies `predicate`.
    pub(crate) async fn wait_for_count(&self, name: &str, predicate: impl Fn(u64) -> bool) -> u64 {
        self.envoy.wait_for_stat(&metric(name), predicate).await
    }

    /// How many lookups ended in each way that occurred, such as `answer 3, timeout 1`.
    pub(crate) async fn lookups(&self) -> String {
        let prefix = metric("lookups.result=");
        let stats = self.envoy.stats().await;
        let results = stats
            .iter()
            .filter(|(_, count)| **count > 0)
            .filter_map(|(name, count)| Some(format!("{} {count}", name.strip_prefix(&prefix)?)));
        results.collect::<Vec<_>>().join(", ")
    }

    /// Two connections, one on each of the two workers.
    pub(crate) async fn one_connection_per_worker(&self) -> [Connection; 2] {
        self.envoy.one_connection_per_worker().await
    }
}

/// What became of a request: `allow`, or `challenge` or `deny` with the reason.
pub(crate) fn verdict(response: &Response) -> String {
    if response.status == 200 {
        return "allow".to_owned();
    }
    assert_eq!(response.status, 403, "{}", response.text());
    let problem = response.json();
    let what = match problem["type"].as_str() {
        Some("urn:palisade:denied") => "deny",
        Some("urn:palisade:challenge-required") => "challenge",
        _ => panic!("{problem}"),
    };
    format!("{what} {}", problem["reason"].as_str().unwrap())
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

/// An empty POST of this path from this address: Envoy closes the connection of a request that it refuses before
/// the whole body has come.
pub(crate) fn post(path: &str, address: &str) -> Request {
    Request::post(path).client(address)
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
        verdicts.push(verdict(&response.await.unwrap()));
    }
    verdicts
}

/// The default provider, and the route `/login` with the built-in rules, which denies what is unknown.
/// `intelligence` adds to the provider's part.
pub(crate) fn configuration(intelligence: Value) -> Value {
    let mut all = json!({
        "intelligence": {
            "provider": "ipasis", "cluster": "api", "api_key_env": "API_KEY", "timeout": "2s",
        },
        "routes": [{"name": "login", "match": {"path": "/login"}, "on_unknown": "deny"}],
    });
    let Value::Object(more) = intelligence else {
        panic!("expected an object: {intelligence}");
    };
    for (name, value) in more {
        all["intelligence"][name] = value;
    }
    all
}

fn envoy_config(api: &Backend, application: &Backend) -> EnvoyConfig {
    EnvoyConfig::new(application.address)
        .cluster("api", api.address)
        .environment("API_KEY", KEY)
}

fn metric(name: &str) -> String {
    format!("wasmcustom.palisade_{name}")
}
