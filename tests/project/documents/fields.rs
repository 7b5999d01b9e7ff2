//! The fields of the configuration as dotted paths, read from the types by way of the JSON Schema.

use std::collections::BTreeSet;

use palisade::intelligence::Flag;
use serde_json::Value;

use super::examples::examples;
use super::{documents, names, rows};

/// What is the same in several places, and where it is described.
const SAME: [(&str, &str); 11] = [
    ("limits.subnet.", "identity.subnet."),
    ("limits.when.", "routes.rules.when."),
    ("limits.limit.when.", "routes.rules.when."),
    ("routes.account.", "identity.account."),
    ("routes.refusals.deny.", "routes.refusals.otherwise."),
    ("routes.refusals.challenge.", "routes.refusals.otherwise."),
    ("routes.refusals.limit.", "routes.refusals.otherwise."),
    (
        "routes.refusals.missing_account.",
        "routes.refusals.otherwise.",
    ),
    ("routes.success.", "routes.failure."),
    ("routes.next_step.", "routes.failure."),
    ("routes.locked.", "routes.failure."),
];

/// Conditions within conditions have the fields of conditions, and all flags those of one.
pub(super) fn canonical(path: &str) -> String {
    let mut path = path.to_owned();
    for (there, here) in SAME {
        if let Some(field) = path.strip_prefix(there) {
            path = format!("{here}{field}");
        }
    }
    for inner in ["any", "all", "not"] {
        path = path.replace(&format!(".when.{inner}."), ".when.");
    }
    for flag in Flag::ALL {
        path = path.replace(&format!(".fields.{}.", flag.name()), ".fields.FLAG.");
    }
    path
}

fn below(path: &str, name: &str) -> String {
    canonical(format!("{path}.{name}").trim_start_matches('.'))
}

struct Schema {
    root: Value,
    fields: BTreeSet<String>,
}

impl Schema {
    fn walk(&mut self, schema: &Value, path: &str, above: &[&str]) {
        if let Some(name) = schema["$ref"].as_str() {
            if !above.contains(&name) {
                let target = self.root.pointer(name.trim_start_matches('#')).unwrap();
                let (target, above) = (target.clone(), [above, &[name]].concat());
                self.walk(&target, path, &above);
            }
            return;
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = below(path, name);
            self.fields.insert(path.clone());
            self.walk(field, &path, above);
        }
        let several = ["anyOf", "oneOf", "allOf", "prefixItems"]
            .into_iter()
            .flat_map(|word| schema[word].as_array().into_iter().flatten());
        for part in several.chain(schema.get("items")) {
            self.walk(part, path, above);
        }
    }
}

fn schema() -> BTreeSet<String> {
    let root = schemars::schema_for!(palisade::config::Configuration).to_value();
    let mut schema = Schema {
        root: root.clone(),
        fields: BTreeSet::new(),
    };
    schema.walk(&root, "", &[]);
    assert!(schema.fields.contains("intelligence.cache.flags"));
    assert!(schema.fields.contains("routes.rules.when.any"));
    schema.fields
}

fn used(value: &Value, path: &str, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = below(path, name);
                fields.insert(path.clone());
                used(member, &path, fields);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| used(item, path, fields)),
        _ => {}
    }
}

#[test]
fn the_reference_has_every_field_and_no_other() {
    let text = documents();
    let mut told = BTreeSet::new();
    for part in text.split("<!-- fields").skip(1) {
        let (prefix, behind) = part.split_once(" -->").unwrap();
        let prefix = prefix.trim_start_matches(": ");
        for name in names(&rows(behind)) {
            let path = below(prefix, &name);
            assert!(told.insert(path.clone()), "{path} stands there twice");
        }
    }
    let real = schema();
    let missing: Vec<_> = real.difference(&told).collect();
    let surplus: Vec<_> = told.difference(&real).collect();
    assert!(missing.is_empty(), "not in the documents: {missing:#?}");
    assert!(surplus.is_empty(), "no such field: {surplus:#?}");
}

#[test]
fn the_examples_together_use_every_field() {
    let mut seen = BTreeSet::new();
    for example in examples() {
        used(&example, "", &mut seen);
    }
    let unused: Vec<_> = schema().difference(&seen).cloned().collect();
    assert!(unused.is_empty(), "in no example: {unused:#?}");
}
