//! A worker with deliveries, and the host that takes its calls or refuses them.

use std::cell::{Cell, RefCell};
use std::num::{NonZeroU8, NonZeroUsize};

use super::webhook::signing_keys;
use super::*;
use crate::callout::{CallError, CallToken, Caller, Calls, HttpRequest};

/// Takes calls, or refuses them.
#[derive(Default)]
pub(super) struct Host {
    pub(super) refuses: Cell<bool>,
    pub(super) calls: RefCell<Vec<HttpRequest>>,
}

impl Caller for Host {
    fn call(
        &self,
        cluster: &str,
        request: &HttpRequest,
        timeout: Duration,
    ) -> Result<CallToken, CallError> {
        if (cluster, timeout) != ("application", Duration::from_secs(2)) {
            return Err(CallError::DispatchFailed);
        }
        if self.refuses.get() {
            return Err(CallError::NoHealthyHost);
        }
        self.calls.borrow_mut().push(request.clone());
        Ok(CallToken(self.calls.borrow().len() as u32))
    }
}

impl Host {
    /// The token of the newest call.
    pub(super) fn newest(&self) -> CallToken {
        CallToken(self.calls.borrow().len() as u32)
    }

    pub(super) fn number(&self) -> usize {
        self.calls.borrow().len()
    }
}

/// An outbox, and its calls that are under way.
pub(super) struct Worker {
    pub(super) deliveries: Deliveries,
    pub(super) calls: Calls,
}

impl Worker {
    pub(super) fn new(settings: OutboxSettings) -> Self {
        Self {
            deliveries: Deliveries::new(settings),
            calls: Calls::default(),
        }
    }

    /// Ends what the host should have ended, and sends what is due.
    pub(super) fn send_due(&mut self, now: Time, host: &Host) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        for (token, _) in self.calls.overdue(now) {
            match self.deliveries.answered(token, None, now) {
                Some(Answered::Dropped(one)) => dropped.push(one),
                Some(Answered::Again) => {}
                other => panic!("{other:?}"),
            }
        }
        dropped.extend(self.deliveries.send_due(&mut self.calls, now, host));
        dropped
    }

    pub(super) fn answered(
        &mut self,
        token: CallToken,
        status: Option<u16>,
        now: Time,
    ) -> Option<Answered> {
        self.calls.end(token)?;
        self.deliveries.answered(token, status, now)
    }
}

impl std::ops::Deref for Worker {
    type Target = Deliveries;

    fn deref(&self) -> &Deliveries {
        &self.deliveries
    }
}

impl std::ops::DerefMut for Worker {
    fn deref_mut(&mut self) -> &mut Deliveries {
        &mut self.deliveries
    }
}

pub(super) fn settings() -> OutboxSettings {
    let text = str::to_owned;
    OutboxSettings::new(
        text("application"),
        text("app.example"),
        text("/revoked"),
        signing_keys("ab"),
    )
}

pub(super) fn deliveries(capacity: usize, concurrent: usize, attempts: u8) -> Worker {
    Worker::new(OutboxSettings {
        capacity: NonZeroUsize::new(capacity).expect("not zero"),
        concurrent: NonZeroUsize::new(concurrent).expect("not zero"),
        attempts: NonZeroU8::new(attempts).expect("not zero"),
        ..settings()
    })
}

/// What brings a notice about that nobody knows anything of.
pub(super) const ANYBODY: Cause = Cause {
    penalty: PenaltyState::Strange,
    network: None,
};

pub(super) fn put(deliveries: &mut Deliveries, webhook: Webhook, now: Time) {
    assert_eq!(deliveries.push(webhook, ANYBODY, now), None, "no room");
}

pub(super) fn seconds(number: u64) -> Option<Duration> {
    Some(Duration::from_secs(number))
}
