//! What a text without quotes is to those who read YAML 1.1.

use std::sync::LazyLock;

use palisade::config::yaml::boolean;
use regex_lite::Regex;
use serde_json::Value;

/// What a text without quotes is.
pub(super) enum Resolved {
    Null,
    Bool(bool),
    /// A whole number of at most 31 bits, in which everybody agrees.
    Small(i32),
    /// Any other number in JSON's form.
    Decimal(Value),
    Text,
    /// A number to one and a text to the other.
    Disputed,
}

pub(super) fn resolve(text: &str) -> Resolved {
    static NUMERIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let radix = "0[bBoOxX][0-9a-fA-F_]+";
        let decimal =
            r"[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9_]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9_]+)?";
        let special = r"\.(inf|Inf|INF|nan|NaN|NAN)";
        Regex::new(&format!("^[-+]?({radix}|{decimal}|{special})$")).ok()
    });
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Resolved::Null;
    }
    if let Some(flag) = boolean(text) {
        return Resolved::Bool(flag);
    }
    if let Some(number) = small(text) {
        return Resolved::Small(number);
    }
    if let Ok(number @ Value::Number(_)) = serde_json::from_str(text) {
        return Resolved::Decimal(number);
    }
    match NUMERIC.as_ref() {
        Some(numeric) if !numeric.is_match(text) => Resolved::Text,
        _ => Resolved::Disputed,
    }
}

/// A whole number of at most 31 bits: decimal, octal behind 0, hexadecimal behind 0x.
fn small(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i32::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}
