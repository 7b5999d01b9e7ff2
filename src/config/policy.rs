mod agents;
mod captcha;
mod challenge;
mod guard;
mod learned;
mod limit;
mod lists;
mod session;
mod signed;
mod travel;

use std::num::NonZeroU32;

use crate::address::Trust;
use crate::decision::{Action, LimitIndex, Ruleset, Weights};
use crate::identity::Identity;
use crate::identity::account::AccountSources;
use crate::intelligence::cache::Lifetimes;
use crate::intelligence::{GeoipHeaders, LibrarySettings};
use crate::reply::{Preference, Templates};
use crate::response::Classifier;
use crate::route::{RouteIndex, RouteTable};
use crate::signals::Annotation;
use crate::store::Budget;
use crate::telemetry::Catalogue;

pub use agents::{AgentUse, Uniform};
pub use captcha::{CaptchaPolicy, OnUnavailable};
pub use challenge::{Binding, Challenges};
pub use guard::{Charge, Guard};
pub use learned::AsnFailures;
pub use limit::{Count, Devices, KeyPart, LimitPolicy, Mobile, OnSuccess, Told};
pub use lists::{List, Lists};
pub use session::SessionPolicy;
pub use signed::{KnownDevices, UnlockLinks};
pub use travel::{RouteTravel, TravelPolicy, Traveller};

/// A checked configuration, in the form in which the request path reads it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who the client is.
    pub trust: Trust,
    /// The API; without one only lists, geoip headers and special addresses are known.
    pub intelligence: Option<Intelligence>,
    /// Headers of Envoy's geoip filter.
    pub geoip: Option<GeoipHeaders>,
    /// The operator's lists.
    pub lists: Lists,
    /// How signals add up.
    pub weights: Weights,
    /// When too few different agents come from a subnet.
    pub uniform: Uniform,
    /// How accounts and sessions are found, and what a subnet is.
    pub identity: Identity,
    /// Devices that are known to an account.
    pub devices: Option<KnownDevices>,
    /// What a challenge asks.
    pub challenges: Challenges,
    /// Captchas.
    pub captcha: Option<CaptchaPolicy>,
    /// Links that lift the lock of one account.
    pub unlock: Option<UnlockLinks>,
    /// The limits, by [`LimitIndex`].
    pub limits: Vec<LimitPolicy>,
    /// How the share of failed logins per autonomous system is learnt, if it is.
    pub asn_failures: Option<AsnFailures>,
    /// How deep in the bodies of answers signs are looked for, in bytes.
    pub response_body_limit: usize,
    /// The memory of all counters.
    pub counters: Budget,
    /// What is kept of sessions, where requests have one.
    pub session: Option<SessionPolicy>,
    /// What impossible travel is, where any route has to do with it.
    pub travel: Option<TravelPolicy>,
    /// Which requests are protected.
    pub routes: RouteTable,
    /// Which routes Envoy's route metadata may name.
    pub profiles: Vec<(String, RouteIndex)>,
    /// How, by [`RouteIndex`].
    pub protections: Vec<Protection>,
    /// The pages for refusals that the operator has replaced.
    pub reply_templates: Templates,
    /// What the application and the access log are told.
    pub annotations: Annotations,
    /// The most audit lines a second and worker.
    pub audit_lines_per_second: u32,
}

impl Policy {
    /// How a route is protected.
    #[must_use]
    pub fn protection(&self, route: RouteIndex) -> Option<&Protection> {
        self.protections.get(route.get())
    }

    /// The captcha that a challenge of this kind asks for.
    #[must_use]
    pub fn captcha(&self, asks: ChallengeKind) -> Option<&CaptchaPolicy> {
        match asks {
            ChallengeKind::Captcha => self.captcha.as_ref(),
            ChallengeKind::ProofOfWork => None,
        }
    }

    /// The route of this profile name.
    #[must_use]
    pub fn profile(&self, name: &[u8]) -> Option<RouteIndex> {
        self.profiles
            .iter()
            .find(|(profile, _)| profile.as_bytes() == name)
            .map(|(_, route)| *route)
    }

    /// The route of this name.
    #[must_use]
    pub fn route_named(&self, name: &[u8]) -> Option<RouteIndex> {
        self.protections
            .iter()
            .position(|protection| protection.name.as_bytes() == name)
            .map(RouteIndex::new)
    }

    /// The realms of all routes that have accounts, each once.
    #[must_use]
    pub fn realms(&self) -> Vec<&str> {
        realms(self.protections.iter())
    }

    /// The realms of those of a guard's routes that have accounts, each once.
    #[must_use]
    pub fn realms_of(&self, guard: &Guard) -> Vec<&str> {
        realms(self.candidates(guard).map(|(_, own)| own))
    }

    /// The name of a route.
    #[must_use]
    pub fn route_name(&self, route: RouteIndex) -> &str {
        self.protection(route)
            .map_or("", |protection| &protection.name)
    }

    /// Every metric that this policy can raise.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        let routes = self.protections.iter().map(|protection| {
            let rules = protection.ruleset.rules.iter();
            (
                protection.name.as_str(),
                rules.map(|rule| rule.name.as_str()).collect(),
            )
        });
        let limits = self.limits.iter().map(|limit| limit.rule.name.as_str());
        Catalogue::new(routes, limits, self.lists.names())
    }
}

/// The API and what is kept of its answers.
#[derive(Clone, Debug)]
pub struct Intelligence {
    /// How it is asked.
    pub library: LibrarySettings,
    /// How long answers are kept.
    pub lifetimes: Lifetimes,
    /// How many addresses are kept, on each level.
    pub entries: usize,
    /// The most lookups a day.
    pub daily_budget: Option<NonZeroU32>,
    /// Names how answers are read: records that were kept under another one are not used.
    pub fingerprint: u64,
}

/// How one route is protected.
#[derive(Clone, Debug)]
pub struct Protection {
    /// Its name.
    pub name: String,
    /// Whether and how the address is looked up.
    pub lookup: Lookup,
    /// What it asks of the User-Agent.
    pub agent: AgentUse,
    /// What follows from what is known.
    pub ruleset: Ruleset,
    /// The limits that apply, in the order in which they are asked: see [`LimitPolicy::rank`].
    pub limits: Vec<LimitIndex>,
    /// Where the account stands, if any limit needs it.
    pub account: Option<AccountSources>,
    /// Whether any limit needs the session.
    pub tells_sessions: bool,
    /// What a request gets whose account nobody can tell.
    pub on_missing_account: Action,
    /// What failed and successful logins look like.
    pub classifier: Classifier,
    /// Whether it matters what the application answers.
    pub watches: bool,
    /// Whether its answers tell which logins fail, and the autonomous systems' shares of them are learnt.
    pub tells_asn_failures: bool,
    /// Whether anybody asks for such a share.
    pub reads_asn_failures: bool,
    /// Whose accounts it is about.
    pub realm: String,
    /// Whether a success makes the client a known device of the account.
    pub sets_device: bool,
    /// Whether requests of revoked sessions are refused.
    pub heeds_revocations: bool,
    /// Whether its answers tell which sessions the application knows.
    pub notes_sessions: bool,
    /// What a challenge asks for.
    pub asks: ChallengeKind,
    /// What it has to do with travel.
    pub travel: RouteTravel,
    /// How refusals are told.
    pub format: Preference,
    /// What the application is told to ask for on a step up.
    pub step_up: String,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeKind {
    /// A proof of work.
    ProofOfWork,
    /// A captcha.
    Captcha,
}

/// Whether and how an address is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The request waits for the answer.
    Inline,
    /// The answer comes later, and may revoke the session.
    Background,
    /// The session's first request waits for the answer.
    Session,
    /// Not at all.
    Off,
}

/// What the application and the access log are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// The headers behind the prefix.
    pub headers: Vec<Annotation>,
    /// Whether filter state is set for access logs.
    pub filter_state: bool,
}

/// The realms of those that have accounts, each once.
fn realms<'p>(protections: impl Iterator<Item = &'p Protection>) -> Vec<&'p str> {
    let mut realms: Vec<&str> = Vec::new();
    for own in protections.filter(|own| own.account.is_some()) {
        if !realms.contains(&own.realm.as_str()) {
            realms.push(&own.realm);
        }
    }
    realms
}
