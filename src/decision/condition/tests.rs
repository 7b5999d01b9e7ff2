use proptest::prelude::*;

use super::*;
use crate::decision::FailureRate;
use crate::intelligence::Reputation;
use crate::signals::Flag;

fn signals(flags: &[(Flag, bool)]) -> Signals {
    let mut reputation = Reputation::default();
    for (flag, value) in flags {
        reputation.flags.put(*flag, Some(*value));
    }
    Signals {
        reputation,
        unknown: Truth::False,
        ..Signals::NOTHING_KNOWN
    }
}

fn flag(flag: Flag) -> Condition {
    Condition::Leaf(Leaf::Holds(flag.into()))
}

#[test]
fn unknown_is_never_read_as_clean_or_as_risky() {
    let signals = signals(&[]);
    assert_eq!(flag(Flag::Vpn).test(&signals), Truth::Unknown);
    let not_vpn = Condition::Not(Box::new(flag(Flag::Vpn)));
    assert_eq!(not_vpn.test(&signals), Truth::Unknown);
}

#[test]
fn one_known_part_can_settle_any_and_all() {
    let signals = signals(&[(Flag::Tor, true), (Flag::Hosting, false)]);
    let any = Condition::Any(vec![flag(Flag::Vpn), flag(Flag::Tor)]);
    assert_eq!(any.test(&signals), Truth::True);
    let all = Condition::All(vec![flag(Flag::Vpn), flag(Flag::Hosting)]);
    assert_eq!(all.test(&signals), Truth::False);
    let open = Condition::All(vec![flag(Flag::Vpn), flag(Flag::Tor)]);
    assert_eq!(open.test(&signals), Truth::Unknown);
}

#[test]
fn the_cause_is_the_first_signal_that_holds() {
    let signals = signals(&[(Flag::Tor, false), (Flag::Hosting, true)]);
    let any = Condition::Any(vec![flag(Flag::Vpn), flag(Flag::Tor), flag(Flag::Hosting)]);
    assert_eq!(any.cause(&signals), Some("hosting"));
}

#[test]
fn a_failure_rate_that_is_not_known_is_neither_high_nor_low() {
    let of = |rate| Signals {
        asn_failure_rate: rate,
        ..signals(&[])
    };
    let high = Condition::Leaf(Leaf::Within(
        Measure::AsnFailureRate,
        ">=60".parse::<ScaleRange>().expect("a range").into(),
    ));
    let not_high = Condition::Not(Box::new(high.clone()));
    for (failures, truth) in [(59, Truth::False), (60, Truth::True), (100, Truth::True)] {
        let signals = of(FailureRate::of(failures, 100 - failures, 50));
        assert_eq!(high.test(&signals), truth, "{failures}");
    }
    for condition in [&high, &not_high] {
        assert_eq!(
            condition.test(&of(FailureRate::of(49, 0, 50))),
            Truth::Unknown
        );
    }
    let signals = of(FailureRate::of(50, 0, 50));
    assert_eq!(high.cause(&signals), Some("asn_failure_rate"));
}

#[test]
fn ranges_on_the_scale_say_what_they_mean() {
    for (text, inside, outside) in [
        (">=80", vec![80, 100], vec![0, 79]),
        (">80", vec![81, 100], vec![80]),
        ("<50", vec![0, 49], vec![50]),
        ("<=50", vec![0, 50], vec![51]),
        ("==100", vec![100], vec![99]),
        ("50..80", vec![50, 79], vec![49, 80]),
        ("50..=79", vec![50, 79], vec![49, 80]),
    ] {
        let range: NumberRange = text.parse::<ScaleRange>().expect(text).into();
        for score in inside {
            assert!(range.contains(score), "{score} in {text}");
        }
        for score in outside {
            assert!(!range.contains(score), "{score} not in {text}");
        }
    }
    for text in [
        "", "80", ">=101", ">100", "<0", "80..50", "50..50", "a..b", ">=-1", ">=8 0",
    ] {
        assert!(
            text.parse::<ScaleRange>().is_err(),
            "{text:?} must be refused"
        );
    }
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = prop::sample::select(Flag::ALL.to_vec()).prop_map(flag);
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn known() -> impl Strategy<Value = Vec<(Flag, bool)>> {
    prop::collection::vec(
        (prop::sample::select(Flag::ALL.to_vec()), any::<bool>()),
        0..9,
    )
}

proptest! {
    /// Learning more never turns what was settled: so a rule that holds before the lookup needs none.
    #[test]
    fn what_is_settled_stays_settled_when_more_is_known(condition in conditions(), first in known(), more in known()) {
        let before = signals(&first);
        let mut after = before;
        after.reputation = before.reputation.or(signals(&more).reputation);
        let truth = condition.test(&before);
        if truth != Truth::Unknown {
            prop_assert_eq!(condition.test(&after), truth);
        }
    }

    #[test]
    fn de_morgan_holds(parts in prop::collection::vec(conditions(), 1..4), first in known()) {
        let signals = signals(&first);
        let negated: Vec<Condition> = parts.iter().cloned().map(|part| Condition::Not(Box::new(part))).collect();
        prop_assert_eq!(!Condition::Any(parts.clone()).test(&signals), Condition::All(negated.clone()).test(&signals));
        prop_assert_eq!(!Condition::All(parts).test(&signals), Condition::Any(negated).test(&signals));
    }
}
