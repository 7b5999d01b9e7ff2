//! Routes of one path, and doors that are closed.

use serde_json::{Value, json};

use super::{load_tree, with};
use crate::decision::{Action, Condition, Revokes, Signals, Truth};
use crate::route::RouteIndex;

fn route(matches: &Value) -> Value {
    with(
        json!({ "routes": [{ "name": "door", "match": matches, "rules": [{ "when": "always", "then": "deny" }] }] }),
    )
}

#[test]
fn always_holds_and_revokes_nobody() {
    let policy = load_tree(&route(&json!({ "path": "/xmlrpc.php" }))).expect("valid");
    let own = policy.protection(RouteIndex::new(0)).expect("a route");
    let rule = own.ruleset.rules.last().expect("a rule");
    assert_eq!(rule.when, Condition::ALWAYS);
    assert_eq!(rule.when.test(&Signals::NOTHING_KNOWN), Truth::True);
    assert_eq!((rule.then, rule.revokes), (Action::Deny, Revokes::Never));
    assert_eq!(
        own.ruleset
            .conclude(&Signals::NOTHING_KNOWN)
            .enforced
            .action(),
        Action::Deny
    );
}

#[test]
fn what_a_match_cannot_ask_is_refused_with_its_place() {
    for (matches, wrong) in [
        (json!([]), "match = []: expected at least one match"),
        (json!({ "query": {} }), "match.query"),
        (
            json!({ "form": { "": "x" } }),
            "expected the name of a field",
        ),
        (json!({ "form": { "a": [] } }), "expected at least one text"),
        (
            json!({ "form": { "a": "" } }),
            "expected a text that is not empty",
        ),
        (
            json!({ "form": { "a": 7 } }),
            "expected a text, a list of texts, {\"present\": true} or {\"contains\": \"text\"}",
        ),
        (
            json!({ "form": { "a": { "present": "x" } } }),
            "match.form.a.present",
        ),
        (
            json!({ "form": { "a": { "contains": "" } } }),
            "expected either present or contains, and a text that is not empty",
        ),
        (
            json!({ "form": { "a": { "contains": "x", "present": true } } }),
            "expected either present or contains",
        ),
        (
            json!({ "form": { "a": { "absent": true } } }),
            "no such field",
        ),
        (json!({ "json": { "name": "x" } }), "a JSON pointer"),
        (json!({ "body": "(" }), "match.body"),
        (json!({ "body": "x*" }), "fits an empty text"),
        (
            json!([{ "path": "/a" }, { "cookie": { "a": "b" } }]),
            "match[1].cookie",
        ),
        (
            json!({
                "form": { "a": "1", "b": "1", "c": "1", "d": "1", "e": "1" },
                "query": { "a": "1", "b": "1", "c": "1", "d": "1" },
            }),
            "expected at most 8",
        ),
    ] {
        let error = load_tree(&route(&matches))
            .expect_err(&matches.to_string())
            .to_string();
        assert!(error.contains(wrong), "{matches}: {error}");
    }
}

#[test]
fn patterns_of_accounts_are_checked_when_they_are_read() {
    for (rule, wrong) in [("allow", "("), ("remove", "x*"), ("allow", "")] {
        let policy = with(json!({ "identity": { "normalise": { rule: wrong } } }));
        let error = load_tree(&policy).expect_err(wrong).to_string();
        assert!(
            error.contains(&format!("identity.normalise.{rule}")),
            "{error}"
        );
        assert!(error.contains("regular expression"), "{error}");
    }
}

#[test]
fn a_pattern_of_accounts_wants_a_group_and_a_bound() {
    for (pattern, wrong) in [
        (json!("login"), "no group"),
        (
            json!({ "pattern": "(login)", "at_most": 65 }),
            "1 to 64 attempts",
        ),
        (json!({ "at_most": 5 }), "the field pattern is missing"),
        (json!({ "pattern": "(login)", "most": 5 }), "no such field"),
    ] {
        let policy = with(json!({ "identity": { "account": [{ "body_pattern": pattern }] } }));
        let error = load_tree(&policy).expect_err(wrong).to_string();
        assert!(error.contains(wrong), "{error}");
        assert!(error.contains("identity.account[0]"), "{error}");
    }
}
