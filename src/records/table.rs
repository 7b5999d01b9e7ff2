//! The table of all records: a fixed number of stored values, whatever is kept.

use std::num::NonZeroU64;

use super::record::{Life, Record, RecordKey};
use super::set::{Slots, WAYS, Written};
use super::slot::{Name, Slot, Span};
use crate::store::{self, Store, StoreError};
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
/// A record stands in the value that its [`RecordKey`] chooses. With another budget it is looked for in another value: nothing is known any more,
/// and what the smaller table does not use stays until the host ends (HOST.md, rule 7).
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
            prefix: format!("palisade/{namespace}/records/"),
            sets: budget.0,
        }
    }

    /// The record of type `R` of `key`: one read.
    #[must_use]
    pub fn get<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Option<R> {
        let (value, _) = store.get(&self.name(key))?;
        Slots::read(&value).get(key, now)
    }

    /// Two records of `key`: one read.
    #[must_use]
    pub fn get_both<R: Record, S: Record>(
        &self,
        key: RecordKey,
        now: Time,
        store: &impl Store,
    ) -> (Option<R>, Option<S>) {
        let Some((value, _)) = store.get(&self.name(key)) else {
            return (None, None);
        };
        let slots = Slots::read(&value);
        (slots.get(key, now), slots.get(key, now))
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
        self.change(key, store, |slots| slots.put(&slot, now))
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
        let written = self
            .change(key, store, |slots| {
                before = slots.get(key, now);
                match change(before.as_ref()) {
                    Change::Leave => Written::Unchanged,
                    Change::Put(record, life) => slots.put(&slot(key, &record, life, now), now),
                    Change::Remove => slots.remove(Name::of::<R>(key), now),
                }
            })
            .unwrap_or_else(failed);
        Updated { before, written }
    }

    /// Forgets the record of type `R` of `key`: one read, and one write if there is one.
    pub fn remove<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Written {
        self.change(key, store, |slots| slots.remove(Name::of::<R>(key), now))
            .unwrap_or_else(failed)
    }

    fn change<T>(
        &self,
        key: RecordKey,
        store: &impl Store,
        mut change: impl FnMut(&mut Slots<'_>) -> T,
    ) -> Result<T, StoreError> {
        store::update(store, &self.name(key), |value| {
            let mut slots = Slots::read(value);
            let result = change(&mut slots);
            (slots.finish(), result)
        })
    }

    /// The name of the stored value. As bytes: decimals would cost a thousand instructions.
    fn name(&self, key: RecordKey) -> Vec<u8> {
        let [a, b, c, d, ..] = key.set(self.sets).to_le_bytes();
        [self.prefix.as_bytes(), &[a, b, c, d]].concat()
    }
}

fn slot<R: Record>(key: RecordKey, record: &R, life: Life, now: Time) -> Slot {
    Slot {
        name: Name::of::<R>(key),
        priority: R::PRIORITY,
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
