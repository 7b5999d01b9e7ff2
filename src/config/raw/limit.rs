use std::str::FromStr;

use crate::json::{FromJson, Json, Mistakes, Node};

use super::{RawCondition, RawMode, RawSubnet};
use crate::config::text::{Size, Text, Textual};
use crate::shape::Shapes;
use crate::time::Span;

/// The memory of all counters, and what it costs.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCounters {
    /// The memory of all counters of all workers, 64KiB to 1GiB; default 32MiB, which holds 663,552 counters.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
}

/// A limit: who is counted, what, and what follows. Routes name the limits that apply to them; a limit that several
/// routes name counts them together unless its key has `route`.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawLimit {
    /// Letters a-z, digits, `_` and `-`; the label in metrics and the reason code.
    pub name: String,
    /// Who is counted: one, or a combination of address, subnet, asn, country, route, account and session. Left out only beside
    /// `codes`, which are counted by account, and by session as well.
    #[serde(default)]
    pub key: Option<Vec<RawKeyPart>>,
    /// Which addresses are one subnet for this limit, where it counts by or tells apart `subnet`; what is left out is
    /// as in `identity.subnet`.
    #[serde(default)]
    pub subnet: Option<RawSubnet>,
    /// What is counted; default `attempts`.
    #[serde(default)]
    pub count: Option<Text<RawCount>>,
    /// How many go through in a window: a number, one per reputation, or one per condition.
    pub limit: RawThresholds,
    /// How far back it looks, 1s to 30d.
    pub window: Text<Span>,
    /// What a request gets that is too many; default `limit`, a 429.
    #[serde(default)]
    pub then: RawLimitAction,
    /// Whether `then` also happens.
    #[serde(default)]
    pub mode: RawMode,
    /// The limit applies only where this holds.
    #[serde(default)]
    pub when: Option<RawCondition>,
    /// What follows a breach beside the refusal of what is too many: a time for which everything is refused, or waits that grow.
    #[serde(default)]
    pub block_for: Option<RawBlock>,
    /// Whether refused requests count as well, so that only who stops trying is let through again; default false.
    #[serde(default)]
    pub count_refused: bool,
    /// Whether volume alone may refuse a client of a mobile carrier; default `evidence`.
    #[serde(default)]
    pub mobile: RawMobile,
    /// What a success does to what is counted; default `keep`. `clear` needs a key with the account and a network.
    #[serde(default)]
    pub on_success: RawOnSuccess,
    /// Whether devices that have logged in to the account before have a counter of their own; default `separate`.
    #[serde(default)]
    pub devices: RawDevices,
    /// What happens when a request cannot be counted because too many workers write at once; default `refuse` where the
    /// key has the account or the session, else `allow`.
    #[serde(default)]
    pub on_uncounted: Option<RawUncounted>,
    /// What two-factor codes look like that are entered here. The configuration is refused when guessing them succeeds too often.
    /// In metrics, `NAME_session` is what counts by session.
    #[serde(default)]
    pub codes: Option<RawCodes>,
    /// What the client is told.
    #[serde(default)]
    pub message: Option<String>,
    /// The status of a refusal, 400 to 599; default 429 for `limit`, else 403.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 400, max = 599)))]
    pub status: Option<u16>,
}

/// A part of who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawKeyPart {
    /// The client's address; of IPv6 the /64.
    Address,
    /// The client's subnet (`subnet` of the limit, else `identity.subnet`).
    Subnet,
    /// The client's autonomous system.
    Asn,
    /// The client's country.
    Country,
    /// The route.
    Route,
    /// The account that the request is about.
    Account,
    /// The session that the request belongs to.
    Session,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawCount {
    /// Requests.
    Attempts,
    /// Requests that the application's response shows to have failed.
    Failures,
    /// Requests that the application's response shows to have succeeded.
    Successes,
    /// Different accounts, addresses and so on.
    Distinct(RawDistinct),
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawDistinct {
    /// A part that could also be in a key.
    Part(RawKeyPart),
    /// User-Agents.
    Agent,
}

impl FromStr for RawCount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use RawKeyPart::{Account, Address, Asn, Country, Session, Subnet};
        let part = |part| Self::Distinct(RawDistinct::Part(part));
        Ok(match text {
            "attempts" => Self::Attempts,
            "failures" => Self::Failures,
            "successes" => Self::Successes,
            "distinct(account)" => part(Account),
            "distinct(address)" => part(Address),
            "distinct(subnet)" => part(Subnet),
            "distinct(asn)" => part(Asn),
            "distinct(country)" => part(Country),
            "distinct(session)" => part(Session),
            "distinct(agent)" => Self::Distinct(RawDistinct::Agent),
            _ => return Err(Self::EXPECTED),
        })
    }
}

impl Textual for RawCount {
    const EXPECTED: &'static str = "attempts, failures, successes, or distinct(..) of account, address, subnet, asn, country, session or agent";
    const PATTERN: &'static str = r"^(attempts|failures|successes|distinct\((account|address|subnet|asn|country|session|agent)\))$";
}

/// What a request gets that is too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawLimitAction {
    /// It goes on; the application is told (`x-palisade-limits`).
    Annotate,
    /// It goes on, and the application is told to ask for a second factor.
    StepUp,
    /// The client has to prove something first.
    Challenge,
    /// 429, with `Retry-After` and the `RateLimit` fields unless the key has the account.
    #[default]
    Limit,
    /// 403.
    Deny,
}

/// How many go through.
#[derive(Clone, Debug)]
pub enum RawThresholds {
    /// So many.
    One(u32),
    /// By what is known of the address.
    ByReputation(RawByReputation),
    /// By conditions; the first that holds decides.
    ByCondition(Vec<RawChoice>),
}

/// How many go through, by what is known of the address. Risky is: vpn, proxy, residential_proxy, tor, hosting, abuse, or a
/// score from 50.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawByReputation {
    /// Of addresses that are not risky.
    pub clean: u32,
    /// Of risky addresses.
    pub risky: u32,
    /// Of addresses of which nothing is known; default as for clean ones.
    #[serde(default)]
    pub unknown: Option<u32>,
}

/// How many go through where a condition holds.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawChoice {
    /// When; the last one has none.
    #[serde(default)]
    pub when: Option<RawCondition>,
    /// So many.
    pub limit: u32,
}

impl FromJson for RawThresholds {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        match (node.value, node.whole().map(u64::try_from)) {
            // What does not fit is refused with all others that are too large.
            (_, Some(Ok(number))) => Some(Self::One(u32::try_from(number).unwrap_or(u32::MAX))),
            (Json::Object(_), _) => FromJson::from_json(node, mistakes).map(Self::ByReputation),
            (Json::List(_), _) => FromJson::from_json(node, mistakes).map(Self::ByCondition),
            _ => node.expected(
                "a number, an object with clean and risky, or a list of choices with when and limit",
                mistakes,
            ),
        }
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawThresholds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Thresholds".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let by_reputation = generator.subschema_for::<RawByReputation>();
        let choice = generator.subschema_for::<RawChoice>();
        schemars::json_schema!({
            "description": "How many go through: a number, one per reputation, or one per condition",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": crate::limits::Threshold::MAX },
                by_reputation,
                { "type": "array", "minItems": 1, "items": choice },
            ],
        })
    }
}

/// What follows a breach: a time, or waits that grow.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawBlock {
    /// Everything is refused for so long, 1s to 30d; or the word `growing`: 30s, doubling up to 1h.
    For(RawBlockText),
    /// Waits that grow.
    Growing(RawGrowing),
}

/// A time, or the word `growing`.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawBlockText {
    /// A time.
    Time(Text<Span>),
    /// 30s, doubling up to 1h.
    Word(RawGrowingWord),
}

/// Waits that grow.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawGrowingWord {
    /// 30s, doubling up to 1h.
    Growing,
}

/// Waits that double with every breach.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawGrowing {
    /// After the first breach; default 30s.
    #[serde(default)]
    pub first: Option<Text<Span>>,
    /// Never longer than this; default 1h.
    #[serde(default)]
    pub longest: Option<Text<Span>>,
}

impl FromJson for RawBlock {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a duration such as 10m, the word \"growing\", or an object with first and longest",
            text: |text| {
                Some(Self::For(if text == "growing" {
                    RawBlockText::Word(RawGrowingWord::Growing)
                } else {
                    RawBlockText::Time(Text(text.parse().ok()?))
                }))
            },
            object: Self::Growing,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// Whether volume alone may refuse a client of a mobile carrier, behind one address of which there may be thousands of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawMobile {
    /// It takes failures, a risky reputation, or a suspicious User-Agent (missing, scripted, headless, impossible, or the same
    /// one all over) as well.
    #[default]
    Evidence,
    /// It may.
    Volume,
}

/// What a success does to what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawOnSuccess {
    /// Nothing.
    #[default]
    Keep,
    /// What was counted is forgotten.
    Clear,
}

/// Whether known devices have a counter of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawDevices {
    /// They have, so that strangers cannot lock them out.
    #[default]
    Separate,
    /// They have not.
    Together,
}

/// What happens to a request that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawUncounted {
    /// It is refused: never more than the limit go through.
    Refuse,
    /// It goes on.
    Allow,
}

/// What two-factor codes look like.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCodes {
    /// How many characters a code has.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 64)))]
    pub length: u32,
    /// How many characters there are to choose from; default 10, digits.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 2, max = 1_000)))]
    pub alphabet: Option<u32>,
    /// How long a code holds, 30s to 10m; default 5m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// How many codes are accepted at one moment; default 1. An authenticator app with one step of tolerance has 3.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 100)))]
    pub valid_at_once: Option<u32>,
    /// Guessing may succeed once in so many days of one account under attack; default 10000.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1)))]
    pub one_in: Option<u32>,
}
