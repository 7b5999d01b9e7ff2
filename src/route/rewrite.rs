//! What servers do to a path before they route it: one function each, in linear time, for a path that begins
//! with a slash.

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
fn decode(path: &[u8]) -> Option<Vec<u8>> {
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

/// The byte of `XX`, and what follows it.
fn byte_escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = tail.split_first_chunk::<2>()?;
    let byte = u8::try_from(hexadecimal(digits)?).ok()?;
    Some((byte, rest))
}

/// The character of `uXXXX`, and what follows it.
fn wide_escape(tail: &[u8]) -> Option<(char, &[u8])> {
    let (_, tail) = tail
        .split_first()
        .filter(|(byte, _)| matches!(byte, b'u' | b'U'))?;
    let (digits, rest) = tail.split_first_chunk::<4>()?;
    let wide = char::from_u32(hexadecimal(digits)?)?;
    Some((wide, rest))
}

/// The value of at most seven digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, &byte| {
        Some((value << 4) | char::from(byte).to_digit(16)?)
    })
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| {
        let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        u8::try_from(digit.to_ascii_uppercase()).unwrap_or(b'0')
    };
    out.extend([b'%', digit(byte >> 4), digit(byte & 0xf)]);
}
