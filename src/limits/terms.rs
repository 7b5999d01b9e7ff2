//! What a limit does beside counting.

use super::penalty::LATELY;
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
    /// Who counts.
    pub scope: Scope,
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
            scope: Scope::Local,
        }
    }
}

impl Terms {
    /// How long a block is remembered behind its end.
    pub(super) fn memory(self) -> u32 {
        let own = self.penalty.memory();
        match self.scope {
            Scope::Local => own,
            Scope::Fleet => own.max(LATELY),
        }
    }

    /// No block of a limit on these terms is longer: what others have counted lasts two windows at most.
    pub(super) fn longest_block(self) -> u32 {
        let own = self.penalty.longest(self.window);
        let two_windows = self.window.get().as_secs().saturating_mul(2);
        match self.scope {
            Scope::Local => own,
            Scope::Fleet => {
                own.max(u32::try_from(two_windows).map_or(u32::MAX, |wait| wait.saturating_add(1)))
            }
        }
    }
}

/// Who counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Each proxy for itself.
    #[default]
    Local,
    /// All proxies together, by the service of `fleet`; each for itself as well.
    Fleet,
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
