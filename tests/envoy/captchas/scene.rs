//! A scene with a service of every provider.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::challenges::scene::policy as challenges;
pub(crate) use crate::challenges::scene::{CLEARANCE, browser_form};
use crate::service::{Provider, SECRET, SITE_KEY, Service};
use crate::support::{EnvoyConfig, Request, Response, Scene as Common, challenge, solve};

/// Requests that are under way.
pub(crate) const ACTIVE: &str = "http.protected.downstream_rq_active";

/// The usual scene, and the services.
pub(crate) struct Scene {
    common: Common,
    services: Vec<Service>,
}

impl Scene {
    /// This policy, and `allow_on_headers_stop_iteration`.
    pub(crate) async fn start(policy: &Value, flag: bool) -> Self {
        Self::with(policy, flag, |config| config).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub(crate) async fn alone(policy: &Value, flag: bool) -> Self {
        Self::with(policy, flag, EnvoyConfig::alone).await
    }

    async fn with(
        policy: &Value,
        flag: bool,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let mut services = Vec::new();
        for provider in Provider::ALL {
            services.push(Service::start(provider).await);
        }
        let beside = |mut config: EnvoyConfig| {
            for service in &services {
                config = config.cluster(service.provider.name(), service.address());
            }
            let config = config
                .environment("CAPTCHA_SECRET", SECRET)
                .empty_cluster("empty")
                .cluster("refuses", nobody_listens());
            change(config.upgrade("websocket").stop_iteration(flag))
        };
        let common = Common::with(policy, beside).await;
        Self { common, services }
    }

    /// The service of this provider.
    pub(crate) fn service(&self, provider: Provider) -> &Service {
        let mut services = self.services.iter();
        services
            .find(|service| service.provider == provider)
            .expect("every one")
    }

    /// What became of tokens so far, such as `invalid 1, passed 2`.
    pub(crate) async fn results(&self) -> String {
        self.tally("captchas.result").await
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

/// Results as [`Scene::results`] gives them.
pub(crate) fn listed(results: &BTreeMap<&str, u64>) -> String {
    let each = results
        .iter()
        .map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}

/// Requests from many subnets: of one alone, only a hundred tokens are verified in ten minutes.
pub(crate) fn from_everywhere(requests: impl IntoIterator<Item = Request>) -> Vec<Request> {
    let requests = requests.into_iter().enumerate();
    requests
        .map(|(number, request)| {
            request.replace("x-forwarded-for", &format!("11.1.{}.1", number % 250))
        })
        .collect()
}

/// An address of this machine at which nobody listens.
fn nobody_listens() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// What is configured for a provider.
pub(crate) fn captcha(provider: Provider) -> Value {
    let mut captcha = json!({
        "provider": provider.configuration(),
        "cluster": provider.name(),
        "site_key": SITE_KEY,
        "secret_env": "CAPTCHA_SECRET",
        "hostnames": ["shop.example"],
    });
    if provider.tells_action() {
        captcha["action"] = "login".into();
    }
    if provider.tells_score() {
        captcha["min_score"] = json!(0.5);
    }
    captcha
}

/// Challenges everybody in 11.0.0.0/8 at `/login` and at `/other`, by a captcha of this provider with these changes.
pub(crate) fn policy(provider: Provider, changes: Value) -> Value {
    let mut policy = challenges(&json!({ "captcha": captcha(provider) }));
    for (name, value) in changes.as_object().expect("an object") {
        policy["captcha"][name] = value.clone();
    }
    policy
}

/// A GET of a client that is challenged.
pub(crate) fn get() -> Request {
    Request::get("/login")
        .client("11.0.0.1")
        .header("user-agent", "one browser")
}

/// The same with a token in the header.
pub(crate) fn with(token: &str) -> Request {
    get().header("x-palisade-captcha", token)
}

/// What is asked for: `x-palisade-captcha` or `x-palisade-solution`.
pub(crate) fn asked_for(response: &Response) -> String {
    assert_eq!(response.status, 403, "{}", response.text());
    let document = response.json();
    document["answer_in"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The request with the solution of the work that it was answered with.
pub(crate) fn worked(request: &Request, response: &Response) -> Request {
    let payload = solve(&challenge(response));
    request.clone().header("x-palisade-solution", payload)
}
