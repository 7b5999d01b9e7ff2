//! One request's life in the host: what its callbacks answer, and how a verdict is carried out.

use super::abi::{self, Action, HeaderMap, HostResult};
use crate::message::{HeaderBlock, has_prefix, serialise};
use crate::reply::LocalReply;
use crate::telemetry::{Event, Meter};
use crate::transaction::{HEADER_PREFIX, Outcome, Pass, Refused, State, Waiting};

/// One request.
#[derive(Debug)]
pub(super) struct Stream {
    /// The root context whose configuration it runs under.
    pub(super) root: u32,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
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
            stage: Stage::Open,
        }
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    pub(super) fn wait(&mut self, waiting: Waiting) -> Action {
        self.stage = Stage::Waiting(Box::new(waiting));
        Action::Pause
    }

    /// Takes what waited; the stream counts as open from then on.
    pub(super) fn take_waiting(&mut self) -> Option<Waiting> {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Waiting(waiting) => Some(*waiting),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// What body and trailers do.
    pub(super) const fn rest(&self) -> Action {
        match self.stage {
            Stage::Open => Action::Continue,
            Stage::Waiting(_) | Stage::Answered => Action::Pause,
        }
    }

    /// What trailers do, without what stands in them under our prefix: some applications make headers of them.
    pub(super) fn trailers(&mut self, meter: &impl Meter) -> Action {
        match strip(HeaderMap::RequestTrailers) {
            Ok(()) => self.rest(),
            Err(_) => self.unreadable(meter),
        }
    }

    /// Carries out the outcome, in the headers callback or later.
    pub(super) fn finish(&mut self, outcome: Outcome, meter: &impl Meter) -> Action {
        let changed = match outcome {
            Outcome::Unprotected { strip: false } => return Action::Continue,
            Outcome::Unprotected { strip: true } => strip(HeaderMap::Request),
            Outcome::Pass(pass) => carry(&pass),
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
        let action = self.finish(outcome, meter);
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
        if refused.strip && strip(HeaderMap::Request).is_err() {
            meter.meter(Event::HostRefused);
        }
        put_state(&refused.state);
        if let Some(line) = &refused.audit {
            log::warn!("{line}");
        }
        self.answer(&refused.reply, meter)
    }

    fn answer(&mut self, reply: &LocalReply, meter: &impl Meter) -> Action {
        self.stage = Stage::Answered;
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

/// Each header is written by a call of its own: counted with the benchmark, writing the whole map back in one call
/// cost three times as many instructions as six lines. Envoy matches the route again once in either case.
fn carry(pass: &Pass) -> HostResult<()> {
    put_state(&pass.state);
    if pass.strip {
        strip(HeaderMap::Request)?;
    }
    pass.headers
        .iter()
        .try_for_each(|(name, value)| abi::add_request_header(name.as_bytes(), value.as_bytes()))
}

/// Removes everything that stands under our prefix, whoever wrote it.
fn strip(map: HeaderMap) -> HostResult<()> {
    let headers = HeaderBlock::new(abi::headers(map)?);
    let ours = headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| has_prefix(name, HEADER_PREFIX.as_bytes()));
    // Of several lines of one name the first call removes all; the others find none, which is no error.
    for name in ours {
        abi::remove_header(map, name)?;
    }
    Ok(())
}

/// A value that the access log does not get is not worth a request.
fn put_state(state: &[State]) {
    for (name, value) in state {
        let _ = abi::set_property(name.as_bytes(), value.as_bytes());
    }
}
