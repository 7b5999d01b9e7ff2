//! Several proxies that count together.

use super::*;
use crate::fleet::OnUnavailable;
use crate::limits::Scope;

fn fleet(own: Value, limit: Value) -> Value {
    let mut tree = with(json!({
        "signing_keys_env": ["SIGNING_KEY"],
        "fleet": { "cluster": "ratelimit" },
        "limits": [{ "name": "all", "key": ["subnet"], "limit": 3, "window": "1h", "scope": "fleet" }],
    }));
    merge(&mut tree["fleet"], own);
    merge(&mut tree["limits"][0], limit);
    tree
}

#[test]
fn a_cluster_and_a_key_are_all_that_a_fleet_needs() {
    let policy = load_tree(&fleet(json!({}), json!({}))).expect("valid");
    let own = policy.fleet.expect("a fleet");
    assert_eq!(own.cluster, "ratelimit");
    assert_eq!(own.authority, "ratelimit");
    assert_eq!(own.domain, "palisade");
    assert_eq!(own.timeout.as_millis(), 20);
    assert_eq!(own.on_unavailable, OnUnavailable::Local);
    let limit = &policy.limits[0];
    assert_eq!((limit.terms.scope, limit.waits), (Scope::Fleet, true));
}

#[test]
fn what_no_fleet_can_be_is_refused_at_its_place() {
    for (own, path, words) in [
        (json!({ "cluster": "" }), "cluster", "an Envoy cluster"),
        (json!({ "authority": "a b" }), "authority", "host name"),
        (json!({ "domain": "A b" }), "domain", "a-z"),
        (json!({ "timeout": "2s" }), "timeout", "1ms to 1s"),
        (json!({ "timeout": "0" }), "timeout", "1ms to 1s"),
        (
            json!({ "on_unavailable": "allow" }),
            "on_unavailable",
            "local",
        ),
    ] {
        refused(&fleet(own, json!({})), &format!("fleet.{path}"), words);
    }
    for (limit, path, words) in [
        (json!({ "limit": 15_001 }), "limit", "at most 15000"),
        (json!({ "scope": "world" }), "scope", "fleet"),
        (
            json!({ "scope": "local", "wait": false }),
            "wait",
            "scope: fleet",
        ),
    ] {
        refused(
            &fleet(json!({}), limit),
            &format!("limits[0].{path}"),
            words,
        );
    }
}

#[test]
fn a_limit_of_the_fleet_needs_one_and_a_fleet_needs_a_key() {
    let mut tree = fleet(json!({}), json!({}));
    tree.as_object_mut().expect("an object").remove("fleet");
    refused(&tree, "limits", "section fleet");
    let mut tree = fleet(json!({}), json!({}));
    tree.as_object_mut()
        .expect("an object")
        .remove("signing_keys_env");
    refused(&tree, "fleet", "signing_keys_env");
}

#[test]
fn counters_are_named_by_the_first_key_the_domain_and_the_plugin() {
    let seed = |own: Value, keys: Value, plugin: &str| {
        let mut tree = fleet(own, json!({}));
        tree["signing_keys_env"] = keys;
        let environment = |name: &str| Some(format!("{name}-{}", "geheim-".repeat(6)));
        let policy = load(tree.to_string().as_bytes(), &environment).expect("valid");
        policy.fleet.expect("a fleet").seed(plugin)
    };
    let one = seed(json!({}), json!(["A"]), "palisade");
    assert_eq!(
        one,
        seed(json!({ "timeout": "5ms" }), json!(["A", "B"]), "palisade")
    );
    for other in [
        seed(json!({}), json!(["B", "A"]), "palisade"),
        seed(json!({ "domain": "other" }), json!(["A"]), "palisade"),
        seed(json!({}), json!(["A"]), "other"),
    ] {
        assert_ne!(one, other);
    }
}
