//! A JSON tree -> types, every mistake told with its place.
//!
//! `serde_path_to_error` over `serde_json` tells only the first mistake and repeats every type's reading code in
//! several forms: 240 of the 834 KiB that the filter had with it. Here there is one deserializer, so one form.

use serde::de::{Deserialize, Deserializer, Expected, Visitor};
use serde::forward_to_deserialize_any;

use super::Json;
use super::access::{Fields, Items, Variant};
use super::mistake::{Cause, Failure, Mistake, Place, Problem, one_of};

/// How many mistakes are told at once.
const MOST: usize = 16;

/// Reads a document into a type.
///
/// Serde stops at the first mistake; so what holds it is passed over and the rest is read again, until all of it
/// has been seen. What only follows from a mistake that has been told is not told; of one object, one missing field
/// is told at a time.
///
/// # Errors
/// Up to sixteen mistakes, and whether there may be more.
pub(crate) fn read<'de, T: Deserialize<'de>>(document: &'de Json) -> Result<T, Vec<Mistake>> {
    let mut wrong = Wrong(Vec::new());
    let mut mistakes: Vec<Mistake> = Vec::new();
    loop {
        let top = Node {
            value: document,
            place: &Place::Top,
            wrong: &wrong,
        };
        let Cause { problem, place } = match T::deserialize(top) {
            Ok(value) if mistakes.is_empty() => return Ok(value),
            Ok(_) => return Err(mistakes),
            Err(failure) => *failure.0,
        };
        let (path, value) = place.unwrap_or_else(|| (String::new(), document));
        if !wrong.explains(&problem, value) {
            mistakes.push(Mistake {
                found: problem.found(&path, value),
                path,
                problem: problem.to_string(),
            });
        }
        if mistakes.len() >= MOST {
            mistakes.push(Mistake {
                path: String::new(),
                found: None,
                problem: format!("there may be more mistakes than these {MOST}"),
            });
            return Err(mistakes);
        }
        if std::ptr::eq(value, document) {
            return Err(mistakes);
        }
        wrong.0.push(value);
    }
}

/// The values that turned out to be wrong.
pub(super) struct Wrong<'de>(Vec<&'de Json>);

impl Wrong<'_> {
    /// Whether this very value is one of them.
    pub(super) fn holds(&self, value: &Json) -> bool {
        self.0.iter().any(|each| std::ptr::eq(*each, value))
    }

    /// Whether a problem with a value is there only because a field of it was passed over.
    fn explains(&self, problem: &Problem, value: &Json) -> bool {
        let Json::Object(fields) = value else {
            return false;
        };
        fields.iter().any(|(name, field)| {
            self.holds(field)
                && match problem {
                    Problem::Missing(missing) => name == missing,
                    Problem::Repeated(_) => false,
                    Problem::Other(_) => true,
                }
        })
    }
}

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Node<'p, 'de> {
    pub(super) value: &'de Json,
    pub(super) place: &'p Place<'p>,
    pub(super) wrong: &'p Wrong<'de>,
}

/// A whole number that a double holds exactly.
fn whole(number: f64) -> Option<i64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "whole and within the exact range"
    )]
    (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then_some(number as i64)
}

impl<'de> Node<'_, 'de> {
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::Text(text) => visitor.visit_str(text),
            _ => {
                let expected: &dyn Expected = &visitor;
                Err(Failure::expected(expected))
            }
        }
    }

    fn whole<V: Visitor<'de>>(
        self,
        low: i64,
        high: i64,
        visitor: V,
    ) -> Result<V::Value, Failure<'de>> {
        // Only its words tell that a visitor refuses zero.
        let expected: &dyn Expected = &visitor;
        let words = expected.to_string();
        let low = if words.contains("nonzero") { 1 } else { low };
        let number = match self.value {
            Json::Number(number) => whole(*number),
            _ => None,
        };
        number
            .and_then(|number| visitor.visit_i64::<Failure<'de>>(number).ok())
            .ok_or_else(|| Failure::expected(format_args!("a whole number from {low} to {high}")))
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::List(items) => visitor.visit_seq(Items::new(self, items)),
            _ => Err(Failure::expected("a list")),
        }
    }

    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        let Json::Object(fields) = self.value else {
            return Err(Failure::expected("an object"));
        };
        let mut fields = Fields::new(self, fields);
        let value = visitor.visit_map(&mut fields)?;
        // What chooses between forms reads one field and leaves the others.
        fields.finish().map(|()| value)
    }
}

impl<'de> Deserializer<'de> for Node<'_, 'de> {
    type Error = Failure<'de>;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::Null => visitor.visit_unit(),
            Json::Bool(flag) => visitor.visit_bool(*flag),
            Json::Number(number) => match whole(*number).map(u64::try_from) {
                Some(Ok(whole)) => visitor.visit_u64(whole),
                _ => visitor.visit_f64(*number),
            },
            Json::Text(text) => visitor.visit_str(text),
            Json::List(_) => self.list(visitor),
            Json::Object(_) => self.object(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::Bool(flag) => visitor.visit_bool(*flag),
            _ => Err(Failure::expected("true or false")),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.whole(0, u8::MAX.into(), visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.whole(0, u16::MAX.into(), visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.whole(0, u32::MAX.into(), visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.whole(i16::MIN.into(), i16::MAX.into(), visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::Number(number) => visitor.visit_f64(*number),
            _ => Err(Failure::expected("a number")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        match self.value {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure<'de>> {
        self.object(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure<'de>> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure<'de>> {
        match Variant::new(self) {
            Some(variant) => visitor.visit_enum(variant),
            None => Err(Failure::expected(one_of(variants))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure<'de>> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i32 i64 i128 u64 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}
