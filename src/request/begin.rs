//! A request's head comes: what is known of its client, or who is asked.

use super::assessment::agent_facts;
use super::direct::Link;
use super::earlier::Earlier;
use super::engine::Engine;
use super::expected::Expected;
use super::names::HEADER_PREFIX;
use super::outcome::Outcome;
use super::step::{Progress, Step, Waiting};
use super::subject::{Body, Identified, Subject};
use crate::agent::AgentUse;
use crate::callout::StreamId;
use crate::decision::{Evaluation, Mode, Ruleset, Signals, Truth};
use crate::host::Host;
use crate::intelligence::{Asking, Knowledge, Lookup, Reputation, Resolved, UnknownReason};
use crate::message::{HeaderBlock, RequestHead};
use crate::route::Asked;
use crate::session::{Caller, Known, SessionUse};
use crate::telemetry::Event;
use crate::time::Time;

impl Engine {
    /// Judges a request by its head, or finds that it must wait. `end_of_stream` if nothing follows the head.
    pub fn begin(
        &mut self,
        headers: &HeaderBlock,
        end_of_stream: bool,
        stream: StreamId,
        host: &impl Host,
    ) -> Progress {
        let head = RequestHead::read(headers, HEADER_PREFIX.as_bytes());
        let direct = match self.unlock(&head, headers, stream, host) {
            Some(Link::Asks(redeeming)) => return Progress::Redeems(redeeming),
            Some(Link::Answered(reply)) => Some(reply),
            None => self.alone(&head, headers, host),
        };
        if let Some(reply) = direct {
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
        let ja4 = self.policy.ja4.as_ref();
        let ja4 = ja4.and_then(|source| source.read(headers, host));
        let mut subject = Subject {
            strip: carries,
            earlier: earlier(),
            steered: head.steers_answer,
            writes: guard.watches && Asked::read(&head, headers, end_of_stream).is_plain_write(),
            body: Body::read(
                headers,
                end_of_stream,
                Expected::body_limit(&self.policy, &guard),
            ),
            ja4,
            agent: self.agents.see(guard.agent, headers, ja4),
            identity: Identified::read(&self.policy, &guard, headers),
            stream: Some(stream),
            ..self.passer_by(guard, &head, headers, host)
        };
        let since = host.now();
        let session = self.recall_sessions(&mut subject, headers, since, host);
        let consultation = match session.judgement {
            Some(knowledge) => Resolved::Now(knowledge),
            None => self.resolve(&subject, &session, stream, since, host),
        };
        match consultation {
            Resolved::Now(knowledge) => {
                self.go_on_without(&subject, since, host);
                Progress::Step(self.judge(subject, session, knowledge, headers, since, host))
            }
            Resolved::Wait => Progress::Waits(Box::new(Waiting {
                headers: self.lines_that_matter(&subject, headers),
                subject,
                session,
                since,
            })),
        }
    }

    /// What is kept of the sessions of a request. Those that are revoked are taken out of it where it has others as
    /// well.
    fn recall_sessions(
        &self,
        subject: &mut Subject,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Known {
        let guard = &*subject.guard;
        let Some(identity) = &mut subject.identity else {
            return Known::default();
        };
        let enforces = || {
            let mut candidates = self.policy.candidates(guard);
            candidates.any(|(_, own)| own.heeds_revocations && own.ruleset.mode == Mode::Enforce)
        };
        let caller = Caller {
            asks: SessionUse {
                judges: guard.lookup == Lookup::Session,
                heeds: guard.heeds_revocations,
                enforces: guard.heeds_revocations && enforces(),
            },
            client: subject.client,
            asn: subject.geoip.network.asn,
        };
        self.sessions
            .recall(caller, &mut identity.sessions, headers, now, host)
    }

    /// Remembers a request on a route that does not wait, while its address is looked up.
    fn go_on_without(&mut self, subject: &Subject, now: Time, host: &impl Host) {
        if subject.guard.lookup != Lookup::Background || !self.sessions.keep() {
            return;
        }
        let client = subject.client.filter(|_| !subject.private);
        let resolver = self.resolver.as_ref();
        let prefix = client
            .zip(resolver)
            .and_then(|(client, resolver)| resolver.under_way(client));
        if let Some(prefix) = prefix {
            let references = self.sessions.references(subject.sessions());
            self.late.remember(prefix, (subject, references), now, host);
        }
    }

    /// What is known of a client before its request comes; whatever is not is looked up by then.
    pub(super) fn ahead(&mut self, subject: &Subject, now: Time, host: &impl Host) -> Knowledge {
        let nothing = Knowledge::Lacking(Reputation::NOTHING, UnknownReason::NotAsked);
        let asking = match subject.guard.lookup {
            Lookup::Off => Asking::OnlyKept,
            _ if subject.unasked => Asking::OnlyKept,
            Lookup::Inline | Lookup::Session | Lookup::Background => Asking::Background,
        };
        let client = subject.client.filter(|_| !subject.private);
        match (client, self.resolver.as_mut()) {
            (Some(client), Some(resolver)) => {
                match resolver.resolve(client, asking, &mut self.calls, now, host) {
                    Resolved::Now(knowledge) => knowledge,
                    Resolved::Wait => nothing,
                }
            }
            _ => nothing,
        }
    }

    /// Finds out what is known of the client, asking the API only if that can change the verdict.
    fn resolve(
        &mut self,
        subject: &Subject,
        session: &Known,
        stream: StreamId,
        now: Time,
        host: &impl Host,
    ) -> Resolved {
        let nothing = Resolved::Now(Knowledge::Lacking(
            Reputation::NOTHING,
            UnknownReason::NotAsked,
        ));
        let Some(client) = subject.client else {
            return nothing;
        };
        if subject.private {
            host.meter(Event::PrivateClient);
            return nothing;
        }
        let Some(resolver) = self.resolver.as_mut() else {
            return nothing;
        };
        let guard = &*subject.guard;
        let under_way = resolver.under_way(client);
        let references = || self.sessions.references(subject.sessions());
        let waits = !self.late.admits(subject, under_way, references);
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
        let tells = policy.geoip.is_some() || policy.ja4.is_some();
        if !policy.lists.is_empty() || tells || reads_agent {
            let asn = subject.geoip.network.asn;
            let lists = policy.lists.memberships(subject.client, asn);
            let known = Signals {
                reputation: subject.geoip,
                lists,
                ja4: subject.ja4,
                agent: agent_facts(policy, subject, &subject.geoip, lists),
                unknown: Truth::Unknown,
                ..Signals::NOTHING_KNOWN
            };
            let is_decided =
                |ruleset: &Ruleset| matches!(ruleset.evaluate(&known), Evaluation::Decided(_));
            let mut candidates = policy.candidates(guard);
            if candidates.all(|(_, own)| is_decided(&own.ruleset)) {
                asking = Asking::OnlyKept;
            }
        }
        if let Some(known) = host.known(client, asking) {
            return Resolved::Now(known);
        }
        resolver.resolve(client, asking, &mut self.calls, now, host)
    }
}
