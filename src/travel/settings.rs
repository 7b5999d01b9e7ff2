use crate::json::FromJson;
use crate::records::Life;
use crate::store::Budget;
use crate::travel::Tolerance;

/// What impossible travel is, and what is kept for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TravelPolicy {
    /// Whose last position is kept.
    pub subject: Traveller,
    /// What is still possible.
    pub tolerance: Tolerance,
    /// How long a position is kept.
    pub life: Life,
    /// The memory of all positions.
    pub budget: Budget,
}

/// Whose position is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Traveller {
    /// That of the account that the request is about.
    #[default]
    Account,
    /// That of each session that the request may belong to.
    Session,
}

/// What a route has to do with travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteTravel {
    /// Whether a rule, a limit or the score depends on it.
    pub judges: bool,
    /// Whether a success moves the position.
    pub moves: bool,
}

impl RouteTravel {
    /// Whether it has anything to do with it.
    #[must_use]
    pub const fn any(self) -> bool {
        self.judges || self.moves
    }
}
