use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::rc::{Rc, Weak};

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
#[derive(Clone, Debug)]
pub struct LocalLevel {
    table: Rc<RefCell<Table>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Table {
    /// How many there will be.
    size: usize,
    /// None until something is to be kept.
    sets: Vec<[Place; WAYS]>,
}

/// The levels of one worker. Configurations that read answers alike share one: a change of configuration neither forgets what is known, nor takes
/// memory of its own while the old one drains, which the runtime never gives back.
#[derive(Debug, Default)]
pub struct LocalLevels(Vec<Shared>);

#[derive(Debug)]
struct Shared {
    namespace: String,
    fingerprint: u64,
    size: usize,
    table: Weak<RefCell<Table>>,
    hasher: RandomState,
}

impl LocalLevels {
    /// The level of at least `entries` places of whoever reads answers as `fingerprint` says.
    pub fn level(&mut self, namespace: &str, entries: usize, fingerprint: u64) -> LocalLevel {
        self.0.retain(|shared| shared.table.strong_count() > 0);
        let size = size(entries);
        let wanted = |shared: &&Shared| {
            shared.size == size
                && shared.fingerprint == fingerprint
                && shared.namespace == namespace
        };
        let found = self.0.iter().find(wanted);
        let found = found.and_then(|shared| Some((shared.table.upgrade()?, &shared.hasher)));
        if let Some((table, hasher)) = found {
            let hasher = hasher.clone();
            return LocalLevel { table, hasher };
        }
        let level = LocalLevel::new(entries);
        self.0.push(Shared {
            namespace: namespace.to_owned(),
            fingerprint,
            size,
            table: Rc::downgrade(&level.table),
            hasher: level.hasher.clone(),
        });
        level
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    record: Option<Record>,
    hits: u8,
}

impl LocalLevel {
    /// A table of at least `entries` places, all of which are allocated when the first is needed. Which set an address belongs to is nobody's to
    /// choose: the hash has a random key.
    #[must_use]
    pub fn new(entries: usize) -> Self {
        let table = Table {
            size: size(entries),
            sets: Vec::new(),
        };
        Self {
            table: Rc::new(RefCell::new(table)),
            hasher: RandomState::new(),
        }
    }

    /// The keyed hash of a prefix.
    #[must_use]
    pub fn hash(&self, prefix: Prefix) -> u64 {
        self.hasher.hash_one(prefix)
    }

    /// The record of `prefix`, however old.
    #[must_use]
    pub fn find(&self, prefix: Prefix) -> Option<Record> {
        let mut table = self.table.try_borrow_mut().ok()?;
        let place = table
            .set(self.hash(prefix))?
            .iter_mut()
            .find(|place| place.record.is_some_and(|record| record.prefix == prefix))?;
        place.hits = place.hits.saturating_add(1).min(MOST_HITS);
        place.record
    }

    /// Stores `record`, in place of another one if it must be.
    pub fn put(&self, record: Record, now: u32) -> Placement {
        let Ok(mut table) = self.table.try_borrow_mut() else {
            return Placement::Stored;
        };
        table.allocate();
        let Some(set) = table.set(self.hash(record.prefix)) else {
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
}

impl Table {
    fn allocate(&mut self) {
        if self.sets.is_empty() {
            self.sets = vec![[Place::default(); WAYS]; self.size];
        }
    }

    fn set(&mut self, hash: u64) -> Option<&mut [Place; WAYS]> {
        let index = hash.checked_rem(u64::try_from(self.sets.len()).ok()?)?;
        self.sets.get_mut(usize::try_from(index).ok()?)
    }
}

/// How many sets `entries` places are.
fn size(entries: usize) -> usize {
    entries.div_ceil(WAYS).max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{ClientAddress, PrefixLengths};
    use crate::intelligence::Reputation;

    fn record() -> Record {
        let client = ClientAddress::parse(b"192.0.2.1").expect("an address");
        Record {
            prefix: client.prefix(PrefixLengths::default()),
            reputation: Reputation::default(),
            flags_until: 10,
            network_until: 10,
            retry_at: 0,
        }
    }

    #[test]
    fn configurations_that_read_alike_share_what_is_known() {
        let mut levels = LocalLevels::default();
        let first = levels.level("one", 1_024, 1);
        first.put(record(), 0);
        let knows = |level: &LocalLevel| level.find(record().prefix).is_some();
        let second = levels.level("one", 1_024, 1);
        assert!(knows(&second));
        for other in [("two", 1_024, 1), ("one", 4_096, 1), ("one", 1_024, 2)] {
            assert!(
                !knows(&levels.level(other.0, other.1, other.2)),
                "{other:?}"
            );
        }
        drop((first, second));
        assert!(!knows(&levels.level("one", 1_024, 1)), "nobody needed it");
        assert!(levels.0.len() <= 1);
    }

    #[test]
    fn a_level_that_keeps_nothing_takes_no_memory() {
        let level = LocalLevel::new(65_536);
        assert_eq!(level.find(record().prefix), None);
        assert_eq!(level.table.borrow().sets.capacity(), 0);
        level.put(record(), 0);
        assert_eq!(level.table.borrow().sets.len(), 65_536 / WAYS);
    }
}
