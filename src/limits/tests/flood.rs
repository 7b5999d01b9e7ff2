use super::*;

const SETS: u64 = 4;

/// What becomes of `keys` keys that are each seen `times` times, one after the other, by a limit of 3.
struct Flood {
    /// Keys of which more than three were let through.
    leaked: u64,
    evicted: u64,
}

fn flood(table: &Table, store: &MemoryStore, keys: u64, times: u64) -> Flood {
    let mut flood = Flood {
        leaked: 0,
        evicted: 0,
    };
    let mut allowed = vec![0_u8; keys as usize];
    for _ in 0..times {
        for who in 0..keys {
            let outcome = table.run(
                &limit(HOUR).take(key(1_000_000 + who), threshold(3)),
                at(1),
                store,
            );
            allowed[who as usize] += u8::from(outcome.is_allowed());
            flood.evicted += u64::from(outcome.written == Written::Evicted);
        }
    }
    flood.leaked = allowed.iter().filter(|allowed| **allowed > 3).count() as u64;
    flood
}

/// The figures of the documentation, and the promise behind them: whatever comes, hot keys keep their counts, memory
/// stays flat, and every live counter that had to go is told.
#[test]
fn the_error_is_known_at_1_10_and_100_times_the_capacity() {
    let capacity = budget(SETS).counters();
    for (factor, times, least, most) in [(1, 4, 0.0, 0.10), (10, 4, 0.5, 0.95), (100, 1, 0.0, 0.0)]
    {
        let (store, table) = (MemoryStore::default(), Table::new("test", budget(SETS)));
        // A tenth of the table is hot: 20 of 60.
        let hot = capacity / 10;
        let operation = |who| limit(HOUR).take(key(who), threshold(60));
        for who in (0..hot).flat_map(|who| [who; 20]) {
            table.run(&operation(who), at(0), &store);
        }
        let keys = capacity * factor - hot;
        let flood = flood(&table, &store, keys, times);
        let evicted = flood.evicted as f64 / (keys * times) as f64;
        let leaked = flood.leaked as f64 / keys as f64;
        println!(
            "{factor}x: {:.1} % of requests evict a live counter, {:.1} % of keys get more than their limit",
            100.0 * evicted,
            100.0 * leaked
        );
        let lost = (0..hot).filter(|who| {
            let peek = limit(HOUR).peek(key(*who), threshold(60));
            quota(table.run(&peek, at(1), &store)).remaining != 40
        });
        assert_eq!(lost.count(), 0, "hot keys that lost counts at {factor}x");
        assert!((least..=most).contains(&leaked), "{leaked} at {factor}x");
        assert_eq!(store.len() as u64, SETS + 1);
        assert!(store.bytes() as u64 <= SETS * 4_096);
        if factor == 100 {
            assert!(evicted > 0.98, "{evicted}");
        }
    }
}

#[test]
fn what_is_expired_goes_before_anything_live() {
    let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
    let ways = WAYS as u64;
    let run = |who, seconds, window| {
        table
            .run(
                &limit(window).take(key(who), threshold(3)),
                at(seconds),
                &store,
            )
            .written
    };
    assert_eq!(run(0, 0, MINUTE), Written::Stored);
    for who in 1..ways {
        assert_eq!(run(who, 0, HOUR), Written::Stored);
    }
    assert_eq!(run(ways, 10 * MINUTE, HOUR), Written::ReplacedExpired);
    assert_eq!(run(ways + 1, 10 * MINUTE, HOUR), Written::Evicted);
}

#[test]
fn what_is_nearer_to_its_limit_stays_longer_and_what_is_blocked_longest() {
    let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
    let ways = WAYS as u64;
    // Of 100: the first has counted 1, the second 2, and so on; the last is full.
    let take = |who| limit(HOUR).take(key(who), threshold(ways as u32));
    for who in (0..ways).flat_map(|who| vec![who; who as usize + 1]) {
        table.run(&take(who), at(0), &store);
    }
    let left = |who| {
        quota_or_full(table.run(
            &limit(HOUR).peek(key(who), threshold(ways as u32)),
            at(0),
            &store,
        ))
    };
    for newcomer in 0..1_000 {
        assert_eq!(
            table.run(&take(1_000 + newcomer), at(0), &store).written,
            Written::Evicted
        );
    }
    assert_eq!(left(0), ways as u32, "forgotten");
    for who in 1..ways {
        assert_eq!(left(who), (ways - who - 1) as u32);
    }
}

fn quota_or_full(outcome: LimitOutcome) -> u32 {
    match outcome.answer {
        Answer::Allowed(quota) => quota.remaining,
        _ => 0,
    }
}

#[test]
fn one_count_is_worth_the_same_whatever_the_limit() {
    let (store, table) = (MemoryStore::default(), Table::new("test", budget(1)));
    let hot = limit(MINUTE).take(key(0), threshold(600));
    for _ in 0..30 {
        table.run(&hot, at(0), &store);
    }
    // Accounts with a limit of 3, each tried once.
    for who in 1..1_000 {
        table.run(
            &limit(24 * HOUR).take(key(who), threshold(3)),
            at(0),
            &store,
        );
    }
    assert_eq!(quota(table.run(&hot, at(0), &store)).remaining, 569);
}
