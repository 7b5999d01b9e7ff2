use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::record::{PrefixKey, Record};
use crate::address::Prefix;
use crate::store::{self, Budget, Fill, Store, Written};
use crate::time::Time;

/// The memory shared by all workers: a table of records.
#[derive(Clone, Debug)]
pub struct SharedLevel {
    table: store::Table<Record>,
    seed: [u8; 16],
}

impl SharedLevel {
    /// A table of at least `entries` places.
    ///
    /// `namespace` keeps plugins apart that share the host's memory. `seed` keys the hash that chooses the stored
    /// value, and must be the same in all workers. `fingerprint` names how answers were read: another one makes what is
    /// stored unreadable.
    #[must_use]
    pub fn new(namespace: &str, entries: usize, seed: [u8; 16], fingerprint: u64) -> Self {
        let values = u64::try_from(entries.div_ceil(Record::WAYS)).unwrap_or(u64::MAX);
        let table = store::Table::new(
            namespace,
            "reputation",
            fingerprint.to_le_bytes(),
            Budget::of_values(values),
            Record::LONGEST_LIFE,
        );
        Self { table, seed }
    }

    /// How full it is; see [`store::Table::fill`].
    pub(super) fn fill(&self, start: u64, now: Time, store: &impl Store) -> Fill {
        self.table.fill(start, now, store)
    }

    /// What is kept of `prefix`: one read.
    #[must_use]
    pub fn find(&self, prefix: Prefix, now: Time, store: &impl Store) -> Option<Record> {
        let key = self.key(prefix);
        self.table.read(key, now, store, |slots| slots.find(key))
    }

    /// Stores `record`, in place of another one if it must be: one read and one write.
    pub fn put(&self, prefix: Prefix, record: &Record, now: Time, store: &impl Store) -> Written {
        self.change(prefix, now, store, |_| *record).1
    }

    /// Stores what `change` makes of what is kept of `prefix`; what that was, and what became of it.
    pub(super) fn change(
        &self,
        prefix: Prefix,
        now: Time,
        store: &impl Store,
        change: impl Fn(Option<Record>) -> Record,
    ) -> (Record, Written) {
        let key = self.key(prefix);
        let changed = self.table.update(key, now, store, |slots| {
            let record = change(slots.find(key));
            (record, slots.put(key, &record))
        });
        changed.unwrap_or_else(|error| (change(None), error.into()))
    }

    fn key(&self, prefix: Prefix) -> PrefixKey {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        hasher.write(&prefix.to_bytes());
        PrefixKey {
            prefix,
            hash: hasher.finish(),
        }
    }
}
