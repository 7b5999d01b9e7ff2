//! One Envoy with Palisade and two workers, its API, its application, and where that is told of revocations.

use serde_json::{Value, json};

use crate::support::{
    Answer, Backend, Connection, Envoy, EnvoyConfig, Request, Response, Update, eventually, http1,
};

/// What signs notices and challenges in every test.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-tests-0123456789";

/// An address that the API calls an exit of Tor, which the built-in rules deny.
pub(crate) const TOR: &str = "11.0.0.66";
/// An address that the API calls one of a VPN, which the built-in rules challenge.
pub(crate) const VPN: &str = "11.0.0.77";
/// An address of which the API knows nothing bad.
pub(crate) const HOME: &str = "11.0.9.1";

/// Envoy with Palisade, between the servers around it.
pub(crate) struct Scene {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    /// Where the application is told of revocations.
    pub(crate) told: Backend,
    pub(crate) envoy: Envoy,
}

impl Scene {
    /// Two workers, this configuration.
    pub(crate) async fn start(policy: &Value) -> Self {
        Self::with(policy, |config| config).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub(crate) async fn alone(policy: &Value) -> Self {
        Self::with(policy, EnvoyConfig::alone).await
    }

    /// This configuration, and whatever else the test wants of Envoy.
    pub(crate) async fn with(
        policy: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        let told = Backend::start(Answer::status(204)).await;
        api.answer_to(TOR, Answer::ipasis(&["Tor"]));
        api.answer_to(VPN, Answer::ipasis(&["VPN"]));
        let config = envoy_config(&api, &application, &told).palisade(policy);
        let envoy = Envoy::start(&change(config)).await;
        Self {
            api,
            application,
            told,
            envoy,
        }
    }

    /// Puts another configuration into force, which must deny everything at `path`, as the one before does not.
    pub(crate) async fn update(
        &mut self,
        policy: &Value,
        path: &str,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) {
        let config = envoy_config(&self.api, &self.application, &self.told).palisade(policy);
        assert_eq!(self.envoy.update(&change(config)).await, Update::Accepted);
        eventually("the update to be in force on both workers", async || {
            for worker in &mut self.envoy.one_connection_per_worker().await {
                let status = worker
                    .request(&Request::get(path).client(HOME))
                    .await
                    .status;
                if status != 403 {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// What becomes of a visit, see [`verdict`].
    pub(crate) async fn ask(&self, path: &str, address: &str, session: &str) -> String {
        verdict(&self.send(&visit(path, address, session)).await)
    }

    /// Has a session revoked by a visit from this address, which goes on.
    pub(crate) async fn revoke(&self, address: &str, session: &str) {
        let before = self.counted("revocations.result=revoked").await;
        assert_eq!(self.ask("/shop", address, session).await, "pass");
        self.wait_for("revocations.result=revoked", before + 1)
            .await;
    }

    /// A counter of ours.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        self.envoy
            .stat(&format!("wasmcustom.palisade_{name}"))
            .await
    }

    /// Waits until a counter of ours has this value.
    pub(crate) async fn wait_for(&self, name: &str, value: u64) {
        let name = format!("wasmcustom.palisade_{name}");
        self.envoy.wait_for_stat(&name, |now| now == value).await;
    }

    /// How many lookups have ended, in whichever way.
    pub(crate) async fn lookups(&self) -> u64 {
        let stats = self.envoy.stats().await;
        let ended = stats
            .iter()
            .filter(|(name, _)| name.starts_with("wasmcustom.palisade_lookups."));
        ended.map(|(_, count)| count).sum()
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

    /// Panics if Envoy's log tells of a trap, or of anything that Palisade asks to be reported.
    pub(crate) fn assert_no_trap(&self) {
        let log = self.envoy.log();
        for word in ["RuntimeError", "panicked", "please report", "[critical]"] {
            assert!(!log.contains(word), "{word} in {log}");
        }
    }

    /// Two connections, one on each of the two workers. No other must be open.
    pub(crate) async fn workers(&self) -> [Connection; 2] {
        self.envoy.one_connection_per_worker().await
    }
}

fn envoy_config(api: &Backend, application: &Backend, told: &Backend) -> EnvoyConfig {
    EnvoyConfig::new(application.address)
        .cluster("api", api.address)
        .cluster("told", told.address)
        .environment("API_KEY", "a-key")
        .environment("PALISADE_KEY", SIGNING_KEY)
        .workers(2)
}

/// Envoy merges its histograms when it flushes its statistics, every five seconds unless told otherwise.
pub(crate) fn flushes_often(config: EnvoyConfig) -> EnvoyConfig {
    config.bootstrap(&json!({"stats_flush_interval": "0.1s"}))
}

/// `/account` neither looks up nor judges, `/logout` heeds no revocation, `/once` looks up once a session, and
/// everything else goes on at once. `more` replaces parts of it.
pub(crate) fn policy(more: &Value) -> Value {
    let off = |name: &str| json!({ "name": name, "match": { "path": format!("/{name}") }, "lookup": "off", "rules": [] });
    let mut logout = off("logout");
    logout["on_revoked"] = json!("ignore");
    let mut all = json!({
        "identity": { "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["PALISADE_KEY"],
        "challenge": { "difficulty": 1000 },
        "intelligence": { "provider": "ipasis", "cluster": "api", "api_key_env": "API_KEY", "timeout": "2s" },
        "audit": { "lines_per_second": 1000 },
        "routes": [
            logout,
            off("account"),
            { "name": "once", "match": { "path": "/once" }, "lookup": "session" },
            { "name": "everything", "match": { "path": { "prefix": "/" } }, "lookup": "background" },
        ],
    });
    for (name, value) in more.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all
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

/// What became of a request: `pass`, or `challenge` or `deny` with the reason.
pub(crate) fn verdict(response: &Response) -> String {
    if response.status == 200 {
        return "pass".to_owned();
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
