use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Between a worker's read and its write, lets other workers do whole requests of their own, between whose reads and
/// writes still others do theirs: as many as the schedule says.
struct Interleaved<'a> {
    store: &'a MemoryStore,
    table: &'a Table,
    operation: Operation,
    schedule: &'a RefCell<Vec<u8>>,
    log: &'a RefCell<Vec<LimitOutcome>>,
}

impl Interleaved<'_> {
    fn request(&self) {
        let outcome = self.table.run(&self.operation, at(0), self);
        self.log.borrow_mut().push(outcome);
    }
}

impl Store for Interleaved<'_> {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.store.get(key)
    }
    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let others = self.schedule.borrow_mut().pop().unwrap_or(0);
        for _ in 0..others {
            self.request();
        }
        self.store.compare_and_set(key, value, expected)
    }
}

proptest! {
    #[test]
    fn whatever_the_interleaving_exactly_the_limit_goes_through(
        schedule in prop::collection::vec(0_u8..4, 0..40),
        number in 1_u32..12,
        penalized: bool,
        counted: bool,
    ) {
        let terms = Terms {
            penalty: if penalized { Penalty::GROWING } else { Penalty::None },
            refusals: if counted { Refusals::Counted } else { Refusals::Ignored },
            ..Terms::new(window(HOUR))
        };
        let (store, table) = (MemoryStore::default(), table());
        let (schedule, log) = (RefCell::new(schedule), RefCell::default());
        let operation = Limit::new(terms).take(key(1), threshold(number));
        let workers = Interleaved { store: &store, table: &table, operation, schedule: &schedule, log: &log };
        // As many requests as it takes, whatever gives up.
        for _ in 0..200 {
            workers.request();
        }
        let log = log.borrow();
        let allowed = log.iter().filter(|outcome| outcome.is_allowed()).count();
        prop_assert_eq!(allowed as u32, number);
        prop_assert!(log.iter().all(|outcome| !outcome.is_allowed() || outcome.written != Written::GaveUp));
    }

    #[test]
    fn no_recorded_failure_is_lost_but_those_that_are_told_to_be(schedule in prop::collection::vec(0_u8..6, 0..40)) {
        let (store, table) = (MemoryStore::default(), table());
        let (schedule, log) = (RefCell::new(schedule), RefCell::default());
        let operation = limit(HOUR).record(key(1), threshold(Threshold::MAX));
        let workers = Interleaved { store: &store, table: &table, operation, schedule: &schedule, log: &log };
        for _ in 0..20 {
            workers.request();
        }
        let recorded = log.borrow().iter().filter(|outcome| outcome.written != Written::GaveUp).count();
        let peek = limit(HOUR).peek(key(1), threshold(Threshold::MAX));
        let left = quota(table.run(&peek, at(0), &store)).remaining;
        prop_assert_eq!((Threshold::MAX - left) as usize, recorded);
    }
}

/// A store as the host has it: one lock for each call, none between them.
#[derive(Default)]
struct Shared(Mutex<HashMap<Vec<u8>, Versioned>>);

type Versioned = (Vec<u8>, u32);

impl Store for Shared {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        let found = self.0.lock().expect("no panic").get(key).cloned();
        // Lets the other threads in, between the read and the write.
        std::thread::yield_now();
        found
    }
    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let mut values = self.0.lock().expect("no panic");
        let found = values.get(key).map(|(_, version)| *version);
        let next = match (expected, found) {
            (Expected::Absent, None) => 1,
            (Expected::Version(version), Some(found)) if version == found => found + 1,
            _ => return Err(StoreError::Conflict),
        };
        values.insert(key.to_vec(), (value.to_vec(), next));
        Ok(())
    }
}

#[test]
fn eight_threads_let_exactly_three_of_two_hundred_through() {
    let (store, conflicts) = (Shared::default(), AtomicU32::new(0));
    for account in 0..10 {
        let allowed = AtomicU32::new(0);
        let operation = limit(HOUR).take(key(account), threshold(3));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let table = table();
                    for _ in 0..25 {
                        let outcome = table.run(&operation, at(0), &store);
                        allowed.fetch_add(outcome.is_allowed().into(), Ordering::Relaxed);
                        conflicts.fetch_add(
                            (outcome.written == Written::GaveUp).into(),
                            Ordering::Relaxed,
                        );
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 3, "account {account}");
    }
}

#[test]
fn threads_that_write_to_one_value_all_the_time_lose_no_count() {
    let (store, recorded) = (Shared::default(), AtomicU32::new(0));
    let table = || Table::new("test", budget(1));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (store, recorded) = (&store, &recorded);
            scope.spawn(move || {
                let table = table();
                for turn in 0..200 {
                    // Two keys of one value: their writers conflict, their counts do not.
                    let operation =
                        limit(HOUR).record(key((thread + turn) % 2), threshold(Threshold::MAX));
                    let outcome = table.run(&operation, at(0), store);
                    recorded.fetch_add(
                        (outcome.written != Written::GaveUp).into(),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    let counted = |who| {
        Threshold::MAX
            - quota(table().run(
                &limit(HOUR).peek(key(who), threshold(Threshold::MAX)),
                at(0),
                &store,
            ))
            .remaining
    };
    assert_eq!(counted(0) + counted(1), recorded.into_inner());
    assert!(counted(0) > 0 && counted(1) > 0);
}
