//! The table of all records: a fixed number of stored values, whatever is kept.

use std::num::NonZeroU64;

use super::record::{Life, Record, RecordKey};
use super::set::{Slots, WAYS, Written};
use super::slot::{Name, Slot, Span};
use crate::store::{self, Layout, Sizes, Store, StoreError};
use crate::time::Time;

/// What one stored value takes of the host's memory: 3,836 bytes of slots, the key, and about 172 bytes of the host's own.
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

    /// How many records there is place for.
    #[must_use]
    pub fn records(self) -> u64 {
        let ways = u64::try_from(WAYS).unwrap_or(1);
        self.0.get().saturating_mul(ways)
    }
}

/// 8 MiB: 135,168 records.
impl Default for Budget {
    fn default() -> Self {
        Self(NonZeroU64::MIN.saturating_add(2_047))
    }
}

/// What is to become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<R> {
    /// It stays as it is: nothing is written.
    Leave,
    /// This stands in its place, for so long from now.
    Put(R, Life),
    /// It is forgotten.
    Remove,
}

/// What an update found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updated<R> {
    /// What stood there; where writing failed, what was read last.
    pub before: Option<R>,
    /// What became of the change.
    pub written: Written,
}

/// A table of records in shared memory.
///
/// A record stands in the value that its [`RecordKey`] chooses. With a larger budget it is still found where it stood under the smaller one, and
/// a smaller one holds from the next start of the host on ([`Layout`]).
#[derive(Clone, Debug)]
pub struct Table {
    prefix: String,
    layout: Layout,
}

impl Table {
    /// A table in `namespace`, which keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, budget: Budget) -> Self {
        let prefix = format!("palisade/{namespace}/records/");
        let name = format!("{prefix}layout").into_bytes();
        Self {
            prefix,
            layout: Layout::new(name, budget.0, Life::LONGEST),
        }
    }

    /// The record of type `R` of `key`: one read.
    #[must_use]
    pub fn get<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Option<R> {
        self.reading(key, now, store, |reading| reading.get())
    }

    /// Two records of `key`: one read.
    #[must_use]
    pub fn get_both<R: Record, S: Record>(
        &self,
        key: RecordKey,
        now: Time,
        store: &impl Store,
    ) -> (Option<R>, Option<S>) {
        self.reading(key, now, store, |reading| (reading.get(), reading.get()))
    }

    /// Keeps `record` as the one of its kind of `key`, for `life` from now: one read and one write.
    pub fn put<R: Record>(
        &self,
        key: RecordKey,
        record: &R,
        life: Life,
        now: Time,
        store: &impl Store,
    ) -> Written {
        let slot = slot(key, record, life, now);
        let place = self.layout.sizes(now, store).place(key.hash());
        self.change(place, store, |slots| slots.put(&slot, now))
            .unwrap_or_else(failed)
    }

    /// Reads a record and changes it as `change` says: one read, and one write unless it is left. When another worker writes in between, all of it
    /// is done again, so that no update is lost.
    pub fn update<R: Record>(
        &self,
        key: RecordKey,
        now: Time,
        store: &impl Store,
        mut change: impl FnMut(Option<&R>) -> Change<R>,
    ) -> Updated<R> {
        let mut before = None;
        let sizes = self.layout.sizes(now, store);
        let written = self
            .change(sizes.place(key.hash()), store, |slots| {
                before = self.in_slots(key, slots, sizes, now, store);
                match change(before.as_ref()) {
                    Change::Leave => Written::Unchanged,
                    Change::Put(record, life) => slots.put(&slot(key, &record, life, now), now),
                    Change::Remove => self.forget::<R>(key, slots, sizes, now, store),
                }
            })
            .unwrap_or_else(failed);
        Updated { before, written }
    }

    /// Forgets the record of type `R` of `key`: one read, and one write if there is one.
    pub fn remove<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Written {
        let sizes = self.layout.sizes(now, store);
        self.change(sizes.place(key.hash()), store, |slots| {
            self.forget::<R>(key, slots, sizes, now, store)
        })
        .unwrap_or_else(failed)
    }

    fn reading<S: Store, T>(
        &self,
        key: RecordKey,
        now: Time,
        store: &S,
        read: impl FnOnce(&Reading<'_, S>) -> T,
    ) -> T {
        let sizes = self.layout.sizes(now, store);
        let value = self.value(sizes.place(key.hash()), store);
        read(&Reading {
            table: self,
            key,
            slots: Slots::read(&value),
            sizes,
            now,
            store,
        })
    }

    /// The record of `key` among `slots`, or where it stood while the table was smaller.
    fn in_slots<R: Record>(
        &self,
        key: RecordKey,
        slots: &Slots<'_>,
        sizes: Sizes,
        now: Time,
        store: &impl Store,
    ) -> Option<R> {
        if slots.has(Name::of::<R>(key)) {
            return slots.get(key, now);
        }
        let mut left = sizes.before(key.hash());
        left.find_map(|set| Slots::read(&self.value(set, store)).get(key, now))
    }

    /// Forgets a record, wherever it stands.
    fn forget<R: Record>(
        &self,
        key: RecordKey,
        slots: &mut Slots<'_>,
        sizes: Sizes,
        now: Time,
        store: &impl Store,
    ) -> Written {
        let name = Name::of::<R>(key);
        let left = sizes.before(key.hash()).map(|set| {
            self.change(set, store, |left| left.remove(name, now))
                .unwrap_or_else(failed)
        });
        let left: Vec<Written> = left.collect();
        match slots.remove(name, now) {
            Written::Unchanged => left
                .into_iter()
                .find(|written| *written != Written::Unchanged)
                .unwrap_or(Written::Unchanged),
            written => written,
        }
    }

    fn value(&self, set: u64, store: &impl Store) -> Vec<u8> {
        let value = store.get(&self.name(set));
        value.map(|(value, _)| value).unwrap_or_default()
    }

    fn change<T>(
        &self,
        set: u64,
        store: &impl Store,
        mut change: impl FnMut(&mut Slots<'_>) -> T,
    ) -> Result<T, StoreError> {
        store::update(store, &self.name(set), |value| {
            let mut slots = Slots::read(value);
            let result = change(&mut slots);
            (slots.finish(), result)
        })
    }

    /// The name of the stored value. As bytes: decimals would cost a thousand instructions.
    fn name(&self, set: u64) -> Vec<u8> {
        let [a, b, c, d, ..] = set.to_le_bytes();
        [self.prefix.as_bytes(), &[a, b, c, d]].concat()
    }
}

/// What is read of one key.
struct Reading<'r, S> {
    table: &'r Table,
    key: RecordKey,
    slots: Slots<'r>,
    sizes: Sizes,
    now: Time,
    store: &'r S,
}

impl<S: Store> Reading<'_, S> {
    fn get<R: Record>(&self) -> Option<R> {
        let Self {
            table,
            key,
            slots,
            sizes,
            now,
            store,
        } = self;
        table.in_slots(*key, slots, *sizes, *now, *store)
    }
}

fn slot<R: Record>(key: RecordKey, record: &R, life: Life, now: Time) -> Slot {
    Slot {
        name: Name::of::<R>(key),
        priority: record.priority(),
        span: Span::new(now, life),
        payload: record.encode(),
    }
}

const fn failed(error: StoreError) -> Written {
    match error {
        StoreError::Conflict => Written::GaveUp,
        StoreError::Unavailable => Written::Unavailable,
    }
}
