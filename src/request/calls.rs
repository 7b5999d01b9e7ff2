//! Calls to services that end: whose they are, and who goes on.

use std::rc::Rc;

use super::assessment::Assessment;
use super::audit::AuditKind;
use super::engine::Engine;
use super::late::LateRequest;
use super::logs::Occasion;
use super::report::Report;
use super::verdict::Ruling;
use crate::address::Prefix;
use crate::breach::{self, Breaches, Range};
use crate::callout::{Call, CallToken, Ended, Purpose, Response, StreamId};
use crate::challenge::captcha;
use crate::fleet;
use crate::host::Host;
#[cfg(feature = "cli")]
use crate::intelligence::Reputation;
use crate::intelligence::{Knowledge, Lookup, LookupEnd, Resolver};
use crate::policy::Protection;
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;

/// Who goes on when a call has ended.
#[derive(Debug)]
pub enum Woken<'a> {
    /// Nobody.
    Nobody,
    /// These requests, with this knowledge of their address; and lines for the audit log.
    Lookup(Vec<StreamId>, Knowledge, Vec<String>),
    /// These requests, with what the service of ranges has told of the prefix of their passwords, if it has.
    Ranged(Vec<StreamId>, Option<Rc<Range>>),
    /// This request, with what the service has said that was asked about it alone, if it has answered.
    Called(StreamId, Option<Response<'a>>),
}

impl Engine {
    /// How much of the answer to a call is worth reading, in bytes; `None` when nobody waits for it.
    #[must_use]
    pub fn answer_limit(&self, token: CallToken) -> Option<usize> {
        Some(match self.calls.get(token)?.purpose {
            Purpose::Lookup(_) => self.resolver.as_ref().map_or(0, Resolver::max_response),
            Purpose::Range(_) => breach::MAX_ANSWER,
            Purpose::Captcha(_) => captcha::MAX_ANSWER,
            Purpose::Webhook => 0,
            Purpose::Count(_) | Purpose::Beside => fleet::MAX_ANSWER,
        })
    }

    /// Whether the body of an answer tells by itself that the service has answered, so that nobody need read the head:
    /// that costs the host as much as a whole unprotected request.
    #[must_use]
    pub fn speaks_for_itself(&self, token: CallToken, body: &[u8]) -> bool {
        let purpose = self.calls.get(token).map(|call| call.purpose);
        matches!(purpose, Some(Purpose::Count(_) | Purpose::Beside)) && fleet::is_frame(body)
    }

    /// A call has ended.
    pub fn call_ended<'a>(
        &mut self,
        token: CallToken,
        ended: Ended<'a>,
        host: &impl Host,
    ) -> Woken<'a> {
        match self.calls.end(token) {
            Some(call) => self.ended(token, call, ended, host),
            None => Woken::Nobody,
        }
    }

    /// A lookup has ended whose answer whoever runs the engine knows by itself: this, or nothing. Other calls end
    /// without an answer.
    #[cfg(feature = "cli")]
    pub fn lookup_told(
        &mut self,
        token: CallToken,
        reputation: Option<Reputation>,
        host: &impl Host,
    ) -> Woken<'static> {
        let Some(call) = self.calls.end(token) else {
            return Woken::Nobody;
        };
        let Purpose::Lookup(prefix) = call.purpose else {
            return self.ended(token, call, Ended::Reset, host);
        };
        let resolver = self.resolver.as_mut();
        let arrival =
            resolver.and_then(|resolver| resolver.told(prefix, reputation, host.now(), host));
        self.arrived(prefix, arrival, host)
    }

    /// A call of the service of ranges has ended without an answer, since whoever runs the engine knows by itself what
    /// it would say. Whether it was one.
    #[cfg(feature = "cli")]
    pub fn range_unasked(&mut self, token: CallToken, host: &impl Host) -> bool {
        let call = self.calls.get(token).copied();
        let is_one = call.is_some_and(|call| matches!(call.purpose, Purpose::Range(_)));
        if is_one {
            self.call_ended(token, Ended::Reset, host);
        }
        is_one
    }

    /// Ends the calls that the host should have ended long ago, tells the application what is due, and metrics what is
    /// looked at from time to time. For each tick of the host.
    pub fn tick(&mut self, host: &impl Host) -> Vec<Woken<'static>> {
        let late = self.calls.overdue(host.now());
        let woken = late
            .into_iter()
            .map(|(token, call)| self.ended(token, call, Ended::Overdue, host))
            .collect();
        self.sessions
            .send_notices(&mut self.calls, host.now(), host);
        self.survey(host.now(), host);
        woken
    }

    /// Whether nothing is under way that ticks look after.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && !self.owes_notices()
    }

    /// Whether the application is still to be told something.
    #[must_use]
    pub fn owes_notices(&self) -> bool {
        self.sessions.owe_notices()
    }

    fn ended<'a>(
        &mut self,
        token: CallToken,
        call: Call,
        ended: Ended<'a>,
        host: &impl Host,
    ) -> Woken<'a> {
        let now = host.now();
        match call.purpose {
            Purpose::Range(prefix) => {
                let breaches = self.breaches.as_mut();
                let landed = breaches.map(|own| own.ended((prefix, call.since), ended, now, host));
                landed.map_or(Woken::Nobody, |landed| {
                    Woken::Ranged(landed.waiters, landed.range)
                })
            }
            Purpose::Captcha(stream) => Woken::Called(stream, ended.response()),
            Purpose::Count(stream) => {
                let answer = (ended.response(), call.since);
                match self.beside_ended(token, answer, host) {
                    true => Woken::Nobody,
                    false => Woken::Called(stream, ended.response()),
                }
            }
            Purpose::Beside => {
                let answer = (ended.response(), call.since);
                if !self.beside_ended(token, answer, host)
                    && let Some(fleet) = &mut self.fleet
                {
                    fleet.told(answer, now, host);
                }
                Woken::Nobody
            }
            Purpose::Webhook => {
                let status = ended.response().and_then(|response| response.status);
                self.sessions.notice_answered(token, status, now, host);
                Woken::Nobody
            }
            Purpose::Lookup(prefix) => {
                let resolver = self.resolver.as_mut();
                let arrival = resolver
                    .and_then(|resolver| resolver.ended((prefix, call.since), ended, now, host));
                self.arrived(prefix, arrival, host)
            }
        }
    }

    /// Who goes on with what a lookup has brought.
    fn arrived<'a>(
        &mut self,
        prefix: Prefix,
        arrival: Option<LookupEnd>,
        host: &impl Host,
    ) -> Woken<'a> {
        arrival.map_or(Woken::Nobody, |arrival| {
            let lines = self.learnt(prefix, arrival.knowledge, host);
            Woken::Lookup(arrival.waiters, arrival.knowledge, lines)
        })
    }

    /// A lookup has ended: the sessions of the requests that went on without it are revoked if it speaks against them.
    /// The lines are for the audit log.
    fn learnt(&mut self, prefix: Prefix, knowledge: Knowledge, host: &impl Host) -> Vec<String> {
        let now = host.now();
        let mut lines = Vec::new();
        for late in self.late.take(prefix) {
            lines.extend(self.judge_late(late, knowledge, now, host));
        }
        self.flush(host);
        lines
    }

    fn judge_late<H: Host>(
        &mut self,
        late: LateRequest,
        knowledge: Knowledge,
        now: Time,
        host: &H,
    ) -> Option<String> {
        let LateRequest {
            subject,
            sessions,
            at,
        } = late;
        let policy = &self.policy;
        let assessment = Assessment::of(policy, subject, knowledge);
        let is_late = |own: &Protection| own.lookup == Lookup::Background;
        let verdict = assessment.ruled(policy, is_late);
        let would = verdict.monitored;
        let would_revoke = would
            .and_then(|would| assessment.sanction(policy, would.cause))
            .is_some();
        if would_revoke {
            host.meter(Event::Revocation(RevocationResult::Monitored));
        }
        let Ruling { route, cause } = verdict.enforced;
        let names = (policy.route_name(route), cause.reason(assessment.signals()));
        let client = assessment.subject.client;
        let is_news = assessment.sanction(policy, cause).map(|sanction| {
            let news = self
                .sessions
                .revoke(&sessions, sanction, names, client, (at, now), host);
            if let Some(fleet) = &self.fleet {
                fleet.revoke(news.sessions, sanction);
            }
            news.is_any
        });
        let (occasion, kind) = match is_news {
            Some(true) => (Occasion::Revoked, AuditKind::Revocation),
            None if would_revoke => (Occasion::MonitoredRevocation, AuditKind::Monitored),
            Some(false) | None => return None,
        };
        let reference = self.references.make();
        let audit = self.audit.take(kind, now, host);
        let report = Report::new(&assessment, verdict, policy, &reference);
        // Its stream may have gone, and another one be the stream of the moment.
        let nobody = None::<&H>;
        audit.map(|dropped| report.audit_line(occasion, dropped, now, nobody))
    }

    /// The configuration goes, and with it what gauges say of it. The one that follows it, if one does, tells what was
    /// still to be told: to the place that it names.
    pub fn retire(&mut self, heir: Option<&mut Self>, host: &impl Host) {
        if self
            .resolver
            .as_ref()
            .is_some_and(Resolver::is_breaker_open)
        {
            host.meter(Event::BreakerGone);
        }
        if self
            .fleet
            .as_ref()
            .is_some_and(fleet::Fleet::is_breaker_open)
        {
            host.meter(Event::FleetBreakerClosed);
        }
        if self
            .breaches
            .as_ref()
            .is_some_and(Breaches::is_breaker_open)
        {
            host.meter(Event::RangeBreakerClosed);
        }
        let heir = heir.map(|heir| &mut heir.sessions);
        self.sessions.hand_over(heir, host.now(), host);
    }
}
