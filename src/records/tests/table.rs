use super::*;

#[test]
fn what_is_kept_is_found_until_it_ends() {
    let bench = Bench::new(4);
    assert_eq!(bench.put(1, Visit(5), HOUR, at(0)), Written::Stored);
    assert_eq!(bench.get(1, at(HOUR - 1)), Some(Visit(5)));
    assert_eq!(bench.get::<Visit>(1, at(HOUR)), None);
    assert_eq!(bench.get::<Visit>(2, at(0)), None);
    assert_eq!(bench.put(1, Visit(6), HOUR, at(HOUR)), Written::Stored);
    assert_eq!(bench.get(1, at(HOUR)), Some(Visit(6)));
}

#[test]
fn a_key_has_one_record_of_each_kind_and_one_read_gets_both() {
    let bench = Bench::new(4);
    bench.put(1, Visit(5), HOUR, at(0));
    bench.put(1, Ban(6), HOUR, at(0));
    bench.put(1, Visit(7), HOUR, at(0));
    bench.cost();
    let both = bench.table.get_both(key(1), at(0), &bench.store);
    assert_eq!(both, (Some(Visit(7)), Some(Ban(6))));
    assert_eq!(bench.cost(), (1, 0));
    bench.table.remove::<Visit>(key(1), at(0), &bench.store);
    let both = bench.table.get_both(key(1), at(0), &bench.store);
    assert_eq!(both, (None::<Visit>, Some(Ban(6))));
}

#[test]
fn whatever_is_done_costs_one_read_and_at_most_one_write() {
    let bench = Bench::new(1);
    let (table, store) = (&bench.table, &bench.store);
    let absent = table.update(key(1), at(0), store, |visit: Option<&Visit>| {
        assert_eq!(visit, None);
        Change::Leave
    });
    assert_eq!(absent.written, Written::Unchanged);
    assert_eq!(bench.cost(), (1, 0));
    let removed = table.remove::<Visit>(key(1), at(0), store);
    assert_eq!(removed, Written::Unchanged);
    assert_eq!(bench.cost(), (1, 0));
    assert_eq!(bench.get::<Visit>(1, at(0)), None);
    assert_eq!(bench.cost(), (1, 0));
    assert_eq!(
        store.store.bytes(),
        LAYOUT,
        "a read that finds nothing writes nothing"
    );

    bench.put(1, Visit(1), HOUR, at(0));
    assert_eq!(bench.cost(), (1, 1));
    let updated = table.update(key(1), at(1), store, |visit: Option<&Visit>| {
        Change::Put(Visit(visit.map_or(0, |visit| visit.0) + 1), life(HOUR))
    });
    assert_eq!(updated.before, Some(Visit(1)));
    assert_eq!(bench.cost(), (1, 1));
    assert_eq!(bench.get(1, at(1)), Some(Visit(2)));
    bench.cost();
    let updated = table.update(key(1), at(1), store, |_: Option<&Visit>| Change::Remove);
    assert_eq!(
        (updated.before, updated.written),
        (Some(Visit(2)), Written::Stored)
    );
    assert_eq!(bench.cost(), (1, 1));
    assert_eq!(bench.get::<Visit>(1, at(1)), None);
    assert_eq!(
        table.remove::<Visit>(key(1), at(1), store),
        Written::Unchanged
    );
}

#[test]
fn a_larger_table_finds_what_a_smaller_one_kept() {
    let store = MemoryStore::default();
    let [small, large] = [4, 64].map(|sets| Table::new("test", budget(sets)));
    for who in 0..40 {
        small.put(key(who), &Visit(5), life(HOUR), at(0), &store);
        small.put(key(who), &Ban(6), life(HOUR), at(0), &store);
    }
    for who in 0..40 {
        let both = large.get_both(key(who), at(1), &store);
        assert_eq!(both, (Some(Visit(5)), Some(Ban(6))), "{who}");
        let updated = large.update(key(who), at(1), &store, |visit: Option<&Visit>| {
            Change::Put(Visit(visit.map_or(0, |visit| visit.0) + 1), life(HOUR))
        });
        assert_eq!(updated.before, Some(Visit(5)));
        assert_eq!(large.get(key(who), at(1), &store), Some(Visit(6)));
        let removed = large.remove::<Visit>(key(who), at(1), &store);
        assert_eq!(removed, Written::Stored);
        assert_eq!(large.get::<Visit>(key(who), at(1), &store), None);
        let removed = large.remove::<Ban>(key(who), at(1), &store);
        assert_eq!(removed, Written::Stored, "it stood at the old place alone");
        assert_eq!(large.get::<Ban>(key(who), at(1), &store), None);
    }
}

#[test]
fn two_namespaces_do_not_mix() {
    let store = MemoryStore::default();
    let [one, other] = ["one", "other"].map(|name| Table::new(name, budget(1)));
    one.put(key(1), &Visit(1), life(HOUR), at(0), &store);
    assert_eq!(other.get::<Visit>(key(1), at(0), &store), None);
    other.put(key(1), &Visit(2), life(HOUR), at(0), &store);
    assert_eq!(one.get(key(1), at(0), &store), Some(Visit(1)));
    assert_eq!(store.len(), 4, "with a layout each");
}

#[test]
fn lives_are_between_a_second_and_thirty_days() {
    let month = 30 * 24 * HOUR * 1_000;
    for (millis, seconds) in [
        (999, None),
        (1_000, Some(1)),
        (1_999, Some(1)),
        (month, Some(30 * 24 * 3_600)),
        (month + 1, None),
    ] {
        let life = Life::new(Duration::from_millis(millis));
        assert_eq!(life.map(Life::seconds), seconds, "{millis} ms");
        assert_eq!(life.map(|life| life.get().as_secs() as u32), seconds);
    }
    for (millis, seconds) in [(0, 1), (999, 1), (60_500, 60), (month + 1, 30 * 24 * 3_600)] {
        let life = Life::clamped(Duration::from_millis(millis));
        assert_eq!(life.seconds(), seconds, "{millis} ms");
    }
    assert_eq!(Some(Life::DAY), Life::new(Duration::from_secs(24 * HOUR)));
}

#[test]
fn a_budget_is_whole_values() {
    assert_eq!(Budget::new(4_095), None);
    assert_eq!(Budget::new(4_096).map(Budget::records), Some(66));
    assert_eq!(Budget::new(8 * 1024 * 1024), Some(Budget::RECORDS));
    assert_eq!(Budget::RECORDS.records(), 135_168);
}

#[test]
fn a_shared_memory_that_refuses_is_told() {
    struct Refusing;
    impl Store for Refusing {
        fn get(&self, _: &[u8]) -> Option<(Vec<u8>, u32)> {
            None
        }
        fn compare_and_set(&self, _: &[u8], _: &[u8], _: Expected) -> Result<(), StoreError> {
            Err(StoreError::Unavailable)
        }
    }
    let table = Table::new("test", budget(1));
    let written = table.put(key(1), &Visit(1), life(HOUR), at(0), &Refusing);
    assert_eq!(written, Written::Unavailable);
    assert!(!written.is_done());
}

#[test]
fn a_clock_set_back_makes_nothing_immortal_and_forgets_nothing() {
    for back in [0, 1, 60, HOUR, HOUR + 1, 24 * HOUR, 400 * 24 * HOUR] {
        let bench = Bench::new(1);
        bench.put(1, Ban(1), HOUR, at(0));
        let known = bench.get::<Ban>(1, before(back)).is_some();
        assert_eq!(known, back <= HOUR, "{back} s back");
        if known {
            let end = Duration::from_secs(HOUR + back);
            assert!(end <= 2 * life(HOUR).get());
            assert_eq!(bench.get::<Ban>(1, before(back).plus(end)), None);
        }
        // What is of no use by the new clock goes first.
        for who in 2..=u64::try_from(WAYS).expect("few") {
            bench.put(who, Ban(1), HOUR, before(back));
        }
        let written = bench.put(100, Visit(1), HOUR, before(back));
        let expected = if known {
            Written::NoRoom
        } else {
            Written::Stored
        };
        assert_eq!(written, expected, "{back} s back");
    }
}

proptest! {
    /// Against a map that forgets nothing but what has ended.
    #[test]
    fn while_there_is_room_it_is_a_map(
        steps in prop::collection::vec((0_u64..30, 0_u8..5, 0_u64..2_000, 0_u64..600), 0..120),
    ) {
        let bench = Bench::new(1);
        let mut map = std::collections::HashMap::<u64, (u32, u64)>::new();
        let mut now = 0;
        for (index, (who, action, seconds, passed)) in steps.into_iter().enumerate() {
            now += passed;
            let number = index as u32;
            map.retain(|_, (_, end)| now < *end);
            match action {
                0 | 1 => {
                    let written = bench.put(who, Visit(number), seconds + 1, at(now));
                    prop_assert!(matches!(written, Written::Stored | Written::ReplacedExpired));
                    map.insert(who, (number, now + seconds + 1));
                }
                2 => {
                    let there = map.remove(&who).is_some();
                    let written = bench.table.remove::<Visit>(key(who), at(now), &bench.store);
                    prop_assert_eq!(written == Written::Stored, there);
                }
                _ => {
                    let found = bench.get::<Visit>(who, at(now)).map(|visit| visit.0);
                    prop_assert_eq!(found, map.get(&who).map(|(number, _)| *number));
                }
            }
        }
    }
}
