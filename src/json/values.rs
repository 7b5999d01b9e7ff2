//! How plain values, lists and maps are read.

use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroU32};

use super::Json;
use super::mistake::Mistakes;
use super::place::Place;
use super::read::{FromJson, Node};

impl FromJson for bool {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Bool(flag) => Some(*flag),
            _ => node.expected("true or false", mistakes),
        }
    }
}

impl FromJson for f64 {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        node.number()
            .or_else(|| node.expected("a number", mistakes))
    }
}

impl FromJson for String {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Text(text) => Some(text.clone()),
            _ => node.expected_quotes("a string", mistakes),
        }
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => {$(
        impl FromJson for $kind {
            fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
                let number = node.whole_from(<$kind>::MIN.into(), <$kind>::MAX.into(), mistakes)?;
                <$kind>::try_from(number).ok()
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, i16);

macro_rules! whole_numbers_but_zero {
    ($($kind:ident of $number:ty),*) => {$(
        impl FromJson for $kind {
            fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
                let number = node.whole_from(1, <$number>::MAX.into(), mistakes)?;
                <$number>::try_from(number).ok().and_then(Self::new)
            }
        }
    )*};
}

whole_numbers_but_zero!(NonZeroU8 of u8, NonZeroU32 of u32);

/// `null` says nothing.
impl<T: FromJson> FromJson for Option<T> {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Null => Some(None),
            _ => T::from_json(node, mistakes).map(Some),
        }
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        T::from_json(node, mistakes).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let Json::List(items) = node.value else {
            return node.expected("a list", mistakes);
        };
        let mut read = Self::new();
        for (index, value) in items.iter().enumerate() {
            let place = &Place::Element(node.place, index);
            read.extend(T::from_json(Node { value, place }, mistakes));
        }
        Some(read)
    }
}

/// Of a name that stands there twice, the last one.
impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let mut read = Self::new();
        for field in node.fields(mistakes)? {
            if let Some(value) = node.field(field, |node| T::from_json(node, mistakes)) {
                read.insert(field.0.clone(), value);
            }
        }
        Some(read)
    }
}
