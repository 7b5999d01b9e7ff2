use super::*;

fn distinct(seconds: u64) -> Distinct {
    Distinct::new(Terms::new(window(seconds)))
}

pub(super) fn values(number: u32) -> DistinctThreshold {
    DistinctThreshold::new(number).expect("a threshold")
}

fn value(of: CounterKey, number: u64) -> ValueHash {
    keys().value(of, &[&number.to_le_bytes()])
}

/// After how many different values a limit of `number` refuses the first.
fn refused_after(bench: &Bench, who: u64, number: u32) -> u32 {
    let see = |account| distinct(HOUR).see(key(who), value(key(who), account), values(number));
    (0..)
        .find(|account| !bench.allows(see(*account), at(0)))
        .expect("a refusal") as u32
}

/// The promise: spraying is stopped, and few users more or less than the limit make no difference.
#[test]
fn the_error_is_known_at_the_thresholds_that_matter() {
    let bench = Bench {
        table: Table::new("test", budget(64)),
        ..Bench::new()
    };
    for (number, deviation, within) in [
        (5, 0.01, 5..=5),
        (10, 0.01, 10..=10),
        (20, 0.09, 17..=25),
        (50, 0.10, 40..=63),
    ] {
        let trials = 400;
        let mut after: Vec<u32> = (0..trials)
            .map(|who| refused_after(&bench, who + 1_000 * u64::from(number), number))
            .collect();
        after.sort_unstable();
        let mean = after.iter().sum::<u32>() as f64 / trials as f64;
        let squares = after.iter().map(|n| (f64::from(*n) - mean).powi(2));
        let error = (squares.sum::<f64>() / trials as f64).sqrt() / f64::from(number);
        let (low, high) = (after[4], after[after.len() - 5]);
        println!(
            "limit {number}: refused after {mean:.2} on average, standard error {:.1} %, 98 % between {low} and {high}",
            100.0 * error
        );
        assert!((mean / f64::from(number) - 1.0).abs() < 0.1, "{mean}");
        assert!(error < deviation, "{error} for {number}");
        assert!(within.contains(&low) && within.contains(&high), "{number}");
    }
}

#[test]
fn a_few_different_values_are_counted_exactly() {
    let bench = Bench::new();
    for number in 1..=10 {
        let exactly = (0..40).filter(|who| {
            let who = who + 100 * u64::from(number);
            refused_after(&bench, who, number) == number
        });
        assert!(exactly.count() >= 39, "{number}");
    }
}

#[test]
fn what_turns_into_an_estimate_forgets_no_value_and_no_age() {
    let bench = Bench::new();
    let see = |number| distinct(HOUR).see(key(1), value(key(1), number), values(100));
    for number in 0..8 {
        assert!(bench.allows(see(number), at(0)));
    }
    for number in 8..30 {
        assert!(bench.allows(see(number), at(HOUR)));
    }
    let remaining = |seconds| match bench.run(see(29), at(seconds)).answer {
        Answer::Allowed(quota) => quota.remaining,
        refused => panic!("{refused:?}"),
    };
    assert!((65..=75).contains(&remaining(HOUR)), "{}", remaining(HOUR));
    // The first eight are over an hour and a half old.
    let later = remaining(HOUR + 31 * MINUTE);
    assert!((73..=83).contains(&later), "{later}");
}

#[test]
fn thresholds_are_between_one_and_what_the_cells_can_tell() {
    for (number, fits) in [(0, false), (1, true), (200, true), (201, false)] {
        let threshold = DistinctThreshold::new(number);
        assert_eq!(
            threshold.map(DistinctThreshold::get),
            fits.then_some(number)
        );
    }
    let bench = Bench::new();
    let after = refused_after(&bench, 1, DistinctThreshold::MAX);
    assert!((150..250).contains(&after), "{after}");
}

#[test]
fn a_value_seen_often_counts_once_and_costs_no_write() {
    let bench = Bench::new();
    let see = distinct(HOUR).see(key(1), value(key(1), 1), values(1));
    assert_eq!(bench.run(see, at(0)).written, Written::Stored);
    for seconds in 0..1_000 {
        let outcome = bench.run(see, at(seconds));
        assert!(outcome.is_allowed());
        assert_eq!(outcome.written, Written::Unchanged);
    }
}

#[test]
fn once_broken_it_refuses_known_and_new_values_alike() {
    let bench = Bench::new();
    let see = |number| distinct(HOUR).see(key(1), value(key(1), number), values(5));
    let broken = refused_after(&bench, 1, 5);
    for number in 0..200 {
        let outcome = bench.run(see(number), at(1));
        assert!(!outcome.is_allowed(), "value {number}");
        assert_eq!(outcome.written, Written::Unchanged);
    }
    assert!(broken <= 7);
    assert!(!bench.allows(distinct(HOUR).peek(key(1), values(5)), at(1)));
    assert!(bench.allows(distinct(HOUR).peek(key(2), values(5)), at(1)));
}

#[test]
fn a_value_is_forgotten_after_one_to_one_and_a_half_windows() {
    for seen_at in [0, 29 * MINUTE, 30 * MINUTE, 59 * MINUTE] {
        let bench = Bench::new();
        let see = |number| distinct(HOUR).see(key(1), value(key(1), number), values(1));
        bench.run(see(1), at(seen_at));
        let refused = bench.run(see(2), at(seen_at));
        let wait = retry_after(refused);
        assert!(wait > Duration::from_secs(HOUR) && wait <= Duration::from_secs(HOUR * 3 / 2));
        let again = at(seen_at).plus(wait);
        assert!(!bench.allows(see(3), at(seen_at + HOUR)));
        assert!(bench.allows(see(3), again), "seen at {seen_at}");
    }
}

#[test]
fn a_value_that_is_seen_again_is_remembered_from_then() {
    let bench = Bench::new();
    let see = |number| distinct(HOUR).see(key(1), value(key(1), number), values(1));
    for half in 0..6 {
        assert!(bench.allows(see(1), at(half * 30 * MINUTE)));
    }
    assert!(!bench.allows(see(2), at(3 * HOUR)));
}

#[test]
fn a_sprayer_is_blocked_for_as_long_as_the_penalty_says() {
    let bench = Bench::new();
    let terms = Terms {
        penalty: Penalty::For(wait(24 * HOUR)),
        ..Terms::new(window(MINUTE))
    };
    let see = |number| Distinct::new(terms).see(key(1), value(key(1), number), values(3));
    let refused = (0..10).find(|number| !bench.allows(see(*number), at(0)));
    assert!(refused.is_some());
    assert!(!bench.allows(see(0), at(24 * HOUR - 1)));
    assert!(bench.allows(see(0), at(24 * HOUR)));
}

#[test]
fn nobody_can_choose_values_that_collide_without_the_secret() {
    // Fifty values that fill few cells for one subnet fill many for another, and under another secret.
    let cell = |keys: &Keys, who, number: u64| {
        let of = keys.lone_counter(keys.limit("spray", &[]), &[&[who]]);
        keys.value(of, &[&number.to_le_bytes()]).get() % 95
    };
    let chosen: Vec<u64> = (0..)
        .filter(|number| cell(&keys(), 1, *number) == 0)
        .take(50)
        .collect();
    let filled = |keys: &Keys, who| {
        let cells: std::collections::HashSet<u64> = chosen
            .iter()
            .map(|number| cell(keys, who, *number))
            .collect();
        cells.len()
    };
    assert_eq!(filled(&keys(), 1), 1);
    assert!(filled(&keys(), 2) > 25);
    assert!(filled(&Keys::new([8; 16]), 1) > 25);
}
