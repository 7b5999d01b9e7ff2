//! Whether a sign is there, as far as is known.

/// What is known of one sign, or of all signs of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is not there.
    No,
    /// It cannot be read.
    Unreadable,
    /// It may still come.
    Pending,
    /// It is there.
    Yes,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}
