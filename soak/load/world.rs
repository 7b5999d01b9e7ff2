//! One Envoy, what stands around it, and requests through it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpSocket;

use super::client::{DEADLINE, Manner, Outcome, Wire};
use super::faults::Servers;
use super::model::{Fate, Model, Sent};
use super::policy::{Knobs, SIGNING_KEY, policy};
use super::random::Random;
use crate::service::{Provider, SECRET, Service};
use crate::support::{EnvoyConfig, Request};

/// How many seconds streams have to end in after a reload.
const DRAIN: &str = "2";

/// What every client needs.
pub(crate) struct World {
    pub(crate) model: Arc<Model>,
    pub(crate) servers: Servers,
    pub(crate) captcha: Service,
    pub(crate) seed: u64,
    flag: bool,
    /// Bound, so that nobody else listens there, and never listening.
    nowhere: TcpSocket,
}

/// A request to be sent, and what is known of it.
pub(crate) struct Shot {
    pub(crate) kind: &'static str,
    pub(crate) case: u64,
    pub(crate) request: Request,
    pub(crate) manner: Manner,
    /// Unless it gets to the application, it is led to where nobody listens.
    pub(crate) fate: Fate,
}

impl Shot {
    /// A patient one.
    pub(crate) const fn new(kind: &'static str, case: u64, request: Request) -> Self {
        Self {
            kind,
            case,
            request,
            manner: Manner::Patient,
            fate: Fate::Application,
        }
    }

    pub(crate) const fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    pub(crate) const fn fate(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }
}

impl World {
    pub(crate) async fn new(seed: u64, flag: bool) -> Self {
        let model = Arc::new(Model::new());
        let nowhere = TcpSocket::new_v4().expect("a socket");
        nowhere.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        Self {
            servers: Servers::start(&model).await,
            captcha: Service::start(Provider::Turnstile).await,
            nowhere,
            model,
            seed,
            flag,
        }
    }

    /// The Envoy of this world.
    pub(crate) fn config(&self, knobs: Knobs) -> EnvoyConfig {
        let nowhere = json!({
            "name": "nowhere",
            "match": { "prefix": "/", "headers": [{ "name": "x-soak-nowhere", "present_match": true }] },
            "route": { "cluster": "nowhere" },
        });
        let impatient = json!({
            "name": "impatient",
            "match": { "prefix": "/" },
            "route": { "cluster": "application", "timeout": "3s" },
        });
        EnvoyConfig::new(self.servers.application.address)
            .alone()
            .cluster("ipasis", self.servers.api.address)
            .cluster("told", self.servers.told.address)
            .cluster("captcha", self.captcha.address())
            .cluster("nowhere", self.nowhere.local_addr().expect("an address"))
            .environment("IPASIS_API_KEY", "a-key")
            .environment("PALISADE_KEY", SIGNING_KEY)
            .environment("CAPTCHA_SECRET", SECRET)
            .route(nowhere)
            .route(impatient)
            .manager(&json!({ "access_log": null }))
            .arguments(&["--drain-time-s", DRAIN, "--drain-strategy", "immediate"])
            .workers(2)
            .palisade(&policy(knobs))
            .stop_iteration(self.flag)
    }

    /// Numbers for this use, which the seed gives again.
    pub(crate) fn random(&self, stream: u64, number: u64) -> Random {
        Random::new(self.seed, stream, number)
    }

    /// Sends a request of a protected route over this wire, and tells the model what becomes of it.
    pub(crate) async fn send(&self, wire: &mut Wire, shot: Shot) -> Outcome {
        let id = self.model.number();
        let mut request = shot.request.header("x-soak", format!("{}.{id}", shot.case));
        if shot.fate != Fate::Application {
            request = request.header("x-soak-nowhere", "yes");
        }
        let sent = Sent {
            id,
            case: shot.case,
            kind: shot.kind,
            is_judged: true,
            may_close: false,
            fate: shot.fate,
            manner: shot.manner,
            at: Instant::now(),
        };
        self.exchange(wire, &request, shot.manner, &sent).await
    }

    /// Like [`World::send`], for a path that is not protected.
    pub(crate) async fn ask(
        &self,
        wire: &mut Wire,
        kind: &'static str,
        case: u64,
        request: &Request,
    ) -> Outcome {
        let sent = Sent {
            is_judged: false,
            ..self.sent(kind, case)
        };
        self.exchange(wire, request, Manner::Patient, &sent).await
    }

    /// Sends bytes that need not be a request; `is_judged` says that a protected route may get one.
    pub(crate) async fn raw(
        &self,
        address: SocketAddr,
        kind: &'static str,
        bytes: &[u8],
    ) -> Outcome {
        let sent = Sent {
            may_close: true,
            ..self.sent(kind, 0)
        };
        let outcome = tokio::time::timeout(DEADLINE, Wire::raw(address, bytes)).await;
        let outcome = outcome.unwrap_or(Outcome::Hung);
        self.model.ended(&sent, &outcome);
        outcome
    }

    fn sent(&self, kind: &'static str, case: u64) -> Sent {
        Sent {
            id: self.model.number(),
            case,
            kind,
            is_judged: true,
            may_close: false,
            fate: Fate::Application,
            manner: Manner::Patient,
            at: Instant::now(),
        }
    }

    async fn exchange(
        &self,
        wire: &mut Wire,
        request: &Request,
        manner: Manner,
        sent: &Sent,
    ) -> Outcome {
        let outcome = tokio::time::timeout(DEADLINE, wire.exchange(request, manner)).await;
        let outcome = outcome.unwrap_or(Outcome::Hung);
        if matches!(outcome, Outcome::Left) {
            // What goes on without him is there in a moment.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.model.ended(sent, &outcome);
        outcome
    }
}
