//! JSON text and binary protobuf are two forms of one configuration.

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as ProtobufValue};
use serde_json::{Value, json};

use super::{environment, with};
use crate::config::{ConfigErrors, load};
use crate::policy::Policy;

fn protobuf(value: &Value) -> ProtobufValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().expect("a double")),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => Kind::ListValue(ListValue {
            values: items.iter().map(protobuf).collect(),
        }),
        Value::Object(_) => Kind::StructValue(message(value)),
    };
    ProtobufValue { kind: Some(kind) }
}

fn message(tree: &Value) -> Struct {
    let fields = tree.as_object().expect("an object").iter();
    Struct {
        fields: fields
            .map(|(name, field)| (name.clone(), protobuf(field)))
            .collect(),
    }
}

fn load_message(tree: &Value) -> Result<Policy, ConfigErrors> {
    load(&message(tree).encode_to_vec(), &environment)
}

/// A configuration in which every kind of value stands.
fn rich() -> Value {
    json!({
        "mode": "monitor",
        "client": { "trusted_proxies": ["10.0.0.0/8"], "header": "cf-connecting-ip" },
        "intelligence": {
            "provider": {
                "preset": "ipasis",
                "fields": { "score": [{ "path": "s", "direction": "risk", "max": 99.5, "words": { "low": 0.25 } }] },
            },
            "cluster": "c", "api_key_env": "KEY", "timeout": "300ms", "max_response": "1KiB", "daily_budget": 100,
            "cache": { "entries": 65536, "ipv6_prefix": 56, "flags": null },
        },
        "lists": [{ "name": "a", "asns": [64500, "AS64501"], "weight": -20, "then": "step_up" }],
        "annotate": { "filter_state": false, "headers": [] },
        "routes": [{
            "name": "login",
            "match": { "path": [{ "prefix": "/a" }, "/b"], "methods": ["POST"], "ignore_case": true },
            "rules": [
                { "when": { "all": ["tor", { "not": { "score": "<5" } }] }, "then": "deny", "status": 451 },
                "default",
            ],
        }],
    })
}

#[test]
fn text_and_struct_of_one_tree_are_one_policy() {
    let text = load(rich().to_string().as_bytes(), &environment).expect("valid text");
    let pretty = serde_json::to_vec_pretty(&rich()).expect("JSON");
    let pretty = load(&pretty, &environment).expect("valid text");
    let native = load_message(&rich()).expect("a valid Struct");
    assert_eq!(format!("{text:#?}"), format!("{native:#?}"));
    assert_eq!(format!("{text:#?}"), format!("{pretty:#?}"));
}

#[test]
fn text_and_struct_of_one_tree_have_the_same_mistakes() {
    let wrong = json!({
        "audit": { "lines_per_second": 0.5 },
        "lists": [{ "name": "a", "asns": [64500, -1, 4294967296_u64, "AS0"], "weight": "heavy" }],
        "routes": [{ "name": "login", "match": {}, "on_unknown": "panic" }],
        "unknown": [],
    });
    let told = |errors: ConfigErrors| {
        let mut lines: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        lines.sort_unstable();
        lines
    };
    let text = load(wrong.to_string().as_bytes(), &environment).map(|_| ());
    let text = told(text.expect_err("wrong"));
    let native = load_message(&wrong).map(|_| ());
    assert_eq!(text, told(native.expect_err("wrong")));
    assert_eq!(text.len(), 7, "{text:#?}");
}

/// A field of a `Struct` starts with the byte of a new line and the field's length, which may be white space as well.
#[test]
fn a_struct_that_starts_like_white_space_or_like_json_is_still_a_struct() {
    for length in *b" \t\n\r{[\"" {
        let name_and_value = usize::from(length).checked_sub(6).expect("room");
        let bytes = message(&json!({ "x".repeat(name_and_value): true })).encode_to_vec();
        assert_eq!(bytes[..2], [b'\n', length]);
        let errors = load(&bytes, &environment).map(|_| ()).expect_err("refused");
        assert!(
            errors.0[0].path.to_string().contains("xxx"),
            "{length}: {errors}"
        );
    }
}

#[test]
fn numbers_that_json_cannot_write_are_refused_in_a_struct() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.5, 1e300] {
        let mut tree = message(&with(json!({ "audit": { "lines_per_second": 1 } })));
        let fields = [(
            "lines_per_second".to_owned(),
            ProtobufValue {
                kind: Some(Kind::NumberValue(number)),
            },
        )];
        let audit = Kind::StructValue(Struct {
            fields: fields.into(),
        });
        tree.fields
            .insert("audit".to_owned(), ProtobufValue { kind: Some(audit) });
        let errors = load(&tree.encode_to_vec(), &environment)
            .map(|_| ())
            .expect_err("refused");
        assert_eq!(
            errors.0[0].path.to_string(),
            "audit.lines_per_second",
            "{errors}"
        );
        assert!(errors.to_string().contains("a whole number"), "{errors}");
    }
}

#[test]
fn a_struct_that_is_cut_short_or_nested_too_deeply_is_refused() {
    let bytes = message(&rich()).encode_to_vec();
    for end in 1..bytes.len() {
        assert!(load(&bytes[..end], &environment).is_err(), "{end}");
    }
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!({ "not": deep });
    }
    assert!(load_message(&json!({ "routes": deep })).is_err());
}
