//! How far a request has come, and what an outcome makes of that.

use super::answer::Watching;
use super::body::Head;
use super::direct::Redeeming;
use super::effect::{Action, Change, Effect};
use super::engine::Engine;
use super::outcome::Outcome;
use super::step::{Calling, Reading, Waiting};
use super::subject::Subject;
use super::watch::Watch;
use crate::host::Exchange;
use crate::reply::LocalReply;
use crate::telemetry;

/// How far a request has come.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nothing has been seen of it, or it went on and nobody wants to know more.
    #[default]
    Open,
    /// It waits for a lookup.
    Waiting(Box<Waiting>),
    /// It waits for its body.
    Reading(Box<Reading>, Head),
    /// It waits for a service that is asked about it.
    Calling(Calling, Head),
    /// It is an unlock link, and waits for the service that counts for all proxies.
    Redeeming(Box<Redeeming>),
    /// It went on, and what the application answers matters.
    Watching(Watching),
    /// The application has answered its head alone, and that was judged: nothing of its body may go on.
    Sealed(Watching),
    /// It was answered here, and nothing of it may go on.
    Answered,
}

/// A state, and what the host is told when it is reached.
pub(super) type Turn = (State, Effect);

/// The outcome of a request, whose head may have gone on before.
pub(super) fn conclude(outcome: Outcome, head: Head) -> Turn {
    match (outcome, head) {
        (Outcome::Pass(pass, watch), Head::Gone) => {
            let effect = Effect {
                state: pass.state,
                audit: pass.audit,
                ..Effect::of(Action::Continue)
            };
            (watch_or_not(watch, pass.cookies), effect)
        }
        // Its head went on as if it had been protected.
        (Outcome::Unprotected { .. }, Head::Gone) => (State::Open, Effect::of(Action::Continue)),
        (outcome, _) => finish(outcome),
    }
}

/// The outcome of a request whose head is held back.
pub(super) fn finish(outcome: Outcome) -> Turn {
    match outcome {
        Outcome::Unprotected { strip: false } => (State::Open, Effect::of(Action::Continue)),
        Outcome::Unprotected { strip: true } => (State::Open, Effect::going_on(Change::Strip)),
        Outcome::Pass(mut pass, watch) => {
            let state = watch_or_not(watch, std::mem::take(&mut pass.cookies));
            let audit = pass.audit.take();
            let effect = Effect::going_on(Change::Pass(Box::new(pass)));
            (state, Effect { audit, ..effect })
        }
        Outcome::Answer(reply) => (State::Answered, Effect::ending(Change::Reply(reply))),
        Outcome::Refuse(mut refused) => {
            let audit = refused.audit.take();
            let effect = Effect::ending(Change::Refuse(refused));
            (State::Answered, Effect { audit, ..effect })
        }
    }
}

/// It goes on; the answer gets these cookies.
fn watch_or_not(watch: Option<Box<Watch>>, cookies: Vec<String>) -> State {
    match watch.is_some() || !cookies.is_empty() {
        true => State::Watching(Watching::new(watch, cookies)),
        false => State::Open,
    }
}

/// Answers a request that cannot be judged, or from which what is forged cannot be removed: that must not reach the
/// application, whatever the host's reason.
pub(super) fn unreadable(host: &impl Exchange) -> Turn {
    host.meter(telemetry::Event::HostRefused);
    let reply = Change::Reply(Box::new(LocalReply::unreadable()));
    (State::Answered, Effect::ending(reply))
}

impl State {
    /// Whether its head has gone on before its verdict.
    pub(super) const fn went_ahead(&self) -> bool {
        matches!(
            self,
            Self::Reading(_, Head::Gone) | Self::Calling(_, Head::Gone)
        )
    }

    /// Whether its head is held back.
    pub(super) const fn holds_head(&self) -> bool {
        matches!(
            self,
            Self::Waiting(_)
                | Self::Reading(_, Head::Held)
                | Self::Calling(_, Head::Held)
                | Self::Redeeming(_)
        )
    }

    pub(super) const fn is_undecided(&self) -> bool {
        self.holds_head() || self.went_ahead()
    }

    /// What it is about, as long as that is being judged.
    pub(super) fn subject(&mut self) -> Option<&mut Subject> {
        match self {
            Self::Waiting(waiting) => Some(&mut waiting.subject),
            Self::Reading(reading, _) => Some(&mut reading.assessment.subject),
            Self::Calling(calling, _) => Some(calling.subject()),
            _ => None,
        }
    }

    /// What comes of the answer goes on, but for what whoever watches it does.
    pub(super) fn watched(self, watch: impl FnOnce(&mut Watching) -> Effect) -> Turn {
        match self {
            Self::Watching(mut watching) => {
                let effect = watch(&mut watching);
                (Self::Watching(watching), effect)
            }
            Self::Sealed(mut watching) => {
                let effect = watch(&mut watching);
                (Self::Sealed(watching), effect)
            }
            other => (other, Effect::of(Action::Continue)),
        }
    }

    /// The request is over.
    pub(super) fn end(self, engine: &mut Engine, host: &impl Exchange) {
        match self {
            Self::Watching(watching) | Self::Sealed(watching) => watching.cut_off(engine, host),
            Self::Reading(reading, Head::Held) => reading.cut_off(engine, host),
            Self::Reading(reading, Head::Gone) => reading.abandon(engine, host),
            Self::Calling(calling, _) => calling.cut_off(engine, host),
            Self::Redeeming(redeeming) => redeeming.cut_off(engine),
            Self::Waiting(waiting) => waiting.cut_off(engine),
            Self::Open | Self::Answered => {}
        }
    }
}
