//! The parts of lists, objects and enums, each read at its place; what turned out to be wrong is passed over.

use std::iter::Enumerate;
use std::slice;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::Json;
use super::mistake::{Failure, Place};
use super::reader::Node;

/// The elements of a list.
pub(super) struct Items<'p, 'de> {
    list: Node<'p, 'de>,
    rest: Enumerate<slice::Iter<'de, Json>>,
}

impl<'p, 'de> Items<'p, 'de> {
    pub(super) fn new(list: Node<'p, 'de>, items: &'de [Json]) -> Self {
        let rest = items.iter().enumerate();
        Self { list, rest }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Failure<'de>;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure<'de>> {
        let wrong = self.list.wrong;
        match self.rest.find(|(_, item)| !wrong.holds(item)) {
            Some((index, item)) => {
                let place = Place::Element(self.list.place, index);
                part(self.list, item, &place, seed).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// Reads a part of a list, an object or an enum.
fn part<'de, S: DeserializeSeed<'de>>(
    whole: Node<'_, 'de>,
    value: &'de Json,
    place: &Place<'_>,
    seed: S,
) -> Result<S::Value, Failure<'de>> {
    let wrong = whole.wrong;
    seed.deserialize(Node {
        value,
        place,
        wrong,
    })
    .map_err(|failure| failure.at(place, value))
}

/// The fields of an object.
pub(super) struct Fields<'p, 'de> {
    object: Node<'p, 'de>,
    rest: slice::Iter<'de, (String, Json)>,
    current: Option<&'de (String, Json)>,
}

impl<'p, 'de> Fields<'p, 'de> {
    pub(super) fn new(object: Node<'p, 'de>, fields: &'de [(String, Json)]) -> Self {
        Self {
            object,
            rest: fields.iter(),
            current: None,
        }
    }

    fn advance(&mut self) -> Option<&'de (String, Json)> {
        let wrong = self.object.wrong;
        self.rest.find(|(_, value)| !wrong.holds(value))
    }

    /// Refuses what has not been read.
    pub(super) fn finish(mut self) -> Result<(), Failure<'de>> {
        match self.advance() {
            None => Ok(()),
            Some((name, value)) => Err(Failure::custom("expected only one field here")
                .at(&Place::Field(self.object.place, name), value)),
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Failure<'de>;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure<'de>> {
        self.current = self.advance();
        let Some((name, value)) = self.current else {
            return Ok(None);
        };
        seed.deserialize(word(name))
            .map(Some)
            .map_err(|failure| failure.at(&Place::Field(self.object.place, name), value))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Failure<'de>> {
        match self.current.take() {
            Some((name, value)) => {
                let place = Place::Field(self.object.place, name);
                part(self.object, value, &place, seed)
            }
            None => Err(Failure::custom("a value was asked for before its name")),
        }
    }
}

fn word<'de>(text: &'de str) -> StrDeserializer<'de, Failure<'de>> {
    text.into_deserializer()
}

/// A variant: a word alone, or an object of one field.
pub(super) struct Variant<'p, 'de> {
    node: Node<'p, 'de>,
    name: &'de str,
    value: Option<&'de Json>,
}

impl<'p, 'de> Variant<'p, 'de> {
    /// `None` when neither stands there.
    pub(super) fn new(node: Node<'p, 'de>) -> Option<Self> {
        let (name, value) = match node.value {
            Json::Text(word) => (word, None),
            Json::Object(fields) => match fields.as_slice() {
                [(name, value)] if !node.wrong.holds(value) => (name, Some(value)),
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { node, name, value })
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Failure<'de>;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), Failure<'de>> {
        let variant = seed.deserialize(word(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Failure<'de>;

    fn unit_variant(self) -> Result<(), Failure<'de>> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(Failure::expected(format_args!(
                "only the word {}",
                self.name
            ))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Failure<'de>> {
        match self.value {
            Some(value) => {
                let place = Place::Field(self.node.place, self.name);
                part(self.node, value, &place, seed)
            }
            None => Err(Failure::expected(format_args!(
                "an object with the field {}",
                self.name
            ))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Failure<'de>> {
        Err(Failure::custom("no configuration has this form"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Failure<'de>> {
        Err(Failure::custom("no configuration has this form"))
    }
}
