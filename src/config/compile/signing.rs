use super::provider::shown_variable;
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawDevice, RawSigningKeys, RawUnlock};
use crate::device::{CookieName, DeviceCookies, Lifetime};
use crate::limits::Threshold;
use crate::signing::{Secret, SigningKeys, SigningKeysError};
use crate::unlock::UnlockLinks;

const KEYS: &str = "signing_keys_env";

/// The keys in these variables.
pub(super) fn keys(
    raw: &RawSigningKeys,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Option<SigningKeys> {
    let mut secrets = Vec::with_capacity(raw.0.len());
    for (index, variable) in raw.0.iter().enumerate() {
        let path = format!("{KEYS}[{index}]");
        let shown = Some(shown_variable(variable));
        match environment(variable).as_deref().map(Secret::parse) {
            Some(Ok(secret)) => secrets.push(secret),
            Some(Err(error)) => errors.add(path, shown, error),
            None => errors.add(
                path,
                shown,
                "expected the name of an environment variable, not the key itself, and that it is set in the VM \
                 (vm_config.environment_variables)",
            ),
        }
    }
    if secrets.len() < raw.0.len() {
        return None;
    }
    match SigningKeys::new(&secrets) {
        Ok(keys) => Some(keys),
        Err(error @ SigningKeysError::Same { first, second }) => {
            let shown = raw.0.get(second).map(|variable| shown_variable(variable));
            errors.add(
                format_args!("{KEYS}[{second}]"),
                shown,
                format_args!("{error}; this is the same as {KEYS}[{first}]"),
            );
            None
        }
        Err(error @ (SigningKeysError::None | SigningKeysError::TooMany)) => {
            errors.add(KEYS, None, error);
            None
        }
    }
}

/// The keys, where something needs them: `keys` is `Some(None)` when they are given and wrong, which has left an error.
pub(super) fn needed(
    keys: &Option<Option<SigningKeys>>,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<SigningKeys> {
    if keys.is_none() {
        errors.add(
            path,
            None,
            format_args!("expected {KEYS} as well: what is given to clients must be signed"),
        );
    }
    keys.clone().flatten()
}

/// Links that lift the lock of one account.
pub(super) fn unlock(
    raw: &RawUnlock,
    keys: &Option<Option<SigningKeys>>,
    errors: &mut ConfigErrors,
) -> Option<UnlockLinks> {
    let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut check = |field: &str, text: &str, fits: bool, expected: &str| {
        if !fits {
            errors.add(
                format_args!("unlock.{field}"),
                Some(format!("{text:?}")),
                format_args!("expected {expected}"),
            );
        }
    };
    let path = &raw.path;
    check(
        "path",
        path,
        path.starts_with('/') && visible(path) && !path.contains(['?', '#']),
        "a path that starts with /, of visible ASCII characters, without a query",
    );
    let parameter = raw.parameter.as_deref().unwrap_or("token");
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    check(
        "parameter",
        parameter,
        (1..=64).contains(&parameter.len()) && parameter.bytes().all(safe),
        "1 to 64 letters, digits, -, _ and .",
    );
    let redirect = &raw.redirect;
    let known = ["/", "https://", "http://"];
    check(
        "redirect",
        redirect,
        known.iter().any(|start| redirect.starts_with(start))
            && visible(redirect)
            && !redirect.contains('#')
            && redirect.len() <= 1_024,
        "a path that starts with / or an URL, of visible ASCII characters, without a fragment",
    );
    Some(UnlockLinks {
        path: path.clone(),
        parameter: parameter.to_owned(),
        redirect: redirect.clone(),
        keys: needed(keys, "unlock", errors)?,
    })
}

/// How many new devices an account gets in a day.
pub(super) fn new_per_day(raw: &RawDevice, errors: &mut ConfigErrors) -> Option<Threshold> {
    let number = raw.new_per_day.unwrap_or(5);
    if !(1..=100).contains(&number) {
        errors.add(
            "device.new_per_day",
            Some(number.to_string()),
            "expected 1 to 100",
        );
    }
    Threshold::new(number)
}

/// How device cookies are set.
pub(super) fn device(raw: &RawDevice, errors: &mut ConfigErrors) -> DeviceCookies {
    let mut cookies = DeviceCookies::default();
    if let Some(name) = &raw.cookie {
        match CookieName::new(name) {
            Ok(name) => cookies.name = name,
            Err(error) => errors.add("device.cookie", Some(format!("{name:?}")), error),
        }
    }
    if let Some(span) = raw.lifetime {
        match Lifetime::new(span.0.get()) {
            Ok(lifetime) => cookies.lifetime = lifetime,
            Err(error) => errors.add("device.lifetime", Some(span.0.to_string()), error),
        }
    }
    cookies
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::{self, FromJson, Json};

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

    fn parsed<T: FromJson>(value: &Value) -> T {
        let tree = Json::parse(value.to_string().as_bytes()).expect("JSON");
        json::read(&tree).expect("a raw configuration")
    }

    fn load_keys(names: Value) -> (Option<SigningKeys>, String) {
        let raw = parsed(&names);
        let mut errors = ConfigErrors::default();
        let keys = keys(&raw, &environment, &mut errors);
        (keys, errors.to_string())
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
    fn a_variable_without_a_good_key_is_told_with_its_place_and_never_its_value() {
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

    fn load_device(device: Value) -> (DeviceCookies, String) {
        let raw = parsed(&device);
        let mut errors = ConfigErrors::default();
        let cookies = super::device(&raw, &mut errors);
        (cookies, errors.to_string())
    }

    #[test]
    fn device_cookies_are_as_the_operator_says() {
        let (cookies, told) = load_device(json!({}));
        assert_eq!((cookies, told.as_str()), (DeviceCookies::default(), ""));
        let (cookies, told) = load_device(json!({ "cookie": "__Secure-d", "lifetime": "30d" }));
        let expected = DeviceCookies {
            name: CookieName::new("__Secure-d").expect("a name"),
            lifetime: Lifetime::new(std::time::Duration::from_secs(30 * 86_400)).expect("a span"),
        };
        assert_eq!((cookies, told.as_str()), (expected, ""));
    }

    #[test]
    fn what_browsers_would_not_keep_is_told_with_its_place() {
        let (_, told) = load_device(json!({ "cookie": "a b", "lifetime": "500d" }));
        for words in [
            "device.cookie = \"a b\"",
            "the name of a cookie",
            "device.lifetime = 500d",
            "from 1d to 400d",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
        let (_, told) = load_device(json!({ "lifetime": "23h" }));
        assert!(told.contains("device.lifetime = 23h"), "{told}");
    }
}
