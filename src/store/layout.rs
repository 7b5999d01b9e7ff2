//! How many stored values a table has, and had: what was written under another size is found again.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::time::Duration;

use super::{Store, update};
use crate::fields::{put, take};
use crate::time::Time;

/// How many sizes are remembered, the present one included.
const REMEMBERED: usize = 4;
/// Stands before the sizes: what another version wrote counts as nothing.
const MARK: [u8; 8] = *b"layout 1";
const SIZE: usize = 12;

/// How many stored values a table has, as all workers agree on it in shared memory.
///
/// A table only ever grows while the host runs, since the host gives no memory back: of several sizes that
/// configurations ask for, the largest holds. So no two workers, and no old configuration that still drains, disagree
/// for longer than a second.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    name: Vec<u8>,
    own: NonZeroU64,
    /// Nothing that the table holds is of use for longer.
    life: Duration,
    sizes: Cell<Sizes>,
    /// In which second they were read.
    read: Cell<Option<u32>>,
}

/// How many stored values there are, and in how many something may still stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    now: NonZeroU64,
    /// The newest first.
    before: [Option<NonZeroU64>; REMEMBERED - 1],
}

impl Layout {
    /// The layout that is called `name`, of a table that should have `own` values and of which nothing is of use for
    /// longer than `life`.
    pub(super) const fn new(name: Vec<u8>, own: NonZeroU64, life: Duration) -> Self {
        Self {
            name,
            own,
            life,
            sizes: Cell::new(Sizes::only(own)),
            read: Cell::new(None),
        }
    }

    /// What holds now: read once in a second. A table that is too small grows.
    pub(super) fn sizes(&self, now: Time, store: &dyn Store) -> Sizes {
        let second = now.seconds();
        // First, so that nobody who is asked in between asks again.
        if self.read.replace(Some(second)) != Some(second) {
            let read = update(store, &self.name, |value| {
                let mut sizes = decode(value);
                let grown = grow(&mut sizes, self.own, second);
                let found = self.found(&sizes, second);
                (grown.then(|| encode(&sizes)), found)
            });
            self.sizes.set(read.unwrap_or_else(|_| self.sizes.get()));
        }
        self.sizes.get()
    }

    fn found(&self, all: &[Size], second: u32) -> Sizes {
        let mut newest = all.iter().rev();
        let Some(now) = newest.next() else {
            return Sizes::only(self.own);
        };
        let mut sizes = Sizes::only(now.values);
        let life = u32::try_from(self.life.as_secs()).unwrap_or(u32::MAX);
        let mut replaced = now.since;
        for (place, old) in sizes.before.iter_mut().zip(newest) {
            *place = (second < replaced.saturating_add(life)).then_some(old.values);
            replaced = old.since;
        }
        sizes
    }
}

impl Sizes {
    const fn only(now: NonZeroU64) -> Self {
        Self {
            now,
            before: [None; REMEMBERED - 1],
        }
    }

    /// How many stored values there are.
    pub(super) const fn values(self) -> NonZeroU64 {
        self.now
    }

    /// The value in which something with this hash stands.
    pub(crate) fn place(self, hash: u64) -> u64 {
        hash % self.now
    }

    /// Other values in which it may have been left, the newest first.
    pub(super) fn before(self, hash: u64) -> impl Iterator<Item = u64> {
        let now = self.place(hash);
        let sizes = self.before.into_iter().flatten();
        sizes
            .map(move |size| hash % size)
            .filter(move |at| *at != now)
    }
}

/// How many values, and since when: seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    values: NonZeroU64,
    since: u32,
}

/// Whether the table had to grow to hold `values`.
fn grow(sizes: &mut Vec<Size>, values: NonZeroU64, since: u32) -> bool {
    if sizes.last().is_some_and(|last| last.values >= values) {
        return false;
    }
    if sizes.len() >= REMEMBERED {
        sizes.remove(0);
    }
    sizes.push(Size { values, since });
    true
}

fn encode(sizes: &[Size]) -> Vec<u8> {
    let mut value = MARK.to_vec();
    for size in sizes {
        let mut bytes = [0; SIZE];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, size.values.get().to_le_bytes());
        put(&mut rest, size.since.to_le_bytes());
        value.extend_from_slice(&bytes);
    }
    value
}

/// The oldest first. Anything but our own format counts as nothing.
fn decode(value: &[u8]) -> Vec<Size> {
    let (sizes, _) = value
        .strip_prefix(&MARK)
        .unwrap_or_default()
        .as_chunks::<SIZE>();
    let read = |bytes: &[u8; SIZE]| {
        let mut rest = bytes.as_slice();
        Some(Size {
            values: NonZeroU64::new(u64::from_le_bytes(take(&mut rest)?))?,
            since: u32::from_le_bytes(take(&mut rest)?),
        })
    };
    sizes.iter().take(REMEMBERED).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Expected, MemoryStore};
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn layout(values: u64) -> Layout {
        let values = NonZeroU64::new(values).expect("some");
        Layout::new(b"layout".to_vec(), values, Duration::from_secs(DAY))
    }

    fn at(seconds: u64) -> Time {
        Time::from_secs(1_764_000_000 + seconds)
    }

    fn places(layout: &Layout, now: Time, store: &MemoryStore, hash: u64) -> Vec<u64> {
        let sizes = layout.sizes(now, store);
        [sizes.place(hash)]
            .into_iter()
            .chain(sizes.before(hash))
            .collect()
    }

    #[test]
    fn a_new_size_knows_the_old_places_while_they_matter() {
        let store = MemoryStore::default();
        assert_eq!(places(&layout(8), at(0), &store, 21), [5]);
        let grown = layout(16);
        assert_eq!(places(&grown, at(1), &store, 5 + 8), [13, 5]);
        assert_eq!(places(&grown, at(1), &store, 5), [5], "the same value");
        assert_eq!(places(&grown, at(DAY), &store, 13), [13, 5]);
        assert_eq!(places(&grown, at(DAY + 1), &store, 13), [13]);
    }

    #[test]
    fn of_several_sizes_the_largest_holds_for_all() {
        let store = MemoryStore::default();
        let (old, new) = (layout(8), layout(16));
        assert_eq!(places(&old, at(0), &store, 13), [5]);
        assert_eq!(places(&new, at(0), &store, 13), [13, 5]);
        assert_eq!(places(&old, at(1), &store, 13), [13, 5], "a second later");
        assert_eq!(places(&layout(4), at(1), &store, 13), [13, 5]);
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn four_sizes_are_remembered_and_the_oldest_goes() {
        let store = MemoryStore::default();
        for (second, values) in [(0, 1), (1, 10), (2, 100), (3, 1_000), (4, 10_000)] {
            layout(values).sizes(at(second), &store);
        }
        let all = places(&layout(1), at(5), &store, 4_321);
        assert_eq!(all, [4_321, 321, 21, 1], "and not 0");
    }

    #[test]
    fn garbage_is_written_over() {
        for garbage in [&b"layout 1"[..], b"layout 1\0\0\0\0\0\0\0\0\0\0\0\0", b"?"] {
            let store = MemoryStore::default();
            let written = store.compare_and_set(b"layout", garbage, Expected::Absent);
            assert_eq!(written, Ok(()));
            assert_eq!(places(&layout(8), at(0), &store, 13), [5]);
            assert_eq!(places(&layout(16), at(1), &store, 13), [13, 5]);
        }
    }
}
