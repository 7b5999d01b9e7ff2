use std::cell::{Cell, RefCell};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::limits::Keys;
use crate::store::{Budget, Expected, MemoryStore, Store, StoreError, Written};
use crate::time::Time;

mod bytes;
mod contention;
mod flood;
mod table;

/// An ordinary record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Visit(u32);

/// An important one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ban(u32);

fn encode(number: u32) -> [u8; PAYLOAD] {
    let mut payload = [0; PAYLOAD];
    payload[..4].copy_from_slice(&number.to_le_bytes());
    payload
}

/// The number of bytes that [`encode`] made, and nothing else.
fn decode(bytes: &[u8; PAYLOAD]) -> Option<u32> {
    let number = u32::from_le_bytes(*bytes.first_chunk()?);
    (encode(number) == *bytes).then_some(number)
}

impl Record for Visit {
    const KIND: Kind = Kind::Position;
    fn priority(&self) -> Priority {
        Priority::Ordinary
    }
    fn encode(&self) -> [u8; PAYLOAD] {
        encode(self.0)
    }
    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        decode(bytes).map(Self)
    }
}

impl Record for Ban {
    const KIND: Kind = Kind::Revocation;
    fn priority(&self) -> Priority {
        Priority::Important
    }
    fn encode(&self) -> [u8; PAYLOAD] {
        encode(self.0)
    }
    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        decode(bytes).map(Self)
    }
}

/// What the layout of the table `test` takes beside its values.
const LAYOUT: usize = b"palisade/test/records/layout".len() + 20;

const HOUR: u64 = 3_600;

fn key(who: u64) -> RecordKey {
    let who = who.to_le_bytes();
    RecordKey::new(&Keys::new([7; 16]), &[b"session", &who])
}

fn budget(sets: u64) -> Budget {
    Budget::new(sets * 4_096).expect("a budget")
}

fn life(seconds: u64) -> Life {
    Life::new(Duration::from_secs(seconds)).expect("a life")
}

fn at(seconds: u64) -> Time {
    Time::from_secs(1_764_000_000 + seconds)
}

fn before(seconds: u64) -> Time {
    Time::from_secs(1_764_000_000 - seconds)
}

/// One table of so many stored values, and one store, which counts what is asked of it.
struct Bench {
    table: Table,
    store: Counted,
}

impl Bench {
    fn new(sets: u64) -> Self {
        Self {
            table: Table::new("test", budget(sets)),
            store: Counted::default(),
        }
    }

    fn get<R: Record>(&self, who: u64, now: Time) -> Option<R> {
        self.table.get(key(who), now, &self.store)
    }

    fn put<R: Record>(&self, who: u64, record: R, seconds: u64, now: Time) -> Written {
        self.table
            .put(key(who), &record, life(seconds), now, &self.store)
    }

    /// Reads and writes since it was asked last, but for the layout, which is read once in a second.
    fn cost(&self) -> (u32, u32) {
        self.store.calls.replace((0, 0))
    }
}

#[derive(Default)]
struct Counted {
    store: MemoryStore,
    calls: Cell<(u32, u32)>,
}

impl Store for Counted {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        let (gets, sets) = self.calls.get();
        self.calls
            .set((gets + u32::from(!key.ends_with(b"layout")), sets));
        self.store.get(key)
    }
    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let (gets, sets) = self.calls.get();
        self.calls
            .set((gets, sets + u32::from(!key.ends_with(b"layout"))));
        self.store.compare_and_set(key, value, expected)
    }
}
