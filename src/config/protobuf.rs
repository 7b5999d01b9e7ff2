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
    use prost_types::{ListValue, Value as ProtobufValue};
    use serde_json::Value;

    use super::*;

    fn protobuf(value: &Value) -> ProtobufValue {
        let kind = match value {
            Value::Null => Kind::NullValue(0),
            Value::Bool(flag) => Kind::BoolValue(*flag),
            Value::Number(number) => Kind::NumberValue(number.as_f64().expect("a double")),
            Value::String(text) => Kind::StringValue(text.clone()),
            Value::Array(items) => Kind::ListValue(ListValue {
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
        let written = Json::parse(json.to_string().as_bytes()).expect("JSON");
        let decoded = decode_struct(&message.encode_to_vec()).expect("a Struct");
        // Protobuf keeps no order of fields.
        assert_eq!(sorted(decoded), sorted(written));
    }

    fn sorted(tree: Json) -> Json {
        match tree {
            Json::Object(fields) => {
                let mut fields: Vec<_> = fields
                    .into_iter()
                    .map(|(name, field)| (name, sorted(field)))
                    .collect();
                fields.sort_by(|one, other| one.0.cmp(&other.0));
                Json::Object(fields)
            }
            Json::List(items) => Json::List(items.into_iter().map(sorted).collect()),
            other => other,
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode_struct(&bytes);
        }
    }
}
