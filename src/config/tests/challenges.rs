//! Challenges and pages of the operator's own.

use super::*;
use crate::challenge::Binding;
use crate::signing::SigningKeys;

#[test]
fn a_challenge_needs_no_configuration_and_no_keys() {
    let policy = load_tree(&smallest()).expect("valid");
    let challenges = policy.challenges;
    assert_eq!(challenges.difficulty.get(), 50_000);
    assert_eq!(challenges.lifetime.as_secs(), 600);
    assert_eq!(challenges.clearance.as_secs(), 1_800);
    assert_eq!(challenges.cookie.as_str(), "__Host-palisade-clearance");
    assert_eq!(challenges.binding, Binding::Subnet);
    assert!(challenges.replay.is_some());
    assert!(challenges.keys.is_none());
}

#[test]
fn the_operators_keys_sign_challenges() {
    let tree = with(json!({ "signing_keys_env": ["SIGNING_KEY"] }));
    let keys: Option<SigningKeys> = load_tree(&tree).expect("valid").challenges.keys;
    assert!(keys.is_some());
}

#[test]
fn what_no_challenge_can_be_is_refused_at_its_place() {
    for (challenge, path, words) in [
        (
            json!({ "difficulty": 999 }),
            "difficulty",
            "1000 to 5000000",
        ),
        (json!({ "lifetime": "59s" }), "lifetime", "1m to 1h"),
        (
            json!({ "clearance": { "lifetime": "25h" } }),
            "clearance.lifetime",
            "1m to 1d",
        ),
        (
            json!({ "clearance": { "cookie": "a b" } }),
            "clearance.cookie",
            "cookie name",
        ),
        (
            json!({ "clearance": { "subnets": 0 } }),
            "clearance.subnets",
            "1 to 200",
        ),
        (
            json!({ "clearance": { "bound_to": "city" } }),
            "clearance.bound_to",
            "subnet",
        ),
        (
            json!({ "carry": { "bytes": "65KiB" } }),
            "carry.bytes",
            "1KiB to 64KiB",
        ),
        (
            json!({ "carry": { "fields": 0 } }),
            "carry.fields",
            "1 to 1024",
        ),
        (
            json!({ "endpoint": "challenge" }),
            "endpoint",
            "starts with /",
        ),
        (
            json!({ "template": "<html>{{title}}" }),
            "template",
            "{{language}} is missing",
        ),
        (
            json!({ "template": "{{titel}}" }),
            "template",
            "no placeholder {{titel}}",
        ),
    ] {
        refused(
            &with(json!({ "challenge": challenge })),
            &format!("challenge.{path}"),
            words,
        );
    }
}

#[test]
fn pages_of_the_operators_own_are_checked_when_they_are_loaded() {
    let templates = |templates: Value| with(json!({ "reply": { "templates": templates } }));
    for (given, path, words) in [
        (
            json!({ "denied": "<p>{{message}}" }),
            "denied",
            "{{title}} is missing",
        ),
        (
            json!({ "limited": "{{title}} {{messsage}}" }),
            "limited",
            "expected one of title, message",
        ),
        (
            json!({ "denied": "{{title} {{message}}" }),
            "denied",
            "line 1",
        ),
    ] {
        refused(&templates(given), &format!("reply.templates.{path}"), words);
    }
    let good =
        json!({ "denied": "<h1>{{title}}</h1>{{message}}", "limited": "{{title}}{{message}}" });
    let policy = load_tree(&templates(good)).expect("valid");
    assert!(policy.reply_templates.denied.is_some() && policy.reply_templates.limited.is_some());
}
