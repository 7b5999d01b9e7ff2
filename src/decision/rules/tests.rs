use super::super::{Leaf, ListSet, Trip};
use super::*;
use crate::intelligence::{Flag, Reputation};

fn rule(flag: Flag, then: Action, mode: Mode) -> Rule {
    Rule {
        name: flag.name().to_owned(),
        when: Condition::Leaf(Leaf::Flag(flag)),
        then,
        mode,
        reason: None,
        message: None,
        status: None,
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
        score: None,
        lists: ListSet::default(),
        private: false,
        unknown,
        trip: Trip::Unknown,
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
fn a_rule_that_already_holds_needs_no_lookup_but_one_behind_an_open_rule_does() {
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
    assert_eq!(rules.conclude(&clean).enforced, Finding::Clean);
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
    assert_eq!(verdict.monitored.map(Finding::action), Some(Action::Deny));
}

#[test]
fn a_monitored_policy_refuses_nothing_and_tells_what_it_would_have_done() {
    let mut rules = ruleset(vec![rule(Flag::Tor, Action::Deny, Mode::Enforce)]);
    rules.mode = Mode::Monitor;
    let tor = signals(&[(Flag::Tor, true)], Truth::False);
    let verdict = rules.conclude(&tor);
    assert_eq!(verdict.enforced.action(), Action::Allow);
    assert_eq!(verdict.monitored.map(Finding::action), Some(Action::Deny));
    let unknown = rules.conclude(&signals(&[], Truth::True));
    assert_eq!(unknown.enforced.action(), Action::Allow);
    assert_eq!(
        unknown.monitored.map(Finding::action),
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
