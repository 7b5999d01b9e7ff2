use super::*;

/// Between a worker's read and its write, lets other workers do whole updates of their own, between whose reads and
/// writes still others do theirs: as many as the schedule says.
struct Interleaved<'a> {
    store: &'a MemoryStore,
    table: &'a Table,
    schedule: &'a RefCell<Vec<u8>>,
    done: &'a Cell<u32>,
}

impl Interleaved<'_> {
    fn visit(&self) -> Updated<Visit> {
        let updated = self
            .table
            .update(key(1), at(0), self, |visit: Option<&Visit>| {
                Change::Put(Visit(visit.map_or(0, |visit| visit.0) + 1), life(HOUR))
            });
        match updated.written {
            Written::Stored => self.done.set(self.done.get() + 1),
            other => assert_eq!(other, Written::GaveUp),
        }
        updated
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
            self.visit();
        }
        self.store.compare_and_set(key, value, expected)
    }
}

proptest! {
    #[test]
    fn no_update_is_lost_but_those_that_are_told_to_be(schedule in prop::collection::vec(0_u8..4, 0..40)) {
        let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
        let (schedule, done) = (RefCell::new(schedule), Cell::new(0));
        let workers = Interleaved { store: &store, table: &table, schedule: &schedule, done: &done };
        for _ in 0..20 {
            let updated = workers.visit();
            if updated.written.is_done() {
                // What it found is what it wrote over.
                let now: Visit = table.get(key(1), at(0), &store).expect("kept");
                prop_assert_eq!(updated.before.map_or(0, |visit| visit.0) + 1, now.0);
            }
        }
        let kept: Visit = table.get(key(1), at(0), &store).expect("kept");
        prop_assert_eq!(kept.0, done.get());
    }
}

#[test]
fn an_update_that_gives_up_says_so_and_what_it_read_last() {
    let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
    table.put(key(1), &Visit(7), life(HOUR), at(0), &store);
    struct Busy<'a>(&'a MemoryStore);
    impl Store for Busy<'_> {
        fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
            self.0.get(key)
        }
        fn compare_and_set(&self, _: &[u8], _: &[u8], _: Expected) -> Result<(), StoreError> {
            Err(StoreError::Conflict)
        }
    }
    let updated = table.update(key(1), at(0), &Busy(&store), |_: Option<&Visit>| {
        Change::Put(Visit(8), life(HOUR))
    });
    assert_eq!(
        (updated.before, updated.written),
        (Some(Visit(7)), Written::GaveUp)
    );
}
