//! Requests that went on before anything was known of their address.

use std::collections::HashMap;

use super::Sessions;
use crate::address::Prefix;
use crate::host::Host;
use crate::intelligence::Knowledge;
use crate::intelligence::Lookup;
use crate::policy::Protection;
use crate::session::Trace;
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;
use crate::transaction::audit::AuditKind;
use crate::transaction::engine::Engine;
use crate::transaction::judged::{Judged, signals};
use crate::transaction::report::Report;
use crate::transaction::subject::Subject;
use crate::transaction::verdict::Ruling;

/// The most requests that are remembered at once, by one worker: some 300 bytes each.
const MOST: usize = 1_024;
/// The most of those that go on before one answer: nobody at one address crowds out the others, and whoever comes later waits for it.
const MOST_OF_ONE: usize = 64;

/// The requests that went on, by what is being looked up.
#[derive(Debug, Default)]
pub(super) struct Background {
    waiting: HashMap<Prefix, Vec<Witness>>,
    count: usize,
}

impl Background {
    fn of(&self, prefix: Prefix) -> &[Witness] {
        self.waiting.get(&prefix).map_or(&[], Vec::as_slice)
    }

    /// Whether the same has been remembered before.
    fn holds(&self, prefix: Prefix, subject: &Subject, sessions: &[Trace]) -> bool {
        let is_same = |other: &Witness| {
            other.sessions == sessions
                && other.subject.guard.routes == subject.guard.routes
                && other.subject.client == subject.client
        };
        self.of(prefix).iter().any(is_same)
    }

    fn is_free(&self, prefix: Option<Prefix>) -> bool {
        let own = prefix.map_or(&[][..], |prefix| self.of(prefix));
        self.count < MOST && own.len() < MOST_OF_ONE
    }
}

/// What is left of a request that went on.
#[derive(Debug)]
struct Witness {
    subject: Subject,
    sessions: Vec<Trace>,
    at: Time,
}

impl Sessions {
    /// Remembers a request until the answer about `prefix` comes.
    pub(in crate::transaction) fn remember(
        &mut self,
        prefix: Prefix,
        subject: &Subject,
        now: Time,
        host: &impl Host,
    ) {
        let sessions = self.traces(subject);
        if sessions.is_empty() {
            return;
        }
        if self.background.holds(prefix, subject, &sessions) {
            return;
        }
        if !self.background.is_free(Some(prefix)) {
            host.meter(Event::Revocation(RevocationResult::Forgotten));
            return;
        }
        self.background.count = self.background.count.saturating_add(1);
        let witnesses = self.background.waiting.entry(prefix).or_default();
        witnesses.push(Witness {
            subject: subject.trace(),
            sessions,
            at: now,
        });
    }

    /// Whether a request may go on before anything is known of its address, since its session can be revoked afterwards. One that another site has
    /// had made revokes nothing, and where too many wait nobody would remember it.
    pub(in crate::transaction) fn may_judge_later(
        &self,
        subject: &Subject,
        under_way: Option<Prefix>,
    ) -> bool {
        if !subject.has_sessions() {
            return true;
        }
        let background = &self.background;
        !subject.cross_site
            && (background.is_free(under_way)
                || under_way
                    .is_some_and(|prefix| background.holds(prefix, subject, &self.traces(subject))))
    }

    fn witnesses(&mut self, prefix: Prefix) -> Vec<Witness> {
        let witnesses = self.background.waiting.remove(&prefix).unwrap_or_default();
        self.background.count = self.background.count.saturating_sub(witnesses.len());
        witnesses
    }
}

impl Engine {
    /// Remembers a request on a route that does not wait, while its address is looked up.
    pub(in crate::transaction) fn go_on_without(
        &mut self,
        subject: &Subject,
        now: Time,
        host: &impl Host,
    ) {
        if subject.guard.lookup != Lookup::Background || self.policy.session.is_none() {
            return;
        }
        let client = subject.client.filter(|_| !subject.private);
        let library = self.library.as_ref();
        let prefix = client
            .zip(library)
            .and_then(|(client, library)| library.under_way(client));
        if let Some(prefix) = prefix {
            self.sessions.remember(prefix, subject, now, host);
        }
    }

    /// A lookup has ended: the sessions of the requests that went on without it are revoked if it speaks against them. The lines are
    /// for the audit log.
    pub(in crate::transaction) fn learnt(
        &mut self,
        prefix: Prefix,
        knowledge: Knowledge,
        host: &impl Host,
    ) -> Vec<String> {
        let now = host.now();
        let mut lines = Vec::new();
        for witness in self.sessions.witnesses(prefix) {
            lines.extend(self.judge_late(witness, knowledge, now, host));
        }
        lines
    }

    fn judge_late(
        &mut self,
        witness: Witness,
        knowledge: Knowledge,
        now: Time,
        host: &impl Host,
    ) -> Option<String> {
        let Witness {
            subject,
            sessions,
            at,
        } = witness;
        let signals = signals(&self.policy, &subject, knowledge);
        let judged = Judged::new(subject, signals);
        let is_late = |own: &Protection| own.lookup == Lookup::Background;
        let verdict = judged.ruled(&self.policy, is_late);
        let would = verdict.monitored;
        if would
            .and_then(|would| judged.sanction(&self.policy, would.finding))
            .is_some()
        {
            host.meter(Event::Revocation(RevocationResult::Monitored));
        }
        let Ruling { route, finding } = verdict.enforced;
        let sanction = judged.sanction(&self.policy, finding)?;
        let reason = finding.reason(&judged.signals).to_owned();
        let names = (self.policy.route_name(route).to_owned(), reason);
        let client = judged.subject.client;
        if !self.revoke(&sessions, sanction, &names, client, (at, now), host) {
            return None;
        }
        let reference = self.references.make();
        let audit = self.audit.take(AuditKind::Revocation, now);
        let verdict = judged.ruled(&self.policy, is_late);
        let report = Report::new(&judged, verdict, &self.policy, &reference);
        let line = audit.and_then(|dropped| report.revocation(dropped));
        if line.is_none() {
            host.meter(Event::AuditLineDropped);
        }
        line
    }
}
