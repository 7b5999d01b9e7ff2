//! The values that some application may read from the cookies of a request.
//!
//! Readers of cookies differ more than those of anything else: in what separates two cookies, in quotes and escapes, in
//! where a value ends, in what is stripped from a name. And honest jars are full of what others write: JSON, commas,
//! blanks. So nothing in a line of cookies is a reason to refuse; whatever could be the value to some reader is one
//! more candidate.

use std::borrow::Cow;

use super::field::FieldName;
use super::likeness::{Attention, Essence, Name};
use super::percent::{self, Plus};
use crate::message::{HeaderBlock, cookie_pairs, split_cookie, unquoted};

/// The parameter of a path in which servlet containers look for the session beside the cookie.
const PATH_SESSION: &[u8] = b"jsessionid";
/// A session's id has so many letters at least, where what follows it may be of use to its reader as well.
const SHORTEST_ID: usize = 13;
/// What tokens in cookies may begin with.
const SCHEMES: [&[u8]; 4] = [b"bearer", b"token", b"jwt", b"basic"];
/// How many texts of a JSON cookie (`j:"abc"`, as Express reads it) are told.
const MAX_JSON: usize = 4;
/// How many bytes of values are looked at in a request, each with [`EACH`] more: a name that stands behind itself again
/// and again would make the work quadratic. A session in several parts may have twenty kilobytes.
const MAX_LOOKED_AT: usize = 32 << 10;
/// What it costs to look at a value, whatever its length.
const EACH: usize = 256;
/// How many parameters of a path are looked at.
const MAX_PARAMETERS: usize = 64;

/// A value under the name of a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CookieValue<'b> {
    /// As clients write it: the cookie of this name. Percent-decoded, since some applications encode it.
    Plain(Cow<'b, [u8]>),
    /// What some reader may make of a line.
    Candidate(Cow<'b, [u8]>),
    /// There are so many names, or the name stands behind itself so often, that nobody looks at all of them.
    TooMany,
}

/// Tells every value that some reader may find under `name`. Linear in the size of the lines.
pub(super) fn values<'b>(
    block: &'b HeaderBlock,
    name: &FieldName,
    tell: &mut dyn FnMut(CookieValue<'b>),
) {
    let mut left = (MAX_LOOKED_AT, Attention::new());
    let mut chunks: Vec<(u8, &'b [u8])> = Vec::new();
    for pair in cookie_pairs(block.lines("cookie")) {
        let Some((own, value)) = split_cookie(pair) else {
            continue;
        };
        if let Some(chunk) = chunk(own, value, name) {
            let at = chunks.partition_point(|(number, _)| *number <= chunk.0);
            chunks.insert(at, chunk);
        }
        // Whatever else stands in the pair is read as in any other one.
        if !is_count_of_chunks(own, value, name) && read_pair(pair, name, &mut left, tell).is_none()
        {
            return tell(CookieValue::TooMany);
        }
    }
    if !chunks.is_empty() {
        let joined = |chunks: &[(u8, &[u8])]| {
            let parts: Vec<&[u8]> = chunks.iter().map(|(_, value)| *value).collect();
            Cow::Owned(percent::decode(&parts.concat(), Plus::Plus).into_owned())
        };
        // Some stop where a number is missing, so that a part behind the gap hides nothing.
        let mut next = chunks.first().map(|(number, _)| *number);
        let gap = chunks.iter().position(|(number, _)| {
            let fits = next == Some(*number);
            next = number.checked_add(1);
            !fits
        });
        if let Some(run) = gap.and_then(|gap| chunks.get(..gap)) {
            tell(CookieValue::Candidate(joined(run)));
        }
        tell(CookieValue::Plain(joined(&chunks)));
    }
}

/// The number and the value of a part of a cookie that is too long for one: `sid.0`, `sid_1`, `sid-2`, `sidC3`
/// (Auth.js, oauth2-proxy, ASP.NET Core).
fn chunk<'b>(own: &[u8], value: &'b [u8], name: &FieldName) -> Option<(u8, &'b [u8])> {
    let rest = own.trim_ascii().strip_prefix(name.written().as_bytes())?;
    let value = unquoted(value.trim_ascii());
    match rest {
        [b'.' | b'_' | b'-' | b'C', digits @ ..] if (1..=2).contains(&digits.len()) => {
            let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
            Some((number, value))
        }
        _ => None,
    }
}

/// Whether a cookie says nothing but how many parts it has, which is the same in everybody's: `sid=chunks-3`.
fn is_count_of_chunks(own: &[u8], value: &[u8], name: &FieldName) -> bool {
    let count = unquoted(value.trim_ascii()).strip_prefix(b"chunks-");
    count.is_some_and(|count| count.iter().all(u8::is_ascii_digit)) && name.is(own.trim_ascii())
}

/// The cookies whose whole name may be taken for `name`: where cookies and fields are one collection, as `$_REQUEST` of
/// PHP may be. `None` where there are so many that nobody looks at all of them.
pub(super) fn beside_fields<'b>(
    block: &'b HeaderBlock,
    name: &FieldName,
    tell: &mut dyn FnMut(Cow<'b, [u8]>),
) -> Option<()> {
    let mut attention = Attention::new();
    for (own, value) in cookie_pairs(block.lines("cookie")).filter_map(split_cookie) {
        attention.take(own)?;
        let base = own.split(|byte| *byte == b'[').next().unwrap_or_default();
        if name.is_whole(own) || name.is_whole(base) {
            tell(percent::decode(trimmed(value), Plus::Plus));
        }
    }
    Some(())
}

/// The parameters of a path that servlet containers take for the cookie of this name: Tomcat's and Undertow's is called
/// as the cookie is, Jetty's always `jsessionid`.
pub(super) fn in_path<'b>(
    target: &'b [u8],
    name: &FieldName,
    tell: &mut dyn FnMut(CookieValue<'b>),
) {
    let path = target
        .split(|byte| *byte == b'?')
        .next()
        .unwrap_or_default();
    for (number, parameter) in path.split(|byte| *byte == b';').skip(1).enumerate() {
        if number >= MAX_PARAMETERS || parameter.len() > MAX_LOOKED_AT {
            return tell(CookieValue::TooMany);
        }
        if let Some((own, value)) = split_cookie(parameter)
            && (name.is_whole(own) || own.eq_ignore_ascii_case(PATH_SESSION))
        {
            let end = value.iter().position(|byte| *byte == b'/');
            let value = value.get(..end.unwrap_or(value.len())).unwrap_or(value);
            candidates(value, name, tell);
        }
    }
}

/// The parameters of a query of this cookie's name: Keycloak takes the session from there whatever its cookie says, and
/// so does PHP where it may.
pub(super) fn in_query<'b>(
    query: &'b [u8],
    name: &FieldName,
    tell: &mut dyn FnMut(CookieValue<'b>),
) {
    let mut attention = Attention::new();
    let pairs = query.split(|byte| matches!(byte, b'&' | b';'));
    for (own, value) in pairs.filter_map(split_cookie) {
        if attention.take(own).is_none() || value.len() > MAX_LOOKED_AT {
            return tell(CookieValue::TooMany);
        }
        if name.is_whole(&percent::decode(own, Plus::Space)) {
            candidates(value, name, tell);
        }
    }
}

/// What a value ends at to readers that know which bytes a cookie may have.
const fn ends_any_value(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b',' | b'\\' | 0x7f..)
}

/// What ends a value to no reader, and is not decoded.
const fn is_undisputed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What a value may end at, to readers that stop before the end of the cookie: nothing of it stands in the sessions of
/// any framework as clients write them, but for the padding of base64.
const fn ends_value(byte: u8) -> bool {
    ends_any_value(byte) || matches!(byte, b'=' | b'[' | b']')
}

/// What a value may end at, but what stands in honest ones too: separators of old RFCs, and the dot before the name of
/// a node (`ID.node7`).
const fn may_end_value(byte: u8) -> bool {
    matches!(
        byte,
        b'.' | b':' | b'/' | b'@' | b'(' | b')' | b'<' | b'>' | b'?' | b'{' | b'}'
    )
}

/// Reads what stands between two semicolons: the cookie as it should be, then each name before an equals sign. `None`
/// when more would have to be looked at than is `left`.
fn read_pair<'b>(
    pair: &'b [u8],
    name: &FieldName,
    (left, attention): &mut (usize, Attention),
    tell: &mut dyn FnMut(CookieValue<'b>),
) -> Option<()> {
    let mut begin: usize = 0;
    let mut charge = |value: &[u8]| {
        let cost = value.len().saturating_add(EACH);
        *left = left.checked_sub(cost)?;
        Some(())
    };
    while let Some(rest) = pair.get(begin..) {
        let Some((own, value)) = split_cookie(rest) else {
            break;
        };
        attention.take(own)?;
        let is_cookie = begin == 0 && name.is(own.trim_ascii());
        if is_cookie {
            let written = unquoted(value.trim_ascii());
            // All readers find the same in it, and nothing stands behind it.
            if !written.is_empty()
                && value.len() == written.len()
                && written.iter().all(|byte| is_undisputed(*byte))
            {
                charge(value)?;
                tell(CookieValue::Plain(Cow::Borrowed(written)));
                return Some(());
            }
            if !written.is_empty() {
                tell(CookieValue::Plain(percent::decode(written, Plus::Plus)));
            }
        }
        if !value.is_empty() && (is_cookie || could_be(name, own)) {
            charge(value)?;
            candidates(value, name, tell);
        }
        begin = begin.saturating_add(own.len()).saturating_add(1);
    }
    Some(())
}

/// Whether some reader may take a cookie of the name `own` for this one. Some look for it under the names that browsers
/// tie to a host or to TLS as well.
fn could_be(name: &FieldName, own: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 2] = [b"__Host-", b"__Secure-"];
    let bare = |text: &[u8]| {
        let text = text.trim_ascii();
        PREFIXES.iter().find_map(|prefix| {
            let (start, rest) = text.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then(|| rest.to_vec())
        })
    };
    let read = Name::new(own);
    name.could_be(&read)
        || bare(own).is_some_and(|own| name.could_be(&Name::new(&own)))
        || bare(name.written().as_bytes()).is_some_and(|name| {
            let name = Essence::of(&name);
            name.could_be(&read)
        })
}

/// Tells what a reader may make of the text behind an equals sign, apart from its plain reading, which is told again
/// where it is one.
fn candidates<'b>(raw: &'b [u8], name: &FieldName, tell: &mut dyn FnMut(CookieValue<'b>)) {
    let whole = trimmed(raw);
    let mut quoted = whole;
    let mut tell_decoded = |value: &'b [u8]| {
        if !value.is_empty() {
            let once = percent::decode(value, Plus::Plus);
            if once.contains(&b'%')
                && let Cow::Owned(twice) = percent::decode(&once, Plus::Plus)
            {
                tell(CookieValue::Candidate(Cow::Owned(twice)));
            }
            if let Some(json) = once.strip_prefix(b"j:") {
                let texts = json.split(|byte| b"\"{}[]:,".contains(byte));
                for text in texts.filter(|text| !text.is_empty()).take(MAX_JSON) {
                    tell(CookieValue::Candidate(Cow::Owned(text.to_vec())));
                }
            }
            // What decodes to no text is read as it stands by those who do not decode.
            if once.contains(&0) || std::str::from_utf8(&once).is_err() {
                tell(CookieValue::Candidate(Cow::Borrowed(value)));
            }
            tell(CookieValue::Candidate(once));
        }
    };
    tell_decoded(whole);
    if let [b'"', inner @ ..] = raw.trim_ascii() {
        // Some cut the last byte where the first one is a quote, whatever it is, and some read up to the next quote.
        tell_decoded(inner.split_last().map_or(inner, |(_, inner)| inner));
        quoted = inner.get(..closing_quote(inner)).unwrap_or(inner);
        tell_decoded(quoted);
    }
    // Within quotes, as servers write them, and among pairs (`a=1&b=2`), what stands first may be the same in
    // everybody's cookie.
    let is_quoted = matches!(raw.trim_ascii(), [b'"', inner @ .., b'"'] if !inner.contains(&b'"') && !inner.contains(&b'\\'));
    let is_own = |first: &[u8], is_shared: bool| {
        let is_scheme = SCHEMES
            .iter()
            .any(|scheme| first.eq_ignore_ascii_case(scheme));
        !is_scheme && (first.len() >= SHORTEST_ID || !is_shared)
    };
    let end = whole.iter().position(|byte| ends_any_value(*byte));
    if let Some(first) = end.and_then(|end| whole.get(..end))
        && is_own(first, is_quoted)
    {
        tell_decoded(first);
    }
    let begin = whole.iter().position(|byte| !ends_value(*byte));
    let body = whole
        .get(begin.unwrap_or(whole.len())..)
        .unwrap_or_default();
    let end = body.iter().position(|byte| ends_value(*byte));
    let first = body.get(..end.unwrap_or(body.len())).unwrap_or_default();
    if first.len() < whole.len() && is_own(first, is_quoted || whole.contains(&b'&')) {
        tell_decoded(first);
    }
    let end = first.iter().position(|byte| may_end_value(*byte));
    if let Some(id) = end.and_then(|end| first.get(..end))
        && stands_alone(id, name)
    {
        tell_decoded(id);
    }
    for text in [whole, quoted] {
        if text.contains(&b'\\') {
            tell(CookieValue::Candidate(Cow::Owned(unescaped(text))));
        }
    }
}

/// Whether what stands before a dot or a colon is worth being told from others: an id, and not what many tokens begin
/// with (the head of a JWT, the JSON of a signed cookie, the `s:` of Express).
fn stands_alone(id: &[u8], name: &FieldName) -> bool {
    let in_container = name.written().as_bytes().eq_ignore_ascii_case(PATH_SESSION);
    let is_head = id.starts_with(b"eyJ") || id.starts_with(b"s%3A");
    !id.is_empty() && !is_head && (in_container || id.len() >= SHORTEST_ID)
}

/// Without quotes and the blanks of any reader around it: those of Unicode as well, in UTF-8 and in ISO-8859-1.
fn trimmed(mut text: &[u8]) -> &[u8] {
    const WIDE: [&[u8]; 4] = [b"\xc2\xa0", b"\xc2\x85", b"\xe3\x80\x80", b"\xef\xbb\xbf"];
    loop {
        let mut rest = text;
        for wide in WIDE {
            rest = rest.strip_prefix(wide).unwrap_or(rest);
            rest = rest.strip_suffix(wide).unwrap_or(rest);
        }
        rest = match rest {
            [0..=b' ' | b'"' | 0x7f | 0x85 | 0xa0, inner @ ..]
            | [inner @ .., 0..=b' ' | b'"' | 0x7f | 0x85 | 0xa0] => inner,
            _ => rest,
        };
        if rest.len() == text.len() {
            return text;
        }
        text = rest;
    }
}

/// Where the first quote stands that no backslash escapes; the end when there is none.
fn closing_quote(text: &[u8]) -> usize {
    let mut escaped = false;
    let closes = |byte: &u8| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    };
    text.iter().position(closes).unwrap_or(text.len())
}

/// Without its backslashes, octal escapes resolved (RFC 2109, Python's `http.cookies`).
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
        } else if let Some((octal, after)) = octal_escape(tail) {
            out.push(octal);
            rest = after;
        } else if let Some((&escaped, after)) = tail.split_first() {
            out.push(escaped);
            rest = after;
        }
    }
    out
}

fn octal_escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = tail.split_first_chunk::<3>()?;
    let value = digits.iter().try_fold(0_u32, |value, &byte| {
        Some((value << 3) | char::from(byte).to_digit(8)?)
    });
    Some((u8::try_from(value?).ok()?, rest))
}

#[cfg(test)]
mod tests;
