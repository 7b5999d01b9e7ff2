//! What is done with a request, and whether that happens.

use crate::json::FromJson;

/// What is done with a request. Later is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It goes on.
    Allow,
    /// It goes on, and the application is told to ask for a second factor.
    StepUp,
    /// The client has to prove something first.
    Challenge,
    /// It is one too many: refused for now.
    Limit,
    /// It is refused.
    Deny,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 5] = [
        Self::Allow,
        Self::StepUp,
        Self::Challenge,
        Self::Limit,
        Self::Deny,
    ];

    /// The name in configuration, annotations, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::StepUp => "step_up",
            Self::Challenge => "challenge",
            Self::Limit => "limit",
            Self::Deny => "deny",
        }
    }

    /// Whether the request reaches the application.
    #[must_use]
    pub const fn lets_through(self) -> bool {
        matches!(self, Self::Allow | Self::StepUp)
    }
}

/// Whether what is decided also happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Refuse what the rules refuse.
    #[default]
    Enforce,
    /// Compute, count and annotate only.
    Monitor,
}
