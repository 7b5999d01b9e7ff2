use std::hash::{BuildHasher, RandomState};

use super::Record;
use super::set::{Placement, place};
use crate::address::Prefix;

/// Places in one set: few enough to look at all of them.
const WAYS: usize = 8;

/// The most that a place is remembered to have been used.
const MOST_HITS: u8 = 15;

/// The worker's own memory: a set-associative table whose size never changes.
///
/// What goes first is what has not been asked for again, so a flood of new addresses pushes out itself and
/// not the addresses that come often (the idea of the CLOCK family: a use counter in place of a list).
#[derive(Debug)]
pub struct LocalLevel {
    sets: Vec<[Place; WAYS]>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    record: Option<Record>,
    hits: u8,
}

impl LocalLevel {
    /// A table of at least `entries` places, allocated at once. Which set an address belongs to is nobody's to choose: the
    /// hash has a random key.
    #[must_use]
    pub fn new(entries: usize) -> Self {
        let sets = entries.div_ceil(WAYS).max(1).next_power_of_two();
        Self {
            sets: vec![[Place::default(); WAYS]; sets],
            hasher: RandomState::new(),
        }
    }

    /// The keyed hash of a prefix.
    #[must_use]
    pub fn hash(&self, prefix: Prefix) -> u64 {
        self.hasher.hash_one(prefix)
    }

    /// The record of `prefix`, however old.
    pub fn find(&mut self, prefix: Prefix) -> Option<&Record> {
        let place = self
            .set(prefix)?
            .iter_mut()
            .find(|place| place.record.is_some_and(|record| record.prefix == prefix))?;
        place.hits = place.hits.saturating_add(1).min(MOST_HITS);
        place.record.as_ref()
    }

    /// Stores `record`, in place of another one if it must be.
    pub fn put(&mut self, record: Record, now: u32) -> Placement {
        let Some(set) = self.set(record.prefix) else {
            return Placement::Stored;
        };
        let hits: [u8; WAYS] = std::array::from_fn(|at| set.get(at).map_or(0, |place| place.hits));
        let records = set.iter().map(|place| place.record.as_ref());
        let Some((at, placement)) = place(records, &record, now, |at, _| hits.get(at).copied())
        else {
            return Placement::Stored;
        };
        if placement == Placement::EvictedLive && hits.iter().all(|hits| *hits > 0) {
            for place in set.iter_mut() {
                place.hits = place.hits.saturating_sub(1);
            }
        }
        if let Some(place) = set.get_mut(at) {
            let same = place.record.is_some_and(|old| old.prefix == record.prefix);
            if !same {
                place.hits = 0;
            }
            place.record = Some(record);
        }
        placement
    }

    fn set(&mut self, prefix: Prefix) -> Option<&mut [Place; WAYS]> {
        let index = self
            .hash(prefix)
            .checked_rem(u64::try_from(self.sets.len()).ok()?)?;
        self.sets.get_mut(usize::try_from(index).ok()?)
    }
}
