use std::time::Duration;

use super::abi;
use super::host::EnvoyHost;
use super::metrics::Metrics;
use super::stream::{Stream, Worker};
use crate::request::{Bodies, Engine, SURVEY_PERIOD};
use crate::time::Time;

/// How often what waits is looked after while there is any, in milliseconds.
const WATCH_PERIOD: u32 = 50;
/// How often it is looked for calls that the host should have ended, in milliseconds: hardly ever is there one.
const CALLS_PERIOD: u32 = 500;
/// How soon it is looked for a body that comes in one piece with its head, in milliseconds.
const SOON: u32 = 2;

/// One configuration, and what this worker has learnt under it.
#[derive(Default)]
pub(super) struct Root {
    pub(super) engine: Option<Engine>,
    /// The name of the plugin, by which configurations follow each other.
    pub(super) namespace: String,
    pub(super) metrics: Metrics,
    /// How often the host calls `on_tick`, in milliseconds; 0 for never.
    period: u32,
    /// Requests that wait for their bodies, or whose answers are held back.
    pub(super) readings: Readings,
}

/// Requests that wait for their bodies, or whose answers are held back.
#[derive(Default)]
pub(super) struct Readings {
    /// Nobody has looked after them yet.
    fresh: Vec<u32>,
    others: Vec<u32>,
    /// When the others were looked after.
    last: Time,
}

impl Readings {
    /// Those that are looked after now. Whoever still waits must be added again.
    pub(super) fn due(&mut self, now: Time) -> Vec<u32> {
        let mut due = std::mem::take(&mut self.fresh);
        if now.waited(&mut self.last) >= Duration::from_millis(u64::from(WATCH_PERIOD)) {
            self.last = now;
            due.append(&mut self.others);
        }
        due
    }

    /// Those that are left are looked after as soon as may be.
    pub(super) fn put_off(&mut self, mut left: Vec<u32>) {
        left.append(&mut self.fresh);
        self.fresh = left;
    }

    /// Looks after a request again.
    pub(super) fn keep(&mut self, context: u32) {
        self.others.push(context);
    }

    const fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.others.is_empty()
    }
}

impl Root {
    /// The engine and its surroundings, once there is a configuration.
    pub(super) fn worker(&mut self) -> Option<Worker<'_, EnvoyHost<'_>>> {
        self.working(None)
    }

    /// The same at a moment that is known.
    pub(super) fn worker_at(&mut self, now: Time) -> Option<Worker<'_, EnvoyHost<'_>>> {
        self.working(Some(now))
    }

    fn working(&mut self, now: Option<Time>) -> Option<Worker<'_, EnvoyHost<'_>>> {
        Some(Worker {
            engine: self.engine.as_mut()?,
            host: EnvoyHost::new(&self.metrics, now),
        })
    }

    /// Notes it if the request of this context waits for its body, for a call, or has left something to be sent.
    pub(super) fn follow(&mut self, context: u32, stream: &mut Stream) {
        if stream.request.is_bounded() && !std::mem::replace(&mut stream.attended, true) {
            if self
                .engine
                .as_ref()
                .is_some_and(|engine| engine.bodies == Bodies::WithHead)
            {
                self.readings.keep(context);
                self.watch();
            } else {
                self.readings.fresh.push(context);
                self.tick_every(SOON);
            }
        }
        if !self.is_idle() {
            self.watch();
        }
    }

    /// Whether nothing is under way that the host's ticks look after.
    pub(super) fn is_idle(&self) -> bool {
        self.readings.is_empty() && self.engine.as_ref().is_none_or(Engine::is_idle)
    }

    /// Has the host call `on_tick` while something waits, as often as that needs.
    pub(super) fn watch(&mut self) {
        let period = self.needed();
        if self.period == 0 || self.period > period {
            self.tick_every(period);
        }
    }

    /// How often the host's ticks are needed by what waits, in milliseconds.
    fn needed(&self) -> u32 {
        let engine = self.engine.as_ref();
        if !self.readings.is_empty() || engine.is_some_and(Engine::owes_notices) {
            WATCH_PERIOD
        } else if self.is_idle() {
            SURVEY_PERIOD
        } else {
            CALLS_PERIOD
        }
    }

    /// Has the host call `on_tick` soon, for what a callback has put off.
    pub(super) fn hurry(&mut self) {
        self.tick_every(SOON);
    }

    /// Has the host call `on_tick` no more often than what waits needs.
    pub(super) fn calm(&mut self) {
        match self.readings.fresh.is_empty() {
            true => self.tick_every(self.needed()),
            false => self.hurry(),
        }
    }

    fn tick_every(&mut self, period: u32) {
        if self.period != period && abi::set_tick_period(period).is_ok() {
            self.period = period;
        }
    }

    /// Takes back what a gauge says of a configuration that is in force no more, and hands over to the one that follows
    /// it what the application is still to be told.
    pub(super) fn retire(mut self, heir: Option<&mut Self>) {
        let heir = heir.and_then(|heir| heir.engine.as_mut());
        if let Some(worker) = self.worker() {
            worker.engine.retire(heir, &worker.host);
        }
    }
}
