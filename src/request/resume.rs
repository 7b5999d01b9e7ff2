//! What a request has waited for has come, or will not come any more.

use super::account::HeadReadings;
use super::assessment::Assessment;
use super::engine::Engine;
use super::expected::Expected;
use super::fleet::Then;
use super::outcome::Outcome;
use super::step::{Calling, Kept, LetGo, Reading, Step, Tallying, Verifying, Waiting};
use crate::callout::Response;
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::{AccountError, BodyBytes};
use crate::intelligence::Knowledge;
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::telemetry::{Event, Meter};
use crate::time::Time;

impl Waiting {
    /// The client has gone.
    pub fn cut_off(self, engine: &mut Engine) {
        if let (Some(resolver), Some(stream)) = (&mut engine.resolver, self.subject.stream) {
            resolver.forget(stream);
        }
        if let (Some(breaches), Some(stream)) = (&mut engine.breaches, self.subject.stream) {
            breaches.forget(stream);
        }
    }

    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        Expected::of(&engine.policy, &self.subject)
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

impl Reading {
    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        Expected::of(&engine.policy, &self.assessment.subject)
    }

    /// Asks whatever can be asked before the head goes on. `has_come` if the whole body is already with the host: then
    /// it is judged before the application can have answered, and may hold what answers a challenge.
    pub fn let_go(
        mut self: Box<Self>,
        has_come: bool,
        engine: &mut Engine,
        host: &impl Host,
    ) -> LetGo {
        let now = host.now();
        let goes_on =
            |action: Action| action.lets_through() || action == Action::Challenge && has_come;
        let is_let_go = match self.assessment.subject.awaits_routes() {
            true => !self
                .assessment
                .is_ruled_by_all(&engine.policy, &|action| !goes_on(action)),
            false => {
                let head = (self.head.as_ref(), &self.headers);
                engine.count_so_far(&mut self.assessment, head, now, host);
                // The application may answer the head alone.
                if self
                    .assessment
                    .shared
                    .iter()
                    .any(|sharing| sharing.of_account)
                {
                    self = match (*self).tally(engine, now, host) {
                        Ok(tallying) => return LetGo::Calls(Calling::Tallying(tallying)),
                        Err(reading) => reading,
                    };
                }
                goes_on(self.assessment.enforced(&engine.policy))
            }
        };
        if is_let_go {
            self.assessment.reopen();
            let pass = engine.pass_so_far(&self.assessment);
            return LetGo::Goes(self, pass);
        }
        let Self {
            assessment,
            headers,
            ..
        } = *self;
        LetGo::Ends(engine.finish(assessment, (&headers, BodyBytes::Absent), now, host))
    }

    /// The body will not come any more, and nothing has gone on.
    pub fn cut_off(mut self, engine: &Engine, host: &impl Host) {
        engine.take_back(&mut self.assessment, host.now(), host);
    }

    /// The client has gone while the application had the head: what that says has been tried.
    pub fn abandon(self, engine: &mut Engine, host: &impl Host) {
        match self.finish(BodyBytes::Absent, engine, host) {
            Step::Done(Outcome::Pass(_, Some(watch))) => watch.cut_off(engine, host),
            Step::Done(_) => {}
            Step::Reads(reading) => reading.cut_off(engine, host),
            Step::Calls(calling) => calling.cut_off(engine, host),
        }
    }

    /// Has the fleet count what the head tells.
    fn tally(
        self,
        engine: &mut Engine,
        now: Time,
        host: &impl Host,
    ) -> Result<Box<Tallying>, Box<Self>> {
        let Self {
            assessment,
            head,
            headers,
        } = self;
        let then = Then {
            head,
            headers: &headers,
            body: None,
            reads_on: true,
        };
        match engine.tally(assessment, then, now, host) {
            Ok(tallying) => Ok(tallying),
            Err((assessment, head)) => Err(Box::new(Self {
                assessment,
                head,
                headers,
            })),
        }
    }

    /// Judges the request with its body.
    pub fn finish(self, body: BodyBytes<'_>, engine: &mut Engine, host: &impl Host) -> Step {
        let Self {
            assessment,
            head,
            headers,
        } = self;
        engine.proceed_with_body(assessment, head, (&headers, body), host.now(), host)
    }
}

impl Verifying {
    /// Nobody can wait for the service any longer: the captcha proves nothing.
    pub fn give_up(mut self, engine: &mut Engine, host: &impl Host) -> Outcome {
        engine.calls.end(self.call);
        let (_, answers) = self.assessment.answering(&engine.policy);
        engine.challenger.given_up(answers);
        let body = self.body.bytes();
        engine.finish(self.assessment, (&self.headers, body), host.now(), host)
    }

    /// The client has gone.
    pub fn cut_off(mut self, engine: &mut Engine, host: &impl Host) {
        engine.calls.end(self.call);
        engine.take_back(&mut self.assessment, host.now(), host);
    }

    /// Judges the request with what the service has answered; `None` when it has not.
    pub fn resume(
        self,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> Step {
        let now = host.now();
        let Self {
            mut assessment,
            head,
            headers,
            body,
            id,
            since,
            ..
        } = self;
        host.meter(Event::CaptchaTime(now.since(since)));
        let asked = assessment.answering(&engine.policy);
        engine.challenger.verified(asked, id, response, now, host);
        match body {
            Kept::ToCome => engine.proceed(assessment, head, &headers, now, host),
            body => engine.proceed_with_body(assessment, head, (&headers, body.bytes()), now, host),
        }
    }
}

/// Where what is found out about accounts is told, if anywhere: what is looked at twice is counted once.
pub(super) struct Telling<'h, H>(pub(super) Option<&'h H>);

impl<H: Meter> Meter for Telling<'_, H> {
    fn meter(&self, event: Event) {
        if let Some(host) = self.0 {
            host.meter(event);
        }
    }
}

impl Engine {
    /// Asks the limits about the accounts that the head names. What it does not say, the body may.
    fn count_so_far(
        &self,
        assessment: &mut Assessment,
        (head, headers): (Option<&HeadReadings>, &HeaderBlock),
        now: Time,
        host: &impl Host,
    ) {
        let Some(head) = head.filter(|_| !assessment.is_refused(&self.policy)) else {
            return;
        };
        let to = (host, Telling(None));
        let mut accounts = self.accounts(assessment, head.clone(), BodyBytes::Absent, now, to);
        accounts
            .errors
            .retain(|(_, error)| *error != AccountError::Missing);
        let errors = accounts.errors.clone();
        assessment.identify(accounts);
        if assessment.is_refused(&self.policy) {
            for lack in errors {
                assessment.subject.guard.tell_lack(lack, host);
            }
            return;
        }
        let nothing = (headers, BodyBytes::Absent);
        self.count(assessment, Phase::SoFar, nothing, now, host);
    }
}
