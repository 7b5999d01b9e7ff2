//! Terms and their signature as one text: the value of a cookie of ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MAC_BYTES;

/// Terms of `N` bytes and a signature, which is not verified yet. One of them is one text, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed<const N: usize> {
    /// What is signed.
    pub(crate) terms: [u8; N],
    /// Its signature.
    pub(crate) mac: [u8; MAC_BYTES],
}

impl<const N: usize> Signed<N> {
    /// A multiple of three, so that base64 needs no padding and leaves no bit over.
    const BYTES: usize = {
        let bytes = N + MAC_BYTES;
        assert!(bytes.is_multiple_of(3) && bytes <= LONGEST);
        bytes
    };
    const CHARACTERS: usize = Self::BYTES / 3 * 4;

    /// Both, in base64 for URLs.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.terms[..], &self.mac].concat())
    }

    /// The inverse of [`Self::text`]. A text of another length is not looked at.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        if text.len() != Self::CHARACTERS {
            return None;
        }
        let mut buffer = [0; LONGEST];
        let bytes = buffer.get_mut(..Self::BYTES)?;
        URL_SAFE_NO_PAD.decode_slice(text, bytes).ok()?;
        let (terms, mac) = bytes.split_first_chunk()?;
        Some(Self {
            terms: *terms,
            mac: *mac.first_chunk()?,
        })
    }
}

/// Bytes of the longest terms with their signature.
const LONGEST: usize = 60;
