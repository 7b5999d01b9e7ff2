//! What is known of an address, in one compact value in which *unknown* is a value of its own.

use super::{Flags, Network};

/// A risk score from 0 (nothing against the address) to 100 (surely hostile).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u8);

impl Score {
    /// The highest score.
    pub const MAX: Self = Self(100);

    /// The score, cut to 0..=100.
    #[must_use]
    pub const fn clamped(value: i64) -> Self {
        match value {
            i64::MIN..=0 => Self(0),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::as_conversions,
                reason = "1..=99 fits"
            )]
            1..=99 => Self(value as u8),
            100.. => Self(100),
        }
    }

    /// The number, 0..=100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Everything that is known of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reputation {
    /// Yes-or-no facts.
    pub flags: Flags,
    /// The provider's own risk score, if it has one.
    pub score: Option<Score>,
    /// Facts about the network.
    pub network: Network,
}

impl Reputation {
    /// Nothing is known.
    pub const NOTHING: Self = Self {
        flags: Flags::UNKNOWN,
        score: None,
        network: Network::UNKNOWN,
    };

    /// Whether nothing is known that speaks for or against the address; facts about its network alone do neither.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.flags.is_unknown() && self.score.is_none()
    }

    /// Fills what is unknown here from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            flags: self.flags.or(other.flags),
            score: self.score.or(other.score),
            network: self.network.or(other.network),
        }
    }
}
