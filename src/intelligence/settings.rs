use std::num::NonZeroU32;

use super::ResolverSettings;
use super::cache::Lifetimes;
use crate::json::FromJson;

/// The API and what is kept of its answers.
#[derive(Clone, Debug)]
pub struct Intelligence {
    /// What it is called in metrics: a preset's name, or `own`.
    pub name: String,
    /// How it is asked.
    pub resolver: ResolverSettings,
    /// How long answers are kept.
    pub lifetimes: Lifetimes,
    /// How many addresses are kept, on each level.
    pub entries: usize,
    /// The most lookups a day.
    pub daily_budget: Option<NonZeroU32>,
    /// Names how answers are read: records that were kept under another one are not used.
    pub fingerprint: u64,
}

/// Whether and how the address is looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(transform = crate::json::yaml::also_booleans))]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The request waits for the answer, at most the timeout.
    #[default]
    Inline,
    /// The request is judged by what is known and goes on. If the answer speaks against its address, its session is
    /// revoked.
    Background,
    /// As `inline` for the first request of a session; the others of the same network are judged by what was found out
    /// then.
    Session,
    /// Only lists, geoip headers and what is already kept.
    Off,
}
