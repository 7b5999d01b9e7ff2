//! What limits answer.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::store::Written;

/// How much a limit lets through in its window: 1 to 16,777,215.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(NonZeroU32);

impl Threshold {
    /// The highest there is: what 24 bits hold.
    pub const MAX: u32 = 0x00ff_ffff;

    /// A threshold; `None` when it is zero or above [`Self::MAX`].
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number)
            .filter(|number| number.get() <= Self::MAX)
            .map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// How many different ones a limit lets through: 1 to 200, above which a counter of this size tells them apart too
/// badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DistinctThreshold(Threshold);

impl DistinctThreshold {
    /// The highest there is.
    pub const MAX: u32 = 200;

    /// A threshold; `None` when it is zero or above [`Self::MAX`].
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        Threshold::new(number)
            .filter(|number| number.get() <= Self::MAX)
            .map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    pub(super) const fn threshold(self) -> Threshold {
        self.0
    }
}

/// A limit's answer, and what it cost the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitOutcome {
    /// Whether the request may go on.
    pub answer: Answer,
    /// What became of the counter.
    pub written: Written,
}

impl LimitOutcome {
    /// Whether the request may go on.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        !matches!(self.answer, Answer::Refused { .. })
    }
}

/// Whether a request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It may.
    Allowed(Quota),
    /// It may not.
    Refused {
        /// Why not.
        cause: Cause,
        /// How many are counted, with it where it counts all the same; none where it could not be counted.
        counted: u32,
        /// When it is worth trying again: `t` of the `RateLimit` field, and `Retry-After`, rounded up.
        retry_after: Duration,
    },
    /// It could not be counted, and goes on because [`super::Uncounted::Allow`] says so.
    AllowedUncounted,
}

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many more may go on now: `r` of the `RateLimit` field.
    pub remaining: u32,
    /// Whether four fifths of the limit are used.
    pub near: bool,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The window is full.
    Full,
    /// The limit was broken before, and its penalty holds.
    Blocked,
    /// It could not be counted, and [`super::Uncounted::Refuse`] says so.
    Uncounted,
}
