//! One value of a JSON document, with everything that some application may take for it.

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::field::FieldName;
use super::likeness::{Attention, Essence, Likeness, Name};
use crate::json::Pointer;

/// The most parts of a pointer.
const MAX_PARTS: usize = Pointer::MOST_STEPS;

/// A place in a JSON document (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPointer(Vec<Part>);

/// A part of a pointer: the name of a key, or the index of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: FieldName,
    /// The letters of this part and of all behind it: some write `user.email` for `user`, then `email`.
    whole: Essence,
    index: Option<usize>,
}

/// The largest whole number that all readers take for the same (RFC 8259, 6). Of a larger one some keep the nearest
/// that a double can hold: several spellings would name one account.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'t> {
    /// A text, or the digits of a whole number.
    Text(&'t str),
    /// `null`.
    Null,
    /// Something that has no one text: a list, an object, a number with a fraction or an exponent or beyond what all
    /// readers keep exactly, `true` or `false`.
    NoText,
    /// Something under a name that some reader may take for the one that is meant.
    Doubtful,
}

/// The document cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoDocument;

/// Why a text is no pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPointer;

impl std::error::Error for NoPointer {}

impl fmt::Display for NoPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a JSON pointer of 1 to {MAX_PARTS} parts such as /user/email, with ~0 for ~ and ~1 for /"
        )
    }
}

impl FromStr for JsonPointer {
    type Err = NoPointer;

    fn from_str(text: &str) -> Result<Self, NoPointer> {
        Pointer::parse(text)
            .filter(|pointer| !pointer.steps().is_empty())
            .map(|pointer| Self::of(pointer.steps()))
            .ok_or(NoPointer)
    }
}

impl Part {
    /// The first of `names`, of which there is one.
    fn first(names: &[String]) -> Option<Self> {
        let name = names.first()?;
        // An index has no leading zeros.
        let index = name.parse().ok();
        Some(Self {
            index: index.filter(|index: &usize| index.to_string() == *name),
            name: FieldName::new(name),
            whole: Essence::of(names.concat().as_bytes()),
        })
    }

    fn likeness(&self, key: &str) -> Likeness {
        let key = Name::new(key.as_bytes());
        match self.name.likeness(&key) {
            Likeness::Other if self.whole.could_be(&key) => Likeness::Doubtful,
            likeness => likeness,
        }
    }
}

impl JsonPointer {
    /// The key of this name at the top of a document.
    #[must_use]
    pub fn key(name: &str) -> Self {
        Self::of(&[name.to_owned()])
    }

    /// The place behind these names; an empty list is no place.
    pub(super) fn of(names: &[String]) -> Self {
        let rests = (0..names.len()).filter_map(|begin| names.get(begin..));
        Self(rests.filter_map(Part::first).collect())
    }

    /// The place in a document that applications read like this field: `/user/email` for `user[email]`.
    pub(super) fn of_field(name: &FieldName) -> Self {
        let parts = name.written().split(['[', ']']);
        let names: Vec<String> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        Self::of(names.get(..MAX_PARTS.min(names.len())).unwrap_or_default())
    }

    /// The field of a form or query that applications read like this place: `user[email]` for `/user/email`.
    pub(super) fn field(&self) -> FieldName {
        let mut parts = self.0.iter().map(|part| part.name.written());
        let mut name = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            name.extend(["[", part, "]"]);
        }
        FieldName::new(&name)
    }

    /// Tells everything that stands at this place of `document`: once for every repetition of a key on the way, in
    /// whatever case of ASCII letters it is written, and once for every key that some reader may take for one on the
    /// way. The time is linear and the memory that of the longest key or text; only the parts of the pointer are gone
    /// into, so the depth of the rest does not matter.
    ///
    /// # Errors
    /// When the document is no JSON, has a byte order mark, is not UTF-8 where it is read, or goes on after its end;
    /// and when the objects on the way have more keys than any client writes.
    pub(crate) fn read(
        &self,
        document: &[u8],
        tell: &mut dyn FnMut(Found<'_>),
    ) -> Result<(), NoDocument> {
        let mut reader = serde_json::Deserializer::from_slice(document);
        let walk = Walk {
            parts: &self.0,
            attention: &mut Attention::new(),
            tell,
        };
        walk.deserialize(&mut reader)
            .and_then(|()| reader.end())
            .map_err(|_| NoDocument)
    }
}

/// What is left of the way, and whom to tell.
struct Walk<'w> {
    parts: &'w [Part],
    attention: &'w mut Attention,
    tell: &'w mut dyn FnMut(Found<'_>),
}

impl Walk<'_> {
    /// There is something else than what the way leads through.
    fn meet(self, found: Found<'_>) {
        if self.parts.is_empty() {
            (self.tell)(found);
        }
    }

    /// There is a whole number of this size, written so.
    fn whole<E>(self, size: u64, digits: String) -> Result<(), E> {
        let digits = Zeroizing::new(digits);
        self.meet(match size {
            ..=MAX_EXACT => Found::Text(&digits),
            _ => Found::NoText,
        });
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.meet(Found::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.meet(Found::NoText);
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.whole(number, number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.whole(number.unsigned_abs(), number.to_string())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.meet(Found::NoText);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.meet(Found::Text(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((part, rest)) = self.parts.split_first() else {
            (self.tell)(Found::NoText);
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let mut at: usize = 0;
        let mut is_doubtful = part.index.is_none();
        loop {
            let next = if part.index == Some(at) {
                let walk = Walk {
                    parts: rest,
                    attention: &mut *self.attention,
                    tell: &mut *self.tell,
                };
                list.next_element_seed(walk)?
            } else {
                list.next_element::<IgnoredAny>()?.map(|_| ())
            };
            if next.is_none() {
                return Ok(());
            }
            // Readers of a structure may take its members by their position.
            if std::mem::take(&mut is_doubtful) {
                (self.tell)(Found::Doubtful);
            }
            at = at.saturating_add(1);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((part, rest)) = self.parts.split_first() else {
            (self.tell)(Found::NoText);
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(likeness) = map.next_key_seed(Key(part, self.attention))? {
            match likeness {
                Likeness::Same => {
                    let walk = Walk {
                        parts: rest,
                        attention: &mut *self.attention,
                        tell: &mut *self.tell,
                    };
                    map.next_value_seed(walk)?;
                }
                Likeness::Doubtful => {
                    (self.tell)(Found::Doubtful);
                    map.next_value::<IgnoredAny>()?;
                }
                Likeness::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// How like the part a key is, without a copy of it.
struct Key<'w>(&'w Part, &'w mut Attention);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Likeness;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Likeness, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Likeness;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Likeness, E> {
        self.1
            .take(key.as_bytes())
            .ok_or_else(|| E::custom("too many keys"))?;
        Ok(self.0.likeness(key))
    }
}

#[cfg(test)]
mod tests;
