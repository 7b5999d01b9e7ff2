//! One Envoy with Palisade and two workers, its application, and a service of every provider.

use std::collections::BTreeMap;
use std::net::TcpListener;

use serde_json::{Value, json};

pub(crate) use crate::challenges::scene::{CLEARANCE, SIGNING_KEY, cookie, data, form};
use crate::challenges::scene::{challenge, policy as challenges, solve};
use crate::service::{Provider, SECRET, SITE_KEY, Service};
use crate::support::{Backend, Connection, Envoy, EnvoyConfig, Request, Response, Update, http1};

/// Requests that are under way.
pub(crate) const ACTIVE: &str = "http.protected.downstream_rq_active";

/// Envoy with Palisade, between the services and the application.
pub(crate) struct Scene {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
    services: Vec<Service>,
    flag: bool,
}

impl Scene {
    /// Two workers, this policy, and `allow_on_headers_stop_iteration`.
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
        let (api, application) = (Backend::api().await, Backend::application().await);
        let mut services = Vec::new();
        for provider in Provider::ALL {
            services.push(Service::start(provider).await);
        }
        let config = config((&api, &application), &services, policy, flag);
        Self {
            envoy: Envoy::start(&change(config)).await,
            api,
            application,
            services,
            flag,
        }
    }

    /// Replaces the configuration while Envoy runs.
    pub(crate) async fn update(&mut self, policy: &Value) {
        let config = config(
            (&self.api, &self.application),
            &self.services,
            policy,
            self.flag,
        );
        assert_eq!(self.envoy.update(&config).await, Update::Accepted);
    }

    /// The service of this provider.
    pub(crate) fn service(&self, provider: Provider) -> &Service {
        let mut services = self.services.iter();
        services
            .find(|service| service.provider == provider)
            .expect("every one")
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// Sends each request over a connection of its own, all at once.
    pub(crate) async fn send_all(&self, requests: Vec<Request>) -> Vec<Response> {
        let address = self.envoy.address;
        let send = |request: Request| tokio::spawn(async move { http1(address, &request).await });
        let waiting: Vec<_> = requests.into_iter().map(send).collect();
        let mut responses = Vec::new();
        for response in waiting {
            responses.push(response.await.expect("a response"));
        }
        responses
    }

    pub(crate) async fn connection(&self) -> Connection {
        Connection::open(self.envoy.address).await
    }

    /// A counter of ours.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        let name = format!("wasmcustom.palisade_{name}");
        self.envoy.stat(&name).await
    }

    /// What became of tokens so far, such as `invalid 1, passed 2`.
    pub(crate) async fn results(&self) -> String {
        let stats = self.envoy.stats().await;
        let results = stats.iter().filter_map(|(name, count)| {
            let name = name.strip_prefix("wasmcustom.palisade_captchas.result=")?;
            (*count > 0).then_some((name, *count))
        });
        listed(&results.collect())
    }

    /// Nothing has trapped, and Envoy has done all that it was asked to.
    pub(crate) async fn is_sound(&self) {
        let log = self.envoy.log();
        for words in ["Uncaught", "wasm log error", "VM failed", "panicked"] {
            assert!(!log.contains(words), "{log}");
        }
        assert_eq!(self.counted("host_refused").await, 0);
    }
}

/// Results as [`Scene::results`] gives them.
pub(crate) fn listed(results: &BTreeMap<&str, u64>) -> String {
    let each = results
        .iter()
        .map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}

fn config(
    (api, application): (&Backend, &Backend),
    services: &[Service],
    policy: &Value,
    flag: bool,
) -> EnvoyConfig {
    let mut config = EnvoyConfig::new(application.address)
        .environment("PALISADE_KEY", SIGNING_KEY)
        .environment("CAPTCHA_SECRET", SECRET)
        .environment("IPASIS_API_KEY", "a-key")
        .cluster("ipasis", api.address)
        .empty_cluster("empty")
        .cluster("refuses", nobody_listens());
    for service in services {
        config = config.cluster(service.provider.name(), service.address());
    }
    config
        .workers(2)
        .upgrade("websocket")
        .palisade(policy)
        .stop_iteration(flag)
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
