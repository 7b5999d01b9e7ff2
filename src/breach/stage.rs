//! The service of ranges: asked once per prefix however many requests wait, and not while it fails.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use super::cache::Cache;
use super::digest::{Digest, RangePrefix};
use super::range::Range;
use super::settings::BreachPolicy;
use super::signal::BreachSignal;
use crate::address::Prefix;
use crate::callout::{Body, Caller, Calls, Ended, HttpRequest, Purpose, StreamId};
use crate::intelligence::provider::retry_after;
use crate::intelligence::{Breaker, BreakerSettings};
use crate::random::Map;
use crate::store::Store;
use crate::telemetry::{Event, Meter, RangeResult};
use crate::time::Time;

/// The longest answer that is read, in bytes: thrice as much as a range of Have I Been Pwned.
pub(crate) const MAX_ANSWER: usize = 128 << 10;
/// The most prefixes that are asked for at once, by one worker.
const MOST: usize = 256;
/// The most of them that one network has asked for: nobody must be able to keep all from asking while the service is
/// slow, and an office or a carrier has no need of more at once.
const MOST_OF_ONE: usize = 32;
/// The most requests that wait for one of them.
const MOST_WAITING: usize = 256;

/// Who asks: the stream that waits, and its client's network, where the host tells its address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) stream: Option<StreamId>,
    pub(crate) network: Option<Prefix>,
}

/// A call under way.
#[derive(Debug)]
struct Flight {
    waiters: Vec<StreamId>,
    /// Whose request it was made for.
    network: Option<Prefix>,
}

/// What is known of a password by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This.
    Now(BreachSignal),
    /// Nothing yet: the service is being asked.
    Waits,
}

/// What a call has brought.
#[derive(Debug)]
pub(crate) struct Landed {
    /// Who has waited for it.
    pub(crate) waiters: Vec<StreamId>,
    /// What the service knows; `None` if it has not told.
    pub(crate) range: Option<Rc<Range>>,
}

/// Cache, single flight and breaker around the service.
#[derive(Debug)]
pub(crate) struct Breaches {
    policy: BreachPolicy,
    cache: Cache,
    breaker: Breaker,
    flights: Map<RangePrefix, Flight>,
}

impl Breaches {
    /// The service of this policy, of which nothing is known yet.
    pub(crate) fn new(policy: BreachPolicy, namespace: &str) -> Self {
        Self {
            cache: Cache::new(namespace, &policy.source(), policy.memory, policy.ttl),
            breaker: Breaker::new(BreakerSettings {
                failures: NonZeroU32::MIN.saturating_add(4),
                open_for: Duration::from_secs(1),
                longest: Duration::from_secs(30),
            }),
            policy,
            flights: Map::default(),
        }
    }

    /// What a range tells of a password.
    pub(crate) fn signal(&self, digest: &Digest, range: Option<&Range>) -> BreachSignal {
        range.map_or(BreachSignal::Untold, |range| {
            BreachSignal::seen(range.count(digest), self.policy.min_count)
        })
    }

    /// What is known of the password of a request; the service is asked where that is nothing.
    pub(crate) fn ask(
        &mut self,
        asker: Asker,
        digest: &Digest,
        calls: &mut Calls,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Found {
        let prefix = digest.prefix();
        if let Some(range) = self.cache.find(prefix, now, host) {
            host.meter(Event::Range(RangeResult::Cached));
            return Found::Now(self.signal(digest, Some(&range)));
        }
        match asker.stream.map_or(Err(RangeResult::TooMany), |stream| {
            self.wait((stream, asker.network), prefix, calls, now, host)
        }) {
            Ok(()) => Found::Waits,
            Err(result) => {
                host.meter(Event::Range(result));
                Found::Now(BreachSignal::Untold)
            }
        }
    }

    /// Joins the call about a prefix, or makes one.
    fn wait(
        &mut self,
        (stream, network): (StreamId, Option<Prefix>),
        prefix: RangePrefix,
        calls: &mut Calls,
        now: Time,
        host: &(impl Caller + Meter),
    ) -> Result<(), RangeResult> {
        if let Some(flight) = self.flights.get_mut(&prefix) {
            if flight.waiters.len() >= MOST_WAITING {
                return Err(RangeResult::TooMany);
            }
            flight.waiters.push(stream);
            return Ok(());
        }
        let of_one = self
            .flights
            .values()
            .filter(|flight| flight.network == network);
        if self.flights.len() >= MOST || of_one.count() >= MOST_OF_ONE {
            return Err(RangeResult::TooMany);
        }
        if !self.breaker.permits(now) {
            return Err(RangeResult::Spared);
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: "GET",
            authority: self.policy.authority.clone(),
            path: self.policy.path.of(&prefix.to_string()),
            headers: vec![
                header("add-padding", "true"),
                // Some services refuse whoever does not say what it is.
                header("user-agent", "palisade"),
            ],
            body: Vec::new(),
        };
        let how = (self.policy.cluster.as_str(), &request, self.policy.timeout);
        let purpose = Purpose::Range(prefix.number());
        if calls.call(purpose, how, now, host).is_err() {
            self.observe(host, |breaker| breaker.failed(now));
            return Err(RangeResult::Unreachable);
        }
        let waiters = vec![stream];
        self.flights.insert(prefix, Flight { waiters, network });
        Ok(())
    }

    /// The call about a prefix has ended, which was made at `since`.
    pub(crate) fn ended(
        &mut self,
        (number, since): (u32, Time),
        ended: Ended<'_>,
        now: Time,
        host: &(impl Store + Meter),
    ) -> Landed {
        let prefix = RangePrefix::new(number);
        let flight = self.flights.remove(&prefix);
        let waiters = flight.map(|flight| flight.waiters).unwrap_or_default();
        let retry_after = ended
            .response()
            .and_then(|response| retry_after(response.retry_after?, now));
        let read = read(ended);
        host.meter(Event::RangeTime(now.since(since)));
        host.meter(Event::Range(
            read.as_ref()
                .err()
                .copied()
                .unwrap_or(RangeResult::Answered),
        ));
        self.observe(host, |breaker| match &read {
            Err(RangeResult::Limited) => breaker.exhausted(now, retry_after),
            Err(
                RangeResult::Timeout
                | RangeResult::Reset
                | RangeResult::Unreachable
                | RangeResult::Failed,
            ) => {
                breaker.failed(now);
            }
            // Nobody must be able to keep all from asking by a password whose range is odd.
            Ok(_) | Err(_) => breaker.succeeded(),
        });
        let range = read.ok().map(Rc::new);
        if let Some(range) = &range {
            self.cache.keep(prefix, range, now, host);
        }
        Landed { waiters, range }
    }

    /// This stream waits no more: its client has gone. The answer is kept all the same.
    pub(crate) fn forget(&mut self, stream: StreamId) {
        for flight in self.flights.values_mut() {
            flight.waiters.retain(|waiter| *waiter != stream);
        }
    }

    /// Whether the breaker keeps the service from being asked.
    pub(crate) fn is_breaker_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// Changes the breaker and tells when that opened or closed it.
    fn observe(&mut self, host: &impl Meter, change: impl FnOnce(&mut Breaker)) {
        let before = self.breaker.is_open();
        change(&mut self.breaker);
        match (before, self.breaker.is_open()) {
            (false, true) => host.meter(Event::RangeBreakerOpened),
            (true, false) => host.meter(Event::RangeBreakerClosed),
            _ => {}
        }
    }
}

/// What the service has told.
fn read(ended: Ended<'_>) -> Result<Range, RangeResult> {
    let response = match ended {
        Ended::Answered(response) => response,
        Ended::Reset => return Err(RangeResult::Reset),
        Ended::Overdue => return Err(RangeResult::Timeout),
    };
    match (response.status, response.body) {
        (Some(200), Body::Whole(text)) => Range::read(text).map_err(|_| RangeResult::Malformed),
        (Some(200), Body::TooLarge) => Err(RangeResult::TooLarge),
        (Some(429), _) => Err(RangeResult::Limited),
        (Some(503), _) => Err(RangeResult::Unreachable),
        (Some(504), _) => Err(RangeResult::Timeout),
        (Some(500..), _) | (None, _) => Err(RangeResult::Failed),
        (Some(_), _) => Err(RangeResult::Refused),
    }
}
