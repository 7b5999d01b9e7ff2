//! Objects in JSON, one a line: what stands under known names, or those that a call gives, is read; all else is
//! skipped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::super::fault::Fault;
use super::super::record::{Field, Fields};
use super::Mapped;

pub(super) fn read<'l>(line: &'l str, mapped: &[Mapped]) -> Result<Fields<'l>, Fault> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let fields = Object(mapped).deserialize(&mut reader);
    let fields = fields.map_err(|_| Fault::Format)?;
    reader.end().map_err(|_| Fault::Format)?;
    Ok(fields)
}

struct Object<'m>(&'m [Mapped]);

impl Object<'_> {
    /// Whose name this is. A field that a call names elsewhere has no other name.
    fn field(&self, name: &str) -> Option<Field> {
        let mut mapped = self.0.iter();
        if let Some(own) = mapped.find(|mapped| mapped.name == name) {
            return Some(own.field);
        }
        let usual = Field::named(name)?;
        let elsewhere = self.0.iter().any(|mapped| mapped.field == usual);
        (!elsewhere).then_some(usual)
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(Word(name)) = map.next_key()? {
            match self.field(&name) {
                Some(field) => {
                    let Value(text) = map.next_value()?;
                    fields.put(field, text);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// A text, without a copy where it has no escapes.
struct Word<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Scalar).map(Self)
    }
}

/// A text or a number; whatever else it is, it says nothing.
struct Value<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(Self)
    }
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Cow<'de, str>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a text or a number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(itoa::Buffer::new().format(number).to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}
