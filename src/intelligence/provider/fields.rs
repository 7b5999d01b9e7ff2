//! Where each signal stands in an answer, as an operator writes it.

use std::collections::BTreeMap;

use crate::intelligence::Flag;
use crate::json::Shapes;
use crate::json::{FromJson, Json, Mistakes, Node};

/// Where each signal stands in the answer.
///
/// A place is a dotted path, matched without regard to case: `privacy.vpn`, `tunnels[].type` (any element),
/// `results[0].score`, `{ip}.risk` (the key that is an address). For a flag, all places are read and *yes* wins over
/// *no*; for everything else the first place that says something wins. Missing, null and empty values say nothing.
#[derive(Clone, Debug, Default, PartialEq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawFields {
    /// Exit of a virtual private network.
    #[serde(default)]
    pub vpn: Option<Vec<RawFlag>>,
    /// Public or open proxy.
    #[serde(default)]
    pub proxy: Option<Vec<RawFlag>>,
    /// Tor exit node.
    #[serde(default)]
    pub tor: Option<Vec<RawFlag>>,
    /// Privacy relay of a platform vendor.
    #[serde(default)]
    pub relay: Option<Vec<RawFlag>>,
    /// Proxy that leads through somebody's home connection.
    #[serde(default)]
    pub residential_proxy: Option<Vec<RawFlag>>,
    /// Datacenter, hosting or cloud network.
    #[serde(default)]
    pub hosting: Option<Vec<RawFlag>>,
    /// Mobile carrier.
    #[serde(default)]
    pub mobile: Option<Vec<RawFlag>>,
    /// Known source of abuse.
    #[serde(default)]
    pub abuse: Option<Vec<RawFlag>>,
    /// Crawler or search engine.
    #[serde(default)]
    pub crawler: Option<Vec<RawFlag>>,
    /// The provider's own score.
    #[serde(default)]
    pub score: Option<Vec<RawScore>>,
    /// Number of the autonomous system: 64500 or "AS64500".
    #[serde(default)]
    pub asn: Option<Vec<String>>,
    /// What kind of organisation runs the network.
    #[serde(default)]
    pub asn_type: Option<Vec<RawAsnType>>,
    /// Two-letter country code.
    #[serde(default)]
    pub country: Option<Vec<String>>,
    /// Where the address is.
    #[serde(default)]
    pub position: Option<Vec<RawPosition>>,
}

impl RawFields {
    /// The places of one flag.
    #[must_use]
    pub const fn flag(&self, flag: Flag) -> &Option<Vec<RawFlag>> {
        match flag {
            Flag::Vpn => &self.vpn,
            Flag::Proxy => &self.proxy,
            Flag::Tor => &self.tor,
            Flag::Relay => &self.relay,
            Flag::ResidentialProxy => &self.residential_proxy,
            Flag::Hosting => &self.hosting,
            Flag::Mobile => &self.mobile,
            Flag::Abuse => &self.abuse,
            Flag::Crawler => &self.crawler,
        }
    }
}

/// A place of a flag: the path alone when true, 1 or "yes" stands there, else path and test.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawFlag {
    /// Path of a yes-or-no value.
    Path(String),
    /// Path and test.
    Test(RawFlagTest),
}

impl FromJson for RawFlag {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: PLACE,
            text: |path| Some(Self::Path(path.to_owned())),
            object: Self::Test,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// A place of a flag whose value needs a test.
#[derive(Clone, Debug, PartialEq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawFlagTest {
    /// Path of the value.
    pub path: String,
    /// The test; without it the value is a yes or a no itself.
    #[serde(default)]
    pub when: Option<RawTest>,
    /// What it means when a value is there and fails the test; default `no`.
    #[serde(default)]
    pub otherwise: RawOtherwise,
    /// Flags that explain the value away: where one of them holds, this place says nothing. For an API whose
    /// `proxy` is true for every VPN as well: `unless: [vpn]`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Whether it is asked only where no place before it says anything: what is said of the address itself, even that a
    /// flag does not hold, is nearer than what is said of its network.
    #[serde(default)]
    pub fallback: bool,
}

/// When a value means that the flag holds.
#[derive(Clone, Debug, PartialEq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawTest {
    /// Anything but an empty value is there.
    Present,
    /// The text or number, or any of the list, is one of these; case does not matter.
    OneOf(Vec<RawWord>),
    /// The number is at least this.
    AtLeast(f64),
    /// The host name, or any host name of the list, is one of these or lies below it: of `googlebot.com`,
    /// `crawl-1.googlebot.com` but not `evilgooglebot.com`.
    Domain(Vec<String>),
}

/// A word of an answer, or a whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawWord(pub String);

impl FromJson for RawWord {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match (node.value, node.whole()) {
            (Json::Text(text), _) => Some(Self(text.clone())),
            (_, Some(number)) => Some(Self(itoa::Buffer::new().format(number).to_owned())),
            _ => node.expected_word("a word or a whole number", mistakes),
        }
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawWord {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A word, or a whole number.",
            "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "integer" }],
        })
    }
}

/// What a value that fails the test means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(transform = crate::json::yaml::also_booleans))]
#[serde(rename_all = "snake_case")]
pub enum RawOtherwise {
    /// The flag does not hold.
    #[default]
    No,
    /// Nothing is known.
    Unknown,
}

/// A place of the provider's score.
#[derive(Clone, Debug, PartialEq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawScore {
    /// Path of a number, or of a text that starts with one: "0.014 (Elevated)".
    pub path: String,
    /// Whether a high number speaks against the address (`risk`) or for it (`trust`).
    pub direction: RawDirection,
    /// The lowest number the provider gives; default 0. A number below it or above `max` says nothing.
    #[serde(default)]
    pub min: f64,
    /// The highest number the provider gives; default 100.
    #[serde(default = "hundred")]
    pub max: f64,
    /// Numbers for words: `{ "low": 10, "high": 80 }`.
    #[serde(default)]
    pub words: BTreeMap<String, f64>,
}

const fn hundred() -> f64 {
    100.0
}

/// What a high score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawDirection {
    /// High is bad.
    Risk,
    /// High is good.
    Trust,
}

/// A place of the network's type: the path alone, or path and further words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawAsnType {
    /// Path of a word that is commonly understood: isp, hosting, "data center", education, cellular, ...
    Path(String),
    /// Path, and what the provider's own words mean.
    Words(RawAsnTypeWords),
}

impl FromJson for RawAsnType {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: PLACE,
            text: |path| Some(Self::Path(path.to_owned())),
            object: Self::Words,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// A place of the network's type with words of its own.
#[derive(Clone, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAsnTypeWords {
    /// Path of the word.
    pub path: String,
    /// The provider's words: each `isp`, `hosting`, `business`, `education`, `government` or `mobile`.
    pub words: BTreeMap<String, String>,
}

/// A place of the position: the path of a text "latitude,longitude", or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawPosition {
    /// Path of a text "33.7,-117.7".
    Path(String),
    /// One path or two, and what else must be said.
    Place(RawPositionPlace),
}

impl FromJson for RawPosition {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: PLACE,
            text: |path| Some(Self::Path(path.to_owned())),
            object: Self::Place,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// The place of a position: either `path`, or `latitude` and `longitude`.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawPositionPlace {
    /// Path of a text "33.7,-117.7".
    #[serde(default)]
    pub path: Option<String>,
    /// Path of the latitude in degrees, number or text.
    #[serde(default)]
    pub latitude: Option<String>,
    /// Path of the longitude in degrees, number or text.
    #[serde(default)]
    pub longitude: Option<String>,
    /// Paths of which one must say something, such as a city: else the position is the middle of a country.
    #[serde(default)]
    pub with: Vec<String>,
    /// Path of the radius in km in which the client is somewhere. A position whose radius is wider than `max_radius`
    /// is none.
    #[serde(default)]
    pub radius: Option<String>,
    /// The widest radius, 1 to 1000 km; default 200.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 1_000)))]
    pub max_radius: Option<u16>,
    /// Paths of which none may be true, such as whether the address is anycast and thus in many places at once.
    #[serde(default)]
    pub without: Vec<String>,
}

const PLACE: &str = "a path such as privacy.vpn, or an object";

impl RawFields {
    /// These, with whatever they leave out taken from `base`.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            vpn: self.vpn.or(base.vpn),
            proxy: self.proxy.or(base.proxy),
            tor: self.tor.or(base.tor),
            relay: self.relay.or(base.relay),
            residential_proxy: self.residential_proxy.or(base.residential_proxy),
            hosting: self.hosting.or(base.hosting),
            mobile: self.mobile.or(base.mobile),
            abuse: self.abuse.or(base.abuse),
            crawler: self.crawler.or(base.crawler),
            score: self.score.or(base.score),
            asn: self.asn.or(base.asn),
            asn_type: self.asn_type.or(base.asn_type),
            country: self.country.or(base.country),
            position: self.position.or(base.position),
        }
    }
}
