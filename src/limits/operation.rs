//! What is done to one counter.

use std::time::Duration;

use super::counts::Counts;
use super::penalty::LATELY;
use super::sketch::Sketch;
use super::slot::Counters;
use super::terms::{Refusals, Terms, Uncounted};
use super::window_count::{Counter, WindowCount};
use super::{Answer, Cause, CounterKey, DistinctThreshold, LimitOutcome, Threshold, ValueHash};
use crate::store::{StoreError, Written};
use crate::time::Time;

/// Counts how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Terms);

/// Counts how many different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distinct(Terms);

/// Something to be done to one counter, by [`super::Table::run`] or [`super::Table::run_all`].
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub(super) key: CounterKey,
    pub(super) terms: Terms,
    pub(super) threshold: Threshold,
    pub(super) enforced: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Take,
    Reserve,
    Record { number: u32 },
    GiveBack { taken_at: Time },
    Peek,
    Clear,
    See(ValueHash),
    PeekDistinct,
    Lower { to: u32, known: u32 },
    Hold { until: Time, breaks: bool },
    HoldDistinct { until: Time },
}

impl Limit {
    /// A limit on these terms.
    #[must_use]
    pub const fn new(terms: Terms) -> Self {
        Self(terms)
    }

    /// Asks to let a request through: counted if it is, refused when `threshold` are counted already.
    #[must_use]
    pub const fn take(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Take)
    }

    /// Counts what has happened (a failure, a success), whatever the limit. The one that reaches `threshold` breaks the
    /// limit. The answer is that of the next [`Self::peek`].
    #[must_use]
    pub const fn record(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Record { number: 1 })
            .monitored()
    }

    /// Asks whether a request would be let through, and counts nothing.
    #[must_use]
    pub const fn peek(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Peek)
    }

    /// Like [`Self::take`], but a refusal breaks nothing: with it a limit on failures is exact. Every attempt is
    /// reserved when it comes, so that concurrent ones cannot pass together; when it turns out to be a failure it is
    /// confirmed, else it is given back.
    #[must_use]
    pub const fn reserve(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Reserve)
    }

    /// What was reserved has failed: it stays counted, and breaks the limit if that is reached.
    #[must_use]
    pub const fn confirm(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Record { number: 0 })
            .monitored()
    }

    /// Takes back what was counted at `taken_at`.
    #[must_use]
    pub const fn give_back(
        &self,
        key: CounterKey,
        threshold: Threshold,
        taken_at: Time,
    ) -> Operation {
        self.operation(key, threshold, Kind::GiveBack { taken_at })
            .monitored()
    }

    /// Forgets everything counted, with block and breaches: a success forgives, a link unlocks. [`Written::Unchanged`]
    /// tells that there was nothing.
    #[must_use]
    pub const fn clear(&self, key: CounterKey, threshold: Threshold) -> Operation {
        self.operation(key, threshold, Kind::Clear).monitored()
    }

    /// Others know that no more than this is left of what has been counted, if they know of so many, `known`, as are
    /// counted here.
    #[must_use]
    pub const fn lower(
        &self,
        key: CounterKey,
        threshold: Threshold,
        (to, known): (u32, u32),
    ) -> Operation {
        self.operation(key, threshold, Kind::Lower { to, known })
            .monitored()
    }

    /// Others have counted too many: refuses whatever `threshold` refuses until then. It is a breach where it `breaks`
    /// the limit, or where the like was said before, and has just ended.
    #[must_use]
    pub const fn hold(
        &self,
        key: CounterKey,
        threshold: Threshold,
        (until, breaks): (Time, bool),
    ) -> Operation {
        self.operation(key, threshold, Kind::Hold { until, breaks })
            .monitored()
    }

    const fn operation(&self, key: CounterKey, threshold: Threshold, kind: Kind) -> Operation {
        Operation {
            key,
            terms: self.0,
            threshold,
            enforced: true,
            kind,
        }
    }
}

impl Distinct {
    /// A limit on these terms.
    #[must_use]
    pub const fn new(terms: Terms) -> Self {
        Self(terms)
    }

    /// Sees a value. While no more than `threshold` different ones were seen, all are let through; then none is, until
    /// some are forgotten, one to one and a half windows after they were last seen.
    #[must_use]
    pub const fn see(
        &self,
        key: CounterKey,
        value: ValueHash,
        threshold: DistinctThreshold,
    ) -> Operation {
        Limit(self.0).operation(key, threshold.threshold(), Kind::See(value))
    }

    /// Others have seen too many: see [`Limit::hold`]. It is a breach.
    #[must_use]
    pub const fn hold(&self, key: CounterKey, threshold: Threshold, until: Time) -> Operation {
        Limit(self.0)
            .operation(key, threshold, Kind::HoldDistinct { until })
            .monitored()
    }

    /// Asks whether a request would be let through, and sees nothing.
    #[must_use]
    pub const fn peek(&self, key: CounterKey, threshold: DistinctThreshold) -> Operation {
        Limit(self.0).operation(key, threshold.threshold(), Kind::PeekDistinct)
    }
}

impl Operation {
    /// The same, but a refusal does not keep later operations from being done: for limits that only watch, and for what
    /// is seen after the fact. What records, confirms, gives back or clears is so by itself.
    #[must_use]
    pub const fn monitored(self) -> Self {
        Self {
            enforced: false,
            ..self
        }
    }

    /// The value that it sees.
    pub(super) const fn value(&self) -> Option<ValueHash> {
        match self.kind {
            Kind::See(value) => Some(value),
            _ => None,
        }
    }

    /// Does it.
    pub(super) fn run(&self, counters: &mut Counters<'_>, now: Time) -> LimitOutcome {
        match self.kind {
            Kind::Take => self.take(counters, now),
            Kind::Reserve => self.reserve(counters, now),
            Kind::Record { number } => self.record(counters, now, number),
            Kind::Clear => self.clear(counters, now),
            Kind::Peek => self.peek::<Counts>(counters, now, self.threshold.get()),
            Kind::GiveBack { taken_at } => self.give_back(counters, now, taken_at),
            Kind::See(value) => self.see(counters, now, value),
            Kind::PeekDistinct => self.peek::<Sketch>(counters, now, self.above_threshold()),
            Kind::Lower { to, known } => self.lower(counters, now, (to, known)),
            Kind::Hold { until, breaks } => self.hold::<Counts>(counters, now, (until, breaks)),
            Kind::HoldDistinct { until } => self.hold::<Sketch>(counters, now, (until, true)),
        }
    }

    /// What is answered when it could not be done.
    pub(super) fn failed(&self, error: StoreError) -> LimitOutcome {
        LimitOutcome {
            answer: match self.terms.uncounted {
                Uncounted::Allow => Answer::AllowedUncounted,
                Uncounted::Refuse => Answer::Refused {
                    cause: Cause::Uncounted,
                    counted: 0,
                    retry_after: Duration::from_secs(1),
                },
            },
            written: error.into(),
        }
    }

    fn take(&self, counters: &mut Counters<'_>, now: Time) -> LimitOutcome {
        let counter = self.load::<Counts>(counters, now);
        let full = self.threshold.get();
        if let Some(cause) = counter.against(self.threshold, full) {
            return self.refuse(counters, counter, cause, full, |counts| counts.add(1));
        }
        self.grant(counters, counter)
    }

    fn reserve(&self, counters: &mut Counters<'_>, now: Time) -> LimitOutcome {
        let counter = self.load::<Counts>(counters, now);
        if counter
            .against(self.threshold, self.threshold.get())
            .is_some()
        {
            return self.peek::<Counts>(counters, now, self.threshold.get());
        }
        self.grant(counters, counter)
    }

    fn grant(&self, counters: &mut Counters<'_>, mut counter: Counter<Counts>) -> LimitOutcome {
        counter.counted.add(1);
        LimitOutcome {
            written: counter.store(counters, self.threshold),
            answer: counter.quota(self.threshold),
        }
    }

    fn record(&self, counters: &mut Counters<'_>, now: Time, number: u32) -> LimitOutcome {
        let mut counter = self.load::<Counts>(counters, now);
        let (before, full) = (counter.penalty_state, self.threshold.get());
        counter.counted.add(number);
        let blocked = counter.penalty_state.blocks(self.threshold, now).is_some();
        if counter.used() >= full && !blocked {
            counter.break_limit(self.threshold, full);
        }
        let written = if number > 0 || counter.penalty_state != before {
            counter.store(counters, self.threshold)
        } else {
            counter.store_if_set_back(counters, self.threshold)
        };
        LimitOutcome {
            written,
            answer: counter.answer(self.threshold, full),
        }
    }

    fn clear(&self, counters: &mut Counters<'_>, now: Time) -> LimitOutcome {
        LimitOutcome {
            written: counters.remove(self.key),
            ..self.peek::<Counts>(counters, now, self.threshold.get())
        }
    }

    fn peek<L: WindowCount>(
        &self,
        counters: &mut Counters<'_>,
        now: Time,
        full: u32,
    ) -> LimitOutcome {
        let counter = self.load::<L>(counters, now);
        LimitOutcome {
            written: counter.store_if_set_back(counters, self.threshold),
            answer: counter.answer(self.threshold, full),
        }
    }

    fn give_back(&self, counters: &mut Counters<'_>, now: Time, taken_at: Time) -> LimitOutcome {
        let mut counter = self.load::<Counts>(counters, now);
        let before = counter.used();
        let outcome = self.terms.window.steps(Counts::STEPS).number(taken_at);
        let age = counter.position.newest.saturating_sub(outcome);
        counter.counted.give_back(age);
        let written = if counter.used() == before {
            Written::Unchanged
        } else {
            counter.store(counters, self.threshold)
        };
        LimitOutcome {
            written,
            answer: counter.answer(self.threshold, self.threshold.get()),
        }
    }

    fn lower(
        &self,
        counters: &mut Counters<'_>,
        now: Time,
        (to, known): (u32, u32),
    ) -> LimitOutcome {
        let mut counter = self.load::<Counts>(counters, now);
        let used = counter.used();
        let written = if used > to && used <= known {
            counter.counted.lower(to);
            counter.store(counters, self.threshold)
        } else {
            counter.store_if_set_back(counters, self.threshold)
        };
        LimitOutcome {
            written,
            answer: counter.answer(self.threshold, self.threshold.get()),
        }
    }

    fn hold<L: WindowCount>(
        &self,
        counters: &mut Counters<'_>,
        now: Time,
        (until, breaks): (Time, bool),
    ) -> LimitOutcome {
        let held = counters.find(self.key).map(|slot| slot.penalty_state);
        let held = held.map_or(0, |state| state.blocked_until);
        let ended = now.seconds().checked_sub(held);
        let again = held > 0 && ended.is_some_and(|ago| ago <= LATELY);
        let mut counter = self.load::<L>(counters, now);
        if breaks || again {
            counter.break_limit(self.threshold, self.threshold.get());
        }
        counter.penalty_state.hold(self.threshold, until, now);
        LimitOutcome {
            written: counter.store(counters, self.threshold),
            answer: counter.answer(self.threshold, self.threshold.get()),
        }
    }

    fn see(&self, counters: &mut Counters<'_>, now: Time, value: ValueHash) -> LimitOutcome {
        let mut counter = self.load::<Sketch>(counters, now);
        let full = self.above_threshold();
        if let Some(cause) = counter.against(self.threshold, full) {
            return self.refuse(counters, counter, cause, full, |sketch| {
                sketch.see(value);
            });
        }
        if !counter.counted.see(value) {
            return LimitOutcome {
                written: counter.store_if_set_back(counters, self.threshold),
                answer: counter.quota(self.threshold),
            };
        }
        if counter.used() >= full {
            counter.break_limit(self.threshold, full);
        }
        LimitOutcome {
            written: counter.store(counters, self.threshold),
            answer: counter.answer(self.threshold, full),
        }
    }

    /// Refuses a request against which `cause` stands, and does what follows.
    fn refuse<L: WindowCount>(
        &self,
        counters: &mut Counters<'_>,
        mut counter: Counter<L>,
        cause: Cause,
        full: u32,
        count: impl FnOnce(&mut L),
    ) -> LimitOutcome {
        let before = counter.penalty_state;
        let counted = self.terms.refusals == Refusals::Counted;
        if counted {
            count(&mut counter.counted);
        }
        match cause {
            Cause::Blocked if counted => counter.extend_block(self.threshold),
            Cause::Full => counter.break_limit(self.threshold, full),
            Cause::Blocked | Cause::Uncounted => {}
        }
        let written = if counted || counter.penalty_state != before {
            counter.store(counters, self.threshold)
        } else {
            counter.store_if_set_back(counters, self.threshold)
        };
        let retry_after = counter.retry_after(self.threshold, full);
        LimitOutcome {
            answer: Answer::Refused {
                cause,
                counted: counter.used(),
                retry_after,
            },
            written,
        }
    }

    fn load<L: WindowCount>(&self, counters: &mut Counters<'_>, now: Time) -> Counter<L> {
        Counter::load(counters, self.key, self.terms, now)
    }

    fn above_threshold(&self) -> u32 {
        self.threshold.get().saturating_add(1)
    }
}
