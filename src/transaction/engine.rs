use super::agents::{self, SeenAgent};
use super::audit::AuditLimit;
use super::counting::Counting;
use super::outcome::Outcome;
use super::reference::References;
use super::sessions::{Known, Sessions};
use super::step::Step;
use super::subject::{Identified, Subject};
use super::travel::Travels;
use super::{HEADER_PREFIX, Host};
use crate::address::ClientAddress;
use crate::config::{AgentUse, Lookup, Policy};
use crate::decision::{Evaluation, Signals, Trip, Truth};
use crate::intelligence::cache::{Cache, LocalLevel, SharedLevel};
use crate::intelligence::{
    Asking, Budget, Consultation, Knowledge, Lack, Library, Reputation, StreamId,
};
use crate::message::{HeaderBlock, RequestHead};
use crate::response::Classifier;
use crate::route::{Reading, RouteIndex};
use crate::signing::SigningKeys;
use crate::telemetry::Event;
use crate::time::Time;

/// What all requests of a worker share under one configuration.
#[derive(Debug)]
pub struct Engine {
    pub(super) policy: Policy,
    pub(super) library: Option<Library>,
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
        let library = policy.intelligence.as_ref().map(|intelligence| {
            let entries = intelligence.entries;
            let fingerprint = intelligence.fingerprint;
            let cache = Cache::new(
                LocalLevel::new(entries),
                SharedLevel::new(namespace, entries, seed, fingerprint),
                intelligence.lifetimes,
            );
            let budget = intelligence
                .daily_budget
                .map(|daily| Budget::new(namespace, daily));
            Library::new(intelligence.library.clone(), cache, budget)
        });
        Self {
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
            references: References::default(),
            captcha_mistake_told: false,
        }
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How the answers on a route are read, where they matter.
    pub(super) fn classifier(&self, route: RouteIndex) -> Option<&Classifier> {
        self.policy
            .protection(route)
            .map(|protection| &protection.classifier)
    }

    /// The librarian, if there is an API to ask.
    pub const fn library(&mut self) -> Option<&mut Library> {
        self.library.as_mut()
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
        let Some(route) = self.route(&head, host) else {
            return Progress::Step(Step::Done(Outcome::Unprotected {
                strip: head.carries_our_prefix,
            }));
        };
        let protection = self.policy.protection(route);
        let subject = Subject {
            strip: head.carries_our_prefix,
            ends: end_of_stream,
            agent: protection
                .map(|protection| self.see_agent(protection, headers))
                .unwrap_or_default(),
            identity: protection
                .and_then(|protection| Identified::read(&self.policy, protection, headers)),
            ..self.passer_by(route, headers, host)
        };
        let since = host.now();
        let lookup = protection.map_or(Lookup::Off, |protection| protection.lookup);
        let session = protection.map(|protection| {
            let sessions = &self.sessions;
            sessions.recall(&self.policy, protection, &subject, since, host)
        });
        let session = session.unwrap_or_default();
        let consultation = match session.judgement {
            Some(knowledge) => Consultation::Now(knowledge),
            None => self.consult(&subject, &session, stream, since, host),
        };
        match consultation {
            Consultation::Now(knowledge) => {
                self.go_on_without(&subject, lookup, since, host);
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

    /// Who comes to a route, as far as it matters where from.
    pub(super) fn passer_by(
        &self,
        route: RouteIndex,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Subject {
        let geoip = self.policy.geoip.as_ref();
        let client = self.client(headers, host);
        Subject {
            route,
            client,
            private: client.is_some_and(|client| !client.is_public()),
            geoip: geoip.map_or(Reputation::NOTHING, |geoip| geoip.read(headers)),
            strip: false,
            ends: true,
            agent: SeenAgent::default(),
            identity: None,
        }
    }

    /// What is known of a client before its request comes; whatever is not is looked up by then.
    pub(super) fn ahead(&mut self, subject: &Subject, now: Time, host: &impl Host) -> Knowledge {
        let nothing = Knowledge::Lacking(Reputation::NOTHING, Lack::NotAsked);
        let asking = match self.policy.protection(subject.route) {
            Some(protection) if protection.lookup != Lookup::Off => Asking::Background,
            _ => Asking::OnlyKept,
        };
        let client = subject.client.filter(|_| !subject.private);
        match (client, self.library.as_mut()) {
            (Some(client), Some(library)) => match library.consult(client, asking, now, host) {
                Consultation::Now(knowledge) => knowledge,
                Consultation::Wait => nothing,
            },
            _ => nothing,
        }
    }

    fn route(&self, head: &RequestHead<'_>, host: &impl Host) -> Option<RouteIndex> {
        if !self.policy.profiles.is_empty()
            && let Some(name) = host.profile()
        {
            match self.policy.profile(&name) {
                Some(route) => return Some(route),
                None => host.meter(Event::UnknownProfile),
            }
        }
        let routes = &self.policy.routes;
        let found = routes.find(head.method, head.authority, head.path)?;
        if found.reading != Reading::Canonical {
            host.meter(Event::OddPath);
        }
        Some(found.route)
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
        let (Some(library), Some(protection)) =
            (self.library.as_mut(), self.policy.protection(subject.route))
        else {
            return nothing;
        };
        let mut asking = match protection.lookup {
            Lookup::Inline | Lookup::Session => Asking::Waits(stream),
            Lookup::Background => Asking::Background,
            Lookup::Off => Asking::OnlyKept,
        };
        if session.is_denied() {
            asking = Asking::OnlyKept;
        }
        let policy = &self.policy;
        let reads_agent = protection.agent != AgentUse::Nothing;
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
            if let Evaluation::Decided(_) = protection.ruleset.evaluate(&known) {
                asking = Asking::OnlyKept;
            }
        }
        library.consult(client, asking, now, host)
    }
}

impl Waiting {
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
