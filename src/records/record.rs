//! What can be kept, how long, and of whom.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::limits::Keys;

/// The size of what is kept, in bytes.
pub const PAYLOAD: usize = 40;

/// Something that is kept.
pub trait Record: Sized {
    /// What it is. No two types have the same.
    const KIND: Kind;
    /// Who has to go first where there is no place left.
    fn priority(&self) -> Priority;

    /// What is stored.
    fn encode(&self) -> [u8; PAYLOAD];

    /// Reads what was stored; `None` when these are not the bytes of one.
    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self>;
}

/// What a record is: of one key, there is one record of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// That a session is revoked.
    Revocation = 1,
    /// What was found out about the network that a session came from.
    Judgement = 2,
    /// Where an account was last.
    Position = 3,
    /// That the application knows a session.
    Acceptance = 4,
    /// Whose password steps a session has been used for.
    Remembrance = 5,
    /// That a provisional device has logged in.
    DeviceProof = 6,
}

impl Kind {
    /// The number that is stored. It changes with the form of what is stored, and is never used again.
    #[expect(clippy::as_conversions, reason = "the discriminant of a u8 enum")]
    pub(super) const fn number(self) -> u8 {
        self as u8
    }
}

/// Who has to go first where there is no place left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// It costs no more than doing something again.
    Ordinary,
    /// Perhaps somebody gets in without it, perhaps it was made up to push out others. It only goes for another one, or
    /// an important one.
    Doubtful,
    /// Without it, somebody gets in. It only goes for another important one.
    Important,
}

impl Priority {
    /// The number that is stored.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Ordinary => 0,
            Self::Important => 1,
            Self::Doubtful => 2,
        }
    }

    /// The inverse of [`Self::number`]. What another version wrote is ordinary.
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Important,
            2 => Self::Doubtful,
            _ => Self::Ordinary,
        }
    }
}

/// How long a record is kept: 1 s to 30 days, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Life(u32);

impl Life {
    /// The shortest one.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// The longest one.
    pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    /// A day.
    pub const DAY: Self = Self(24 * 60 * 60);

    /// A life of this length, rounded down; `None` when it is shorter than [`Self::SHORTEST`] or longer than
    /// [`Self::LONGEST`].
    #[must_use]
    pub fn new(length: Duration) -> Option<Self> {
        (Self::SHORTEST..=Self::LONGEST)
            .contains(&length)
            .then(|| u32::try_from(length.as_secs()).ok().map(Self))
            .flatten()
    }

    /// The life that comes next to this length.
    #[must_use]
    pub fn clamped(length: Duration) -> Self {
        let length = length.clamp(Self::SHORTEST, Self::LONGEST);
        Self::new(length).unwrap_or(Self::DAY)
    }

    /// Its length.
    #[must_use]
    pub const fn get(self) -> Duration {
        #[expect(clippy::as_conversions, reason = "u64 holds every u32")]
        Duration::from_secs(self.0 as u64)
    }

    /// The same in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// Of whom something is kept, as a keyed hash: no account or session stands in shared memory.
///
/// Who does not know the secret of the [`Keys`] can neither choose names that share a stored value nor tell from shared
/// memory of whom something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordKey(NonZeroU64);

impl RecordKey {
    /// The key of `parts`. The first of them says what the others are (`session`, `account`), so that no session is
    /// ever taken for an account.
    #[must_use]
    pub fn new(keys: &Keys, parts: &[&[u8]]) -> Self {
        Self(keys.record(parts.iter().copied()))
    }

    /// The hash itself, under which others may know the same: it says nothing of whom it is of.
    #[must_use]
    pub const fn get(self) -> NonZeroU64 {
        self.0
    }
}
