//! Percent-encoding, as applications decode it.

use std::borrow::Cow;

/// What a `+` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space: in forms and queries.
    Space,
    /// Itself: in paths and cookies.
    Plus,
}

/// Decodes every `%XX` once; what is no escape stays as it is.
pub(crate) fn decode(text: &[u8], plus: Plus) -> Cow<'_, [u8]> {
    decode_with(text, plus, false)
}

/// The same with the `%uXXXX` of older Windows servers decoded as well; `None` where there is nothing to decode.
pub(crate) fn decode_all(text: &[u8]) -> Option<Vec<u8>> {
    let decodes = |byte: &u8| matches!(byte, b'%' | b'+');
    text.iter()
        .any(decodes)
        .then(|| decode_with(text, Plus::Space, true).into_owned())
}

/// Whether every `%` begins an escape of two hexadecimal digits. No client writes any other, and readers differ in
/// what they make of it: nothing at all, the sign itself, an error.
pub(crate) fn is_clean(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b'%');
    parts.next();
    parts.all(|tail| byte_escape(tail).is_some())
}

fn decode_with(text: &[u8], plus: Plus, wide: bool) -> Cow<'_, [u8]> {
    let space = |byte: u8| byte == b'+' && plus == Plus::Space;
    if !text.iter().any(|byte| *byte == b'%' || space(*byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            out.push(if space(byte) { b' ' } else { byte });
        } else if let Some((decoded, after)) = byte_escape(tail) {
            out.push(decoded);
            rest = after;
        } else if let Some((decoded, after)) = wide_escape(tail).filter(|_| wide) {
            out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        } else {
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

/// The byte of `XX`, and what follows it.
pub(crate) fn byte_escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = tail.split_first_chunk::<2>()?;
    Some((u8::try_from(hexadecimal(digits)?).ok()?, rest))
}

/// The character of `uXXXX`, and what follows it.
pub(crate) fn wide_escape(tail: &[u8]) -> Option<(char, &[u8])> {
    let (_, tail) = tail
        .split_first()
        .filter(|(byte, _)| matches!(byte, b'u' | b'U'))?;
    let (digits, rest) = tail.split_first_chunk::<4>()?;
    Some((char::from_u32(hexadecimal(digits)?)?, rest))
}

/// The value of at most seven digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, &byte| {
        Some((value << 4) | char::from(byte).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_decoded_once_and_what_is_none_stays() {
        for (text, expected) in [
            ("em%61il", "email"),
            ("a%40b", "a@b"),
            ("%2540", "%40"),
            ("a+b", "a b"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%4", "%zz%4"),
            ("%u0061", "%u0061"),
            ("", ""),
        ] {
            assert_eq!(&*decode(text.as_bytes(), Plus::Space), expected.as_bytes());
        }
        assert_eq!(&*decode(b"a+b%2B", Plus::Plus), b"a+b+");
    }

    #[test]
    fn wide_escapes_are_decoded_where_all_are() {
        assert_eq!(decode_all(b"%u0061%62+").unwrap(), b"ab ");
        assert_eq!(decode_all(b"%u00e9").unwrap(), "é".as_bytes());
        assert_eq!(decode_all(b"%ud800").unwrap(), b"%ud800");
        assert_eq!(decode_all(b"ab"), None);
    }

    #[test]
    fn only_whole_escapes_are_clean() {
        for (text, clean) in [
            ("", true),
            ("a%40b", true),
            ("%41%42", true),
            ("100%", false),
            ("%4", false),
            ("%u0041", false),
            ("%%41", false),
            ("%zz", false),
        ] {
            assert_eq!(is_clean(text.as_bytes()), clean, "{text}");
        }
    }
}
