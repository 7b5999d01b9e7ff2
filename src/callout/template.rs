//! Texts of a request with places in braces. No error shows what was found: an operator may have written a key itself
//! there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::json::{Mistakes, Place};
use crate::message::is_token_byte;
use crate::template::{self, Part};

pub(crate) use crate::template::Template;

/// What may stand in braces.
pub trait Placeholder: Copy + PartialEq {
    /// What is expected, in a few words: `only {ip}, {key} or {key:base64} in braces`.
    const EXPECTED: &'static str;

    /// The placeholder of this name, without its braces.
    fn named(name: &str) -> Option<Self>;
}

impl<P: Placeholder> Template<P> {
    /// Reads a text with places in single braces.
    ///
    /// # Errors
    /// What is wrong with its braces.
    pub(crate) fn braced(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, found)) = template::next(rest, ["{", "}"]) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = found.ok_or("expected } after {")?;
            let place = P::named(name).ok_or_else(|| format!("expected {}", P::EXPECTED))?;
            parts.push(Part::Slot(place));
            rest = after;
        }
        if rest.contains('}') {
            return Err("expected { before }".to_owned());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self::of(parts))
    }

    /// The places, in their order.
    pub(crate) fn places(&self) -> impl Iterator<Item = P> {
        self.parts().iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Slot(place) => Some(*place),
        })
    }

    /// The text, each place filled with its encoded value; `None` when one has none.
    pub(crate) fn render<'v>(
        &self,
        value: impl Fn(P) -> Option<std::borrow::Cow<'v, str>>,
        encode: fn(&str) -> String,
    ) -> Option<String> {
        let mut rendered = String::new();
        for part in self.parts() {
            match part {
                Part::Text(text) => rendered.push_str(text),
                Part::Slot(place) => rendered.push_str(&encode(&value(*place)?)),
            }
        }
        Some(rendered)
    }
}

/// Checks the authority of a request.
///
/// # Errors
/// What was expected, with `example` in it.
pub(crate) fn authority(text: &str, example: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(format!(
            "expected a host name such as {example}, with a port if need be"
        ));
    }
    Ok(text.to_owned())
}

/// Checks the path of a request, with `example` in what is expected.
///
/// # Errors
/// What was expected.
pub(crate) fn path<'t>(text: &'t str, example: &str) -> Result<&'t str, String> {
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if !text.starts_with('/') || !text.bytes().all(visible) {
        return Err(format!(
            "expected a path such as {example}, in visible ASCII and without #"
        ));
    }
    Ok(text)
}

/// Reads the headers that an operator sets, each once.
pub(crate) fn headers<P: Placeholder>(
    raw: Option<&BTreeMap<String, String>>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<(String, Template<P>)> {
    let mut headers: Vec<(String, Template<P>)> = Vec::new();
    for (name, value) in raw.into_iter().flatten() {
        let at = &at.field(name);
        let header = header_name(name).and_then(|name| Ok((name, header_value(value)?)));
        let Some(header) = mistakes.take(at, header) else {
            continue;
        };
        if headers.iter().any(|(other, _)| *other == header.0) {
            mistakes.add(at, &"this header stands here twice");
        }
        headers.push(header);
    }
    headers
}

/// Checks the name of a header that an operator sets, and writes it in lower case.
///
/// # Errors
/// What was expected.
fn header_name(name: &str) -> Result<String, String> {
    // These frame or route the call-out; Envoy writes them itself.
    const OURS: [&str; 6] = [
        "connection",
        "content-length",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    let name = name.to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(is_token_byte) {
        return Err("expected a header name such as x-api-key".to_owned());
    }
    if OURS.contains(&name.as_str()) {
        return Err(format!("{name} is Envoy's to set"));
    }
    Ok(name)
}

/// Reads the value of a header.
///
/// # Errors
/// What was expected.
fn header_value<P: Placeholder>(value: &str) -> Result<Template<P>, String> {
    let text = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if !value.bytes().all(text) {
        return Err("expected a header value in visible ASCII".to_owned());
    }
    Template::braced(value)
}

/// Encodes all but the unreserved characters of RFC 3986, the colons of IPv6 among them.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
