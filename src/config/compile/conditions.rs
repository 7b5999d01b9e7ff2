//! Conditions: names of signals, and what they are combined to.

use super::check_not_empty;
use super::lists::{self, Lists};
use crate::config::error::ConfigErrors;
use crate::config::raw::RawCondition;
use crate::decision::{Condition, Leaf};
use crate::intelligence::{AsnType, Connection};
use crate::signals::Fact;

/// Compiles a condition; `None` when there is something wrong with it, which is then among the errors.
pub(super) fn compile(
    raw: &RawCondition,
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<Condition> {
    let mut several = |word: &str, parts: &[RawCondition]| -> Option<Vec<Condition>> {
        let path = format!("{path}.{word}");
        check_not_empty(&path, parts, "condition", errors);
        let parts = parts.iter().enumerate();
        parts
            .map(|(index, part)| compile(part, lists, &format!("{path}[{index}]"), errors))
            .collect()
    };
    let leaf = match raw {
        RawCondition::Any(parts) => return several("any", parts).map(Condition::Any),
        RawCondition::All(parts) => return several("all", parts).map(Condition::All),
        RawCondition::Not(inner) => {
            let inner = compile(inner, lists, &format!("{path}.not"), errors)?;
            return Some(Condition::Not(Box::new(inner)));
        }
        RawCondition::List(name) => {
            let found = lists.condition(name);
            if found.is_none() {
                errors.add(
                    format_args!("{path}.list"),
                    Some(format!("{name:?}")),
                    "expected the name of one of `lists`",
                );
            }
            return found;
        }
        RawCondition::Fact(name) => return fact(name, path, errors).map(Condition::Leaf),
        RawCondition::Within(measure, range) => Leaf::Within(*measure, *range),
        RawCondition::Asn(asns) => {
            check_not_empty(&format!("{path}.asn"), asns, "autonomous system", errors);
            Leaf::Asn(lists::asns(asns))
        }
        RawCondition::Country(countries) => {
            check_not_empty(&format!("{path}.country"), countries, "country", errors);
            Leaf::Country(few_sorted(countries.iter().map(|country| country.0.0)))
        }
        RawCondition::AsnType(names) => {
            let path = format!("{path}.asn_type");
            let places = places(names, &AsnType::ALL.map(AsnType::name), &path, errors)?;
            Leaf::AsnType(picked(AsnType::ALL, &places))
        }
        RawCondition::Connection(names) => {
            let path = format!("{path}.connection");
            let places = places(names, &Connection::ALL.map(Connection::name), &path, errors)?;
            Leaf::Connection(picked(Connection::ALL, &places))
        }
    };
    Some(Condition::Leaf(leaf))
}

/// Where each of `names` stands among those that are known.
fn places(
    names: &[String],
    known: &[&str],
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<Vec<usize>> {
    check_not_empty(path, names, "type", errors);
    let mut places = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let place = known.iter().position(|each| each == name);
        if place.is_none() {
            errors.add(
                format_args!("{path}[{index}]"),
                Some(format!("{name:?}")),
                format_args!("expected one of {}", known.join(", ")),
            );
        }
        places.extend(place);
    }
    (places.len() == names.len()).then_some(places)
}

fn picked<T: Copy, const N: usize>(all: [T; N], places: &[usize]) -> Vec<T> {
    let places = places.iter();
    places
        .filter_map(|place| all.get(*place).copied())
        .collect()
}

fn fact(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<Leaf> {
    let fact = Fact::from_name(name);
    if fact.is_none() {
        let mut known = Fact::ALL.map(Fact::name).to_vec();
        let last = known.pop().unwrap_or_default();
        errors.add(
            path,
            Some(format!("{name:?}")),
            format_args!("expected one of {} and {last}", known.join(", ")),
        );
    }
    fact.map(Leaf::Holds)
}

/// Sorted, each once. For few items: every kind of item that is sorted costs 6 KiB of code, this one does not.
fn few_sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut sorted = Vec::new();
    for item in items {
        if let Err(place) = sorted.binary_search(&item) {
            sorted.insert(place, item);
        }
    }
    sorted
}
