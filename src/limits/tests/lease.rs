use std::num::NonZeroU32;

use super::*;

fn block(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("a block")
}

#[test]
fn a_block_is_spent_without_the_shared_memory_and_what_is_left_is_told() {
    let (bench, mut leases) = (Bench::new(), Leases::new(16));
    let mut take = || {
        leases.run(
            &limit(70).take(key(1), threshold(100)),
            block(10),
            at(0),
            &bench.table,
            &bench.store,
        )
    };
    for number in 0..100 {
        let taken = take();
        let written = if number % 10 == 0 {
            Written::Stored
        } else {
            Written::Unchanged
        };
        assert_eq!(taken.written, written, "{number}");
        assert_eq!(quota(taken).remaining, 99 - number);
    }
    assert_eq!(retry_after(take()), Duration::from_secs(80));
}

#[test]
fn what_was_leased_for_the_clean_is_not_spent_by_the_risky() {
    let (bench, mut leases) = (Bench::new(), Leases::new(1));
    let mut take = |number| {
        leases
            .run(
                &limit(70).take(key(1), threshold(number)),
                block(10),
                at(0),
                &bench.table,
                &bench.store,
            )
            .is_allowed()
    };
    assert!(take(60));
    assert!(!take(5), "ten are counted already");
    assert!(take(60));
}

proptest! {
    /// Three workers with leases against a log of all that was let through.
    #[test]
    fn leases_let_no_more_through_and_lose_no_more_than_their_bound(
        requests in prop::collection::vec((0_u64..2_000, 0_usize..3), 1..400), number in 1_u32..200, size in 1_u32..20,
    ) {
        let bench = Bench::new();
        let mut workers = [Leases::new(4), Leases::new(4), Leases::new(4)];
        let (length, mut now, mut log) = (Duration::from_secs(70), at(0), Vec::new());
        for (millis, worker) in requests {
            now = now.plus(Duration::from_millis(millis));
            let taken = workers[worker].run(&limit(70).take(key(1), threshold(number)), block(size), now, &bench.table, &bench.store);
            let since = |span| log.iter().filter(|then| now.since(**then) < span).count() as u32;
            if taken.is_allowed() {
                prop_assert!(since(length) < number);
                log.push(now);
            } else {
                prop_assert!(since(length * 8 / 7) + 8 * 3 * (size - 1) >= number);
            }
        }
    }
}
