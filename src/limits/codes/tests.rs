use proptest::prelude::*;

use super::*;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn codes(alphabet: u32, length: u8, lifetime: u64, valid_at_once: u32) -> Codes {
    Codes {
        length: NonZeroU8::new(length).expect("a length"),
        alphabet: NonZeroU32::new(alphabet).expect("an alphabet"),
        lifetime: Lifetime::new(seconds(lifetime)).expect("a lifetime"),
        valid_at_once: NonZeroU32::new(valid_at_once).expect("a number"),
    }
}

fn pace(limit: u32, window: u64) -> Pace {
    Pace {
        limit: Threshold::new(limit).expect("a threshold"),
        window: Window::new(seconds(window)).expect("a window"),
        block: None,
    }
}

fn blocking(limit: u32, window: u64, block: u64) -> Pace {
    let block = Wait::new(seconds(block));
    Pace {
        block,
        ..pace(limit, window)
    }
}

const HOUR: u64 = 3_600;

#[test]
fn a_code_is_good_for_thirty_seconds_to_ten_minutes() {
    for (length, fits) in [
        (29, false),
        (30, true),
        (300, true),
        (600, true),
        (601, false),
    ] {
        assert_eq!(Lifetime::new(seconds(length)).is_some(), fits, "{length} s");
    }
}

#[test]
fn a_days_guesses_are_the_limit_in_each_window_that_covers_the_day() {
    for (pace, guesses) in [
        (pace(3, HOUR), 72),
        (pace(5, 600), 720),
        (pace(60, 1), 5_184_000),
        (pace(1, 24 * HOUR), 1),
        (pace(10, 30 * 24 * HOUR), 10),
        // 14.4 windows: the fifteenth begins within the day.
        (pace(3, 6_000), 45),
        (pace(Threshold::MAX, 1), 1_449_551_376_000),
    ] {
        assert_eq!(pace.guesses_per_day(), guesses, "{pace:?}");
    }
}

#[test]
fn a_block_counts_only_as_far_as_the_guesser_cannot_avoid_it() {
    for (pace, guesses, why) in [
        (blocking(1, HOUR, 24 * HOUR), 1, "the first guess blocks"),
        (blocking(1, HOUR, 6 * HOUR), 4, "each guess blocks"),
        (
            blocking(3, HOUR, 24 * HOUR),
            49,
            "two in each of 23 windows, then three",
        ),
        (
            blocking(3, HOUR, HOUR),
            72,
            "a block no longer than the window costs nothing",
        ),
        (
            blocking(2, HOUR, 2 * HOUR),
            25,
            "one an hour, and the second only at the end",
        ),
        (
            blocking(3, 24 * HOUR, 30 * 24 * HOUR),
            3,
            "one window is the whole day",
        ),
    ] {
        assert_eq!(pace.guesses_per_day(), guesses, "{why}");
    }
}

#[test]
fn known_configurations_have_known_odds() {
    for (codes, pace, told) in [
        (
            codes(10, 6, 300, 1),
            pace(3, HOUR),
            "1 in 13,889 a day (72 guesses at 1,000,000 codes, 1 valid at once)",
        ),
        (
            codes(10, 6, 30, 3),
            pace(3, HOUR),
            "1 in 4,630 a day (72 guesses at 1,000,000 codes, 3 valid at once)",
        ),
        (
            codes(10, 4, 300, 1),
            pace(3, HOUR),
            "1 in 139 a day (72 guesses at 10,000 codes, 1 valid at once)",
        ),
        (
            codes(10, 8, 30, 3),
            pace(5, 600),
            "1 in 46,296 a day (720 guesses at 100,000,000 codes, 3 valid at once)",
        ),
        (
            codes(36, 6, 600, 1),
            pace(10, 600),
            "1 in 1,511,654 a day (1,440 guesses at 2,176,782,336 codes, 1 valid at once)",
        ),
        (
            codes(10, 1, 300, 1),
            pace(10, 300),
            "1 in 1 a day (2,880 guesses at 10 codes, 1 valid at once)",
        ),
        (
            codes(10, 6, 300, 1),
            pace(1, 24 * HOUR),
            "1 in 1,000,000 a day (1 guess at 1,000,000 codes, 1 valid at once)",
        ),
    ] {
        assert_eq!(codes.guessing(pace).to_string(), told);
    }
}

#[test]
fn three_an_hour_suffice_for_six_digits_but_not_for_three_codes() {
    let one = codes(10, 6, 300, 1).guessing(pace(3, HOUR));
    assert!(one.probability < Guessing::ACCEPTABLE, "{one}");
    let three = codes(10, 6, 30, 3).guessing(pace(3, HOUR));
    assert!(three.probability > Guessing::ACCEPTABLE, "{three}");
}

#[test]
fn codes_of_any_length_have_odds() {
    let longest = codes(u32::MAX, 255, 30, u32::MAX);
    let guessing = longest.guessing(pace(Threshold::MAX, 1));
    assert!(
        (0.0..1e-16).contains(&guessing.probability),
        "{}",
        guessing.probability
    );
    assert!(
        guessing
            .to_string()
            .starts_with("1 in more than 1,000,000,000,000,000 a day"),
        "{guessing}"
    );
    let shortest = codes(1, 1, 600, 1).guessing(pace(1, 30 * 24 * HOUR));
    assert!((shortest.probability - 1.0).abs() < f64::EPSILON);
}

/// Plays the guesser who spends `bursts`, each in one lifetime, against codes of which one is valid at a time.
fn played(space: f64, bursts: &[u32]) -> f64 {
    let missed: f64 = bursts
        .iter()
        .map(|burst| 1.0 - f64::from(*burst) / space)
        .product();
    1.0 - missed
}

proptest! {
    #[test]
    fn no_way_to_spend_the_guesses_beats_the_figure(
        limit in 1_u32..20,
        bursts in prop::collection::vec(0_u32..20, 24),
    ) {
        let figure = codes(10, 3, 600, 1).guessing(pace(limit, HOUR)).probability;
        let bursts: Vec<u32> = bursts.iter().map(|burst| burst % (limit + 1)).collect();
        prop_assert!(played(1_000.0, &bursts) <= figure + 1e-12);
    }

    #[test]
    fn the_figure_is_reached_by_bursts_and_is_below_the_plain_sum(limit in 1_u32..20) {
        let figure = codes(10, 3, 600, 1).guessing(pace(limit, HOUR)).probability;
        prop_assert!((played(1_000.0, &[limit; 24]) - figure).abs() < 1e-12);
        prop_assert!(figure <= f64::from(limit) * 24.0 / 1_000.0);
    }

    #[test]
    fn more_guesses_or_more_valid_codes_are_never_less_likely_to_hit(
        limit in 1_u32..1_000,
        window in 1_u64..100_000,
        valid in 1_u32..10,
        length in 1_u8..12,
        block in 1_u64..100_000,
    ) {
        let at = |valid, pace: Pace| codes(10, length, 60, valid).guessing(pace).probability;
        let one = at(valid, pace(limit, window));
        prop_assert!((0.0..=1.0).contains(&one));
        prop_assert!(at(valid, pace(limit + 1, window)) >= one * (1.0 - 1e-9));
        prop_assert!(at(valid + 1, pace(limit, window)) >= one * (1.0 - 1e-9));
        prop_assert!(at(valid, blocking(limit, window, block)) <= one * (1.0 + 1e-9));
    }

    /// Guesses at whole seconds, each let through by a plain model of the limit and its block.
    #[test]
    fn no_times_of_guessing_give_more_than_the_figure(
        limit in 1_u32..4,
        window in 1_u64..30_000,
        block in prop::option::of(1_u64..60_000),
        waits in prop::collection::vec(0_u64..20_000, 1..60),
    ) {
        let pace = Pace { block: block.and_then(|block| Wait::new(seconds(block))), ..pace(limit, window) };
        let (mut made, mut now, mut blocked) = (Vec::<u64>::new(), 0, 0);
        for wait in waits {
            now += wait;
            let recent = made.iter().filter(|at| *at + window > now).count();
            let limit = usize::try_from(limit).expect("small");
            if now >= 24 * HOUR || now < blocked || recent >= limit {
                continue;
            }
            made.push(now);
            if recent + 1 == limit {
                blocked = now + block.unwrap_or(0);
            }
        }
        prop_assert!(u64::try_from(made.len()).expect("few") <= pace.guesses_per_day());
    }
}
