//! What an operator writes, field by field. The doc comments are the descriptions in the JSON Schema.

mod agents;
mod captcha;
mod challenge;
mod condition;
mod identity;
mod intelligence;
mod learned;
mod limit;
mod response;
mod route;
mod session;
mod signing;
mod travel;
mod weights;

use crate::json::FromJson;

pub use agents::{RawAgents, RawUniform, RawUniformNetworks};
pub use captcha::{
    RawCaptcha, RawLowScore, RawService, RawServiceChoice, RawTokenSource, RawUnavailable,
};
pub use challenge::{RawBinding, RawCarry, RawChallenge, RawClearance};
pub use condition::RawCondition;
pub use identity::{
    RawAccountSource, RawCaseRule, RawIdentity, RawNormalise, RawPartRule, RawPathSegment,
    RawPhone, RawSessionSource, RawSubnet,
};
pub use intelligence::{RawBreaker, RawCache, RawIntelligence, RawProviderChoice};
pub use learned::{RawAsnFailures, RawLearned};
pub use limit::{
    RawBlock, RawBlockText, RawByReputation, RawChoice, RawCodes, RawCount, RawCounters,
    RawDevices, RawDistinct, RawGrowing, RawGrowingWord, RawKeyPart, RawLimit, RawLimitAction,
    RawMobile, RawOnSuccess, RawThresholds, RawUncounted,
};
pub use response::{RawBodySign, RawHeaderSign, RawResponse, RawScalar, RawSigns, RawStatus};
pub use route::{
    RawChallengeKind, RawLookup, RawMatch, RawPath, RawPathForm, RawPaths, RawRevoked, RawRoute,
    RawRule, RawRuleEntry, RawRuleWord,
};
pub use session::{RawNotify, RawSession, RawSessionCookie};
pub use signing::{RawDevice, RawSigningKeys, RawUnlock};
pub use travel::{RawTravel, RawTraveller};
pub use weights::{RawWeighed, RawWeights};

use super::text::{AsnText, Cidr, Text};

/// The configuration of Palisade.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(title = "Palisade"))]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// `monitor` computes, counts and annotates everything and refuses nothing.
    #[serde(default)]
    pub mode: RawMode,
    /// Who the client is.
    #[serde(default)]
    pub client: RawClient,
    /// The IP-intelligence API. Without it only lists and geoip headers are known.
    #[serde(default)]
    pub intelligence: Option<RawIntelligence>,
    /// Headers that Envoy's own geoip filter, placed before this one, sets. What a client sends under these
    /// names must be removed before that filter (see README).
    #[serde(default)]
    pub geoip: Option<RawGeoip>,
    /// The operator's own lists of networks.
    #[serde(default)]
    pub lists: Vec<RawList>,
    /// How signals add up to the score.
    #[serde(default)]
    pub score: RawScore,
    /// What is made of User-Agents.
    #[serde(default)]
    pub agents: RawAgents,
    /// How accounts and sessions are found in requests, and what a subnet is.
    #[serde(default)]
    pub identity: RawIdentity,
    /// The keys with which device cookies, unlock links, challenges and clearances are signed. Without them the proxy makes
    /// some for challenges and clearances by itself, which end with it.
    #[serde(default)]
    pub signing_keys_env: Option<RawSigningKeys>,
    /// Devices that are known to an account by a cookie, which is set on a successful login. Needs `signing_keys_env`.
    #[serde(default)]
    pub device: Option<RawDevice>,
    /// What `challenge` asks of a client.
    #[serde(default)]
    pub challenge: RawChallenge,
    /// Captchas of an outside service. With it, `challenge` asks for one.
    #[serde(default)]
    pub captcha: Option<RawCaptcha>,
    /// Links that lift the lock of one account. Needs `signing_keys_env`.
    #[serde(default)]
    pub unlock: Option<RawUnlock>,
    /// The limits, to which routes refer by name.
    #[serde(default)]
    pub limits: Vec<RawLimit>,
    /// How the application's answers are read.
    #[serde(default)]
    pub response: RawResponse,
    /// What is learnt from the application's answers.
    #[serde(default)]
    pub learned: RawLearned,
    /// The memory of all counters.
    #[serde(default)]
    pub counters: RawCounters,
    /// What is kept of sessions, and what becomes of those that are revoked.
    #[serde(default)]
    pub session: Option<RawSession>,
    /// What impossible travel is.
    #[serde(default)]
    pub travel: RawTravel,
    /// The protected routes; the first that matches applies.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub routes: Vec<RawRoute>,
    /// How refusals are told.
    #[serde(default)]
    pub reply: RawReply,
    /// What the application and the access log are told.
    #[serde(default)]
    pub annotate: RawAnnotate,
    /// The audit log.
    #[serde(default)]
    pub audit: RawAudit,
}

/// Whether what is decided also happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawMode {
    /// Refuse what the rules refuse.
    #[default]
    Enforce,
    /// Compute, count and annotate only.
    Monitor,
}

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

/// Who the client is. By default the address that Envoy itself trusts (`source.address`).
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawClient {
    /// Your own load balancers. Only they are believed: `X-Forwarded-For` is then walked from right to left to the
    /// first address that is not one of them. Envoy needs `use_remote_address: true`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub trusted_proxies: Option<Vec<Text<Cidr>>>,
    /// A header that holds the client's address instead of `X-Forwarded-For`, such as `cf-connecting-ip`; believed
    /// only from `trusted_proxies`.
    #[serde(default)]
    pub header: Option<String>,
    /// The prefixes of your own NAT64, of 32, 40, 48, 56, 64 or 96 bits, up to 16. An address in one is the client of
    /// the IPv4 address that it carries, as are addresses of `64:ff9b::/96`, 6to4 and Teredo without being named. Only
    /// behind a named prefix, `64:ff9b::/96` too, are `trusted_proxies` found by their IPv4 addresses.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 16)))]
    pub nat64_prefixes: Option<Vec<Text<Cidr>>>,
}

/// Names of the headers that Envoy's geoip filter sets.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawGeoip {
    /// Two-letter country code.
    #[serde(default)]
    pub country: Option<String>,
    /// Autonomous system number.
    #[serde(default)]
    pub asn: Option<String>,
    /// `true` or `false`: VPN.
    #[serde(default)]
    pub vpn: Option<String>,
    /// `true` or `false`: public proxy.
    #[serde(default)]
    pub proxy: Option<String>,
    /// `true` or `false`: Tor exit.
    #[serde(default)]
    pub tor: Option<String>,
    /// `true` or `false`: hosting.
    #[serde(default)]
    pub hosting: Option<String>,
}

/// A list of networks, by CIDR or ASN. Rules refer to it by name.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawList {
    /// Letters a-z, digits, `_` and `-`; also the reason code when the list decides.
    pub name: String,
    /// Ranges of addresses.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cidrs: Option<Vec<Text<Cidr>>>,
    /// Autonomous systems.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub asns: Option<Vec<AsnText>>,
    /// What happens to clients on the list, before all rules of every route: `allow` exempts partners and
    /// enterprise ranges. Without it the list is only a signal for rules.
    #[serde(default)]
    pub then: Option<RawAction>,
    /// Whether `then` also happens.
    #[serde(default)]
    pub mode: RawMode,
    /// What membership adds to the score, -100 to 100.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = -100, max = 100)))]
    pub weight: i16,
    /// Whether those on the list are crawlers: of those who say that they are crawlers, these are verified.
    #[serde(default)]
    pub crawlers: bool,
}

/// How signals add up to the score, 0 to 100: the sum of the weights of those that hold, or the provider's own
/// score if that is higher.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawScore {
    /// Weights from -100 to 100; those left out keep their defaults.
    #[serde(default)]
    pub weights: RawWeights,
}

/// How refusals are told.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawReply {
    /// `auto` follows the `Accept` header.
    #[serde(default)]
    pub format: RawFormat,
    /// Pages of your own.
    #[serde(default)]
    pub templates: RawTemplates,
}

/// Pages of your own: HTML with `{{title}}` and `{{message}}`, and perhaps `{{reference}}`, `{{status}}` and `{{style}}` (the default
/// one). Values are escaped. The page may load nothing and run no script.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTemplates {
    /// For what is refused.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub denied: Option<String>,
    /// For what is too much for now.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub limited: Option<String>,
}

/// The form of a refusal. gRPC requests always get a gRPC status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawFormat {
    /// As the client's `Accept` header asks.
    #[default]
    Auto,
    /// `application/problem+json` (RFC 9457).
    Problem,
    /// `{"error": ...}`.
    Json,
    /// A small page.
    Html,
}

/// What the application and the access log are told about requests that go on.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAnnotate {
    /// The request headers that are set, each behind `x-palisade-`; `[verdict, context]` by default. Every header under that
    /// prefix that a client sends is removed in any case.
    #[serde(default)]
    pub headers: Option<Vec<RawAnnotation>>,
    /// Whether the filter state `wasm.palisade` is set for access logs; default true.
    #[serde(default)]
    pub filter_state: Option<bool>,
}

/// A header behind `x-palisade-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawAnnotation {
    /// `allow` or `step_up`.
    Verdict,
    /// All the others in one dictionary of structured fields (RFC 9651).
    Context,
    /// The reason code.
    Reason,
    /// 0 to 100.
    Score,
    /// The signals that hold, separated by commas.
    Signals,
    /// The number of the autonomous system.
    Asn,
    /// What kind of organisation runs the network.
    AsnType,
    /// The share of logins from the autonomous system that fail, where the route asks for it.
    AsnFailureRate,
    /// What connects the client to the Internet.
    Connection,
    /// Two letters.
    Country,
    /// How far and how fast the client must have travelled since the last successful login.
    Travel,
    /// The operator's lists that hold the client.
    Lists,
    /// The limits that the request exceeds.
    Limits,
    /// The reference id of this request.
    Ref,
}

/// One structured line per refused request.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// The most lines a second and worker; default 10. What is left out is counted in the next line.
    #[serde(default)]
    pub lines_per_second: Option<u32>,
}
