//! Values that are written as text.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;

use crate::decision::{NumberRange, ScaleRange};
use crate::fingerprint::Ja4Pattern;
use crate::intelligence::{Asn, AsnRange, Country};
use crate::json::{FromJson, Json, Mistakes, Node};
use crate::time::Span;

/// A value that is written as text and read by its own `FromStr`, whose error says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// How a textual value is described in the schema.
pub trait Textual: FromStr<Err: fmt::Display> {
    /// What is expected, in a few words.
    const EXPECTED: &'static str;
    /// A regular expression that all its forms match.
    const PATTERN: &'static str;
}

impl Textual for Span {
    const EXPECTED: &'static str = "a duration such as 500ms, 10s, 5m, 24h or 7d";
    const PATTERN: &'static str = r"^(0|([0-9]+(ms|s|m|h|d))+)$";
}

impl Textual for ScaleRange {
    const EXPECTED: &'static str = "a range from 0 to 100 such as \">=80\", \"<50\" or \"50..80\"";
    const PATTERN: &'static str = r"^\s*(>=|<=|==|>|<)?\s*[0-9]+(\s*\.\.=?\s*[0-9]+)?\s*$";
}

impl Textual for NumberRange {
    const EXPECTED: &'static str =
        "a range of whole numbers such as \">1000\", \"<=100\" or \"100..500\"";
    const PATTERN: &'static str = ScaleRange::PATTERN;
}

impl Textual for Cidr {
    const EXPECTED: &'static str = "a CIDR or an address such as 203.0.113.0/24 or 2001:db8::/32";
    const PATTERN: &'static str = r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$";
}

impl Textual for Ja4Pattern {
    const EXPECTED: &'static str = Self::EXPECTED;
    const PATTERN: &'static str = r"^[a-z0-9]{0,10}(\*|(_[0-9a-f]{0,12}\*?){1,2})?$";
}

impl<T: Textual> FromJson for Text<T> {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        // What would be one in quotes.
        let quoted = node
            .whole()
            .filter(|_| !matches!(node.value, Json::Text(_)));
        if quoted.is_some_and(|number| number.to_string().parse::<T>().is_ok()) {
            return node.expected_quotes(T::EXPECTED, mistakes);
        }
        let text = node.text(T::EXPECTED, mistakes)?;
        match text.parse() {
            Ok(value) => Some(Self(value)),
            Err(error) => {
                node.wrong(&format_args!("expected {error}"), mistakes);
                None
            }
        }
    }
}

#[cfg(feature = "cli")]
impl<T: Textual> schemars::JsonSchema for Text<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        std::any::type_name::<T>()
            .rsplit("::")
            .next()
            .unwrap_or("Text")
            .to_owned()
            .into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": T::EXPECTED,
            "pattern": T::PATTERN,
        })
    }
}

/// A range of addresses, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr(pub IpNet);

impl FromStr for Cidr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
            .map(Self)
            .map_err(|_| Self::EXPECTED)
    }
}

/// A number of bytes as people write it: `512`, `64KiB`, `1MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub usize);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = Size::EXPECTED;
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: usize = number.parse().map_err(|_| EXPECTED)?;
        let unit = match unit.trim() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            _ => return Err(EXPECTED),
        };
        number.checked_mul(unit).map(Self).ok_or(EXPECTED)
    }
}

impl Textual for Size {
    const EXPECTED: &'static str = "a size such as 512B, 64KiB or 1MiB";
    const PATTERN: &'static str = r"^[0-9]+ ?(B|KiB|MiB)?$";
}

/// An autonomous system number, `64500` or `"AS64500"`, or a range of them, `"64512-65534"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsnText(pub AsnRange);

impl FromJson for AsnText {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let range = match (node.value, node.whole().map(u32::try_from)) {
            (Json::Text(text), _) => text.parse().ok(),
            (_, Some(Ok(number))) => Asn::new(number).map(AsnRange::from),
            _ => None,
        };
        match range {
            Some(range) => Some(Self(range)),
            None => node.expected(AsnRange::EXPECTED, mistakes),
        }
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for AsnText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Asn".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": AsnRange::EXPECTED,
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": u32::MAX },
                { "type": "string", "pattern": "^([aA][sS])?[0-9]+(-([aA][sS])?[0-9]+)?$" },
            ],
        })
    }
}

/// A two-letter country code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountryText(pub Country);

impl FromStr for CountryText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Country::parse(text).map(Self).ok_or(Self::EXPECTED)
    }
}

impl Textual for CountryText {
    const EXPECTED: &'static str = "a two-letter country code such as DE";
    const PATTERN: &'static str = "^[A-Za-z]{2}$";
}
