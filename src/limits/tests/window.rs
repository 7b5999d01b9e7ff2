use super::*;

#[test]
fn what_is_left_is_told_and_four_fifths_are_near_the_limit() {
    let bench = Bench::new();
    let take = limit(70).take(key(1), threshold(5));
    for (remaining, near) in [(4, false), (3, false), (2, false), (1, true), (0, true)] {
        let quota = quota(bench.run(take, at(0)));
        assert_eq!((quota.remaining, quota.near), (remaining, near));
    }
    let refused = bench.run(take, at(15));
    assert_eq!(
        refused.written,
        Written::Unchanged,
        "a refusal costs no write"
    );
    assert_eq!(
        refused.answer,
        Answer::Refused {
            cause: Cause::Full,
            counted: 5,
            retry_after: Duration::from_secs(65)
        }
    );
}

#[test]
fn one_counter_has_as_many_thresholds_as_there_are_risks() {
    let bench = Bench::new();
    let (risky, clean) = (threshold(5), threshold(60));
    let take = |threshold| limit(MINUTE).take(key(1), threshold);
    for _ in 0..5 {
        assert!(bench.allows(take(risky), at(0)));
    }
    assert!(!bench.allows(take(risky), at(0)));
    for _ in 5..60 {
        assert!(bench.allows(take(clean), at(0)));
    }
    assert!(!bench.allows(take(clean), at(0)));
}

#[test]
fn several_windows_on_one_key_do_not_mix() {
    let bench = Bench::new();
    let keys = keys();
    let bucket = keys.bucket([b"192.0.2.0/24".as_slice()]);
    let key = |window: &[u8]| {
        keys.counter(
            keys.limit("login", &[window]),
            bucket,
            [b"192.0.2.0/24".as_slice()],
        )
    };
    assert!(bench.allows(limit(MINUTE).take(key(b"1m"), threshold(1)), at(0)));
    assert!(bench.allows(limit(HOUR).take(key(b"1h"), threshold(1)), at(0)));
    assert!(bench.allows(limit(MINUTE).take(key(b"1m"), threshold(1)), at(2 * MINUTE)));
    assert!(!bench.allows(limit(HOUR).take(key(b"1h"), threshold(1)), at(2 * MINUTE)));
}

#[test]
fn failures_are_recorded_after_the_fact_and_seen_by_the_next_request() {
    let bench = Bench::new();
    let (limit, three) = (limit(HOUR), threshold(3));
    for remaining in [2, 1] {
        assert!(bench.allows(limit.peek(key(1), three), at(0)));
        assert_eq!(
            quota(bench.run(limit.record(key(1), three), at(0))).remaining,
            remaining
        );
    }
    assert!(bench.allows(limit.peek(key(1), three), at(0)));
    assert!(
        !bench.allows(limit.record(key(1), three), at(0)),
        "the third reaches the limit"
    );
    assert!(!bench.allows(limit.peek(key(1), three), at(0)));
    // Whatever is recorded beyond the limit is held as well.
    for _ in 0..10 {
        bench.run(limit.record(key(1), three), at(1));
    }
    assert!(!bench.allows(limit.peek(key(1), threshold(12)), at(1)));
    assert!(bench.allows(limit.peek(key(1), threshold(14)), at(1)));
}

#[test]
fn what_is_given_back_can_be_taken_again_and_no_more() {
    let bench = Bench::new();
    let (limit, three) = (limit(70), threshold(3));
    let take = limit.take(key(1), three);
    for seconds in [0, 20, 20] {
        assert!(bench.allows(take, at(seconds)));
    }
    assert!(!bench.allows(take, at(30)));
    assert!(bench.allows(limit.give_back(key(1), three, at(20)), at(30)));
    assert!(bench.allows(take, at(30)));
    assert!(!bench.allows(take, at(30)));
    for _ in 0..5 {
        bench.run(limit.give_back(key(1), three, at(0)), at(31));
    }
    assert_eq!(
        quota(bench.run(limit.peek(key(1), three), at(31))).remaining,
        3
    );
    let nothing = bench.run(limit.give_back(key(2), three, at(0)), at(31));
    assert_eq!(nothing.written, Written::Unchanged);
}

#[test]
fn a_success_forgives() {
    let bench = Bench::new();
    let (limit, one) = (limit(HOUR), threshold(1));
    for who in [1, 2] {
        bench.run(limit.record(key(who), one), at(0));
    }
    assert!(bench.clears(key(1), at(1)));
    assert!(bench.allows(limit.peek(key(1), one), at(1)));
    assert!(
        !bench.allows(limit.peek(key(2), one), at(1)),
        "nobody else's failures are forgiven"
    );
    assert!(!bench.clears(key(1), at(1)));
}

#[test]
fn refusals_count_only_when_asked_for() {
    let terms = Terms::new(window(70));
    let counting = Limit::new(Terms {
        refusals: Refusals::Counted,
        ..terms
    });
    for (limit, allowed) in [(Limit::new(terms), true), (counting, false)] {
        let bench = Bench::new();
        let take = limit.take(key(1), threshold(1));
        assert!(bench.allows(take, at(0)));
        assert!(!bench.allows(take, at(50)));
        assert_eq!(bench.allows(take, at(80)), allowed);
    }
}

#[test]
fn a_clock_that_is_set_back_neither_forgets_nor_holds_for_ever() {
    let year = 365 * 24 * HOUR;
    for back in [0, 1, 30, 70, 71, 1_000, 50 * 24 * HOUR, year] {
        let bench = Bench::new();
        let take = limit(70).take(key(1), threshold(1));
        let (before, after) = (at(year), at(year - back));
        assert!(bench.allows(take, before));
        if back < 100 * 24 * HOUR {
            assert!(
                !bench.allows(take, after),
                "{back} s back: what was counted is still known"
            );
        }
        let retry_after = retry_after(bench.run(limit(70).record(key(1), threshold(1)), after));
        assert!(
            retry_after <= Duration::from_secs(150),
            "{back} s back: {retry_after:?}"
        );
        assert!(bench.allows(take, after.plus(retry_after)), "{back} s back");
    }
}

#[test]
fn after_the_clock_was_set_back_what_is_only_refused_ends_as_well() {
    let bench = Bench::new();
    let take = limit(70).take(key(1), threshold(1));
    assert!(bench.allows(take, at(10_000)));
    let end = (0..).find(|seconds| bench.allows(take, at(*seconds)));
    assert_eq!(end, Some(80));
    // The same for who only looks.
    assert!(bench.allows(take, at(10_000)));
    let peek = limit(70).peek(key(1), threshold(1));
    assert_eq!(
        (0..).find(|seconds| bench.allows(peek, at(*seconds))),
        Some(80)
    );
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Passes(u64),
    Takes(u32),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        2 => (0_u64..40_000).prop_map(Event::Passes),
        1 => (0_u64..300).prop_map(Event::Passes),
        6 => (1_u32..8).prop_map(Event::Takes),
    ];
    prop::collection::vec(event, 0..120)
}

proptest! {
    /// The two bounds of the window, against a log of all that was let through.
    #[test]
    fn no_window_exceeds_the_limit_or_holds_longer_than_eight_sevenths(
        events in events(), seconds in 1_u64..100, number in 1_u32..12,
    ) {
        let bench = Bench::new();
        let take = limit(seconds).take(key(1), threshold(number));
        let length = Duration::from_secs(seconds);
        let longest = length * 8 / 7 + Duration::from_nanos(8);
        let (mut now, mut log) = (at(0), Vec::new());
        for event in events {
            match event {
                Event::Passes(millis) => now = now.plus(Duration::from_millis(millis)),
                Event::Takes(times) => for _ in 0..times {
                    let outcome = bench.run(take, now);
                    let since = |span| log.iter().filter(|then| now.since(**then) < span).count() as u32;
                    if outcome.is_allowed() {
                        prop_assert!(since(length) < number);
                        prop_assert!(quota(outcome).remaining < number - since(length));
                        log.push(now);
                    } else {
                        prop_assert!(since(longest) >= number);
                        let again = now.plus(retry_after(outcome));
                        prop_assert!(retry_after(outcome) > Duration::ZERO);
                        prop_assert!(bench.allows(limit(seconds).peek(key(1), threshold(number)), again));
                        let before = Time::from_nanos(again.since(Time::default()).as_nanos() as u64 - 1);
                        prop_assert!(!bench.allows(limit(seconds).peek(key(1), threshold(number)), before));
                    }
                },
            }
        }
    }

    /// Workers that read the clock in another order than they write.
    #[test]
    fn clocks_that_differ_by_less_than_a_window_let_no_more_through(
        requests in prop::collection::vec((0_u64..20_000, 0_u64..70_000), 1..150), number in 1_u32..12,
    ) {
        let bench = Bench::new();
        let take = limit(70).take(key(1), threshold(number));
        let (mut millis, mut log) = (100_000, Vec::new());
        for (passed, behind) in requests {
            millis += passed;
            let read = millis - behind;
            let known = log.iter().filter(|then| **then + 70_000 > millis).count() as u32;
            if bench.allows(take, at_millis(read)) {
                prop_assert!(known < number);
                log.push(read);
            }
        }
    }
}
