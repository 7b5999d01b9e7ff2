use crate::json::FromJson;

use crate::config::text::Text;
use crate::time::Span;

/// What is made of User-Agents.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAgents {
    /// When the signal `agent_uniform` holds.
    #[serde(default)]
    pub uniform: RawUniform,
}

/// When too few different agents come from a subnet on which there should be many.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawUniform {
    /// After so many requests of the subnet in the window; default 50. Before that nobody knows.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 2, max = 100_000)))]
    pub requests: Option<u32>,
    /// No more different agents than these; default 2.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 50)))]
    pub agents: Option<u32>,
    /// How far back it looks, 10s to 24h; default 10m.
    #[serde(default)]
    pub window: Option<Text<Span>>,
    /// On which networks; default `mobile`.
    #[serde(default)]
    pub networks: RawUniformNetworks,
}

/// The networks on which there should be many different agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawUniformNetworks {
    /// Those of mobile carriers, where many people share an address.
    #[default]
    Mobile,
    /// All.
    All,
}
