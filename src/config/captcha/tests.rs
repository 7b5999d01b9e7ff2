use serde_json::{Value, json};

use super::*;
use crate::config::error::ConfigErrors;
use crate::identity::account::BodyBytes;
use crate::json::{self, Json};
use crate::message::{HeaderBlock, serialise};

fn environment(name: &str) -> Option<String> {
    match name {
        "TURNSTILE_SECRET" => Some("geheim-1x0000".to_owned()),
        "EMPTY_SECRET" => Some(String::new()),
        _ => None,
    }
}

fn compiled(tree: &Value) -> Result<CaptchaPolicy, ConfigErrors> {
    let tree = json!({ "captcha": tree });
    let tree = Json::parse(tree.to_string().as_bytes()).unwrap();
    let raw: RawCaptcha = json::read(tree.get("captcha").unwrap()).map_err(ConfigErrors)?;
    let mut mistakes = Mistakes::new(&tree);
    let at = &Place::Top.field("captcha");
    let policy = compile(&raw, at, &environment, &mut mistakes);
    mistakes.unless_any(policy).map_err(ConfigErrors)
}

/// A configuration of Turnstile with these changes; `null` leaves a field out.
fn with(changes: &Value) -> Value {
    let mut tree = json!({
        "provider": "turnstile", "cluster": "siteverify", "site_key": "0x4AAA_-.b",
        "secret_env": "TURNSTILE_SECRET", "hostnames": ["example.com"],
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            tree.as_object_mut().unwrap().remove(name);
        } else {
            tree[name] = value.clone();
        }
    }
    tree
}

#[test]
fn what_is_left_out_has_the_defaults() {
    let policy = compiled(&with(&json!({}))).expect("it compiles");
    assert_eq!(policy.cluster, "siteverify");
    assert_eq!(policy.timeout, Duration::from_secs(2));
    assert_eq!(policy.on_unavailable, OnUnavailable::ProofOfWork);
    assert!(policy.captcha.widget().is_some());
    let policy = compiled(&with(&json!({ "site_key": null }))).expect("it compiles");
    assert!(policy.captcha.widget().is_none());
}

#[test]
fn everything_is_as_the_operator_writes_it() {
    for (word, expected) in [
        ("proof_of_work", OnUnavailable::ProofOfWork),
        ("deny", OnUnavailable::Deny),
        ("allow", OnUnavailable::Allow),
    ] {
        let policy = compiled(&with(
            &json!({ "on_unavailable": word, "timeout": "500ms" }),
        ));
        let policy = policy.expect("it compiles");
        assert_eq!(policy.on_unavailable, expected);
        assert_eq!(policy.timeout, Duration::from_millis(500));
    }
    for (score, expected) in [(0.0, 0), (0.5, 500), (0.7, 700), (0.999, 999), (1.0, 1_000)] {
        assert_eq!(
            thousandths(score, &Place::Top, &mut Mistakes::new(&Json::Null)),
            Some(expected)
        );
    }
}

#[test]
fn a_token_is_read_where_the_operator_says() {
    let form = "application/x-www-form-urlencoded";
    let parts = "--B\r\ncontent-disposition: form-data; name=\"t\"\r\n\r\nabc\r\n--B--\r\n";
    for (place, kind, header, body) in [
        (json!({ "form": "t" }), form, "", "t=abc"),
        (
            json!({ "form": "t" }),
            "multipart/form-data; boundary=B",
            "",
            parts,
        ),
        (
            json!({ "json": "/c/t" }),
            "application/json",
            "",
            r#"{"c":{"t":"abc"}}"#,
        ),
        (json!({ "header": "X-T" }), form, "x-t", ""),
        (json!({ "cookie": "t" }), form, "cookie", ""),
    ] {
        let policy = compiled(&with(&json!({ "token": [place] }))).expect("it compiles");
        let value = if header == "cookie" { "t=abc" } else { "abc" };
        let mut lines = vec![("content-type", kind)];
        lines.extend((!header.is_empty()).then_some((header, value)));
        let lines = lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let head = HeaderBlock::new(serialise(lines));
        let captcha = policy.captcha;
        let token = captcha.token(captcha.read_head(&head), BodyBytes::Whole(body.as_bytes()));
        assert!(matches!(token, Ok(Some(_))), "{place} {token:?}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    for (changes, path, words) in [
        (
            json!({ "provider": "arkose" }),
            "captcha.provider",
            "turnstile, hcaptcha",
        ),
        (json!({ "cluster": "" }), "captcha.cluster", "Envoy cluster"),
        (json!({ "site_key": "a b" }), "captcha.site_key", "1 to 128"),
        (
            json!({ "secret_env": null }),
            "captcha.secret_env",
            "verifies nothing",
        ),
        (
            json!({ "secret_env": "NO_SECRET" }),
            "captcha.secret_env",
            "vm_config",
        ),
        (
            json!({ "secret_env": "EMPTY_SECRET" }),
            "captcha.secret_env",
            "empty",
        ),
        (json!({ "token": [] }), "captcha.token", "at least one"),
        (
            json!({ "token": [{ "form": "" }] }),
            "captcha.token[0].form",
            "name of a field",
        ),
        (
            json!({ "token": [{ "cookie": "a b" }] }),
            "captcha.token[0].cookie",
            "cookie",
        ),
        (
            json!({ "token": [{ "header": "a b" }] }),
            "captcha.token[0].header",
            "header",
        ),
        (
            json!({ "token": [{ "json": "t" }] }),
            "captcha.token[0].json",
            "JSON pointer",
        ),
        (
            json!({ "token": [{ "form": "t" }, { "form": "t" }] }),
            "captcha.token[1]",
            "once",
        ),
        (
            json!({ "hostnames": null }),
            "captcha.hostnames",
            "another site",
        ),
        (
            json!({ "hostnames": ["https://a.de"] }),
            "captcha.hostnames[0]",
            "not a host",
        ),
        (
            json!({ "hostnames": ["*"] }),
            "captcha.hostnames",
            "every site",
        ),
        (json!({ "action": "a b" }), "captcha.action", "1 to 32"),
        (
            json!({ "min_score": 0.5 }),
            "captcha.min_score",
            "does not tell a score",
        ),
        (
            json!({ "min_score": 1.5 }),
            "captcha.min_score",
            "from 0 to 1",
        ),
        (json!({ "max_age": "1s" }), "captcha.max_age", "30s to 1h"),
        (json!({ "timeout": "6s" }), "captcha.timeout", "10ms to 5s"),
        (
            json!({ "provider": "hcaptcha", "action": "a" }),
            "captcha.action",
            "does not tell an action",
        ),
        (
            json!({ "provider": "recaptcha_v3", "action": "a" }),
            "captcha.min_score",
            "least score",
        ),
        (
            json!({ "provider": "recaptcha_v3", "min_score": 0.5 }),
            "captcha.action",
            "expected the action",
        ),
        (
            json!({ "provider": "friendly_captcha", "send_client_address": true }),
            "captcha.send_client_address",
            "does not ask",
        ),
        (
            json!({ "on_unavailable": "pass" }),
            "captcha.on_unavailable",
            "proof_of_work",
        ),
        (
            json!({ "provider": {} }),
            "captcha.provider.request.authority",
            "host name",
        ),
        (
            json!({ "provider": { "preset": "x" } }),
            "captcha.provider.preset",
            "expected one of",
        ),
    ] {
        let errors = compiled(&with(&changes)).expect_err(path);
        // What `json::read` tells begins below `captcha` here.
        let is_it = |error: &crate::config::ConfigError| {
            let told = error.path.to_string();
            (told == path || format!("captcha.{told}") == path) && error.to_string().contains(words)
        };
        assert!(
            errors.0.iter().any(is_it),
            "{changes}: {path} {words} in:\n{errors}"
        );
        assert!(!errors.to_string().contains("geheim"), "{errors}");
    }
}

#[test]
fn a_preset_can_be_changed_in_part() {
    let provider =
        json!({ "preset": "friendly_captcha", "request": { "authority": "eu.frcapi.com" } });
    let policy = compiled(&with(&json!({ "provider": provider }))).expect("it compiles");
    let head = HeaderBlock::new(serialise(
        [(&b"x-palisade-captcha"[..], &b"abc"[..])].into_iter(),
    ));
    let captcha = policy.captcha;
    let token = captcha.token(captcha.read_head(&head), BodyBytes::Absent);
    let client = Some("192.0.2.1".parse().unwrap());
    let request = captcha.request(&token.unwrap().unwrap(), client);
    assert_eq!(request.authority, "eu.frcapi.com");
    assert_eq!(request.path, "/api/v2/captcha/siteverify");
}
