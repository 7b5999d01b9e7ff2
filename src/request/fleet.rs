//! Requests that the fleet counts: asked when the proxy's own counters have let a request through.
//!
//! It is asked behind the lookup and the rules, not beside them: else requests that the rules refuse would use up what
//! accounts have.

use std::collections::VecDeque;

use super::account::HeadReadings;
use super::assessment::Assessment;
use super::engine::Engine;
use super::outcome::Outcome;
use super::step::{Calling, Kept, Reading, Step, Tallying};
use crate::callout::{CallToken, Purpose, Response};
use crate::fleet::{Asking, Beside, OnUnavailable, Said, Spent};
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::limits::{Counting, FleetCount, News, Sharing, Taken, Told};
use crate::message::HeaderBlock;
use crate::session::Revocable;
use crate::telemetry::{Event, FleetResult};
use crate::time::Time;

/// What a request is to do when the fleet has told what it has counted.
pub(super) struct Then<'r> {
    pub(super) head: Option<HeadReadings>,
    pub(super) headers: &'r HeaderBlock,
    /// The body; `None` where it has not been read.
    pub(super) body: Option<BodyBytes<'r>>,
    /// Whether it waits for its body.
    pub(super) reads_on: bool,
}

impl Tallying {
    /// The client has gone: what was counted for it is given back when it is known.
    pub fn cut_off(mut self, engine: &mut Engine, host: &impl Host) {
        engine.take_back(&mut self.assessment, host.now(), host);
        if self.said.is_some() {
            engine.undo(&self.asking.sharings);
        }
        engine.leave(self.call, Beside::Undone(self.asking, self.said));
    }

    /// Nobody can wait for the fleet any longer: what it says binds later requests.
    pub fn give_up(mut self, engine: &mut Engine, host: &impl Host) -> Outcome {
        let now = host.now();
        let open = &mut self.assessment.open;
        engine
            .limits
            .note_uncounted(open, &self.asking.sharings, true);
        engine.leave(self.call, Beside::Binding(self.asking, self.said));
        let body = self.body.bytes();
        engine.finish(self.assessment, (&self.headers, body), now, host)
    }

    /// Goes on with what the fleet has answered; `None` when it has not.
    pub fn resume(
        mut self: Box<Self>,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> Step {
        let now = host.now();
        let answer = (response, self.since);
        let is_first = self.said.is_none();
        let said = engine.hear_once((&self.asking, self.said.take()), answer, host);
        if let Some(open) = said.as_ref().filter(|said| is_first && said.is_open())
            && let Some(stream) = self.assessment.subject.stream
            && let Some(call) = engine.ask_fleet_again(
                Purpose::Count(stream),
                (&self.asking.sharings, open),
                self.since,
                host,
            )
        {
            self.said = said;
            self.call = call;
            return Step::Calls(Calling::Tallying(self));
        }
        let Self {
            mut assessment,
            head,
            headers,
            body,
            reads_on,
            asking,
            ..
        } = *self;
        let bytes = body.bytes();
        match said {
            Some(said) => engine.counted(&mut assessment, (asking, said), (&headers, bytes), host),
            None => {
                engine.not_counted(&mut assessment, (asking.sharings.iter(), true), host);
                engine.answer(&mut assessment, &headers, bytes, now, host);
            }
        }
        match (&body, reads_on) {
            (_, true) => Step::Reads(Box::new(Reading {
                assessment,
                head,
                headers,
            })),
            (Kept::ToCome, false) => engine.refuse_or_read(assessment, head, &headers, now, host),
            (_, false) => engine.end_with_body(assessment, head, (&headers, bytes), now, host),
        }
    }
}

impl Engine {
    /// Has the fleet count a request, as far as it has not yet; the request waits if that is to be.
    pub(super) fn tally(
        &mut self,
        mut assessment: Box<Assessment>,
        then: Then<'_>,
        now: Time,
        host: &impl Host,
    ) -> Result<Box<Tallying>, (Box<Assessment>, Option<HeadReadings>)> {
        let spent = self.spends(&assessment, now);
        let asks_nothing = assessment.shared.is_empty() && spent.is_none();
        if asks_nothing || assessment.is_refused(&self.policy) {
            return Err((assessment, then.head));
        }
        assessment.is_spent |= spent.is_some();
        let asking = Asking {
            sharings: std::mem::take(&mut assessment.shared),
            spent,
            sessions: self.revocable(&assessment),
        };
        if asking.is_too_wide() {
            self.refuse_wide(&mut assessment, &asking, host);
            let body = then.body.unwrap_or(BodyBytes::Absent);
            self.answer(&mut assessment, then.headers, body, now, host);
            return Err((assessment, then.head));
        }
        let waits = spent.is_some() || asking.sharings.iter().any(|sharing| sharing.waits);
        let stream = assessment.subject.stream.filter(|_| waits);
        let Some(stream) = stream else {
            self.count_beside(&mut assessment, asking, now, host);
            return Err((assessment, then.head));
        };
        let call = self.fleet.as_mut().and_then(|fleet| {
            fleet.ask(Purpose::Count(stream), &asking, &mut self.calls, now, host)
        });
        let Some(call) = call else {
            self.not_counted(&mut assessment, (asking.sharings.iter(), false), host);
            let body = then.body.unwrap_or(BodyBytes::Absent);
            self.answer(&mut assessment, then.headers, body, now, host);
            return Err((assessment, then.head));
        };
        let headers = match then.reads_on {
            true => self.lines_that_matter(&assessment.subject, then.headers),
            false => self.challenger.lines_that_matter(then.headers),
        };
        Ok(Box::new(Tallying {
            body: Kept::new(then.body, &assessment.subject),
            assessment,
            head: then.head,
            headers,
            reads_on: then.reads_on,
            asking,
            said: None,
            call,
            since: now,
        }))
    }

    /// A request that asks for too much exceeds all that it would have been counted by, whatever is to become of what
    /// cannot be counted: else whoever likes would be counted by each proxy alone.
    #[cold]
    fn refuse_wide(&self, assessment: &mut Assessment, asking: &Asking, host: &impl Host) {
        host.meter(Event::FleetCall(FleetResult::TooWide));
        self.limits
            .note_uncounted(&mut assessment.open, &asking.sharings, false);
        assessment.exceed(self.limits.uncounted(asking.sharings.iter(), host));
    }

    /// Has the fleet count a request that goes on at once. What it says binds later ones.
    #[inline(never)]
    pub(super) fn count_beside(
        &mut self,
        assessment: &mut Assessment,
        asking: Asking,
        now: Time,
        host: &impl Host,
    ) {
        let fleet = self.fleet.as_mut();
        let Some(fleet) = fleet.filter(|_| !asking.sharings.is_empty()) else {
            return;
        };
        let call = match asking.is_too_wide() {
            true => None,
            false => fleet.ask(Purpose::Beside, &asking, &mut self.calls, now, host),
        };
        let open = &mut assessment.open;
        self.limits
            .note_uncounted(open, &asking.sharings, call.is_some());
        if let Some(call) = call {
            fleet.remember(call, Beside::Binding(asking, None));
        }
    }

    /// What a request has answered a challenge with, if the fleet is to be asked whether it has come before.
    fn spends(&self, assessment: &Assessment, now: Time) -> Option<Spent> {
        let fleet = self.fleet.as_ref().filter(|_| !assessment.is_spent)?;
        let (id, window) = self.challenger.spent(assessment.answers())?;
        Some(fleet.spent(("answer", &id, window), now))
    }

    /// The sessions of a request that may be revoked at another proxy: those that are not known to be.
    pub(super) fn revocable(&self, assessment: &Assessment) -> Vec<Revocable> {
        let subject = &assessment.subject;
        let heeds = subject.guard.heeds_revocations && !assessment.session().is_denied();
        match heeds && self.fleet.is_some() {
            true => self.sessions.shared(subject.sessions()),
            false => Vec::new(),
        }
    }

    fn leave(&mut self, call: CallToken, beside: Beside) {
        if let Some(fleet) = &mut self.fleet {
            fleet.remember(call, beside);
        }
    }

    /// What one answer says, with what the one before it has said.
    fn hear_once(
        &mut self,
        (asking, before): (&Asking, Option<Said>),
        answer: (Option<Response<'_>>, Time),
        host: &impl Host,
    ) -> Option<Said> {
        let now = host.now();
        let fleet = self.fleet.as_mut()?;
        match before {
            None => fleet.said(asking, answer, now, host),
            Some(mut said) => {
                fleet.said_again(&mut said, answer, now, host);
                Some(said)
            }
        }
    }

    /// Has it count what a request is the first to bring, in what is left of its time.
    fn ask_fleet_again(
        &mut self,
        purpose: Purpose,
        asked: (&[Sharing], &Said),
        since: Time,
        host: &impl Host,
    ) -> Option<CallToken> {
        let now = host.now();
        let fleet = self.fleet.as_mut()?;
        let left = fleet.timeout().checked_sub(now.since(since))?;
        fleet.ask_again(purpose, asked, left, &mut self.calls, now, host)
    }

    /// The fleet has counted a request.
    fn counted(
        &mut self,
        assessment: &mut Assessment,
        (asking, said): (Asking, Said),
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        host: &impl Host,
    ) {
        let now = host.now();
        let (is_spent, revoked) = (said.is_spent, said.revoked.clone());
        let (known, unknown) = split(said.of(asking.sharings));
        for (sharing, count) in &known {
            let open = &mut assessment.open;
            self.limits.note(open, sharing, Ok(*count));
        }
        for taken in &mut assessment.taken {
            if known.iter().any(|(sharing, _)| taken.is_of(sharing.key)) {
                taken.in_fleet();
            }
        }
        if is_spent {
            let (_, answers) = assessment.answering(&self.policy);
            self.challenger.was_spent(answers, host);
            assessment.clear_nothing();
        }
        self.not_counted(assessment, (unknown.iter(), true), host);
        let sessions = assessment.subject.sessions();
        let revoked = self.sessions.hear(sessions, &revoked, now, host);
        if !revoked.is_empty() || !unknown.is_empty() {
            assessment.distrust(revoked);
            self.answer(assessment, headers, body, now, host);
            if assessment.is_refused(&self.policy) {
                let counted = known.iter().map(|(sharing, _)| sharing);
                let told = self.limits.forgo(counted, now, host);
                self.give_back(assessment, told);
                return;
            }
        }
        let mut rest = known;
        // Behind a limit whose challenge has been answered there are others.
        while !rest.is_empty() {
            let heard = self.limits.hear(&mut rest, false, now, host);
            self.give_back(assessment, heard.told);
            assessment.exceed(heard.exceeded);
            self.answer(assessment, headers, body, now, host);
            if assessment.is_refused(&self.policy) {
                let behind = rest.iter().map(|(sharing, _)| sharing);
                let told = self.limits.forgo(behind, now, host);
                self.give_back(assessment, told);
                return;
            }
        }
    }

    /// What a request has counted is given back, here already, and in the fleet: nobody gives it back once more.
    fn give_back(&self, assessment: &mut Assessment, told: Vec<Told>) {
        let is_kept = |taken: &Taken| !told.iter().any(|told| taken.is_of(told.key));
        assessment.taken.retain(is_kept);
        self.tell_fleet(told);
    }

    /// The fleet has not told what it has counted; whether it may have counted.
    fn not_counted<'s>(
        &self,
        assessment: &mut Assessment,
        (sharings, perhaps): (impl Iterator<Item = &'s Sharing> + Clone, bool),
        host: &impl Host,
    ) {
        let open = &mut assessment.open;
        self.limits.note_uncounted(open, sharings.clone(), perhaps);
        let refuses = |fleet: &crate::fleet::Fleet| fleet.on_unavailable() == OnUnavailable::Refuse;
        if self.fleet.as_ref().is_some_and(refuses) {
            let awaited = sharings.filter(|sharing| sharing.waits);
            assessment.exceed(self.limits.uncounted(awaited, host));
        }
    }

    /// Tells the fleet something before long.
    pub(super) fn tell_fleet(&self, told: Vec<Told>) {
        if let Some(fleet) = self.fleet.as_ref().filter(|_| !told.is_empty()) {
            fleet.tell(told);
        }
    }

    /// Tells the fleet what it is to be told.
    #[inline]
    pub(super) fn flush(&mut self, host: &impl Host) {
        if let Some(fleet) = &mut self.fleet {
            fleet.flush(&mut self.calls, host);
        }
    }

    /// A call to the fleet has ended for which no request waits. Whether it was one.
    pub(super) fn beside_ended(
        &mut self,
        token: CallToken,
        answer: (Option<Response<'_>>, Time),
        host: &impl Host,
    ) -> bool {
        let now = host.now();
        let Some(fleet) = &mut self.fleet else {
            return false;
        };
        match fleet.recall(token) {
            None => return false,
            Some(Beside::Redeemed(lift, spent)) => {
                let result = self.redeemed((&lift, spent), answer, host);
                host.meter(Event::Unlock(result));
            }
            Some(Beside::Revoked(sessions)) => fleet.told_revoked(sessions, answer, now, host),
            Some(Beside::Undone(asking, before)) => {
                let is_first = before.is_none();
                let said = self.hear_once((&asking, before), answer, host);
                if let Some(said) = said.filter(|_| is_first) {
                    self.undo(&asking.sharings);
                    self.sessions.hear(&[], &said.revoked, now, host);
                    // What has been seen for the first time must be counted: it will not be seen so again.
                    if let Some(call) = self.ask_beside(&asking, &said, host) {
                        self.leave(call, Beside::Undone(asking, Some(said)));
                    }
                }
            }
            Some(Beside::Binding(asking, before)) => {
                let is_first = before.is_none();
                let said = self.hear_once((&asking, before), answer, host);
                if let Some(said) = said {
                    self.bind((asking, said), is_first, host);
                }
            }
        }
        self.flush(host);
        true
    }

    /// What was reserved for a request that does not go on is given back.
    fn undo(&self, sharings: &[Sharing]) {
        let reserved = sharings.iter();
        let reserved = reserved.filter(|sharing| sharing.counting == Counting::Reserved);
        let told = reserved.map(|sharing| Told {
            key: sharing.key,
            window: sharing.window,
            at: sharing.at,
            news: News::Fewer([sharing.hits, 0]),
        });
        self.tell_fleet(told.collect());
    }

    /// Has what a request is the first to bring counted, though it does not wait.
    fn ask_beside(&mut self, asking: &Asking, said: &Said, host: &impl Host) -> Option<CallToken> {
        let asked = (asking.sharings.as_slice(), said);
        let now = host.now();
        self.ask_fleet_again(Purpose::Beside, asked, now, host)
    }

    /// What the fleet has said of a request that has gone on binds later ones.
    fn bind(&mut self, (asking, said): (Asking, Said), is_first: bool, host: &impl Host) {
        let now = host.now();
        if is_first {
            self.sessions.hear(&[], &said.revoked, now, host);
            if let Some(call) = self.ask_beside(&asking, &said, host) {
                self.leave(call, Beside::Binding(asking, Some(said)));
                return;
            }
        }
        let (mut rest, _) = split(said.of(asking.sharings));
        while !rest.is_empty() {
            let heard = self.limits.hear(&mut rest, true, now, host);
            self.tell_fleet(heard.told);
        }
    }
}

/// Those of which it is known how much is counted, and the others.
fn split(
    all: Vec<(Sharing, Option<FleetCount>)>,
) -> (VecDeque<(Sharing, FleetCount)>, Vec<Sharing>) {
    let (mut known, mut unknown) = (VecDeque::new(), Vec::new());
    for (sharing, count) in all {
        match count {
            Some(count) => known.push_back((sharing, count)),
            None => unknown.push(sharing),
        }
    }
    (known, unknown)
}
