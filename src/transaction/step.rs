use super::account::{AccountState, HeadReadings};
use super::captcha::Verifying;
use super::counting::Phase;
use super::engine::Engine;
use super::expected::Expected;
use super::judged::Judged;
use super::outcome::{Outcome, Pass};
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::{AccountLack, BodyBytes};
use crate::message::HeaderBlock;
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// How far a request has come that waits for no lookup.
#[derive(Debug)]
pub enum Step {
    /// To its end.
    Done(Outcome),
    /// To its body, which tells which account it is about, or stands in the page that it gets.
    Reads(Box<Reading>),
    /// To the service that verifies its captcha.
    Verifies(Box<Verifying>),
}

/// What becomes of a request whose head has to go on before its body can come.
#[derive(Debug)]
pub enum LetGo {
    /// The head goes on, and the application is told what is known so far.
    Goes(Box<Reading>, Pass),
    /// It does not: what is known so far decides.
    Ends(Outcome),
}

/// A request whose body must be read.
#[derive(Debug)]
pub struct Reading {
    judged: Judged,
    /// What the head says of the account, if that is still to be found out.
    head: Option<HeadReadings>,
    headers: HeaderBlock,
}

impl Reading {
    pub(super) fn new(
        judged: Judged,
        head: Option<HeadReadings>,
        headers: HeaderBlock,
    ) -> Box<Self> {
        Box::new(Self {
            judged,
            head,
            headers,
        })
    }

    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        engine.expected(&self.judged.subject)
    }

    /// Asks whatever can be asked before the head goes on. `has_come` if the whole body is already with the host: then it is judged
    /// before the application can have answered, and may hold what answers a challenge.
    pub fn let_go(
        mut self: Box<Self>,
        has_come: bool,
        engine: &mut Engine,
        host: &impl Host,
    ) -> LetGo {
        let now = host.now();
        let head = (self.head.as_ref(), &self.headers);
        engine.count_so_far(&mut self.judged, head, now, host);
        let action = self.judged.enforced(&engine.policy);
        if action.lets_through() || action == Action::Challenge && has_come {
            self.judged.account = AccountState::Open;
            let pass = engine.pass_so_far(&self.judged);
            return LetGo::Goes(self, pass);
        }
        let Self {
            judged, headers, ..
        } = *self;
        LetGo::Ends(engine.finish(judged, (&headers, BodyBytes::Absent), now, host))
    }

    /// The body will not come any more, and nothing has gone on.
    pub fn cut_off(mut self, engine: &Engine, host: &impl Host) {
        engine.take_back(&mut self.judged, host.now(), host);
    }

    /// The client has gone while the application had the head: what that says has been tried.
    pub fn abandon(self, engine: &mut Engine, host: &impl Host) {
        match self.finish(BodyBytes::Absent, engine, host) {
            Step::Done(Outcome::Pass(_, Some(watch))) => watch.cut_off(engine, host),
            Step::Done(_) => {}
            Step::Reads(reading) => reading.cut_off(engine, host),
            Step::Verifies(verifying) => verifying.cut_off(engine, host),
        }
    }

    /// Judges the request with its body.
    pub fn finish(self, body: BodyBytes<'_>, engine: &mut Engine, host: &impl Host) -> Step {
        let Self {
            judged,
            head,
            headers,
        } = self;
        engine.proceed_with_body(judged, head, (&headers, body), host.now(), host)
    }
}

/// Counts nothing: what is looked at twice is counted once.
struct Silent;

impl Meter for Silent {
    fn meter(&self, _: Event) {}
}

impl Engine {
    /// Asks the limits about the accounts that the head names. What it does not say, the body may.
    fn count_so_far(
        &self,
        judged: &mut Judged,
        (head, headers): (Option<&HeadReadings>, &HeaderBlock),
        now: Time,
        host: &impl Host,
    ) {
        let Some(head) = head.filter(|_| !judged.is_refused(&self.policy)) else {
            return;
        };
        self.identify(judged, head.clone(), BodyBytes::Absent, now, &Silent);
        let lacks = match &mut judged.account {
            AccountState::Read(accounts) => {
                accounts
                    .lacks
                    .retain(|(_, lack)| *lack != AccountLack::Missing);
                accounts.lacks.clone()
            }
            AccountState::Open => Vec::new(),
        };
        if judged.is_refused(&self.policy) {
            for (_, lack) in lacks {
                host.meter(Event::AccountLack(lack));
            }
            return;
        }
        let nothing = (headers, BodyBytes::Absent);
        self.count(judged, Phase::SoFar, nothing, now, host);
    }
}
