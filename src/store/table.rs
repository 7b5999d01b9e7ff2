//! A set-associative table in shared memory: a fixed number of stored values, whatever is kept in it.

use std::num::NonZeroU64;
use std::time::Duration;

use super::layout::{Layout, Sizes};
use super::set::{Mark, Set, Written};
use super::slot::{Key, Slot};
use super::{Store, StoreError, replace};
use crate::time::Time;

/// What one stored value takes of the host's memory: its slots, the key, and about 172 bytes of the host's own.
const VALUE_COST: u64 = 4_096;

/// How much memory a table may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(NonZeroU64);

impl Budget {
    /// So many stored values; one if it is zero.
    #[must_use]
    pub const fn of_values(values: u64) -> Self {
        match NonZeroU64::new(values) {
            Some(values) => Self(values),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// So many bytes, in whole values of 4 KiB; `None` when not even one fits.
    #[must_use]
    pub fn new(bytes: u64) -> Option<Self> {
        NonZeroU64::new(bytes / VALUE_COST).map(Self)
    }

    /// How many slots there is place for when a stored value has `ways`.
    #[must_use]
    pub fn slots(self, ways: usize) -> u64 {
        let ways = u64::try_from(ways).unwrap_or(1);
        self.0.get().saturating_mul(ways)
    }
}

/// How many stored values are looked at to tell how full a table is: some 1,000 slots. The share of them that is of use
/// is that of the whole table to a few percent, since keyed hashes spread them.
const SAMPLE: u64 = 16;

/// How full a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// How many slots there are.
    pub slots: u64,
    /// How many of them are of use: exact where there are no more than 16 stored values, else an estimate.
    pub used: u64,
}

/// A table of one kind of slot, which all workers share.
///
/// A slot stands in the value that its [`Key`] chooses. What stood elsewhere while the table was smaller is found
/// there, and moved when something is written; a smaller table holds from the next start of the host on ([`Layout`]).
#[derive(Clone, Debug)]
pub(crate) struct Table<S> {
    prefix: String,
    mark: Mark,
    layout: Layout,
    kind: std::marker::PhantomData<fn() -> S>,
}

impl<S: Slot> Table<S> {
    /// The table called `name` in `namespace`, which keeps plugins apart that share the host's memory. What does not
    /// begin with `mark` is not read. No slot is of use for longer than `life`.
    pub(crate) fn new(
        namespace: &str,
        name: &str,
        mark: Mark,
        budget: Budget,
        life: Duration,
    ) -> Self {
        let prefix = format!("palisade/{namespace}/{name}/");
        let layout = format!("{prefix}layout").into_bytes();
        Self {
            prefix,
            mark,
            layout: Layout::new(layout, budget.0, life),
            kind: std::marker::PhantomData,
        }
    }

    /// How many stored values there are: who stands in which.
    pub(crate) fn sizes(&self, now: Time, store: &dyn Store) -> Sizes {
        self.layout.sizes(now, store)
    }

    /// Reads the stored value of `key`: one read, and no write.
    pub(crate) fn read<T>(
        &self,
        key: S::Key,
        now: Time,
        store: &dyn Store,
        read: impl FnOnce(&mut Slots<'_, S>) -> T,
    ) -> T {
        let at = self.sizes(now, store).place(key.hash());
        read(&mut self.slots(self.value(at, store), now, store))
    }

    /// Changes the stored value of `key` as `change` says: one read, and one write if anything changes. When another
    /// worker writes in between, all of it is done again, so that no change is lost.
    ///
    /// # Errors
    /// As [`super::update`].
    pub(crate) fn update<T>(
        &self,
        key: S::Key,
        now: Time,
        store: &dyn Store,
        change: impl FnMut(&mut Slots<'_, S>) -> T,
    ) -> Result<T, StoreError> {
        let at = self.sizes(now, store).place(key.hash());
        self.update_at(at, now, store, change)
    }

    /// The same for the stored value `at`, of all keys that stand in it.
    ///
    /// # Errors
    /// As [`super::update`].
    pub(crate) fn update_at<T>(
        &self,
        at: u64,
        now: Time,
        store: &dyn Store,
        mut change: impl FnMut(&mut Slots<'_, S>) -> T,
    ) -> Result<T, StoreError> {
        replace(store, &self.stored(at), |value| {
            let mut slots = self.slots(value, now, store);
            let result = change(&mut slots);
            (slots.set.finish(), result)
        })
    }

    /// How full it is: at most 17 reads. Which values are looked at is up to `start`, any number.
    pub(crate) fn fill(&self, start: u64, now: Time, store: &dyn Store) -> Fill {
        let values = self.sizes(now, store).values();
        let sample = SAMPLE.min(values.get());
        let step = values.get().checked_div(sample).unwrap_or(1);
        let looked_at = (0..sample).map(|number| {
            let at = (start % values).saturating_add(number.saturating_mul(step));
            let set = Set::<S>::read(self.value(at % values, store), self.mark);
            u64::try_from(set.live(now)).unwrap_or(0)
        });
        let live: u64 = looked_at.sum();
        let used = live.saturating_mul(values.get()).checked_div(sample);
        Fill {
            slots: Budget(values).slots(S::WAYS),
            used: used.unwrap_or(0),
        }
    }

    fn slots<'t>(&'t self, value: Vec<u8>, now: Time, store: &'t dyn Store) -> Slots<'t, S> {
        Slots {
            table: self,
            set: Set::read(value, self.mark),
            sizes: self.sizes(now, store),
            now,
            store,
        }
    }

    fn value(&self, at: u64, store: &dyn Store) -> Vec<u8> {
        let value = store.get(&self.stored(at));
        value.map(|(value, _)| value).unwrap_or_default()
    }

    /// The key of a stored value. As bytes: decimals would cost a thousand instructions. Above 2^32 values (16 TiB),
    /// some would be one.
    fn stored(&self, at: u64) -> Vec<u8> {
        let [a, b, c, d, ..] = at.to_le_bytes();
        [self.prefix.as_bytes(), &[a, b, c, d]].concat()
    }
}

/// The slots of one stored value, and what a smaller table left elsewhere of whoever stands in it.
pub(crate) struct Slots<'t, S> {
    table: &'t Table<S>,
    set: Set<S>,
    sizes: Sizes,
    now: Time,
    store: &'t dyn Store,
}

impl<S: Slot> Slots<'_, S> {
    /// What is kept of `key`, unless it is of no use any more.
    ///
    /// What stands where the table was smaller is put here as well, if there is room. There it stays, for workers that
    /// do not know of the new size yet.
    pub(crate) fn find(&mut self, key: S::Key) -> Option<S> {
        if self.set.has(key) {
            return self.set.find(key, self.now);
        }
        let left = self.left(key)?;
        self.set.put(key, &left, self.now);
        Some(left)
    }

    /// Stores `slot`, over its predecessor or in place of another one.
    pub(crate) fn put(&mut self, key: S::Key, slot: &S) -> Written {
        self.set.put(key, slot, self.now)
    }

    /// Forgets what is kept of `key`, wherever it stands: what was left behind would else be found again.
    pub(crate) fn remove(&mut self, key: S::Key) -> Written {
        let mut left = Written::Unchanged;
        for at in self.sizes.before(key.hash()) {
            let stored = self.table.stored(at);
            let removed = replace(self.store, &stored, |value| {
                let mut set = Set::<S>::read(value, self.table.mark);
                let written = set.remove(key, self.now);
                (set.finish(), written)
            });
            let removed = removed.unwrap_or_else(Written::from);
            if left == Written::Unchanged || !removed.is_done() {
                left = removed;
            }
        }
        match self.set.remove(key, self.now) {
            Written::Unchanged => left,
            written => written,
        }
    }

    /// What a smaller table left of `key`.
    fn left(&self, key: S::Key) -> Option<S> {
        self.sizes.before(key.hash()).find_map(|at| {
            let value = self.table.value(at, self.store);
            Set::read(value, self.table.mark).find(key, self.now)
        })
    }
}
