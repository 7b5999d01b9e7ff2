//! The filter's own engine, run by this process: on a store in memory, on a clock that a command sets, with nobody who
//! answers its calls. What a command finds out in this way is what the filter would do, since no rule stands here.
//!
//! | to | call |
//! |---|---|
//! | make one | [`Lone::new`], with the policy and a [`Clock`] |
//! | make several that share what they keep | [`Lone::beside`], with their [`SharedMemory`] |
//! | move its clock | [`Lone::set_time`] |
//! | describe a request | an [`Exchange`]: head, body, peer, what is known of the address; [`Writer`] writes heads |
//! | put an account or a session into it | [`Place`], as the policy's tree names it |
//! | have it judged | [`Lone::begin`]: a [`Visit`], with the [`Effect`] that decided |
//! | let the application answer | [`Lone::answer`]; requests may be under way side by side, in any order |
//! | end it | [`Lone::end`] |
//! | have each run be like the other | [`Lone::repeat`]; solving a proof of work then takes one try |
//! | hear what was counted | [`Lone::take_events`], the events of the table of metrics since the last call |
//!
//! What is known of an address comes with the request ([`Exchange::known`]). With `None` the engine looks it up, with
//! its cache, budget and breaker: the call is taken, the request waits, and [`Lone::begin`] has the API answer at once
//! what stands in [`Exchange::api`].

mod host;
mod memory;
mod place;
mod write;

use std::sync::Arc;

use palisade::breach::Range;
use palisade::callout::{CallToken, StreamId};
use palisade::intelligence::{Knowledge, Reputation, UnknownReason};
use palisade::message::HeaderBlock;
use palisade::policy::Policy;
use palisade::request::{Change, Effect, Engine, Event, Request, Woken};
use palisade::response::Origin;
use palisade::telemetry;
use palisade::time::Time;

pub(crate) use host::{Api, Clock, Exchange, LoneHost};
pub(crate) use memory::SharedMemory;
pub(crate) use place::{Place, encoded};
pub(crate) use write::{Writer, answer, answer_with};

/// An engine, and all that it sees of the world.
pub(crate) struct Lone {
    engine: Engine,
    host: LoneHost,
    /// How many requests there were.
    count: u32,
}

/// A request under way.
pub(crate) struct Visit {
    request: Request,
    exchange: Exchange,
    /// What decided over it.
    pub(crate) effect: Effect,
}

impl Visit {
    /// Says who ends it, for [`Lone::answer`] and [`Lone::end`]: with [`Origin::Redirect`], an end without an answer
    /// tells nothing but this status.
    pub(crate) const fn set_origin(&mut self, origin: Origin) {
        self.exchange.origin = origin;
    }

    /// Whether the request goes on to the application.
    pub(crate) const fn passes(&self) -> bool {
        matches!(
            self.effect.change,
            None | Some(Change::Pass(_) | Change::Strip)
        )
    }
}

impl Lone {
    /// An engine under this policy that has seen nothing yet.
    pub(crate) fn new(policy: Policy, clock: Clock) -> Self {
        Self::beside(policy, clock, Arc::default())
    }

    /// An engine beside others of the same policy, as a worker of an Envoy is: what they keep, they share.
    pub(crate) fn beside(policy: Policy, clock: Clock, memory: Arc<SharedMemory>) -> Self {
        Self {
            engine: Engine::new(policy, "lone", [0; 16]),
            host: LoneHost::new(clock, memory),
            count: 0,
        }
    }

    /// It is this time now; it may be earlier than before.
    pub(crate) const fn set_time(&mut self, time: Time) {
        self.host.clock = Clock::At(time);
    }

    /// Draws the same random numbers in each run from here on; each worker draws its own.
    pub(crate) fn repeat(&mut self, worker: u16) {
        self.host.repeat(worker);
    }

    /// The bytes that the engine keeps in shared memory.
    pub(crate) fn stored(&self) -> usize {
        self.host.stored()
    }

    /// Has a request judged. All of it has come, so that the verdict is final.
    pub(crate) fn begin(&mut self, exchange: Exchange) -> Visit {
        self.count = self.count.wrapping_add(1);
        let stream = StreamId(self.count);
        let knowledge = exchange.known.unwrap_or(Knowledge::Lacking(
            Reputation::NOTHING,
            UnknownReason::NotAsked,
        ));
        let size = exchange.body.len();
        let ends = size == 0;
        let headers = exchange.head.clone();
        self.host.exchange = exchange;
        let mut request = Request::default();
        let head = Event::Head {
            headers: &headers,
            ends,
            stream,
        };
        let before = self.host.calls.get();
        let mut effect = request.on_event(head, &mut self.engine, &self.host);
        let knowledge = self.looked_up(before, stream).unwrap_or(knowledge);
        let later = [
            Event::LookedUp(knowledge),
            Event::Body { size, ends: true },
            Event::LookedUp(knowledge),
        ];
        for event in later {
            if request.is_settled() {
                break;
            }
            if ends && matches!(event, Event::Body { .. }) {
                continue;
            }
            let next = request.on_event(event, &mut self.engine, &self.host);
            if next.change.is_some() {
                effect = next;
            }
        }
        if self.asked_of_ranges(before) {
            let range = self.host.exchange.breaches.map(Range::telling);
            let event = Event::Ranged(range.as_ref());
            let next = request.on_event(event, &mut self.engine, &self.host);
            if next.change.is_some() {
                effect = next;
            }
        }
        Visit {
            request,
            exchange: std::mem::take(&mut self.host.exchange),
            effect,
        }
    }

    /// Whether the service of ranges was asked since `before`: what it says comes with the request.
    fn asked_of_ranges(&mut self, before: u32) -> bool {
        let mut asked = false;
        for number in before.wrapping_add(1)..=self.host.calls.get() {
            asked |= self.engine.range_unasked(CallToken(number), &self.host);
        }
        asked
    }

    /// What the API says of what was asked of it since `before`, as far as this stream waits for it.
    fn looked_up(&mut self, before: u32, stream: StreamId) -> Option<Knowledge> {
        let Api::Says(says) = self.host.exchange.api else {
            return None;
        };
        let mut told = None;
        for number in before.wrapping_add(1)..=self.host.calls.get() {
            let woken = self.engine.lookup_told(CallToken(number), says, &self.host);
            if let Woken::Lookup(waiters, knowledge, _) = woken
                && waiters.contains(&stream)
            {
                told = Some(knowledge);
            }
        }
        told
    }

    /// The application answers with these headers and no body. What the client gets beside them stands in the effect.
    pub(crate) fn answer(&mut self, visit: &mut Visit, answer: HeaderBlock) -> Effect {
        std::mem::swap(&mut self.host.exchange, &mut visit.exchange);
        self.host.exchange.answer = Some(answer);
        let event = Event::Answer { ends: true };
        let effect = visit.request.on_event(event, &mut self.engine, &self.host);
        std::mem::swap(&mut self.host.exchange, &mut visit.exchange);
        effect
    }

    /// The request is over. One that the application has not answered was cut off.
    pub(crate) fn end(&mut self, visit: Visit) {
        let Visit {
            mut request,
            exchange,
            ..
        } = visit;
        self.host.exchange = exchange;
        let _ = request.on_event(Event::Over, &mut self.engine, &self.host);
    }

    /// What was counted since the last call, in order.
    pub(crate) fn take_events(&mut self) -> Vec<telemetry::Event> {
        self.host.take_events()
    }
}
