//! Requests that went on before anything was known of their address.

use super::subject::Subject;
use crate::address::Prefix;
use crate::random::Map;
use crate::session::SessionReference;
use crate::telemetry::{Event, Meter, RevocationResult};
use crate::time::Time;

/// The most requests that are remembered at once, by one worker: some 300 bytes each.
const MOST: usize = 1_024;
/// The most of those that go on before one answer: nobody at one address crowds out the others, and whoever comes later
/// waits for it.
const MOST_OF_ONE: usize = 64;

/// The requests that went on, by what is being looked up.
#[derive(Debug, Default)]
pub(super) struct Late {
    waiting: Map<Prefix, Vec<LateRequest>>,
    count: usize,
}

impl Late {
    fn of(&self, prefix: Prefix) -> &[LateRequest] {
        self.waiting.get(&prefix).map_or(&[], Vec::as_slice)
    }

    /// Whether the same has been remembered before.
    fn holds(&self, prefix: Prefix, subject: &Subject, sessions: &[SessionReference]) -> bool {
        let is_same = |other: &LateRequest| {
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
pub(super) struct LateRequest {
    pub(super) subject: Subject,
    pub(super) sessions: Vec<SessionReference>,
    pub(super) at: Time,
}

impl Late {
    /// Remembers a request of these sessions until the answer about `prefix` comes.
    pub(super) fn remember(
        &mut self,
        prefix: Prefix,
        (subject, sessions): (&Subject, Vec<SessionReference>),
        now: Time,
        host: &impl Meter,
    ) {
        if sessions.is_empty() || self.holds(prefix, subject, &sessions) {
            return;
        }
        if !self.is_free(Some(prefix)) {
            host.meter(Event::Revocation(RevocationResult::Forgotten));
            return;
        }
        self.count = self.count.saturating_add(1);
        let witnesses = self.waiting.entry(prefix).or_default();
        witnesses.push(LateRequest {
            subject: subject.reference(),
            sessions,
            at: now,
        });
    }

    /// Whether a request may go on before anything is known of its address, since its session can be revoked
    /// afterwards. One that another site has had made revokes nothing, and where too many wait nobody would remember
    /// it.
    pub(super) fn admits(
        &self,
        subject: &Subject,
        under_way: Option<Prefix>,
        references: impl FnOnce() -> Vec<SessionReference>,
    ) -> bool {
        if !subject.has_sessions() {
            return true;
        }
        !subject.cross_site
            && (self.is_free(under_way)
                || under_way.is_some_and(|prefix| self.holds(prefix, subject, &references())))
    }

    /// Those that went on before the answer about `prefix`.
    pub(super) fn take(&mut self, prefix: Prefix) -> Vec<LateRequest> {
        let witnesses = self.waiting.remove(&prefix).unwrap_or_default();
        self.count = self.count.saturating_sub(witnesses.len());
        witnesses
    }
}
