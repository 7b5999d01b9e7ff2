//! A copy of a body.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize as _;

/// A copy of a body, which may hold a password. Where passwords are looked at it is overwritten when it goes; elsewhere
/// that costs nothing. `Debug` shows none of it.
#[derive(Clone, Default)]
pub(super) struct Copied {
    bytes: Vec<u8>,
    is_wiped: bool,
}

impl Copied {
    /// These bytes, which are overwritten when they go if they are to be wiped.
    pub(super) const fn new(bytes: Vec<u8>, is_wiped: bool) -> Self {
        Self { bytes, is_wiped }
    }

    /// Adds what has come behind them.
    pub(super) fn extend(&mut self, piece: &[u8]) {
        let needed = self.bytes.len().saturating_add(piece.len());
        if self.is_wiped && needed > self.bytes.capacity() {
            // What grows in place leaves what it was behind.
            let room = needed.max(self.bytes.len().saturating_mul(2));
            let mut grown = Vec::with_capacity(room);
            grown.extend_from_slice(&self.bytes);
            *self = Self::new(grown, true);
        }
        self.bytes.extend_from_slice(piece);
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if self.is_wiped {
            self.bytes.zeroize();
        }
    }
}

impl Deref for Copied {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Copied({} bytes)", self.bytes.len())
    }
}
