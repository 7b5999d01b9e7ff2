//! What all requests of a worker share under one configuration.

use std::rc::Rc;

use super::audit::AuditLimit;
use super::bodies::Bodies;
use super::late::Late;
use super::reference::References;
use super::subject::{Body, Subject};
use super::survey::Survey;
use super::watch::hidden_headers;
use crate::address::ClientAddress;
use crate::agent::{Agents, SeenAgent};
use crate::breach::Breaches;
use crate::callout::Calls;
use crate::challenge::Challenger;
use crate::decision::Mode;
use crate::device::Devices;
use crate::fleet::Fleet;
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::cache::{Cache, LocalLevels, SharedLevel};
use crate::intelligence::{Budget, Reputation, Resolver};
use crate::limits::{AsnRates, Counters, LimitedRoute, Limits, Once};
use crate::message::{HeaderBlock, RequestHead};
use crate::nonempty::NonEmpty;
use crate::policy::{Guard, Policy, Protection};
use crate::route::{Reading, RouteIndex};
use crate::session::{Aliases, Sessions, is_cross_site, is_embedded};
use crate::telemetry::Event;
use crate::travel::Travels;
use crate::unlock::Links;

/// What all requests of a worker share under one configuration: its policy, and the stages of all rooms.
#[derive(Debug)]
pub struct Engine {
    pub(super) policy: Policy,
    /// How each route alone is protected, by [`RouteIndex`].
    guards: Vec<Rc<Guard>>,
    pub(super) resolver: Option<Resolver>,
    /// All that is under way to services.
    pub(super) calls: Calls,
    pub(super) agents: Agents,
    pub(super) sessions: Sessions,
    /// Which accounts names belong to, where the application says so.
    pub(super) aliases: Option<Aliases>,
    pub(super) limits: Limits,
    /// Who counts for all proxies, if anybody does.
    pub(super) fleet: Option<Fleet>,
    pub(super) asn_rates: Option<AsnRates>,
    /// Who is asked about passwords, if anybody is.
    pub(super) breaches: Option<Breaches>,
    pub(super) travels: Option<Travels>,
    pub(super) devices: Option<Devices>,
    pub(super) challenger: Challenger,
    pub(super) links: Option<Links>,
    /// The requests that went on before anything was known of their address.
    pub(super) late: Late,
    pub(super) references: References,
    pub(super) audit: AuditLimit,
    pub(super) survey: Survey,
    /// The headers of answers that are taken away.
    pub(super) hidden: Vec<String>,
    /// Whether the host hands over bodies while heads are held back.
    pub(crate) bodies: Bodies,
}

impl Engine {
    /// An engine for `policy`. `namespace` keeps plugins apart that share the host's memory, and `seed` keys what
    /// workers share there, so it must be the same in all of them.
    #[must_use]
    pub fn new(policy: Policy, namespace: &str, seed: [u8; 16]) -> Self {
        Self::beside(&mut LocalLevels::default(), policy, namespace, seed)
    }

    /// The same beside the engines of other configurations of the same worker, with which it shares what it knows of
    /// addresses.
    #[must_use]
    pub fn beside(
        levels: &mut LocalLevels,
        policy: Policy,
        namespace: &str,
        seed: [u8; 16],
    ) -> Self {
        // What the proxies of a fleet keep has one name on all of them.
        let seed = match &policy.fleet {
            Some(fleet) => fleet.seed(namespace),
            None => seed,
        };
        let resolver = policy.intelligence.as_ref().map(|intelligence| {
            let entries = intelligence.entries;
            let fingerprint = intelligence.fingerprint;
            let cache = Cache::new(
                levels.level(namespace, entries, fingerprint),
                SharedLevel::new(namespace, entries, seed, fingerprint),
                intelligence.lifetimes,
            );
            let budget = intelligence
                .daily_budget
                .map(|daily| Budget::new(namespace, daily, policy.counters, seed));
            Resolver::new(intelligence.resolver.clone(), cache, budget)
        });
        let routes = (0..policy.protections.len()).map(RouteIndex::new);
        let guards = routes.filter_map(|route| policy.guard(NonEmpty::one(route)));
        let identity = &policy.identity;
        let counters = Counters::new(namespace, policy.counters, seed, identity.subnet);
        let once = Once::new(namespace, seed);
        let limited = |own: &Protection| LimitedRoute {
            name: own.name.clone(),
            is_enforced: own.ruleset.mode == Mode::Enforce,
            limits: own.limits.clone(),
        };
        Self {
            guards: guards.map(Rc::new).collect(),
            resolver,
            calls: Calls::default(),
            agents: Agents::new(policy.uniform, counters.clone()),
            sessions: Sessions::new(
                policy.session.clone(),
                identity.session.clone(),
                policy.intelligence.as_ref(),
                counters.clone(),
                (namespace, seed),
            ),
            aliases: identity
                .account_header
                .is_some()
                .then(|| Aliases::new(namespace, seed)),
            fleet: policy
                .fleet
                .clone()
                .map(|settings| Fleet::new(settings, seed)),
            limits: Limits::new(
                Rc::clone(&policy.limits),
                policy.protections.iter().map(limited).collect(),
                counters.clone(),
            ),
            asn_rates: policy
                .asn_failures
                .map(|settings| AsnRates::new(settings, counters.clone())),
            breaches: policy
                .breaches
                .clone()
                .map(|settings| Breaches::new(settings, namespace)),
            travels: policy
                .travel
                .map(|policy| Travels::new(policy, namespace, seed)),
            devices: policy
                .devices
                .clone()
                .map(|settings| Devices::new(settings, counters.clone(), namespace)),
            links: policy
                .unlock
                .clone()
                .map(|settings| Links::new(settings, identity.normalisation.clone(), once.clone())),
            survey: Survey::new(namespace, counters.clone(), once.clone()),
            challenger: Challenger::new(
                policy.challenges.clone(),
                policy.captcha.clone(),
                (once, counters),
                seed,
            ),
            late: Late::default(),
            hidden: hidden_headers(&policy),
            bodies: Bodies::default(),
            references: References::default(),
            audit: AuditLimit::new(policy.audit_lines_per_second),
            policy,
        }
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How a route alone is protected.
    pub(super) fn guard_of(&self, route: RouteIndex) -> Option<Rc<Guard>> {
        self.guards.get(route.get()).map(Rc::clone)
    }

    /// Who comes to one of the routes of `guard`, as far as it matters where from.
    pub(super) fn passer_by(
        &self,
        guard: Rc<Guard>,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Subject {
        let geoip = self.policy.geoip.as_ref();
        let client = self.client(headers, host);
        let cross_site = is_cross_site(head);
        Subject {
            cross_site: guard.notes_sessions && cross_site,
            unasked: cross_site || is_embedded(head),
            guard,
            client,
            private: client.is_some_and(|client| !client.is_public()),
            geoip: geoip.map_or(Reputation::NOTHING, |geoip| geoip.read(headers)),
            stream: None,
            strip: false,
            earlier: None,
            steered: false,
            writes: false,
            body: Body::None,
            ja4: None,
            agent: SeenAgent::default(),
            identity: None,
        }
    }

    /// How a request is protected, by all routes that it may be for; `ends` if no body follows its head.
    pub(super) fn guard(
        &self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        ends: bool,
        host: &impl Host,
    ) -> Option<Rc<Guard>> {
        if !self.policy.profiles.is_empty()
            && let Some(name) = host.profile()
        {
            match self.policy.profile(&name) {
                Some(route) => return self.guard_of(route),
                None => host.meter(Event::UnknownProfile),
            }
        }
        let is_empty = || Body::read(headers, ends, usize::MAX) == Body::None;
        let tells = !self.policy.contents.is_empty();
        let body = (tells && is_empty()).then_some(BodyBytes::Absent);
        let (found, awaits_body) = self.policy.find(head, headers, ends, body)?;
        if found.reading != Reading::Canonical {
            host.meter(Event::OddPath);
        }
        match found.routes.others.as_slice() {
            [] if found.hidden.is_empty() && !awaits_body => self.guard_of(found.routes.first),
            _ => self.policy.guard_of_found(found, awaits_body).map(Rc::new),
        }
    }

    pub(super) fn client(&self, headers: &HeaderBlock, host: &impl Host) -> Option<ClientAddress> {
        let trust = &self.policy.trust;
        let lines = trust.header().map(|name| headers.lines(name));
        let lines: Vec<&[u8]> = lines.into_iter().flatten().collect();
        let peer = host.peer_address();
        let Some(resolution) = peer.and_then(|peer| trust.resolve(&peer, lines.into_iter())) else {
            host.meter(Event::NoPeerAddress);
            return None;
        };
        if let Some(anomaly) = resolution.note {
            host.meter(Event::ClientAnomaly(anomaly));
        }
        Some(resolution.client)
    }
}
