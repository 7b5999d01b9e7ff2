use std::cell::RefCell;
use std::hash::BuildHasher;
use std::rc::{Rc, Weak};

use super::Record;
use crate::address::Prefix;
use crate::random::Keyed;
use crate::store::{Occupant, Written, choose};
use crate::time::Time;

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
    hasher: Keyed,
}

#[derive(Debug)]
struct Table {
    /// How many there will be.
    size: usize,
    /// None until something is to be kept.
    sets: Vec<[Place; WAYS]>,
}

/// The levels of one worker. Configurations that read answers alike share one: a change of configuration neither
/// forgets what is known, nor takes memory of its own while the old one drains, which the runtime never gives back.
#[derive(Debug, Default)]
pub struct LocalLevels(Vec<Shared>);

#[derive(Debug)]
struct Shared {
    namespace: String,
    fingerprint: u64,
    size: usize,
    table: Weak<RefCell<Table>>,
    hasher: Keyed,
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
    kept: Option<(Prefix, Record)>,
    hits: u8,
}

impl Place {
    fn is_of(&self, prefix: Prefix) -> bool {
        self.kept.as_ref().is_some_and(|(of, _)| *of == prefix)
    }

    /// What has not been asked for again goes first, then what is the oldest.
    fn occupant(&self, now: Time) -> Occupant<(u8, u32)> {
        match self.kept {
            None => Occupant::Free,
            Some((_, record)) if !record.is_of_use(now) => Occupant::Expired,
            Some((_, record)) => Occupant::Live((self.hits, record.flags_until)),
        }
    }
}

impl LocalLevel {
    /// A table of at least `entries` places, all of which are allocated when the first is needed. Which set an address
    /// belongs to is nobody's to choose: the hash has a random key.
    #[must_use]
    pub fn new(entries: usize) -> Self {
        let table = Table {
            size: size(entries),
            sets: Vec::new(),
        };
        Self {
            table: Rc::new(RefCell::new(table)),
            hasher: Keyed::default(),
        }
    }

    /// The keyed hash of a prefix.
    #[must_use]
    pub fn hash(&self, prefix: Prefix) -> u64 {
        self.hasher.hash_one(prefix)
    }

    /// What is kept of `prefix`, unless it is of no use any more.
    #[must_use]
    pub fn find(&self, prefix: Prefix, now: Time) -> Option<Record> {
        let mut table = self.table.try_borrow_mut().ok()?;
        let set = table.set(self.hash(prefix))?;
        let place = set.iter_mut().find(|place| place.is_of(prefix))?;
        place.hits = place.hits.saturating_add(1).min(MOST_HITS);
        let (_, record) = place.kept?;
        record.is_of_use(now).then_some(record)
    }

    /// Stores `record`, in place of another one if it must be.
    pub fn put(&self, prefix: Prefix, record: Record, now: Time) -> Written {
        let Ok(mut table) = self.table.try_borrow_mut() else {
            return Written::NoRoom;
        };
        table.allocate();
        let Some(set) = table.set(self.hash(prefix)) else {
            return Written::NoRoom;
        };
        let kept = Some((prefix, record));
        if let Some(own) = set.iter_mut().find(|place| place.is_of(prefix)) {
            own.kept = kept;
            return Written::Stored;
        }
        let places = set.iter().map(|place| place.occupant(now));
        let Some((at, written)) = choose(places, |_| true) else {
            return Written::NoRoom;
        };
        if written == Written::Evicted && set.iter().all(|place| place.hits > 0) {
            for place in set.iter_mut() {
                place.hits = place.hits.saturating_sub(1);
            }
        }
        if let Some(place) = set.get_mut(at) {
            *place = Place { kept, hits: 0 };
        }
        written
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

    fn prefix() -> Prefix {
        let client = ClientAddress::parse(b"192.0.2.1").expect("an address");
        client.prefix(PrefixLengths::default())
    }

    fn record() -> Record {
        Record {
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
        first.put(prefix(), record(), Time::default());
        let knows = |level: &LocalLevel| level.find(prefix(), Time::default()).is_some();
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
    fn a_level_of_65_536_places_takes_some_4_mib() {
        let bytes = size_of::<[Place; WAYS]>() * 65_536 / WAYS;
        assert!((3 << 20..=4 << 20).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_level_that_keeps_nothing_takes_no_memory() {
        let level = LocalLevel::new(65_536);
        assert_eq!(level.find(prefix(), Time::default()), None);
        assert_eq!(level.table.borrow().sets.capacity(), 0);
        level.put(prefix(), record(), Time::default());
        assert_eq!(level.table.borrow().sets.len(), 65_536 / WAYS);
    }
}
