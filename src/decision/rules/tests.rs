use super::super::{Leaf, TravelSignal};
use super::*;
use crate::intelligence::{Flag, Reputation, Score};
use crate::signals::{ClientSignal, Fact};

fn rule(flag: Flag, then: Action, mode: Mode) -> Rule {
    Rule {
        name: flag.name().to_owned(),
        when: Condition::Leaf(Leaf::Holds(flag.into())),
        then,
        mode,
        reason: None,
        message: None,
        status: None,
        revokes: Revokes::ByAddress,
    }
}

fn ruleset(rules: Vec<Rule>) -> Ruleset {
    Ruleset {
        rules,
        on_unknown: Action::Challenge,
        mode: Mode::Enforce,
    }
}

fn signals(flags: &[(Flag, bool)], unknown: Truth) -> Signals {
    let mut reputation = Reputation::default();
    for (flag, value) in flags {
        reputation.flags.put(*flag, Some(*value));
    }
    Signals {
        reputation,
        unknown,
        ..Signals::NOTHING_KNOWN
    }
}

#[test]
fn the_first_rule_that_holds_decides() {
    let rules = ruleset(vec![
        rule(Flag::Vpn, Action::StepUp, Mode::Enforce),
        rule(Flag::Tor, Action::Deny, Mode::Enforce),
    ]);
    let both = signals(&[(Flag::Vpn, true), (Flag::Tor, true)], Truth::False);
    assert_eq!(rules.conclude(&both).enforced.action(), Action::StepUp);
}

#[test]
fn a_rule_that_holds_needs_no_lookup_and_one_behind_an_open_rule_does() {
    let rules = ruleset(vec![
        rule(Flag::Vpn, Action::StepUp, Mode::Enforce),
        rule(Flag::Tor, Action::Deny, Mode::Enforce),
    ]);
    let vpn = signals(&[(Flag::Vpn, true)], Truth::Unknown);
    assert!(matches!(rules.evaluate(&vpn), Evaluation::Decided(_)));
    let tor = signals(&[(Flag::Tor, true)], Truth::Unknown);
    assert_eq!(rules.evaluate(&tor), Evaluation::Open);
    assert_eq!(rules.conclude(&tor).enforced.action(), Action::Deny);
}

#[test]
fn without_any_rule_that_holds_the_route_says_what_the_unknown_gets() {
    let rules = ruleset(vec![rule(Flag::Tor, Action::Deny, Mode::Enforce)]);
    let open = signals(&[], Truth::Unknown);
    assert_eq!(rules.evaluate(&open), Evaluation::Open);
    let unknown = signals(&[], Truth::True);
    let verdict = rules.conclude(&unknown);
    assert_eq!(verdict.enforced.action(), Action::Challenge);
    assert_eq!(verdict.enforced.reason(&unknown), "unknown");
    let clean = signals(&[(Flag::Tor, false)], Truth::False);
    assert_eq!(rules.conclude(&clean).enforced, VerdictCause::Clean);
}

#[test]
fn a_monitored_rule_is_told_and_does_not_happen() {
    let rules = ruleset(vec![
        rule(Flag::Tor, Action::Deny, Mode::Monitor),
        rule(Flag::Vpn, Action::StepUp, Mode::Enforce),
    ]);
    let both = signals(&[(Flag::Vpn, true), (Flag::Tor, true)], Truth::False);
    let verdict = rules.conclude(&both);
    assert_eq!(verdict.enforced.action(), Action::StepUp);
    assert_eq!(
        verdict.monitored.map(VerdictCause::action),
        Some(Action::Deny)
    );
}

#[test]
fn a_monitored_policy_refuses_nothing_and_tells_what_it_would_have_done() {
    let mut rules = ruleset(vec![rule(Flag::Tor, Action::Deny, Mode::Enforce)]);
    rules.mode = Mode::Monitor;
    let tor = signals(&[(Flag::Tor, true)], Truth::False);
    let verdict = rules.conclude(&tor);
    assert_eq!(verdict.enforced.action(), Action::Allow);
    assert_eq!(
        verdict.monitored.map(VerdictCause::action),
        Some(Action::Deny)
    );
    let unknown = rules.conclude(&signals(&[], Truth::True));
    assert_eq!(unknown.enforced.action(), Action::Allow);
    assert_eq!(
        unknown.monitored.map(VerdictCause::action),
        Some(Action::Challenge)
    );
}

#[test]
fn the_reason_is_the_operators_or_the_signal_that_held() {
    let mut rules = ruleset(vec![rule(Flag::Tor, Action::Deny, Mode::Enforce)]);
    let tor = signals(&[(Flag::Tor, true)], Truth::False);
    assert_eq!(rules.conclude(&tor).enforced.reason(&tor), "tor");
    if let Some(rule) = rules.rules.first_mut() {
        rule.reason = Some("anonymiser".to_owned());
    }
    assert_eq!(rules.conclude(&tor).enforced.reason(&tor), "anonymiser");
}

#[test]
fn what_rules_concluded_is_recalled_as_it_was() {
    let rules = ruleset(vec![
        rule(Flag::Vpn, Action::Deny, Mode::Monitor),
        rule(Flag::Tor, Action::StepUp, Mode::Enforce),
    ]);
    for (flags, unknown) in [
        (&[][..], Truth::True),
        (&[(Flag::Vpn, true)], Truth::False),
        (&[(Flag::Vpn, true), (Flag::Tor, true)], Truth::False),
    ] {
        let verdict = rules.conclude(&signals(flags, unknown));
        assert_eq!(rules.recall(verdict.into()), verdict);
    }
}

/// A request of which only the travel is open; if it were impossible, this would be the score.
fn travelling(score: Option<u8>, impossible: Option<u8>) -> Signals {
    let score_of = |score: u8| Score::clamped(score.into());
    Signals {
        score: score.map(score_of),
        travel: TravelSignal::Open(impossible.map(score_of)),
        ..signals(&[(Flag::Vpn, true)], Truth::False)
    }
}

fn when(when: Condition, then: Action) -> Rule {
    Rule {
        when,
        ..rule(Flag::Vpn, then, Mode::Enforce)
    }
}

#[test]
fn a_rule_on_travel_keeps_those_behind_it_waiting_and_none_before_it() {
    let travel = || Condition::Leaf(Leaf::Holds(Fact::Client(ClientSignal::ImpossibleTravel)));
    let vpn = || Condition::Leaf(Leaf::Holds(Flag::Vpn.into()));
    let tor = || Condition::Leaf(Leaf::Holds(Flag::Tor.into()));
    let open = travelling(Some(0), Some(0));
    for (first, waits) in [
        (travel(), true),
        (Condition::Not(Box::new(travel())), true),
        (Condition::Any(vec![vpn(), travel()]), false),
        (Condition::All(vec![vpn(), travel()]), true),
        // Whether it is Tor nobody will know.
        (tor(), false),
    ] {
        let rules = ruleset(vec![
            when(first.clone(), Action::StepUp),
            when(vpn(), Action::Deny),
        ]);
        let is_open = rules.so_far(&open) == Evaluation::Open;
        assert_eq!(is_open, waits, "{first:?}");
        let over = Signals {
            travel: TravelSignal::Unknown,
            ..open
        };
        let concluded = Evaluation::Decided(rules.conclude(&over));
        assert_eq!(rules.so_far(&over), concluded, "{first:?}");
    }
}

#[test]
fn a_score_waits_for_travel_only_where_that_could_change_it() {
    let range = |text: &str| Condition::Leaf(Leaf::score(text.parse().expect(text)));
    for (text, score, impossible, waits) in [
        (">=50", Some(10), Some(70), true),
        (">=50", Some(60), Some(100), false),
        (">=50", Some(10), Some(40), false),
        (">=50", None, Some(70), true),
        (">=50", Some(10), Some(10), false),
    ] {
        let rules = ruleset(vec![when(range(text), Action::Deny)]);
        let is_open = rules.so_far(&travelling(score, impossible)) == Evaluation::Open;
        assert_eq!(is_open, waits, "{text} {score:?} {impossible:?}");
    }
}
