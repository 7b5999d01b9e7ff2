use super::*;

fn with(penalty: Penalty, seconds: u64) -> Limit {
    Limit::new(Terms {
        penalty,
        ..Terms::new(window(seconds))
    })
}

#[test]
fn a_wait_is_between_a_second_and_thirty_days() {
    let days = |days: u64| Wait::new(Duration::from_secs(days * 24 * HOUR));
    assert_eq!(Wait::new(Duration::ZERO), None);
    assert_eq!(days(31), None);
    assert!(days(30).is_some());
    assert_eq!(Wait::new(Duration::from_millis(1)), Some(wait(1)));
    assert_eq!(wait(30).get(), Duration::from_secs(30));
}

#[test]
fn a_block_outlasts_the_window_and_requests_meanwhile_do_not_prolong_it() {
    let bench = Bench::new();
    let take = with(Penalty::For(wait(HOUR)), MINUTE).take(key(1), threshold(1));
    assert!(bench.allows(take, at(0)));
    assert_eq!(
        retry_after(bench.run(take, at(10))),
        Duration::from_secs(HOUR)
    );
    let blocked = bench.run(take, at(HOUR));
    assert_eq!(
        blocked.answer,
        Answer::Refused {
            cause: Cause::Blocked,
            counted: 0,
            retry_after: Duration::from_secs(10)
        }
    );
    assert_eq!(blocked.written, Written::Unchanged);
    assert!(bench.allows(take, at(HOUR + 10)));
}

#[test]
fn a_block_is_prolonged_by_requests_when_asked_for() {
    let bench = Bench::new();
    let limit = Limit::new(Terms {
        penalty: Penalty::For(wait(HOUR)),
        refusals: Refusals::Counted,
        ..Terms::new(window(MINUTE))
    });
    let take = limit.take(key(1), threshold(1));
    for (seconds, allowed) in [
        (0, true),
        (1, false),
        (HOUR, false),
        (HOUR + 1, false),
        (2 * HOUR, false),
        (3 * HOUR, true),
    ] {
        assert_eq!(bench.allows(take, at(seconds)), allowed, "{seconds}");
    }
}

#[test]
fn waits_grow_up_to_an_hour_and_are_forgotten_after_a_quiet_one() {
    let bench = Bench::new();
    let take = with(Penalty::GROWING, 1).take(key(1), threshold(1));
    let mut now = at(0);
    let mut next_wait = || {
        assert!(bench.allows(take, now));
        let wait = retry_after(bench.run(take, now));
        assert!(
            !bench.allows(take, now.plus(wait / 2)),
            "refused meanwhile, and no new breach"
        );
        now = now.plus(wait);
        wait.as_secs()
    };
    let waits: Vec<u64> = (0..9).map(|_| next_wait()).collect();
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    let quiet = now.plus(Duration::from_secs(HOUR));
    assert!(bench.allows(take, quiet));
    assert_eq!(retry_after(bench.run(take, quiet)), Duration::from_secs(30));
}

#[test]
fn a_window_still_full_after_a_block_is_no_new_breach() {
    let bench = Bench::new();
    let take = with(Penalty::GROWING, HOUR).take(key(1), threshold(1));
    assert!(bench.allows(take, at(0)));
    let first = retry_after(bench.run(take, at(0)));
    for minute in 1..60 {
        let left = retry_after(bench.run(take, at(minute * MINUTE)));
        assert_eq!(left + Duration::from_secs(minute * MINUTE), first);
    }
    assert!(bench.allows(take, at(0).plus(first)));
}

#[test]
fn the_failure_that_reaches_the_limit_begins_the_block() {
    let bench = Bench::new();
    let limit = with(Penalty::For(wait(HOUR)), MINUTE);
    let three = threshold(3);
    for _ in 0..3 {
        bench.run(limit.record(key(1), three), at(0));
    }
    assert!(!bench.allows(limit.peek(key(1), three), at(HOUR - 1)));
    assert!(bench.allows(limit.peek(key(1), three), at(HOUR)));
}

#[test]
fn what_the_risky_have_broken_does_not_block_the_clean() {
    let bench = Bench::new();
    let limit = with(Penalty::For(wait(HOUR)), MINUTE);
    let (risky, clean) = (threshold(5), threshold(60));
    for _ in 0..6 {
        bench.run(limit.take(key(1), risky), at(0));
    }
    assert!(!bench.allows(limit.take(key(1), risky), at(10 * MINUTE)));
    assert!(bench.allows(limit.take(key(1), clean), at(10 * MINUTE)));
    // The other way round it does, and a later block of the risky is again theirs alone.
    for _ in 0..61 {
        bench.run(limit.take(key(1), clean), at(20 * MINUTE));
    }
    assert!(!bench.allows(limit.take(key(1), risky), at(40 * MINUTE)));
    assert!(!bench.allows(limit.take(key(1), clean), at(40 * MINUTE)));
    let later = at(3 * HOUR);
    for _ in 0..6 {
        bench.run(limit.take(key(1), risky), later);
    }
    assert!(!bench.allows(limit.take(key(1), risky), later));
    assert!(bench.allows(limit.take(key(1), clean), later));
}

#[test]
fn growing_waits_remember_breaches_but_not_whom_an_old_block_held_for() {
    let bench = Bench::new();
    let limit = with(Penalty::GROWING, 1);
    let (risky, clean) = (threshold(1), threshold(4));
    for _ in 0..5 {
        bench.run(limit.take(key(1), clean), at(0));
    }
    for _ in 0..2 {
        bench.run(limit.take(key(1), risky), at(MINUTE));
    }
    assert!(
        !bench.allows(limit.take(key(1), risky), at(MINUTE + 30)),
        "the second wait is a minute"
    );
    assert!(bench.allows(limit.take(key(1), clean), at(MINUTE + 30)));
}

#[test]
fn a_block_ends_although_the_clock_was_set_back() {
    let bench = Bench::new();
    let take = with(Penalty::For(wait(HOUR)), MINUTE).take(key(1), threshold(1));
    let later = at(50 * 24 * HOUR);
    bench.run(take, later);
    bench.run(take, later);
    assert_eq!(
        retry_after(bench.run(take, at(0))),
        Duration::from_secs(HOUR)
    );
    assert!(!bench.allows(take, at(HOUR - 1)));
    assert!(bench.allows(take, at(HOUR)));
}

#[test]
fn a_counter_that_is_cleared_is_free_of_blocks_and_breaches() {
    let bench = Bench::new();
    let take = with(Penalty::GROWING, 1).take(key(1), threshold(1));
    for _ in 0..2 {
        bench.run(take, at(0));
        assert_eq!(retry_after(bench.run(take, at(0))), Duration::from_secs(30));
        assert!(bench.clears(key(1), at(0)));
    }
}

#[test]
fn a_limit_on_failures_is_exact_when_attempts_are_reserved() {
    let bench = Bench::new();
    let (limit, three) = (with(Penalty::For(wait(HOUR)), MINUTE), threshold(3));
    let reserve = limit.reserve(key(1), three);
    for _ in 0..3 {
        assert!(bench.allows(reserve, at(0)));
    }
    let fourth = bench.run(reserve, at(0));
    assert!(!fourth.is_allowed());
    assert_eq!(
        fourth.written,
        Written::Unchanged,
        "three open attempts are no breach"
    );
    bench.run(limit.give_back(key(1), three, at(0)), at(1));
    assert_eq!(
        bench.run(limit.confirm(key(1), three), at(1)).written,
        Written::Unchanged
    );
    assert!(bench.allows(reserve, at(1)));
    // Now the three are failures.
    assert!(!bench.allows(limit.confirm(key(1), three), at(2)));
    assert!(!bench.allows(reserve, at(HOUR + 1)));
    assert!(bench.allows(reserve, at(HOUR + 2)));
}
