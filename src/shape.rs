//! Configuration values that may be written in several shapes: as a text, as an object or as a list.
//!
//! Serde's own untagged enums would only say that nothing matched; here a mistake keeps its place and its reason.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The shapes in which a `T` may be written. `O` is the object's own type, `L` that of the list's items.
pub(crate) struct Shapes<T, O, L = IgnoredAny> {
    /// What is expected, in a few words.
    pub(crate) expected: &'static str,
    /// From a text; the error is what was expected instead.
    pub(crate) text: fn(&str) -> Option<T>,
    /// From an object.
    pub(crate) object: fn(O) -> T,
    /// From a list, if one may stand there.
    pub(crate) list: Option<fn(Vec<L>) -> T>,
}

impl<T, O, L> Shapes<T, O, L> {
    /// Reads whichever shape stands there.
    pub(crate) fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error>
    where
        O: Deserialize<'de>,
        L: Deserialize<'de>,
    {
        deserializer.deserialize_any(Reader {
            shapes: self,
            kinds: PhantomData,
        })
    }
}

struct Reader<T, O, L> {
    shapes: Shapes<T, O, L>,
    kinds: PhantomData<(O, L)>,
}

impl<'de, T, O: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for Reader<T, O, L> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shapes.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.shapes.text)(text)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        O::deserialize(MapAccessDeserializer::new(map)).map(self.shapes.object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        match self.shapes.list {
            Some(list) => Vec::deserialize(SeqAccessDeserializer::new(items)).map(list),
            None => Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
    }
}
