use super::audit::AuditLimit;
use super::outcome::Outcome;
use super::reference::References;
use super::report::Report;
use super::{HEADER_PREFIX, Host};
use crate::address::ClientAddress;
use crate::config::{Lookup, Policy};
use crate::decision::{Evaluation, Finding, Mode, Signals, Truth, Verdict};
use crate::intelligence::cache::{Cache, LocalLevel, SharedLevel};
use crate::intelligence::{
    Asking, Budget, Consultation, Knowledge, Lack, Library, Reputation, StreamId,
};
use crate::message::{HeaderBlock, RequestHead};
use crate::reply::{self, Format};
use crate::route::{Reading, RouteIndex};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// What all requests of a worker share under one configuration.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    library: Option<Library>,
    references: References,
    audit: AuditLimit,
}

/// How far a request has come.
#[derive(Debug)]
pub enum Progress {
    /// To its end.
    Done(Outcome),
    /// To a lookup.
    Waits(Box<Waiting>),
}

/// A request that waits for a lookup.
#[derive(Debug)]
pub struct Waiting {
    subject: Subject,
    format: Format,
    since: Time,
}

/// A request to a protected route: all that its judgement needs of it.
#[derive(Debug)]
struct Subject {
    route: RouteIndex,
    client: Option<ClientAddress>,
    /// Whether the client's address is a private or reserved one.
    private: bool,
    /// What Envoy's geoip filter says.
    geoip: Reputation,
    /// Whether it carries anything under our prefix.
    strip: bool,
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
            policy,
            library,
            references: References::default(),
        }
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The librarian, if there is an API to ask.
    pub const fn library(&mut self) -> Option<&mut Library> {
        self.library.as_mut()
    }

    /// Judges a request by its head, or finds that it must wait.
    pub fn begin(&mut self, headers: &HeaderBlock, stream: StreamId, host: &impl Host) -> Progress {
        let head = RequestHead::read(headers, HEADER_PREFIX.as_bytes());
        let Some(route) = self.route(&head, host) else {
            return Progress::Done(Outcome::Unprotected {
                strip: head.carries_our_prefix,
            });
        };
        let geoip = self.policy.geoip.as_ref();
        let client = self.client(headers, host);
        let subject = Subject {
            route,
            client,
            private: client.is_some_and(|client| !client.is_public()),
            geoip: geoip.map_or(Reputation::NOTHING, |geoip| geoip.read(headers)),
            strip: head.carries_our_prefix,
        };
        let preference = self
            .policy
            .protection(route)
            .map(|protection| protection.format);
        let format = || {
            let preference = preference.unwrap_or_default();
            reply::negotiate(preference, head.accept, head.content_type)
        };
        let since = host.now();
        match self.consult(&subject, stream, since, host) {
            Consultation::Now(knowledge) => {
                Progress::Done(self.conclude(&subject, knowledge, format, since, host))
            }
            Consultation::Wait => Progress::Waits(Box::new(Waiting {
                format: format(),
                subject,
                since,
            })),
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

    fn client(&self, headers: &HeaderBlock, host: &impl Host) -> Option<ClientAddress> {
        let peer = host.peer_address();
        let Some(peer) = peer.and_then(|text| ClientAddress::parse(&text)) else {
            host.meter(Event::NoPeerAddress);
            return None;
        };
        let Some(name) = self.policy.trust.header() else {
            return Some(peer);
        };
        let lines: Vec<&[u8]> = headers.lines(name).collect();
        let resolution = self.policy.trust.resolve(peer, lines.into_iter());
        if let Some(anomaly) = resolution.note {
            host.meter(Event::ClientAnomaly(anomaly));
        }
        Some(resolution.client)
    }

    /// Finds out what is known of the client, asking the API only if that can change the verdict.
    fn consult(
        &mut self,
        subject: &Subject,
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
            Lookup::Inline => Asking::Waits(stream),
            Lookup::Background => Asking::Background,
            Lookup::Off => Asking::OnlyKept,
        };
        if !self.policy.lists.is_empty() || self.policy.geoip.is_some() {
            let known = Signals {
                reputation: subject.geoip,
                score: None,
                lists: self
                    .policy
                    .memberships(subject.client, subject.geoip.network.asn),
                private: false,
                unknown: Truth::Unknown,
            };
            if let Evaluation::Decided(_) = protection.ruleset.evaluate(&known) {
                asking = Asking::OnlyKept;
            }
        }
        library.consult(client, asking, now, host)
    }

    fn conclude(
        &mut self,
        subject: &Subject,
        knowledge: Knowledge,
        format: impl FnOnce() -> Format,
        now: Time,
        host: &impl Meter,
    ) -> Outcome {
        let policy = &self.policy;
        let Some(protection) = policy.protection(subject.route) else {
            return Outcome::Unprotected { strip: true };
        };
        let reputation = knowledge.reputation().or(subject.geoip);
        // When the API was asked and failed, a local database alone does not make the address known.
        let unknown = match knowledge {
            Knowledge::Lacking(_, Lack::Failed(_) | Lack::FailedBefore) => true,
            _ => reputation.is_unknown(),
        };
        let lists = policy.memberships(subject.client, reputation.network.asn);
        let score = policy.weights.score(&reputation, lists);
        let signals = Signals {
            reputation,
            score,
            lists,
            private: subject.private,
            unknown: unknown.into(),
        };
        let verdict = protection.ruleset.conclude(&signals);
        count(subject.route, verdict, host);
        let reference = self.references.make();
        let report = Report {
            policy,
            protection,
            client: subject.client,
            signals: &signals,
            verdict,
            reference: &reference,
        };
        if verdict.enforced.action().lets_through() {
            return Outcome::Pass(report.pass(subject.strip));
        }
        let audit = self.audit.take(now);
        if audit.is_none() {
            host.meter(Event::AuditLineDropped);
        }
        Outcome::Refuse(Box::new(report.refused(subject.strip, format(), audit)))
    }
}

impl Waiting {
    /// Judges the request with what the lookup brought.
    pub fn resume(self, knowledge: Knowledge, engine: &mut Engine, host: &impl Host) -> Outcome {
        let now = host.now();
        host.meter(Event::WaitTime(now.since(self.since)));
        engine.conclude(&self.subject, knowledge, || self.format, now, host)
    }
}

fn count(route: RouteIndex, verdict: Verdict<'_>, host: &impl Meter) {
    let hit = |finding: Finding<'_>, mode: Mode| {
        if let Finding::Rule(rule, _) = finding {
            host.meter(Event::RuleHit { route, rule, mode });
        }
    };
    let action = verdict.enforced.action();
    host.meter(Event::Request { route, action });
    hit(verdict.enforced, Mode::Enforce);
    if let Some(monitored) = verdict.monitored {
        let action = monitored.action();
        host.meter(Event::Monitored { route, action });
        hit(monitored, Mode::Monitor);
    }
}
