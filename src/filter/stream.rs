//! One request's life in the host: what its callbacks answer.

mod verdict;

use super::body::{Extent, Head, Next, Received};
use super::desk::{Bodies, Desk};
use super::watching::Watching;
use super::wire::{Action, HeaderMap, Wire};
use crate::callout::Response;
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Knowledge;
use crate::message::HeaderBlock;
use crate::request::{Expected, LetGo, Outcome, Progress, Reading, Step, Verifying, Waiting};
use crate::response::Origin;
use crate::telemetry::Event;
use crate::time::Time;
use verdict::{carry, put_state, strip};

/// One request.
#[derive(Debug)]
pub(super) struct Stream {
    /// The root context whose configuration it runs under.
    pub(super) root: u32,
    stage: Stage,
    body: Received,
    /// How large the request was when only its head had come, if it waits.
    head_size: Option<u64>,
    /// Since when it waits for its body.
    since: Option<Time>,
    /// Whether the host has been told to wait, and not yet to go on.
    paused: bool,
    /// Whether somebody looks after it while a bound holds.
    pub(super) attended: bool,
}

#[derive(Debug)]
enum Stage {
    /// Nothing has been seen of it, or it went on and nobody wants to know more.
    Open,
    /// It waits for a lookup.
    Waiting(Box<Waiting>),
    /// It waits for its body.
    Reading(Box<Reading>, Head),
    /// It waits for the service that verifies its captcha.
    Verifying(Box<Verifying>, Head),
    /// It went on, and what the application answers matters.
    Watching(Watching),
    /// The application has answered its head alone, and that was judged: nothing of its body may go on.
    Sealed(Watching),
    /// It was answered here, and nothing of it may go on.
    Answered,
}

impl Stream {
    pub(super) fn new(root: u32) -> Self {
        Self {
            root,
            stage: Stage::Open,
            body: Received::default(),
            head_size: None,
            since: None,
            paused: false,
            attended: false,
        }
    }

    /// Whether it waits for its body, or its answer is held back: neither for longer than its bound.
    pub(super) const fn is_bounded(&self) -> bool {
        match &self.stage {
            Stage::Reading(..) => true,
            Stage::Watching(watching) | Stage::Sealed(watching) => watching.is_held(),
            _ => false,
        }
    }

    /// Whether it waits for a captcha's service.
    #[cfg(test)]
    pub(super) const fn is_verifying(&self) -> bool {
        matches!(self.stage, Stage::Verifying(..))
    }

    #[cfg(test)]
    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    /// Carries out what became of the head, in the headers callback.
    pub(super) fn begin<H: Host + Wire>(
        &mut self,
        progress: Progress,
        headers: &HeaderBlock,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        let step = match progress {
            Progress::Step(step) => step,
            Progress::Waits(waiting) => {
                self.expect(&waiting.expected(desk.engine), headers, &desk.host);
                self.stage = Stage::Waiting(waiting);
                return self.told(Action::Pause);
            }
        };
        match &step {
            Step::Reads(reading) => {
                self.expect(&reading.expected(desk.engine), headers, &desk.host)
            }
            Step::Verifies(verifying) => {
                self.expect(&verifying.expected(desk.engine), headers, &desk.host)
            }
            Step::Done(_) => {}
        }
        let action = match step {
            Step::Done(outcome) => self.finish(outcome, &desk.host),
            // What comes in one piece with the head is told, or counted, a moment later.
            Step::Reads(reading) => self.read(reading, Head::Held, Some(0), desk),
            Step::Verifies(verifying) => {
                self.stage = Stage::Verifying(verifying, Head::Held);
                Action::Pause
            }
        };
        self.told(action)
    }

    /// Makes ready for a body. A filter before this one may have held the head until the body had come, so what the host has received
    /// by now is not the head alone.
    fn expect(&mut self, expected: &Expected, headers: &HeaderBlock, wire: &impl Wire) {
        self.body = Received::new(expected);
        self.head_size = wire.request_size().map(|size| size.min(headers.size()));
    }

    /// Goes on, or waits, as a lookup has brought it about; the host waits for a call to go on.
    pub(super) fn looked_up<H: Host + Wire>(
        &mut self,
        knowledge: Knowledge,
        desk: &mut Desk<'_, H>,
    ) {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Waiting(waiting) => {
                let step = waiting.resume(knowledge, desk.engine, &desk.host);
                self.resume(step, Head::Held, desk);
            }
            other => self.stage = other,
        }
    }

    /// Goes on with what a captcha's service has answered; `None` when it has not.
    pub(super) fn verified<H: Host + Wire>(
        &mut self,
        response: Option<Response<'_>>,
        desk: &mut Desk<'_, H>,
    ) {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Verifying(verifying, head) => {
                let step = verifying.resume(response, desk.engine, &desk.host);
                self.resume(step, head, desk);
            }
            other => self.stage = other,
        }
    }

    /// Looks whether it still has to wait for its body, or its answer for more of itself.
    pub(super) fn tick<H: Host + Wire>(&mut self, desk: &mut Desk<'_, H>) {
        match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Reading(reading, head) => self.resume(Step::Reads(reading), head, desk),
            other => {
                self.stage = other;
                if let Some(watching) = self.watching() {
                    watching.tick(&desk.host);
                }
            }
        }
    }

    fn resume<H: Host + Wire>(&mut self, step: Step, head: Head, desk: &mut Desk<'_, H>) {
        let at_host = match &step {
            Step::Reads(_) if head == Head::Held => self.at_host(&desk.host),
            _ => None,
        };
        if self.step(step, head, at_host, desk) == Action::Continue
            && std::mem::take(&mut self.paused)
            && desk.host.resume_request().is_err()
        {
            desk.host.meter(Event::HostRefused);
        }
    }

    /// How much of the body the host has received.
    fn at_host(&self, wire: &impl Wire) -> Option<u64> {
        let all = wire.request_size()?;
        Some(all.saturating_sub(self.head_size?))
    }

    fn step<H: Host + Wire>(
        &mut self,
        step: Step,
        head: Head,
        at_host: Option<u64>,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        match step {
            Step::Done(outcome) => self.conclude(outcome, head, &desk.host),
            Step::Reads(reading) => self.read(reading, head, at_host, desk),
            Step::Verifies(verifying) => {
                self.stage = Stage::Verifying(verifying, head);
                Action::Pause
            }
        }
    }

    /// Waits for the body, judges it, or lets the head go on before it.
    fn read<H: Host + Wire>(
        &mut self,
        reading: Box<Reading>,
        head: Head,
        at_host: Option<u64>,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        let expected = reading.expected(desk.engine);
        let now = desk.host.now();
        let waited = now.waited(self.since.get_or_insert(now));
        let next = self
            .body
            .next(&expected, head, at_host, desk.bodies, waited);
        let has_come = match next {
            Next::Judge(extent) => return self.judge(reading, head, extent, desk),
            Next::Wait => {
                self.stage = Stage::Reading(reading, head);
                return Action::Pause;
            }
            Next::LetGo(has_come) => has_come,
        };
        match reading.let_go(has_come, desk.engine, &desk.host) {
            LetGo::Ends(outcome) => self.finish(outcome, &desk.host),
            LetGo::Goes(reading, pass) => match carry(&pass, &desk.host) {
                Ok(()) => {
                    // What was kept back until now comes from now on.
                    self.since = None;
                    self.stage = Stage::Reading(reading, Head::Gone);
                    Action::Continue
                }
                Err(_) => self.unreadable(&desk.host),
            },
        }
    }

    /// What the body does.
    pub(super) fn body<H: Host + Wire>(
        &mut self,
        size: usize,
        end_of_stream: bool,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        if self.stage.is_undecided() && !self.body.take(size, end_of_stream, &desk.host) {
            return self.unreadable(&desk.host);
        }
        self.comes(desk)
    }

    /// What trailers do, without what stands in them under our prefix: some applications make headers of them.
    pub(super) fn trailers<H: Host + Wire>(&mut self, desk: &mut Desk<'_, H>) -> Action {
        self.body.end();
        if strip(HeaderMap::RequestTrailers, &desk.host).is_err() {
            return self.unreadable(&desk.host);
        }
        self.comes(desk)
    }

    /// More of the request has come behind its head. As long as no verdict has been reached, it must wait as well: with
    /// `allow_on_headers_stop_iteration`, `Continue` would release the request unjudged.
    fn comes<H: Host + Wire>(&mut self, desk: &mut Desk<'_, H>) -> Action {
        if self.stage.holds_head() {
            *desk.bodies = Bodies::WithHead;
        }
        let limit = match &self.stage {
            Stage::Open | Stage::Watching(_) => return Action::Continue,
            Stage::Sealed(_) => return Action::Hold,
            Stage::Answered => return Action::Pause,
            Stage::Waiting(waiting) => waiting.expected(desk.engine).limit,
            Stage::Reading(reading, _) => reading.expected(desk.engine).limit,
            Stage::Verifying(verifying, _) => verifying.expected(desk.engine).limit,
        };
        let action = match std::mem::replace(&mut self.stage, Stage::Open) {
            Stage::Reading(reading, head) => self.read(reading, head, Some(0), desk),
            other => {
                self.stage = other;
                Action::Pause
            }
        };
        let action = match action {
            Action::Continue => action,
            _ => self.body.hold(limit),
        };
        self.told(action)
    }

    const fn told(&mut self, action: Action) -> Action {
        self.paused = !matches!(action, Action::Continue);
        action
    }

    /// What the headers of the answer do.
    pub(super) fn answered<H: Host + Wire>(
        &mut self,
        end_of_stream: bool,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        // Whoever answers, be it a filter behind this one: what the head says has been tried, and a refusal takes the place of the answer.
        // What certainly reached nobody has not.
        if self.stage.went_ahead() {
            let reached_nobody = desk.host.origin() == Origin::Undelivered;
            let outcome = match std::mem::replace(&mut self.stage, Stage::Open) {
                Stage::Reading(reading, _) if reached_nobody => {
                    reading.cut_off(desk.engine, &desk.host);
                    None
                }
                Stage::Verifying(verifying, _) if reached_nobody => {
                    verifying.cut_off(desk.engine, &desk.host);
                    None
                }
                Stage::Reading(reading, _) => {
                    match reading.finish(BodyBytes::Absent, desk.engine, &desk.host) {
                        Step::Done(outcome) => Some(outcome),
                        Step::Verifies(verifying) => {
                            Some(verifying.give_up(desk.engine, &desk.host))
                        }
                        Step::Reads(_) => None,
                    }
                }
                Stage::Verifying(verifying, _) => Some(verifying.give_up(desk.engine, &desk.host)),
                other => {
                    self.stage = other;
                    None
                }
            };
            match outcome {
                Some(Outcome::Pass(pass, watch)) => {
                    put_state(&pass.state, &desk.host);
                    self.stage = Stage::Sealed(Watching::new(watch, pass.cookies));
                }
                Some(outcome) => return self.finish(outcome, &desk.host),
                None => {}
            }
        }
        match self.watching() {
            Some(watching) => watching.headers(end_of_stream, desk),
            None => Action::Continue,
        }
    }

    /// What has come of the answer that is watched, if one is.
    pub(super) const fn watching(&mut self) -> Option<&mut Watching> {
        match &mut self.stage {
            Stage::Watching(watching) | Stage::Sealed(watching) => Some(watching),
            _ => None,
        }
    }

    /// Judges the request with so much of its body.
    fn judge<H: Host + Wire>(
        &mut self,
        reading: Box<Reading>,
        head: Head,
        extent: Extent,
        desk: &mut Desk<'_, H>,
    ) -> Action {
        let bytes;
        let body = match extent {
            Extent::TooLarge => BodyBytes::TooLarge,
            Extent::Late => BodyBytes::Late,
            Extent::Whole => match self.body.bytes(&desk.host) {
                Some(read) => {
                    bytes = read;
                    match bytes.as_slice() {
                        [] => BodyBytes::Absent,
                        bytes => BodyBytes::Whole(bytes),
                    }
                }
                None => return self.unreadable(&desk.host),
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

    /// The request is over.
    pub(super) fn end<H: Host + Wire>(self, desk: &mut Desk<'_, H>) {
        match self.stage {
            Stage::Watching(watching) | Stage::Sealed(watching) => watching.cut_off(desk),
            Stage::Reading(reading, Head::Held) => reading.cut_off(desk.engine, &desk.host),
            Stage::Reading(reading, Head::Gone) => reading.abandon(desk.engine, &desk.host),
            Stage::Verifying(verifying, _) => verifying.cut_off(desk.engine, &desk.host),
            Stage::Waiting(waiting) => waiting.cut_off(desk.engine),
            Stage::Open | Stage::Answered => {}
        }
    }
}

impl Stage {
    /// Whether its head has gone on before its verdict.
    const fn went_ahead(&self) -> bool {
        matches!(
            self,
            Self::Reading(_, Head::Gone) | Self::Verifying(_, Head::Gone)
        )
    }

    /// Whether its head is held back.
    const fn holds_head(&self) -> bool {
        matches!(
            self,
            Self::Waiting(_) | Self::Reading(_, Head::Held) | Self::Verifying(_, Head::Held)
        )
    }

    const fn is_undecided(&self) -> bool {
        self.holds_head() || self.went_ahead()
    }
}
