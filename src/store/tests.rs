use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::fields::{put, take};
use crate::time::Time;

const MARK: set::Mark = *b"numbers1";

/// Where the only value of the table is stored.
const FIRST: &[u8] = b"palisade/test/numbers/\0\0\0\0";

/// How many bytes a stored value has.
const FULL: usize = 8 + Number::WAYS * 9;

/// A number that is of use until `expires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    expires: u32,
    number: u8,
}

impl Key for u32 {
    type Name = [u8; 4];
    fn hash(self) -> u64 {
        self.into()
    }
    fn name(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

impl Slot for Number {
    type Key = u32;
    type Worth = u8;
    const SIZE: usize = 5;
    const WAYS: usize = 3;

    fn worth(&self, now: Time) -> Option<u8> {
        (now.seconds() < self.expires).then_some(self.number)
    }
    /// Odd numbers only go for larger ones.
    fn may_replace(&self, least: &u8) -> bool {
        least.is_multiple_of(2) || self.number > *least
    }
    fn encode(&self, mut bytes: &mut [u8]) {
        put(&mut bytes, self.expires.to_le_bytes());
        put(&mut bytes, [self.number]);
    }
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let expires = u32::from_le_bytes(take(&mut bytes)?);
        let [number] = take(&mut bytes)?;
        // 255 is no number.
        (number < 255).then_some(Self { expires, number })
    }
}

/// Workers whose tables have so many values, and their store.
struct Bench {
    store: MemoryStore,
    table: Table<Number>,
}

impl Bench {
    fn new(values: u64) -> Self {
        Self {
            store: MemoryStore::default(),
            table: table(values),
        }
    }

    fn larger(self, values: u64) -> Self {
        Self {
            table: table(values),
            ..self
        }
    }

    fn get(&self, who: u32) -> Option<u8> {
        let found = |slots: &mut Slots<'_, Number>| slots.find(who);
        let found = self.table.read(who, at(0), &self.store, found);
        found.map(|slot| slot.number)
    }

    fn put(&self, who: u32, number: u8) -> Written {
        self.put_until(who, number, 100)
    }

    fn put_until(&self, who: u32, number: u8, expires: u32) -> Written {
        let slot = Number { expires, number };
        self.table
            .update(who, at(0), &self.store, |slots| slots.put(who, &slot))
            .unwrap_or_else(Written::from)
    }

    fn remove(&self, who: u32) -> Written {
        self.table
            .update(who, at(0), &self.store, |slots| slots.remove(who))
            .unwrap_or_else(Written::from)
    }

    /// The stored value `at`.
    fn value(&self, at: u8) -> Option<Vec<u8>> {
        let key = [b"palisade/test/numbers/".as_slice(), &[at, 0, 0, 0]].concat();
        self.store.get(&key).map(|(value, _)| value)
    }
}

fn table(values: u64) -> Table<Number> {
    let life = Duration::from_secs(1_000);
    Table::new("test", "numbers", MARK, Budget::of_values(values), life)
}

fn at(seconds: u64) -> Time {
    Time::from_secs(50 + seconds)
}

#[test]
fn who_goes_is_expired_then_the_least_unless_that_one_may_not_go() {
    let bench = Bench::new(1);
    assert_eq!(bench.put(1, 3), Written::Stored);
    assert_eq!(bench.put(2, 5), Written::Stored);
    assert_eq!(bench.put_until(3, 9, 50), Written::Stored, "at its end");
    assert_eq!(bench.put(4, 4), Written::ReplacedExpired);
    assert_eq!(bench.put(5, 1), Written::NoRoom);
    assert_eq!(bench.put(5, 6), Written::Evicted);
    assert_eq!(bench.get(1), None);
    assert_eq!(bench.put(6, 1), Written::Evicted);
    let left = [1, 2, 3, 4, 5, 6].map(|who| bench.get(who));
    assert_eq!(left, [None, Some(5), None, None, Some(6), Some(1)]);
}

#[test]
fn a_small_table_tells_exactly_what_is_of_use_in_it() {
    let bench = Bench::new(16);
    let fill = |start| bench.table.fill(start, at(0), &bench.store);
    let told = |used| Fill { slots: 48, used };
    assert_eq!(fill(0), told(0));
    for who in 1..=20 {
        bench.put(who, 7);
    }
    bench.put_until(21, 7, 50);
    bench.remove(3);
    for start in [0, 5, u64::MAX] {
        assert_eq!(
            fill(start),
            told(19),
            "what has expired or gone is of no use"
        );
    }
}

#[test]
fn of_a_large_table_sixteen_values_tell_the_rest() {
    let bench = Bench::new(160);
    // Two slots of three in every value.
    for who in 1..=320 {
        bench.put(who, 7);
    }
    let told = Fill {
        slots: 480,
        used: 320,
    };
    for start in [0, 3, 159, u64::MAX] {
        assert_eq!(bench.table.fill(start, at(0), &bench.store), told);
    }
}

#[test]
fn what_does_not_change_is_not_written() {
    let bench = Bench::new(1);
    bench.get(1);
    assert_eq!(bench.remove(1), Written::Unchanged);
    assert_eq!(bench.value(0), None);
    bench.put(1, 7);
    let version = || bench.store.get(FIRST).map(|(_, version)| version);
    let before = version();
    bench.get(1);
    assert_eq!(bench.remove(2), Written::Unchanged);
    assert_eq!(version(), before);
    assert_eq!(bench.remove(1), Written::Stored);
    assert_ne!(version(), before);
}

#[test]
fn what_a_smaller_table_left_moves_on_a_write_and_is_forgotten() {
    let bench = Bench::new(1);
    for who in [1, 2, 3] {
        bench.put(who, 7);
    }
    let bench = bench.larger(8);
    assert_eq!(bench.get(1), Some(7));
    assert_eq!(bench.value(1), None, "who only reads writes nothing");
    let moved = bench.table.update(1, at(0), &bench.store, |slots| {
        slots.find(1).map(|slot| slot.number)
    });
    assert_eq!(moved, Ok(Some(7)));
    assert_eq!(bench.value(1).map(|value| value.len()), Some(FULL));
    for who in [1, 2] {
        assert_eq!(bench.remove(who), Written::Stored);
        assert_eq!(bench.get(who), None);
        assert_eq!(
            Bench {
                store: MemoryStore::default(),
                ..Bench::new(1)
            }
            .get(who),
            None
        );
        assert_eq!(bench.remove(who), Written::Unchanged);
    }
    assert_eq!(bench.put(3, 9), Written::Stored);
    assert_eq!(bench.get(3), Some(9), "not what was left behind");
}

#[test]
fn what_is_left_behind_is_found_even_where_there_is_no_room_for_it() {
    let bench = Bench::new(1);
    bench.put(9, 2);
    let bench = bench.larger(8);
    for who in [1, 17, 25] {
        bench.put(who, 5);
    }
    let found = bench.table.update(9, at(0), &bench.store, |slots| {
        slots.find(9).map(|slot| slot.number)
    });
    assert_eq!((found, bench.get(9)), (Ok(Some(2)), Some(2)));
    for who in [1, 17, 25] {
        assert_eq!(bench.get(who), Some(5));
    }
}

#[test]
fn a_place_in_the_old_table_that_cannot_be_written_is_told() {
    /// Refuses to write the first value.
    struct Refusing(MemoryStore);
    impl Store for Refusing {
        fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
            self.0.get(key)
        }
        fn compare_and_set(
            &self,
            key: &[u8],
            value: &[u8],
            expected: Expected,
        ) -> Result<(), StoreError> {
            if key == FIRST {
                return Err(StoreError::Unavailable);
            }
            self.0.compare_and_set(key, value, expected)
        }
    }
    let bench = Bench::new(1);
    bench.put(1, 7);
    let bench = bench.larger(8);
    bench.get(1);
    let removed = bench
        .table
        .update(1, at(0), &Refusing(bench.store), |slots| slots.remove(1));
    assert_eq!(removed, Ok(Written::Unavailable));
}

#[test]
fn what_is_no_slot_is_nobodys_and_goes_first() {
    let bench = Bench::new(1);
    for who in [1, 2, 3] {
        bench.put(who, 7);
    }
    let (mut value, version) = bench.store.get(FIRST).expect("stored");
    value[8 + 9 + 8] = 255;
    let written = bench
        .store
        .compare_and_set(FIRST, &value, Expected::Version(version));
    assert_eq!(written, Ok(()));
    assert_eq!(
        [1, 2, 3].map(|who| bench.get(who)),
        [Some(7), None, Some(7)]
    );
    assert_eq!(bench.put(4, 1), Written::ReplacedExpired);
    assert_eq!(bench.get(4), Some(1));
}

#[test]
fn two_names_of_one_hash_are_two() {
    let bench = Bench::new(2);
    bench.put(1, 5);
    bench.put(3, 7);
    assert_eq!(
        [1, 3, 5].map(|who| bench.get(who)),
        [Some(5), Some(7), None]
    );
}

proptest! {
    #[test]
    fn whatever_is_stored_is_read_and_written_over(
        garbage in prop::collection::vec(any::<u8>(), 0..2 * FULL), is_marked: bool, has_size: bool,
    ) {
        let mut garbage = garbage;
        if has_size {
            garbage.resize(FULL, 1);
        }
        if is_marked {
            garbage.splice(..garbage.len().min(8), MARK);
        }
        let bench = Bench::new(1);
        bench.store.compare_and_set(FIRST, &garbage, Expected::Absent).expect("written");
        bench.get(1);
        bench.remove(2);
        prop_assert!(bench.put(1, 254).is_done() || garbage.len() == FULL);
        bench.put(0x0101_0101, 254);
        prop_assert!(bench.value(0).is_some_and(|value| value.len() == FULL || value == garbage));
    }
}
