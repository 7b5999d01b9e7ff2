//! A host for requests of one's own making: memory of its own, a clock that is set, and nobody who answers.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade::address::ClientAddress;
use palisade::callout::{CallError, CallToken, Caller, HttpRequest};
use palisade::fingerprint::FILTER_STATE;
use palisade::host::{self, HeadLine, Host};
use palisade::intelligence::{Asking, Knowledge, Reputation};
use palisade::message::HeaderBlock;
use palisade::response::Origin;
use palisade::store::{Expected, Store, StoreError};
use palisade::telemetry::{Event, Meter};
use palisade::time::Time;

use super::SharedMemory;

/// What time it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// What this machine says.
    Machine,
    /// This, until it is set anew.
    At(Time),
}

/// What the API says of an address.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Api {
    /// It does not answer.
    #[default]
    Silent,
    /// This, or that it knows nothing.
    Says(Option<Reputation>),
}

/// A request and its answer, as Envoy would hand them over.
pub(crate) struct Exchange {
    /// `address:port`, as Envoy writes it.
    pub(crate) peer: String,
    /// The head.
    pub(crate) head: HeaderBlock,
    /// What follows the head.
    pub(crate) body: Vec<u8>,
    /// The client's TLS fingerprint, in filter state.
    pub(crate) ja4: Option<String>,
    /// How often its password was seen in breaches, if anybody knows.
    pub(crate) breaches: Option<u32>,
    /// What is known of the client's address; `None` where it is to be looked up.
    pub(crate) known: Option<Knowledge>,
    /// What the API says of it when it is looked up.
    pub(crate) api: Api,
    /// The answer's headers.
    pub(crate) answer: Option<HeaderBlock>,
    /// Who answers.
    pub(crate) origin: Origin,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            peer: String::new(),
            head: HeaderBlock::default(),
            body: Vec::new(),
            ja4: None,
            breaches: None,
            known: None,
            api: Api::Silent,
            answer: None,
            origin: Origin::Application,
        }
    }
}

/// Everything that the engine sees of the world.
pub(crate) struct LoneHost {
    store: Arc<SharedMemory>,
    pub(super) clock: Clock,
    /// The request of the moment.
    pub(super) exchange: Exchange,
    /// How many services were asked.
    pub(super) calls: Cell<u32>,
    /// How many random numbers were drawn, where they are to be the same in each run.
    drawn: Option<Cell<u64>>,
    events: RefCell<Vec<Event>>,
}

/// The most events that are kept until somebody takes them.
const EVENTS: usize = 1_024;

impl LoneHost {
    pub(super) fn new(clock: Clock, store: Arc<SharedMemory>) -> Self {
        Self {
            store,
            clock,
            exchange: Exchange::default(),
            calls: Cell::new(0),
            drawn: None,
            events: RefCell::default(),
        }
    }

    /// Has it draw the same numbers in each run, those of this worker. Their first eight bytes are zero, from which the
    /// answer of a proof of work follows: it is 0 too, so that solving one takes no time here.
    pub(super) fn repeat(&mut self, worker: u16) {
        self.drawn = Some(Cell::new(u64::from(worker) << 48));
    }

    /// The bytes of all that is kept.
    pub(super) fn stored(&self) -> usize {
        self.store.bytes()
    }

    /// A host that has this request, and has seen no other.
    pub(crate) fn of(exchange: Exchange) -> Self {
        Self {
            exchange,
            ..Self::new(Clock::Machine, Arc::default())
        }
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        let events = self.events.get_mut();
        // The next request is likely to have as many.
        let next = Vec::with_capacity(events.len());
        std::mem::replace(events, next)
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
    fn meter(&self, event: Event) {
        let mut events = self.events.borrow_mut();
        if events.len() < EVENTS {
            events.push(event);
        }
    }
}

impl Host for LoneHost {
    fn now(&self) -> Time {
        match self.clock {
            Clock::At(time) => time,
            Clock::Machine => {
                let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
                Time::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
            }
        }
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        Some(self.exchange.peer.clone().into_bytes())
    }

    fn profile(&self) -> Option<Vec<u8>> {
        None
    }

    fn filter_state(&self, name: &str) -> Option<Vec<u8>> {
        let ja4 = self.exchange.ja4.as_ref().filter(|_| name == FILTER_STATE);
        ja4.map(|ja4| ja4.clone().into_bytes())
    }

    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>> {
        let name = match line {
            HeadLine::Id => "x-request-id",
            HeadLine::Method => ":method",
            HeadLine::Host => ":authority",
        };
        self.exchange.head.lines(name).next().map(<[u8]>::to_vec)
    }

    fn origin(&self) -> Origin {
        self.exchange.origin
    }

    fn known(&self, _: ClientAddress, _: Asking) -> Option<Knowledge> {
        self.exchange.known
    }

    fn random(&self) -> [u8; 16] {
        let mut random = [0; 16];
        if let Some(drawn) = &self.drawn {
            let number = drawn.get().wrapping_add(1);
            drawn.set(number);
            if let Some(end) = random.last_chunk_mut() {
                *end = number.to_be_bytes();
            }
            return random;
        }
        // Without random bytes a reference is foretold: nobody else sees this one.
        let _ = getrandom::fill(&mut random);
        random
    }
}

impl host::Exchange for LoneHost {
    fn request_size(&self) -> Option<u64> {
        u64::try_from(self.exchange.body.len()).ok()
    }

    fn request_body(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        let rest = self.exchange.body.get(start..)?;
        Some(rest.get(..length).unwrap_or(rest).to_vec())
    }

    fn answer(&self) -> Option<HeaderBlock> {
        self.exchange.answer.clone()
    }

    fn answer_body(&self, _: usize, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn answer_trailers(&self) -> Option<HeaderBlock> {
        None
    }
}
