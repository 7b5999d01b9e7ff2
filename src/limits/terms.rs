//! What a limit does beside counting.

use super::{Penalty, Window};
use crate::json::FromJson;

/// What a limit does beside counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How far it looks back.
    pub window: Window,
    /// What follows a breach.
    pub penalty: Penalty,
    /// Whether refused requests count.
    pub refusals: Refusals,
    /// What happens to a request that cannot be counted.
    pub uncounted: Uncounted,
}

impl Terms {
    /// A plain limit: no penalty, refused requests do not count, what cannot be counted is refused.
    #[must_use]
    pub const fn new(window: Window) -> Self {
        Self {
            window,
            penalty: Penalty::None,
            refusals: Refusals::Ignored,
            uncounted: Uncounted::Refuse,
        }
    }
}

/// Whether requests that a limit refuses count towards it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refusals {
    /// They do not: who waits as told is let through again.
    #[default]
    Ignored,
    /// They do, and begin a block anew: only who stops trying is let through again.
    Counted,
}

/// What happens to a request that cannot be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Uncounted {
    /// It is refused: never more than the limit go through.
    #[default]
    Refuse,
    /// It goes on.
    Allow,
}
