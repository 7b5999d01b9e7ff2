use std::collections::HashMap;

use super::abi;
use super::host::EnvoyHost;
use super::metrics::Metrics;
use super::stream::Stream;
use crate::intelligence::{CallToken, Library};
use crate::telemetry::{Event, Meter};
use crate::transaction::Engine;

/// How often overdue lookups and probes are looked for while there are any, in milliseconds.
const WATCH_PERIOD: u32 = 50;

/// One configuration, and what this worker has learnt under it.
#[derive(Default)]
pub(super) struct Root {
    pub(super) engine: Option<Engine>,
    pub(super) metrics: Metrics,
    pub(super) bodies: Bodies,
    /// Whether the host calls `on_tick`.
    pub(super) watching: bool,
    /// Requests with which it is found out whether bodies come.
    pub(super) probes: Vec<u32>,
    /// Requests that wait for the service of a captcha, by the call-out.
    pub(super) verifications: HashMap<CallToken, u32>,
}

/// Whether the host hands over a body while the head is held back: only with `allow_on_headers_stop_iteration`, of which nothing
/// else tells us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Bodies {
    /// Nobody knows yet.
    #[default]
    Unknown,
    /// The head must go on first.
    AfterHead,
    /// It does.
    WithHead,
}

/// What a callback works with.
pub(super) struct Desk<'r> {
    pub(super) engine: &'r mut Engine,
    pub(super) host: EnvoyHost<'r>,
    pub(super) bodies: &'r mut Bodies,
}

impl Root {
    /// The engine and its surroundings, once there is a configuration.
    pub(super) fn desk(&mut self) -> Option<Desk<'_>> {
        Some(Desk {
            engine: self.engine.as_mut()?,
            host: EnvoyHost {
                metrics: &self.metrics,
            },
            bodies: &mut self.bodies,
        })
    }

    /// Notes it if the request of this context waits for a captcha's service, or has left a notice to be sent.
    pub(super) fn follow(&mut self, context: u32, stream: &Stream) {
        if let Some((call, _)) = stream.verifying() {
            self.verifications.insert(call, context);
            self.watch();
        }
        if self.owes_notices() {
            self.watch();
        }
    }

    fn owes_notices(&self) -> bool {
        self.engine.as_ref().is_some_and(Engine::owes_notices)
    }

    /// Whether nothing is under way that the host's ticks look after.
    pub(super) fn is_idle(&self) -> bool {
        self.verifications.is_empty() && !self.owes_notices()
    }

    /// Has the host call `on_tick` while something waits.
    pub(super) fn watch(&mut self) {
        if !self.watching {
            self.watching = abi::set_tick_period(WATCH_PERIOD).is_ok();
        }
    }

    /// The librarian, if there is an API to ask.
    pub(super) fn library(&mut self) -> Option<(&mut Library, EnvoyHost<'_>)> {
        let desk = self.desk()?;
        Some((desk.engine.library()?, desk.host))
    }

    /// Takes back what a gauge says of a configuration that is in force no more.
    pub(super) fn retire(mut self) {
        let library = self.engine.as_mut().and_then(Engine::library);
        if library.is_some_and(|library| library.is_breaker_open()) {
            self.metrics.meter(Event::BreakerGone);
        }
        if let Some(desk) = self.desk() {
            desk.engine.drop_notices(&desk.host);
        }
    }
}
