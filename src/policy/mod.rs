//! The compiled policy: what the operator wrote, as the request path reads it. It composes the settings of the rooms.

mod annotations;
mod features;
mod guard;
mod lists;
mod protection;

use std::rc::Rc;

use crate::address::Trust;
use crate::agent::Uniform;
use crate::breach::BreachPolicy;
use crate::challenge::captcha::CaptchaPolicy;
use crate::challenge::{ChallengeKind, Challenges};
use crate::decision::Weights;
use crate::device::KnownDevices;
use crate::fingerprint::Ja4Source;
use crate::fleet::FleetPolicy;
use crate::identity::Identity;
use crate::identity::account::BodyBytes;
use crate::identity::content::ContentMatch;
use crate::intelligence::{GeoipHeaders, Intelligence};
use crate::limits::{AsnFailures, LimitPolicy};
use crate::message::{HeaderBlock, RequestHead};
use crate::reply::{Contact, Templates};
use crate::route::{ContentIndex, Found, RouteIndex, RouteTable};
use crate::session::SessionPolicy;
use crate::signals::Truth;
use crate::store::Budget;
use crate::travel::TravelPolicy;
use crate::unlock::UnlockLinks;

pub use annotations::Annotations;
pub use guard::Guard;
pub use lists::{List, Lists};
pub use protection::Protection;

/// A checked configuration, in the form in which the request path reads it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who the client is.
    pub trust: Trust,
    /// The API; without one only lists, geoip headers and special addresses are known.
    pub intelligence: Option<Intelligence>,
    /// Headers of Envoy's geoip filter.
    pub geoip: Option<GeoipHeaders>,
    /// Where the client's TLS fingerprint is found, if anywhere.
    pub ja4: Option<Ja4Source>,
    /// Who is asked about passwords, if anybody is.
    pub breaches: Option<BreachPolicy>,
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
    /// The limits, by [`LimitIndex`](crate::decision::LimitIndex).
    pub limits: Rc<[LimitPolicy]>,
    /// Who counts for all proxies, if anybody does.
    pub fleet: Option<FleetPolicy>,
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
    /// What requests must say for some of them, by [`ContentIndex`](crate::route::ContentIndex).
    pub contents: Vec<ContentMatch>,
    /// Which routes Envoy's route metadata may name.
    pub profiles: Vec<(String, RouteIndex)>,
    /// How, by [`RouteIndex`].
    pub protections: Vec<Protection>,
    /// The pages for refusals that the operator has replaced.
    pub reply_templates: Templates,
    /// Whom a refused person can ask.
    pub contact: Option<Contact>,
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

    /// The routes of a request, with whether its body may tell them better; `None` when it is not protected. `ends` if
    /// no body follows its head; `body` is `None` as long as it has not come.
    #[must_use]
    pub fn find(
        &self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        ends: bool,
        body: Option<BodyBytes<'_>>,
    ) -> Option<(Found, bool)> {
        let asked = self.routes.asked(head, headers, ends);
        let mut awaits_body = false;
        // A path of many readings asks for the same again and again.
        let mut known: Vec<Option<Truth>> = Vec::new();
        let mut says = |index: ContentIndex| {
            known.resize(self.contents.len(), None);
            let Some(known) = known.get_mut(index.0) else {
                return Truth::Unknown;
            };
            *known.get_or_insert_with(|| {
                let content = self.contents.get(index.0);
                let tested = content.map(|content| content.test(headers, body));
                let (truth, awaits) = tested.unwrap_or((Truth::Unknown, false));
                awaits_body |= awaits;
                truth
            })
        };
        let routes = &self.routes;
        let found = routes.find(&asked, head.authority, head.path, &mut says)?;
        Some((found, awaits_body))
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
