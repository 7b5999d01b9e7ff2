//! Whatever word the filter takes the schema takes, and no other.
//!
//! The words are asked of the filter itself: at each place of the examples, which use every field, stands a word that
//! there is not, and the mistake names those that there are.

use std::collections::{BTreeMap, BTreeSet};

use palisade::config::{self, yaml};
use serde_json::{Value, json};

use super::rich;
use super::validator::Schema;
use crate::documents::documents;

/// A word that there is not.
const NONSENSE: &str = "nonsense";

/// The mistakes that the filter tells, by place.
fn mistakes(tree: &Value) -> Vec<(String, String)> {
    let key = |name: &str| Some(format!("{name:k<40}"));
    let loaded = config::load(tree.to_string().as_bytes(), &key);
    let errors = loaded
        .map(|_| ())
        .err()
        .map_or_else(Vec::new, |errors| errors.0);
    errors
        .into_iter()
        .map(|error| (error.path.to_string(), error.to_string()))
        .collect()
}

/// The configurations of the documents that stand by themselves, and one with most of what can be said.
fn examples() -> Vec<Value> {
    let text = documents();
    let blocks = text
        .split("```yaml\n")
        .skip(1)
        .filter_map(|block| block.split("```").next());
    let parsed = blocks.filter_map(|block| serde_yaml_ng::from_str::<Value>(block).ok());
    let own = parsed.filter(Value::is_object).map(|mut tree| {
        let route = json!([{ "name": "r", "match": {} }]);
        tree.as_object_mut()
            .expect("an object")
            .entry("routes")
            .or_insert(route);
        tree
    });
    let valid = own.filter(|tree| mistakes(tree).is_empty());
    let examples: Vec<Value> = valid.chain([rich()]).collect();
    assert!(examples.len() > 10, "{}", examples.len());
    examples
}

/// The places of all texts, numbers and truth values, as pointers.
fn leaves(tree: &Value, place: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{place}/{index}"), found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

/// `/routes/0/rules/1/when` as the filter writes it: `routes[0].rules[1].when`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            let dot = if path.is_empty() { "" } else { "." };
            path.push_str(&format!("{dot}{step}"));
        }
    }
    path
}

/// The kind of a place: `routes.rules.when`.
fn kind(pointer: &str) -> String {
    let steps = pointer
        .split('/')
        .filter(|step| step.parse::<usize>().is_err());
    steps
        .filter(|step| !step.is_empty())
        .collect::<Vec<_>>()
        .join(".")
}

fn put(tree: &Value, pointer: &str, value: Value) -> Value {
    let mut tree = tree.clone();
    *tree.pointer_mut(pointer).expect(pointer) = value;
    tree
}

/// What is wrong at one place.
fn wrong_at(tree: &Value, pointer: &str) -> Option<String> {
    let path = dotted(pointer);
    let mut found = mistakes(tree)
        .into_iter()
        .filter(|(place, _)| *place == path);
    found.next().map(|(_, problem)| problem)
}

/// The words that a mistake names.
fn named(problem: &str) -> Option<Vec<String>> {
    let (_, behind) = problem.split_once("expected one of ")?;
    let list = behind.split([';', '\n']).next()?.split(", not ").next()?;
    let words = list.replace(" and ", ", ");
    Some(words.split(", ").map(str::to_owned).collect())
}

/// The words that stand in no such mistake: where they stand, and which they are.
fn others() -> Vec<(&'static str, Vec<&'static str>)> {
    let counts = vec![
        "attempts",
        "failures",
        "successes",
        "distinct(account)",
        "distinct(address)",
        "distinct(subnet)",
        "distinct(asn)",
        "distinct(country)",
        "distinct(session)",
        "distinct(agent)",
    ];
    vec![
        ("/limits/0/count", counts),
        ("/limits/0/block_for", vec!["growing"]),
        ("/routes/0/failure", vec!["otherwise"]),
        ("/routes/0/rules/0", vec!["default"]),
    ]
}

#[test]
fn every_word_that_the_filter_takes_validates_and_no_other() {
    let schema = Schema::ours();
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for example in examples() {
        assert!(schema.accepts(&example), "{example}");
        let mut places = Vec::new();
        leaves(&example, "", &mut places);
        for place in places {
            let wrong = put(&example, &place, json!(NONSENSE));
            let Some(known) = wrong_at(&wrong, &place).and_then(|problem| named(&problem)) else {
                continue;
            };
            assert!(
                !schema.accepts(&wrong),
                "the schema takes a word that there is not at {place}"
            );
            for word in &known {
                let tree = put(&example, &place, json!(word));
                // A variant that holds something is no word by itself; what follows from its meaning is not the
                // schema's.
                let alone = wrong_at(&tree, &place)
                    .is_none_or(|problem| !problem.contains("an object with the field"));
                assert_eq!(schema.accepts(&tree), alone, "{word} at {place}");
            }
            for flag in [false, true] {
                let tree = put(&example, &place, json!(flag));
                let is_word = known.iter().any(|word| yaml::boolean(word) == Some(flag));
                assert_eq!(schema.accepts(&tree), is_word, "{flag} at {place}");
                assert_eq!(
                    wrong_at(&tree, &place).is_none(),
                    is_word,
                    "{flag} at {place}"
                );
            }
            words.entry(kind(&place)).or_default().extend(known);
        }
    }
    for (place, known) in others() {
        assert!(
            !schema.accepts(&put(&rich(), place, json!(NONSENSE))),
            "{place}"
        );
        for word in &known {
            let tree = put(&rich(), place, json!(word));
            let form = wrong_at(&tree, place).filter(|problem| problem.starts_with("expected"));
            assert_eq!(form, None, "{word} at {place}");
            assert!(schema.accepts(&tree), "{word} at {place}");
        }
        let known = known.into_iter().map(str::to_owned);
        words.entry(kind(place)).or_default().extend(known);
    }
    assert!(
        words["routes.rules.when"].contains("agent_headless"),
        "{words:#?}"
    );
    for (place, listed) in listed(&schema.0) {
        let met = words.values().any(|known| listed.is_subset(known));
        assert!(
            met,
            "no example uses the words at {place}: {listed:?}\n{words:#?}"
        );
    }
}

/// Every list of words in the schema, and where it stands.
fn listed(schema: &Value) -> Vec<(String, BTreeSet<String>)> {
    fn search(schema: &Value, place: &str, found: &mut Vec<(String, BTreeSet<String>)>) {
        let words = |words: Vec<&Value>| {
            words
                .into_iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let consts: Vec<&Value> = match schema["oneOf"].as_array() {
            Some(arms) => arms.iter().filter_map(|arm| arm.get("const")).collect(),
            None => Vec::new(),
        };
        let listed: Vec<&Value> = schema["enum"].as_array().into_iter().flatten().collect();
        for list in [consts, listed] {
            if !list.is_empty() {
                found.push((place.to_owned(), words(list)));
            }
        }
        match schema {
            Value::Object(fields) => {
                for (name, field) in fields {
                    search(field, &format!("{place}/{name}"), found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| search(item, place, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    search(schema, "", &mut found);
    assert!(found.len() > 20, "{found:?}");
    found
}

#[test]
fn every_field_of_a_condition_and_every_weight_validates() {
    let schema = Schema::ours();
    for (place, definition) in [
        (
            "/routes/0/rules/0/when",
            "/$defs/Condition/anyOf/1/properties",
        ),
        ("/score/weights", "/$defs/RawWeights/properties"),
    ] {
        let tree = put(&rich(), place, json!({ NONSENSE: 1 }));
        let problem =
            wrong_at(&tree, &format!("{place}/{NONSENSE}")).expect("there is no such field");
        let (_, known) = problem.split_once("expected one of ").expect("fields");
        let known: BTreeSet<&str> = known.split(", ").collect();
        let described = schema
            .0
            .pointer(definition)
            .and_then(Value::as_object)
            .expect(definition);
        let described: BTreeSet<&str> = described.keys().map(String::as_str).collect();
        assert_eq!(known, described);
    }
}
