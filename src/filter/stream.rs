//! One request's life in the host: what its callbacks answer, and how a verdict is carried out.

use super::abi::{self, Action, Buffer, HeaderMap, HostResult};
use super::root::{Bodies, Desk};
use super::watching::Watching;
use crate::identity::account::BodyBytes;
use crate::intelligence::CallToken;
use crate::intelligence::provider::Response;
use crate::message::{HeaderBlock, has_prefix, is_conditional, serialise};
use crate::reply::LocalReply;
use crate::telemetry::{Event, Meter};
use crate::time::Time;
use crate::transaction::{
    HEADER_PREFIX, Outcome, Pass, Progress, Reading, Refused, State, Step, Verifying, Waiting,
    Watch,
};

/// One request.
#[derive(Debug)]
pub(super) struct Stream {
    /// The root context whose configuration it runs under.
    pub(super) root: u32,
    stage: Stage,
    body: Received,
    /// How large the request was when only its head had come, if that was measured.
    head_size: Option<u64>,
}

/// How much of the body has come.
#[derive(Clone, Copy, Debug, Default)]
struct Received {
    /// In bytes, as far as the host keeps it.
    size: usize,
    /// Whether nothing comes behind it.
    ended: bool,
}

#[derive(Debug)]
enum Stage {
    /// Nothing has been seen of it, or it went on and nobody wants to know more.
    Open,
    /// It waits for a lookup.
    Waiting(Box<Waiting>),
    /// It waits for its body; its head is held back, if that does not keep the body from coming.
    Probing(Box<Reading>),
    /// It waits for its body.
    Reading(Box<Reading>, Head),
    /// It waits for the service that verifies its captcha.
    Verifying(Box<Verifying>, Head),
    /// It went on, and what the application answers matters.
    Watching(Watching),
    /// It was answered here, and nothing of it may go on.
    Answered,
}

/// Where the head of a request is that waits for its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// Held back.
    Held,
    /// On its way to the application, with what was known by then.
    Gone,
}

impl Stream {
    pub(super) const fn new(root: u32) -> Self {
        Self {
            root,
            stage: Stage::Open,
            body: Received {
                size: 0,
                ended: false,
            },
            head_size: None,
        }
    }

    /// Whether it waits to learn whether its body comes.
    pub(super) const fn is_probing(&self) -> bool {
        matches!(self.stage, Stage::Probing(_))
    }

    /// The call-out to a captcha's service that it waits for, and since when.
    pub(super) fn verifying(&self) -> Option<(CallToken, Time)> {
        match &self.stage {
            Stage::Verifying(verifying, _) => Some((verifying.call(), verifying.since())),
            _ => None,
        }
    }

    /// Goes on with what a captcha's service has answered; `None` when it has not.
    pub(super) fn verified(&mut self, response: Option<Response<'_>>, desk: &mut Desk<'_>) {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Verifying(verifying, head) => {
                let step = verifying.resume(response, desk.engine, &desk.host);
                self.resume(step, head, desk);
            }
            other => self.stage = other,
        }
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
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

    /// What has come of the answer that is watched, if one is.
    pub(super) const fn watching(&mut self) -> Option<&mut Watching> {
        match &mut self.stage {
            Stage::Watching(watching) => Some(watching),
            _ => None,
        }
    }

    /// Carries out what became of the head, in the headers callback.
    pub(super) fn begin(&mut self, progress: Progress, desk: &mut Desk<'_>) -> Action {
        let waits = !matches!(progress, Progress::Step(Step::Done(_)));
        if waits && *desk.bodies == Bodies::Unknown {
            self.head_size = abi::request_size();
        }
        match progress {
            Progress::Step(Step::Done(outcome)) => self.finish(outcome, &desk.host),
            Progress::Step(Step::Reads(reading)) if *desk.bodies == Bodies::Unknown => {
                self.stage = Stage::Probing(reading);
                Action::Pause
            }
            Progress::Step(Step::Reads(reading)) => self.read(reading, desk),
            Progress::Step(Step::Verifies(verifying)) => {
                self.stage = Stage::Verifying(verifying, Head::Held);
                Action::Pause
            }
            Progress::Waits(waiting) => {
                self.stage = Stage::Waiting(waiting);
                Action::Pause
            }
        }
    }

    /// Goes on, or waits, as a lookup has brought it about; the host waits for a call to go on.
    pub(super) fn looked_up(&mut self, step: Step, desk: &mut Desk<'_>) {
        self.resume(step, Head::Held, desk);
    }

    fn resume(&mut self, step: Step, head: Head, desk: &mut Desk<'_>) {
        let action = match step {
            Step::Done(outcome) => self.conclude(outcome, head, &desk.host),
            Step::Verifies(verifying) => {
                self.stage = Stage::Verifying(verifying, head);
                return;
            }
            Step::Reads(reading) => {
                self.learn(desk);
                if *desk.bodies == Bodies::Unknown {
                    self.stage = Stage::Probing(reading);
                    return;
                }
                self.read(reading, desk)
            }
        };
        self.release(action, &desk.host);
    }

    /// If a body has come to the host, but not to us, it waits for the head. If none has come yet, nothing is known: a slow client
    /// must not teach its worker to let heads go on.
    fn learn(&self, desk: &mut Desk<'_>) {
        let sizes = self.head_size.zip(abi::request_size());
        let kept_back = sizes.is_none_or(|(head, all)| all > head);
        if kept_back && *desk.bodies == Bodies::Unknown {
            *desk.bodies = Bodies::AfterHead;
        }
    }

    /// No body has been handed over while the head was held back: it goes on first.
    pub(super) fn end_probe(&mut self, desk: &mut Desk<'_>) {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Probing(reading) => {
                self.learn(desk);
                let action = self.read(reading, desk);
                self.release(action, &desk.host);
            }
            other => self.stage = other,
        }
    }

    fn release(&self, action: Action, meter: &impl Meter) {
        if action == Action::Continue && abi::resume_request().is_err() {
            meter.meter(Event::HostRefused);
        }
    }

    /// Waits for the body, or judges it if it has come.
    fn read(&mut self, reading: Box<Reading>, desk: &mut Desk<'_>) -> Action {
        if *desk.bodies == Bodies::WithHead {
            return self.judge(reading, Head::Held, desk);
        }
        let pass = reading.so_far(desk.engine);
        if carry(&pass).is_err() {
            return self.unreadable(&desk.host);
        }
        self.stage = Stage::Reading(reading, Head::Gone);
        Action::Continue
    }

    /// What the body does.
    pub(super) fn body(&mut self, size: usize, end_of_stream: bool, desk: &mut Desk<'_>) -> Action {
        self.body.size = size;
        self.body.ended |= end_of_stream;
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Probing(reading) => {
                *desk.bodies = Bodies::WithHead;
                self.judge(reading, Head::Held, desk)
            }
            Stage::Reading(reading, head) => self.judge(reading, head, desk),
            other => {
                if matches!(other, Stage::Waiting(_) | Stage::Verifying(_, Head::Held)) {
                    *desk.bodies = Bodies::WithHead;
                }
                self.stage = other;
                self.rest()
            }
        }
    }

    /// What trailers do, without what stands in them under our prefix: some applications make headers of them.
    pub(super) fn trailers(&mut self, desk: &mut Desk<'_>) -> Action {
        self.body.ended = true;
        if strip(HeaderMap::RequestTrailers).is_err() {
            return self.unreadable(&desk.host);
        }
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Reading(reading, head) => self.judge(reading, head, desk),
            Stage::Probing(reading) => self.judge(reading, Head::Held, desk),
            other => {
                self.stage = other;
                self.rest()
            }
        }
    }

    /// What comes behind the head does when nobody reads it. As long as no verdict has been reached, it must wait as well: with
    /// `allow_on_headers_stop_iteration`, `Continue` would release the request unjudged.
    const fn rest(&self) -> Action {
        match self.stage {
            Stage::Open | Stage::Watching(_) => Action::Continue,
            Stage::Waiting(_)
            | Stage::Probing(_)
            | Stage::Reading(..)
            | Stage::Verifying(..)
            | Stage::Answered => Action::Pause,
        }
    }

    /// Judges the request with its body, once enough of that has come.
    fn judge(&mut self, reading: Box<Reading>, head: Head, desk: &mut Desk<'_>) -> Action {
        let limit = desk.engine.policy().identity.body_limit;
        let Received { size, ended } = self.body;
        let bytes;
        let body = match size {
            _ if size > limit => BodyBytes::TooLarge,
            _ if !ended => {
                self.stage = Stage::Reading(reading, head);
                return Action::Pause;
            }
            0 => BodyBytes::Absent,
            _ => match abi::buffer(Buffer::RequestBody, size) {
                Ok(read) if read.len() == size => {
                    bytes = read;
                    BodyBytes::Whole(&bytes)
                }
                _ => return self.unreadable(&desk.host),
            },
        };
        match reading.finish(body, desk.engine, &desk.host) {
            Step::Done(outcome) => self.conclude(outcome, head, &desk.host),
            Step::Reads(reading) => {
                self.stage = Stage::Reading(reading, head);
                Action::Pause
            }
            Step::Verifies(verifying) => {
                self.stage = Stage::Verifying(verifying, head);
                Action::Pause
            }
        }
    }

    /// Carries out the outcome of a request, whose head may have gone on before.
    fn conclude(&mut self, outcome: Outcome, head: Head, meter: &impl Meter) -> Action {
        match (outcome, head) {
            (Outcome::Pass(pass, watch), Head::Gone) => {
                put_state(&pass.state);
                self.watch(watch, pass.cookies);
                Action::Continue
            }
            (outcome, _) => self.finish(outcome, meter),
        }
    }

    /// Goes on; the answer gets these cookies.
    fn watch(&mut self, watch: Option<Box<Watch>>, cookies: Vec<String>) {
        self.stage = match watch.is_some() || !cookies.is_empty() {
            true => Stage::Watching(Watching::new(watch, cookies)),
            false => Stage::Open,
        };
    }

    /// The request is over.
    pub(super) fn end(self, desk: &Desk<'_>) {
        match self.stage {
            Stage::Watching(watching) => watching.cut_off(desk),
            Stage::Probing(reading) | Stage::Reading(reading, _) => {
                reading.cut_off(desk.engine, &desk.host);
            }
            Stage::Verifying(verifying, _) => verifying.cut_off(desk.engine, &desk.host),
            Stage::Open | Stage::Waiting(_) | Stage::Answered => {}
        }
    }

    /// Carries out the outcome, in the headers callback or later.
    fn finish(&mut self, outcome: Outcome, meter: &impl Meter) -> Action {
        let changed = match outcome {
            Outcome::Unprotected { strip: false } => return Action::Continue,
            Outcome::Unprotected { strip: true } => strip(HeaderMap::Request),
            Outcome::Pass(pass, watch) => {
                let carried = carry(&pass);
                self.watch(watch, pass.cookies);
                carried
            }
            Outcome::Answer(reply) => return self.answer(&reply, meter),
            Outcome::Refuse(refused) => return self.refuse(*refused, meter),
        };
        match changed {
            Ok(()) => Action::Continue,
            // Forged headers must not reach the application, whatever the host's reason.
            Err(_) => self.unreadable(meter),
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
    if pass.unconditional {
        remove(HeaderMap::Request, is_conditional)?;
    }
    if pass.plain_answer {
        abi::remove_header(HeaderMap::Request, b"accept-encoding")?;
    }
    pass.headers.iter().try_for_each(|(name, value)| {
        abi::add_header(HeaderMap::Request, name.as_bytes(), value.as_bytes())
    })
}

/// Removes everything that stands under our prefix, whoever wrote it.
fn strip(map: HeaderMap) -> HostResult<()> {
    remove(map, |name| has_prefix(name, HEADER_PREFIX.as_bytes()))
}

/// Removes every header that is one of these.
fn remove(map: HeaderMap, is_one: impl Fn(&[u8]) -> bool) -> HostResult<()> {
    let headers = HeaderBlock::new(abi::headers(map)?);
    let found = headers.iter().map(|(name, _)| name);
    // Of several lines of one name the first call removes all; the others find none, which is no error.
    for name in found.filter(|name| is_one(name)) {
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
