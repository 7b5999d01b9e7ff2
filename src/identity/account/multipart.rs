//! Bodies of `multipart/form-data` (RFC 7578).
//!
//! Readers of such bodies differ in a hundred ways, so only what all of them read alike is read; the rest is
//! [`Malformed`]. Browsers and HTTP libraries write nothing of it.

use std::borrow::Cow;

use super::AccountError::{ContentType, Malformed, NotText};
use super::content::{Boundary, Charset, Said};
use super::gathering::Gather;
use super::parameters::{self, Parameter};
use crate::identity::field::{FieldName, likeness};
use crate::identity::likeness::{Attention, Likeness};
use crate::identity::percent::{self, Plus};
use crate::message::is_token_byte;
use crate::message::multipart::parts;

/// Gathers the values of these fields. Linear in time, without a copy of any part.
pub(super) fn read(
    body: &[u8],
    (boundary, charset): (&Boundary, Charset),
    fields: &[&FieldName],
    gathering: &mut dyn Gather,
) {
    let mut attention = Attention::new();
    let found = parts(body, boundary.as_bytes(), &mut |part| {
        let part = Part::read(part)?;
        attention.take(&part.name)?;
        match (part.likeness(fields), part.charset) {
            (Likeness::Other, _) => {
                let charset = part.name.eq_ignore_ascii_case(b"_charset_");
                if charset && !part.content.trim_ascii().eq_ignore_ascii_case(b"utf-8") {
                    gathering.refuse(ContentType);
                }
            }
            (Likeness::Doubtful, _) => gathering.doubt(),
            // Some take the content of a file for the value of the field, some do not.
            (Likeness::Same, None) => gathering.refuse(NotText),
            (Likeness::Same, Some(Said(own))) => {
                own.unwrap_or(charset).value(part.content, gathering)
            }
        }
        Some(())
    });
    if found.is_none() {
        gathering.refuse(Malformed);
    }
}

struct Part<'b> {
    name: Cow<'b, [u8]>,
    /// Whether the name is written in its extended form, which some read and some do not.
    is_extended: bool,
    content: &'b [u8],
    /// What a text says of its charset; `None` for a file and for what is no plain text.
    charset: Option<Said>,
}

impl<'b> Part<'b> {
    fn read(part: &'b [u8]) -> Option<Self> {
        let mut rest = part;
        let mut disposition = None;
        let mut kind = None;
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
                b"content-type" if kind.is_some() => return None,
                b"content-type" => kind = Some(text_charset(value)?),
                b"content-transfer-encoding" | b"content-length" | b"mime-version" => {}
                // Some look for the disposition anywhere in the head, and for the name elsewhere.
                _ => return None,
            }
        }
        let Disposition {
            name,
            is_extended,
            is_file,
        } = disposition?;
        let charset = kind.unwrap_or(Some(Said(None)));
        Some(Self {
            name,
            is_extended,
            content: rest,
            charset: charset.filter(|_| !is_file),
        })
    }

    /// What some reader may make of its name.
    fn likeness(&self, fields: &[&FieldName]) -> Likeness {
        match likeness(fields, &self.name) {
            Likeness::Same if self.is_extended => Likeness::Doubtful,
            likeness => likeness,
        }
    }
}

struct Disposition<'b> {
    name: Cow<'b, [u8]>,
    is_extended: bool,
    is_file: bool,
}

impl<'b> Disposition<'b> {
    /// `form-data`, a name (in its extended form from one library), and of a file its name, in one or both of its
    /// forms; nothing else, and nothing twice. A name with the beginning of an encoded word (RFC 2047) is another one
    /// to those who decode it.
    fn read(value: &'b [u8]) -> Option<Self> {
        let (kind, rest) = parameters::split(value);
        let [mut name, mut extended, mut file, mut extended_file] = [None; 4];
        for Parameter {
            name: key, value, ..
        } in parameters::read(rest)?
        {
            let place = match key.to_ascii_lowercase().as_slice() {
                b"name" => &mut name,
                b"name*" => &mut extended,
                b"filename" => &mut file,
                b"filename*" => &mut extended_file,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let (name, is_extended) = match (name, extended) {
            (Some(name), None) => (Cow::Borrowed(name), false),
            (None, Some(extended)) => {
                let mut parts = extended.splitn(3, |byte| *byte == b'\'');
                let (_, _, text) = (parts.next()?, parts.next()?, parts.next()?);
                (percent::decode(text, Plus::Plus), true)
            }
            _ => return None,
        };
        let is_encoded = name.windows(2).any(|pair| pair == b"=?");
        (kind.eq_ignore_ascii_case(b"form-data") && !is_encoded).then_some(Self {
            name,
            is_extended,
            is_file: file.is_some() || extended_file.is_some(),
        })
    }
}

fn is_plain_encoding(value: &[u8]) -> bool {
    let value = value.trim_ascii().to_ascii_lowercase();
    matches!(value.as_slice(), b"" | b"binary" | b"7bit" | b"8bit")
}

/// The charset of a part whose type is plain text, `None` of another one; nothing at all for what no client writes: no
/// type, or one that has parts itself.
#[expect(
    clippy::option_option,
    reason = "no text is another answer than no type"
)]
fn text_charset(value: &[u8]) -> Option<Option<Said>> {
    let (kind, rest) = parameters::split(value);
    let kind = kind.to_ascii_lowercase();
    let parameters = parameters::read(rest)?;
    let is_token = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte));
    let mut halves = kind.split(|byte| *byte == b'/');
    let (major, minor) = (halves.next()?, halves.next()?);
    if !is_token(major) || !is_token(minor) || halves.next().is_some() || major == b"multipart" {
        return None;
    }
    Some(match kind.as_slice() {
        b"text/plain" => Charset::of(&parameters),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
