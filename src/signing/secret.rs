use std::fmt;

/// A secret that signs. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a text is no secret; says what is wrong without showing the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// There is nothing in it.
    Empty,
    /// It is shorter than [`Secret::MIN_BYTES`].
    TooShort,
    /// It is longer than [`Secret::MAX_BYTES`].
    TooLong,
    /// The byte at this place, counted from 0, is no visible ASCII character.
    Byte(usize),
}

impl Secret {
    /// The shortest one: as many bytes as a signature has.
    pub const MIN_BYTES: usize = super::MAC_BYTES;
    /// The longest one.
    pub const MAX_BYTES: usize = 4096;

    /// Takes a text of visible ASCII characters as it is, not decoded; line ends at its end are left out, since files
    /// and secret stores add them. No other characters, which programs in other languages read from their environment
    /// in different ways.
    ///
    /// # Errors
    /// When it is empty, too short or too long, or has a space, control or non-ASCII character.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() < Self::MIN_BYTES {
            return Err(SecretError::TooShort);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(SecretError::TooLong);
        }
        match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            Some(place) => Err(SecretError::Byte(place)),
            None => Ok(Self(text.to_owned())),
        }
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAKE: &str = "make one with: openssl rand -hex 32";
        match self {
            Self::Empty => write!(f, "the signing key is empty; {MAKE}"),
            Self::TooShort => write!(
                f,
                "the signing key is shorter than {} bytes; {MAKE}",
                Secret::MIN_BYTES
            ),
            Self::TooLong => write!(
                f,
                "the signing key is longer than {} bytes",
                Secret::MAX_BYTES
            ),
            Self::Byte(place) => write!(
                f,
                "the signing key has a space, control or non-ASCII character at byte {place}; {MAKE}"
            ),
        }
    }
}

impl std::error::Error for SecretError {}
