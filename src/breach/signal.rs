//! What is known of the password of a request.

use crate::signals::Truth;

/// What is known of the password of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreachSignal {
    /// Nobody asks.
    #[default]
    NotAsked,
    /// Not found out yet: its body may hold one, or the service is being asked.
    Open,
    /// The request has none.
    Absent,
    /// It cannot be read for certain.
    Unclear,
    /// It has one, which nobody wants to be checked.
    Unchecked,
    /// It has one, and the service has not told.
    Untold,
    /// It was seen so often in breaches.
    Seen {
        /// How often, rounded down to 1, 10, 100 and so on: an exact number would tell which password it is.
        about: u32,
        /// Whether that is often enough to count as breached.
        breached: bool,
    },
}

impl BreachSignal {
    /// What follows from how often a password was `seen`, where `least` times are enough.
    #[must_use]
    pub fn seen(seen: u32, least: u32) -> Self {
        Self::Seen {
            about: seen
                .checked_ilog10()
                .map_or(0, |digits| 10_u32.saturating_pow(digits)),
            breached: seen >= least.max(1),
        }
    }

    /// Whether the password is breached.
    #[must_use]
    pub const fn is_breached(self) -> Truth {
        match self {
            Self::NotAsked | Self::Open | Self::Unclear | Self::Unchecked | Self::Untold => {
                Truth::Unknown
            }
            Self::Absent
            | Self::Seen {
                breached: false, ..
            } => Truth::False,
            Self::Seen { breached: true, .. } => Truth::True,
        }
    }

    /// Whether nobody knows, and nobody will.
    #[must_use]
    pub const fn is_unknown(self) -> Truth {
        match self {
            Self::NotAsked | Self::Open | Self::Unchecked => Truth::Unknown,
            Self::Absent | Self::Seen { .. } => Truth::False,
            Self::Unclear | Self::Untold => Truth::True,
        }
    }

    /// About how often it was seen; `None` when nobody knows.
    #[must_use]
    pub const fn about(self) -> Option<u32> {
        match self {
            Self::Seen { about, .. } => Some(about),
            _ => None,
        }
    }

    /// Whether the request certainly has a password.
    #[must_use]
    pub const fn has_password(self) -> bool {
        matches!(self, Self::Unchecked | Self::Untold | Self::Seen { .. })
    }
}
