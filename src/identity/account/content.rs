//! What the head says about the body.

use zeroize::Zeroizing;

use super::AccountError;
use super::declared::{BodyCharset, BodyKind, Declared};
use super::gathering::Gather;
use super::parameters::{self, Parameter};
use crate::message::HeaderBlock;

/// The longest boundary (RFC 2046, 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// How a body is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Form(Charset),
    Multipart(Boundary, Charset),
    Json(Charset),
}

/// In which charset a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// In UTF-8.
    Utf8,
    /// In ISO-8859-1, or so the head says: it is the default of HTTP libraries of Java, whatever they then write, and
    /// many applications do not look at it.
    Latin1,
    /// In another one of which ASCII is a part.
    Ascii,
}

impl From<BodyCharset> for Charset {
    fn from(charset: BodyCharset) -> Self {
        match charset {
            BodyCharset::Utf8 => Self::Utf8,
            BodyCharset::Latin1 => Self::Latin1,
        }
    }
}

impl Charset {
    /// The charset of this name; `None` for one that is not read.
    fn named(name: &[u8]) -> Option<Self> {
        let is = |own: &&[u8]| name.eq_ignore_ascii_case(own);
        if [&b"utf-8"[..], b"utf8"].iter().any(is) {
            return Some(Self::Utf8);
        }
        if [&b"iso-8859-1"[..], b"latin1", b"us-ascii", b"ascii"]
            .iter()
            .any(is)
        {
            return Some(Self::Latin1);
        }
        let others = [&b"iso-8859-15"[..], b"windows-1252"];
        others.iter().any(is).then_some(Self::Ascii)
    }

    /// The charset that these parameters say; nothing when they say none, `None` for one that is not read.
    pub(super) fn of(parameters: &[Parameter<'_>]) -> Option<Said> {
        let mut said = parameters
            .iter()
            .filter(|parameter| starts_with(parameter.name, b"charset"));
        match (said.next(), said.next()) {
            (None, _) => Some(Said(None)),
            (Some(said), None) if said.name.len() == b"charset".len() => {
                Self::named(said.value).map(|charset| Said(Some(charset)))
            }
            _ => None,
        }
    }

    /// Gathers a value that is written so. What some reader makes of it in another charset is judged as well.
    pub(super) fn value(self, value: &[u8], gathering: &mut dyn Gather) {
        match self {
            Self::Utf8 => gathering.value(value),
            _ if value.is_ascii() => gathering.value(value),
            Self::Latin1 => {
                let latin: String = value.iter().copied().map(char::from).collect();
                let latin = Zeroizing::new(latin);
                if std::str::from_utf8(value).is_ok() {
                    gathering.value(value);
                    gathering.candidate(latin.as_bytes());
                } else {
                    gathering.value(latin.as_bytes());
                    gathering.candidate(String::from_utf8_lossy(value).as_bytes());
                }
            }
            Self::Ascii => gathering.refuse(AccountError::NotText),
        }
    }
}

/// What parameters say of the charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said(pub(super) Option<Charset>);

/// Whether a name begins with this word, in whatever case.
fn starts_with(name: &[u8], word: &[u8]) -> bool {
    let start = name.get(..word.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// What stands, after two hyphens, between the parts of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boundary(Box<[u8]>);

impl Boundary {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// PHP takes what follows the first `boundary` in the whole header, wherever it stands; so that must be the
    /// parameter.
    fn read(header: &[u8], parameters: &[Parameter<'_>]) -> Option<Self> {
        let word = b"boundary";
        let at = header
            .windows(word.len())
            .position(|window| window.eq_ignore_ascii_case(word))?;
        let mut named = parameters
            .iter()
            .filter(|parameter| starts_with(parameter.name, word));
        let (Some(boundary), None) = (named.next(), named.next()) else {
            return None;
        };
        let first = boundary.name.len() == word.len() && boundary.at == at;
        let value = boundary.value;
        let usual = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || b"'()+_-./:=?".contains(byte)
                || (boundary.is_quoted && *byte == b' ')
        };
        let fits = (1..=MAX_BOUNDARY).contains(&value.len())
            && value.iter().all(usual)
            && value.last() != Some(&b' ');
        (first && fits).then(|| Self(value.into()))
    }
}

/// How the body is to be read, if it is one that is read at all.
///
/// # Errors
/// [`AccountError::Encoded`] for a content coding other than identity, [`AccountError::ContentType`] for no content
/// type or several, another one, or a charset other than UTF-8, [`AccountError::Malformed`] for a multipart body
/// without one unmistakable boundary.
///
/// What the operator has declared comes before the content type, and its charset behind one that is named there.
pub(super) fn read(head: &HeaderBlock, declared: Declared) -> Result<Content, AccountError> {
    uncoded(head)?;
    match declared.kind {
        None => typed(head, declared.charset.into()),
        Some(kind) => {
            let charset = charset(head).ok_or(AccountError::ContentType)?;
            let charset = charset.0.unwrap_or_else(|| declared.charset.into());
            Ok(match kind {
                BodyKind::Form => Content::Form(charset),
                BodyKind::Json => Content::Json(charset),
            })
        }
    }
}

/// The charset that a head names; nothing when it names none, `None` for one that is not read, or for several.
fn charset(head: &HeaderBlock) -> Option<Said> {
    let mut types = head.lines("content-type");
    match (types.next(), types.next()) {
        (None, _) => Some(Said(None)),
        (Some(header), None) => {
            let (_, rest) = parameters::split(header);
            parameters::read(rest).as_deref().and_then(Charset::of)
        }
        _ => None,
    }
}

/// Nothing, if the body has no content coding.
///
/// # Errors
/// [`AccountError::Encoded`] if it has one.
pub(super) fn uncoded(head: &HeaderBlock) -> Result<(), AccountError> {
    let mut codings = head
        .lines("content-encoding")
        .flat_map(|line| line.split(|byte| *byte == b','));
    let identity = |coding: &[u8]| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    };
    match codings.all(identity) {
        true => Ok(()),
        false => Err(AccountError::Encoded),
    }
}

fn typed(head: &HeaderBlock, usual: Charset) -> Result<Content, AccountError> {
    let mut types = head.lines("content-type");
    let (Some(header), None) = (types.next(), types.next()) else {
        return Err(AccountError::ContentType);
    };
    let (kind, rest) = parameters::split(header);
    let parameters = parameters::read(rest);
    let kind = kind.to_ascii_lowercase();
    let said = parameters.as_deref().and_then(Charset::of);
    let charset = said.map(|Said(charset)| charset.unwrap_or(usual));
    if kind == b"multipart/form-data" {
        let parameters = parameters.ok_or(AccountError::Malformed)?;
        let boundary = Boundary::read(header, &parameters).ok_or(AccountError::Malformed)?;
        let charset = charset.ok_or(AccountError::ContentType)?;
        return Ok(Content::Multipart(boundary, charset));
    }
    let charset = charset.ok_or(AccountError::ContentType)?;
    match kind.as_slice() {
        b"application/x-www-form-urlencoded" => Ok(Content::Form(charset)),
        kind if is_json(kind) => Ok(Content::Json(charset)),
        _ => Err(AccountError::ContentType),
    }
}

/// Whether somebody may read fields out of a body with this head: as a form, a JSON document, XML (Rails can), or parts
/// of whatever kind (Rack reads `multipart/mixed` like a form).
pub(super) fn may_have_fields(head: &HeaderBlock) -> bool {
    let mut types = head.lines("content-type").peekable();
    types.peek().is_none()
        || types.any(|kind| {
            let kind = kind.to_ascii_lowercase();
            let holds = |word: &[u8]| kind.windows(word.len()).any(|window| window == word);
            kind.trim_ascii().is_empty()
                || [&b"form"[..], b"json", b"xml", b"multipart"]
                    .into_iter()
                    .any(holds)
        })
}

/// `application/problem+json` and the like (RFC 6839).
fn is_json(kind: &[u8]) -> bool {
    kind == b"application/json"
        || kind
            .strip_prefix(b"application/")
            .and_then(|subtype| subtype.strip_suffix(b"+json"))
            .is_some_and(|name| {
                let usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
                !name.is_empty() && name.iter().all(usual)
            })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AccountError::{ContentType, Encoded, Malformed};
    use super::*;
    use crate::message::serialise;

    fn content(lines: &[(&str, &str)]) -> Result<Content, AccountError> {
        let lines = lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        read(&HeaderBlock::new(serialise(lines)), Declared::default())
    }

    fn of_type(value: &str) -> Result<Content, AccountError> {
        content(&[("content-type", value)])
    }

    #[test]
    fn the_content_type_says_how_the_body_is_read() {
        for (value, expected) in [
            (
                "application/x-www-form-urlencoded",
                Ok(Content::Form(Charset::Utf8)),
            ),
            (
                "Application/X-WWW-Form-Urlencoded ; Charset=\"UTF-8\"",
                Ok(Content::Form(Charset::Utf8)),
            ),
            (
                "application/x-www-form-urlencoded;charset=utf8;",
                Ok(Content::Form(Charset::Utf8)),
            ),
            ("application/json", Ok(Content::Json(Charset::Utf8))),
            (
                "application/json; charset=utf-8",
                Ok(Content::Json(Charset::Utf8)),
            ),
            (
                "application/vnd.api+json; ext=a",
                Ok(Content::Json(Charset::Utf8)),
            ),
            (
                "application/x-www-form-urlencoded; charset=ISO-8859-1",
                Ok(Content::Form(Charset::Latin1)),
            ),
            (
                "application/json; charset=us-ascii",
                Ok(Content::Json(Charset::Latin1)),
            ),
            (
                "application/x-www-form-urlencoded; charset=shift_jis",
                Err(ContentType),
            ),
            ("application/json; charset=utf-16", Err(ContentType)),
            (
                "application/json; charset=utf-8; charset=utf-7",
                Err(ContentType),
            ),
            ("application/json; charset*=utf-7''x", Err(ContentType)),
            ("application/json; charset='utf-8'", Err(ContentType)),
            ("application/json; charset", Err(ContentType)),
            ("application/json, text/plain", Err(ContentType)),
            ("application/+json", Err(ContentType)),
            ("application/x/y+json", Err(ContentType)),
            ("image/svg+json", Err(ContentType)),
            ("text/plain", Err(ContentType)),
            ("", Err(ContentType)),
        ] {
            assert_eq!(of_type(value), expected, "{value}");
        }
        assert_eq!(content(&[]), Err(ContentType));
        let json = ("content-type", "application/json");
        assert_eq!(content(&[json, json]), Err(ContentType));
    }

    #[test]
    fn only_an_unmistakable_boundary_is_one() {
        let boundary = |text: &str| {
            Ok(Content::Multipart(
                Boundary(text.as_bytes().into()),
                Charset::Utf8,
            ))
        };
        let long = "x".repeat(MAX_BOUNDARY);
        for (parameters, expected) in [
            ("boundary=abc", boundary("abc")),
            (" Boundary=\"a b:c\"", boundary("a b:c")),
            (
                "boundary=----WebKitFormBoundaryX1",
                boundary("----WebKitFormBoundaryX1"),
            ),
            ("charset=utf-8; boundary=a", boundary("a")),
            (&format!("boundary={long}"), boundary(&long)),
            (&format!("boundary={long}x"), Err(Malformed)),
            ("boundary=a; boundary=a", Err(Malformed)),
            ("boundary=a; boundary*=utf-8''b", Err(Malformed)),
            ("boundary*0=a", Err(Malformed)),
            ("xboundary=a; boundary=b", Err(Malformed)),
            ("x=\"boundary=a\"; boundary=b", Err(Malformed)),
            ("boundary=a b", Err(Malformed)),
            ("boundary=a,b", Err(Malformed)),
            ("boundary=\"a", Err(Malformed)),
            ("boundary=\"a\"b", Err(Malformed)),
            ("boundary=\"a\\\"b\"", Err(Malformed)),
            ("boundary=\"a \"", Err(Malformed)),
            ("boundary=\"\"", Err(Malformed)),
            ("boundary", Err(Malformed)),
            ("", Err(Malformed)),
            ("boundary=a; charset=utf-7", Err(ContentType)),
            (
                "charset=ISO-8859-1; boundary=a",
                Ok(Content::Multipart(
                    Boundary(b"a"[..].into()),
                    Charset::Latin1,
                )),
            ),
        ] {
            let value = format!("multipart/form-data;{parameters}");
            assert_eq!(of_type(&value), expected, "{value}");
        }
        assert_eq!(of_type("multipart/mixed; boundary=a"), Err(ContentType));
    }

    #[test]
    fn a_body_with_a_content_coding_is_declined() {
        for (coding, declined) in [
            ("gzip", true),
            ("identity, br", true),
            ("Identity", false),
            ("", false),
        ] {
            let found = content(&[
                ("content-type", "application/json"),
                ("content-encoding", coding),
            ]);
            let expected = if declined {
                Err(Encoded)
            } else {
                Ok(Content::Json(Charset::Utf8))
            };
            assert_eq!(found, expected, "{coding}");
        }
    }

    proptest! {
        #[test]
        fn any_content_type_is_read(value in "\\PC{0,80}", boundary in "\\PC{0,40}") {
            let _ = of_type(&value);
            if let Ok(Content::Multipart(found, _)) = of_type(&format!("multipart/form-data; {boundary}")) {
                prop_assert!((1..=MAX_BOUNDARY).contains(&found.as_bytes().len()));
            }
        }
    }
}
