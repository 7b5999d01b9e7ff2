use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::Record;
use super::set::{Placement, place};
use crate::address::Prefix;
use crate::store::{self, Store, StoreError};

/// Records in one stored value. A value of up to 4 KiB costs no more to read than a small one (PRICES.md), and
/// few keys keep the host's map small.
const WAYS: usize = 32;

/// Stands before the records of each value: what is stored by another version or for another provider is not
/// read, and is written over.
const HEADER: usize = 8;

/// The memory shared by all workers: a fixed number of values, each a set of records.
#[derive(Clone, Debug)]
pub struct SharedLevel {
    prefix: String,
    seed: [u8; 16],
    sets: u64,
    fingerprint: [u8; HEADER],
}

impl SharedLevel {
    /// A table of at least `entries` places.
    ///
    /// `namespace` keeps plugins apart that share the host's memory. `seed` keys the hash that chooses the set, and must be
    /// the same in all workers. `fingerprint` names how answers were read: another one makes what is stored unreadable.
    #[must_use]
    pub fn new(namespace: &str, entries: usize, seed: [u8; 16], fingerprint: u64) -> Self {
        let sets = entries.div_ceil(WAYS).max(1).next_power_of_two();
        Self {
            prefix: format!("palisade/{namespace}/reputation/"),
            seed,
            sets: u64::try_from(sets).unwrap_or(1),
            fingerprint: fingerprint.to_le_bytes(),
        }
    }

    /// The record of `prefix`, however old.
    #[must_use]
    pub fn find(&self, prefix: Prefix, store: &impl Store) -> Option<Record> {
        let (value, _) = store.get(&self.key(prefix))?;
        let name = prefix.to_bytes();
        self.encoded(&value)
            .find(|record| record.starts_with(&name))
            .and_then(Record::decode)
    }

    /// Stores `record`, in place of another one if it must be.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when other workers wrote to the same set all the time.
    pub fn put(
        &self,
        record: Record,
        now: u32,
        store: &impl Store,
    ) -> Result<Placement, StoreError> {
        store::update(store, &self.key(record.prefix), |value| {
            let mut records: Vec<Option<Record>> =
                self.encoded(value).map(Record::decode).collect();
            records.resize(records.len().max(WAYS), None);
            let places = records.iter().map(Option::as_ref);
            // Which records are asked for is seen by the workers' own levels; here the oldest goes.
            let Some((at, placement)) = place(places, &record, now, |_, old| old.flags_until)
            else {
                return (None, Placement::Stored);
            };
            if let Some(slot) = records.get_mut(at) {
                *slot = Some(record);
            }
            (Some(self.value(&records)), placement)
        })
    }

    fn encoded<'v>(&self, value: &'v [u8]) -> impl Iterator<Item = &'v [u8]> + use<'v> {
        value
            .strip_prefix(&self.fingerprint)
            .unwrap_or_default()
            .chunks_exact(Record::SIZE)
            .take(WAYS)
    }

    fn value(&self, records: &[Option<Record>]) -> Vec<u8> {
        let mut value =
            Vec::with_capacity(WAYS.saturating_mul(Record::SIZE).saturating_add(HEADER));
        value.extend_from_slice(&self.fingerprint);
        for record in records.iter().flatten() {
            record.encode(&mut value);
        }
        value
    }

    fn key(&self, prefix: Prefix) -> Vec<u8> {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        hasher.write(&prefix.to_bytes());
        let set = hasher.finish().checked_rem(self.sets).unwrap_or(0);
        format!("{}{set}", self.prefix).into_bytes()
    }
}
