//! The texts of a body in which patterns are sought, whatever it is written in.
//!
//! A pattern must not be passed by writing the same otherwise. So what is written in a closed grammar is brought into
//! one form, and the rest is a lack: XML without comments, sections, entities and attributes, JSON text by text, forms
//! value by value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::AccountError;
use super::content::{self, Charset};
use super::parameters;
use crate::identity::percent::{self, Plus};
use crate::message::HeaderBlock;

/// The longest reference of XML that is read, in bytes: `#x10FFFF`.
const MAX_REFERENCE: usize = 8;

/// How the head says that a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Writing {
    is_form: bool,
    /// Whether the charset is one of which only ASCII is certain.
    is_ascii: bool,
}

/// How the body is written; the body itself says more.
///
/// # Errors
/// It has a content coding, several types, a charset that is not read, or parts.
pub(super) fn writing(head: &HeaderBlock) -> Result<Writing, AccountError> {
    content::uncoded(head)?;
    let mut types = head.lines("content-type");
    let (kind, parameters) = match (types.next(), types.next()) {
        (None, _) => (Vec::new(), Some(Vec::new())),
        (Some(one), None) => {
            let (kind, rest) = parameters::split(one);
            (kind.to_ascii_lowercase(), parameters::read(rest))
        }
        _ => return Err(AccountError::ContentType),
    };
    let said = parameters.as_deref().and_then(Charset::of);
    let charset = said.ok_or(AccountError::ContentType)?.0;
    if kind.starts_with(b"multipart/") {
        return Err(AccountError::ContentType);
    }
    Ok(Writing {
        is_form: kind == b"application/x-www-form-urlencoded",
        is_ascii: !matches!(charset, None | Some(Charset::Utf8)),
    })
}

/// Tells each text of a body, until `tell` says that this is enough. The time is linear.
///
/// # Errors
/// It cannot be read by all readers alike.
pub(super) fn each(
    body: &[u8],
    writing: Writing,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<(), AccountError> {
    let text = std::str::from_utf8(body).map_err(|_| AccountError::NotText)?;
    if text.contains('\0') || writing.is_ascii && !text.is_ascii() {
        return Err(AccountError::NotText);
    }
    let start = text.trim_ascii_start();
    // Some readers pass over more than blanks before a document, and nobody knows what they find behind it.
    if start.starts_with(|first: char| passes_for_blank(first)) {
        return Err(AccountError::Malformed);
    }
    match start.as_bytes().first() {
        Some(b'<') => {
            tell(&xml(start).ok_or(AccountError::Malformed)?);
        }
        Some(b'{' | b'[' | b'"') => {
            let mut reader = serde_json::Deserializer::from_slice(body);
            let read = Strings(tell).deserialize(&mut reader);
            read.and_then(|()| reader.end())
                .map_err(|_| AccountError::Malformed)?;
        }
        _ if writing.is_form => {
            for pair in body.split(|byte| *byte == b'&') {
                if !percent::is_clean(pair) {
                    return Err(AccountError::Malformed);
                }
                let pair = percent::decode(pair, Plus::Space);
                let pair = std::str::from_utf8(&pair).map_err(|_| AccountError::NotText)?;
                if !tell(pair) {
                    break;
                }
            }
        }
        _ => {
            tell(text);
        }
    }
    Ok(())
}

/// Whether some reader passes over this before a document, as PHP does over a vertical tab: blanks of Unicode,
/// controls, and the mark of byte order.
fn passes_for_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control() || character == '\u{feff}'
}

/// XML in one form: no declaration, no blanks in tags, every reference resolved but those of `<`, `>` and `&`.
fn xml(text: &str) -> Option<String> {
    let mut rest = text;
    if let Some(declaration) = rest.strip_prefix("<?xml") {
        let (declaration, behind) = declaration.split_once("?>")?;
        let declaration = declaration.to_ascii_lowercase();
        if declaration.contains("encoding") && !declaration.contains("utf-8") {
            return None;
        }
        rest = behind;
    }
    let mut out = String::with_capacity(rest.len());
    while let Some((before, behind)) = rest.split_once('<') {
        resolve(before, &mut out)?;
        let (tag, behind) = behind.split_once('>')?;
        let (slash, name) = match tag.strip_prefix('/') {
            Some(name) => ("/", name),
            None => ("", tag),
        };
        let (name, empty) = match name.strip_suffix('/') {
            Some(name) if slash.is_empty() => (name, "/"),
            _ => (name, ""),
        };
        let name = name.trim_ascii_end();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            return None;
        }
        out.extend(["<", slash, name, empty, ">"]);
        rest = behind;
    }
    resolve(rest, &mut out)?;
    Some(out)
}

/// Writes a text of XML with its references resolved.
fn resolve(text: &str, out: &mut String) -> Option<()> {
    let mut parts = text.split('&');
    out.push_str(parts.next()?);
    for part in parts {
        let (name, behind) = part.split_once(';')?;
        if name.len() > MAX_REFERENCE {
            return None;
        }
        let character = match (name, name.strip_prefix('#')) {
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("amp", _) => '&',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            (_, Some(number)) => {
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).filter(|c| *c != '\0')?
            }
            _ => return None,
        };
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            other => out.push(other),
        }
        out.push_str(behind);
    }
    Some(())
}

/// A part of a text in which `<`, `>` and `&` are still references.
pub(super) fn resolved(part: &str) -> String {
    part.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Tells every text of a JSON document but the names of its members.
struct Strings<'t>(&'t mut dyn FnMut(&str) -> bool);

impl<'de> DeserializeSeed<'de> for Strings<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strings<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Strings(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Strings(&mut *self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
