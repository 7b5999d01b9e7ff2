use std::rc::Rc;

use super::HEADER_PREFIX;
use super::agents::{self, SeenAgent};
use super::audit::AuditLimit;
use super::counting::Counting;
use super::earlier::Earlier;
use super::expected::Expected;
use super::outcome::Outcome;
use super::reference::References;
use super::sessions::{Known, Sessions, is_cross_site, is_embedded};
use super::step::Step;
use super::subject::{Body, Identified, Subject};
use super::travel::Travels;
use crate::address::ClientAddress;
use crate::agent::AgentUse;
use crate::callout::{Calls, StreamId};
use crate::decision::{Evaluation, Ruleset, Signals, Trip, Truth};
use crate::host::Host;
use crate::intelligence::Lookup;
use crate::intelligence::cache::{Cache, LocalLevels, SharedLevel};
use crate::intelligence::{Asking, Budget, Consultation, Knowledge, Lack, Library, Reputation};
use crate::message::{HeaderBlock, RequestHead};
use crate::nonempty::NonEmpty;
use crate::policy::{Guard, Policy};
use crate::route::{Asked, Reading, RouteIndex};
use crate::signing::SigningKeys;
use crate::telemetry::Event;
use crate::time::Time;

/// What all requests of a worker share under one configuration.
#[derive(Debug)]
pub struct Engine {
    pub(super) policy: Policy,
    /// How each route alone is protected, by [`RouteIndex`].
    guards: Vec<Rc<Guard>>,
    pub(super) library: Option<Library>,
    /// All that is under way to services.
    pub(super) calls: Calls,
    pub(super) counting: Counting,
    pub(super) sessions: Sessions,
    pub(super) travels: Option<Travels>,
    /// What challenges and clearances are signed with.
    pub(super) keys: SigningKeys,
    pub(super) references: References,
    pub(super) audit: AuditLimit,
    /// Whether the operator has been told that the captcha's service does not take the secret.
    pub(super) captcha_mistake_told: bool,
}

/// How far a request has come by its head.
#[derive(Debug)]
pub enum Progress {
    /// As far as it comes without waiting for anybody.
    Step(Step),
    /// To a lookup.
    Waits(Box<Waiting>),
}

/// A request that waits for a lookup.
#[derive(Debug)]
pub struct Waiting {
    subject: Subject,
    session: Known,
    headers: HeaderBlock,
    since: Time,
}

impl Engine {
    /// An engine for `policy`. `namespace` keeps plugins apart that share the host's memory, and `seed` keys what
    /// workers share there, so it must be the same in all of them.
    #[must_use]
    pub fn new(policy: Policy, namespace: &str, seed: [u8; 16]) -> Self {
        Self::beside(&mut LocalLevels::default(), policy, namespace, seed)
    }

    /// The same beside the engines of other configurations of the same worker, with which it shares what it knows of addresses.
    #[must_use]
    pub fn beside(
        levels: &mut LocalLevels,
        policy: Policy,
        namespace: &str,
        seed: [u8; 16],
    ) -> Self {
        let library = policy.intelligence.as_ref().map(|intelligence| {
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
            Library::new(intelligence.library.clone(), cache, budget)
        });
        let routes = (0..policy.protections.len()).map(RouteIndex::new);
        let guards = routes.filter_map(|route| policy.guard(NonEmpty::one(route)));
        Self {
            guards: guards.map(Rc::new).collect(),
            audit: AuditLimit::new(policy.audit_lines_per_second),
            counting: Counting::new(&policy, namespace, seed),
            sessions: Sessions::new(&policy, namespace, seed),
            travels: policy
                .travel
                .map(|policy| Travels::new(policy, namespace, seed)),
            keys: match &policy.challenges.keys {
                Some(keys) => keys.clone(),
                None => SigningKeys::derived(seed),
            },
            policy,
            library,
            calls: Calls::default(),
            references: References::default(),
            captcha_mistake_told: false,
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

    /// Judges a request by its head, or finds that it must wait. `end_of_stream` if nothing follows the head.
    pub fn begin(
        &mut self,
        headers: &HeaderBlock,
        end_of_stream: bool,
        stream: StreamId,
        host: &impl Host,
    ) -> Progress {
        let head = RequestHead::read(headers, HEADER_PREFIX.as_bytes());
        if let Some(answer) = self.unlock(&head, headers, host) {
            return Progress::Step(Step::Done(answer));
        }
        if let Some(reply) = self.endpoint(head.path, head.method, headers, host) {
            return Progress::Step(Step::Done(Outcome::Answer(Box::new(reply))));
        }
        let carries = head.carries_our_prefix;
        let earlier = || match carries {
            true => Earlier::read(headers, host),
            false => None,
        };
        let Some(guard) = self.guard(&head, headers, end_of_stream, host) else {
            return Progress::Step(Step::Done(Outcome::Unprotected {
                strip: carries && earlier().is_none(),
            }));
        };
        let mut subject = Subject {
            strip: carries,
            earlier: earlier(),
            conditional: head.is_conditional,
            writes: guard.watches && Asked::read(&head, headers, end_of_stream).is_plain_write(),
            body: Body::read(headers, end_of_stream, self.body_limit(&guard)),
            agent: self.see_agent(&guard, headers),
            identity: Identified::read(&self.policy, &guard, headers),
            stream: Some(stream),
            ..self.passer_by(guard, headers, host)
        };
        let since = host.now();
        let policy = &self.policy;
        let session = self
            .sessions
            .recall(policy, &mut subject, headers, since, host);
        let consultation = match session.judgement {
            Some(knowledge) => Consultation::Now(knowledge),
            None => self.consult(&subject, &session, stream, since, host),
        };
        match consultation {
            Consultation::Now(knowledge) => {
                self.go_on_without(&subject, since, host);
                Progress::Step(self.judge(subject, session, knowledge, headers, since, host))
            }
            Consultation::Wait => Progress::Waits(Box::new(Waiting {
                headers: self.lines_that_matter(headers),
                subject,
                session,
                since,
            })),
        }
    }

    /// Who comes to one of the routes of `guard`, as far as it matters where from.
    pub(super) fn passer_by(
        &self,
        guard: Rc<Guard>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Subject {
        let geoip = self.policy.geoip.as_ref();
        let client = self.client(headers, host);
        let cross_site = is_cross_site(headers);
        Subject {
            cross_site: guard.notes_sessions && cross_site,
            unasked: cross_site || is_embedded(headers),
            guard,
            client,
            private: client.is_some_and(|client| !client.is_public()),
            geoip: geoip.map_or(Reputation::NOTHING, |geoip| geoip.read(headers)),
            stream: None,
            strip: false,
            earlier: None,
            conditional: false,
            writes: false,
            body: Body::None,
            agent: SeenAgent::default(),
            identity: None,
        }
    }

    /// What is known of a client before its request comes; whatever is not is looked up by then.
    pub(super) fn ahead(&mut self, subject: &Subject, now: Time, host: &impl Host) -> Knowledge {
        let nothing = Knowledge::Lacking(Reputation::NOTHING, Lack::NotAsked);
        let asking = match subject.guard.lookup {
            Lookup::Off => Asking::OnlyKept,
            _ if subject.unasked => Asking::OnlyKept,
            Lookup::Inline | Lookup::Session | Lookup::Background => Asking::Background,
        };
        let client = subject.client.filter(|_| !subject.private);
        match (client, self.library.as_mut()) {
            (Some(client), Some(library)) => {
                match library.consult(client, asking, &mut self.calls, now, host) {
                    Consultation::Now(knowledge) => knowledge,
                    Consultation::Wait => nothing,
                }
            }
            _ => nothing,
        }
    }

    /// How a request is protected, by all routes that it may be for; `ends` if no body follows its head.
    fn guard(
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
        let routes = &self.policy.routes;
        let asked = routes.asked(head, headers, ends);
        let found = routes.find(&asked, head.authority, head.path)?;
        if found.reading != Reading::Canonical {
            host.meter(Event::OddPath);
        }
        match found.routes.others.as_slice() {
            [] if found.hidden.is_empty() => self.guard_of(found.routes.first),
            _ => {
                let guard = self.policy.guard(found.routes)?;
                Some(Rc::new(Guard {
                    hidden: found.hidden,
                    ..guard
                }))
            }
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

    /// Finds out what is known of the client, asking the API only if that can change the verdict.
    fn consult(
        &mut self,
        subject: &Subject,
        session: &Known,
        stream: StreamId,
        now: Time,
        host: &impl Host,
    ) -> Consultation {
        let nothing = Consultation::Now(Knowledge::Lacking(Reputation::NOTHING, Lack::NotAsked));
        let Some(client) = subject.client else {
            return nothing;
        };
        if subject.private {
            host.meter(Event::PrivateClient);
            return nothing;
        }
        let Some(library) = self.library.as_mut() else {
            return nothing;
        };
        let guard = &*subject.guard;
        let waits = !self
            .sessions
            .may_judge_later(subject, library.under_way(client));
        let mut asking = match guard.lookup {
            Lookup::Inline | Lookup::Session => Asking::Waits(stream),
            Lookup::Background if waits => Asking::Waits(stream),
            Lookup::Background => Asking::Background,
            Lookup::Off => Asking::OnlyKept,
        };
        if session.is_denied() && guard.denies_revoked {
            asking = Asking::OnlyKept;
        }
        let policy = &self.policy;
        let reads_agent = guard.agent != AgentUse::Nothing;
        if !policy.lists.is_empty() || policy.geoip.is_some() || reads_agent {
            let asn = subject.geoip.network.asn;
            let lists = policy.lists.memberships(subject.client, asn);
            let known = Signals {
                reputation: subject.geoip,
                score: None,
                lists,
                agent: agents::facts(policy, subject, &subject.geoip, lists),
                asn_failure_rate: None,
                private: false,
                unknown: Truth::Unknown,
                trip: Trip::Unknown,
            };
            let is_decided =
                |ruleset: &Ruleset| matches!(ruleset.evaluate(&known), Evaluation::Decided(_));
            let mut candidates = policy.candidates(guard);
            if candidates.all(|(_, own)| is_decided(&own.ruleset)) {
                asking = Asking::OnlyKept;
            }
        }
        library.consult(client, asking, &mut self.calls, now, host)
    }
}

impl Waiting {
    /// The client has gone.
    pub fn cut_off(self, engine: &mut Engine) {
        if let (Some(library), Some(stream)) = (&mut engine.library, self.subject.stream) {
            library.forget(stream);
        }
    }

    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        engine.expected(&self.subject)
    }

    /// Judges the request with what the lookup brought.
    pub fn resume(self, knowledge: Knowledge, engine: &mut Engine, host: &impl Host) -> Step {
        let now = host.now();
        host.meter(Event::WaitTime(now.since(self.since)));
        engine.judge(
            self.subject,
            self.session,
            knowledge,
            &self.headers,
            now,
            host,
        )
    }
}
