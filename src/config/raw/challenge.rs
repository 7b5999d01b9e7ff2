use crate::json::FromJson;

use crate::config::text::{Size, Text};
use crate::time::Span;

/// What `challenge` asks of a client: a proof of work, which needs no third party.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawChallenge {
    /// The numbers that a client tries, half of them on average, 1000 to 5000000; default 50000, a tenth of a second on a
    /// phone. It grows with the score and with how often a network is challenged.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1_000, max = 5_000_000)))]
    pub difficulty: Option<u32>,
    /// How long a challenge may be solved, 1m to 1h; default 10m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// What a solved challenge earns.
    #[serde(default)]
    pub clearance: RawClearance,
    /// What happens to a form that was posted when the challenge came.
    #[serde(default)]
    pub carry: RawCarry,
    /// A path on which `GET` gives a challenge as JSON, for an ALTCHA widget inside the application's own form
    /// (`challengeurl`); the route stands in the query: `?route=login`. Default none.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub endpoint: Option<String>,
    /// The HTML around the challenge, with `{{language}}`, `{{title}}`, `{{challenge}}` and `{{script}}`, and perhaps
    /// `{{explanation}}`, `{{reference_label}}`, `{{reference}}`, `{{style}}` and `{{nonce}}`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub template: Option<String>,
}

/// The cookie that keeps a client from being asked twice.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawClearance {
    /// Its name; default `__Host-palisade-clearance`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub cookie: Option<String>,
    /// How long it holds, 1m to 1d; default 30m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// Where the client must stay; default `subnet` (`identity.subnet`).
    #[serde(default)]
    pub bound_to: RawBinding,
    /// From how many subnets one clearance may be used that is not bound to one, 1 to 200; default 5.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 200)))]
    pub subnets: Option<u32>,
}

/// Where a client must stay for what it has solved to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawBinding {
    /// In its subnet.
    #[default]
    Subnet,
    /// In its autonomous system; where that is not known, in its subnet.
    Asn,
    /// Anywhere.
    Nowhere,
}

/// What happens to a form that was posted when the challenge came: its fields stand in the page, and are posted again.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCarry {
    /// Whether they are; default true. Else the person has to go back and send the form again.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The largest body, 1KiB to 64KiB; default 32KiB.
    #[serde(default)]
    pub bytes: Option<Text<Size>>,
    /// The most fields, 1 to 1024; default 128.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 1_024)))]
    pub fields: Option<u32>,
}
