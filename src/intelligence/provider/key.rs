//! The key of an API: held, sent, never shown.

use std::fmt;

/// An API key. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Why a text is no API key; says what is wrong without showing the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyError {
    /// There is nothing in it.
    Empty,
    /// It is longer than [`ApiKey::MAX_BYTES`].
    TooLong,
    /// The byte at this place, counted from 0, is no visible ASCII character.
    Byte(usize),
}

impl ApiKey {
    /// The longest key that is taken.
    pub const MAX_BYTES: usize = 4096;

    /// Takes a key of visible ASCII characters, the only ones that are safe in a header and in a path.
    ///
    /// # Errors
    /// When it is empty, too long, or has a space, control or non-ASCII character; a line end at the end is one.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        if text.is_empty() {
            return Err(ApiKeyError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(ApiKeyError::TooLong);
        }
        match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            Some(place) => Err(ApiKeyError::Byte(place)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The key itself, for the request that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

impl fmt::Display for ApiKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the API key is empty"),
            Self::TooLong => write!(f, "the API key is longer than {} bytes", ApiKey::MAX_BYTES),
            Self::Byte(place) => write!(
                f,
                "the API key has a space, control or non-ASCII character at byte {place} (is there a line end at its \
                 end?)"
            ),
        }
    }
}

impl std::error::Error for ApiKeyError {}
