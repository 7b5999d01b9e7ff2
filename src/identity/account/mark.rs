//! What stands for an account where its name does not.

/// What stands for an account in counters and records: a keyed hash, the same in all workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountMark([u8; Self::BYTES]);

impl AccountMark {
    /// How many bytes it has: of a million accounts, two are the same once in five hundred.
    pub const BYTES: usize = 6;

    /// The mark that these bytes are.
    #[must_use]
    pub const fn of_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// The same, for those who hash it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
