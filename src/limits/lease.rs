//! Blocks of a large limit, taken from the shared counter and spent in a worker's own memory.
//!
//! A block is only spent in the step of the window in which it was taken, so that all of it is counted no later than it is spent:
//! **never more than the limit go through**, as without leases. What a worker does not spend is lost when the step ends: with `w` workers
//! and blocks of `b`, up to `8 * w * (b - 1)` fewer than the limit may go through in a window, and more where keys share a place in
//! [`Leases`]. A penalty that begins meanwhile is seen when the next block is taken.

use std::num::NonZeroU32;

use super::counts::Counts;
use super::ledger::Ledger;
use super::{Answer, CounterKey, Operation, Quota, Table, Taken, Threshold, Written};
use crate::store::Store;
use crate::time::Time;

/// What one worker has taken and not yet spent: a table of fixed size, in which a newer lease takes the place of an older one.
#[derive(Debug)]
pub struct Leases(Box<[Option<Lease>]>);

#[derive(Clone, Copy, Debug)]
struct Lease {
    key: CounterKey,
    threshold: Threshold,
    step: u64,
    taken_at: Time,
    quota: Quota,
}

impl Leases {
    /// A table of so many places, at least one; 72 bytes each.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self(vec![None; places.max(1)].into_boxed_slice())
    }

    /// Does a [`super::Limit::take`] out of a lease; where there is none, takes up to `block` from the shared counter. Does any other
    /// operation as the table does.
    ///
    /// A lease is for one threshold: what was leased for clean clients is not spent by risky ones.
    pub fn run(
        &mut self,
        operation: &Operation,
        block: NonZeroU32,
        now: Time,
        table: &Table,
        store: &impl Store,
    ) -> Taken {
        let Some(leasing) = operation.wanting(block.get()) else {
            return table.run(operation, now, store);
        };
        let (key, threshold) = (operation.key, operation.threshold);
        let step = operation.terms.window.steps(Counts::STEPS).number(now);
        let Some(place) = self.place(key) else {
            return table.run(operation, now, store);
        };
        if let Some(lease) = place
            && (lease.key, lease.threshold, lease.step) == (key, threshold, step)
            && lease.quota.granted > 0
        {
            return Taken {
                answer: Answer::Allowed(lease.spend(now)),
                written: Written::Unchanged,
            };
        }
        let mut taken = table.run(&leasing, now, store);
        if let Answer::Allowed(quota) = taken.answer {
            let lease = place.insert(Lease {
                key,
                threshold,
                step,
                taken_at: now,
                quota,
            });
            taken.answer = Answer::Allowed(lease.spend(now));
        }
        taken
    }

    fn place(&mut self, key: CounterKey) -> Option<&mut Option<Lease>> {
        let places = u64::try_from(self.0.len()).ok()?;
        let place = key.tag().get().checked_rem(places)?;
        self.0.get_mut(usize::try_from(place).ok()?)
    }
}

impl Lease {
    /// Spends one: what is left in the block is still left of the limit.
    fn spend(&mut self, now: Time) -> Quota {
        self.quota.granted = self.quota.granted.saturating_sub(1);
        let remaining = self.quota.remaining.saturating_add(self.quota.granted);
        Quota {
            granted: 1,
            remaining,
            reset: self.quota.reset.saturating_sub(now.since(self.taken_at)),
            ..self.quota
        }
    }
}
