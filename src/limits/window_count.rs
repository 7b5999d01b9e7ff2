//! One counter as it stands now, whatever it counts.

use std::num::NonZeroU64;
use std::time::Duration;

use super::slot::{Counters, PAYLOAD, PenaltyState, Slot};
use super::window::{Position, low_bits};
use super::{Answer, Cause, CounterKey, Quota, Terms, Threshold, penalty};
use crate::store::Written;
use crate::time::Time;

/// What is counted in the steps of a window.
pub(super) trait WindowCount {
    /// A window is so many steps.
    const STEPS: NonZeroU64;

    /// Reads what was stored, `passed` steps ago. Any bytes are a ledger.
    fn decode(payload: [u8; PAYLOAD], passed: u32) -> Self;
    /// What is to be stored.
    fn encode(&self) -> [u8; PAYLOAD];
    /// How much was counted in the last `steps` steps, the present one included.
    fn within(&self, steps: u64) -> u32;
}

/// A ledger with all that belongs to it.
#[derive(Debug)]
pub(super) struct Counter<L> {
    pub(super) counted: L,
    pub(super) penalty_state: PenaltyState,
    pub(super) position: Position,
    now: Time,
    key: CounterKey,
    terms: Terms,
    must_write: bool,
}

impl<L: WindowCount> Counter<L> {
    /// Reads the counter of `key`; an empty one when there is none.
    pub(super) fn load(
        counters: &mut Counters<'_>,
        key: CounterKey,
        terms: Terms,
        now: Time,
    ) -> Self {
        let steps = terms.window.steps(L::STEPS);
        let slot = counters.find(key);
        let stored = slot.map_or(low_bits(steps.number(now)), |slot| slot.step);
        let position = steps.position(stored, now);
        let before = slot.map(|slot| slot.penalty_state).unwrap_or_default();
        let penalty_state = before.at((terms.longest_block(), terms.memory()), now);
        let cut =
            penalty_state.blocked_until != 0 && penalty_state.blocked_until < before.blocked_until;
        Self {
            counted: L::decode(
                slot.map_or([0; PAYLOAD], |slot| slot.payload),
                position.passed,
            ),
            penalty_state,
            position,
            now,
            key,
            terms,
            must_write: slot.is_some() && (cut || position.set_back),
        }
    }

    /// How much is counted.
    pub(super) fn used(&self) -> u32 {
        self.counted.within(u64::MAX)
    }

    /// Writes the counter, which is full when `full` are counted.
    pub(super) fn store(&self, counters: &mut Counters<'_>, full: Threshold) -> Written {
        let window_end = self
            .terms
            .window
            .steps(L::STEPS)
            .end(self.position.newest, 0);
        let slot = Slot {
            expires: penalty::round_up(window_end)
                .max(self.penalty_state.of_use_until(self.terms.penalty)),
            penalty_state: self.penalty_state,
            rank: self.rank(full),
            step: low_bits(self.position.newest),
            payload: self.counted.encode(),
        };
        counters.put(self.key, &slot)
    }

    /// Writes the counter only if it would not age otherwise.
    pub(super) fn store_if_set_back(
        &self,
        counters: &mut Counters<'_>,
        full: Threshold,
    ) -> Written {
        if self.must_write {
            self.store(counters, full)
        } else {
            Written::Unchanged
        }
    }

    /// What stands against a request: a block, or a window in which `full` are counted.
    pub(super) fn against(&self, threshold: Threshold, full: u32) -> Option<Cause> {
        if self.penalty_state.blocks(threshold, self.now).is_some() {
            return Some(Cause::Blocked);
        }
        (self.used() >= full).then_some(Cause::Full)
    }

    /// How long until nothing stands against a request.
    pub(super) fn retry_after(&self, threshold: Threshold, full: u32) -> Duration {
        let blocked = self
            .penalty_state
            .blocks(threshold, self.now)
            .unwrap_or_default();
        blocked.max(if self.used() >= full {
            self.until_below(full)
        } else {
            Duration::ZERO
        })
    }

    /// What a request would be answered.
    pub(super) fn answer(&self, threshold: Threshold, full: u32) -> Answer {
        match self.against(threshold, full) {
            Some(cause) => Answer::Refused {
                cause,
                counted: self.used(),
                retry_after: self.retry_after(threshold, full),
            },
            None => self.quota(threshold),
        }
    }

    /// A blocked request that counts begins the block anew.
    pub(super) fn extend_block(&mut self, threshold: Threshold) {
        self.penalty_state
            .extend(self.terms.penalty, threshold, self.now);
    }

    /// The limit is broken: its penalty begins.
    pub(super) fn break_limit(&mut self, threshold: Threshold, full: u32) {
        let until_room = self.until_below(full);
        self.penalty_state
            .break_limit(self.terms.penalty, threshold, until_room, self.now);
    }

    /// What is left of `threshold`.
    pub(super) fn quota(&self, threshold: Threshold) -> Answer {
        let used = self.used();
        Answer::Allowed(Quota {
            remaining: threshold.get().saturating_sub(used),
            near: u64::from(used).saturating_mul(5) >= u64::from(threshold.get()).saturating_mul(4),
        })
    }

    /// How long until less than `bound` is counted, if nothing is added.
    fn until_below(&self, bound: u32) -> Duration {
        let steps = self.terms.window.steps(L::STEPS);
        (0..=L::STEPS.get())
            .rev()
            .find(|age| self.counted.within(*age) < bound)
            .map_or(Duration::ZERO, |age| {
                steps.end(self.position.newest, age).since(self.now)
            })
    }

    /// One counted is nothing, whatever the limit: a flood of new keys pushes out none that was seen twice.
    fn rank(&self, full: Threshold) -> u8 {
        let used = self.used();
        if used >= full.get() || self.penalty_state.blocks(full, self.now).is_some() {
            return u8::MAX;
        }
        let share = u64::from(used.saturating_sub(1))
            .saturating_mul(u64::from(u8::MAX))
            .checked_div(full.get().into());
        share
            .and_then(|share| u8::try_from(share).ok())
            .unwrap_or(u8::MAX)
    }
}
