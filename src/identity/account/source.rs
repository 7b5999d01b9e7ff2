use std::num::NonZeroUsize;

use super::content::Content;
use super::gathering::Gather;
use super::{AccountLack, Found, HeaderBlock, JsonPointer, form, head, multipart};
use crate::address::HeaderName;
use crate::identity::field::FieldName;
use crate::identity::token;
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
    /// A segment of the path, the first of which is 1.
    PathSegment(NonZeroUsize),
    /// A cookie.
    Cookie(FieldName),
    /// What the JWT of `authorization: Bearer` claims there, without trust.
    Claim(JsonPointer),
}

impl AccountSource {
    pub(super) const fn is_in_body(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Multipart(_) | Self::Json(_))
    }

    /// Whether it may stand in a body of this kind.
    pub(super) const fn reads(&self, content: &Content) -> bool {
        matches!(
            (self, content),
            (Self::Form(_), Content::Form)
                | (Self::Multipart(_), Content::Multipart(_))
                | (Self::Json(_), Content::Json)
        )
    }

    pub(super) fn read_body(&self, body: &[u8], content: &Content, gathering: &mut dyn Gather) {
        match (self, content) {
            (Self::Form(field), Content::Form) => form::read(body, field, gathering),
            (Self::Multipart(field), Content::Multipart(boundary)) => {
                multipart::read(body, boundary, field, gathering);
            }
            (Self::Json(pointer), Content::Json) => {
                let read = pointer.read(body, &mut |found| gather(found, gathering));
                if read.is_err() {
                    gathering.refuse(AccountLack::Malformed);
                }
            }
            _ => {}
        }
    }

    pub(super) fn read_head(&self, block: &HeaderBlock, gathering: &mut dyn Gather) {
        match self {
            Self::Form(_) | Self::Multipart(_) | Self::Json(_) => {}
            Self::Header(name) => {
                let name = name.as_str().as_bytes();
                for (key, value) in block.iter() {
                    if key.len() == name.len() && has_prefix(key, name) {
                        gathering.value(value);
                    }
                }
            }
            Self::Query(field) => form::read(form::query(head::target(block)), field, gathering),
            Self::Basic => {
                for credentials in token::credentials(block, "basic") {
                    match token::basic_user(credentials) {
                        Some(user) => gathering.value(&user),
                        None => gathering.refuse(AccountLack::Malformed),
                    }
                }
            }
            Self::PathSegment(number) => {
                head::path_segment(head::target(block), *number, gathering)
            }
            Self::Cookie(name) => {
                for value in name.cookie_values(block) {
                    gathering.value(&value);
                }
            }
            Self::Claim(claim) => {
                for token in token::credentials(block, "bearer") {
                    let claims = token::claims(token, claim, &mut |found| gather(found, gathering));
                    // It may be a token of another kind; the application refuses a JWT that is broken.
                    if claims.is_err() {
                        gathering.hint(AccountLack::Malformed);
                    }
                }
            }
        }
    }
}

fn gather(found: Found<'_>, gathering: &mut dyn Gather) {
    match found {
        Found::Text(text) => gathering.value(text.as_bytes()),
        // Clients send `null` for what they leave out.
        Found::Null => gathering.hint(AccountLack::NotText),
        Found::NoText => gathering.refuse(AccountLack::NotText),
    }
}
