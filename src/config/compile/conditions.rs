//! Conditions: names of signals, and what they are combined to.

use crate::config::check;
use crate::config::lists::{self, Lists};
use crate::config::raw::{ALWAYS, RawCondition};
use crate::decision::{Condition, Leaf};
use crate::intelligence::{AsnType, Connection};
use crate::json::{Mistakes, Place, one_of};
use crate::signals::Fact;

/// Compiles a condition; `None` when there is something wrong with it, which is then among the mistakes.
pub(in crate::config) fn compile(
    raw: &RawCondition,
    lists: &Lists,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Condition> {
    let mut several = |word: &str, parts: &[RawCondition]| -> Option<Vec<Condition>> {
        let at = &at.field(word);
        check::not_empty(at, parts, "condition", mistakes);
        let parts = parts.iter().enumerate();
        parts
            .map(|(index, part)| compile(part, lists, &at.element(index), mistakes))
            .collect()
    };
    let leaf = match raw {
        RawCondition::Always => return Some(Condition::ALWAYS),
        RawCondition::Any(parts) => return several("any", parts).map(Condition::Any),
        RawCondition::All(parts) => return several("all", parts).map(Condition::All),
        RawCondition::Not(inner) => {
            let inner = compile(inner, lists, &at.field("not"), mistakes)?;
            return Some(Condition::Not(Box::new(inner)));
        }
        RawCondition::List(name) => {
            let found = lists.condition(name);
            if found.is_none() {
                let known: Vec<&str> = lists.names().collect();
                let sentence = &"expected the name of one of `lists`";
                mistakes.unknown(&at.field("list"), sentence, name, &known);
            }
            return found;
        }
        RawCondition::Fact(name) => return fact(name, at, mistakes).map(Condition::Leaf),
        RawCondition::Within(measure, range) => Leaf::Within(*measure, *range),
        RawCondition::Asn(asns) => {
            check::not_empty(&at.field("asn"), asns, "autonomous system", mistakes);
            Leaf::Asn(lists::asns(asns))
        }
        RawCondition::Country(countries) => {
            check::not_empty(&at.field("country"), countries, "country", mistakes);
            Leaf::Country(few_sorted(countries.iter().map(|country| country.0.0)))
        }
        RawCondition::Ja4(patterns) => {
            check::not_empty(&at.field("ja4"), patterns, "fingerprint", mistakes);
            Leaf::Ja4(patterns.iter().map(|pattern| pattern.0.clone()).collect())
        }
        RawCondition::AsnType(names) => {
            let at = &at.field("asn_type");
            let places = places(names, &AsnType::ALL.map(AsnType::name), at, mistakes)?;
            Leaf::AsnType(picked(AsnType::ALL, &places))
        }
        RawCondition::Connection(names) => {
            let at = &at.field("connection");
            let places = places(names, &Connection::ALL.map(Connection::name), at, mistakes)?;
            Leaf::Connection(picked(Connection::ALL, &places))
        }
    };
    Some(Condition::Leaf(leaf))
}

/// Where each of `names` stands among those that are known.
fn places(
    names: &[String],
    known: &[&str],
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<usize>> {
    check::not_empty(at, names, "type", mistakes);
    let mut places = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let place = known.iter().position(|each| each == name);
        if place.is_none() {
            let sentence = format!("expected {}", one_of(known));
            mistakes.unknown(&at.element(index), &sentence, name, known);
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

fn fact(name: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<Leaf> {
    let fact = Fact::from_name(name);
    if fact.is_none() {
        let known = [&[ALWAYS][..], &Fact::ALL.map(Fact::name)].concat();
        let sentence = format!("expected {}", one_of(&known));
        mistakes.unknown(at, &sentence, name, &known);
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
