//! The signs by which an operator tells a failure from a success.

use super::fit::Fit;
use super::json::Scalar;
use super::status::StatusRange;
use crate::address::HeaderName;
use crate::json::Pointer;
use crate::message::ends_cookie;

/// What makes a response a failure, or a success; one sign is enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signs {
    /// HTTP statuses. The 200 that every gRPC response has is none of them.
    pub statuses: Vec<StatusRange>,
    /// Headers.
    pub headers: Vec<HeaderSign>,
    /// gRPC statuses.
    pub grpc_statuses: Vec<u32>,
    /// What stands in the body.
    pub body: Vec<BodySign>,
}

/// What follows from signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A success, or a step towards it.
    Grants,
    /// A failure, or a lock.
    Refuses,
}

/// A header of which one line fits.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderSign {
    /// Its name, in any case.
    pub name: HeaderName,
    /// What the line's value is like.
    pub value: ValueMatch,
}

/// What a header's value is like; letter case matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueMatch {
    /// It is there.
    Present,
    /// It is this.
    Equals(String),
    /// It starts with this.
    Prefix(String),
    /// This stands in it.
    Contains(String),
}

/// Something in the body.
#[derive(Clone, Debug, PartialEq)]
pub enum BodySign {
    /// These bytes, whole.
    Contains(String),
    /// A JSON value that says something: it is not null, false, 0, "", [] or {}.
    Says(Pointer),
    /// A JSON value that is this.
    Equals(Pointer, Scalar),
}

impl Signs {
    /// None: nothing shows it.
    pub const NONE: Self = Self {
        statuses: Vec::new(),
        headers: Vec::new(),
        grpc_statuses: Vec::new(),
        body: Vec::new(),
    };

    /// 401 and 403, and what gRPC calls them: `UNAUTHENTICATED` and `PERMISSION_DENIED`.
    #[must_use]
    pub fn default_failure() -> Self {
        Self {
            statuses: [401, 403]
                .into_iter()
                .filter_map(|status| StatusRange::new(status, status))
                .collect(),
            grpc_statuses: vec![16, 7],
            ..Self::default()
        }
    }

    /// 200 to 399 without 206 and 304, of which the client already has the rest; and gRPC's `OK`.
    #[must_use]
    pub fn default_success() -> Self {
        let ranges = [(200, 205), (207, 303), (305, 399)].into_iter();
        Self {
            statuses: ranges
                .filter_map(|(first, last)| StatusRange::new(first, last))
                .collect(),
            grpc_statuses: vec![0],
            ..Self::default()
        }
    }

    pub(super) fn has_status(&self, status: u16) -> bool {
        self.statuses.iter().any(|range| range.contains(status))
    }

    /// Whether a header is one of the signs. A cookie that is ended grants nothing: whoever sends a dead session would
    /// otherwise pass for somebody who has got a new one.
    pub(super) fn has_header(&self, name: &[u8], value: &[u8], side: Side) -> bool {
        let mut signs = self.headers.iter();
        signs.any(|sign| {
            name.eq_ignore_ascii_case(sign.name.as_str().as_bytes()) && sign.value.fits(value)
        }) && !(side == Side::Grants
            && name.eq_ignore_ascii_case(b"set-cookie")
            && ends_cookie(value))
    }

    pub(super) fn has_grpc_status(&self, status: u32) -> Fit {
        Fit::from(self.grpc_statuses.contains(&status))
    }

    /// Whether a sign stands in a body that starts so; `whole` if it ends there too.
    pub(super) fn in_body(&self, first: &[u8], whole: bool) -> Fit {
        self.body
            .iter()
            .map(|sign| sign.fits(first, whole))
            .max()
            .unwrap_or(Fit::No)
    }
}

impl ValueMatch {
    fn fits(&self, value: &[u8]) -> bool {
        match self {
            Self::Present => true,
            Self::Equals(text) => value == text.as_bytes(),
            Self::Prefix(text) => value.starts_with(text.as_bytes()),
            Self::Contains(text) => contains(value, text),
        }
    }
}

impl BodySign {
    fn fits(&self, first: &[u8], whole: bool) -> Fit {
        match self {
            Self::Contains(text) if contains(first, text) => Fit::Yes,
            Self::Contains(_) if whole => Fit::No,
            Self::Contains(_) => Fit::Pending,
            Self::Says(pointer) => pointer.says(first, whole),
            Self::Equals(pointer, scalar) => pointer.is(scalar, first, whole),
        }
    }
}

/// Texts come from the configuration, so none is made to be hard to look for; a page may have 64 KiB, so only what
/// begins like the text is compared.
fn contains(bytes: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    let Some(first) = text.first() else {
        return true;
    };
    let begins = |window: &&[u8]| window.first() == Some(first);
    bytes
        .windows(text.len())
        .filter(begins)
        .any(|window| window == text)
}
