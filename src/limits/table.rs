//! The table of all counters.

use std::time::Duration;

use super::counts::Counts;
use super::slot::{LONGEST_LIFE, Slot, WAYS};
use super::window_count::Counter;
use super::{CounterKey, LimitOutcome, Operation, Terms, Window};
use crate::store::{self, Budget, Store};
use crate::time::Time;

impl Budget {
    /// For counters, unless the operator says otherwise: 32 MiB, which hold 663,552.
    pub const COUNTERS: Self = Self::of_values(8_192);

    /// For what may be used once: 2 MiB, which hold 41,472 marks.
    pub const ONCE: Self = Self::of_values(512);

    /// How many counters there is place for.
    #[must_use]
    pub fn counters(self) -> u64 {
        self.slots(WAYS)
    }
}

/// A table of counters in shared memory. A counter stands in the value that its [`super::Bucket`] chooses.
#[derive(Clone, Debug)]
pub struct Table(store::Table<Slot>);

impl Table {
    /// A table in `namespace`, which keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, budget: Budget) -> Self {
        let life = Duration::from_secs(LONGEST_LIFE.into());
        Self(store::Table::new(
            namespace,
            "limits",
            *b"limits 1",
            budget,
            life,
        ))
    }

    /// How full it is; see [`store::Table::fill`].
    pub(crate) fn fill(&self, start: u64, now: Time, store: &impl Store) -> store::Fill {
        self.0.fill(start, now, store)
    }

    /// Does one operation: one read, and one write if the counter changes.
    pub fn run(&self, operation: &Operation, now: Time, store: &impl Store) -> LimitOutcome {
        self.0
            .update(operation.key, now, store, |counters| {
                operation.run(counters, now)
            })
            .unwrap_or_else(|error| operation.failed(error))
    }

    /// Does several operations of one request: one read, and at most one write, for all that share a home.
    ///
    /// Homes are visited in the order in which they first appear, and the operations of each in theirs. After an
    /// enforced refusal nothing more is done: what one limit refuses does not use up another (a blocked network cannot
    /// lock an account). Such operations get no answer. The answers come in the order of the operations.
    pub fn run_all(
        &self,
        operations: &[Operation],
        now: Time,
        store: &impl Store,
    ) -> Vec<Option<LimitOutcome>> {
        let mut answers = vec![None; operations.len()];
        let sizes = self.0.sizes(now, store);
        // By whom they count, and not by where that is: else, where two homes share a place, the key of the hashes
        // would decide which limit is asked first.
        let home = |operation: &Operation| operation.key.bucket().hash();
        for (at, first) in operations.iter().enumerate() {
            let own = home(first);
            let mut before = operations.iter().take(at);
            if before.any(|operation| home(operation) == own) {
                continue;
            }
            let here = sizes.place(own);
            let mut answer = |run: &mut dyn FnMut(&Operation) -> LimitOutcome| {
                let all = operations.iter().zip(&mut answers);
                until_refused(all.filter(|(operation, _)| home(operation) == own), run)
            };
            let ended = self
                .0
                .update_at(here, now, store, |counters| {
                    answer(&mut |operation| operation.run(counters, now))
                })
                .unwrap_or_else(|error| answer(&mut |operation| operation.failed(error)));
            if ended {
                break;
            }
        }
        answers
    }

    /// How much is counted by each of these counters of attempts, failures or successes, which share a home: one read,
    /// and no write.
    pub fn counted<const N: usize>(
        &self,
        keys: [CounterKey; N],
        window: Window,
        now: Time,
        store: &impl Store,
    ) -> [u32; N] {
        let Some(first) = keys.first() else {
            return [0; N];
        };
        let terms = Terms::new(window);
        self.0.read(*first, now, store, |counters| {
            keys.map(|key| Counter::<Counts>::load(counters, key, terms, now).used())
        })
    }
}

/// Gives the answers up to the first refusal that ends the request, takes back those behind it that an attempt which
/// met another writer left, and tells whether there was one.
fn until_refused<'o>(
    questions: impl Iterator<Item = (&'o Operation, &'o mut Option<LimitOutcome>)>,
    run: &mut dyn FnMut(&Operation) -> LimitOutcome,
) -> bool {
    let mut ended = false;
    for (operation, answer) in questions {
        *answer = (!ended).then(|| run(operation));
        ended |= operation.enforced && answer.is_some_and(|outcome| !outcome.is_allowed());
    }
    ended
}
