use crate::json::FromJson;

use crate::config::text::{Size, Text};
use crate::time::Span;

/// What impossible travel is. Positions are only kept where a rule, a limit or a weight is about travel.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTravel {
    /// Whose last position is kept; default `account`.
    #[serde(default)]
    pub subject: RawTraveller,
    /// The highest speed that is possible, 100 to 100000 km/h; default 1000, as fast as airliners fly.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 100, max = 100_000)))]
    pub max_speed: Option<u32>,
    /// How far two positions may be apart although nobody has moved, 20 to 5000 km; default 100. It is taken off the distance.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 20, max = 5_000)))]
    pub tolerance_km: Option<u16>,
    /// How long a position is kept, 1h to 30d; default 30d.
    #[serde(default)]
    pub remember: Option<Text<Span>>,
    /// The memory of all positions, 64KiB to 1GiB; default 8MiB, which holds 135,168 positions.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
}

/// Whose position is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawTraveller {
    /// That of the account that the request is about.
    #[default]
    Account,
    /// That of each session that the request may belong to.
    Session,
}
