use super::Host;
use super::account::HeadReadings;
use super::captcha::Verifying;
use super::engine::Engine;
use super::judged::Judged;
use super::outcome::{Outcome, Pass};
use crate::identity::account::BodyBytes;
use crate::message::HeaderBlock;

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

    /// What the application is told if the head has to go on first: what is known so far.
    pub fn so_far(&self, engine: &mut Engine) -> Pass {
        engine.pass_so_far(&self.judged)
    }

    /// The body will not come any more.
    pub fn cut_off(mut self, engine: &Engine, host: &impl Host) {
        engine.take_back(&mut self.judged, host.now(), host);
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
