//! What YAML 1.1 makes of words without quotes. Envoy and Kubernetes read it, so a configuration arrives with it done.

/// The words that are false.
pub const FALSE: [&str; 11] = [
    "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N",
];

/// The words that are true.
pub const TRUE: [&str; 11] = [
    "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y",
];

/// The words for this truth value.
#[must_use]
pub const fn words(flag: bool) -> &'static [&'static str] {
    if flag { &TRUE } else { &FALSE }
}

/// The truth value that a word without quotes is, if it is one.
#[must_use]
pub fn boolean(word: &str) -> Option<bool> {
    [false, true]
        .into_iter()
        .find(|flag| words(*flag).contains(&word))
}

/// Lets the schema of words take the truth values for which YAML takes one of them.
#[cfg(feature = "cli")]
pub fn also_booleans(schema: &mut schemars::Schema) {
    let Some(serde_json::Value::Array(words)) = schema.get_mut("oneOf") else {
        return;
    };
    let found = |word: &serde_json::Value| {
        let word = word.get("const")?.as_str()?;
        Some((word.to_owned(), boolean(word)?))
    };
    let also: Vec<(String, bool)> = words.iter().filter_map(found).collect();
    words.extend(also.into_iter().map(|(word, flag)| {
        let description = format!("`{word}`, which YAML reads as {flag} without quotes.");
        serde_json::json!({ "type": "boolean", "const": flag, "description": description })
    }));
}
