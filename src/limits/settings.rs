//! What an operator says of limits, in the form in which the request path reads it.

use crate::address::PrefixLengths;
use crate::decision::{Choices, Condition, LimitIndex, LimitRule};
use crate::json::FromJson;
use crate::nonempty::NonEmpty;
use crate::route::RouteIndex;

use super::{DistinctThreshold, Guessing, Terms, Threshold, Window};

/// A limit, in the form in which the request path reads it.
#[derive(Clone, Debug)]
pub struct LimitPolicy {
    /// What follows.
    pub rule: LimitRule,
    /// The name in the configuration, which several limits may share.
    pub family: String,
    /// Who is counted; each part once, in a fixed order.
    pub key: Vec<KeyPart>,
    /// What is counted, and how much of it goes through.
    pub count: Count,
    /// Which addresses are one subnet, if it has its own idea of that.
    pub subnet: Option<PrefixLengths>,
    /// Window, penalty, and what happens to what cannot be counted.
    pub terms: Terms,
    /// Where it applies; everywhere if there is none.
    pub when: Option<Condition>,
    /// Whether volume alone may refuse a client of a mobile carrier.
    pub mobile: Mobile,
    /// What a success does to what is counted.
    pub on_success: OnSuccess,
    /// Whether known devices have a counter of their own.
    pub devices: Devices,
    /// Of a limit on two-factor codes, how likely guessing one is; told to the operator.
    pub guessing: Option<Guessing>,
}

/// A part of who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyPart {
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
    /// The TLS fingerprint (JA4); all clients that have none count as one.
    Ja4,
}

impl KeyPart {
    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Subnet => "subnet",
            Self::Asn => "asn",
            Self::Country => "country",
            Self::Route => "route",
            Self::Account => "account",
            Self::Session => "session",
            Self::Ja4 => "ja4",
        }
    }
}

/// What is counted, and how much of it goes through.
#[derive(Clone, Debug)]
pub enum Count {
    /// Requests.
    Attempts(Choices<Threshold>),
    /// Requests that fail.
    Failures(Choices<Threshold>),
    /// Requests that succeed.
    Successes(Choices<Threshold>),
    /// Different values.
    Distinct(DistinctBy, Choices<DistinctThreshold>),
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistinctBy {
    /// A part that could also be in a key.
    Part(KeyPart),
    /// User-Agents.
    Agent,
}

impl DistinctBy {
    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Part(part) => part.name(),
            Self::Agent => "agent",
        }
    }
}

/// Whether volume alone may refuse a client of a mobile carrier, behind one address of which there may be thousands of
/// people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mobile {
    /// It takes failures, a risky reputation, or a suspicious User-Agent (missing, scripted, headless, impossible, or
    /// the same one all over) as well.
    #[default]
    Evidence,
    /// It may.
    Volume,
}

/// What a success does to what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnSuccess {
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
pub enum Devices {
    /// They have, so that strangers cannot lock them out.
    #[default]
    Separate,
    /// They have not.
    Together,
}

impl LimitPolicy {
    /// Whether the key has this part.
    #[must_use]
    pub fn has(&self, part: KeyPart) -> bool {
        self.key.contains(&part)
    }

    /// Whether it matters to the counters which one of this part a request has: it is in the key, or told apart.
    #[must_use]
    pub fn tells(&self, part: KeyPart) -> bool {
        let apart = |count: &Count| matches!(count, Count::Distinct(DistinctBy::Part(by), _) if *by == part);
        self.has(part) || apart(&self.count)
    }

    /// Whether the account must be known to count.
    #[must_use]
    pub fn needs_account(&self) -> bool {
        self.tells(KeyPart::Account)
    }

    /// The order in which limits are asked: networks and sessions, then what tells accounts apart, then accounts.
    #[must_use]
    pub fn rank(&self) -> (bool, bool) {
        (self.needs_account(), self.has(KeyPart::Account))
    }

    /// Whether failures are counted.
    #[must_use]
    pub const fn counts_failures(&self) -> bool {
        matches!(self.count, Count::Failures(_))
    }

    /// Whether it depends on what the application answers.
    #[must_use]
    pub const fn needs_response(&self) -> bool {
        let distinct = matches!(self.count, Count::Failures(_) | Count::Successes(_));
        distinct || matches!(self.on_success, OnSuccess::Clear)
    }

    /// Whether only networks are counted, so that many people may stand behind one counter.
    #[must_use]
    pub fn counts_networks(&self) -> bool {
        !self.has(KeyPart::Account) && !self.has(KeyPart::Session)
    }

    /// Whether it takes more than volume to refuse somebody of a mobile carrier's network.
    #[must_use]
    pub fn seeks_evidence(&self) -> bool {
        let counts_attempts = matches!(self.count, Count::Attempts(_));
        self.mobile == Mobile::Evidence && counts_attempts && self.counts_networks()
    }

    /// Whether known devices have counters of their own, and one together.
    #[must_use]
    pub fn bounds_devices(&self) -> bool {
        let counts = !matches!(self.count, Count::Distinct(..));
        counts && self.has(KeyPart::Account) && self.devices == Devices::Separate
    }

    /// Every condition on which it depends.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let (numbers, different) = match &self.count {
            Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices) => {
                (Some(choices), None)
            }
            Count::Distinct(_, choices) => (None, Some(choices)),
        };
        let numbers = numbers.into_iter().flat_map(Choices::conditions);
        let different = different.into_iter().flat_map(Choices::conditions);
        self.when.iter().chain(numbers).chain(different)
    }
}

/// A limit, and the routes that it is asked for at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The limit.
    pub limit: LimitIndex,
    /// The routes. One alone where the limit tells routes apart.
    pub routes: NonEmpty<RouteIndex>,
}

/// The share of failed logins per autonomous system, as it is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsnFailures {
    /// How far it looks back.
    pub window: Window,
    /// With fewer answers it is not known.
    pub min_samples: Threshold,
}

impl AsnFailures {
    /// How many failures of one network or one account count in a window, and how many successes: a tenth of the least
    /// number of samples, so that none of them moves a rate by more than ten points.
    #[must_use]
    pub fn share(self) -> Threshold {
        Threshold::new(self.min_samples.get() / 10).unwrap_or(self.min_samples)
    }
}
