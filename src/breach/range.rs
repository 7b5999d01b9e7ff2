//! What the service knows behind one prefix: all suffixes, and how often each was seen.

use ctutils::{CtEq as _, CtSelect as _};

use super::digest::{Digest, SUFFIX, Suffix};
/// How many bytes an entry takes: the suffix, and how often it was seen.
const ENTRY: usize = SUFFIX + 4;
/// How many hex digits of a hash are told by the service.
const DIGITS: usize = 35;
/// The most entries of an answer. A range of Have I Been Pwned has about 1,000.
pub(super) const MOST: usize = 3_000;

/// Why an answer is no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRange;

/// The suffixes of one prefix, each with how often it was seen in breaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    entries: Vec<u8>,
    /// How often whatever is looked for was seen, where whoever runs the engine says so.
    told: Option<u32>,
}

impl Range {
    /// Reads the text of an answer: lines `SUFFIX:COUNT` of 35 hex digits in either case and a decimal number. Lines
    /// with a count of 0 are padding.
    ///
    /// # Errors
    /// It has a line of another form, as where it was cut off, none at all, or more than 3,000.
    pub fn read(text: &[u8]) -> Result<Self, NoRange> {
        let mut entries = Vec::new();
        let mut lines: usize = 0;
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (digits, count) = line.split_at_checked(DIGITS).ok_or(NoRange)?;
            let count = count.strip_prefix(b":").and_then(number).ok_or(NoRange)?;
            let suffix = packed(digits).ok_or(NoRange)?;
            lines = lines.saturating_add(1);
            if lines > MOST {
                return Err(NoRange);
            }
            if count > 0 {
                entries.extend_from_slice(&suffix);
                entries.extend_from_slice(&count.to_le_bytes());
            }
        }
        Ok(Self {
            entries,
            told: None,
        })
    }

    /// A range in which every suffix was seen so often, for tools that are told of a password.
    #[cfg(feature = "cli")]
    #[must_use]
    pub const fn telling(count: u32) -> Self {
        Self {
            entries: Vec::new(),
            told: Some(count),
        }
    }

    /// The bytes that are kept of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.entries
    }

    /// The range that was kept so; `None` if no range was.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let is_whole = bytes.len().is_multiple_of(ENTRY) && bytes.len() / ENTRY <= MOST;
        is_whole.then(|| Self {
            entries: bytes.to_vec(),
            told: None,
        })
    }

    /// How often a hash was seen; 0 if never. Every entry is compared, as a whole: how long that takes does not tell
    /// which one it was.
    #[must_use]
    pub fn count(&self, digest: &Digest) -> u32 {
        if let Some(told) = self.told {
            return told;
        }
        let wanted = digest.suffix();
        let mut found = 0_u32;
        for entry in self.entries.chunks_exact(ENTRY) {
            let Some((suffix, count)) = entry.split_first_chunk::<SUFFIX>() else {
                continue;
            };
            let count = count
                .first_chunk()
                .map_or(0, |count| u32::from_le_bytes(*count));
            found = found.ct_select(&count, suffix.ct_eq(&*wanted));
        }
        found
    }
}

/// A decimal number; of more than fit, the highest.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(number.saturating_mul(10).saturating_add(digit.into()))
    })
}

/// 35 hex digits in 18 bytes.
fn packed(digits: &[u8]) -> Option<Suffix> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let mut suffix = [0; SUFFIX];
    for (to, pair) in suffix.iter_mut().zip(digits.chunks(2)) {
        let (high, low) = match *pair {
            [high, low] => (high, low),
            [high] => (high, b'0'),
            _ => return None,
        };
        *to = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    }
    Some(suffix)
}
