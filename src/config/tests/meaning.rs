use std::time::Duration;

use serde_json::json;

use super::{load_tree, with, with_api};
use crate::decision::{Action, Mode};
use crate::intelligence::Lookup;
use crate::route::RouteIndex;
use crate::signals::Annotation;

#[test]
fn everything_left_out_has_its_documented_default() {
    let policy = load_tree(&with_api(json!({}))).expect("valid");
    let intelligence = policy.intelligence.as_ref().expect("an API");
    assert_eq!(intelligence.resolver.timeout, Duration::from_millis(500));
    assert_eq!(intelligence.resolver.max_response, 65_536);
    assert_eq!(intelligence.resolver.concurrent_lookups.get(), 256);
    assert_eq!(intelligence.entries, 65_536);
    assert_eq!(intelligence.daily_budget, None);
    assert_eq!(
        intelligence.lifetimes,
        crate::intelligence::cache::Lifetimes::default()
    );
    assert_eq!(policy.weights, crate::decision::Weights::default());
    assert_eq!(policy.annotations.headers, Annotation::USUAL);
    assert!(policy.annotations.filter_state);
    assert_eq!(policy.audit_lines_per_second, 10);
    assert!(policy.trust.header().is_none());
    let login = policy.protection(RouteIndex::new(0)).expect("a route");
    assert_eq!(
        (login.lookup, login.step_up.as_str()),
        (Lookup::Inline, "mfa")
    );
    assert_eq!(
        (login.ruleset.on_unknown, login.ruleset.mode),
        (Action::Allow, Mode::Enforce)
    );
    let rules: Vec<(&str, Action)> = login
        .ruleset
        .rules
        .iter()
        .map(|rule| (rule.name.as_str(), rule.then))
        .collect();
    assert_eq!(
        rules,
        [
            ("default_tor", Action::Deny),
            ("default_score_high", Action::Deny),
            ("default_vpn", Action::Challenge),
            ("default_relay", Action::Challenge),
            ("default_proxy", Action::Challenge),
            ("default_residential_proxy", Action::Challenge),
            ("default_corporate", Action::Challenge),
            ("default_hosting", Action::Deny),
            ("default_score_medium", Action::Challenge),
        ]
    );
}

#[test]
fn the_rules_of_lists_come_before_those_of_every_route() {
    let tree = with(json!({ "lists": [
        { "name": "office", "cidrs": ["11.1.0.0/24", "2600:db00::1"], "then": "allow" },
        { "name": "signal", "asns": ["AS64500", 64501] },
    ]}));
    let policy = load_tree(&tree).expect("valid");
    let rules = &policy
        .protection(RouteIndex::new(0))
        .expect("a route")
        .ruleset
        .rules;
    assert_eq!(
        rules.first().map(|rule| rule.name.as_str()),
        Some("list_office")
    );
    assert!(!rules.iter().any(|rule| rule.name == "list_signal"));
}

#[test]
fn monitoring_the_whole_policy_monitors_every_route() {
    let policy = load_tree(&with(json!({ "mode": "monitor" }))).expect("valid");
    assert_eq!(policy.protections[0].ruleset.mode, Mode::Monitor);
}
