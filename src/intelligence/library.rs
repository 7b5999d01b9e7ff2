//! The librarian: asks the API once per prefix however many requests wait, answers them all, and keeps the
//! answer even when every one of them has gone.

mod terms;

use std::collections::HashMap;
use std::time::Duration;

pub use terms::{
    Arrival, Asking, CallToken, Caller, Consultation, Knowledge, Lack, LibrarySettings, StreamId,
};

use super::Reputation;
use super::breaker::Breaker;
use super::budget::{Budget, Need};
use super::cache::{Cache, Entry, Kept, Level};
use super::provider::{Failure, FailureReason, Outcome, Response, Scope, classify};
use crate::address::{ClientAddress, Prefix, PrefixLengths};
use crate::store::Store;
use crate::telemetry::{Event, LookupResult, Meter};
use crate::time::Time;

/// How much later than its own time-out a call-out is given up, should the host not have ended it.
pub const GRACE: Duration = Duration::from_millis(500);

/// Once half of the lookups are under way, one network has this part of those that may still be, and one as long as there are any.
const PART: usize = 4;

#[derive(Debug)]
struct Flight {
    token: CallToken,
    /// Whose share it is of.
    network: Prefix,
    started: Time,
    waiters: Vec<StreamId>,
    /// What can be used if the API fails.
    fallback: Reputation,
}

/// Cache, single flight, breaker and budget around one provider.
#[derive(Debug)]
pub struct Library {
    settings: LibrarySettings,
    cache: Cache,
    breaker: Breaker,
    budget: Option<Budget>,
    flights: HashMap<Prefix, Flight>,
    tokens: HashMap<CallToken, Prefix>,
    drift_told: bool,
}

impl Library {
    /// A library with nothing under way.
    #[must_use]
    pub fn new(settings: LibrarySettings, cache: Cache, budget: Option<Budget>) -> Self {
        Self {
            breaker: Breaker::new(settings.breaker),
            settings,
            cache,
            budget,
            flights: HashMap::new(),
            tokens: HashMap::new(),
            drift_told: false,
        }
    }

    /// What is known of `address`; asks the API when that is needed and wanted.
    pub fn consult(
        &mut self,
        address: ClientAddress,
        asking: Asking,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Consultation {
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
            Entry::Fresh(reputation) => Consultation::Now(answered(reputation)),
            Entry::Stale(reputation) => {
                if asking != Asking::OnlyKept {
                    // Whether that works out is no concern of this request.
                    let for_it = (Need::Refresh, None);
                    let _ = self.ask(address, prefix, for_it, reputation, now, host);
                }
                Consultation::Now(answered(reputation))
            }
            Entry::Failed(usable) => Consultation::Now(lacking(usable, Lack::FailedBefore, host)),
            Entry::Expired(usable) => self.look_up(address, prefix, asking, usable, now, host),
            Entry::Absent => {
                self.look_up(address, prefix, asking, Reputation::default(), now, host)
            }
        }
    }

    fn look_up(
        &mut self,
        address: ClientAddress,
        prefix: Prefix,
        asking: Asking,
        usable: Reputation,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Consultation {
        let waiter = match asking {
            Asking::OnlyKept => return Consultation::Now(lacking(usable, Lack::NotAsked, host)),
            Asking::Background => None,
            Asking::Waits(stream) => Some(stream),
        };
        let for_it = (Need::New, waiter);
        match self.ask(address, prefix, for_it, usable, now, host) {
            Err(reason) => Consultation::Now(lacking(usable, Lack::Failed(reason), host)),
            Ok(()) if waiter.is_some() => Consultation::Wait,
            Ok(()) => Consultation::Now(lacking(usable, Lack::NotAsked, host)),
        }
    }

    /// Joins the lookup of `prefix` that is under way, or starts one.
    fn ask(
        &mut self,
        address: ClientAddress,
        prefix: Prefix,
        (need, waiter): (Need, Option<StreamId>),
        fallback: Reputation,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Result<(), FailureReason> {
        if let Some(flight) = self.flights.get_mut(&prefix) {
            flight.waiters.extend(waiter);
            return Ok(());
        }
        let network = address.prefix(PrefixLengths::SITE);
        let dispatched = self.dispatch(address, network, need, now, host);
        let token = dispatched.inspect_err(|reason| {
            host.meter(Event::Lookup(LookupResult::Failure(*reason)));
        })?;
        self.tokens.insert(token, prefix);
        self.flights.insert(
            prefix,
            Flight {
                token,
                network,
                started: now,
                waiters: waiter.into_iter().collect(),
                fallback,
            },
        );
        Ok(())
    }

    fn dispatch(
        &mut self,
        address: ClientAddress,
        network: Prefix,
        need: Need,
        now: Time,
        host: &(impl Store + Caller + Meter),
    ) -> Result<CallToken, FailureReason> {
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
        let called = host.call(&self.settings.cluster, &request, self.settings.timeout);
        called.inspect_err(|_| {
            if let Some((budget, charge)) = self.budget.as_ref().zip(charge) {
                budget.give_back(charge, now, host);
            }
            self.observe(host, |breaker| breaker.failed(now));
        })
    }

    /// A call-out has come back. `None` when it is none of ours, or was given up before.
    pub fn arrived(
        &mut self,
        token: CallToken,
        response: Option<Response<'_>>,
        now: Time,
        host: &(impl Store + Meter),
    ) -> Option<Arrival> {
        let prefix = self.tokens.remove(&token)?;
        let outcome = classify(response, &self.settings.provider, now);
        self.land(prefix, outcome, now, host)
    }

    /// Gives up the lookups that the host should have ended long ago, so that nobody waits for ever.
    pub fn overdue(&mut self, now: Time, host: &(impl Store + Meter)) -> Vec<Arrival> {
        let limit = self.settings.timeout.saturating_add(GRACE);
        let late: Vec<(Prefix, CallToken)> = self
            .flights
            .iter_mut()
            .filter_map(|(prefix, flight)| {
                let is_late = now.waited(&mut flight.started) > limit;
                is_late.then_some((*prefix, flight.token))
            })
            .collect();
        late.into_iter()
            .filter_map(|(prefix, token)| {
                self.tokens.remove(&token);
                let outcome = Outcome::Failure(FailureReason::Deadline.into());
                self.land(prefix, outcome, now, host)
            })
            .collect()
    }

    /// What is being looked up for `address`, if anything is.
    #[must_use]
    pub fn under_way(&self, address: ClientAddress) -> Option<Prefix> {
        let prefix = address.prefix(self.settings.prefixes);
        self.flights.contains_key(&prefix).then_some(prefix)
    }

    /// Whether any lookup is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.flights.is_empty()
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

    /// The largest answer that is read, in bytes.
    #[must_use]
    pub const fn max_response(&self) -> usize {
        self.settings.max_response
    }

    fn land(
        &mut self,
        prefix: Prefix,
        outcome: Outcome,
        now: Time,
        host: &(impl Store + Meter),
    ) -> Option<Arrival> {
        let flight = self.flights.remove(&prefix)?;
        host.meter(Event::LookupTime(now.since(flight.started)));
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
                let lack = Lack::Failed(failure.reason);
                (lacking(flight.fallback, lack, host), kept)
            }
        };
        tell(kept, host);
        Some(Arrival {
            prefix,
            waiters: flight.waiters,
            knowledge,
        })
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
        Knowledge::Lacking(reputation, Lack::Nothing)
    } else {
        Knowledge::Known(reputation)
    }
}

/// What is left when no answer can be had: flags that are too old are better than none (stale-if-error).
fn lacking(usable: Reputation, lack: Lack, host: &impl Meter) -> Knowledge {
    if usable.is_unknown() {
        return Knowledge::Lacking(usable, lack);
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
