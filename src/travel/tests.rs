use proptest::prelude::*;

use super::*;
use crate::intelligence::{AsnType, Flag, Network, Position, Reputation};
use crate::time::Time;

const TOLERANCE: Tolerance = Tolerance {
    max_speed: 1_000,
    distance: 100,
};
const HALF_CIRCUMFERENCE: u16 = 20_015;

fn at(latitude: f64, longitude: f64) -> Position {
    Position::from_degrees(latitude, longitude).expect("in range")
}

fn berlin() -> Position {
    at(52.5, 13.4)
}

fn sydney() -> Position {
    at(-33.9, 151.2)
}

fn login(position: Position, seconds: u64) -> LastLogin {
    LastLogin::new(position, Time::from_secs(seconds))
}

fn positions() -> impl Strategy<Value = Position> {
    (-900_i16..=900, -1800_i16..=1800).prop_map(|(latitude, longitude)| {
        Position::from_tenths(latitude, longitude).expect("in range")
    })
}

/// The haversine formula by the standard library's functions.
fn reference(one: Position, other: Position) -> f64 {
    let radians = |position: Position| {
        let (latitude, longitude) = position.to_tenths();
        (
            (f64::from(latitude) / 10.0).to_radians(),
            (f64::from(longitude) / 10.0).to_radians(),
        )
    };
    let ((a, b), (c, d)) = (radians(one), radians(other));
    let square = ((a - c) / 2.0).sin().powi(2) + a.cos() * c.cos() * ((b - d) / 2.0).sin().powi(2);
    2.0 * 6_371.008_8 * square.clamp(0.0, 1.0).sqrt().asin()
}

#[test]
fn distances_are_those_of_the_globe() {
    for (one, other, expected) in [
        (berlin(), sydney(), 16_090_u16),
        (berlin(), at(48.9, 2.4), 875),
        (at(51.5, -0.1), at(40.7, -74.0), 5_570),
        // A quarter and half of the way around.
        (at(0.0, 0.1), at(0.0, 90.1), 10_008),
        (at(0.0, -179.9), at(0.0, 0.1), HALF_CIRCUMFERENCE),
        (at(90.0, 0.0), at(-90.0, 0.0), HALF_CIRCUMFERENCE),
        (berlin(), at(-52.5, -166.6), HALF_CIRCUMFERENCE),
    ] {
        let found = kilometres(one, other);
        assert!(found.abs_diff(expected) <= 10, "{one:?} {other:?}: {found}");
    }
}

#[test]
fn a_pole_is_one_place_whatever_its_longitude() {
    for pole in [90.0, -90.0] {
        assert_eq!(kilometres(at(pole, -180.0), at(pole, 37.2)), 0);
        let beside = if pole > 0.0 { 89.0 } else { -89.0 };
        assert_eq!(kilometres(at(pole, 120.0), at(beside, -60.0)), 111);
    }
}

#[test]
fn the_date_line_is_no_distance() {
    assert_eq!(kilometres(at(-17.8, 180.0), at(-17.8, -180.0)), 0);
    let across = kilometres(at(-17.8, 179.9), at(-17.8, -179.9));
    assert!((20..=22).contains(&across), "{across}");
}

#[test]
fn speed_is_what_lies_beyond_the_tolerance_by_the_time() {
    for (km, seconds, speed, impossible) in [
        (1_100, 3_599, 1_000, false),
        (1_102, 3_599, 1_002, true),
        (100, 0, 0, false),
        (101, 0, 3_600, true),
        (HALF_CIRCUMFERENCE, 0, 71_694_000, true),
        (HALF_CIRCUMFERENCE, u32::MAX, 0, false),
    ] {
        let travel = Travel::new(km, seconds, TOLERANCE);
        assert_eq!(
            travel,
            Travel {
                km,
                speed,
                impossible
            },
            "{km} km in {seconds} s"
        );
    }
}

#[test]
fn a_login_far_away_is_impossible_in_seconds_and_possible_in_a_day() {
    let last = login(berlin(), 1_000_000);
    let travel = |seconds: u64| {
        let now = Time::from_secs(1_000_000 + seconds);
        last.travel(sydney(), now, TOLERANCE)
            .expect("known")
            .impossible
    };
    assert!(travel(10));
    assert!(travel(15 * 3_600));
    assert!(!travel(16 * 3_600));
}

#[test]
fn two_logins_at_the_same_time_are_possible_only_within_the_tolerance() {
    let now = Time::from_secs(1_000_000);
    let last = LastLogin::new(berlin(), now);
    assert!(
        last.travel(sydney(), now, TOLERANCE)
            .expect("known")
            .impossible
    );
    // Potsdam.
    assert!(
        !last
            .travel(at(52.4, 13.1), now, TOLERANCE)
            .expect("known")
            .impossible
    );
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_impossible() {
    let last = login(berlin(), 1_000_000);
    for back in [61, 3_600, 999_999] {
        let now = Time::from_secs(1_000_000 - back);
        assert_eq!(last.travel(sydney(), now, TOLERANCE), None, "{back} s");
    }
    // As much as two workers may differ.
    let now = Time::from_secs(1_000_000 - 60);
    assert!(
        last.travel(sydney(), now, TOLERANCE)
            .expect("known")
            .impossible
    );
}

#[test]
fn a_success_moves_the_position_unless_impossible_older_or_unsure() {
    let last = login(berlin(), 1_000_000);
    let moves = |position, seconds| login(position, seconds).replaces(Some(&last), TOLERANCE);
    assert!(
        login(sydney(), 5).replaces(None, TOLERANCE),
        "the first one"
    );
    assert!(moves(berlin(), 1_000_010));
    assert!(moves(sydney(), 1_000_000 + 17 * 3_600));
    assert!(!moves(sydney(), 1_000_010), "impossible");
    assert!(!moves(berlin(), 999_990), "an older one that comes last");
    assert!(
        moves(sydney(), 500_000),
        "the last one was written by a wrong clock"
    );
}

#[test]
fn a_thief_who_got_in_once_gains_nothing_and_hurts_no_owner() {
    let mut last = login(berlin(), 1_000_000);
    let mut succeeds = |position, seconds| {
        let now = login(position, seconds);
        let travel = last.travel(position, now.at, TOLERANCE).expect("known");
        if now.replaces(Some(&last), TOLERANCE) {
            last = now;
        }
        travel.impossible
    };
    assert!(succeeds(sydney(), 1_000_600), "the thief");
    assert!(succeeds(sydney(), 1_001_200), "the thief again");
    assert!(!succeeds(berlin(), 1_001_800), "the owner");
    assert!(succeeds(sydney(), 1_002_400), "the thief again");
}

fn reputation(flag: Option<(Flag, bool)>) -> Reputation {
    let mut reputation = Reputation {
        network: Network {
            position: Some(berlin()),
            ..Network::UNKNOWN
        },
        ..Reputation::NOTHING
    };
    reputation.flags.put(Flag::Vpn, Some(false));
    if let Some((flag, value)) = flag {
        reputation.flags.put(flag, Some(value));
    }
    reputation
}

#[test]
fn neither_what_hides_clients_nor_carriers_have_a_position() {
    for flag in [
        Flag::Vpn,
        Flag::Proxy,
        Flag::Tor,
        Flag::Relay,
        Flag::ResidentialProxy,
        Flag::Hosting,
        Flag::Mobile,
    ] {
        assert_eq!(location(&reputation(Some((flag, true)))), None, "{flag:?}");
        assert_eq!(location(&reputation(Some((flag, false)))), Some(berlin()));
    }
    for flag in [Flag::Abuse, Flag::Crawler] {
        assert_eq!(location(&reputation(Some((flag, true)))), Some(berlin()));
    }
    for kind in AsnType::ALL {
        let mut of_kind = reputation(None);
        of_kind.network.asn_type = Some(kind);
        let hides = matches!(kind, AsnType::Hosting | AsnType::Mobile);
        assert_eq!(location(&of_kind).is_none(), hides, "{kind:?}");
    }
}

#[test]
fn a_position_counts_only_where_hiding_is_known() {
    let mut network_alone = reputation(None);
    network_alone.flags.put(Flag::Vpn, None);
    network_alone.flags.put(Flag::Abuse, Some(false));
    network_alone.flags.put(Flag::Mobile, Some(false));
    assert_eq!(location(&network_alone), None);
    let mut nowhere = reputation(None);
    nowhere.network.position = None;
    assert_eq!(location(&nowhere), None);
}

proptest! {
    #[test]
    fn a_distance_is_that_of_the_reference_and_at_most_half_way_around(one in positions(), other in positions()) {
        let found = kilometres(one, other);
        prop_assert!((f64::from(found) - reference(one, other)).abs() <= 0.6);
        prop_assert!(found <= HALF_CIRCUMFERENCE);
    }

    #[test]
    fn it_is_as_far_back_as_there_and_nowhere_far_from_itself(one in positions(), other in positions()) {
        prop_assert_eq!(kilometres(one, other), kilometres(other, one));
        prop_assert_eq!(kilometres(one, one), 0);
    }

    /// Each distance is rounded by up to half a kilometre.
    #[test]
    fn no_detour_is_shorter(one in positions(), over in positions(), other in positions()) {
        let detour = u32::from(kilometres(one, over)) + u32::from(kilometres(over, other));
        prop_assert!(u32::from(kilometres(one, other)) <= detour + 2);
    }

    #[test]
    fn more_time_never_makes_it_faster_and_more_way_never_slower(
        km in 0..=HALF_CIRCUMFERENCE, more in 0_u16..1_000, seconds: u32, later: u32,
    ) {
        let travel = Travel::new(km, seconds, TOLERANCE);
        prop_assert!(Travel::new(km, seconds.saturating_add(later), TOLERANCE).speed <= travel.speed);
        prop_assert!(Travel::new(km + more, seconds, TOLERANCE).speed >= travel.speed);
        prop_assert_eq!(travel.impossible, travel.speed > TOLERANCE.max_speed);
    }

    #[test]
    fn any_two_logins_have_a_defined_result(one in positions(), other in positions(), first: u32, second: u32) {
        let (first, second) = (login(one, first.into()), login(other, second.into()));
        let travel = first.travel(other, second.at, TOLERANCE);
        prop_assert_eq!(travel.is_none(), first.at.seconds() > second.at.seconds().saturating_add(60));
        // Whichever comes last, one of them stays, and it is not always both.
        let (one_way, other_way) = (second.replaces(Some(&first), TOLERANCE), first.replaces(Some(&second), TOLERANCE));
        if first.at.seconds().abs_diff(second.at.seconds()) <= 60 && first.at != second.at {
            prop_assert!(!(one_way && other_way));
        }
    }
}
