//! Credentials of the `authorization` header, and what a JWT claims.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::json_pointer::{Found, JsonPointer, NoDocument};
use crate::message::HeaderBlock;

const PADDING_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDING_OR_NOT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDING_OR_NOT);

/// The longest token that is read.
pub(super) const MAX_TOKEN: usize = 8 << 10;

/// The credentials of every `authorization` line with this scheme, whose name is given in lower case.
pub(super) fn credentials<'b>(
    block: &'b HeaderBlock,
    scheme: &'static str,
) -> impl Iterator<Item = &'b [u8]> {
    block.lines("authorization").filter_map(move |line| {
        let line = line.trim_ascii();
        let (word, rest) = line.split_at_checked(scheme.len())?;
        let separated = rest.first().is_none_or(u8::is_ascii_whitespace);
        (separated && word.eq_ignore_ascii_case(scheme.as_bytes())).then(|| rest.trim_ascii())
    })
}

/// The user of Basic credentials (RFC 7617). Decoders differ in what they pass over, so nothing is.
pub(super) fn basic_user(credentials: &[u8]) -> Option<Vec<u8>> {
    let mut user = STANDARD.decode(credentials).ok()?;
    let colon = user.iter().position(|byte| *byte == b':')?;
    user.truncate(colon);
    Some(user)
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

/// What of a token says whose it is: of a JWT all but the signature, which can be written in several ways.
pub(super) fn essence(token: &[u8]) -> &[u8] {
    let dots = token.iter().filter(|byte| **byte == b'.').count();
    match token.iter().rposition(|byte| *byte == b'.') {
        // Every JWT begins so: it is `{"` in base64.
        Some(end) if dots == 2 && token.starts_with(b"eyJ") => token.get(..end).unwrap_or(token),
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::serialise;

    #[test]
    fn credentials_are_those_of_the_scheme() {
        let lines: [&[u8]; 7] = [
            b"Bearer one",
            b"bearer  two ",
            b"BEARER\tthree",
            b"Bearerfour",
            b"Basic five",
            b"Bearer",
            b"Bear",
        ];
        let lines = lines.iter().map(|line| (&b"Authorization"[..], *line));
        let block = HeaderBlock::new(serialise(lines));
        let found: Vec<&[u8]> = credentials(&block, "bearer").collect();
        assert_eq!(found, [&b"one"[..], b"two", b"three", b""]);
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
            let found = basic_user(text.as_bytes());
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
        for opaque in [&b"a.b.c"[..], b"eyJh", b"eyJh.x", b"eyJh.x.y.z", b""] {
            assert_eq!(essence(opaque), opaque);
        }
    }

    proptest! {
        #[test]
        fn any_token_is_read(token: Vec<u8>, text: String) {
            let _ = (basic_user(&token), subject(&text), essence(&token));
        }
    }
}
