//! Telling the application of revocations.

use super::Sessions;
use crate::intelligence::CallToken;
use crate::session::{Answered, Cause, DropCause, Notice};
use crate::telemetry::{Event, NoticeResult};
use crate::time::Time;
use crate::transaction::Host;
use crate::transaction::engine::Engine;

impl Sessions {
    pub(super) fn tell(&mut self, notice: Notice, cause: Cause, now: Time, host: &impl Host) {
        if let Some(outbox) = &mut self.outbox
            && let Some(dropped) = outbox.push(notice, cause, now)
        {
            host.meter(Event::Notice(NoticeResult::Dropped(dropped.cause)));
        }
    }
}

impl Engine {
    /// Whether the application is still to be told of something.
    #[must_use]
    pub fn owes_notices(&self) -> bool {
        let outbox = self.sessions.outbox.as_ref();
        outbox.is_some_and(|outbox| !outbox.is_empty())
    }

    /// Sends what is due.
    pub fn send_notices(&mut self, now: Time, host: &impl Host) {
        if let Some(outbox) = &mut self.sessions.outbox {
            for dropped in outbox.send_due(now, host) {
                host.meter(Event::Notice(NoticeResult::Dropped(dropped.cause)));
            }
        }
    }

    /// A call-out has come back with this status, or without an answer. Whether it was one of a notice.
    pub fn notice_answered(
        &mut self,
        token: CallToken,
        status: Option<u16>,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let outbox = self.sessions.outbox.as_mut();
        let Some(answered) = outbox.and_then(|outbox| outbox.answered(token, status, now)) else {
            return false;
        };
        host.meter(Event::Notice(match answered {
            Answered::Delivered(_) => NoticeResult::Delivered,
            Answered::Again => NoticeResult::Again,
            Answered::Dropped(dropped) => NoticeResult::Dropped(dropped.cause),
        }));
        true
    }

    /// The configuration goes, and the one that follows it, if one does, tells what was still to be told: to the place that it names.
    pub fn hand_over_notices(&mut self, heir: Option<&mut Self>, now: Time, host: &impl Host) {
        let Some(outbox) = self.sessions.outbox.take() else {
            return;
        };
        let causes = match heir.and_then(|heir| heir.sessions.outbox.as_mut()) {
            Some(next) => {
                let dropped = next.take_over(outbox, now).into_iter();
                dropped.map(|dropped| dropped.cause).collect()
            }
            None => vec![DropCause::GivenUp; outbox.len()],
        };
        for cause in causes {
            host.meter(Event::Notice(NoticeResult::Dropped(cause)));
        }
    }
}
