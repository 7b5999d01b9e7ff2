//! What the operator may choose.

use std::fmt;
use std::time::Duration;

use crate::message::is_token_byte;

use super::cookie::TAG_BYTES;

const DAY: Duration = Duration::from_secs(86_400);

/// How device cookies are set and known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceCookies {
    /// How their names begin.
    pub name: CookieName,
    /// How long they are good.
    pub lifetime: Lifetime,
}

/// How the names of device cookies begin; a hyphen and eight hex digits for the account follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

/// A text that is no cookie name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieNameError;

/// How long a device is known after a login: one day to 400 days, the longest that browsers keep a cookie (RFC
/// 6265bis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Duration);

/// A span that is no lifetime of a device cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifetimeError;

impl CookieName {
    /// The longest name.
    pub const MAX_BYTES: usize = 64;

    /// Takes a name of the characters of a token (RFC 9110); `__Host-` and `__Secure-` at its start hold, since the
    /// cookies have what browsers then ask for.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters.
    pub fn new(name: &str) -> Result<Self, CookieNameError> {
        if (1..=Self::MAX_BYTES).contains(&name.len()) && name.bytes().all(is_token_byte) {
            Ok(Self(name.to_owned()))
        } else {
            Err(CookieNameError)
        }
    }

    /// What stands for the account in the name of a cookie, if it is one of ours.
    pub(super) fn tag_of<'n>(&self, cookie: &'n [u8]) -> Option<&'n [u8; TAG_BYTES]> {
        let tag = cookie.strip_prefix(self.0.as_bytes())?.strip_prefix(b"-")?;
        tag.try_into().ok()
    }

    /// The whole name of a cookie.
    pub(super) fn with_tag(&self, tag: [u8; TAG_BYTES]) -> String {
        let tag = tag.into_iter().map(char::from);
        self.0.chars().chain(['-']).chain(tag).collect()
    }
}

impl Default for CookieName {
    fn default() -> Self {
        Self("__Host-palisade-device".to_owned())
    }
}

impl Lifetime {
    /// How much further ahead an expiry may lie, for clocks that differ.
    pub(super) const CLOCK_DRIFT: Duration = DAY;

    /// Takes a span of one day to 400 days.
    ///
    /// # Errors
    /// When it is any other.
    pub fn new(span: Duration) -> Result<Self, LifetimeError> {
        if (DAY..=DAY.saturating_mul(400)).contains(&span) {
            Ok(Self(span))
        } else {
            Err(LifetimeError)
        }
    }

    /// The span.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(DAY.saturating_mul(180))
    }
}

impl fmt::Display for CookieNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected the name of a cookie: 1 to {} letters, digits and any of !#$%&'*+-.^_`|~",
            CookieName::MAX_BYTES
        )
    }
}

impl std::error::Error for CookieNameError {}

impl fmt::Display for LifetimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a duration from 1d to 400d")
    }
}

impl std::error::Error for LifetimeError {}
