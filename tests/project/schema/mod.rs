//! The JSON Schema of the configuration, as an editor reads it.

mod validator;
mod words;

use self::validator::Schema;
use serde_json::{Value, json};

/// Every configuration of the filter in a file of the repository.
pub(crate) fn shipped(file: &str) -> Vec<Value> {
    fn search(tree: &Value, found: &mut Vec<Value>) {
        match tree {
            Value::Object(fields)
                if fields.contains_key("routes") && !fields.contains_key("name") =>
            {
                let ours = fields["routes"][0]["name"].is_string();
                found.extend(ours.then(|| tree.clone()));
            }
            _ => {}
        }
        match tree {
            Value::Object(fields) => fields.values().for_each(|field| search(field, found)),
            Value::Array(items) => items.iter().for_each(|item| search(item, found)),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(file).expect(file);
    let mut found = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(&text) {
        let document: Value = serde::Deserialize::deserialize(document).expect(file);
        search(&document, &mut found);
    }
    found
}

#[test]
fn the_schema_accepts_every_configuration_in_the_repository() {
    for file in [
        "envoy/demo.yaml",
        "envoy/ipasis.yaml",
        "envoy/kubernetes/istio.yaml",
        "envoy/kubernetes/istio-envoyfilter.yaml",
        "envoy/kubernetes/envoy-gateway.yaml",
    ] {
        let found = shipped(file);
        assert_eq!(found.len(), 1, "{file}");
        assert!(Schema::ours().accepts(&found[0]), "{file}");
    }
}

/// A valid configuration with most of what can be said.
fn rich() -> Value {
    json!({
        "mode": "monitor",
        "client": { "trusted_proxies": ["10.0.0.0/8", "2001:db8::1"] },
        "intelligence": {
            "provider": {
                "preset": "ipasis",
                "fields": { "vpn": ["a.b", { "path": "c[]", "when": { "one_of": ["x"] } }] },
            },
            "cluster": "c", "api_key_env": "KEY", "timeout": "1s500ms", "max_response": "64KiB",
            "cache": { "flags": "10m", "stale_if_error": "0", "entries": 1024 },
        },
        "lists": [{ "name": "a", "asns": [64500, "AS64501"], "weight": -20, "then": "step_up" }],
        "score": { "weights": { "vpn": 100 } },
        "annotate": { "headers": ["verdict", "asn_type"] },
        "identity": {
            "account": [{ "form": "email" }, "basic", { "path_segment": 2 }, { "json": "/user/email" }],
            "session": ["bearer", { "cookie": "sid" }],
            "normalise": { "accents": "remove" },
            "subnet": { "ipv4": 24 },
            "body_limit": "64KiB",
        },
        "signing_keys_env": ["KEY"],
        "device": { "lifetime": "90d" },
        "unlock": { "path": "/unlock", "redirect": "/login" },
        "counters": { "memory": "1MiB" },
        "limits": [
            {
                "name": "a", "key": ["account"], "count": "distinct(subnet)", "limit": 5, "window": "1h",
                "block_for": "growing",
            },
            {
                "name": "b", "key": ["subnet"], "limit": { "clean": 60, "risky": 5 }, "window": "1m",
                "block_for": { "first": "1m" },
            },
            {
                "name": "c", "key": ["subnet"], "limit": [{ "when": "vpn", "limit": 5 }, { "limit": 9 }],
                "window": "1m", "block_for": "10m",
            },
            { "name": "d", "limit": 3, "window": "1d", "codes": { "length": 6 } },
        ],
        "routes": [{
            "name": "login",
            "match": { "path": ["/login", { "glob": "/a/*" }], "methods": ["POST"] },
            "lookup": "background",
            "limits": ["a", "b"],
            "failure": {
                "status": [401, "4xx", "500..=599"],
                "header": [{ "name": "location", "prefix": "/login?error" }],
                "grpc_status": [16],
                "body": [{ "json": "/ok", "equals": false }],
            },
            "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
            "rules": [
                {
                    "when": { "any": [
                        "tor", { "all": [{ "score": "50..80" }, { "not": "mobile" }] }, { "list": "a" },
                    ] },
                    "then": "deny", "status": 451,
                },
                { "when": { "country": ["DE"], "asn": [1], "asn_type": ["isp"] }, "then": "allow" },
                "default",
            ],
        }],
    })
}

#[test]
fn the_schema_accepts_what_the_filter_accepts() {
    let loaded = palisade::config::load(rich().to_string().as_bytes(), &|_| Some("k".repeat(32)));
    assert!(loaded.is_ok(), "{:?}", loaded.map(|_| ()));
    assert!(Schema::ours().accepts(&rich()));
    let mut preset = rich();
    preset["intelligence"]["provider"] = json!("crowdsec");
    assert!(Schema::ours().accepts(&preset));
    assert!(Schema::ours().accepts(&json!({ "routes": [{ "name": "a", "match": {} }] })));
}

#[test]
fn the_schema_refuses_what_the_filter_refuses() {
    for (place, wrong) in [
        ("/routes", json!([])),
        ("/mode", json!("sometimes")),
        ("/surprise", json!(1)),
        ("/client/trusted_proxies", json!([])),
        ("/client/trusted_proxies/0", json!("everybody")),
        ("/client/surprise", json!(1)),
        ("/intelligence/provider", json!("nobody")),
        ("/intelligence/provider/preset", json!("nobody")),
        ("/intelligence/provider/fields/vpn/1/when", json!("absent")),
        ("/intelligence/provider/fields/surprise", json!([])),
        ("/intelligence/cluster", json!("")),
        ("/intelligence/timeout", json!(500)),
        ("/intelligence/timeout", json!("soon")),
        ("/intelligence/max_response", json!("64 kB")),
        ("/intelligence/cache/entries", json!(1000)),
        ("/intelligence/cache/ipv6_prefix", json!(129)),
        ("/intelligence/daily_budget", json!(0)),
        ("/lists/0/asns/0", json!(0)),
        ("/lists/0/weight", json!(101)),
        ("/lists/0/then", json!("drop")),
        ("/score/weights/vpn", json!(-101)),
        ("/annotate/headers/0", json!("everything")),
        ("/routes/0/name", json!(null)),
        ("/routes/0/lookup", json!("later")),
        ("/identity/account", json!([])),
        ("/identity/account/0", json!({ "field": "email" })),
        ("/identity/account/3/json", json!("user")),
        ("/identity/session/0", json!("basic")),
        ("/identity/subnet/ipv4", json!(7)),
        ("/identity/body_limit", json!("64 kB")),
        ("/identity/normalise/accents", json!("strip")),
        ("/signing_keys_env", json!([])),
        ("/device/lifetime", json!("long")),
        ("/unlock/path", json!("unlock")),
        ("/counters/memory", json!(1)),
        ("/limits/0/count", json!("distinct(route)")),
        ("/limits/0/key", json!("account")),
        ("/limits/0/limit", json!(0)),
        ("/limits/0/window", json!("soon")),
        ("/limits/0/then", json!("drop")),
        ("/limits/0/block_for", json!("shrinking")),
        ("/limits/0/status", json!(200)),
        ("/limits/0/surprise", json!(1)),
        ("/limits/1/limit", json!({ "clean": 60 })),
        ("/limits/3/codes/length", json!(0)),
        ("/routes/0/failure", json!({})),
        ("/routes/0/failure/status/0", json!(99)),
        ("/routes/0/failure/grpc_status/0", json!(17)),
        ("/routes/0/on_missing_account", json!("drop")),
        ("/routes/0/surprise", json!(1)),
        ("/routes/0/match/methods", json!([])),
        ("/routes/0/match/path/1", json!({ "prefx": "/a" })),
        ("/routes/0/rules/0/status", json!(200)),
        ("/routes/0/rules/0/then", json!("drop")),
        ("/routes/0/rules/0/when", json!("toor")),
        ("/routes/0/rules/0/when/any", json!([])),
        ("/routes/0/rules/0/when/any/1/all/0/score", json!("high")),
        ("/routes/0/rules/1/when/asn_type/0", json!("shop")),
        ("/routes/0/rules/2", json!("builtin")),
    ] {
        let mut tree = rich();
        let (above, name) = place.rsplit_once('/').expect("a place");
        let parent = tree.pointer_mut(above).expect(place);
        match parent {
            Value::Array(items) => items[name.parse::<usize>().expect("an index")] = wrong.clone(),
            other => other[name] = wrong.clone(),
        }
        let loaded = palisade::config::load(tree.to_string().as_bytes(), &|_| Some("k".repeat(32)));
        assert!(loaded.is_err(), "the filter accepts {wrong} at {place}");
        assert!(
            !Schema::ours().accepts(&tree),
            "the schema accepts {wrong} at {place}"
        );
    }
}

/// Descriptions are what an editor shows.
#[test]
fn every_field_and_every_type_is_described() {
    fn check(schema: &Value, place: &str) {
        let described = |schema: &Value| {
            ["description", "$ref"]
                .iter()
                .any(|word| schema.get(word).is_some())
        };
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            // A form that is chosen by its only field is described as a whole.
            assert!(described(field) || described(schema), "{place}.{name}");
        }
        let arms = ["anyOf", "oneOf"].map(|word| schema[word].as_array());
        for arm in arms.into_iter().flatten().flatten() {
            check(arm, place);
        }
    }
    let schema = Schema::ours().0;
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        assert!(definition.get("description").is_some(), "{name}");
        let mut fields = definition.clone();
        if fields["properties"].is_object() {
            fields
                .as_object_mut()
                .expect("an object")
                .remove("description");
        }
        check(&fields, name);
    }
}
