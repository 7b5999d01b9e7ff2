use super::Host;
use super::counting::Phase;
use super::engine::Engine;
use super::judge::Judged;
use super::outcome::{Outcome, Pass};
use crate::identity::account::{BodyBytes, HeadReading};
use crate::reply::Format;

/// How far a request has come that waits for no lookup.
#[derive(Debug)]
pub enum Step {
    /// To its end.
    Done(Outcome),
    /// To its body: only that tells which account it is about.
    Reads(Box<Reading>),
}

/// A request whose body must be read before it can be judged.
#[derive(Debug)]
pub struct Reading {
    pub(super) judged: Judged,
    pub(super) head: HeadReading,
    pub(super) format: Format,
}

impl Reading {
    /// What the application is told if the head has to go on first: what is known so far.
    pub fn so_far(&self, engine: &mut Engine) -> Pass {
        engine.pass_so_far(&self.judged)
    }

    /// Judges the request with its body.
    pub fn finish(self, body: BodyBytes<'_>, engine: &mut Engine, host: &impl Host) -> Outcome {
        let now = host.now();
        let Self {
            mut judged,
            head,
            format,
        } = self;
        engine.identify(&mut judged, head, body, now, host);
        engine.count(&mut judged, Phase::WithAccount, now, host);
        engine.finish(judged, || format, now, host)
    }
}
