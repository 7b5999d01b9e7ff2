//! JSON as a tree that keeps the order of its keys: an API's answer, a configuration, a preset.
//!
//! `serde_json::Value` sorts the keys of an object and drops those that stand there twice. In an answer, of two
//! that differ only in case the first one decides; in a configuration, a repeated one is a mistake.

mod mistake;
mod place;
mod pointer;
mod preset;
mod read;
mod shapes;
mod values;
pub mod yaml;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

pub use mistake::Mistake;
pub(crate) use mistake::{Mistakes, of_all, one_of};
pub(crate) use palisade_derive::FromJson;
pub(crate) use place::Place;
pub use place::{Path, Step};
pub use pointer::Pointer;
#[cfg(feature = "cli")]
pub(crate) use preset::names_or_nothing;
pub(crate) use preset::{merged, preset};
pub(crate) use read::{FromJson, Member, Node, read, whole};
pub(crate) use shapes::Shapes;

/// How many keys of an object and elements of a list are looked at: far more than any API sends, and few enough
/// that an answer made of nothing else costs no more than its parsing.
pub(crate) const MAX_READ: usize = 1024;

/// Why bytes are no JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoJson {
    /// It is nested deeper than 128 levels.
    TooDeep,
    /// What is wrong, and where.
    Syntax(String),
}

impl fmt::Display for NoJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => f.write_str("it is nested deeper than 128 levels"),
            Self::Syntax(text) => f.write_str(text),
        }
    }
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Numbers by their bits: equal trees of numbers that are not zero have equal hashes.
impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(flag) => flag.hash(state),
            Self::Number(number) => number.to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::List(items) => items.hash(state),
            Self::Object(fields) => fields.hash(state),
        }
    }
}

impl Json {
    /// Parses a whole document. The depth is bounded by `serde_json` (128), the size by the caller.
    ///
    /// # Errors
    /// When it is nested deeper, or no JSON.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, NoJson> {
        serde_json::from_slice(document).map_err(|error| {
            let text = error.to_string();
            // The only place where `serde_json` tells this error from a syntax error is its text; a test holds it to
            // that.
            if text.starts_with("recursion limit exceeded") {
                NoJson::TooDeep
            } else {
                NoJson::Syntax(text)
            }
        })
    }

    /// The value of the first key that is `name` but for case, among the first [`MAX_READ`].
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries
                .iter()
                .take(MAX_READ)
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "what is read from numbers is small: scores, ASNs, degrees"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "what is read from numbers is small: scores, ASNs, degrees"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests;
