//! `google.protobuf.Struct` -> JSON: what a native YAML configuration arrives as.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::json::Json;

/// `None` when the bytes are no `Struct` (or are nested deeper than prost's limit of 100).
pub(super) fn decode_struct(bytes: &[u8]) -> Option<Json> {
    Struct::decode(bytes).ok().map(object)
}

fn object(fields: Struct) -> Json {
    let fields = fields.fields.into_iter();
    Json::Object(fields.map(|(name, field)| (name, value(field))).collect())
}

fn value(field: Value) -> Json {
    match field.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(flag),
        Some(Kind::StringValue(text)) => Json::Text(text),
        Some(Kind::NumberValue(number)) => Json::Number(number),
        Some(Kind::ListValue(list)) => Json::List(list.values.into_iter().map(value).collect()),
        Some(Kind::StructValue(fields)) => object(fields),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode_struct(&bytes);
        }
    }
}
