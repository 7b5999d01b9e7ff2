//! The SHA-1 of a password: the part that is told, and the part that is not.

use std::fmt;

use sha1::{Digest as _, Sha1};
use zeroize::Zeroize as _;

/// How many bytes a suffix takes: 35 hex digits, and half a byte of zero behind them.
pub(super) const SUFFIX: usize = 18;

/// The first five hex digits of a hash, which the service is told: one of 1,048,576.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RangePrefix(u32);

impl RangePrefix {
    /// How many there are.
    pub const COUNT: u32 = 1 << 20;

    /// The one of this number; of more than there are, its lowest 20 bits.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number % Self::COUNT)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Five hex digits in upper case, as the service wants them.
impl fmt::Display for RangePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05X}", self.0)
    }
}

/// The rest of a hash.
pub(super) type Suffix = [u8; SUFFIX];

/// The SHA-1 of a password. `Debug` shows none of it, and it is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest([u8; 20]);

impl Drop for Digest {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(hidden)")
    }
}

impl Digest {
    /// The one of these bytes.
    #[must_use]
    pub fn of(password: &[u8]) -> Self {
        let mut made = Sha1::digest(password);
        let digest = Self(made.into());
        made.as_mut_slice().zeroize();
        digest
    }

    /// What is told.
    #[must_use]
    pub const fn prefix(&self) -> RangePrefix {
        let [a, b, c, ..] = self.0;
        RangePrefix::new(u32::from_be_bytes([0, a, b, c]) >> 4)
    }

    /// What is not.
    pub(super) fn suffix(&self) -> zeroize::Zeroizing<Suffix> {
        let mut suffix = zeroize::Zeroizing::new([0; SUFFIX]);
        let rest = self.0.iter().skip(2);
        // Each byte is the lower half of one and the upper half of the next.
        for ((to, high), low) in suffix
            .iter_mut()
            .zip(rest.clone())
            .zip(rest.skip(1).chain([&0]))
        {
            *to = (high << 4) | (low >> 4);
        }
        suffix
    }
}
