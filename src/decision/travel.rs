//! How a client must have travelled.

use crate::intelligence::Score;
use crate::travel::Travel;

/// How the client must have travelled since the last successful login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TravelSignal {
    /// Not found out yet: for that, who comes must be known. If it turned out to be impossible, the score would be this
    /// one.
    Open(Option<Score>),
    /// Nobody knows, and nobody will.
    Unknown,
    /// So.
    Known(Travel),
}

impl TravelSignal {
    /// How, if that is known.
    #[must_use]
    pub const fn travel(self) -> Option<Travel> {
        match self {
            Self::Known(travel) => Some(travel),
            Self::Open(_) | Self::Unknown => None,
        }
    }

    /// Whether it is known to be impossible. What is unknown is not.
    #[must_use]
    pub fn is_impossible(self) -> bool {
        self.travel().is_some_and(|travel| travel.impossible)
    }
}
