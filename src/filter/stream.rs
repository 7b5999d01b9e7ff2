//! One request's life in the host: what its callbacks answer, and how a verdict is carried out.

use super::abi::{self, Action, HeaderMap, HostResult};
use crate::message::{HeaderBlock, has_prefix, serialise};
use crate::reply::LocalReply;
use crate::telemetry::{Event, Meter};
use crate::transaction::{HEADER_PREFIX, Outcome, Pass, Refused, Waiting};

/// One request.
#[derive(Debug)]
pub(super) struct Stream {
    /// The root context whose configuration it runs under.
    pub(super) root: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has been seen of it, or it went on.
    Open,
    /// It waits for a lookup.
    Waiting(Box<Waiting>),
    /// It was answered here, and nothing of it may go on.
    Answered,
}

impl Stream {
    pub(super) const fn new(root: u32) -> Self {
        Self {
            root,
            state: State::Open,
        }
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    pub(super) fn wait(&mut self, waiting: Waiting) -> Action {
        self.state = State::Waiting(Box::new(waiting));
        Action::Pause
    }

    /// Takes what waited; the stream counts as open from then on.
    pub(super) fn take_waiting(&mut self) -> Option<Waiting> {
        match std::mem::replace(&mut self.state, State::Open) {
            State::Waiting(waiting) => Some(*waiting),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// What body and trailers do.
    pub(super) const fn rest(&self) -> Action {
        match self.state {
            State::Open => Action::Continue,
            State::Waiting(_) | State::Answered => Action::Pause,
        }
    }

    /// Carries out the outcome in the headers callback.
    pub(super) fn finish(
        &mut self,
        outcome: Outcome,
        headers: &HeaderBlock,
        meter: &impl Meter,
    ) -> Action {
        let changed = match outcome {
            Outcome::Unprotected { strip: false } => return Action::Continue,
            Outcome::Unprotected { strip: true } => write_headers(headers, &[]),
            Outcome::Pass(pass) => carry(&pass, headers),
            Outcome::Refuse(refused) => return self.refuse(*refused, meter),
        };
        match changed {
            Ok(()) => Action::Continue,
            // Forged headers must not reach the application, whatever the host's reason.
            Err(_) => self.unreadable(meter),
        }
    }

    /// Carries out the outcome of a request that has waited.
    pub(super) fn resume(&mut self, outcome: Outcome, meter: &impl Meter) {
        let headers = abi::headers(HeaderMap::Request).map(HeaderBlock::new);
        let action = match (outcome, headers) {
            (Outcome::Refuse(refused), _) => self.refuse(*refused, meter),
            (outcome, Ok(headers)) => self.finish(outcome, &headers, meter),
            (_, Err(_)) => self.unreadable(meter),
        };
        if action == Action::Continue && abi::resume_request().is_err() {
            meter.meter(Event::HostRefused);
        }
    }

    /// Answers a request that cannot be judged, because the host does not hand over or take back its headers.
    pub(super) fn unreadable(&mut self, meter: &impl Meter) -> Action {
        meter.meter(Event::HostRefused);
        self.answer(&LocalReply::unreadable(), meter)
    }

    fn refuse(&mut self, refused: Refused, meter: &impl Meter) -> Action {
        put_state(&refused.state);
        if let Some(line) = &refused.audit {
            log::warn!("{line}");
        }
        self.answer(&refused.reply, meter)
    }

    fn answer(&mut self, reply: &LocalReply, meter: &impl Meter) -> Action {
        self.state = State::Answered;
        let headers = reply
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let grpc_status = reply
            .grpc_status
            .and_then(|status| i32::try_from(status.code()).ok())
            .unwrap_or(-1);
        let sent = abi::send_local_response(
            reply.status,
            &reply.details,
            &serialise(headers),
            &reply.body,
            grpc_status,
        );
        if sent.is_err() {
            meter.meter(Event::HostRefused);
        }
        Action::Pause
    }
}

fn carry(pass: &Pass, headers: &HeaderBlock) -> HostResult<()> {
    put_state(&pass.state);
    write_headers(headers, &pass.headers)
}

/// Writes all headers back in one call: those that came, without what stands under our prefix, and ours. One
/// write costs less than several, and each write makes Envoy match the route again (PRICES.md).
fn write_headers(headers: &HeaderBlock, ours: &[(&'static str, String)]) -> HostResult<()> {
    let ours = ours
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let theirs: Vec<(&[u8], &[u8])> = headers
        .iter()
        .filter(|(name, _)| !has_prefix(name, HEADER_PREFIX.as_bytes()))
        .collect();
    abi::set_request_headers(&serialise(theirs.iter().copied().chain(ours)))
}

/// A value that the access log does not get is not worth a request.
fn put_state(state: &[(&'static str, String)]) {
    for (name, value) in state {
        let _ = abi::set_property(format!("palisade.{name}").as_bytes(), value.as_bytes());
    }
}

/// Reads a decimal number.
pub(super) fn number(text: &[u8]) -> Option<u16> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
