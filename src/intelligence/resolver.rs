//! The librarian: asks the API once per prefix however many requests wait, answers them all, and keeps the
//! answer even when every one of them has gone.

mod terms;

pub use terms::{Asking, Knowledge, LookupEnd, Resolved, ResolverSettings, UnknownReason};

use super::Reputation;
use super::breaker::Breaker;
use super::budget::{Budget, Need};
use super::cache::{Cache, Entry, Kept, Level};
use super::provider::{Failure, FailureReason, Outcome, Scope, classify};
use crate::address::{ClientAddress, Prefix, PrefixLengths};
use crate::callout::{Caller, Calls, Ended, Purpose, StreamId};
use crate::random::Map;
use crate::store::{Fill, Store};
use crate::telemetry::{Event, LookupResult, Meter};
use crate::time::Time;

/// Once half of the lookups are under way, one network has this part of those that may still be, and one as long as
/// there are any.
const PART: usize = 4;

#[derive(Debug)]
struct Flight {
    /// Whose share it is of.
    network: Prefix,
    waiters: Vec<StreamId>,
    /// What can be used if the API fails.
    fallback: Reputation,
}

/// Cache, single flight, breaker and budget around one provider.
#[derive(Debug)]
pub struct Resolver {
    settings: ResolverSettings,
    cache: Cache,
    breaker: Breaker,
    budget: Option<Budget>,
    flights: Map<Prefix, Flight>,
    drift_told: bool,
}

impl Resolver {
    /// A resolver with nothing under way.
    #[must_use]
    pub fn new(settings: ResolverSettings, cache: Cache, budget: Option<Budget>) -> Self {
        Self {
            breaker: Breaker::new(settings.breaker),
            settings,
            cache,
            budget,
            flights: Map::default(),
            drift_told: false,
        }
    }

    /// What is known of `address`; asks the API when that is needed and wanted.
    pub fn resolve(
        &mut self,
        address: ClientAddress,
        asking: Asking,
        calls: &mut Calls,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Resolved {
        let prefix = address.prefix(self.settings.prefixes);
        let (entry, level) = self.cache.find(prefix, now, host);
        match (entry, level) {
            (Entry::Fresh(_), Some(level)) => host.meter(Event::CacheHit {
                level,
                stale: false,
            }),
            (Entry::Stale(_), Some(level)) => host.meter(Event::CacheHit { level, stale: true }),
            _ => host.meter(Event::CacheMiss),
        }
        match entry {
            Entry::Fresh(reputation) => Resolved::Now(answered(reputation)),
            Entry::Stale(reputation) => {
                if asking != Asking::OnlyKept {
                    // Whether that works out is no concern of this request.
                    let for_it = (Need::Refresh, None);
                    let whom = (address, prefix);
                    let _ = self.ask(whom, for_it, reputation, calls, now, host);
                }
                Resolved::Now(answered(reputation))
            }
            Entry::Failed(usable) => {
                Resolved::Now(lacking(usable, UnknownReason::FailedBefore, host))
            }
            Entry::Expired(usable) => {
                self.look_up((address, prefix), asking, usable, calls, now, host)
            }
            Entry::Absent => {
                let nothing = Reputation::default();
                self.look_up((address, prefix), asking, nothing, calls, now, host)
            }
        }
    }

    fn look_up(
        &mut self,
        whom: (ClientAddress, Prefix),
        asking: Asking,
        usable: Reputation,
        calls: &mut Calls,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Resolved {
        let waiter = match asking {
            Asking::OnlyKept => {
                return Resolved::Now(lacking(usable, UnknownReason::NotAsked, host));
            }
            Asking::Background => None,
            Asking::Waits(stream) => Some(stream),
        };
        let for_it = (Need::New, waiter);
        match self.ask(whom, for_it, usable, calls, now, host) {
            Err(reason) => Resolved::Now(lacking(usable, UnknownReason::Failed(reason), host)),
            Ok(()) if waiter.is_some() => Resolved::Wait,
            Ok(()) => Resolved::Now(lacking(usable, UnknownReason::NotAsked, host)),
        }
    }

    /// Joins the lookup of `prefix` that is under way, or starts one.
    fn ask(
        &mut self,
        (address, prefix): (ClientAddress, Prefix),
        (need, waiter): (Need, Option<StreamId>),
        fallback: Reputation,
        calls: &mut Calls,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Result<(), FailureReason> {
        if let Some(flight) = self.flights.get_mut(&prefix) {
            flight.waiters.extend(waiter);
            return Ok(());
        }
        let network = address.prefix(PrefixLengths::SITE);
        let whom = (address, prefix, network);
        let dispatched = self.dispatch(whom, need, calls, now, host);
        dispatched.inspect_err(|reason| {
            host.meter(Event::Lookup(LookupResult::Failure(*reason)));
        })?;
        self.flights.insert(
            prefix,
            Flight {
                network,
                waiters: waiter.into_iter().collect(),
                fallback,
            },
        );
        Ok(())
    }

    fn dispatch(
        &mut self,
        (address, prefix, network): (ClientAddress, Prefix, Prefix),
        need: Need,
        calls: &mut Calls,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Result<(), FailureReason> {
        let most = self.settings.concurrent_lookups.get();
        let left = most.saturating_sub(self.flights.len());
        if left == 0 {
            return Err(FailureReason::TooManyLookups);
        }
        let are_scarce = self.flights.len() >= left;
        let same_network = |flight: &&Flight| flight.network == network;
        let own = || self.flights.values().filter(same_network).count();
        if are_scarce && own() >= left.div_ceil(PART) {
            return Err(FailureReason::OverShare);
        }
        let mut breaker = self.breaker;
        if !breaker.permits(now) {
            self.breaker = breaker;
            return Err(FailureReason::BreakerOpen);
        }
        let budget = self.budget.as_ref();
        let charge = budget
            .map(|budget| budget.take(need, address, now, host))
            .transpose()?;
        // Whoever has had its share does not use up the one try after which the breaker may close.
        self.breaker = breaker;
        let request = self
            .settings
            .provider
            .request(address.ip(), self.settings.key.as_ref());
        let settings = &self.settings;
        let how = (settings.cluster.as_str(), &request, settings.timeout);
        if let Err(error) = calls.call(Purpose::Lookup(prefix), how, now, host) {
            if let Some((budget, charge)) = self.budget.as_ref().zip(charge) {
                budget.give_back(charge, now, host);
            }
            self.observe(host, |breaker| breaker.failed(now));
            return Err(error.into());
        }
        Ok(())
    }

    /// The lookup of `prefix` has ended, whose call was made at `since`. `None` when none is under way.
    pub fn ended(
        &mut self,
        (prefix, since): (Prefix, Time),
        ended: Ended<'_>,
        now: Time,
        host: &(impl Store + Meter),
    ) -> Option<LookupEnd> {
        let flight = self.flights.remove(&prefix)?;
        let outcome = match ended {
            Ended::Overdue => Outcome::Failure(FailureReason::Deadline.into()),
            _ => classify(ended.response(), &self.settings.provider, now),
        };
        host.meter(Event::LookupTime(now.since(since)));
        Some(self.land(prefix, flight, outcome, now, host))
    }

    /// The same where whoever runs the engine knows by itself what the API would say: nothing, if `None`.
    #[cfg(feature = "cli")]
    pub fn told(
        &mut self,
        prefix: Prefix,
        reputation: Option<Reputation>,
        now: Time,
        host: &(impl Store + Meter),
    ) -> Option<LookupEnd> {
        let flight = self.flights.remove(&prefix)?;
        let outcome = reputation.map_or(Outcome::Nothing, Outcome::Answer);
        Some(self.land(prefix, flight, outcome, now, host))
    }

    /// What is being looked up for `address`, if anything is.
    #[must_use]
    pub fn under_way(&self, address: ClientAddress) -> Option<Prefix> {
        let prefix = address.prefix(self.settings.prefixes);
        self.flights.contains_key(&prefix).then_some(prefix)
    }

    /// Whether the breaker keeps the API from being asked.
    #[must_use]
    pub fn is_breaker_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// This stream waits no more: its client has gone.
    pub fn forget(&mut self, stream: StreamId) {
        for flight in self.flights.values_mut() {
            flight.waiters.retain(|waiter| *waiter != stream);
        }
    }

    /// How full the shared level of the cache is; see [`Cache::fill`].
    #[must_use]
    pub fn fill(&self, start: u64, now: Time, store: &impl Store) -> Fill {
        self.cache.fill(start, now, store)
    }

    /// How many lookups are left today; `None` without a budget.
    #[must_use]
    pub fn budget_left(&self, now: Time, store: &impl Store) -> Option<u32> {
        Some(self.budget.as_ref()?.left(now, store))
    }

    /// The largest answer that is read, in bytes.
    #[must_use]
    pub const fn max_response(&self) -> usize {
        self.settings.max_response
    }

    fn land(
        &mut self,
        prefix: Prefix,
        flight: Flight,
        outcome: Outcome,
        now: Time,
        host: &(impl Store + Meter),
    ) -> LookupEnd {
        host.meter(Event::Lookup(outcome.into()));
        let (knowledge, kept) = match outcome {
            Outcome::Answer(reputation) => {
                self.observe(host, Breaker::succeeded);
                let kept = self.cache.keep_answer(prefix, reputation, now, host);
                (answered(reputation), kept)
            }
            Outcome::Nothing => {
                self.observe(host, Breaker::succeeded);
                let kept = self
                    .cache
                    .keep_answer(prefix, Reputation::default(), now, host);
                (answered(Reputation::default()), kept)
            }
            Outcome::Failure(failure) => {
                self.fail(failure, now, host);
                let kept = self.cache.keep_failure(prefix, now, host);
                let error = UnknownReason::Failed(failure.reason);
                (lacking(flight.fallback, error, host), kept)
            }
        };
        tell(kept, host);
        LookupEnd {
            prefix,
            waiters: flight.waiters,
            knowledge,
        }
    }

    fn fail(&mut self, failure: Failure, now: Time, host: &impl Meter) {
        match failure.reason.scope() {
            Scope::Provider => self.observe(host, |breaker| breaker.failed(now)),
            Scope::Quota => self.observe(host, |breaker| {
                breaker.exhausted(now, failure.retry_after);
            }),
            Scope::Address => self.observe(host, Breaker::succeeded),
            Scope::Local => {}
        }
        if failure.reason == FailureReason::SchemaDrift {
            host.meter(Event::SchemaDrift {
                first: !self.drift_told,
            });
            self.drift_told = true;
        }
    }

    /// Changes the breaker and tells when that opened or closed it.
    fn observe(&mut self, host: &impl Meter, change: impl FnOnce(&mut Breaker)) {
        let before = self.breaker.is_open();
        change(&mut self.breaker);
        match (before, self.breaker.is_open()) {
            (false, true) => host.meter(Event::BreakerOpened),
            (true, false) => host.meter(Event::BreakerClosed),
            _ => {}
        }
    }
}

/// What an answer comes to.
const fn answered(reputation: Reputation) -> Knowledge {
    if reputation.is_unknown() {
        Knowledge::Lacking(reputation, UnknownReason::Nothing)
    } else {
        Knowledge::Known(reputation)
    }
}

/// What is left when no answer can be had: flags that are too old are better than none (stale-if-error).
fn lacking(usable: Reputation, error: UnknownReason, host: &impl Meter) -> Knowledge {
    if usable.is_unknown() {
        return Knowledge::Lacking(usable, error);
    }
    host.meter(Event::StaleOnError);
    Knowledge::Known(usable)
}

fn tell(kept: Kept, host: &impl Meter) {
    if kept.evicted_local {
        host.meter(Event::Evicted(Level::Local));
    }
    if kept.evicted_shared {
        host.meter(Event::Evicted(Level::Shared));
    }
    if kept.gave_up {
        host.meter(Event::SharedWriteGivenUp);
    }
}

#[cfg(test)]
mod tests;
