//! Several Envoys that count as one, with the real rate limit service and a real Redis.

mod cable;
mod failing;
mod load;
mod once;
mod service;

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::fleet::service::Service;
use crate::support::{Backend, EnvoyConfig, Policy, Request, Response, Scene, failed, login};

/// How many Envoys a fleet has.
const ENVOYS: usize = 3;

/// A policy whose one limit the fleet counts. A busy machine changes nothing: the longest time-out there is.
fn counted(limit: Value) -> Policy {
    let policy = Policy::limiting(json!([{ "name": "own", "window": "1h", "scope": "fleet" }]));
    let mut policy = policy
        .signed()
        .with(json!({ "fleet": { "cluster": "ratelimit", "timeout": "1s" } }));
    for (name, setting) in limit.as_object().expect("an object") {
        policy["limits"][0][name] = setting.clone();
    }
    policy
}

/// Envoys in front of one application, and the service that counts for them.
struct Fleet {
    envoys: Vec<Scene>,
}

impl Fleet {
    async fn start(policy: &Value, service: &Service) -> Self {
        Self::named(policy, service, ["palisade"; ENVOYS]).await
    }

    /// With these names of the plugins.
    async fn named(policy: &Value, service: &Service, names: [&'static str; ENVOYS]) -> Self {
        Self::with(policy, service, |config, at| config.named(names[at])).await
    }

    /// With whatever else the test wants of each Envoy.
    async fn with(
        policy: &Value,
        service: &Service,
        change: impl Fn(EnvoyConfig, usize) -> EnvoyConfig,
    ) -> Self {
        Self::reaching(policy, [service.address; ENVOYS], change).await
    }

    /// Each of which reaches the service at an address of its own.
    async fn reaching(
        policy: &Value,
        addresses: [SocketAddr; ENVOYS],
        change: impl Fn(EnvoyConfig, usize) -> EnvoyConfig,
    ) -> Self {
        let mut envoys = Vec::new();
        for (at, address) in addresses.into_iter().enumerate() {
            let around =
                |config: EnvoyConfig| change(config.http2_cluster("ratelimit", address), at);
            let (api, application) = (Backend::api().await, Backend::application().await);
            envoys.push(Scene::between(api, application, policy, around).await);
        }
        Self { envoys }
    }

    async fn login(&self, at: usize, account: &str) -> Response {
        self.envoys[at % ENVOYS].login("11.0.9.1", account).await
    }

    /// Sends each to another Envoy, all at once: how many reach an application.
    async fn at_once(&self, requests: impl Iterator<Item = Request>) -> usize {
        let mut queues = vec![Vec::new(); ENVOYS];
        for (at, request) in requests.enumerate() {
            queues[at % ENVOYS].push(request);
        }
        let before = self.reached();
        let sent = self.envoys.iter().zip(queues);
        let mut sent: Vec<_> = sent
            .map(|(envoy, queue)| envoy.send_at_once(queue))
            .collect();
        let (third, second, first) = (sent.pop(), sent.pop(), sent.pop());
        let (Some(first), Some(second), Some(third)) = (first, second, third) else {
            panic!("three Envoys");
        };
        tokio::join!(first, second, third);
        self.reached() - before
    }

    fn reached(&self) -> usize {
        self.envoys
            .iter()
            .map(|envoy| envoy.application.count())
            .sum()
    }

    /// How many requests have reached each application.
    fn shares(&self) -> [usize; ENVOYS] {
        std::array::from_fn(|at| self.envoys[at].application.count())
    }

    async fn calls(&self, result: &str) -> u64 {
        let mut sum = 0;
        for envoy in &self.envoys {
            sum += envoy.counted(&format!("fleet_calls.result={result}")).await;
        }
        sum
    }
}

/// Logins of one account from as many addresses.
fn spread(number: usize, account: &str) -> impl Iterator<Item = Request> {
    (0..number)
        .map(move |number| login(&format!("11.{}.{}.1", number % 250, number / 250), account))
}

#[tokio::test]
async fn an_account_has_its_limit_whichever_envoy_its_requests_meet() {
    let service = Service::start().await;
    let fleet = Fleet::start(
        &counted(json!({ "key": ["account"], "limit": 3 })),
        &service,
    )
    .await;
    for round in 0..10 {
        let account = format!("alice-{round}@example.com");
        let passed = fleet.at_once(spread(200, &account)).await;
        assert_eq!(passed, 3, "round {round}");
        assert_eq!(
            fleet.at_once(spread(30, &account)).await,
            0,
            "round {round}"
        );
    }
    let keys = service.keys().await;
    assert!(
        keys.contains("palisade_") && !keys.contains("alice") && !keys.contains("11."),
        "{keys}"
    );
}

#[tokio::test]
async fn so_many_failures_at_any_envoy_lock_an_account_at_all() {
    let service = Service::start().await;
    let limit = json!({ "key": ["account"], "limit": 3, "count": "failures" });
    let fleet = Fleet::start(&counted(limit), &service).await;
    for at in 0..6 {
        assert_eq!(fleet.login(at, "bob").await.status, 200, "{at}");
    }
    for envoy in &fleet.envoys {
        envoy.application.answer(failed());
    }
    for round in 0..3 {
        let account = format!("alice-{round}");
        assert_eq!(
            fleet.at_once(spread(200, &account)).await,
            3,
            "round {round}"
        );
    }
    for at in 0..ENVOYS {
        assert_eq!(fleet.login(at, "alice-0").await.status, 429, "{at}");
    }
}

#[tokio::test]
async fn a_network_that_tries_many_accounts_is_found_by_all_envoys_together() {
    let service = Service::start().await;
    let limit = json!({ "key": ["subnet"], "count": "distinct(account)", "limit": 10 });
    let fleet = Fleet::start(&counted(limit), &service).await;
    let accounts = (0..200).map(|number| login("11.0.9.1", &format!("account-{number}")));
    assert_eq!(fleet.at_once(accounts).await, 10);
}

#[tokio::test]
async fn plugins_of_two_names_count_for_themselves_in_one_domain() {
    let service = Service::start().await;
    let policy = counted(json!({ "key": ["account"], "limit": 3 }));
    let fleet = Fleet::named(&policy, &service, ["one", "other", "other"]).await;
    assert_eq!(fleet.at_once(spread(60, "alice")).await, 6);
}
