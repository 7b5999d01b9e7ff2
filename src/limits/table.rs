//! The table of all counters: a fixed number of stored values, whatever is counted.

use std::num::NonZeroU64;

use super::counts::Counts;
use super::ledger::Counter;
use super::set::Slots;
use super::{CounterKey, Operation, Taken, Terms, Window};
use crate::store::{self, Store, StoreError};
use crate::time::Time;

/// What one stored value takes of the host's memory: 3,896 bytes of slots, the key, and about 172 bytes of the host's own.
const VALUE_COST: u64 = 4_096;

/// How much memory a table may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(NonZeroU64);

impl Budget {
    /// So many bytes, in whole values of 4 KiB; `None` when not even one fits.
    #[must_use]
    pub fn new(bytes: u64) -> Option<Self> {
        NonZeroU64::new(bytes / VALUE_COST).map(Self)
    }

    /// How many counters there is place for.
    #[must_use]
    pub fn counters(self) -> u64 {
        let ways = u64::try_from(super::WAYS).unwrap_or(1);
        self.0.get().saturating_mul(ways)
    }
}

/// 32 MiB: 663,552 counters.
impl Default for Budget {
    fn default() -> Self {
        Self(NonZeroU64::MIN.saturating_add(8_191))
    }
}

/// A table of counters in shared memory.
///
/// A counter stands in the value that its [`super::Home`] chooses. With another budget it is looked for in another value: counters start clean, and what
/// the smaller table does not use any more stays until the host ends (HOST.md, rule 7).
#[derive(Clone, Debug)]
pub struct Table {
    prefix: String,
    sets: NonZeroU64,
}

impl Table {
    /// A table in `namespace`, which keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, budget: Budget) -> Self {
        Self {
            prefix: format!("palisade/{namespace}/limits/"),
            sets: budget.0,
        }
    }

    /// Does one operation: one read, and one write if the counter changes.
    pub fn run(&self, operation: &Operation, now: Time, store: &impl Store) -> Taken {
        self.update(self.set(operation.key), store, |slots| {
            operation.run(slots, now)
        })
        .unwrap_or_else(|error| operation.failed(error))
    }

    /// Does several operations of one request: one read, and at most one write, for all that share a home.
    ///
    /// Homes are visited in the order in which they first appear, and the operations of each in theirs. After an enforced refusal nothing
    /// more is done: what one limit refuses does not use up another (a blocked network cannot lock an account). Such operations get no
    /// answer. The answers come in the order of the operations.
    pub fn run_all(
        &self,
        operations: &[Operation],
        now: Time,
        store: &impl Store,
    ) -> Vec<Option<Taken>> {
        let mut answers = vec![None; operations.len()];
        let sets: Vec<u64> = operations
            .iter()
            .map(|operation| self.set(operation.key))
            .collect();
        for (at, set) in sets.iter().enumerate() {
            if sets.iter().take(at).any(|before| before == set) {
                continue;
            }
            let mut answer = |run: &mut dyn FnMut(&Operation) -> Taken| {
                let here = sets.iter().zip(operations).zip(&mut answers);
                let here = here.filter(|((of, _), _)| *of == set);
                until_refused(
                    here.map(|((_, operation), answer)| (operation, answer)),
                    run,
                )
            };
            let ended = self
                .update(*set, store, |slots| {
                    answer(&mut |operation| operation.run(slots, now))
                })
                .unwrap_or_else(|error| answer(&mut |operation| operation.failed(error)));
            if ended {
                break;
            }
        }
        answers
    }

    /// How much is counted by each of these counters of attempts, failures or successes, which share a home: one read, and no write.
    pub fn counted<const N: usize>(
        &self,
        keys: [CounterKey; N],
        window: Window,
        now: Time,
        store: &impl Store,
    ) -> [u32; N] {
        let set = keys.first().map_or(0, |key| self.set(*key));
        let value = store.get(&self.stored(set)).map(|(value, _)| value);
        let slots = Slots::read(value.as_deref().unwrap_or_default());
        let terms = Terms::new(window);
        keys.map(|key| Counter::<Counts>::load(&slots, key, terms, now).used())
    }

    fn set(&self, key: CounterKey) -> u64 {
        key.home().set(self.sets)
    }

    /// The key of a stored value.
    fn stored(&self, set: u64) -> Vec<u8> {
        // As bytes: decimals would cost a thousand instructions. Above 2^32 values (16 TiB), some would be one.
        let [a, b, c, d, ..] = set.to_le_bytes();
        [self.prefix.as_bytes(), &[a, b, c, d]].concat()
    }

    fn update<R>(
        &self,
        set: u64,
        store: &impl Store,
        mut change: impl FnMut(&mut Slots<'_>) -> R,
    ) -> Result<R, StoreError> {
        store::update(store, &self.stored(set), |value| {
            let mut slots = Slots::read(value);
            let result = change(&mut slots);
            (slots.finish(), result)
        })
    }
}

/// Gives the answers up to the first refusal that ends the request, takes back those behind it that an attempt which met
/// another writer left, and tells whether there was one.
fn until_refused<'o>(
    questions: impl Iterator<Item = (&'o Operation, &'o mut Option<Taken>)>,
    run: &mut dyn FnMut(&Operation) -> Taken,
) -> bool {
    let mut ended = false;
    for (operation, answer) in questions {
        *answer = (!ended).then(|| run(operation));
        ended |= operation.enforced && answer.is_some_and(|taken| !taken.is_allowed());
    }
    ended
}
