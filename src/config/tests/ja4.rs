use serde_json::{Value, json};

use super::{load_tree, merge, refused, with};
use crate::address::HeaderName;
use crate::fingerprint::Ja4Source;

const CHROMIUM: &str = "t13d1517h2_8daaf6152771_33f857a189cb";

/// A policy that has this and says where the fingerprint is found.
fn reading(more: Value) -> Value {
    let mut tree = with(json!({ "ja4": {} }));
    merge(&mut tree, more);
    tree
}

#[test]
fn a_fingerprint_is_in_filter_state_unless_a_header_is_named() {
    let source = |tree: &Value| load_tree(tree).expect("valid").ja4;
    assert_eq!(source(&with(json!({}))), None);
    assert_eq!(source(&reading(json!({}))), Some(Ja4Source::FilterState));
    let header = HeaderName::new("x-ja4").expect("a name");
    let named = reading(json!({ "ja4": { "header": "X-JA4" } }));
    assert_eq!(source(&named), Some(Ja4Source::Header(header)));
    refused(
        &reading(json!({ "ja4": { "header": "x ja4" } })),
        "ja4.header",
        "is not a header name",
    );
}

#[test]
fn who_asks_for_a_fingerprint_must_say_where_it_is() {
    let limit = |limit: Value| {
        let mut limit = limit;
        merge(
            &mut limit,
            json!({ "name": "a", "limit": 9, "window": "1m" }),
        );
        json!({ "limits": [limit], "routes": [{ "name": "login", "match": { "path": "/login" }, "limits": ["a"] }] })
    };
    let rule = |when: Value| {
        let rules = json!([{ "when": when, "then": "deny" }]);
        json!({ "routes": [{ "name": "login", "match": { "path": "/login" }, "rules": rules }] })
    };
    for asking in [
        rule(json!({ "ja4": [CHROMIUM] })),
        rule(json!({ "not": { "ja4": ["t13d*"] } })),
        rule(json!("agent_contradicted")),
        limit(json!({ "key": ["subnet", "ja4"] })),
        limit(json!({ "key": ["subnet"], "count": "distinct(ja4)" })),
        limit(json!({ "key": ["subnet"], "when": { "ja4": ["t13d*"] } })),
        json!({ "score": { "weights": { "agent_contradicted": 20 } } }),
        json!({ "annotate": { "headers": ["ja4"] } }),
    ] {
        let mut tree = with(json!({}));
        for (name, member) in asking.as_object().expect("an object") {
            tree[name] = member.clone();
        }
        refused(&tree, "ja4", "expected it as well");
        tree["ja4"] = json!({});
        load_tree(&tree).unwrap_or_else(|errors| panic!("{asking}: {errors}"));
    }
}

#[test]
fn what_can_be_no_fingerprint_is_refused() {
    let with_patterns = |patterns: Value| {
        reading(json!({ "routes": [{
            "name": "login", "match": { "path": "/login" },
            "rules": [{ "when": { "ja4": patterns }, "then": "deny" }],
        }] }))
    };
    refused(
        &with_patterns(json!(["t13d1517h2"])),
        "routes[0].rules[0].when.ja4[0]",
        "a JA4 fingerprint such as",
    );
    refused(
        &with_patterns(json!([])),
        "routes[0].rules[0].when.ja4",
        "at least one fingerprint",
    );
}
