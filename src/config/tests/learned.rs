use serde_json::{Value, json};

use super::{load_tree, merge, refused, with};

/// A route whose answers tell failed logins, and which asks for the rate if told so.
fn login(more: Value) -> Value {
    let mut tree = with(json!({ "learned": { "asn_failures": {} } }));
    merge(
        &mut tree["routes"][0],
        json!({ "failure": { "status": [401] } }),
    );
    merge(&mut tree, more);
    tree
}

#[test]
fn a_rate_is_learnt_over_an_hour_from_fifty_answers_unless_told_otherwise() {
    let learnt = |tree: &Value| {
        load_tree(tree)
            .expect("valid")
            .asn_failures
            .expect("learnt")
    };
    let usual = learnt(&login(json!({})));
    assert_eq!(usual.window.get().as_secs(), 3_600);
    assert_eq!((usual.min_samples.get(), usual.share().get()), (50, 5));
    let own = json!({ "learned": { "asn_failures": { "window": "1m", "min_samples": 10 } } });
    let own = learnt(&login(own));
    assert_eq!((own.window.get().as_secs(), own.share().get()), (60, 1));
    assert!(
        load_tree(&with(json!({})))
            .expect("valid")
            .asn_failures
            .is_none()
    );
}

#[test]
fn a_window_or_a_number_of_samples_out_of_range_is_refused() {
    for (field, value, expected) in [
        ("window", json!("59s"), "1m to 30d"),
        ("window", json!("31d"), "1m to 30d"),
        ("min_samples", json!(9), "10 to 100000"),
        ("min_samples", json!(100_001), "10 to 100000"),
    ] {
        let tree = login(json!({ "learned": { "asn_failures": { field: value } } }));
        refused(&tree, &format!("learned.asn_failures.{field}"), expected);
    }
}

#[test]
fn learning_needs_a_route_that_tells_failed_logins() {
    let mut tree = with(json!({ "learned": { "asn_failures": {} } }));
    refused(&tree, "learned.asn_failures", "that tells failed logins");
    tree["limits"] = json!([{ "name": "a", "key": ["subnet"], "count": "failures", "limit": 9, "window": "1m" }]);
    refused(&tree, "learned.asn_failures", "that tells failed logins");
    tree["routes"][0]["limits"] = json!(["a"]);
    assert!(load_tree(&tree).is_ok());
}

#[test]
fn who_asks_for_the_rate_has_it_learnt_and_nobody_else_reads_it() {
    let condition = json!({ "any": ["tor", { "not": { "asn_failure_rate": "<60" } }] });
    let limit = |more: Value| {
        let mut limit = json!({ "name": "a", "key": ["subnet"], "limit": 9, "window": "1m" });
        merge(&mut limit, more);
        json!({ "limits": [limit] })
    };
    let asks = [
        json!({ "score": { "weights": { "asn_failure_rate": -1 } } }),
        json!({ "annotate": { "headers": ["ref", "asn_failure_rate"] } }),
        json!({
            "lists": [{ "name": "l", "asns": [1], "then": "deny" }],
            "rules": [{ "when": condition, "then": "deny" }],
        }),
        limit(json!({ "when": condition })),
        limit(json!({ "limit": [{ "when": condition, "limit": 1 }, { "limit": 2 }] })),
        limit(
            json!({ "count": "distinct(account)", "limit": [{ "when": condition, "limit": 1 }, { "limit": 2 }] }),
        ),
    ];
    for ask in asks {
        let mut tree = login(json!({ "identity": { "account": [{ "header": "x" }] } }));
        assert!(!load_tree(&tree).expect("valid").protections[0].reads_asn_failures);
        let mut ask = ask;
        if let Some(rules) = ask.as_object_mut().and_then(|ask| ask.remove("rules")) {
            tree["routes"][0]["rules"] = rules;
        }
        if ask.get("limits").is_some() {
            tree["routes"][0]["limits"] = json!(["a"]);
        }
        merge(&mut tree, ask);
        assert!(
            load_tree(&tree).expect("valid").protections[0].reads_asn_failures,
            "{tree}"
        );
        tree.as_object_mut().expect("an object").remove("learned");
        refused(&tree, "learned.asn_failures", "asks for asn_failure_rate");
    }
}
