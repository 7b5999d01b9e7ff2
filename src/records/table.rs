//! The table of all records.

use super::record::{Life, Record, RecordKey};
use super::slot::{Name, Slot, Span, WAYS};
use crate::store::{self, Budget, Slots, Store, Written};
use crate::time::Time;

impl Budget {
    /// For records, unless the operator says otherwise: 8 MiB, which hold 135,168.
    pub const RECORDS: Self = Self::of_values(2_048);

    /// For devices whose logins no cookie shows yet: 1 MiB, which holds 16,896.
    pub(crate) const DEVICES: Self = Self::of_values(256);

    /// How many records there is place for.
    #[must_use]
    pub fn records(self) -> u64 {
        self.slots(WAYS)
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

/// A table of records in shared memory. A record stands in the value that its [`RecordKey`] chooses.
#[derive(Clone, Debug)]
pub struct Table(store::Table<Slot>);

impl Table {
    /// A table in `namespace`, which keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, budget: Budget) -> Self {
        Self(store::Table::new(
            namespace,
            "records",
            *b"records1",
            budget,
            Life::LONGEST,
        ))
    }

    /// How full it is; see [`store::Table::fill`].
    pub(crate) fn fill(&self, start: u64, now: Time, store: &impl Store) -> store::Fill {
        self.0.fill(start, now, store)
    }

    /// The record of type `R` of `key`: one read.
    #[must_use]
    pub fn get<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Option<R> {
        let name = Name::of::<R>(key);
        self.0.read(name, now, store, |slots| find(slots, key))
    }

    /// Two records of `key`: one read.
    #[must_use]
    pub fn get_both<R: Record, S: Record>(
        &self,
        key: RecordKey,
        now: Time,
        store: &impl Store,
    ) -> (Option<R>, Option<S>) {
        let both = |slots: &mut Slots<'_, Slot>| (find(slots, key), find(slots, key));
        self.0.read(Name::of::<R>(key), now, store, both)
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
        let name = Name::of::<R>(key);
        let slot = slot(record, life, now);
        self.0
            .update(name, now, store, |slots| slots.put(name, &slot))
            .unwrap_or_else(Written::from)
    }

    /// Reads a record and changes it as `change` says: one read, and one write unless it is left. When another worker
    /// writes in between, all of it is done again, so that no update is lost.
    pub fn update<R: Record>(
        &self,
        key: RecordKey,
        now: Time,
        store: &impl Store,
        mut change: impl FnMut(Option<&R>) -> Change<R>,
    ) -> Updated<R> {
        let mut before = None;
        let name = Name::of::<R>(key);
        let written = self.0.update(name, now, store, |slots| {
            before = find(slots, key);
            match change(before.as_ref()) {
                Change::Leave => Written::Unchanged,
                Change::Put(record, life) => slots.put(name, &slot(&record, life, now)),
                Change::Remove => slots.remove(name),
            }
        });
        let written = written.unwrap_or_else(Written::from);
        Updated { before, written }
    }

    /// Forgets the record of type `R` of `key`: one read, and one write if there is one.
    pub fn remove<R: Record>(&self, key: RecordKey, now: Time, store: &impl Store) -> Written {
        let name = Name::of::<R>(key);
        self.0
            .update(name, now, store, |slots| slots.remove(name))
            .unwrap_or_else(Written::from)
    }
}

fn find<R: Record>(slots: &mut Slots<'_, Slot>, key: RecordKey) -> Option<R> {
    R::decode(&slots.find(Name::of::<R>(key))?.payload)
}

fn slot<R: Record>(record: &R, life: Life, now: Time) -> Slot {
    Slot {
        priority: record.priority(),
        span: Span::new(now, life),
        payload: record.encode(),
    }
}
