use super::distinct::values;
use super::*;

/// Where the first value of the table `test` is stored.
const FIRST: &[u8] = b"palisade/test/limits/\0\0\0\0";

/// How long a stored value is.
const FULL: usize = 3_896;

#[test]
fn a_stored_value_has_its_full_size_from_the_start() {
    let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
    let peek = limit(HOUR).peek(key(1), threshold(1));
    assert!(table.run(&peek, at(0), &store).is_allowed());
    assert_eq!(store.bytes(), LAYOUT);
    for who in 1..200 {
        let take = limit(HOUR).take(key(who), threshold(1));
        assert!(table.run(&take, at(0), &store).is_allowed());
        assert_eq!(store.bytes(), LAYOUT + FIRST.len() + FULL);
    }
}

#[test]
fn counters_survive_an_update_of_the_configuration_and_plugins_do_not_mix() {
    let store = MemoryStore::default();
    let take = limit(HOUR).take(key(1), threshold(1));
    let table = |namespace| Table::new(namespace, budget(4));
    assert!(table("one").run(&take, at(0), &store).is_allowed());
    assert!(!table("one").run(&take, at(0), &store).is_allowed());
    assert!(table("other").run(&take, at(0), &store).is_allowed());
}

#[test]
fn a_larger_table_finds_what_a_smaller_one_counted() {
    let store = MemoryStore::default();
    let (small, large) = (table(), Table::new("test", budget(64)));
    let clear = |who| limit(HOUR).clear(key(who), threshold(3));
    let blocking = Limit::new(Terms {
        penalty: Penalty::For(wait(2 * HOUR)),
        ..Terms::new(window(HOUR))
    });
    for who in 0..40 {
        for _ in 0..2 {
            small.run(&limit(HOUR).take(key(who), threshold(3)), at(0), &store);
        }
        small.run(
            &blocking.record(key(100 + who), threshold(1)),
            at(0),
            &store,
        );
    }
    let window = window(HOUR);
    for who in 0..40 {
        assert_eq!(large.counted([key(who)], window, at(1), &store), [2]);
        let [one, two] = [(); 2].map(|()| {
            let take = limit(HOUR).take(key(who), threshold(3));
            large.run_all(&[take], at(1), &store)[0].expect("answered")
        });
        assert!(one.is_allowed() && !two.is_allowed(), "{who}");
        let blocked = blocking.peek(key(100 + who), threshold(1));
        let left = retry_after(large.run(&blocked, at(HOUR + 600), &store));
        assert!(left > Duration::from_secs(HOUR / 2), "{who}");
        // What is forgiven is forgiven at the old place as well.
        assert_eq!(
            large.run(&clear(who), at(1), &store).written,
            Written::Stored
        );
        let fresh = Table::new("test", budget(64));
        for seen in [&large, &fresh] {
            assert_eq!(seen.counted([key(who)], window, at(2), &store), [0]);
        }
        assert_eq!(small.counted([key(who)], window, at(2), &store), [0]);
    }
}

#[test]
fn what_an_old_configuration_still_counts_is_counted_in_the_larger_table() {
    let store = MemoryStore::default();
    let (old, new) = (table(), Table::new("test", budget(64)));
    let take = |who| limit(HOUR).take(key(who), threshold(3));
    for who in 0..40 {
        assert!(old.run(&take(who), at(0), &store).is_allowed());
        assert!(new.run(&take(who), at(0), &store).is_allowed());
        // A second later it knows of the new size.
        assert!(old.run(&take(who), at(1), &store).is_allowed());
        for table in [&old, &new] {
            assert!(!table.run(&take(who), at(1), &store).is_allowed(), "{who}");
        }
    }
}

#[test]
fn a_budget_is_whole_values() {
    assert_eq!(Budget::new(4_095), None);
    assert_eq!(Budget::new(4_096).map(Budget::counters), Some(81));
    assert_eq!(
        Budget::COUNTERS,
        Budget::new(32 * 1024 * 1024).expect("32 MiB")
    );
    assert_eq!(Budget::COUNTERS.counters(), 663_552);
}

#[test]
fn thresholds_are_between_one_and_what_24_bits_hold() {
    for (number, fits) in [
        (0, false),
        (1, true),
        (Threshold::MAX, true),
        (Threshold::MAX + 1, false),
    ] {
        assert_eq!(
            Threshold::new(number).map(Threshold::get),
            fits.then_some(number)
        );
    }
}

/// Counts what is asked of the store, but for the layout, which is read once in a second.
#[derive(Default)]
struct Counted(MemoryStore, std::cell::Cell<(u32, u32)>);

impl Store for Counted {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        let (gets, sets) = self.1.get();
        self.1
            .set((gets + u32::from(!key.ends_with(b"layout")), sets));
        self.0.get(key)
    }
    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let (gets, sets) = self.1.get();
        self.1
            .set((gets, sets + u32::from(!key.ends_with(b"layout"))));
        self.0.compare_and_set(key, value, expected)
    }
}

#[test]
fn all_limits_of_one_home_cost_one_read_and_one_write() {
    let (store, table, keys) = (Counted::default(), table(), keys());
    let bucket = keys.bucket([b"192.0.2.0/24".as_slice()]);
    let key = |name| keys.counter(keys.limit(name, &[]), bucket, [b"192.0.2.0/24".as_slice()]);
    let spray = keys.value(key("spray"), &[b"alice"]);
    let operations = [
        limit(MINUTE).take(key("minute"), threshold(60)),
        limit(HOUR).take(key("hour"), threshold(600)),
        limit(HOUR).peek(key("failures"), threshold(5)),
        Distinct::new(Terms::new(window(HOUR))).see(key("spray"), spray, values(20)),
    ];
    let answers = table.run_all(&operations, at(0), &store);
    assert!(
        answers
            .iter()
            .all(|outcome| outcome.is_some_and(|outcome| outcome.is_allowed()))
    );
    assert_eq!(store.1.get(), (1, 1));
    assert_eq!(
        quota(table.run(
            &limit(HOUR).peek(key("hour"), threshold(600)),
            at(0),
            &store
        ))
        .remaining,
        599
    );
}

#[test]
fn what_is_counted_in_one_home_is_told_by_one_read_and_no_write() {
    let (store, table, keys) = (Counted::default(), table(), keys());
    let bucket = keys.bucket([b"AS64500".as_slice()]);
    let key = |name| keys.counter(keys.limit(name, &[]), bucket, [b"AS64500".as_slice()]);
    let all = ["failures", "successes", "nothing"].map(key);
    let [failures, successes, _] = all;
    for (key, times) in [(failures, 7), (successes, 3)] {
        for second in 0..times {
            // More than the threshold is counted as well.
            let record = limit(HOUR).record(key, threshold(5));
            table.run(&record, at(second * 60), &store);
        }
    }
    store.1.set((0, 0));
    let counted = |now| table.counted(all, window(HOUR), at(now), &store);
    assert_eq!(counted(420), [7, 3, 0]);
    assert_eq!(store.1.get(), (1, 0));
    assert_eq!(counted(420 + HOUR + HOUR / 7), [0, 0, 0], "forgotten");
    assert_eq!(
        counted(0),
        [7, 3, 0],
        "read by a worker whose clock is behind"
    );
}

#[test]
fn what_one_limit_refuses_does_not_use_up_another_unless_it_only_watches() {
    let keys = keys();
    let key = |name, bucket| keys.counter(keys.limit(name, &[]), keys.bucket([bucket]), [bucket]);
    for (same_home, account_home) in [(true, b"net"), (false, b"acc")] {
        let bench = Bench {
            table: Table::new("test", budget(64)),
            ..Bench::new()
        };
        let network = limit(HOUR).take(key("network", b"net"), threshold(1));
        let account = limit(HOUR).take(key("account", account_home), threshold(3));
        let left = || {
            quota(bench.run(
                limit(HOUR).peek(key("account", account_home), threshold(3)),
                at(0),
            ))
            .remaining
        };
        assert!(bench.allows(network, at(0)));
        let answers = bench
            .table
            .run_all(&[network, account], at(0), &bench.store);
        assert!(answers[0].is_some_and(|outcome| !outcome.is_allowed()));
        assert_eq!((answers[1], left()), (None, 3), "same home: {same_home}");
        let answers = bench
            .table
            .run_all(&[network.monitored(), account], at(0), &bench.store);
        assert!(answers[1].is_some_and(|outcome| outcome.is_allowed()));
        assert_eq!(left(), 2);
    }
}

#[test]
fn limits_are_asked_in_their_order_whichever_homes_share_a_place() {
    for last in 10..40 {
        let (store, table) = (MemoryStore::default(), Table::new("test", budget(2)));
        let full = limit(HOUR).take(key(last), threshold(1));
        assert!(table.run(&full, at(0), &store).is_allowed());
        let [first, second] = [1, 2].map(|who| limit(HOUR).take(key(who), threshold(5)));
        let answers = table.run_all(&[first, second, full], at(0), &store);
        let allowed = answers.into_iter().map(|answer| Some(answer?.is_allowed()));
        let allowed: Vec<Option<bool>> = allowed.collect();
        assert_eq!(allowed, [Some(true), Some(true), Some(false)], "{last}");
    }
}

#[test]
fn what_is_recorded_after_the_fact_is_recorded_whatever_limits_it_breaks() {
    let (bench, keys) = (Bench::new(), keys());
    let key = |name| keys.lone_counter(keys.limit(name, &[]), &[]);
    let one = threshold(1);
    let failed = ["account", "network", "session"].map(|name| limit(HOUR).record(key(name), one));
    let answers = bench.table.run_all(&failed, at(0), &bench.store);
    assert!(
        answers
            .iter()
            .all(|outcome| outcome.is_some_and(|outcome| !outcome.is_allowed()))
    );
    let forgiven = ["account", "network"].map(|name| limit(HOUR).clear(key(name), one));
    let answers = bench.table.run_all(&forgiven, at(0), &bench.store);
    assert!(
        answers
            .iter()
            .all(|outcome| outcome.is_some_and(|outcome| outcome.is_allowed()))
    );
    assert!(!bench.allows(limit(HOUR).peek(key("session"), one), at(0)));
}

/// Refuses every write, as another worker's or its own.
struct Refusing(StoreError);

impl Store for Refusing {
    fn get(&self, _: &[u8]) -> Option<(Vec<u8>, u32)> {
        None
    }
    fn compare_and_set(&self, _: &[u8], _: &[u8], _: Expected) -> Result<(), StoreError> {
        Err(self.0)
    }
}

#[test]
fn what_cannot_be_counted_ends_as_the_limit_says_and_is_told() {
    for (error, written) in [
        (StoreError::Conflict, Written::GaveUp),
        (StoreError::Unavailable, Written::Unavailable),
    ] {
        for (uncounted, allowed) in [(Uncounted::Refuse, false), (Uncounted::Allow, true)] {
            let limit = Limit::new(Terms {
                uncounted,
                ..Terms::new(window(HOUR))
            });
            let operation = limit.take(key(1), threshold(3));
            let outcome = table().run(&operation, at(0), &Refusing(error));
            assert_eq!((outcome.is_allowed(), outcome.written), (allowed, written));
            let all = table().run_all(&[operation, operation], at(0), &Refusing(error));
            assert_eq!(all[0], Some(outcome));
            assert_eq!(
                all[1],
                allowed.then_some(outcome),
                "a refusal ends the request"
            );
        }
    }
}

proptest! {
    /// Whatever another wrote under our key, we start clean and write over it.
    #[test]
    fn garbage_in_shared_memory_counts_as_empty(mut garbage: Vec<u8>, marked: bool, cut in 0_usize..3) {
        let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
        if marked {
            // As if ours, of the right size or almost.
            let endless = garbage.iter().copied().chain([1]).cycle();
            garbage = b"limits 1".iter().copied().chain(endless).take(FULL.saturating_sub(cut)).collect();
        }
        store.compare_and_set(FIRST, &garbage, Expected::Absent).expect("written");
        let take = limit(HOUR).take(key(1), threshold(2));
        for allowed in [true, true, false] {
            prop_assert_eq!(table.run(&take, at(0), &store).is_allowed(), allowed);
        }
        prop_assert_eq!(store.len(), 2);
        prop_assert!(store.bytes() <= LAYOUT + 4_096 - 172);
    }

    /// Even bytes that carry our own key are a counter that ends.
    #[test]
    fn garbage_under_our_own_key_neither_panics_nor_holds_for_ever(
        bytes in prop::array::uniform32(any::<u8>()), expires: u32, growing: bool, distinct: bool,
    ) {
        let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
        let now = at(u64::from(expires % 2_000));
        let expires = now.seconds().saturating_add(expires % 1_000_000).to_le_bytes();
        let tag = key(1).tag().get().to_le_bytes();
        let mut value = [b"limits 1", tag.as_slice(), &expires, &bytes, &[0xff; 4]].concat();
        value.resize(FULL, 0);
        store.compare_and_set(FIRST, &value, Expected::Absent).expect("written");
        let penalty = if growing { Penalty::GROWING } else { Penalty::None };
        let terms = Terms { penalty, ..Terms::new(window(HOUR)) };
        let see = Distinct::new(terms).see(key(1), keys().value(key(1), &[]), values(2));
        let take = Limit::new(terms).take(key(1), threshold(2));
        let operation = if distinct { see } else { take };
        let mut end = now;
        if let Answer::Refused { retry_after, .. } = table.run(&operation, now, &store).answer {
            prop_assert!(retry_after <= Duration::from_secs(3 * HOUR + 1), "{retry_after:?}");
            end = now.plus(retry_after);
        }
        // A value more than may be breaks the limit anew, as it does in a counter of our own.
        let peek = Distinct::new(terms).peek(key(1), values(2));
        let after = if distinct { peek } else { take };
        prop_assert!(table.run(&after, end, &store).is_allowed());
    }
}
