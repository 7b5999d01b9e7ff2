//! The fleet: asked before a request goes on, and told what became of it.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::time::Duration;

use super::answer::{frame, read};
use super::asking::{Asking, Said, Spent, sums};
use super::counter::{Hits, Part, counted, descriptor};
use super::settings::{FleetPolicy, OnUnavailable};
use super::step::Step;
use super::wire::{self, Descriptor};
use crate::callout::{CallToken, Calls, HttpRequest, Purpose, Response};
use crate::host::Host;
use crate::intelligence::{Breaker, BreakerSettings};
use crate::limits::{CounterKey, Keys, News, Sharing, Told, Window};
use crate::random::Map;
use crate::session::{Revocable, Sanction};
use crate::telemetry::{Event, FleetResult, Meter};
use crate::time::Time;
use crate::unlock::Lift;

/// The most of an answer that is read, in bytes: some 2,000 counters.
pub(crate) const MAX_ANSWER: usize = 64 << 10;
/// The most counters that are told of something at once.
const MOST_TOLD: usize = 64;
/// The most revocations that it is told once more.
const MOST_UNTOLD: usize = 1_024;
/// The most calls of which it is remembered what they ask beside requests.
const MOST_BESIDE: usize = 1_024;
const PATH: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/// The service, and what is under way to it.
#[derive(Debug)]
pub(crate) struct Fleet {
    settings: FleetPolicy,
    /// What all calls have in common, and the body of the last one.
    request: HttpRequest,
    keys: Keys,
    breaker: Breaker,
    /// What it is still to be told. Whoever looks at an answer of the application adds to it.
    outbox: RefCell<Vec<Told>>,
    /// The sessions of which it is still to be told that they are revoked.
    revoked: RefCell<Vec<Revoked>>,
    /// Those that it has been told in vain: once it answers again, it is told once more.
    untold: Vec<Revoked>,
    beside: Map<CallToken, Beside>,
}

/// A session that is revoked, and what becomes of its requests.
type Revoked = (Revocable, Sanction);

/// What a call asks or tells for which no request waits.
#[derive(Debug)]
pub(crate) enum Beside {
    /// What binds later requests.
    Binding(Asking, Option<Said>),
    /// What was counted of a request that does not go on.
    Undone(Asking, Option<Said>),
    /// A link of somebody who did not wait for its answer.
    Redeemed(Box<Lift>, Spent),
    /// Sessions that are revoked.
    Revoked(Vec<Revoked>),
}

/// What the fleet says of an unlock link.
#[derive(Debug)]
pub(crate) struct Redeemed {
    /// Whether it has been used before.
    pub(crate) is_spent: bool,
    /// How much is counted of what it lifts, in this step and in the one before.
    pub(crate) sums: Vec<[u32; 2]>,
}

impl Fleet {
    /// The service of these settings. `seed` keys the names of counters, the same on all proxies.
    pub(crate) fn new(settings: FleetPolicy, seed: [u8; 16]) -> Self {
        let breaker = Breaker::new(BreakerSettings {
            failures: NonZeroU32::MIN.saturating_add(4),
            open_for: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        });
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: "POST",
            authority: settings.authority.clone(),
            path: PATH.to_owned(),
            headers: vec![
                header("content-type", "application/grpc"),
                header("te", "trailers"),
            ],
            body: Vec::new(),
        };
        Self {
            settings,
            request,
            keys: Keys::new(seed),
            breaker,
            outbox: RefCell::default(),
            revoked: RefCell::default(),
            untold: Vec::new(),
            beside: Map::default(),
        }
    }

    /// What may be used once within `window`, and is used now.
    pub(crate) fn spent(&self, (kind, id, window): (&str, &[u8], Window), at: Time) -> Spent {
        Spent {
            number: self.keys.mark(&[kind.as_bytes(), &[0], id].concat()),
            window,
            at,
        }
    }

    /// What happens to a request that is not counted in time.
    pub(crate) const fn on_unavailable(&self) -> OnUnavailable {
        self.settings.on_unavailable
    }

    /// How long a request waits.
    pub(crate) const fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Asks for a request. `None` if that could not be done, so that nothing is counted.
    pub(crate) fn ask(
        &mut self,
        purpose: Purpose,
        asking: &Asking,
        calls: &mut Calls,
        now: Time,
        host: &impl Host,
    ) -> Option<CallToken> {
        let descriptors = asking.questions(&self.keys, now);
        let timeout = self.settings.timeout;
        self.call(purpose, &descriptors, timeout, calls, now, host)
    }

    /// Asks whether a link has been used, and how much of what it lifts is counted.
    pub(crate) fn redeem(
        &mut self,
        purpose: Purpose,
        (spent, counters): (Spent, &[(CounterKey, Window)]),
        calls: &mut Calls,
        now: Time,
        host: &impl Host,
    ) -> Option<CallToken> {
        let sums = sums(counters, &self.keys, spent.at);
        let descriptors: Vec<_> = sums.chain(spent.questions(&self.keys)).collect();
        let timeout = self.settings.timeout;
        self.call(purpose, &descriptors, timeout, calls, now, host)
    }

    /// Has what a request is the first to bring counted, within what is left of its time.
    pub(crate) fn ask_again(
        &mut self,
        purpose: Purpose,
        (sharings, said): (&[Sharing], &Said),
        left: Duration,
        calls: &mut Calls,
        now: Time,
        host: &impl Host,
    ) -> Option<CallToken> {
        let firsts = said.firsts.iter();
        let descriptors: Vec<_> = firsts
            .filter_map(|(place, is_new)| Some((sharings.get(*place)?, *is_new)))
            .flat_map(|(sharing, is_new)| {
                let (owner, step) = (sharing.key.number(), Step::at(sharing.window, sharing.at));
                let new = Hits::attempts(u32::from(is_new));
                [
                    descriptor(&self.keys, (owner, Part::All), step, Hits::attempts(1)),
                    descriptor(&self.keys, (owner, Part::New), step, new),
                ]
            })
            .collect();
        self.call(purpose, &descriptors, left, calls, now, host)
    }

    /// What an answer to [`Self::ask`] says; `None` if it says nothing that can be used.
    pub(crate) fn said(
        &mut self,
        asking: &Asking,
        answer: (Option<Response<'_>>, Time),
        now: Time,
        host: &impl Host,
    ) -> Option<Said> {
        let numbers = self.numbers(answer, asking.expected(), now, host)?;
        asking.said(numbers)
    }

    /// Adds what an answer to [`Self::ask_again`] says, if it says anything that can be used.
    pub(crate) fn said_again(
        &mut self,
        said: &mut Said,
        answer: (Option<Response<'_>>, Time),
        now: Time,
        host: &impl Host,
    ) {
        let expected = said.firsts.len().saturating_mul(2);
        let Some(numbers) = self.numbers(answer, expected, now, host) else {
            return;
        };
        for ((place, _), pair) in said.firsts.drain(..).zip(numbers.chunks(2)) {
            if let (Some(count), [_, new]) = (said.counts.get_mut(place), pair) {
                let [now, _] = &mut count.counted;
                *now = counted(*new);
            }
        }
    }

    /// What an answer to [`Self::redeem`] says of a link that lifts so many counters.
    pub(crate) fn redeemed(
        &mut self,
        (spent, of): (Spent, usize),
        answer: (Option<Response<'_>>, Time),
        now: Time,
        host: &impl Host,
    ) -> Option<Redeemed> {
        let sums = of.saturating_mul(2);
        let expected = sums.saturating_add(spent.expected());
        let numbers = self.numbers(answer, expected, now, host)?;
        let (sums, once) = numbers.split_at_checked(sums)?;
        let (pairs, _) = sums.as_chunks::<2>();
        Some(Redeemed {
            is_spent: Spent::is_spent(once.iter().copied())?,
            sums: pairs.iter().map(|pair| pair.map(counted)).collect(),
        })
    }

    /// What of an answer tells how many are counted.
    fn numbers(
        &mut self,
        (response, since): (Option<Response<'_>>, Time),
        expected: usize,
        now: Time,
        host: &impl Host,
    ) -> Option<Vec<u32>> {
        let read = read(response, expected);
        self.ended(read.as_ref().err().copied(), since, now, host);
        read.ok()
    }

    /// A call has ended that asks nothing. Whether the service has answered.
    pub(crate) fn told(
        &mut self,
        (response, since): (Option<Response<'_>>, Time),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let failure = match response.map(frame) {
            Some(Ok(_)) => None,
            Some(Err(failure)) => Some(failure),
            None => Some(FleetResult::Reset),
        };
        self.ended(failure, since, now, host);
        failure.is_none()
    }

    fn ended(&mut self, failure: Option<FleetResult>, since: Time, now: Time, host: &impl Meter) {
        let was_open = self.breaker.is_open();
        // Envoy says both by one status, but whoever is not there is told at once. The clock may stand still for a
        // moment: half the time is enough.
        let is_late = now.since(since).saturating_mul(2) >= self.settings.timeout;
        let failure = failure.map(|failure| match failure {
            FleetResult::Unreachable if is_late => FleetResult::Timeout,
            failure => failure,
        });
        match failure {
            None => {
                self.breaker.succeeded();
                self.revoked.borrow_mut().append(&mut self.untold);
            }
            Some(_) => self.breaker.failed(now),
        }
        host.meter(Event::FleetCall(failure.unwrap_or(FleetResult::Counted)));
        host.meter(Event::FleetTime(now.since(since)));
        match (was_open, self.breaker.is_open()) {
            (false, true) => host.meter(Event::FleetBreakerOpened),
            (true, false) => host.meter(Event::FleetBreakerClosed),
            _ => {}
        }
    }

    /// Whether the breaker keeps requests from asking.
    pub(crate) fn is_breaker_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// Tells it something before long.
    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        self.outbox.borrow_mut().extend(told);
    }

    /// Tells it before long that sessions are revoked.
    pub(crate) fn revoke(&self, sessions: Vec<Revocable>, sanction: Sanction) {
        let sessions = sessions.into_iter().map(|session| (session, sanction));
        self.revoked.borrow_mut().extend(sessions);
    }

    /// Tells it what it is to be told.
    pub(crate) fn flush(&mut self, calls: &mut Calls, host: &impl Host) {
        let (told, revoked) = (self.outbox.take(), self.revoked.take());
        if told.is_empty() && revoked.is_empty() {
            return;
        }
        let (now, timeout) = (host.now(), self.settings.timeout);
        let news = told.iter().flat_map(|told| self.news(told, now));
        let descriptors: Vec<_> = news.collect();
        for descriptors in descriptors.chunks(MOST_TOLD) {
            self.call(Purpose::Beside, descriptors, timeout, calls, now, host);
        }
        for sessions in revoked.chunks(MOST_TOLD) {
            let told = sessions.iter().map(|((key, window), sanction)| {
                let (owner, step) = (key.get().get(), Step::at(*window, now));
                let hits = Hits::revoking(*sanction);
                descriptor(&self.keys, (owner, Part::Revoked), step, hits)
            });
            let told: Vec<_> = told.collect();
            match self.call(Purpose::Beside, &told, timeout, calls, now, host) {
                Some(call) => self.remember(call, Beside::Revoked(sessions.to_vec())),
                None => self.was_not_told(sessions.to_vec()),
            }
        }
    }

    /// It has not heard of these, and is told once more when it answers again.
    fn was_not_told(&mut self, sessions: Vec<Revoked>) {
        let room = MOST_UNTOLD.saturating_sub(self.untold.len());
        self.untold.extend(sessions.into_iter().take(room));
    }

    /// A call has ended that told of revoked sessions.
    pub(crate) fn told_revoked(
        &mut self,
        sessions: Vec<Revoked>,
        answer: (Option<Response<'_>>, Time),
        now: Time,
        host: &impl Host,
    ) {
        if !self.told(answer, now, host) {
            self.was_not_told(sessions);
        }
    }

    /// What is still read when it is told.
    fn news(&self, told: &Told, now: Time) -> impl Iterator<Item = Descriptor> {
        let (step, current) = (Step::at(told.window, told.at), Step::at(told.window, now));
        let hits = match told.news {
            News::More(number) => [Hits::attempts(number), Hits::NONE],
            News::Fewer(numbers) => numbers.map(|returned| Hits {
                attempts: 0,
                returned,
            }),
        };
        let steps = [step, step.before()].into_iter().zip(hits);
        let owner = told.key.number();
        let is_read = move |(step, hits): &(Step, Hits)| {
            *hits != Hits::NONE && current.number.saturating_sub(step.number) <= 1
        };
        let read = steps.filter(is_read);
        read.map(move |(step, hits)| descriptor(&self.keys, (owner, Part::Number), step, hits))
    }

    /// Remembers what a call asks for which no request waits (any more).
    pub(crate) fn remember(&mut self, token: CallToken, beside: Beside) {
        if self.beside.len() < MOST_BESIDE {
            self.beside.insert(token, beside);
        }
    }

    /// What a call asks for which no request waits.
    pub(crate) fn recall(&mut self, token: CallToken) -> Option<Beside> {
        self.beside.remove(&token)
    }

    fn call(
        &mut self,
        purpose: Purpose,
        descriptors: &[Descriptor],
        timeout: Duration,
        calls: &mut Calls,
        now: Time,
        host: &impl Host,
    ) -> Option<CallToken> {
        if descriptors.is_empty() {
            return None;
        }
        if !self.breaker.permits(now) {
            host.meter(Event::FleetCall(FleetResult::Spared));
            return None;
        }
        self.request.body = wire::request(&self.settings.domain, descriptors);
        let call = (self.settings.cluster.as_str(), &self.request, timeout);
        match calls.call(purpose, call, now, host) {
            Ok(token) => Some(token),
            Err(_) => {
                self.ended(Some(FleetResult::Unreachable), now, now, host);
                None
            }
        }
    }
}
