use std::num::NonZeroUsize;

use zeroize::Zeroizing;

use super::body_pattern::BodyPattern;
use super::content::{Charset, Content};
use super::gathering::Gather;
use super::{AccountError, Found, HeaderBlock, JsonPointer, head};
use crate::address::HeaderName;
use crate::identity::cookie::{self, CookieValue};
use crate::identity::field::FieldName;
use crate::identity::token::{self, Credentials};
use crate::message::has_prefix;

/// A place where the account of a request may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSource {
    /// A field of an urlencoded form in the body.
    Form(FieldName),
    /// A field of a multipart form in the body.
    Multipart(FieldName),
    /// A value of the JSON document in the body.
    Json(JsonPointer),
    /// A header.
    Header(HeaderName),
    /// A parameter of the query.
    Query(FieldName),
    /// The user of `authorization: Basic`.
    Basic,
    /// The password of `authorization: Basic`.
    BasicPassword,
    /// A segment of the path, the first of which is 1, and the name that the application has for it, if it has one.
    PathSegment(NonZeroUsize, Option<FieldName>),
    /// A cookie.
    Cookie(FieldName),
    /// What the JWT of `authorization: Bearer` claims there, without trust.
    Claim(JsonPointer),
    /// What a pattern finds in the text of the body, each occurrence an attempt of its own.
    BodyPattern(BodyPattern),
}

impl AccountSource {
    /// Whether it stands in a body and nowhere else.
    pub(super) const fn is_in_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Multipart(_) | Self::Json(_))
    }

    /// Whether it may stand in a body of this kind.
    pub(super) const fn reads(&self, content: &Content) -> bool {
        matches!(
            (self, content),
            (Self::Form(_), Content::Form(_))
                | (Self::Multipart(_), Content::Multipart(..))
                | (Self::Json(_), Content::Json(_))
        )
    }

    /// The name under which frameworks that merge query, body, path and cookies find the account, wherever it stands.
    pub(super) fn merged_name(&self) -> Option<FieldName> {
        match self {
            Self::Form(name) | Self::Multipart(name) | Self::Query(name) => Some(name.clone()),
            Self::PathSegment(_, name) => name.clone(),
            Self::Json(pointer) => Some(pointer.field()),
            Self::Header(_)
            | Self::Basic
            | Self::BasicPassword
            | Self::Cookie(_)
            | Self::Claim(_)
            | Self::BodyPattern(_) => None,
        }
    }

    pub(super) fn read_head(&self, block: &HeaderBlock, gathering: &mut dyn Gather) {
        match self {
            Self::Form(_)
            | Self::Multipart(_)
            | Self::Json(_)
            | Self::Query(_)
            | Self::BodyPattern(_) => {}
            Self::Header(name) => {
                let name = name.as_str().as_bytes();
                for (key, value) in block.iter() {
                    if key.len() == name.len() && has_prefix(key, name) {
                        gathering.value(value);
                    }
                }
            }
            Self::Basic => basic(block, gathering, |found| found.user),
            Self::BasicPassword => basic(block, gathering, |found| found.password),
            Self::PathSegment(number, _) => head::path_segment(block.target(), *number, gathering),
            Self::Cookie(name) => cookie::values(block, name, &mut |value| match value {
                CookieValue::Plain(value) => gathering.value(&value),
                CookieValue::Candidate(value) => gathering.candidate(&value),
                CookieValue::TooMany => gathering.doubt(),
            }),
            Self::Claim(claim) => token::credentials(block, "bearer", &mut |found| match found {
                Credentials::Plain(token) => {
                    let claims = token::claims(token, claim, &mut |found| {
                        gather(found, Charset::Utf8, gathering);
                    });
                    // It may be a token of another kind; the application refuses a JWT that is broken.
                    if claims.is_err() {
                        gathering.hint(AccountError::Malformed);
                    }
                }
                Credentials::Candidate(_) => gathering.doubt(),
            }),
        }
    }
}

/// One of the two that Basic credentials hold.
fn basic(
    block: &HeaderBlock,
    gathering: &mut dyn Gather,
    which: fn(token::Basic) -> Zeroizing<Vec<u8>>,
) {
    token::credentials(block, "basic", &mut |found| match found {
        Credentials::Plain(token) => match token::basic(token).map(which) {
            // Applications differ in the charset of credentials.
            Some(part) if std::str::from_utf8(&part).is_ok() => {
                Charset::Latin1.value(&part, gathering)
            }
            Some(_) => gathering.refuse(AccountError::NotText),
            None => gathering.refuse(AccountError::Malformed),
        },
        Credentials::Candidate(_) => gathering.doubt(),
    });
    if block
        .lines("authorization")
        .any(|line| token::hides(line, b"basic"))
    {
        gathering.doubt();
    }
}

pub(super) fn gather(found: Found<'_>, charset: Charset, gathering: &mut dyn Gather) {
    match found {
        Found::Text(text) => charset.value(text.as_bytes(), gathering),
        // Clients send `null` for what they leave out.
        Found::Null => gathering.hint(AccountError::NotText),
        Found::NoText => gathering.refuse(AccountError::NotText),
        Found::Doubtful => gathering.doubt(),
    }
}
