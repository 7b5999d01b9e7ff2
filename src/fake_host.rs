//! A host for tests: a clock that stands still until it is moved, and calls that are only written down.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::callout::CallError;
use crate::callout::HttpRequest;
use crate::callout::{CallToken, Caller};
use crate::host::{HeadLine, Host};
use crate::policy::Policy;
use crate::response::Origin;
use crate::store::{Expected, MemoryStore, Store, StoreError};
use crate::telemetry::{Catalogue, Event, Meter};
use crate::time::Time;

#[derive(Default)]
pub(crate) struct FakeHost {
    pub(crate) store: MemoryStore,
    pub(crate) now: Cell<u64>,
    pub(crate) peer: RefCell<Option<Vec<u8>>>,
    pub(crate) profile: RefCell<Option<Vec<u8>>>,
    /// What earlier filters have left.
    pub(crate) filter_state: RefCell<Vec<(&'static str, String)>>,
    pub(crate) calls: RefCell<Vec<HttpRequest>>,
    pub(crate) refusing: Cell<Option<CallError>>,
    /// What the host says of the request's head.
    pub(crate) head: RefCell<Vec<(HeadLine, Vec<u8>)>>,
    /// Where responses come from, if not from the application.
    pub(crate) origin: Cell<Option<Origin>>,
    /// Whether other workers write all the time, so that nothing can be stored.
    pub(crate) contended: Cell<bool>,
    /// How often a random number was drawn.
    pub(crate) drawn: Cell<u8>,
    pub(crate) events: RefCell<Vec<Event>>,
    /// Which keys of shared memory were read.
    pub(crate) read: RefCell<Vec<Vec<u8>>>,
    /// How often it was written.
    pub(crate) writes: Cell<usize>,
}

impl FakeHost {
    /// A host whose peer is `address`, some time after the epoch.
    pub(crate) fn of(address: &str) -> Self {
        let host = Self::default();
        host.now.set(1_000_000_000);
        host.set_peer(address);
        host
    }

    pub(crate) fn set_peer(&self, address: &str) {
        *self.peer.borrow_mut() = Some(address.as_bytes().to_vec());
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.now.set(self.now.get() + seconds * 1_000);
    }

    pub(crate) fn pass_milliseconds(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
    }

    /// The clock is set back.
    pub(crate) fn set_back(&self, seconds: u64) {
        self.now.set(self.now.get().saturating_sub(seconds * 1_000));
    }

    pub(crate) fn time(&self) -> Time {
        Time::from_nanos(self.now.get() * 1_000_000)
    }

    pub(crate) fn call_count(&self) -> usize {
        self.calls.borrow().len()
    }

    pub(crate) fn counted(&self, event: Event) -> usize {
        self.events
            .borrow()
            .iter()
            .filter(|each| **each == event)
            .count()
    }
}

impl Store for FakeHost {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.read.borrow_mut().push(key.to_vec());
        self.store.get(key)
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        if self.contended.get() {
            return Err(StoreError::Conflict);
        }
        self.writes.set(self.writes.get() + 1);
        self.store.compare_and_set(key, value, expected)
    }
}

impl Caller for FakeHost {
    fn call(&self, _: &str, request: &HttpRequest, _: Duration) -> Result<CallToken, CallError> {
        if let Some(reason) = self.refusing.get() {
            return Err(reason);
        }
        self.calls.borrow_mut().push(request.clone());
        Ok(CallToken(
            u32::try_from(self.call_count()).expect("few calls"),
        ))
    }
}

thread_local! {
    /// The metrics of the policies of this test.
    static CATALOGUES: RefCell<Vec<Catalogue>> = const { RefCell::new(Vec::new()) };
}

/// From now on every event of this test must be one that this policy, or one before it, has a metric of: else nobody
/// would count it.
pub(crate) fn expect_metrics_of(policy: &Policy) {
    // On the main thread, all tests would share them.
    if std::thread::current().name() != Some("main") {
        CATALOGUES.with_borrow_mut(|all| all.push(policy.catalogue()));
    }
}

impl Meter for FakeHost {
    fn meter(&self, event: Event) {
        CATALOGUES.with_borrow(|all| {
            let is_counted = event.family().is_some() && !all.is_empty();
            let has_metric = |each: &Catalogue| each.find(event).is_some();
            assert!(
                !is_counted || all.iter().any(has_metric),
                "no metric of {event:?}"
            );
        });
        self.events.borrow_mut().push(event);
    }
}

impl Host for FakeHost {
    fn now(&self) -> Time {
        self.time()
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        self.peer.borrow().clone()
    }

    fn filter_state(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.filter_state.borrow();
        let mut found = state.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| value.as_bytes().to_vec())
    }

    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>> {
        let head = self.head.borrow();
        let mut found = head.iter().filter(|(known, _)| *known == line);
        found.next().map(|(_, value)| value.clone())
    }

    fn origin(&self) -> Origin {
        self.origin.get().unwrap_or(Origin::Application)
    }

    fn random(&self) -> [u8; 16] {
        self.drawn.set(self.drawn.get().wrapping_add(1));
        [self.drawn.get(); 16]
    }

    fn profile(&self) -> Option<Vec<u8>> {
        self.profile.borrow().clone()
    }
}
