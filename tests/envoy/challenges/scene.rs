//! One Envoy with Palisade and two workers, and its application.

use serde_json::{Value, json};

use crate::support::{Backend, Envoy, EnvoyConfig, Request, Response, Update, http1};
pub(crate) use crate::support::{challenge, cookie, data, solve};

/// What signs challenges in every test.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-tests-0123456789";

/// Envoy with Palisade, between its API and its application.
pub(crate) struct Scene {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
    flag: bool,
}

impl Scene {
    /// Two workers, this configuration, and `allow_on_headers_stop_iteration`.
    pub(crate) async fn start(configuration: &Value, flag: bool) -> Self {
        Self::with(configuration, flag, |config| config).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub(crate) async fn alone(configuration: &Value, flag: bool) -> Self {
        Self::with(configuration, flag, EnvoyConfig::alone).await
    }

    async fn with(
        configuration: &Value,
        flag: bool,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        let config = config(&api, &application, configuration, flag);
        Self {
            envoy: Envoy::start(&change(config)).await,
            api,
            application,
            flag,
        }
    }

    /// Replaces the configuration while Envoy runs.
    pub(crate) async fn update(&mut self, configuration: &Value) {
        let config = config(&self.api, &self.application, configuration, self.flag);
        assert_eq!(self.envoy.update(&config).await, Update::Accepted);
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

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

    /// A counter of ours.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        self.envoy
            .stat(&format!("wasmcustom.palisade_{name}"))
            .await
    }
}

fn config(api: &Backend, application: &Backend, configuration: &Value, flag: bool) -> EnvoyConfig {
    EnvoyConfig::new(application.address)
        .cluster("ipasis", api.address)
        .environment("IPASIS_API_KEY", "a-key")
        .environment("PALISADE_KEY", SIGNING_KEY)
        .environment("PALISADE_NEW_KEY", "another-signing-key-of-the-tests-9876")
        .workers(2)
        .palisade(configuration)
        .stop_iteration(flag)
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
    let mut policy = json!({
        "signing_keys_env": ["PALISADE_KEY"],
        "challenge": { "difficulty": 1000 },
        "lists": [{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }],
        "routes": [route("login"), route("other")],
    });
    merge(&mut policy, more);
    policy
}

/// Puts the members of `more` into `value`, those of objects one by one; `null` removes.
fn merge(value: &mut Value, more: &Value) {
    let (Value::Object(members), Value::Object(more)) = (&mut *value, more) else {
        value.clone_from(more);
        return;
    };
    for (name, more) in more {
        if more.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), more);
        }
    }
}

/// The name of the clearance.
pub(crate) const CLEARANCE: &str = "__Host-palisade-clearance";

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
