//! The scene of most tests: one Envoy with Palisade, between its API and its application.

use super::policy::{API_KEY, SIGNING_KEYS};
use super::{
    Answer, Backend, Connection, Envoy, EnvoyConfig, Received, Request, Response, Update,
    eventually, http1,
};
use serde_json::Value;

/// The key of the API in every test. No other text holds a part of it.
pub const KEY: &str = "k3y:with/odd+parts";
/// What signs cookies, challenges, links and webhooks in every test.
pub const SIGNING_KEY: &str = "a-signing-key-of-the-tests-0123456789";

/// An address of which the API knows nothing bad.
pub const HOME: &str = "11.0.9.1";
/// Addresses of which every API knows something bad.
pub const VPN: &str = "11.99.0.1";
pub const PROXY: &str = "11.99.0.2";
pub const TOR: &str = "11.99.0.3";
pub const HOSTING: &str = "11.99.0.4";
pub const ABUSE: &str = "11.99.0.5";
/// An address that is never looked up.
pub const PRIVATE: &str = "10.0.0.1";

/// Envoy with Palisade and two workers, between its API and its application.
///
/// When it ends, the filter must still be whole: no test may leave a trap behind.
pub struct Scene {
    /// Calls every address a home connection but those above.
    pub api: Backend,
    /// What Palisade protects.
    pub application: Backend,
    /// Palisade's own.
    pub envoy: Envoy,
    config: EnvoyConfig,
}

impl Scene {
    /// One with this policy.
    pub async fn start(policy: &Value) -> Self {
        Self::with(policy, |config| config).await
    }

    /// Like [`Scene::start`], with one worker.
    pub async fn single(policy: &Value) -> Self {
        Self::with(policy, |config| config.workers(1)).await
    }

    /// Like [`Scene::start`], in an Envoy that serves no other test.
    pub async fn alone(policy: &Value) -> Self {
        Self::with(policy, EnvoyConfig::alone).await
    }

    /// With this value of `allow_on_headers_stop_iteration`.
    pub async fn flagged(policy: &Value, flag: bool) -> Self {
        Self::with(policy, |config| config.stop_iteration(flag)).await
    }

    /// With this policy, and whatever else the test wants of Envoy.
    pub async fn with(policy: &Value, change: impl FnOnce(EnvoyConfig) -> EnvoyConfig) -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        Self::between(api, application, policy, change).await
    }

    /// Like [`Scene::with`], where the test must know the servers before.
    pub async fn between(
        api: Backend,
        application: Backend,
        policy: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) -> Self {
        let flags = [
            (VPN, "VPN"),
            (PROXY, "Proxy"),
            (TOR, "Tor"),
            (HOSTING, "Hosting"),
            (ABUSE, "Abuse"),
        ];
        for (address, flag) in flags {
            api.answer_to(address, Answer::ipasis(&[flag]));
        }
        let config = change(Self::around(&api, &application).palisade(policy));
        Self {
            envoy: Envoy::start(&config).await,
            api,
            application,
            config,
        }
    }

    /// The Envoy of every scene, without a filter.
    pub fn around(api: &Backend, application: &Backend) -> EnvoyConfig {
        EnvoyConfig::new(application.address)
            .cluster("ipasis", api.address)
            .environment(API_KEY, KEY)
            .environment(SIGNING_KEYS[0], SIGNING_KEY)
            .environment(SIGNING_KEYS[1], "another-signing-key-of-the-tests-9876")
            .workers(2)
    }

    /// Its configuration: what an update starts from.
    pub fn config(&self) -> EnvoyConfig {
        self.config.clone()
    }

    /// Has Envoy accept another policy, without waiting for the workers.
    pub async fn update(&mut self, policy: &Value) {
        self.update_with(policy, |config| config).await;
    }

    /// Like [`Scene::update`], with whatever else the test wants of Envoy until the next update.
    pub async fn update_with(
        &mut self,
        policy: &Value,
        change: impl FnOnce(EnvoyConfig) -> EnvoyConfig,
    ) {
        let config = change(self.config().palisade(policy));
        assert_eq!(self.envoy.update(&config).await, Update::Accepted);
    }

    /// Waits until both workers refuse a GET of this path.
    pub async fn refuses_at(&self, path: &str) {
        let request = Request::get(path).client(HOME);
        eventually("the update to be in force on both workers", async || {
            for worker in &mut self.workers().await {
                if worker.request(&request).await.status != 403 {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    /// Sends a request over a connection of its own, so that both workers get some.
    pub async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// A login with this account in a form, from this address.
    pub async fn login(&self, client: &str, account: &str) -> Response {
        self.send(&login(client, account)).await
    }

    /// What becomes of an empty POST of this path from this address, see [`Response::verdict`]: Envoy closes the
    /// connection of a request that it refuses before the whole body has come.
    pub async fn ask(&self, path: &str, client: &str) -> String {
        self.send(&post(path, client)).await.verdict()
    }

    /// Sends a request that must get through, and gives what the application saw.
    pub async fn passes(&self, request: &Request) -> Received {
        let before = self.application.count();
        let response = self.send(request).await;
        assert_eq!(response.status, 200, "{request:?}: {}", response.text());
        let seen = self.application.requests();
        assert_eq!(seen.len(), before + 1, "{request:?}");
        seen.into_iter().next_back().unwrap()
    }

    /// Sends a request that must be refused without reaching the application, and gives the response.
    pub async fn refused(&self, request: &Request, status: u16) -> Response {
        let before = self.application.count();
        let response = self.send(request).await;
        assert_eq!(response.status, status, "{request:?}: {}", response.text());
        assert_eq!(self.application.count(), before, "{request:?} got through");
        response
    }

    /// How many of these requests reach the application, one after the other.
    pub async fn passing(&self, requests: impl Iterator<Item = Request>) -> usize {
        self.application.forget();
        for request in requests {
            self.send(&request).await;
        }
        self.application.count()
    }

    /// Sends each over a connection of its own, all at once.
    pub async fn send_at_once(&self, requests: Vec<Request>) -> Vec<Response> {
        let address = self.envoy.address;
        let send = |request: Request| tokio::spawn(async move { http1(address, &request).await });
        let waiting: Vec<_> = requests.into_iter().map(send).collect();
        let mut responses = Vec::new();
        for response in waiting {
            responses.push(response.await.expect("a response"));
        }
        responses
    }

    /// Sends all of them, over eight connections at once: their statuses, in no order.
    pub async fn send_all(&self, requests: impl Iterator<Item = Request>) -> Vec<u16> {
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

    /// A connection that stays open.
    pub async fn connection(&self) -> Connection {
        Connection::open(self.envoy.address).await
    }

    /// Two connections, one on each of the two workers. No other must be open.
    pub async fn workers(&self) -> [Connection; 2] {
        self.envoy.one_connection_per_worker().await
    }

    /// A counter or gauge of ours, by its name behind `palisade_`, such as `requests.route=login.verdict=deny`; 0 while
    /// it does not exist.
    pub async fn counted(&self, name: &str) -> u64 {
        self.envoy.stat(&metric(name)).await
    }

    /// Waits until a counter or gauge of ours has this value.
    pub async fn wait_for(&self, name: &str, value: u64) {
        self.wait_until(name, |now| now == value).await;
    }

    /// Waits until a counter or gauge of ours satisfies `predicate`, and gives it.
    pub async fn wait_until(&self, name: &str, predicate: impl Fn(u64) -> bool) -> u64 {
        self.envoy.wait_for_stat(&metric(name), predicate).await
    }

    /// The labels of one family of our counters that have counted, such as `answer 3, timeout 1` for `lookups.result`.
    pub async fn tally(&self, family: &str) -> String {
        let prefix = metric(&format!("{family}="));
        let stats = self.envoy.stats().await;
        let counted = stats.iter().filter(|(_, count)| **count > 0);
        let labels = counted
            .filter_map(|(name, count)| Some(format!("{} {count}", name.strip_prefix(&prefix)?)));
        labels.collect::<Vec<_>>().join(", ")
    }

    /// How many requests Envoy has begun to send to the application.
    pub async fn begun(&self) -> u64 {
        let begun = "cluster.application.upstream_rq_total";
        self.envoy.stat(begun).await
    }

    /// How often the API was asked for this address.
    pub fn asked(&self, address: &str) -> usize {
        let word = address.replace(':', "%3A");
        let requests = self.api.requests();
        let asked = requests.iter().filter(|request| {
            let mut words = request.target.split(['/', '?', '&', '=']);
            words.any(|each| each == word)
        });
        asked.count()
    }

    /// How many requests Palisade has let through to this path of the application.
    pub fn arrived_at(&self, target: &str) -> usize {
        let requests = self.application.requests();
        requests.iter().filter(|each| each.target == target).count()
    }

    /// The host has refused nothing that it was asked.
    pub async fn is_sound(&self) {
        assert_eq!(self.counted("host_refused").await, 0);
    }

    /// Gives every worker time to go on with what it has received: they serve other requests meanwhile.
    pub async fn settle(&self) {
        for _ in 0..4 {
            let response = self.send(&Request::get("/settle")).await;
            assert_eq!(response.status, 200);
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = self.envoy.log();
        for sign in [
            "Wasm VM failed",
            "panicked",
            "RuntimeError",
            "Uncaught",
            "wasm log error",
            "please report",
        ] {
            let line = log.lines().find(|line| line.contains(sign));
            assert!(line.is_none(), "{}", line.unwrap_or_default());
        }
    }
}

impl Response {
    /// What became of the request: `allow`, or `challenge` or `deny` with the reason.
    pub fn verdict(&self) -> String {
        if self.status == 200 {
            return "allow".to_owned();
        }
        assert_eq!(self.status, 403, "{}", self.text());
        let problem = self.json();
        let what = match problem["type"].as_str() {
            Some("urn:palisade:denied") => "deny",
            Some("urn:palisade:challenge-required") => "challenge",
            _ => panic!("{problem}"),
        };
        format!("{what} {}", problem["reason"].as_str().unwrap())
    }
}

/// The content type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A login with this account in a form, from this address.
pub fn login(client: &str, account: &str) -> Request {
    form("/login", client, &format!("email={account}&password=x"))
}

/// A form for this path, from this address.
pub fn form(path: &str, client: &str, body: &str) -> Request {
    post(path, client).header("content-type", FORM).body(body)
}

/// An empty POST of this path from this address.
pub fn post(path: &str, client: &str) -> Request {
    Request::post(path).client(client)
}

/// An answer that shows a failed login by its status.
pub fn failed() -> Answer {
    Answer::status(401)
}

fn metric(name: &str) -> String {
    format!("wasmcustom.palisade_{name}")
}
