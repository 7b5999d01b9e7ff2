//! Calls to services that end: whose they are, and who goes on.

use super::engine::Engine;
use crate::callout::{Call, CallToken, Ended, Purpose, Response, StreamId};
use crate::challenge::captcha;
use crate::host::Host;
use crate::intelligence::{Knowledge, Library};
use crate::session::{Answered, DropCause};
use crate::telemetry::{Event, NoticeResult};
use crate::time::Time;

/// Who goes on when a call has ended.
#[derive(Debug)]
pub enum Woken<'a> {
    /// Nobody.
    Nobody,
    /// These requests, with this knowledge of their address; and lines for the audit log.
    Lookup(Vec<StreamId>, Knowledge, Vec<String>),
    /// This request, with what the service has said of its captcha, if it has answered.
    Captcha(StreamId, Option<Response<'a>>),
}

impl Engine {
    /// How much of the answer to a call is worth reading, in bytes; `None` when nobody waits for it.
    #[must_use]
    pub fn answer_limit(&self, token: CallToken) -> Option<usize> {
        Some(match self.calls.get(token)?.purpose {
            Purpose::Lookup(_) => self.library.as_ref().map_or(0, Library::max_response),
            Purpose::Captcha(_) => captcha::MAX_ANSWER,
            Purpose::Webhook => 0,
        })
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

    /// Ends the calls that the host should have ended long ago, and tells the application what is due. For each tick of the host.
    pub fn tick(&mut self, host: &impl Host) -> Vec<Woken<'static>> {
        let late = self.calls.overdue(host.now());
        let woken = late
            .into_iter()
            .map(|(token, call)| self.ended(token, call, Ended::Overdue, host))
            .collect();
        self.send_notices(host);
        woken
    }

    /// Whether nothing is under way that ticks look after.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && !self.owes_notices()
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
            Purpose::Captcha(stream) => Woken::Captcha(stream, ended.response()),
            Purpose::Webhook => {
                let status = ended.response().and_then(|response| response.status);
                self.notice_answered(token, status, now, host);
                Woken::Nobody
            }
            Purpose::Lookup(prefix) => {
                let library = self.library.as_mut();
                let arrival = library
                    .and_then(|library| library.ended((prefix, call.since), ended, now, host));
                arrival.map_or(Woken::Nobody, |arrival| {
                    let lines = self.learnt(prefix, arrival.knowledge, host);
                    Woken::Lookup(arrival.waiters, arrival.knowledge, lines)
                })
            }
        }
    }

    /// Whether the application is still to be told of something.
    #[must_use]
    pub fn owes_notices(&self) -> bool {
        let outbox = self.sessions.outbox.as_ref();
        outbox.is_some_and(|outbox| !outbox.is_empty())
    }

    fn send_notices(&mut self, host: &impl Host) {
        if let Some(outbox) = &mut self.sessions.outbox {
            for dropped in outbox.send_due(&mut self.calls, host.now(), host) {
                host.meter(Event::Notice(NoticeResult::Dropped(dropped.cause)));
            }
        }
    }

    fn notice_answered(
        &mut self,
        token: CallToken,
        status: Option<u16>,
        now: Time,
        host: &impl Host,
    ) {
        let outbox = self.sessions.outbox.as_mut();
        let Some(answered) = outbox.and_then(|outbox| outbox.answered(token, status, now)) else {
            return;
        };
        host.meter(Event::Notice(match answered {
            Answered::Delivered(_) => NoticeResult::Delivered,
            Answered::Again => NoticeResult::Again,
            Answered::Dropped(dropped) => NoticeResult::Dropped(dropped.cause),
        }));
    }

    /// The configuration goes, and with it what gauges say of it. The one that follows it, if one does, tells what was still to be told: to the
    /// place that it names.
    pub fn retire(&mut self, heir: Option<&mut Self>, host: &impl Host) {
        if self.library.as_ref().is_some_and(Library::is_breaker_open) {
            host.meter(Event::BreakerGone);
        }
        let Some(outbox) = self.sessions.outbox.take() else {
            return;
        };
        let causes = match heir.and_then(|heir| heir.sessions.outbox.as_mut()) {
            Some(next) => {
                let dropped = next.take_over(outbox, host.now()).into_iter();
                dropped.map(|dropped| dropped.cause).collect()
            }
            None => vec![DropCause::GivenUp; outbox.len()],
        };
        for cause in causes {
            host.meter(Event::Notice(NoticeResult::Dropped(cause)));
        }
    }
}
