//! The password of a request: read once its body has come, and asked about while the lookup of its address is still
//! under way, so that a request waits for both at once.

use super::assessment::Assessment;
use super::engine::Engine;
use super::outcome::Outcome;
use super::password_state::PasswordState;
use super::step::{Calling, Checking, Kept, Step};
use super::subject::Subject;
use crate::address::PrefixLengths;
use crate::breach::{Asker, BreachSignal, Found, Range};
use crate::host::Host;
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::telemetry::{Event, PasswordResult};
use crate::time::Time;

impl Subject {
    /// What is known of its password by now.
    pub(super) fn breach(&self) -> BreachSignal {
        let identity = self.identity.as_ref();
        identity.map_or(BreachSignal::NotAsked, |own| own.password.signal())
    }

    /// Whether its body is to be read because of its password: it may hold one, or has been found to. Without the whole
    /// of it nobody knows which method it names.
    pub(super) fn reads_password(&self) -> bool {
        let identity = self.identity.as_ref();
        identity.is_some_and(|own| match &own.password {
            PasswordState::Unasked => false,
            PasswordState::Unread(_) => own.password.body() == BodyNeed::Needed,
            PasswordState::Read(_) | PasswordState::Asked(_) | PasswordState::Told(_) => true,
        })
    }

    /// Who asks about it.
    fn asker(&self) -> Asker {
        Asker {
            stream: self.stream,
            network: self.client.map(|client| client.prefix(PrefixLengths::SITE)),
        }
    }

    /// Whether its body may hold a password that nobody has looked for yet.
    pub(super) fn awaits_password(&self) -> bool {
        let identity = self.identity.as_ref();
        identity.is_some_and(|own| own.password.body() == BodyNeed::Needed)
    }
}

impl Assessment {
    fn password(&self) -> Option<&PasswordState> {
        Some(&self.subject.identity.as_ref()?.password)
    }
}

/// Counts what is known of a password, once nothing more is to be found out.
fn tell(password: &PasswordState, host: &impl Host) {
    let PasswordState::Told(signal) = password else {
        return;
    };
    host.meter(Event::Password(match signal {
        BreachSignal::Absent => PasswordResult::None,
        BreachSignal::Unclear => PasswordResult::Unclear,
        BreachSignal::Seen { breached: true, .. } => PasswordResult::Breached,
        BreachSignal::Seen {
            breached: false, ..
        } => PasswordResult::Clean,
        BreachSignal::NotAsked
        | BreachSignal::Open
        | BreachSignal::Unchecked
        | BreachSignal::Untold => PasswordResult::Unknown,
    }));
}

impl Engine {
    /// Asks about the password of a request that waits for its lookup, now that its body has come.
    pub(super) fn ask_ahead(
        &mut self,
        subject: &mut Subject,
        body: BodyBytes<'_>,
        host: &impl Host,
    ) {
        if subject.awaits_routes() {
            return;
        }
        let checks = subject.guard.password.checks;
        let asker = subject.asker();
        if let Some(identity) = &mut subject.identity {
            self.read_password(&mut identity.password, checks, body, host);
            self.ask_range(&mut identity.password, asker, host.now(), host);
        }
    }

    /// Reads a password that has not been read.
    fn read_password(
        &self,
        password: &mut PasswordState,
        checks: bool,
        body: BodyBytes<'_>,
        host: &impl Host,
    ) {
        if matches!(password, PasswordState::Unread(_)) {
            password.read(&self.policy, checks, body);
            if checks {
                tell(password, host);
            }
        }
    }

    /// Has the service asked about a password that has been read.
    fn ask_range(
        &mut self,
        password: &mut PasswordState,
        asker: Asker,
        now: Time,
        host: &impl Host,
    ) {
        let PasswordState::Read(digest) = password else {
            return;
        };
        let breaches = self.breaches.as_mut();
        let found = breaches.map(|own| own.ask(asker, digest, &mut self.calls, now, host));
        *password = match found {
            Some(Found::Waits) => PasswordState::Asked(digest.clone()),
            Some(Found::Now(signal)) => PasswordState::Told(signal),
            None => PasswordState::Told(BreachSignal::Untold),
        };
        tell(password, host);
    }

    /// The service has told of the prefix of this request's password; `None` if it has not.
    pub(super) fn hear_range(
        &self,
        subject: &mut Subject,
        range: Option<&Range>,
        host: &impl Host,
    ) {
        if let Some(identity) = &mut subject.identity
            && let PasswordState::Asked(digest) = &identity.password
            && let Some(breaches) = &self.breaches
        {
            let signal = breaches.signal(digest, range);
            identity.password = PasswordState::Told(signal);
            tell(&identity.password, host);
        }
    }

    /// Finds out what is known of the password; whether that has to be waited for. A request that is refused without
    /// that is not asked about.
    pub(super) fn check_password(
        &mut self,
        assessment: &mut Assessment,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> bool {
        if assessment.signals().breach != BreachSignal::Open {
            return false;
        }
        let checks = assessment.subject.guard.password.checks;
        if let Some(identity) = &mut assessment.subject.identity {
            self.read_password(&mut identity.password, checks, body, host);
        }
        if matches!(assessment.password(), Some(PasswordState::Read(_))) {
            self.count(assessment, Phase::SoFar, (headers, body), now, host);
            if assessment.is_refused(&self.policy) {
                return false;
            }
            let asker = assessment.subject.asker();
            if let Some(identity) = &mut assessment.subject.identity {
                self.ask_range(&mut identity.password, asker, now, host);
            }
        }
        match assessment.password() {
            Some(PasswordState::Asked(_)) => true,
            Some(PasswordState::Told(_)) => {
                self.conclude(assessment, now, host);
                false
            }
            _ => false,
        }
    }

    /// Waits for the service.
    pub(super) fn wait_for_range(
        &self,
        assessment: Box<Assessment>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
    ) -> Step {
        Step::Calls(Calling::Checking(Box::new(Checking {
            headers: self.challenger.lines_that_matter(headers),
            body: Kept::new(Some(body), &assessment.subject),
            assessment,
        })))
    }
}

impl Checking {
    /// Goes on with what the service has told.
    pub(super) fn resume(mut self, engine: &mut Engine, host: &impl Host) -> Step {
        let now = host.now();
        engine.conclude(&mut self.assessment, now, host);
        let body = self.body.bytes();
        engine.proceed_with_body(self.assessment, None, (&self.headers, body), now, host)
    }

    /// Nobody can wait for the service any longer: nobody knows.
    pub(super) fn give_up(mut self, engine: &mut Engine, host: &impl Host) -> Outcome {
        self.leave(engine);
        engine.hear_range(&mut self.assessment.subject, None, host);
        match self.resume(engine, host) {
            Step::Done(outcome) => outcome,
            Step::Calls(calling) => calling.give_up(engine, host),
            Step::Reads(reading) => {
                let nothing = (&reading.headers, BodyBytes::Absent);
                engine.finish(reading.assessment, nothing, host.now(), host)
            }
        }
    }

    /// The client has gone.
    pub(super) fn cut_off(mut self, engine: &mut Engine, host: &impl Host) {
        self.leave(engine);
        engine.take_back(&mut self.assessment, host.now(), host);
    }

    fn leave(&self, engine: &mut Engine) {
        if let (Some(breaches), Some(stream)) =
            (&mut engine.breaches, self.assessment.subject.stream)
        {
            breaches.forget(stream);
        }
    }
}
