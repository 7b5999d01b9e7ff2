//! No window has more than the limit, wherever its requests come.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_window_has_more_than_the_limit(
        start in 0..200_000_000_u64,
        window in prop_oneof![Just(60_u64), Just(600), Just(3_600), Just(86_400)],
        requests in prop::collection::vec((0..3_usize, 0.0..0.4_f64, any::<bool>()), 10..50),
    ) {
        let own = json!({ "window": format!("{window}s"), "count": "failures", "limit": 4 });
        let mut fleet = Fleet::new(&shared(own, json!({})));
        fleet.pass(start);
        let (mut now, mut failed) = (0_u64, Vec::new());
        for (at, wait, succeeds) in requests {
            let seconds = (wait * window as f64) as u64;
            fleet.pass(seconds);
            now += seconds;
            let status = if succeeds { "200" } else { "401" };
            if fleet.tries(at, "alice", status) && !succeeds {
                failed.push(now);
            }
            let within = failed.iter().filter(|then| now - **then < window).count();
            prop_assert!(within <= 4, "{} within a window", within);
        }
    }

    #[test]
    fn after_two_windows_there_is_room_again(start in 0..200_000_000_u64, window in 60..86_400_u64) {
        let mut fleet = Fleet::new(&shared(json!({ "window": format!("{window}s") }), json!({})));
        fleet.pass(start);
        for _ in 0..3 {
            prop_assert_eq!(fleet.passing(9, "alice"), 3);
            fleet.pass(2 * window + 10);
        }
    }
}

/// How many attempts a window pass of somebody who never stops trying, where 20 are the limit.
fn steady(scope: &str) -> f64 {
    let own = json!({ "limit": 20, "scope": scope, "key": ["subnet"], "mobile": "volume" });
    let mut fleet = Fleet::new(&shared(own, json!({})));
    let windows = 28;
    let mut passed = 0;
    for _ in 0..windows * 60 {
        passed += usize::from(fleet.tries(0, "alice", "401"));
        fleet.pass(60);
    }
    passed as f64 / f64::from(windows)
}

#[test]
fn who_never_stops_gets_the_limit_in_every_second_window() {
    let (alone, together) = (steady("local"), steady("fleet"));
    assert!((17.0..18.2).contains(&alone), "{alone} of 20");
    assert!((10.0..10.8).contains(&together), "{together} of 20");
}
