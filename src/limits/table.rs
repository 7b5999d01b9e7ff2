//! The table of all counters: a fixed number of stored values, whatever is counted.

use std::num::NonZeroU64;
use std::time::Duration;

use super::counts::Counts;
use super::ledger::Counter;
use super::set::Slots;
use super::slot::LONGEST_LIFE;
use super::{CounterKey, Operation, Taken, Terms, Window};
use crate::store::{self, Layout, Sizes, Store, StoreError};
use crate::time::Time;

/// What one stored value takes of the host's memory: 3,896 bytes of slots, the key, and about 172 bytes of the host's own.
const VALUE_COST: u64 = 4_096;

/// How much memory a table may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(NonZeroU64);

impl Budget {
    /// For what may be used once: 2 MiB, which hold 41,472 marks.
    pub const ONCE: Self = Self(NonZeroU64::MIN.saturating_add(511));

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
/// A counter stands in the value that its [`super::Home`] chooses. A larger budget moves it there from where it stood under the smaller one, when
/// it is asked for; a smaller one holds from the next start of the host on ([`Layout`]).
#[derive(Clone, Debug)]
pub struct Table {
    prefix: String,
    layout: Layout,
}

impl Table {
    /// A table in `namespace`, which keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, budget: Budget) -> Self {
        let prefix = format!("palisade/{namespace}/limits/");
        let name = format!("{prefix}layout").into_bytes();
        let life = Duration::from_secs(LONGEST_LIFE.into());
        Self {
            prefix,
            layout: Layout::new(name, budget.0, life),
        }
    }

    /// Does one operation: one read, and one write if the counter changes.
    pub fn run(&self, operation: &Operation, now: Time, store: &impl Store) -> Taken {
        let sizes = self.layout.sizes(now, store);
        self.update(sizes.place(operation.key.home().hash()), store, |slots| {
            self.perform(operation, slots, sizes, now, store)
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
        let sizes = self.layout.sizes(now, store);
        let sets: Vec<u64> = operations
            .iter()
            .map(|operation| sizes.place(operation.key.home().hash()))
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
                    answer(&mut |operation| self.perform(operation, slots, sizes, now, store))
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
        let sizes = self.layout.sizes(now, store);
        let home = keys.first().map_or(0, |key| key.home().hash());
        let value = self.read(sizes.place(home), store);
        let mut slots = Slots::read(&value);
        let terms = Terms::new(window);
        keys.map(|key| {
            self.find_again(key, &mut slots, sizes, now, store);
            Counter::<Counts>::load(&slots, key, terms, now).used()
        })
    }

    /// Does one operation on the value in which its counter stands.
    fn perform(
        &self,
        operation: &Operation,
        slots: &mut Slots<'_>,
        sizes: Sizes,
        now: Time,
        store: &impl Store,
    ) -> Taken {
        let key = operation.key;
        self.find_again(key, slots, sizes, now, store);
        if operation.clears() {
            // What was left behind would else be found again when this one has gone.
            for set in sizes.before(key.home().hash()) {
                let _ = self.update(set, store, |left| left.clear(key.tag(), now));
            }
        }
        operation.run(slots, now)
    }

    /// Brings a counter that does not stand among `slots` from where it stood while the table was smaller. It stays there as well, for workers that do
    /// not know of the new size yet.
    fn find_again(
        &self,
        key: CounterKey,
        slots: &mut Slots<'_>,
        sizes: Sizes,
        now: Time,
        store: &impl Store,
    ) {
        if slots.has(key.tag()) {
            return;
        }
        let mut left = sizes.before(key.home().hash());
        let found = left.find_map(|set| Slots::read(&self.read(set, store)).find(key.tag(), now));
        if let Some(slot) = found {
            slots.put(&slot, now);
        }
    }

    fn read(&self, set: u64, store: &impl Store) -> Vec<u8> {
        let value = store.get(&self.stored(set));
        value.map(|(value, _)| value).unwrap_or_default()
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
