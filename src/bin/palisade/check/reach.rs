//! Routes and rules that nothing reaches, and conditions on what nobody knows.

use palisade::decision::{Condition, LIST_PREFIX, Leaf, Mode, Rule};
use palisade::policy::Policy;
use palisade::signals::{Fact, Measure};
use serde_json::Value;

use super::kinds::{Kind, Warning};
use super::{matching, overlaps};
use crate::describe;

/// Routes whose every request an earlier one takes.
pub(super) fn routes(policy: &Policy, tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, own) in policy.protections.iter().enumerate() {
        let matches = matching(tree, index).map_or(&[][..], describe::several);
        let first = (0..index).find(|earlier| {
            let outer = matching(tree, *earlier).map_or(&[][..], describe::several);
            let covered = |inner: &Value| outer.iter().any(|outer| overlaps::takes(outer, inner));
            !matches.is_empty() && matches.iter().all(covered)
        });
        let Some(first) = first.and_then(|first| policy.protections.get(first)) else {
            continue;
        };
        let text = format!(
            "route {}: the route {} stands before it and takes all its requests, so it protects nothing; put this one first",
            own.name, first.name
        );
        warnings.push(Warning::new(
            Kind::RouteNeverReached,
            &format!("routes/{index}/match"),
            text,
        ));
    }
    warnings
}

/// Rules that hold only where an earlier one has decided.
pub(super) fn rules(policy: &Policy, tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, route) in policy.protections.iter().enumerate() {
        let rules = &route.ruleset.rules;
        let lists = rules
            .iter()
            .filter(|rule| rule.name.starts_with(LIST_PREFIX))
            .count();
        for (place, rule) in rules.iter().enumerate().skip(lists) {
            let decides = |earlier: &&Rule| {
                earlier.mode == Mode::Enforce && implies(&rule.when, &earlier.when)
            };
            let Some(first) = rules.iter().take(place).find(decides) else {
                continue;
            };
            let why = match first.when == rule.when {
                true => "asks for the same",
                false => "holds wherever it does",
            };
            let text = format!(
                "route {}: the rule {} never decides, since the rule {} before it {why}",
                route.name, rule.name, first.name
            );
            let place = place_of_rule(tree, index, &rule.name);
            warnings.push(Warning::new(Kind::RuleNeverReached, &place, text));
        }
    }
    warnings
}

/// Where the rule of this name stands; one without a name is called by its number.
fn place_of_rule(tree: &Value, route: usize, name: &str) -> String {
    let place = format!("routes/{route}/rules");
    let rules = tree.pointer(&format!("/{place}")).and_then(Value::as_array);
    let named = |(index, rule): (usize, &Value)| {
        let number = format!("rule_{}", index.saturating_add(1));
        rule.get("name").and_then(Value::as_str).unwrap_or(&number) == name
    };
    let index = rules.and_then(|rules| rules.iter().enumerate().position(named));
    index.map_or_else(|| place.clone(), |index| format!("{place}/{index}"))
}

/// Whether `wide` holds wherever `narrow` does, as far as their form says it.
fn implies(narrow: &Condition, wide: &Condition) -> bool {
    if narrow == wide {
        return true;
    }
    match (narrow, wide) {
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(narrow, part)),
        (Condition::Any(parts), _) if !parts.is_empty() => {
            parts.iter().all(|part| implies(part, wide))
        }
        (_, Condition::Any(parts)) if parts.iter().any(|part| implies(narrow, part)) => true,
        (Condition::All(parts), _) => parts.iter().any(|part| implies(part, wide)),
        (
            Condition::Leaf(Leaf::Within(one, inner)),
            Condition::Leaf(Leaf::Within(other, outer)),
        ) => {
            let ((low, high), (least, most)) = (inner.bounds(), outer.bounds());
            one == other && least <= low && high <= most
        }
        (Condition::Leaf(Leaf::Country(inner)), Condition::Leaf(Leaf::Country(outer))) => {
            inner.iter().all(|country| outer.contains(country))
        }
        (Condition::Leaf(Leaf::AsnType(inner)), Condition::Leaf(Leaf::AsnType(outer))) => {
            inner.iter().all(|kind| outer.contains(kind))
        }
        _ => false,
    }
}

/// Rules and limits that ask what only an API or a geoip header knows, where nobody is asked.
pub(super) fn no_intelligence(policy: &Policy, tree: &Value) -> Vec<Warning> {
    if policy.intelligence.is_some() || policy.geoip.is_some() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    for (index, route) in policy.protections.iter().enumerate() {
        let place = format!("routes/{index}/rules");
        let written = tree
            .pointer(&format!("/{place}"))
            .is_some_and(|rules| !rules.is_null());
        let rule = route
            .ruleset
            .rules
            .iter()
            .find(|rule| needs_api(&rule.when));
        let conditions = || {
            policy
                .limits_of(route)
                .filter(|limit| limit.conditions().any(needs_api))
        };
        let what = match (rule, conditions().next()) {
            (Some(_), _) if !written => "the built-in rules ask".to_owned(),
            (Some(rule), _) => format!("the rule {} asks", rule.name),
            (None, Some(limit)) => format!("the limit {} asks", limit.rule.name),
            (None, None) => continue,
        };
        let text = format!(
            "route {}: {what} what only an API knows of an address, and there is no `intelligence`, so it never holds; add \
             `intelligence`, or write rules: []",
            route.name
        );
        let place = if written {
            place
        } else {
            format!("routes/{index}")
        };
        warnings.push(Warning::new(Kind::NoIntelligence, &place, text));
    }
    warnings
}

/// Whether a condition can hold only where somebody knows the address.
fn needs_api(condition: &Condition) -> bool {
    match condition {
        Condition::Any(parts) | Condition::All(parts) => parts.iter().any(needs_api),
        // What nobody knows is never false, either.
        Condition::Not(inner) => needs_api(inner),
        Condition::Leaf(leaf) => match leaf {
            Leaf::Holds(fact) => matches!(fact, Fact::Flag(_)),
            Leaf::Within(measure, _) => matches!(measure, Measure::TravelKm | Measure::TravelSpeed),
            Leaf::Asn(_) | Leaf::AsnType(_) | Leaf::Country(_) | Leaf::Connection(_) => true,
            Leaf::Ja4(_) | Leaf::List(..) => false,
        },
    }
}
