use serde_json::{Value, json};

use super::*;
use crate::config::error::ConfigErrors;
use crate::json::{self, Json};

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "PALISADE_KEY" | "PALISADE_KEY_AGAIN" => "geheim-".repeat(6),
        "PALISADE_KEY_OLD" => "geheim_".repeat(6) + "\n",
        "PALISADE_KEY_SHORT" => "geheim".to_owned(),
        "PALISADE_KEY_EMPTY" => String::new(),
        "PALISADE_KEY_SPACED" => "geheim ".repeat(6),
        _ => return None,
    };
    Some(value)
}

fn load_keys(names: Value) -> (Option<SigningKeys>, String) {
    let tree = json!({ "signing_keys_env": names });
    let tree = Json::parse(tree.to_string().as_bytes()).expect("JSON");
    let raw = json::read(tree.get("signing_keys_env").expect("names")).expect("names");
    let mut mistakes = Mistakes::new(&tree);
    let at = &Place::Top.field("signing_keys_env");
    let keys = keys(&raw, at, &environment, &mut mistakes);
    match mistakes.unless_any(keys) {
        Ok(keys) => (Some(keys), String::new()),
        Err(mistakes) => (None, ConfigErrors(mistakes).to_string()),
    }
}

#[test]
fn keys_are_read_from_the_environment_in_their_order() {
    let (keys, told) = load_keys(json!(["PALISADE_KEY", "PALISADE_KEY_OLD"]));
    assert_eq!(told, "");
    let keys = keys.expect("keys");
    let secrets = ["geheim-", "geheim_"].map(|word| Secret::parse(&word.repeat(6)));
    let secrets = secrets.map(|secret| secret.expect("a secret"));
    let expected = SigningKeys::new(&secrets).expect("keys");
    let sign = |keys: &SigningKeys| {
        let sign = |key: &crate::signing::SigningKey| {
            key.sign(crate::signing::Purpose::Device, &[b"alice"])
        };
        keys.iter().map(sign).collect::<Vec<_>>()
    };
    assert_eq!(sign(&keys), sign(&expected));
}

#[test]
fn a_variable_without_a_good_key_is_told_without_its_value() {
    for (names, place, words) in [
        (json!([]), "signing_keys_env", "at least one"),
        (
            json!(["PALISADE_KEY", "PALISADE_KEY_NEW"]),
            "signing_keys_env[1] = \"PALISADE_KEY_NEW\"",
            "vm_config.environment_variables",
        ),
        (
            json!(["PALISADE_KEY_EMPTY"]),
            "signing_keys_env[0] = \"PALISADE_KEY_EMPTY\"",
            "empty",
        ),
        (
            json!(["PALISADE_KEY", "PALISADE_KEY_SHORT"]),
            "signing_keys_env[1] = \"PALISADE_KEY_SHORT\"",
            "shorter than 32 bytes; make one with: openssl rand -hex 32",
        ),
        (
            json!(["PALISADE_KEY_SPACED"]),
            "signing_keys_env[0] = \"PALISADE_KEY_SPACED\"",
            "at byte 6",
        ),
        (
            json!(["PALISADE_KEY", "PALISADE_KEY"]),
            "signing_keys_env[1] = \"PALISADE_KEY\"",
            "same as signing_keys_env[0]",
        ),
        (
            json!(["PALISADE_KEY_OLD", "PALISADE_KEY", "PALISADE_KEY_AGAIN"]),
            "signing_keys_env[2] = \"PALISADE_KEY_AGAIN\"",
            "same as signing_keys_env[1]",
        ),
        (
            json!(["geheim-geheim-geheim-geheim-geheim"]),
            "signing_keys_env[0] = (not shown)",
            "not the key itself",
        ),
        (
            json!(vec!["PALISADE_KEY"; 5]),
            "signing_keys_env",
            "at most 4",
        ),
    ] {
        let (keys, told) = load_keys(names.clone());
        assert!(keys.is_none(), "{names}");
        assert!(told.contains(place), "{place} in {told}");
        assert!(told.contains(words), "{words} in {told}");
        assert!(!told.contains("geheim"), "{told}");
    }
}

#[test]
fn every_variable_that_is_wrong_is_told_at_once() {
    let (_, told) = load_keys(json!(["PALISADE_KEY_SHORT", "PALISADE_KEY_NEW"]));
    assert_eq!(told.lines().count(), 2, "{told}");
}
