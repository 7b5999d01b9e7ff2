//! What servers do to a path before they route it: one function each, in linear time, for a path that begins
//! with a slash.

use crate::encoding::percent::{byte_escape, wide_escape};
use crate::identity::unicode;

/// A step that some server takes with a path; `None` when it changes nothing.
pub(super) type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

/// Everything that some server, framework or proxy is known to do, in any order, with a path.
pub(super) const REWRITES: [Rewrite; 9] = [
    decode_safe,
    decode,
    cut_parameters,
    merge_slashes,
    resolve_dot_segments,
    turn_backslashes,
    cut_query,
    trim_end,
    cut_authority,
];

/// What some server, framework or proxy does with the characters of a path on their way to the application.
pub(super) const RESPELLINGS: [Rewrite; 5] = [
    decode_overlong,
    drop_undecodable,
    drop_invisible,
    fold_compatible,
    trim_segments,
];

/// Decodes what cannot change the structure of the path. What could stays, with capital digits; a percent
/// sign that begins no escape becomes one, so that doing this twice changes nothing more.
pub(super) fn decode_safe(path: &[u8]) -> Option<Vec<u8>> {
    with_escapes(path, |out, tail| match byte_escape(tail) {
        Some((byte, rest)) => {
            if is_structural(byte) {
                push_escape(out, byte);
            } else {
                out.push(byte);
            }
            rest
        }
        None => {
            push_escape(out, b'%');
            tail
        }
    })
}

/// Decodes every escape once, the `%uXXXX` of Windows servers too; what is none stays as it is.
pub(super) fn decode(path: &[u8]) -> Option<Vec<u8>> {
    with_escapes(path, |out, tail| {
        if let Some((byte, rest)) = byte_escape(tail) {
            out.push(byte);
            rest
        } else if let Some((wide, rest)) = wide_escape(tail) {
            out.extend_from_slice(wide.encode_utf8(&mut [0; 4]).as_bytes());
            rest
        } else {
            out.push(b'%');
            tail
        }
    })
}

/// Cuts the parameters (`;a=b`) from every segment.
pub(super) fn cut_parameters(path: &[u8]) -> Option<Vec<u8>> {
    if !path.contains(&b';') {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    let mut in_parameters = false;
    for &byte in path {
        in_parameters = byte != b'/' && (in_parameters || byte == b';');
        if !in_parameters {
            out.push(byte);
        }
    }
    Some(out)
}

/// Makes one slash of several.
pub(super) fn merge_slashes(path: &[u8]) -> Option<Vec<u8>> {
    if !path.windows(2).any(|pair| pair == b"//") {
        return None;
    }
    let mut out = path.to_vec();
    out.dedup_by(|next, previous| *next == b'/' && *previous == b'/');
    Some(out)
}

/// Follows `.` and `..` (RFC 3986, 5.2.4); an empty segment is a segment, and nothing is above the root.
pub(super) fn resolve_dot_segments(path: &[u8]) -> Option<Vec<u8>> {
    let segments = || path.split(|byte| *byte == b'/').skip(1);
    if !segments().any(|segment| segment == b"." || segment == b"..") {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    for segment in segments() {
        match segment {
            b"." => {}
            b".." => out.truncate(out.iter().rposition(|byte| *byte == b'/').unwrap_or(0)),
            _ => {
                out.push(b'/');
                out.extend_from_slice(segment);
            }
        }
    }
    Some(out)
}

/// Takes a backslash for a slash, as Windows servers and the URL parser of browsers and Node do.
fn turn_backslashes(path: &[u8]) -> Option<Vec<u8>> {
    let turned = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    path.contains(&b'\\')
        .then(|| path.iter().map(turned).collect())
}

/// Cuts the query and the fragment, which appear when an encoded path is decoded before it is taken apart.
fn cut_query(path: &[u8]) -> Option<Vec<u8>> {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#'))?;
    path.get(..end).map(<[u8]>::to_vec)
}

/// Ends the path at a NUL, as C does, or else cuts blanks and controls from its end.
fn trim_end(path: &[u8]) -> Option<Vec<u8>> {
    let nul = path.iter().position(|byte| *byte == 0);
    let end = nul.or_else(|| {
        let last = path.iter().rposition(|byte| *byte > b' ')?;
        last.checked_add(1)
    })?;
    path.get(..end)
        .filter(|kept| kept.len() < path.len())
        .map(<[u8]>::to_vec)
}

/// Takes the first segment of `//host/path` for a host, as URL parsers do that resolve a target
/// against a base.
fn cut_authority(path: &[u8]) -> Option<Vec<u8>> {
    let target = path.strip_prefix(b"//")?;
    let begin = target.iter().position(|byte| *byte != b'/')?;
    let (_, target) = target.split_at_checked(begin)?;
    let end = target.iter().position(|byte| *byte == b'/')?;
    target.get(end..).map(<[u8]>::to_vec)
}

/// Decodes the forms of ASCII in two to four bytes that UTF-8 forbids: `C0 AF` was a slash to many a decoder, and to
/// some whatever stands in the place of the second byte.
fn decode_overlong(path: &[u8]) -> Option<Vec<u8>> {
    if !path
        .iter()
        .any(|byte| matches!(byte, 0xc0 | 0xc1 | 0xe0 | 0xf0))
    {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        let (byte, behind) = match *rest {
            [] => break,
            [lead @ (0xc0 | 0xc1), last, ref behind @ ..] => {
                ((lead & 1) << 6 | last & 0x3f, behind)
            }
            [
                0xe0,
                lead @ (0x80 | 0x81),
                last @ 0x80..=0xbf,
                ref behind @ ..,
            ]
            | [
                0xf0,
                0x80,
                lead @ (0x80 | 0x81),
                last @ 0x80..=0xbf,
                ref behind @ ..,
            ] => ((lead & 1) << 6 | last & 0x3f, behind),
            [byte, ref behind @ ..] => (byte, behind),
        };
        out.push(byte);
        rest = behind;
    }
    (out != path).then_some(out)
}

/// Drops the bytes that are no UTF-8, as decoders do that are told to ignore them.
fn drop_undecodable(path: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(path).err()?;
    let valid = path.utf8_chunks().map(|chunk| chunk.valid().as_bytes());
    Some(valid.collect::<Vec<_>>().concat())
}

/// Drops controls (URL parsers of browsers and Node drop tabs and line ends), what is shown as nothing, and what stands
/// for what could not be decoded.
fn drop_invisible(path: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(path).ok()?;
    let is_dropped =
        |character: char| unicode::is_invisible(character) || is_no_character(character);
    text.contains(is_dropped)
        .then(|| text.replace(is_dropped, "").into_bytes())
}

/// Takes letters and signs in other shapes (full width, circled, of mathematics, long s) for those of ASCII, as NFKC
/// does, and the Turkish i's for i, as a comparison without case does.
fn fold_compatible(path: &[u8]) -> Option<Vec<u8>> {
    if path.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(path).ok()?;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let before = out.len();
        match character {
            '\u{130}' | '\u{131}' => out.push('i'),
            _ => unicode::decompose(character, &mut |part| out.push(part)),
        }
        if out.get(before..).is_none_or(|parts| !parts.is_ascii()) {
            out.truncate(before);
            out.push(character);
        }
    }
    (out != text).then(|| out.into_bytes())
}

/// Cuts dots and blanks from the end of every segment, and the name of a stream of NTFS (`::$DATA`), as Windows does
/// with the names of files.
fn trim_segments(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len());
    for (index, segment) in path.split(|byte| *byte == b'/').enumerate() {
        if index > 0 {
            out.push(b'/');
        }
        let stream = segment.windows(2).position(|two| two == b":$");
        let segment = stream.and_then(|at| segment.get(..at)).unwrap_or(segment);
        let segment = match (stream, segment) {
            (Some(_), [name @ .., b':']) => name,
            _ => segment,
        };
        let end = segment
            .iter()
            .rposition(|byte| !matches!(byte, b'.' | b' '));
        let end = end.map_or(segment.len(), |end| end.saturating_add(1));
        out.extend_from_slice(segment.get(..end).unwrap_or(segment));
    }
    (out != path).then_some(out)
}

/// What decoders write for what they cannot decode, and what Unicode calls no character.
fn is_no_character(character: char) -> bool {
    matches!(character, '\u{fffd}' | '\u{fdd0}'..='\u{fdef}')
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
}

/// Bytes that some server takes for more than themselves.
fn is_structural(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'\\' | b';' | b'?' | b'#' | b'%' | 0..0x20 | 0x7f
    )
}

/// Copies the path, with `put` at every percent sign: it gets what follows, and gives back what it left.
fn with_escapes<'a>(
    path: &'a [u8],
    put: impl Fn(&mut Vec<u8>, &'a [u8]) -> &'a [u8],
) -> Option<Vec<u8>> {
    if !path.contains(&b'%') {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            rest = put(&mut out, tail);
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    Some(out)
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| {
        let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        u8::try_from(digit.to_ascii_uppercase()).unwrap_or(b'0')
    };
    out.extend([b'%', digit(byte >> 4), digit(byte & 0xf)]);
}
