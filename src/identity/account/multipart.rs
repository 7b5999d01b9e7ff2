//! Bodies of `multipart/form-data` (RFC 7578).
//!
//! Readers of such bodies differ in a hundred ways, so only what all of them read alike is read; the rest is
//! [`Malformed`]. Browsers and HTTP libraries write nothing of it.

use super::AccountLack::{Malformed, NotText};
use super::content::{Boundary, is_utf_8};
use super::gathering::Gather;
use super::parameters::{self, Parameter};
use crate::identity::field::{FieldName, LetterCase};
use crate::identity::percent::{self, Plus};

/// Gathers the values of a field. Linear in time, without a copy of any part.
pub(super) fn read(
    body: &[u8],
    boundary: &Boundary,
    field: &FieldName,
    gathering: &mut dyn Gather,
) {
    let found = parts(body, boundary, |part| {
        match Part::read(part)? {
            part if !part.is_named(field) => {}
            // Some take the content of a file for the value of the field, some do not.
            part if part.is_special => gathering.refuse(NotText),
            part => gathering.value(part.content),
        }
        Some(())
    });
    if found.is_none() {
        gathering.refuse(Malformed);
    }
}

/// Hands every part over, its head included; `None` when the body is not made of parts that end, or `take` says so.
///
/// The delimiter may stand nowhere but between parts, not even in what comes before the first and after the last.
fn parts<'b>(
    body: &'b [u8],
    boundary: &Boundary,
    mut take: impl FnMut(&'b [u8]) -> Option<()>,
) -> Option<()> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let (preamble, mut rest) = cut(body, &delimiter)?;
    if !preamble.is_empty() && !preamble.ends_with(b"\r\n") {
        return None;
    }
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            let ends = epilogue.is_empty() || epilogue.starts_with(b"\r\n");
            return (ends && cut(epilogue, &delimiter).is_none()).then_some(());
        }
        let (part, after) = cut(rest.strip_prefix(b"\r\n")?, &delimiter)?;
        take(part.strip_suffix(b"\r\n")?)?;
        rest = after;
    }
}

/// What stands before and after the first delimiter.
fn cut<'b>(text: &'b [u8], delimiter: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = text
        .windows(delimiter.len())
        .position(|window| window == delimiter)?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.get(delimiter.len()..)?))
}

struct Part<'b> {
    name: &'b [u8],
    content: &'b [u8],
    /// It is a file, or written in another charset.
    is_special: bool,
}

impl<'b> Part<'b> {
    fn read(part: &'b [u8]) -> Option<Self> {
        let mut rest = part;
        let mut disposition = None;
        let mut is_text = true;
        loop {
            let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
            let (line, after) = rest.split_at_checked(end)?;
            rest = after.get(2..)?;
            if line.is_empty() {
                break;
            }
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            let value = value.get(1..)?;
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
            let is_plain = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
            if name.is_empty() || !name.iter().all(is_name) || !value.iter().all(is_plain) {
                return None;
            }
            match name.to_ascii_lowercase().as_slice() {
                b"content-disposition" if disposition.is_some() => return None,
                b"content-disposition" => disposition = Some(Disposition::read(value)?),
                b"content-transfer-encoding" if !is_plain_encoding(value) => return None,
                b"content-type" => is_text &= is_plain_type(value)?,
                _ => {}
            }
        }
        let Disposition { name, is_file } = disposition?;
        Some(Self {
            name,
            content: rest,
            is_special: is_file || !is_text,
        })
    }

    /// Whether some reader takes its name for that of the field: as it stands, with escapes, or with the percent-encoding
    /// of browsers.
    fn is_named(&self, field: &FieldName) -> bool {
        let names = |name: &[u8]| field.names(name, LetterCase::Ignored);
        names(self.name)
            || names(&percent::decode(self.name, Plus::Plus))
            || (self.name.contains(&b'\\') && names(&unescaped(self.name)))
    }
}

struct Disposition<'b> {
    name: &'b [u8],
    is_file: bool,
}

impl<'b> Disposition<'b> {
    fn read(value: &'b [u8]) -> Option<Self> {
        let (kind, rest) = parameters::split(value);
        let parameters: Vec<Parameter<'b>> = parameters::read(rest)?;
        let named = |word: &'static [u8]| {
            parameters.iter().filter(move |parameter| {
                let start = parameter.name.get(..word.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(word))
            })
        };
        let mut names = named(b"name");
        let (Some(name), None) = (names.next(), names.next()) else {
            return None;
        };
        let is_plain = name.name.len() == 4 && kind.eq_ignore_ascii_case(b"form-data");
        is_plain.then_some(Self {
            name: name.value,
            is_file: named(b"filename").next().is_some(),
        })
    }
}

/// A quoted text without its backslashes. A quote is never among what they escape, see [`parameters::read`].
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let is_kept = |byte: &&u8| {
        escaped = **byte == b'\\' && !escaped;
        !escaped
    };
    name.iter().filter(is_kept).copied().collect()
}

fn is_plain_encoding(value: &[u8]) -> bool {
    let value = value.trim_ascii().to_ascii_lowercase();
    matches!(value.as_slice(), b"" | b"binary" | b"7bit" | b"8bit")
}

/// Whether a part's content type leaves its text as it is; `None` when it has parts itself.
fn is_plain_type(value: &[u8]) -> Option<bool> {
    let (kind, rest) = parameters::split(value);
    let start = kind.get(..b"multipart".len());
    if start.is_some_and(|start| start.eq_ignore_ascii_case(b"multipart")) {
        return None;
    }
    Some(parameters::read(rest).is_some_and(|parameters| is_utf_8(&parameters)))
}

#[cfg(test)]
mod tests;
