//! What happens to one request, and what becomes of it.

use super::envoy::Envoy;
use super::{Asks, BODY, CLEAN, Case, Checked, Event, SOLVED, head};
use crate::callout::{Body, CallToken, Ended, Response, StreamId};
use crate::filter::stream::{Stream, Worker};
use crate::fleet::testing::Service;
use crate::request::{Action, Calling, Engine, Event as Happening, Outcome, Progress, Step, Woken};
use crate::response::Origin;

/// A run of one case.
pub(super) struct Run<'c> {
    case: &'c Case,
    engine: Engine,
    envoy: &'c Envoy,
    stream: Option<Stream>,
    /// Whether the head is held back.
    head_held: bool,
    /// What the host keeps back until the head has gone on, whether that ends the body, and whether by trailers.
    kept_back: (Vec<u8>, bool, bool),
    /// What the host keeps because it was told to wait.
    buffered: Vec<u8>,
    cumulative: bool,
    /// How much of the body the client has sent, and whether it has ended it.
    pub(super) sent: usize,
    pub(super) ended: bool,
    /// What the application has.
    pub(super) upstream: Option<Vec<u8>>,
    pub(super) upstream_ended: bool,
    /// How much of the body had come when the application got the head.
    pub(super) come_by_then: usize,
    /// Whether the client has got the answer to what went on.
    pub(super) delivered: bool,
    /// Whether that says that the request has certainly reached nobody.
    pub(super) reached_nobody: bool,
    /// What counts for the fleet.
    service: Service,
}

impl<'c> Run<'c> {
    pub(super) fn new(case: &'c Case, envoy: &'c Envoy) -> Self {
        Self {
            case,
            engine: case.engine(),
            envoy,
            stream: Some(Stream::new(1)),
            head_held: false,
            kept_back: (Vec::new(), false, false),
            buffered: Vec::new(),
            cumulative: false,
            sent: 0,
            ended: false,
            upstream: None,
            upstream_ended: false,
            come_by_then: 0,
            delivered: false,
            reached_nobody: false,
            service: Service::default(),
        }
    }

    /// Runs a callback, and does what it has asked for.
    fn call<R>(
        &mut self,
        run: impl FnOnce(&mut Stream, &mut Worker<'_, &'c Envoy>) -> R,
    ) -> Option<R> {
        let stream = self.stream.as_mut()?;
        let mut worker = Worker {
            engine: &mut self.engine,
            host: self.envoy,
        };
        Some(run(stream, &mut worker))
    }

    pub(super) fn is_over(&self) -> bool {
        self.envoy.reply.get().is_some() || self.delivered
    }

    pub(super) fn begin(&mut self) {
        let length = BODY.len().to_string();
        let mut more = Vec::new();
        if self.case.has_length {
            more.push(("content-length", length.as_str()));
        }
        if self.case.basic {
            more.push(("authorization", "Basic YWxpY2U6eA=="));
        }
        let headers = head("/login", &more);
        self.envoy.size.set(headers.size());
        let action = self.call(|stream, worker| {
            let head = Happening::Head {
                headers: &headers,
                ends: false,
                stream: StreamId(1),
            };
            stream.comes(head, worker)
        });
        match action {
            Some(Action::Continue) => self.pass_on(),
            _ => self.head_held = true,
        }
        self.go_on();
    }

    fn pass_on(&mut self) {
        if self.envoy.reply.get().is_none() {
            self.head_held = false;
            if self.upstream.is_none() {
                self.come_by_then = self.sent;
            }
            let body = self.upstream.get_or_insert_default();
            body.append(&mut self.buffered);
        }
    }

    /// What the filter has let go on outside of a callback of its own.
    fn go_on(&mut self) {
        if !self.envoy.resumed.replace(false) || self.envoy.reply.get().is_some() {
            return;
        }
        self.pass_on();
        if self.ended && self.kept_back.0.is_empty() && !self.kept_back.1 {
            self.upstream_ended = true;
        }
        let (piece, ends, by_trailers) = std::mem::take(&mut self.kept_back);
        if !piece.is_empty() || ends && !by_trailers {
            self.hand_over(&piece, ends && !by_trailers);
        }
        if by_trailers {
            self.hand_over_trailers();
        }
    }

    fn hand_over(&mut self, piece: &[u8], ends: bool) {
        let told = if self.cumulative {
            self.buffered.extend_from_slice(piece);
            *self.envoy.visible.borrow_mut() = self.buffered.clone();
            self.buffered.len()
        } else {
            *self.envoy.visible.borrow_mut() = piece.to_vec();
            piece.len()
        };
        let was_cumulative = self.cumulative;
        let action =
            self.call(|stream, worker| stream.comes(Happening::Body { size: told, ends }, worker));
        if !was_cumulative {
            self.buffered.extend_from_slice(piece);
        }
        self.cumulative = action == Some(Action::Pause);
        *self.envoy.visible.borrow_mut() = self.buffered.clone();
        if action == Some(Action::Continue) {
            self.pass_on();
            self.upstream_ended |= ends && self.envoy.reply.get().is_none();
        }
        self.go_on();
    }

    fn hand_over_trailers(&mut self) {
        let action = self.call(|stream, worker| stream.comes(Happening::Trailers, worker));
        if action == Some(Action::Continue) {
            self.pass_on();
            self.upstream_ended |= self.envoy.reply.get().is_none();
        }
        self.go_on();
    }

    fn come(&mut self, piece: &[u8], ends: bool, by_trailers: bool) {
        if self.ended || self.is_over() {
            return;
        }
        self.sent += piece.len();
        self.ended |= ends;
        let size = self.envoy.size.get() + u64::try_from(piece.len()).expect("small");
        self.envoy.size.set(size);
        if self.head_held && !self.case.flag {
            self.kept_back.0.extend_from_slice(piece);
            self.kept_back.1 |= ends;
            self.kept_back.2 |= by_trailers;
            return;
        }
        if !piece.is_empty() || ends && !by_trailers {
            self.hand_over(piece, ends && !by_trailers);
        }
        if by_trailers && self.envoy.reply.get().is_none() {
            self.hand_over_trailers();
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        let rest = BODY.as_bytes().get(self.sent..).unwrap_or_default();
        match event {
            Event::Piece(size) => {
                let piece = rest.get(..size.min(rest.len())).unwrap_or_default();
                let ends = self.case.has_length && piece.len() == rest.len();
                if !piece.is_empty() {
                    self.come(piece, ends, false);
                }
            }
            Event::End => self.come(rest, true, false),
            // A body of a known length must have come whole before them.
            Event::Trailers if self.case.has_length => self.come(rest, true, true),
            Event::Trailers => self.come(b"", true, true),
            Event::LookedUp => {
                if self
                    .stream
                    .as_ref()
                    .is_some_and(|stream| stream.request.is_waiting())
                {
                    self.looked_up();
                }
            }
            Event::Called => {
                if self
                    .stream
                    .as_ref()
                    .is_some_and(|stream| stream.request.is_tallying())
                {
                    self.tallied();
                    return;
                }
                let waits = self
                    .stream
                    .as_ref()
                    .is_some_and(|stream| stream.request.is_verifying());
                if let (true, Asks::Captcha(solved)) = (waits, self.case.asks) {
                    let body = if solved { SOLVED } else { "{}" };
                    let response = Response {
                        status: Some(200),
                        retry_after: None,
                        body: Body::Whole(body.as_bytes()),
                    };
                    self.call(|stream, worker| {
                        stream.happens(Happening::Called(Some(response)), worker)
                    });
                    self.go_on();
                }
            }
            Event::Ranged => self.ranged(),
            Event::Tick(milliseconds) => {
                self.envoy.host.pass_milliseconds(milliseconds);
                if !self.is_over() {
                    self.call(|stream, worker| stream.happens(Happening::Tick, worker));
                    self.go_on();
                }
            }
            Event::SetBack(seconds) => {
                self.envoy.host.set_back(seconds);
                // The host's next tick comes before long.
                self.happen(Event::Tick(0));
            }
            Event::Answer(origin) => {
                if self.upstream.is_some() && !self.is_over() {
                    self.envoy.host.origin.set(Some(origin));
                    self.call(|stream, worker| {
                        stream.is_answered(Happening::Answer { ends: true }, worker)
                    });
                    self.delivered = self.envoy.reply.get().is_none();
                    self.reached_nobody = origin == Origin::Undelivered;
                }
            }
        }
    }

    /// The service has answered the last call to it.
    fn answer_of_fleet(&mut self) -> (CallToken, Vec<u8>) {
        let calls = self.envoy.host.calls.borrow();
        let is_own = |path: &str| path.starts_with("/envoy.service.ratelimit");
        let place = calls.iter().rposition(|call| is_own(&call.path));
        let place = place.expect("a call");
        let second = self.envoy.host.time().nanos() / 1_000_000_000;
        let answer = self.service.answer(&calls[place], second);
        let token = CallToken(u32::try_from(place + 1).expect("few"));
        (token, answer)
    }

    fn tallied(&mut self) {
        let (token, answer) = self.answer_of_fleet();
        match self
            .engine
            .call_ended(token, answered(&answer), &self.envoy)
        {
            Woken::Called(_, response) => {
                self.call(|stream, worker| stream.happens(Happening::Called(response), worker));
                self.go_on();
            }
            other => panic!("nobody is woken: {other:?}"),
        }
    }

    /// The service of ranges has answered, or not.
    fn ranged(&mut self) {
        let calls = self.envoy.host.calls.borrow();
        let place = calls
            .iter()
            .rposition(|call| call.path.starts_with("/range/"));
        drop(calls);
        let (Some(place), Checked::Yes { answers, .. }) = (place, self.case.checked) else {
            return;
        };
        let token = CallToken(u32::try_from(place + 1).expect("few"));
        let range = b"0018A45C4D1DEF81644B54AB7F969B88D65:1";
        let ended = if answers {
            answered(range)
        } else {
            Ended::Reset
        };
        // The call may have ended before.
        if let Woken::Ranged(waiters, range) = self.engine.call_ended(token, ended, &self.envoy)
            && waiters.contains(&StreamId(1))
        {
            self.call(|stream, worker| {
                stream.happens(Happening::Ranged(range.as_deref()), worker);
            });
            self.go_on();
        }
    }

    fn looked_up(&mut self) {
        let calls = self.envoy.host.calls.borrow();
        let place = calls
            .iter()
            .position(|call| call.method == "GET" && !call.path.starts_with("/range/"));
        drop(calls);
        let token = CallToken(u32::try_from(place.map_or(1, |place| place + 1)).expect("few"));
        let ended = Ended::Answered(Response {
            status: Some(200),
            retry_after: None,
            body: Body::Whole(CLEAN.as_bytes()),
        });
        let Woken::Lookup(_, knowledge, _) = self.engine.call_ended(token, ended, &self.envoy)
        else {
            panic!("nobody waits");
        };
        self.call(|stream, worker| stream.happens(Happening::LookedUp(knowledge), worker));
        self.go_on();
    }

    pub(super) fn end(&mut self) {
        let mut stream = self.stream.take().expect("once");
        let mut worker = Worker {
            engine: &mut self.engine,
            host: self.envoy,
        };
        stream.happens(Happening::Over, &mut worker);
    }

    /// Whether another login of the account passes.
    pub(super) fn probe(&mut self) -> bool {
        let basic = [("authorization", "Basic YWxpY2U6eA==")];
        let headers = head("/probe", &basic);
        // The counters are those of the first.
        let progress = self.engine.begin(&headers, true, StreamId(2), &self.envoy);
        let Progress::Step(Step::Calls(Calling::Tallying(tallying))) = progress else {
            return matches!(progress, Progress::Step(Step::Done(Outcome::Pass(..))));
        };
        let (token, answer) = self.answer_of_fleet();
        let woken = self
            .engine
            .call_ended(token, answered(&answer), &self.envoy);
        let Woken::Called(_, response) = woken else {
            panic!("nobody is woken: {woken:?}");
        };
        let step = tallying.resume(response, &mut self.engine, &self.envoy);
        matches!(step, Step::Done(Outcome::Pass(..)))
    }
}

fn answered(body: &[u8]) -> Ended<'_> {
    Ended::Answered(Response {
        status: Some(200),
        retry_after: None,
        body: Body::Whole(body),
    })
}
