//! Conditions, matches, challenges and limits in words.

mod challenge;
mod limit;
mod results;
mod travel;

pub(crate) use challenge::{captcha, challenge};
pub(crate) use limit::{account, limit, tells_devices};
pub(crate) use results::results;
pub(crate) use travel::{success, travel};

use palisade::decision::{Condition, Leaf, NumberRange};
use palisade::signals::{Measure, Membership, Scale};
use serde_json::Value;

/// A condition as it reads: `tor or (vpn and score 50..=79)`.
pub(crate) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Leaf(one) => leaf(one),
        Condition::Any(parts) => joined(parts, " or "),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Not(inner) => format!("not {}", part(inner)),
    }
}

fn joined(parts: &[Condition], word: &str) -> String {
    match parts {
        [] => "always".to_owned(),
        [only] => condition(only),
        parts => parts.iter().map(part).collect::<Vec<_>>().join(word),
    }
}

/// In brackets where it has parts of its own.
fn part(inner: &Condition) -> String {
    match inner {
        Condition::Any(parts) | Condition::All(parts) if parts.len() > 1 => {
            format!("({})", condition(inner))
        }
        inner => condition(inner),
    }
}

fn leaf(leaf: &Leaf) -> String {
    let among = |membership: Membership, items: String| format!("{} {items}", membership.name());
    match leaf {
        Leaf::Holds(fact) => fact.name().to_owned(),
        Leaf::Within(measure, range) => within(*measure, *range),
        Leaf::Asn(asns) => among(
            Membership::Asn,
            few(asns.iter().map(|asns| asns.to_string())),
        ),
        Leaf::AsnType(types) => among(
            Membership::AsnType,
            few(types.iter().map(|kind| kind.name().to_owned())),
        ),
        Leaf::Country(countries) => among(
            Membership::Country,
            few(countries.iter().map(|country| country.as_str().to_owned())),
        ),
        Leaf::Connection(kinds) => among(
            Membership::Connection,
            few(kinds.iter().map(|kind| kind.name().to_owned())),
        ),
        Leaf::Ja4(patterns) => among(
            Membership::Ja4,
            few(patterns.iter().map(ToString::to_string)),
        ),
        Leaf::List(_, name) => format!("on the list {name}"),
    }
}

/// `score 50..=79` or `travel_speed >=501 km/h`.
fn within(measure: Measure, range: NumberRange) -> String {
    let range = match measure.scale() {
        Scale::Hundred => {
            let (low, high) = range.bounds();
            format!("{low}..={high}")
        }
        Scale::Open => range.to_string(),
    };
    let said = format!("{} {range} {}", measure.name(), measure.unit());
    said.trim_end().to_owned()
}

/// The first ones, and how many more there are.
fn few(items: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let items: Vec<String> = items.collect();
    match items.len().checked_sub(SHOWN) {
        None | Some(0) => items.join(", "),
        Some(more) => {
            let shown: Vec<String> = items.into_iter().take(SHOWN).collect();
            format!("{} and {more} more", shown.join(", "))
        }
    }
}

/// What a route matches: `POST /login on app.example.com`.
pub(crate) fn matches(matches: &Value) -> String {
    if let Value::Array(several) = matches {
        let several: Vec<String> = several.iter().map(self::matches).collect();
        return several.join("; or ");
    }
    let list = |name: &str| texts(matches.get(name)).join(", ");
    let mut said = match list("methods") {
        methods if methods.is_empty() => "every method".to_owned(),
        methods => methods,
    };
    let paths = paths(matches);
    said.push(' ');
    said.push_str(&if paths.is_empty() {
        "every path".to_owned()
    } else {
        paths.join(" or ")
    });
    let holds = |name: &str| matches.get(name).and_then(Value::as_bool);
    if holds("ignore_case") == Some(false) {
        said.push_str(" in just this letter case");
    }
    let hosts = list("hosts");
    if !hosts.is_empty() {
        said.push_str(" on ");
        said.push_str(&hosts);
    }
    for kind in ["query", "form", "json"] {
        let values = matches.get(kind).and_then(Value::as_object);
        for (name, wanted) in values.into_iter().flatten() {
            said.push_str(&format!(" with {kind} {name} {}", wanted_in_words(wanted)));
        }
    }
    if let Some(pattern) = matches.get("body").and_then(Value::as_str) {
        said.push_str(" with a body that has ");
        said.push_str(pattern);
    }
    if holds("profile") == Some(true) {
        said.push_str(", and where Envoy's route metadata names it");
    }
    said
}

/// Each match of a route.
pub(crate) fn several(matches: &Value) -> &[Value] {
    match matches {
        Value::Array(several) => several,
        one => std::slice::from_ref(one),
    }
}

/// What a value must be.
fn wanted_in_words(wanted: &Value) -> String {
    match wanted {
        Value::String(text) => text.clone(),
        Value::Array(_) => texts(Some(wanted)).join(" or "),
        other => match (other.get("present"), other.get("contains")) {
            (Some(Value::Bool(false)), _) => "absent".to_owned(),
            (_, Some(Value::String(part))) => format!("containing {part}"),
            _ => "present".to_owned(),
        },
    }
}

/// The texts of a list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<&str> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// The paths of a match, each in words; none when every path matches.
fn paths(matches: &Value) -> Vec<String> {
    let path = match matches.get("path") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
    };
    path.into_iter().filter_map(path_in_words).collect()
}

fn path_in_words(path: &Value) -> Option<String> {
    if let Value::String(exact) = path {
        return Some(exact.clone());
    }
    let (form, text) = path.as_object()?.iter().next()?;
    let text = text.as_str()?;
    Some(match form.as_str() {
        "exact" => text.to_owned(),
        "prefix" => format!("{text} and below"),
        form => format!("{form} {text}"),
    })
}

/// Whether a route matches every path, by whatever form.
pub(crate) fn every_path(matches: &Value) -> bool {
    if let Value::Array(several) = matches {
        return several.iter().any(every_path);
    }
    if ["query", "form", "json", "body"]
        .iter()
        .any(|kind| matches.get(kind).is_some())
    {
        return false;
    }
    let paths = paths(matches);
    let all = ["/ and below", "glob /**", "regex .*", "regex /.*"];
    paths.is_empty() || paths.iter().any(|path| all.contains(&path.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_match_reads_as_it_decides() {
        for (given, said, every) in [
            (json!({}), "every method every path", true),
            (
                json!({ "methods": ["GET", "POST"], "path": "/login" }),
                "GET, POST /login",
                false,
            ),
            (
                json!({ "path": [{ "prefix": "/a" }, { "glob": "/b/*" }, { "exact": "/c" }], "ignore_case": false }),
                "every method /a and below or glob /b/* or /c in just this letter case",
                false,
            ),
            (
                json!({ "path": { "prefix": "/" }, "hosts": ["a.example", "*.b.example"], "profile": true }),
                "every method / and below on a.example, *.b.example, and where Envoy's route metadata names it",
                true,
            ),
            (
                json!([
                    { "path": "/t", "form": { "grant": "password" }, "query": { "a": ["b", "c"] } },
                    { "path": "/g", "json": { "/name": { "present": false } } },
                    { "path": "/h", "json": { "/query": { "contains": "login" } } },
                ]),
                "every method /t with query a b or c with form grant password; or every method /g with json /name \
                 absent; or every method /h with json /query containing login",
                false,
            ),
        ] {
            assert_eq!(
                (matches(&given).as_str(), every_path(&given)),
                (said, every)
            );
        }
    }
}
