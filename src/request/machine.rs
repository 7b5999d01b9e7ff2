//! One request's life as one machine: what may happen in which state, whether its head may leave, and what the host is
//! told.

use super::answer::Watching;
use super::bodies::Bodies;
use super::body::{Extent, Head, Next, Received};
use super::effect::{Action, Change, Effect, Event};
use super::engine::Engine;
use super::expected::Expected;
use super::outcome::Outcome;
use super::rematch::Unprotected;
use super::state::{State, Turn, conclude, finish, unreadable};
use super::step::{Calling, LetGo, Progress, Reading, Step};
use crate::breach::Range;
use crate::callout::{Response, StreamId};
use crate::host::Exchange;
use crate::identity::account::BodyBytes;
use crate::intelligence::Knowledge;
use crate::message::HeaderBlock;
use crate::response::Origin;
use crate::time::Time;

/// One request.
#[derive(Debug, Default)]
pub struct Request {
    state: State,
    body: Received,
    /// How large the request was when only its head had come, if it waits.
    head_size: Option<u64>,
    /// Since when it waits for its body.
    since: Option<Time>,
}

impl Request {
    /// Whether it waits for its body, or its answer is held back: neither for longer than its bound, so it is to be
    /// told of time that passes.
    #[must_use]
    pub const fn is_bounded(&self) -> bool {
        match &self.state {
            State::Reading(..) => true,
            State::Watching(watching) | State::Sealed(watching) => watching.is_held(),
            _ => false,
        }
    }

    /// Whether nothing follows from its answer or its end: it went on and nobody wants to know more, or it was answered
    /// here.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.state, State::Open | State::Answered)
    }

    /// Whether it waits for a lookup.
    #[cfg(test)]
    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// Whether it waits for a captcha's service.
    #[cfg(test)]
    pub(crate) const fn is_verifying(&self) -> bool {
        matches!(self.state, State::Calling(Calling::Verifying(_), _))
    }

    /// Whether it waits for what the fleet has counted.
    #[cfg(test)]
    pub(crate) const fn is_tallying(&self) -> bool {
        matches!(self.state, State::Calling(Calling::Tallying(_), _))
    }

    /// Something happens to it. What the host is told then; [`Action::Pause`] leaves all as it is.
    pub fn on_event(
        &mut self,
        event: Event<'_>,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Effect {
        let state = std::mem::take(&mut self.state);
        let (state, effect) = match event {
            Event::Head {
                headers,
                ends,
                stream,
            } => self.begin(headers, ends, stream, engine, host),
            Event::Body { size, ends } => {
                match state.is_undecided() && !self.body.take(size, ends, host) {
                    true => unreadable(host),
                    false => self.comes(state, engine, host),
                }
            }
            Event::Trailers => {
                self.body.end();
                self.comes(state, engine, host)
            }
            Event::LookedUp(knowledge) => self.looked_up(state, knowledge, engine, host),
            Event::Called(response) => self.called(state, response, engine, host),
            Event::Ranged(range) => self.ranged(state, range, engine, host),
            Event::Tick => self.tick(state, engine, host),
            Event::Answer { ends } => {
                let (state, mut effect) = answered(state, ends, engine, host);
                effect.hides.clone_from(&engine.hidden);
                (state, effect)
            }
            Event::AnswerBody { size, ends } => {
                state.watched(|watching| watching.body(size, ends, engine, host))
            }
            Event::AnswerTrailers => state.watched(|watching| watching.trailers(engine, host)),
            Event::Unreadable => unreadable(host),
            Event::Over => {
                state.end(engine, host);
                (State::Open, Effect::default())
            }
        };
        self.state = state;
        engine.flush(host);
        effect
    }

    fn begin(
        &mut self,
        headers: &HeaderBlock,
        ends: bool,
        stream: StreamId,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        let step = match engine.begin(headers, ends, stream, host) {
            Progress::Step(step) => step,
            Progress::Waits(waiting) => {
                self.expect(&waiting.expected(engine), headers, host);
                return (State::Waiting(waiting), Effect::default());
            }
            Progress::Redeems(redeeming) => {
                return (State::Redeeming(redeeming), Effect::default());
            }
        };
        match step {
            Step::Done(outcome) => finish(outcome),
            Step::Reads(reading) => {
                self.expect(&reading.expected(engine), headers, host);
                // What comes in one piece with the head is told, or counted, a moment later.
                self.read(reading, Head::Held, Some(0), engine, host)
            }
            Step::Calls(calling) => {
                self.expect(&calling.expected(engine), headers, host);
                (State::Calling(calling, Head::Held), Effect::default())
            }
        }
    }

    /// Makes ready for a body. A filter before this one may have held the head until the body had come, so what the
    /// host has received by now is not the head alone.
    fn expect(&mut self, expected: &Expected, headers: &HeaderBlock, host: &impl Exchange) {
        self.body = Received::new(expected);
        self.head_size = host.request_size().map(|size| size.min(headers.size()));
    }

    fn looked_up(
        &mut self,
        state: State,
        knowledge: Knowledge,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        match state {
            State::Waiting(waiting) => {
                let step = waiting.resume(knowledge, engine, host);
                self.resume(step, Head::Held, engine, host)
            }
            other => (other, Effect::default()),
        }
    }

    fn called(
        &mut self,
        state: State,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        match state {
            State::Calling(calling, head) => {
                let step = calling.resume(response, engine, host);
                self.resume(step, head, engine, host)
            }
            State::Redeeming(redeeming) => {
                let reply = redeeming.resume(response, engine, host);
                finish(Outcome::Answer(Box::new(reply)))
            }
            other => (other, Effect::default()),
        }
    }

    /// What is known of its password is kept as long as it waits for something else.
    fn ranged(
        &mut self,
        mut state: State,
        range: Option<&Range>,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        if let Some(subject) = state.subject() {
            engine.hear_range(subject, range, host);
        }
        match state {
            State::Calling(Calling::Checking(checking), head) => {
                let step = checking.resume(engine, host);
                self.resume(step, head, engine, host)
            }
            other => (other, Effect::default()),
        }
    }

    /// Looks whether it still has to wait for its body, or its answer for more of itself.
    fn tick(&mut self, state: State, engine: &mut Engine, host: &impl Exchange) -> Turn {
        match state {
            State::Reading(reading, head) => self.resume(Step::Reads(reading), head, engine, host),
            State::Watching(mut watching) => {
                let effect = watching.tick(engine, host);
                (State::Watching(watching), effect)
            }
            State::Sealed(mut watching) => {
                let effect = watching.tick(engine, host);
                (State::Sealed(watching), effect)
            }
            other => (other, Effect::default()),
        }
    }

    fn resume(
        &mut self,
        step: Step,
        head: Head,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        match step {
            Step::Done(outcome) => conclude(outcome, head),
            Step::Reads(reading) => {
                let at_host = match head {
                    Head::Held => self.at_host(host),
                    Head::Gone => None,
                };
                self.read(reading, head, at_host, engine, host)
            }
            Step::Calls(calling) => (State::Calling(calling, head), Effect::default()),
        }
    }

    /// How much of the body the host has received.
    fn at_host(&self, host: &impl Exchange) -> Option<u64> {
        let all = host.request_size()?;
        Some(all.saturating_sub(self.head_size?))
    }

    /// Waits for the body, judges it, or lets the head go on before it.
    fn read(
        &mut self,
        reading: Box<Reading>,
        head: Head,
        at_host: Option<u64>,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        let expected = reading.expected(engine);
        let now = host.now();
        let waited = now.waited(self.since.get_or_insert(now));
        let next = self
            .body
            .next(&expected, head, at_host, &mut engine.bodies, waited);
        let has_come = match next {
            Next::Judge(extent) => return self.judge(reading, head, extent, engine, host),
            Next::Wait => return (State::Reading(reading, head), Effect::default()),
            Next::LetGo(has_come) => has_come,
        };
        match reading.let_go(has_come, engine, host) {
            LetGo::Ends(outcome) => finish(outcome),
            LetGo::Calls(calling) => (State::Calling(calling, head), Effect::default()),
            LetGo::Goes(reading, pass) => {
                // What was kept back until now comes from now on.
                self.since = None;
                let effect = Effect::going_on(Change::Pass(Box::new(pass)));
                (State::Reading(reading, Head::Gone), effect)
            }
        }
    }

    /// Judges the request with so much of its body.
    fn judge(
        &mut self,
        reading: Box<Reading>,
        head: Head,
        extent: Extent,
        engine: &mut Engine,
        host: &impl Exchange,
    ) -> Turn {
        let bytes;
        let body = match extent {
            Extent::TooLarge => BodyBytes::TooLarge,
            Extent::Late => BodyBytes::Late,
            Extent::Whole => match self.body.bytes(host) {
                Some(read) => {
                    bytes = read;
                    match &*bytes {
                        [] => BodyBytes::Absent,
                        bytes => BodyBytes::Whole(bytes),
                    }
                }
                None => return unreadable(host),
            },
        };
        let reading = match reading.rematch(body, engine, host) {
            Ok(reading) => reading,
            Err(Unprotected { strip }) => return conclude(Outcome::Unprotected { strip }, head),
        };
        match reading.finish(body, engine, host) {
            Step::Done(outcome) => conclude(outcome, head),
            Step::Reads(reading) => (State::Reading(reading, head), Effect::default()),
            Step::Calls(calling) => (State::Calling(calling, head), Effect::default()),
        }
    }

    /// More of the request has come behind its head. As long as no verdict has been reached, it must wait as well: with
    /// `allow_on_headers_stop_iteration`, `Continue` would release the request unjudged.
    fn comes(&mut self, state: State, engine: &mut Engine, host: &impl Exchange) -> Turn {
        if state.holds_head() {
            engine.bodies = Bodies::WithHead;
        }
        let limit = match &state {
            State::Open | State::Watching(_) => return (state, Effect::of(Action::Continue)),
            State::Sealed(_) => return (state, Effect::of(Action::Hold)),
            State::Answered => return (state, Effect::of(Action::Pause)),
            State::Waiting(waiting) => waiting.expected(engine).limit,
            State::Reading(reading, _) => reading.expected(engine).limit,
            State::Calling(calling, _) => calling.expected(engine).limit,
            // Nobody reads its body.
            State::Redeeming(_) => 0,
        };
        let (state, mut effect) = match state {
            State::Reading(reading, head) => self.read(reading, head, Some(0), engine, host),
            State::Waiting(mut waiting) => {
                let expected = waiting.expected(engine);
                if waiting.subject.awaits_password()
                    && let Some(bytes) = self.body.peek(&expected, host)
                {
                    engine.ask_ahead(&mut waiting.subject, BodyBytes::Whole(&bytes), host);
                }
                (State::Waiting(waiting), Effect::default())
            }
            other => (other, Effect::default()),
        };
        if effect.action != Action::Continue {
            effect.action = self.body.hold(limit);
        }
        (state, effect)
    }
}

/// The headers of the answer have come.
fn answered(mut state: State, ends: bool, engine: &mut Engine, host: &impl Exchange) -> Turn {
    if let State::Watching(watching) = &mut state
        && let Some(outcome) = watching.name(engine, host)
    {
        return finish(outcome);
    }
    // Whoever answers, be it a filter behind this one: what the head says has been tried, and a refusal takes the place
    // of the answer. What certainly reached nobody has not.
    if !state.went_ahead() {
        return state.watched(|watching| watching.headers(ends, engine, host));
    }
    let reached_nobody = host.origin() == Origin::Undelivered;
    let outcome = match state {
        State::Reading(reading, _) if reached_nobody => {
            reading.cut_off(engine, host);
            None
        }
        State::Calling(calling, _) if reached_nobody => {
            calling.cut_off(engine, host);
            None
        }
        State::Reading(reading, _) => match reading.finish(BodyBytes::Absent, engine, host) {
            Step::Done(outcome) => Some(outcome),
            Step::Calls(calling) => Some(calling.give_up(engine, host)),
            Step::Reads(_) => None,
        },
        State::Calling(calling, _) => Some(calling.give_up(engine, host)),
        _ => None,
    };
    match outcome {
        Some(Outcome::Pass(pass, watch)) => {
            let mut watching = Watching::new(watch, pass.cookies);
            if let Some(outcome) = watching.name(engine, host) {
                return finish(outcome);
            }
            let effect = Effect {
                state: pass.state,
                audit: pass.audit,
                ..watching.headers(ends, engine, host)
            };
            (State::Sealed(watching), effect)
        }
        Some(outcome) => finish(outcome),
        None => (State::Open, Effect::of(Action::Continue)),
    }
}
