//! One Envoy with Palisade and two workers, its API and its application.

use serde_json::{Value, json};

use crate::support::{
    Answer, Backend, Connection, Envoy, EnvoyConfig, Request, Response, Update, eventually, http1,
};

/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// What signs device cookies and unlock links in every test.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-tests-0123456789";

/// Envoy with Palisade, between its API and its application.
pub(crate) struct Scene {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
}

impl Scene {
    /// Two workers, this configuration.
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
        let (api, application) = Self::backends().await;
        Self::between(api, application, configuration, change).await
    }

    /// What stands around an Envoy.
    pub(crate) async fn backends() -> (Backend, Backend) {
        (Backend::api().await, Backend::application().await)
    }

    /// Like [`Scene::with`], where the test must know the servers before.
    pub(crate) async fn between(
        api: Backend,
        application: Backend,
        configuration: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let config = envoy_config(&api, &application).palisade(configuration);
        let envoy = Envoy::start(&change(config)).await;
        Self {
            api,
            application,
            envoy,
        }
    }

    /// With this value of `allow_on_headers_stop_iteration`.
    pub(crate) async fn flagged(configuration: &Value, flag: bool) -> Self {
        Self::with(configuration, |config| config.stop_iteration(flag)).await
    }

    /// The Envoy of this scene without a filter: what an update starts from.
    pub(crate) fn config(&self) -> EnvoyConfig {
        envoy_config(&self.api, &self.application)
    }

    /// Puts another configuration into force, without waiting for both workers.
    pub(crate) async fn update_at_once(&mut self, configuration: &Value) {
        let config = self.config().palisade(configuration);
        assert_eq!(self.envoy.update(&config).await, Update::Accepted);
    }

    /// Puts another configuration into force, which must deny everything at `path`, as the one before does not.
    pub(crate) async fn update(&mut self, configuration: &Value, path: &str) {
        let config = self.config().palisade(configuration);
        self.update_to(&config, path).await;
    }

    /// Like [`Scene::update`], with whatever else of Envoy's.
    pub(crate) async fn update_to(&mut self, config: &EnvoyConfig, path: &str) {
        assert_eq!(self.envoy.update(config).await, Update::Accepted);
        eventually("the update to be in force on both workers", async || {
            let mut workers = self.one_connection_per_worker().await;
            for worker in &mut workers {
                if worker
                    .request(&Request::get(path).client("11.0.0.1"))
                    .await
                    .status
                    != 403
                {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    /// Sends a request over a connection of its own, so that both workers get some.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// A login with this account in a form, from this address.
    pub(crate) async fn login(&self, client: &str, account: &str) -> Response {
        self.send(&login(client, account)).await
    }

    /// How many of these requests reach the application: `client` gives the address of each.
    pub(crate) async fn passing(&self, requests: impl Iterator<Item = Request>) -> usize {
        self.application.forget();
        for request in requests {
            self.send(&request).await;
        }
        self.application.count()
    }

    /// Sends all of them, over eight connections at once: their statuses, in no order.
    pub(crate) async fn send_all(&self, requests: impl Iterator<Item = Request>) -> Vec<u16> {
        const CONNECTIONS: usize = 8;
        let mut queues: [Vec<Request>; CONNECTIONS] = Default::default();
        for (number, request) in requests.enumerate() {
            queues[number % CONNECTIONS].push(request);
        }
        let tasks = queues.map(|queue| {
            let address = self.envoy.address;
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await;
                let mut statuses = Vec::new();
                for request in &queue {
                    let response = connection.request(request).await;
                    // Whoever is refused before his body has been read has to connect again.
                    if response.header("connection").as_deref() == Some("close") {
                        connection = Connection::open(address).await;
                    }
                    statuses.push(response.status);
                }
                statuses
            })
        });
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.extend(task.await.unwrap());
        }
        statuses
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

    /// How many requests Envoy has begun to send to the application.
    pub(crate) async fn begun(&self) -> u64 {
        self.envoy
            .stat("cluster.application.upstream_rq_total")
            .await
    }

    /// Two connections, one on each of the two workers. No other must be open.
    pub(crate) async fn one_connection_per_worker(&self) -> [Connection; 2] {
        self.envoy.one_connection_per_worker().await
    }

    /// A connection that stays open.
    pub(crate) async fn connection(&self) -> Connection {
        Connection::open(self.envoy.address).await
    }
}

/// The Envoy of every scene, without a filter.
pub(crate) fn envoy_config(api: &Backend, application: &Backend) -> EnvoyConfig {
    EnvoyConfig::new(application.address)
        .cluster("ipasis", api.address)
        .environment("IPASIS_API_KEY", "a-key")
        .environment("PALISADE_KEY", SIGNING_KEY)
        .workers(2)
}

/// An answer that shows a failed login by its status.
pub(crate) fn failed() -> Answer {
    Answer::status(401)
}

/// The API under its usual name.
pub(crate) fn intelligence() -> Value {
    json!({ "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" })
}

/// A login with this account in a form, from this address.
pub(crate) fn login(client: &str, account: &str) -> Request {
    form("/login", client, &format!("email={account}&password=x"))
}

/// A form for this path, from this address.
pub(crate) fn form(path: &str, client: &str, body: &str) -> Request {
    Request::post(path)
        .client(client)
        .header("content-type", FORM)
        .body(body)
}

/// Protects `/login` with these limits, without an API; what the account is stands in the field `email`.
pub(crate) fn policy(limits: &Value) -> Value {
    let names: Vec<&Value> = limits
        .as_array()
        .expect("a list")
        .iter()
        .map(|limit| &limit["name"])
        .collect();
    json!({
        "identity": { "account": [{ "form": "email" }] },
        "limits": limits,
        "routes": [{
            "name": "login",
            "match": { "methods": ["POST"], "path": "/login" },
            "limits": names,
        }],
    })
}
