//! What is done with a request.

use crate::decision::Action;
use crate::json::FromJson;

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawAction {
    /// Let it through.
    Allow,
    /// Let it through and tell the application to ask for a second factor (`x-palisade-step-up`).
    StepUp,
    /// Ask the client to prove something first.
    Challenge,
    /// Refuse it.
    Deny,
}

impl RawAction {
    /// The action; only limits have one more.
    pub(super) const fn action(self) -> Action {
        match self {
            Self::Allow => Action::Allow,
            Self::StepUp => Action::StepUp,
            Self::Challenge => Action::Challenge,
            Self::Deny => Action::Deny,
        }
    }
}
