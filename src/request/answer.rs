//! What the application answers to a request that has gone on.

use std::time::Duration;

use super::bodies::Bodies;
use super::effect::{Action, Effect};
use super::engine::Engine;
use super::outcome::Outcome;
use super::watch::{Gift, Watch, Watched};
use crate::host::Exchange;
use crate::message::HeaderBlock;
use crate::telemetry::{Event, SuccessResult};
use crate::time::Time;

/// An answer that is watched.
#[derive(Debug)]
pub(super) struct Watching {
    /// `None` when nothing more of it matters.
    watch: Option<Box<Watch>>,
    /// What the client gets with it.
    cookies: Vec<String>,
    /// Whether its headers are held back, until it is known whether a cookie is to be set.
    held: bool,
    /// How much of its body has been read.
    read: usize,
    /// When its headers were held back.
    since: Time,
}

/// How much of a body is held back at most: less than the buffers of careful Envoys, which would answer 500 if more
/// were.
const MOST_HELD: usize = 16 << 10;
/// How long headers are held back at most.
const LONGEST_HELD: Duration = Duration::from_secs(1);

/// Types of bodies that come bit by bit for as long as they like.
const ENDLESS: [&[u8]; 4] = [
    b"text/event-stream",
    b"multipart/x-mixed-replace",
    b"application/grpc",
    b"application/x-ndjson",
];

/// Whether headers may be held back until something stands in such a body.
fn may_wait(headers: &HeaderBlock) -> bool {
    let is_endless = |value: &[u8]| {
        ENDLESS.iter().any(|kind| {
            let start = value.get(..kind.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(kind))
        })
    };
    !headers.lines("content-type").any(is_endless)
}

impl Watching {
    pub(super) fn new(watch: Option<Box<Watch>>, cookies: Vec<String>) -> Self {
        Self {
            watch,
            cookies,
            held: false,
            read: 0,
            since: Time::default(),
        }
    }

    /// Learns from the headers of the answer whose account the request was about; what the client gets instead, where
    /// that was one attempt too many.
    pub(super) fn name(&mut self, engine: &mut Engine, host: &impl Exchange) -> Option<Outcome> {
        let unnamed = *self.watch.as_mut()?.take_unnamed()?;
        let named = match host.answer() {
            Some(headers) => engine.named_by(unnamed, &headers, host),
            None => Ok(unnamed.assessment),
        };
        match named {
            Ok(assessment) => {
                self.watch = engine.watch(assessment);
                None
            }
            Err(mut refused) => {
                self.watch = None;
                let cookies = std::mem::take(&mut self.cookies).into_iter();
                let set = cookies.map(|cookie| ("set-cookie", cookie.into()));
                refused.reply.headers.extend(set);
                Some(Outcome::Refuse(refused))
            }
        }
    }

    pub(super) fn headers(&mut self, ends: bool, engine: &Engine, host: &impl Exchange) -> Effect {
        let mut effect = Effect {
            action: Action::Continue,
            cookies: std::mem::take(&mut self.cookies),
            ..Effect::default()
        };
        let Some(watch) = self.watch.take() else {
            return effect;
        };
        let Some(headers) = host.answer() else {
            watch.cut_off(engine, host);
            return effect;
        };
        let watched = watch.headers(&headers, ends, engine, host);
        self.go_on(watched, &mut effect, engine, host);
        effect.tell(false, host);
        if let Some(watch) = &self.watch {
            // Where held headers keep the body from coming, this would be for ever.
            self.held =
                engine.bodies == Bodies::WithHead && watch.may_add(engine) && may_wait(&headers);
            self.since = host.now();
        }
        if self.held {
            effect.action = Action::Pause;
        } else {
            self.goes_before_its_body(&mut effect, engine, host);
        }
        effect
    }

    pub(super) fn body(
        &mut self,
        size: usize,
        ends: bool,
        engine: &Engine,
        host: &impl Exchange,
    ) -> Effect {
        let mut effect = Effect::of(Action::Continue);
        let Some(watch) = self.watch.take() else {
            return effect;
        };
        let wanted = watch.wants(engine);
        if wanted == 0 && !ends {
            self.watch = Some(watch);
            self.held = false;
            return effect;
        }
        // What is held back is kept by the host, and told as a whole again and again.
        let start = if self.held { self.read } else { 0 };
        let more = match wanted.min(size.saturating_sub(start)) {
            0 => Vec::new(),
            length => host.answer_body(start, length).unwrap_or_default(),
        };
        self.read = start.saturating_add(more.len());
        let watched = watch.body(&more, ends, engine, host);
        let has_gone = !self.held;
        self.go_on(watched, &mut effect, engine, host);
        effect.tell(has_gone, host);
        effect
    }

    pub(super) fn trailers(&mut self, engine: &Engine, host: &impl Exchange) -> Effect {
        let mut effect = Effect::of(Action::Continue);
        if let Some(watch) = self.watch.take() {
            let trailers = host.answer_trailers().unwrap_or_default();
            effect.add(watch.trailers(&trailers, engine, host));
            effect.tell(true, host);
        }
        effect
    }

    /// Whether its headers are held back.
    pub(super) const fn is_held(&self) -> bool {
        self.held
    }

    /// Lets its headers go on that have been held back for long enough, though no more of its body has come.
    pub(super) fn tick(&mut self, engine: &Engine, host: &impl Exchange) -> Effect {
        let releases_answer = self.held && host.now().waited(&mut self.since) >= LONGEST_HELD;
        self.held &= !releases_answer;
        let mut effect = Effect {
            releases_answer,
            ..Effect::default()
        };
        if releases_answer {
            self.goes_before_its_body(&mut effect, engine, host);
        }
        effect
    }

    /// The headers go on now, whatever the body will say.
    fn goes_before_its_body(&mut self, effect: &mut Effect, engine: &Engine, host: &impl Exchange) {
        let watch = self.watch.as_mut();
        let cookie = watch.and_then(|watch| watch.provisional_cookie(engine, host));
        effect.cookies.extend(cookie);
    }

    /// The answer will not come any more.
    pub(super) fn cut_off(self, engine: &Engine, host: &impl Exchange) {
        if let Some(watch) = self.watch {
            watch.cut_off(engine, host);
        }
    }

    fn go_on(
        &mut self,
        watched: Watched,
        effect: &mut Effect,
        engine: &Engine,
        host: &impl Exchange,
    ) {
        match watched {
            Watched::Done(gift) => {
                effect.add(gift);
                self.held = false;
            }
            Watched::Continues(mut watch) => {
                effect.add(std::mem::take(&mut watch.gift));
                let was_held = self.held;
                self.held &= watch.may_add(engine)
                    && self.read < MOST_HELD
                    && host.now().waited(&mut self.since) < LONGEST_HELD;
                self.watch = Some(watch);
                if self.held {
                    effect.action = Action::Pause;
                } else if was_held {
                    self.goes_before_its_body(effect, engine, host);
                }
            }
        }
    }
}

impl Effect {
    /// Adds this to the answer.
    fn add(&mut self, gift: Gift) {
        self.device = gift.cookie;
        self.lines = gift.lines;
    }

    /// Counts what is told of the password. Once the headers have gone to the client, nothing can be.
    fn tell(&mut self, has_gone: bool, host: &impl Exchange) {
        if self.lines.is_empty() {
            return;
        }
        host.meter(Event::Success(match has_gone {
            true => SuccessResult::TooLate,
            false => SuccessResult::Told,
        }));
        if has_gone {
            self.lines.clear();
        }
    }
}
