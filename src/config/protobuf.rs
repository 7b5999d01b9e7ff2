//! `google.protobuf.Struct` -> JSON: what a native YAML configuration arrives as.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value as ProtobufValue};
use serde_json::{Map, Number, Value};

/// The largest integer that a double holds exactly.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// `None` when the bytes are no `Struct` (or are nested deeper than prost's limit of 100).
pub(super) fn decode_struct(bytes: &[u8]) -> Option<Value> {
    Struct::decode(bytes).ok().map(object)
}

fn object(fields: Struct) -> Value {
    let fields: Map<String, Value> = fields
        .fields
        .into_iter()
        .map(|(name, field)| (name, value(field)))
        .collect();
    Value::Object(fields)
}

fn value(field: ProtobufValue) -> Value {
    match field.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => Value::Bool(flag),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::NumberValue(number)) => self::number(number),
        Some(Kind::ListValue(list)) => Value::Array(list.values.into_iter().map(value).collect()),
        Some(Kind::StructValue(fields)) => object(fields),
    }
}

/// Protobuf has only doubles; a whole one is an integer again, as it was written.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= LARGEST_EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::as_conversions,
            reason = "whole and within the exact range"
        )]
        let whole = number as i64;
        return Value::Number(Number::from(whole));
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn protobuf(value: &Value) -> ProtobufValue {
        let kind = match value {
            Value::Null => Kind::NullValue(0),
            Value::Bool(flag) => Kind::BoolValue(*flag),
            Value::Number(number) => Kind::NumberValue(number.as_f64().expect("a double")),
            Value::String(text) => Kind::StringValue(text.clone()),
            Value::Array(items) => Kind::ListValue(prost_types::ListValue {
                values: items.iter().map(protobuf).collect(),
            }),
            Value::Object(fields) => Kind::StructValue(Struct {
                fields: fields
                    .iter()
                    .map(|(name, field)| (name.clone(), protobuf(field)))
                    .collect(),
            }),
        };
        ProtobufValue { kind: Some(kind) }
    }

    #[test]
    fn a_struct_means_the_same_as_the_json_it_was_written_as() {
        let json = serde_json::json!({
            "mode": "enforce", "n": 65536, "negative": -20, "f": 0.5, "b": true, "z": null,
            "l": [1, "two", {"three": []}],
        });
        let Some(Kind::StructValue(message)) = protobuf(&json).kind else {
            panic!("an object is a Struct")
        };
        assert_eq!(decode_struct(&message.encode_to_vec()), Some(json));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode_struct(&bytes);
        }
    }
}
