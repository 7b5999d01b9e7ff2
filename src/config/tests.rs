mod agents;
mod answers;
mod breaches;
mod challenges;
mod clients;
mod fleet;
mod forms;
mod hostile;
mod ja4;
mod learned;
mod limits;
mod matches;
mod meaning;
mod refusals;
mod secrets;
mod sessions;
mod travel;

use serde_json::{Value, json};

use super::*;

fn environment(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("geheim".to_owned()),
        "SIGNING_KEY" => Some("geheim-".repeat(6)),
        "BROKEN_KEY" => Some("geheim\n".to_owned()),
        _ => None,
    }
}

fn load_tree(tree: &Value) -> Result<Policy, ConfigErrors> {
    load(tree.to_string().as_bytes(), &environment)
}

fn smallest() -> Value {
    json!({ "routes": [{ "name": "login", "match": { "path": "/login" } }] })
}

fn with_api(more: Value) -> Value {
    let mut tree = smallest();
    let mut api = json!({ "provider": "ipasis", "cluster": "c", "api_key_env": "KEY" });
    merge(&mut api, more);
    tree["intelligence"] = api;
    tree
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

/// The configuration with one change, which must be refused at this place with these words.
fn refused(tree: &Value, path: &str, words: &str) {
    let errors = load_tree(tree).map(|_| ()).expect_err(path);
    let told = errors
        .0
        .iter()
        .any(|error| error.path.to_string() == path && format!("{error}").contains(words));
    assert!(told, "expected {path}: ..{words}.. in:\n{errors}");
    assert!(!errors.to_string().contains("geheim"), "{errors}");
}

fn with(change: Value) -> Value {
    let mut tree = smallest();
    merge(&mut tree, change);
    tree
}

fn route(change: Value) -> Value {
    let mut tree = smallest();
    merge(&mut tree["routes"][0], change);
    tree
}

fn rule(rule: Value) -> Value {
    route(json!({ "rules": [rule] }))
}
