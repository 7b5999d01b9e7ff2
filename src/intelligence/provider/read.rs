//! Reading one JSON value as a flag, number, word or place. `None` is always *unknown*.

use crate::intelligence::{Asn, AsnType, Country, Position};
use crate::json::Json;

/// What a value says to one who expects a certain kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading<T> {
    /// It says this.
    Says(T),
    /// It is null, empty or a word such as "unknown".
    Blank,
    /// It is of another kind: the mapping does not fit the answer.
    Unreadable,
}

impl<T> Reading<T> {
    pub(super) fn known(self) -> Option<T> {
        match self {
            Self::Says(value) => Some(value),
            Self::Blank | Self::Unreadable => None,
        }
    }

    fn of(value: &Json, read: impl FnOnce(&Json) -> Option<T>) -> Self {
        if is_blank(value) {
            Self::Blank
        } else {
            read(value).map_or(Self::Unreadable, Self::Says)
        }
    }
}

/// How providers write that they do not know, the last one being how a free plan of `IPQualityScore` does.
const BLANKS: [&str; 8] = [
    "",
    "-",
    "n/a",
    "none",
    "null",
    "undefined",
    "unknown",
    "premium required.",
];

fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Text(text) => is_one_of(text, &BLANKS),
        Json::List(elements) => elements.iter().all(is_blank),
        Json::Object(entries) => entries.iter().all(|(_, value)| is_blank(value)),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn is_one_of(text: &str, words: &[impl AsRef<str>]) -> bool {
    let text = text.trim();
    words
        .iter()
        .any(|word| word.as_ref().eq_ignore_ascii_case(text))
}

/// True, 1, "true", "yes" and their opposites.
pub(super) fn flag(value: &Json) -> Reading<bool> {
    Reading::of(value, |value| match value {
        Json::Bool(value) => Some(*value),
        Json::Number(number) if *number == 1.0 => Some(true),
        Json::Number(number) if *number == 0.0 => Some(false),
        Json::Text(text) if is_one_of(text, &["true", "yes", "1"]) => Some(true),
        Json::Text(text) if is_one_of(text, &["false", "no", "0"]) => Some(false),
        _ => None,
    })
}

/// Whether anything is there; it never says no: a plain no is no sign of absence that one could rely on.
pub(super) fn presence(value: &Json) -> Reading<bool> {
    match flag(value) {
        Reading::Blank | Reading::Says(false) => Reading::Blank,
        Reading::Says(true) | Reading::Unreadable => Reading::Says(true),
    }
}

/// Whether a text or number, or any of a list, is one of the words.
pub(super) fn membership(value: &Json, words: &[String]) -> Reading<bool> {
    let is_one = |value: &Json| match value {
        Json::Text(text) => Some(is_one_of(text, words)),
        Json::Number(number) => {
            // Where all words are letters, a number is of another kind.
            let mut numbers = words.iter().filter_map(|word| decimal(word)).peekable();
            numbers.peek()?;
            Some(numbers.any(|own| own == *number))
        }
        _ => None,
    };
    Reading::of(value, |value| match value {
        Json::List(elements) => elements
            .iter()
            .filter_map(is_one)
            .reduce(|one, other| one || other),
        other => is_one(other),
    })
}

/// Whether a value says that an API refuses: false, or one of the usual words; with words of its own, any other one.
pub(super) fn refusal(value: &Json, own: &[String]) -> bool {
    const REFUSALS: [&str; 6] = ["fail", "failed", "failure", "error", "denied", "refused"];
    match value {
        Json::Null => false,
        _ if !own.is_empty() => membership(value, own) != Reading::Says(true),
        Json::Text(text) if is_one_of(text, &REFUSALS) => true,
        other => flag(other) == Reading::Says(false),
    }
}

/// Whether a host name, or any host name of a list, is one of the domains or lies below it.
pub(super) fn below(value: &Json, domains: &[String]) -> Reading<bool> {
    any_text(value, &|text| {
        let host = text.trim();
        let host = host.strip_suffix('.').unwrap_or(host);
        is_host_name(host) && domains.iter().any(|domain| is_below(host, domain))
    })
}

/// By whole labels.
fn is_below(host: &str, domain: &str) -> bool {
    let above = host.len().checked_sub(domain.len());
    let parts = above.and_then(|at| host.split_at_checked(at));
    parts.is_some_and(|(labels, end)| {
        end.eq_ignore_ascii_case(domain) && (labels.is_empty() || labels.ends_with('.'))
    })
}

/// Labels of letters, digits, hyphens and underscores between single dots, and at least two of them.
pub(super) fn is_host_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

fn any_text(value: &Json, test: &dyn Fn(&str) -> bool) -> Reading<bool> {
    Reading::of(value, |value| match value {
        Json::Text(text) => Some(test(text)),
        Json::List(elements) => {
            let mut texts = elements
                .iter()
                .filter_map(|element| match element {
                    Json::Text(text) => Some(text),
                    _ => None,
                })
                .peekable();
            texts.peek()?;
            Some(texts.any(|text| test(text)))
        }
        _ => None,
    })
}

/// A number, or a text that starts with one: "0.014 (Elevated)". Always finite.
pub(super) fn number(value: &Json) -> Reading<f64> {
    Reading::of(value, |value| match value {
        Json::Number(number) => Some(*number),
        Json::Text(text) => leading_number(text),
        _ => None,
    })
}

/// A number, or the number that stands for the word.
pub(super) fn number_or_word(value: &Json, words: &[(String, f64)]) -> Reading<f64> {
    let meaning = match value {
        Json::Text(text) => words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text.trim()))
            .map(|(_, number)| *number),
        _ => None,
    };
    meaning.map_or_else(|| number(value), Reading::Says)
}

fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let part_of_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    let end = text.find(|c| !part_of_number(c)).unwrap_or(text.len());
    let (number, _) = text.split_at_checked(end)?;
    decimal(number)
}

/// A decimal number such as -117.7, good to fifteen digits: far more than any score or place has. The standard
/// parser, right to the last bit, would be 24 KiB of the filter.
fn decimal(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut all = whole.bytes().chain(fraction.bytes()).peekable();
    if all.peek().is_none() || !all.all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = |digit: u8| f64::from(digit & 0x0f);
    let whole = whole
        .bytes()
        .fold(0.0, |sum, digit| sum * 10.0 + value(digit));
    let fraction = fraction
        .bytes()
        .rev()
        .fold(0.0, |sum, digit| (sum + value(digit)) / 10.0);
    let number = sign * (whole + fraction);
    number.is_finite().then_some(number)
}

/// 64500, "64500", "AS64500" or "AS64500 Example Org".
pub(super) fn asn(value: &Json) -> Reading<Asn> {
    Reading::of(value, |value| match value {
        Json::Number(number) => whole(*number).and_then(Asn::new),
        Json::Text(text) => {
            let word = text.split_ascii_whitespace().next()?;
            let digits = match word.split_at_checked(2) {
                Some((prefix, digits)) if prefix.eq_ignore_ascii_case("AS") => digits,
                _ => word,
            };
            // `parse` would take a sign.
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            digits.parse().ok().and_then(Asn::new)
        }
        _ => None,
    })
}

fn whole(number: f64) -> Option<u32> {
    if number.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&number) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "whole and in range"
    )]
    Some(number as u32)
}

/// A two-letter country code.
pub(super) fn country(value: &Json) -> Reading<Country> {
    Reading::of(value, |value| match value {
        Json::Text(text) => Country::parse(text.trim()),
        _ => None,
    })
}

/// The words of all known providers for the types of network.
const ASN_TYPES: [(&str, AsnType); 37] = [
    ("isp", AsnType::Isp),
    ("residential", AsnType::Isp),
    ("broadband", AsnType::Isp),
    ("fixed line isp", AsnType::Isp),
    ("eyeball", AsnType::Isp),
    ("hosting", AsnType::Hosting),
    ("datacenter", AsnType::Hosting),
    ("data center", AsnType::Hosting),
    ("cloud", AsnType::Hosting),
    ("cdn", AsnType::Hosting),
    ("content delivery network", AsnType::Hosting),
    ("data center/web hosting/transit", AsnType::Hosting),
    ("business", AsnType::Business),
    ("corporate", AsnType::Business),
    ("commercial", AsnType::Business),
    ("enterprise", AsnType::Business),
    ("organization", AsnType::Business),
    ("organisation", AsnType::Business),
    ("cafe", AsnType::Business),
    ("education", AsnType::Education),
    ("edu", AsnType::Education),
    ("academic", AsnType::Education),
    ("school", AsnType::Education),
    ("college", AsnType::Education),
    ("university", AsnType::Education),
    ("university/college/school", AsnType::Education),
    ("library", AsnType::Education),
    ("government", AsnType::Government),
    ("gov", AsnType::Government),
    ("military", AsnType::Government),
    ("mil", AsnType::Government),
    ("mobile", AsnType::Mobile),
    ("cellular", AsnType::Mobile),
    ("wireless", AsnType::Mobile),
    ("mobile isp", AsnType::Mobile),
    ("mobile carrier", AsnType::Mobile),
    ("mobile network", AsnType::Mobile),
];

/// A type of network, first by the provider's own words, then by the common ones.
pub(super) fn asn_type(value: &Json, own: &[(String, AsnType)]) -> Reading<AsnType> {
    Reading::of(value, |value| {
        let Json::Text(text) = value else { return None };
        let own = own.iter().map(|(word, kind)| (word.as_str(), *kind));
        own.chain(ASN_TYPES)
            .find(|(word, _)| same_words(word, text.trim()))
            .map(|(_, kind)| kind)
    })
}

/// Equal but for case, and for `_` or `-` in the place of a space.
fn same_words(word: &str, text: &str) -> bool {
    let folded = |byte: u8| match byte {
        b'_' | b'-' => b' ',
        other => other.to_ascii_lowercase(),
    };
    word.len() == text.len() && word.bytes().map(folded).eq(text.bytes().map(folded))
}

/// Degrees: a number, or a text that is one as a whole. Whatever stands behind a number might make it another one.
pub(super) fn degrees(value: &Json) -> Reading<f64> {
    Reading::of(value, |value| match value {
        Json::Number(number) => Some(*number),
        Json::Text(text) => decimal(text.trim()),
        _ => None,
    })
}

/// "latitude,longitude" in degrees.
pub(super) fn position(value: &Json) -> Reading<Position> {
    Reading::of(value, |value| {
        let Json::Text(text) = value else { return None };
        let (latitude, longitude) = text.split_once(',')?;
        place(decimal(latitude.trim())?, decimal(longitude.trim())?)
    })
}

/// A position in degrees. Exactly 0, 0 lies in the open sea: providers write it when they do not know.
pub(super) fn place(latitude: f64, longitude: f64) -> Option<Position> {
    if latitude == 0.0 && longitude == 0.0 {
        return None;
    }
    Position::from_degrees(latitude, longitude)
}
