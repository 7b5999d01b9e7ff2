use std::time::Duration;

use super::Difficulty;
use super::cookie::CookieName;
use super::page::Template;
use super::replay::ReplayLimits;
use crate::json::FromJson;
use crate::limits::DistinctThreshold;
use crate::signing::SigningKeys;

/// What a challenge asks, and what solving it earns.
#[derive(Clone, Debug)]
pub struct Challenges {
    /// The work of a clean client that was not asked before.
    pub difficulty: Difficulty,
    /// How long a challenge may be solved.
    pub lifetime: Duration,
    /// The cookie that says that one was solved.
    pub cookie: CookieName,
    /// How long it says so.
    pub clearance: Duration,
    /// Where the client must stay.
    pub binding: Binding,
    /// From how many subnets one clearance may be used that is not bound to one.
    pub subnets: DistinctThreshold,
    /// How much of a posted form is carried, if any is.
    pub replay: Option<ReplayLimits>,
    /// The path on which a challenge is given as JSON, if it is.
    pub endpoint: Option<String>,
    /// The HTML around the challenge.
    pub template: Template,
    /// The operator's keys; else the proxy makes some for itself, until it ends.
    pub keys: Option<SigningKeys>,
}

/// Where a client must stay for what it has solved to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// In its subnet.
    #[default]
    Subnet,
    /// In its autonomous system; where that is not known, in its subnet.
    Asn,
    /// Anywhere.
    Nowhere,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChallengeKind {
    /// A proof of work, which the browser does by itself.
    ProofOfWork,
    /// The captcha of the service at `captcha`.
    Captcha,
}
