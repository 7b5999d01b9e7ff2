//! One Envoy with Palisade and two workers, its API and its application.

use serde_json::{Value, json};

use crate::support::{Backend, Connection, Envoy, EnvoyConfig, Request, Response, http1};

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

    /// This configuration, and whatever else the test wants of Envoy.
    pub(crate) async fn with(
        configuration: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        let config = EnvoyConfig::new(application.address)
            .cluster("ipasis", api.address)
            .environment("IPASIS_API_KEY", "a-key")
            .environment("PALISADE_KEY", SIGNING_KEY)
            .workers(2)
            .palisade(configuration);
        let envoy = Envoy::start(&change(config)).await;
        Self {
            api,
            application,
            envoy,
        }
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

    /// A counter of ours.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        self.envoy
            .stat(&format!("wasmcustom.palisade_{name}"))
            .await
    }

    /// A connection that stays open.
    pub(crate) async fn connection(&self) -> Connection {
        Connection::open(self.envoy.address).await
    }
}

/// A login with this account in a form, from this address.
pub(crate) fn login(client: &str, account: &str) -> Request {
    form("/login", client, &format!("email={account}&password=x"))
}

/// A form for this path, from this address.
pub(crate) fn form(path: &str, client: &str, body: &str) -> Request {
    Request::post(path)
        .client(client)
        .header("content-type", "application/x-www-form-urlencoded")
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
