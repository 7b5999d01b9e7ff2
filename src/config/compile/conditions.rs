//! Conditions: names of signals, and what they are combined to.

use super::check_not_empty;
use super::lists::{self, Lists};
use crate::config::error::ConfigErrors;
use crate::config::raw::RawCondition;
use crate::decision::{Condition, Leaf};
use crate::intelligence::{AsnType, Flag};

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
        RawCondition::Signal(name) => return signal(name, path, errors).map(Condition::Leaf),
        RawCondition::Score(range) => Leaf::Score(*range),
        RawCondition::TravelSpeed(range) => Leaf::TravelSpeed(*range),
        RawCondition::TravelKm(range) => Leaf::TravelKm(*range),
        RawCondition::AsnFailureRate(range) => Leaf::AsnFailureRate(*range),
        RawCondition::Asn(asns) => {
            check_not_empty(&format!("{path}.asn"), asns, "autonomous system", errors);
            Leaf::Asn(lists::asns(asns))
        }
        RawCondition::Country(countries) => {
            check_not_empty(&format!("{path}.country"), countries, "country", errors);
            Leaf::Country(few_sorted(countries.iter().map(|country| country.0.0)))
        }
        RawCondition::AsnType(names) => {
            check_not_empty(&format!("{path}.asn_type"), names, "type", errors);
            let types: Option<Vec<AsnType>> = names
                .iter()
                .enumerate()
                .map(|(index, name)| {
                    let kind = AsnType::from_name(name);
                    if kind.is_none() {
                        let names: Vec<&str> = AsnType::ALL.map(AsnType::name).to_vec();
                        errors.add(
                            format_args!("{path}.asn_type[{index}]"),
                            Some(format!("{name:?}")),
                            format_args!("expected one of {}", names.join(", ")),
                        );
                    }
                    kind
                })
                .collect();
            Leaf::AsnType(types?)
        }
    };
    Some(Condition::Leaf(leaf))
}

fn signal(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<Leaf> {
    match name {
        "private" => return Some(Leaf::Private),
        "unknown" => return Some(Leaf::Unknown),
        "impossible_travel" => return Some(Leaf::ImpossibleTravel),
        _ => {}
    }
    let flag = Flag::from_name(name);
    if flag.is_none() {
        let names: Vec<&str> = Flag::ALL.map(Flag::name).to_vec();
        errors.add(
            path,
            Some(format!("{name:?}")),
            format_args!(
                "expected one of {}, private, unknown and impossible_travel",
                names.join(", ")
            ),
        );
    }
    flag.map(Leaf::Flag)
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
