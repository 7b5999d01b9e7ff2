//! Bytes from the host -> a tree.

use super::ConfigErrors;
use super::protobuf;
use crate::json::Json;

/// Reads JSON text, or a `google.protobuf.Struct` as binary protobuf (what Envoy makes of a native YAML tree).
///
/// # Errors
/// When it is neither.
pub(super) fn tree(bytes: &[u8]) -> Result<Json, ConfigErrors> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ConfigErrors::one(
            "the configuration is empty; write it under `configuration` of the filter",
        ));
    }
    // A Struct starts with a byte that is white space in JSON, so its first byte decides nothing.
    let syntax = match Json::parse(bytes) {
        Ok(tree) => return Ok(tree),
        Err(error) => error,
    };
    let looks_like_text = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'{');
    match protobuf::decode_struct(bytes) {
        Some(tree) => Ok(tree),
        None if looks_like_text => Err(ConfigErrors::one(format_args!(
            "this is not JSON: {syntax}"
        ))),
        None => Err(ConfigErrors::one(
            "expected a JSON object in a google.protobuf.StringValue, or a google.protobuf.Struct",
        )),
    }
}
