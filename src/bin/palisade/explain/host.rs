//! A host for one request: memory of its own, the clock of this machine, and nobody who answers.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use palisade::callout::{CallError, CallToken, Caller, HttpRequest};
use palisade::fingerprint::FILTER_STATE;
use palisade::host::{Exchange, HeadLine, Host};
use palisade::message::HeaderBlock;
use palisade::response::Origin;
use palisade::store::{Expected, MemoryStore, Store, StoreError};
use palisade::telemetry::{Event, Meter};
use palisade::time::Time;

/// Everything that the engine sees of the world.
#[derive(Default)]
pub(super) struct LoneHost {
    store: MemoryStore,
    /// `address:port`, as Envoy writes it.
    pub(super) peer: String,
    /// The head.
    head: HeaderBlock,
    /// What follows the head.
    pub(super) body: Vec<u8>,
    /// The client's TLS fingerprint, in filter state.
    pub(super) ja4: Option<String>,
    /// The application's answer.
    pub(super) answer: Option<HeaderBlock>,
    /// How many services were asked.
    calls: Cell<u32>,
}

impl LoneHost {
    /// A host that hands over a request of this peer, and this body behind its head.
    pub(super) fn new(peer: String, head: HeaderBlock, body: Vec<u8>) -> Self {
        Self {
            peer,
            head,
            body,
            ..Self::default()
        }
    }
}

impl Store for LoneHost {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.store.get(key)
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        self.store.compare_and_set(key, value, expected)
    }
}

impl Caller for LoneHost {
    fn call(&self, _: &str, _: &HttpRequest, _: Duration) -> Result<CallToken, CallError> {
        self.calls.set(self.calls.get().saturating_add(1));
        Ok(CallToken(self.calls.get()))
    }
}

impl Meter for LoneHost {
    fn meter(&self, _: Event) {}
}

impl Host for LoneHost {
    fn now(&self) -> Time {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Time::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        Some(self.peer.clone().into_bytes())
    }

    fn profile(&self) -> Option<Vec<u8>> {
        None
    }

    fn filter_state(&self, name: &str) -> Option<Vec<u8>> {
        let ja4 = self.ja4.as_ref().filter(|_| name == FILTER_STATE);
        ja4.map(|ja4| ja4.clone().into_bytes())
    }

    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>> {
        let name = match line {
            HeadLine::Id => "x-request-id",
            HeadLine::Method => ":method",
            HeadLine::Host => ":authority",
        };
        self.head.lines(name).next().map(<[u8]>::to_vec)
    }

    fn origin(&self) -> Origin {
        Origin::Application
    }

    fn random(&self) -> [u8; 16] {
        let mut random = [0; 16];
        // Without random bytes a reference is foretold: nobody else sees this one.
        let _ = getrandom::fill(&mut random);
        random
    }
}

impl Exchange for LoneHost {
    fn request_size(&self) -> Option<u64> {
        u64::try_from(self.body.len()).ok()
    }

    fn request_body(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        let rest = self.body.get(start..)?;
        Some(rest.get(..length).unwrap_or(rest).to_vec())
    }

    fn answer(&self) -> Option<HeaderBlock> {
        self.answer.clone()
    }

    fn answer_body(&self, _: usize, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn answer_trailers(&self) -> Option<HeaderBlock> {
        None
    }
}
