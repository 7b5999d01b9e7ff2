//! Credentials of the `authorization` header, and what a JWT claims.

use base64::Engine as _;
use zeroize::Zeroizing;

use super::json_pointer::{Found, JsonPointer, NoDocument};
use crate::encoding::base64::{STANDARD, URL_SAFE};
use crate::message::HeaderBlock;

/// The longest token that is read.
pub(super) const MAX_TOKEN: usize = 8 << 10;

/// What an `authorization` line says under a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials<'b> {
    /// As clients write them: one scheme, one blank, one token.
    Plain(&'b [u8]),
    /// What some reader may find.
    Candidate(&'b [u8]),
}

/// Tells the credentials of the scheme, whose name is given in lower case, in every `authorization` line. Where no
/// client writes such a line, what some reader may find in it: behind the scheme to the end, and to the first thing
/// that is no part of a token.
pub(super) fn credentials<'b>(
    block: &'b HeaderBlock,
    scheme: &'static str,
    tell: &mut dyn FnMut(Credentials<'b>),
) {
    let is_alone = block.lines("authorization").count() == 1;
    for line in block.lines("authorization") {
        for token in glued(line, scheme.as_bytes()).into_iter().flatten() {
            tell(Credentials::Candidate(token));
        }
        for at in words(line, scheme.as_bytes()).take(MAX_WORDS) {
            let behind = line
                .get(at.saturating_add(scheme.len())..)
                .unwrap_or_default();
            if let (0, true, [b' ', token @ ..]) = (at, is_alone, behind)
                && !token.is_empty()
                && token.iter().all(|byte| is_of_token(*byte))
            {
                tell(Credentials::Plain(token));
                if let Some(value) = parameter(token) {
                    tell(Credentials::Candidate(value));
                }
                continue;
            }
            let begin = behind.iter().position(|byte| is_of_token(*byte));
            let rest = behind
                .get(begin.unwrap_or(behind.len())..)
                .unwrap_or_default();
            let token = first_word(rest);
            tell(Credentials::Candidate(rest.trim_ascii_end()));
            if let Some(value) = parameter(rest) {
                tell(Credentials::Candidate(value));
            }
            if token.len() < rest.len() {
                tell(Credentials::Candidate(token));
            }
        }
    }
}

/// The value of `token=V` or `token="V"`, as Rails reads it under any scheme of tokens.
fn parameter(text: &[u8]) -> Option<&[u8]> {
    let (name, value) = text.split_at_checked(b"token=".len())?;
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value
        .iter()
        .position(|byte| matches!(byte, b'"' | b',' | b' ' | b';' | b'\t'));
    let value = value.get(..end.unwrap_or(value.len()))?;
    (name.eq_ignore_ascii_case(b"token=") && !value.is_empty()).then_some(value)
}

/// A byte of a `token68` (RFC 9110, 11.2), and the colon of tokens that are none.
const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'+'
                | b'/'
                | b'='
                | b':'
                | b'|'
                | b'%'
                | b'*'
                | b'!'
                | b'$'
        )
}

/// What of a text may be a token, from its start on.
fn first_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !is_of_token(*byte));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// How many words of one line are told.
const MAX_WORDS: usize = 4;

/// Tells every word that some reader may take for the token of a line that names the scheme anywhere, but is not
/// written as clients write it: each that stands between separators, and what follows the scheme at once.
pub(super) fn scattered<'b>(
    block: &'b HeaderBlock,
    scheme: &'static [u8],
    tell: &mut dyn FnMut(Credentials<'b>),
) {
    let mut tell = |token: &'b [u8]| tell(Credentials::Candidate(token));
    for line in block.lines("authorization").take(MAX_WORDS) {
        // Some take the second word for the token, whatever the first one is, and some a lone word.
        let mut parts = line.trim_ascii().split(u8::is_ascii_whitespace);
        match (parts.next(), parts.next()) {
            (Some(first), Some(second)) if !first.eq_ignore_ascii_case(scheme) => tell(second),
            (Some(alone), None) => tell(alone),
            _ => {}
        }
        let is_scheme = |window: &[u8]| window.eq_ignore_ascii_case(scheme);
        let Some(at) = line.windows(scheme.len()).position(is_scheme) else {
            continue;
        };
        let behind = line
            .get(at.saturating_add(scheme.len())..)
            .unwrap_or_default();
        let is_plain = at == 0
            && matches!(behind, [b' ', token @ ..] if token.iter().all(|byte| is_of_token(*byte)));
        if is_plain {
            continue;
        }
        tell(first_word(behind));
        let words = line.split(|byte| !is_of_token(*byte));
        let words = words.filter(|word| !word.is_empty() && !is_scheme(word));
        words.take(MAX_WORDS).for_each(&mut tell);
        if let Some(last) = line.split(u8::is_ascii_whitespace).next_back() {
            tell(first_word(last));
        }
    }
}

/// Whether a line that is not written as clients write any names the scheme somewhere: there is no scheme before a
/// blank, or that is not all.
pub(super) fn hides(line: &[u8], scheme: &'static [u8]) -> bool {
    let end = line.iter().position(|byte| *byte == b' ');
    let first = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let is_scheme = end.is_some() && first.iter().all(is_word);
    let names = |text: &[u8]| {
        let mut windows = text.windows(scheme.len());
        windows.any(|window| window.eq_ignore_ascii_case(scheme))
    };
    match is_scheme {
        true => names(first) && !first.eq_ignore_ascii_case(scheme),
        false => names(line),
    }
}

/// What stands behind a scheme without a blank, and behind one more byte: some readers skip so many bytes without a
/// look.
fn glued<'b>(line: &'b [u8], scheme: &[u8]) -> Option<[&'b [u8]; 2]> {
    let (start, rest) = line.split_at_checked(scheme.len())?;
    let (glue, token) = rest.split_first()?;
    (start.eq_ignore_ascii_case(scheme) && is_of_token(*glue))
        .then(|| [first_word(rest), token.trim_ascii()])
}

/// Where a word begins in a line, in whatever case and wherever some pattern finds it, with nothing of a token behind
/// it.
fn words(line: &[u8], word: &'static [u8]) -> impl Iterator<Item = usize> {
    let windows = line.windows(word.len()).enumerate();
    windows.filter_map(move |(at, window)| {
        let after = line.get(at.saturating_add(word.len()));
        let stands_alone = |byte: Option<&u8>| byte.is_none_or(|byte| !is_of_token(*byte));
        (window.eq_ignore_ascii_case(word) && stands_alone(after)).then_some(at)
    })
}

/// What Basic credentials hold; wiped when it goes.
pub(super) struct Basic {
    /// All before the first colon.
    pub(super) user: Zeroizing<Vec<u8>>,
    /// All behind it.
    pub(super) password: Zeroizing<Vec<u8>>,
}

/// Reads Basic credentials (RFC 7617). Decoders differ in what they pass over, so nothing is.
pub(super) fn basic(credentials: &[u8]) -> Option<Basic> {
    let whole = Zeroizing::new(STANDARD.decode(credentials).ok()?);
    let (user, password) = whole.split_at(whole.iter().position(|byte| *byte == b':')?);
    Some(Basic {
        user: Zeroizing::new(user.to_vec()),
        password: Zeroizing::new(password.strip_prefix(b":")?.to_vec()),
    })
}

/// Tells what a JWT claims at a place of its payload. Nothing is verified: the application does that, and refuses a
/// token that is forged.
///
/// # Errors
/// When it is no JWT, is longer than 8 KiB or is encrypted.
pub(super) fn claims(
    token: &[u8],
    claim: &JsonPointer,
    tell: &mut dyn FnMut(Found<'_>),
) -> Result<(), NoDocument> {
    if token.len() > MAX_TOKEN {
        return Err(NoDocument);
    }
    let mut parts = token.split(|byte| *byte == b'.');
    let (_, payload) = (parts.next(), parts.next().ok_or(NoDocument)?);
    if parts.count() != 1 {
        return Err(NoDocument);
    }
    let payload = URL_SAFE.decode(payload).map_err(|_| NoDocument)?;
    claim.read(&payload, tell)
}

/// What of a token says whose it is: of one that is signed or encrypted all but its last part, which can be written in
/// several ways (JWTs of three and five parts; the cookies of Flask and Starlette, compressed or not).
pub(super) fn essence(token: &[u8]) -> &[u8] {
    let dots = token.iter().filter(|byte| **byte == b'.').count();
    // So begins every JSON in base64, and so a compressed one of Flask.
    let is_signed = token.starts_with(b"eyJ") || token.starts_with(b".eJ");
    match token.iter().rposition(|byte| *byte == b'.') {
        Some(end) if dots >= 2 && is_signed => token.get(..end).unwrap_or(token),
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::serialise;

    fn found(lines: &[&str]) -> (Vec<String>, Vec<String>) {
        let lines = lines
            .iter()
            .map(|line| (&b"Authorization"[..], line.as_bytes()));
        let block = HeaderBlock::new(serialise(lines));
        let (mut plain, mut others) = (Vec::new(), Vec::new());
        let text = |token: &[u8]| String::from_utf8_lossy(token).into_owned();
        credentials(&block, "bearer", &mut |found| match found {
            Credentials::Plain(token) => plain.push(text(token)),
            Credentials::Candidate(token) => others.push(text(token)),
        });
        (plain, others)
    }

    #[test]
    fn one_scheme_one_blank_and_one_token_are_plain() {
        for line in ["Bearer V", "bearer V", "BEARER V"] {
            assert_eq!(found(&[line]).0, ["V"], "{line}");
        }
        assert_eq!(found(&["BearerxV"]).1, ["xV", "V"]);
        for other in ["Basic V", "Bear", "Basic xbearerx", "Token bearer-x", ""] {
            assert_eq!(found(&[other]), (vec![], vec![]), "{other}");
        }
    }

    #[test]
    fn what_no_client_writes_has_candidates() {
        for line in [
            "Bearer  V",
            "Bearer\tV",
            "Bearer V junk",
            "Basic x, Bearer V",
            "Bearer V,",
            "Bearer \"V\"",
            "x Bearer V",
            "Bearer,V",
            "0Bearer V",
            ":Bearer V",
            "Bearer token=\"V\", x=1",
        ] {
            let (plain, others) = found(&[line]);
            assert!(
                plain.is_empty() && others.contains(&"V".to_owned()),
                "{line}: {others:?}"
            );
        }
        assert_eq!(found(&["Bearer"]).1, [""]);
        let (plain, others) = found(&["Bearer V", "Bearer J"]);
        assert!(plain.is_empty());
        assert_eq!(others, ["V", "J"]);
    }

    #[test]
    fn the_user_stands_before_the_colon() {
        for (text, user) in [
            ("Ym9iOnB3", Some("bob")),
            ("Ym9iOnA6dw==", Some("bob")),
            ("Ym9iOnA6dw", Some("bob")),
            ("OnB3", Some("")),
            ("Ym9i", None),
            ("Ym9i!OnB3", None),
            ("Ym9iOnB3, Ym9iOnB3", None),
            ("", None),
        ] {
            let found = basic(text.as_bytes()).map(|found| found.user.to_vec());
            assert_eq!(found.as_deref(), user.map(str::as_bytes), "{text}");
        }
    }

    fn subject(token: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        claims(token.as_bytes(), &JsonPointer::key("sub"), &mut |found| {
            if let Found::Text(text) = found {
                all.push(text.to_owned());
            }
        })
        .ok()
        .map(|()| all)
    }

    #[test]
    fn a_claim_is_read_without_trust() {
        let bob = Some(vec!["bob".to_owned()]);
        // {"sub":"bob"}
        assert_eq!(subject("eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.sig"), bob);
        assert_eq!(subject("eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ==.sig"), bob);
        assert_eq!(subject("..eyJzdWIiOiJib2IifQ"), None);
        assert_eq!(subject("x.e30."), Some(vec![]));
        for token in ["", ".", "x.e30", "x.e30.y.z", "x.e3!0.y", "x.bm90IGpzb24.y"] {
            assert_eq!(subject(token), None, "{token}");
        }
        let long = format!("x.{}.y", "e30".repeat(MAX_TOKEN));
        assert_eq!(subject(&long), None);
    }

    #[test]
    fn a_jwt_is_itself_whatever_its_signature_looks_like() {
        assert_eq!(essence(b"eyJh.eyJz.sig"), b"eyJh.eyJz");
        assert_eq!(essence(b"eyJh.a.b.c.tag"), b"eyJh.a.b.c");
        assert_eq!(essence(b".eJyr.ts.sig"), b".eJyr.ts");
        for opaque in [&b"a.b.c"[..], b"eyJh", b"eyJh.x", b""] {
            assert_eq!(essence(opaque), opaque);
        }
    }

    proptest! {
        #[test]
        fn any_token_is_read(token: Vec<u8>, text: String) {
            let _ = (basic(&token).is_some(), subject(&text), essence(&token));
        }
    }
}
