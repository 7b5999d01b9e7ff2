//! Words that stand on a route.

use crate::json::FromJson;

/// A place in the body of an answer.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawAnswerPlace {
    /// A text of a JSON document, as a JSON pointer.
    Json(String),
}

/// What becomes of requests of a revoked session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawRevoked {
    /// They are refused or challenged, as the rule says that the session broke.
    #[default]
    Refuse,
    /// They go on: for logging in anew and for logging out.
    Ignore,
}
