//! A scene with sessions, and with a server that is told of revocations.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::support::{Answer, Backend, EnvoyConfig, Policy, Request, Scene as Common};

/// The usual scene, and who is told.
pub(crate) struct Scene {
    common: Common,
    /// Where the application is told of revocations.
    pub(crate) told: Backend,
}

impl Scene {
    /// One with this policy.
    pub(crate) async fn start(policy: &Value) -> Self {
        Self::with(policy, |config| config).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub(crate) async fn alone(policy: &Value) -> Self {
        Self::with(policy, EnvoyConfig::alone).await
    }

    /// This policy, and whatever else the test wants of Envoy.
    pub(crate) async fn with(
        policy: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let told = Backend::start(Answer::status(204)).await;
        let address = told.address;
        let change = |config: EnvoyConfig| change(config.cluster("told", address));
        let common = Common::with(policy, change).await;
        Self { common, told }
    }

    /// What becomes of a visit, see [`Response::verdict`](crate::support::Response::verdict).
    pub(crate) async fn visit(&self, path: &str, address: &str, session: &str) -> String {
        self.send(&visit(path, address, session)).await.verdict()
    }

    /// Has a session revoked by a visit from this address, which goes on.
    pub(crate) async fn revoke(&self, address: &str, session: &str) {
        let before = self.counted("revocations.result=revoked").await;
        assert_eq!(self.visit("/shop", address, session).await, "allow");
        self.wait_for("revocations.result=revoked", before + 1)
            .await;
    }

    /// How many lookups have ended, in whichever way.
    pub(crate) async fn lookups(&self) -> u64 {
        let stats = self.envoy.stats().await;
        let ended = stats
            .iter()
            .filter(|(name, _)| name.starts_with("wasmcustom.palisade_lookups."));
        ended.map(|(_, count)| count).sum()
    }

    /// The audit lines so far that say `palisade`: `refused` or `revoked`.
    pub(crate) fn audited(&self, palisade: &str) -> Vec<Value> {
        let log = self.envoy.log();
        let lines = log
            .lines()
            .filter_map(|line| line.find("{\"palisade\"").map(|start| &line[start..]));
        lines
            .map(|line| serde_json::from_str::<Value>(line).expect(line))
            .filter(|line| line["palisade"] == palisade)
            .collect()
    }
}

impl Deref for Scene {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut Common {
        &mut self.common
    }
}

/// Envoy merges its histograms when it flushes its statistics, every five seconds unless told otherwise.
pub(crate) fn flushes_often(config: EnvoyConfig) -> EnvoyConfig {
    config.bootstrap(&json!({"stats_flush_interval": "0.1s"}))
}

/// `/account` neither looks up nor judges, `/logout` heeds no revocation, `/once` looks up once a session, and
/// everything else goes on at once. `more` replaces parts of it.
pub(crate) fn policy(more: &Value) -> Value {
    let mut all = Policy::new()
        .session()
        .challenges()
        .api()
        .with(json!({ "audit": { "lines_per_second": 1000 } }))
        .route(
            "logout",
            json!({ "lookup": "off", "rules": [], "on_revoked": "ignore" }),
        )
        .route("account", json!({ "lookup": "off", "rules": [] }))
        .route("once", json!({ "lookup": "session" }))
        .route(
            "everything",
            json!({ "match": { "path": { "prefix": "/" } }, "lookup": "background" }),
        );
    for (name, value) in more.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all.into()
}

/// With a route before all others that denies everything and so shows which configuration is in force.
pub(crate) fn denying(mut policy: Value, path: &str) -> Value {
    let new = json!({
        "name": "new",
        "match": { "path": path },
        "on_revoked": "ignore",
        "rules": [{ "when": { "any": ["unknown", { "not": "unknown" }] }, "then": "deny" }],
    });
    let routes = policy["routes"].as_array_mut().unwrap();
    routes.insert(0, new);
    policy
}

/// A request with this session in its cookie.
pub(crate) fn visit(path: &str, address: &str, session: &str) -> Request {
    Request::get(path)
        .client(address)
        .header("cookie", format!("theme=dark; sid={session}"))
}
