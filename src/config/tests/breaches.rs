use std::time::Duration;

use serde_json::{Value, json};

use super::{load_tree, merge, refused, with};
use crate::breach::PasswordUse;

/// A policy whose login steps up for breached passwords, and has these members as well.
fn asking(more: Value) -> Value {
    let rules = json!([{ "when": "breached_password", "then": "step_up" }]);
    let mut tree = with(
        json!({ "breached_passwords": { "cluster": "c", "authority": "passwords.internal" } }),
    );
    tree["routes"][0]["rules"] = rules;
    tree["routes"][0]["password"] = json!([{ "form": "password" }]);
    merge(&mut tree, more);
    tree
}

/// The same with this in place of how the service is asked.
fn asked(service: &Value) -> Value {
    let mut tree = asking(json!({}));
    tree["breached_passwords"] = service.clone();
    tree
}

#[test]
fn a_service_has_defaults_and_bounds() {
    let breaches = load_tree(&asking(json!({}))).expect("valid").breaches;
    let breaches = breaches.expect("a service");
    assert_eq!(breaches.timeout, Duration::from_millis(200));
    assert_eq!((breaches.min_count, breaches.ttl.as_secs()), (1, 86_400));
    for (more, path, words) in [
        (
            json!({ "min_count": 0 }),
            "min_count",
            "expected at least 1",
        ),
        (json!({ "timeout": "3s" }), "timeout", "2s"),
        (json!({ "timeout": "1ms" }), "timeout", "10ms"),
        (
            json!({ "path": "/range/" }),
            "path",
            "expected {prefix} once",
        ),
        (
            json!({ "path": "/{prefix}/{prefix}" }),
            "path",
            "expected {prefix} once",
        ),
        (json!({ "path": "/{other}" }), "path", "only {prefix}"),
        (
            json!({ "authority": "a b" }),
            "authority",
            "passwords.internal",
        ),
        (json!({ "cluster": "" }), "cluster", "expected"),
        (json!({ "cache": { "ttl": "31d" } }), "cache.ttl", "30d"),
    ] {
        let tree = asking(json!({ "breached_passwords": more }));
        refused(&tree, &format!("breached_passwords.{path}"), words);
    }
}

#[test]
fn who_asks_says_who_knows_and_where_passwords_stand() {
    let mut tree = asking(json!({}));
    tree.as_object_mut()
        .expect("an object")
        .remove("breached_passwords");
    refused(&tree, "breached_passwords", "expected who knows that");
    let mut tree = asking(json!({}));
    tree["routes"][0]
        .as_object_mut()
        .expect("an object")
        .remove("password");
    refused(&tree, "routes[0].password", "expected where it stands");
    let mut tree = asking(json!({}));
    tree["routes"][0]["on_success"] = json!(["breached_password"]);
    refused(&tree, "routes[0].success", "expected what only a login has");
    refused(&asked(&json!({})), "breached_passwords", "cluster");
}

#[test]
fn a_password_stands_wherever_an_account_may() {
    let with = |password: Value| {
        let mut tree = asking(json!({}));
        tree["routes"][0]["password"] = password;
        tree
    };
    for place in [
        json!({ "form": "password" }),
        json!({ "json": "/user/password" }),
        json!({ "query": "password" }),
        json!({ "header": "x-password" }),
        json!("basic"),
    ] {
        let policy = load_tree(&with(json!([place]))).expect("valid");
        let own = policy
            .protections
            .iter()
            .find_map(|own| own.password.as_ref());
        let matters = PasswordUse {
            reads: true,
            checks: true,
            ..PasswordUse::default()
        };
        assert_eq!(own.expect("a password").matters, matters, "{place}");
    }
    for (password, path, words) in [
        (json!([]), "routes[0].password", "expected"),
        (
            json!([{ "form": "" }]),
            "routes[0].password[0].form",
            "expected",
        ),
        (
            json!([{ "header": "a b" }]),
            "routes[0].password[0].header",
            "header name",
        ),
        (
            json!(["basic", "basic"]),
            "routes[0].password[1]",
            "each place once",
        ),
        (json!(["bearer"]), "routes[0].password[0]", "basic"),
    ] {
        refused(&with(password), path, words);
    }
}
