//! Bytes from the host -> the raw configuration.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::protobuf;
use super::raw::Configuration;
use super::{ConfigError, ConfigErrors};

/// How many mistakes are told at once.
const MOST: usize = 16;

/// Reads a configuration: JSON text, or a `google.protobuf.Struct` as binary protobuf (what Envoy
/// makes of a native YAML tree).
///
/// # Errors
/// Up to sixteen mistakes of form: unknown fields, wrong types, unreadable values.
pub fn read(bytes: &[u8]) -> Result<Configuration, ConfigErrors> {
    typed(tree(bytes)?)
}

fn tree(bytes: &[u8]) -> Result<Value, ConfigErrors> {
    let one = |problem: String| {
        let mut errors = ConfigErrors::default();
        errors.add("", None, problem);
        errors
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(one(
            "the configuration is empty: write it under `configuration` of the filter".to_owned(),
        ));
    }
    // A Struct starts with a byte that is white space in JSON, so its first byte decides nothing.
    let syntax = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let looks_like_text = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'{');
    match protobuf::decode_struct(bytes) {
        Some(value) => Ok(value),
        None if looks_like_text => Err(one(format!("this is not JSON: {syntax}"))),
        None => Err(one(
            "expected a JSON object in a google.protobuf.StringValue, or a google.protobuf.Struct"
                .to_owned(),
        )),
    }
}

/// Reads the tree into types. Serde stops at the first mistake, so the place of each one is cut out and the
/// rest is read again; what only follows from such a cut (a field that is now missing) is not told.
fn typed(mut tree: Value) -> Result<Configuration, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let mut cuts: Vec<String> = Vec::new();
    while errors.0.len() < MOST {
        let error = match serde_path_to_error::deserialize::<_, Configuration>(&tree) {
            Ok(configuration) => return errors.unless_any(Some(configuration)),
            Err(error) => error,
        };
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let problem = error.inner().to_string();
        let follows = problem.starts_with("missing field") && cuts.contains(&path);
        if !follows {
            let found = find(&mut tree, error.path()).map(|value| shown(&path, value));
            let found = found.filter(|_| !problem.starts_with("missing field"));
            errors.0.push(ConfigError {
                path,
                found,
                problem,
            });
        }
        match cut(&mut tree, error.path()) {
            Some(parent) => cuts.push(parent),
            None => break,
        }
    }
    Err(errors)
}

/// The value as it is shown in an error: short, and never a secret.
fn shown(path: &str, value: &Value) -> String {
    let secret = ["key", "secret", "token", "password"]
        .iter()
        .any(|word| path.to_ascii_lowercase().contains(word));
    if secret {
        return "(not shown)".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn child<'v>(value: &'v mut Value, segment: &Segment) -> Option<&'v mut Value> {
    match (segment, value) {
        (Segment::Seq { index }, Value::Array(items)) => items.get_mut(*index),
        (Segment::Map { key }, Value::Object(fields)) => fields.get_mut(key),
        // An enum is named after the variant that was tried; the value itself is one level up.
        (Segment::Enum { .. } | Segment::Unknown, value) => Some(value),
        _ => None,
    }
}

fn find<'v>(tree: &'v mut Value, path: &Path) -> Option<&'v mut Value> {
    path.iter().try_fold(tree, child)
}

/// Removes what stands at `path`; its parent's path, or `None` when nothing could be removed.
fn cut(tree: &mut Value, path: &Path) -> Option<String> {
    let segments: Vec<&Segment> = path
        .iter()
        .filter(|segment| matches!(segment, Segment::Seq { .. } | Segment::Map { .. }))
        .collect();
    let (last, parents) = segments.split_last()?;
    let parent = parents
        .iter()
        .try_fold(tree, |value, segment| child(value, segment))?;
    match (last, parent) {
        // What follows in a list goes too: otherwise its places would be told one too low.
        (Segment::Seq { index }, Value::Array(items)) if *index < items.len() => {
            items.truncate(*index);
        }
        (Segment::Map { key }, Value::Object(fields)) => {
            fields.remove(key)?;
        }
        _ => return None,
    }
    let mut text = String::new();
    for segment in parents {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            other => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&other.to_string());
            }
        }
    }
    Some(text)
}
