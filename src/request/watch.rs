//! What the application answers, and what follows from it.

mod gift;
mod settle;
mod start;

use std::rc::Rc;

use super::assessment::Assessment;
use super::engine::Engine;
use super::pass::Line;
use super::unnamed::Unnamed;
use crate::device::DeviceId;
use crate::host::Host;
use crate::limits::{Open, Sample};
use crate::message::HeaderBlock;
use crate::nonempty::NonEmpty;
use crate::policy::Guard;
use crate::principal::Owner;
use crate::response::{Classified, Classifier, JointResult, LoginResult, Origin};
use crate::session::{StepResult, Steps, Visit};
use crate::travel::{Arrival, TravelState};
use start::Start;

pub use gift::Gift;
pub(super) use gift::hidden_headers;

/// A request that has gone on, as long as it matters what becomes of it.
#[derive(Debug)]
pub struct Watch {
    guard: Rc<Guard>,
    open: Vec<Open>,
    /// Where it comes from, if that is learnt from.
    sample: Option<Box<Sample>>,
    /// Whose device the client becomes on a success.
    owner: Option<Owner>,
    /// Where the next login is compared with, after a success.
    arrival: Option<Arrival>,
    /// Whether its method changes something, as a login does.
    writes: bool,
    stage: Stage,
    /// Whether a success may stand in the start of the body.
    may_succeed_by_body: bool,
    /// The device that the client has become, if this is a success.
    provisional: Option<DeviceId>,
    /// Whether anybody but `visit` wants to know the answer.
    reads: bool,
    /// Whether the application knows its session.
    visit: Option<Visit>,
    /// Whom its sessions are used for.
    steps: Option<Steps>,
    /// Whether the body may still give out one of them.
    seeks: bool,
    /// What the answer showed, as soon as that is known.
    step: Option<StepResult>,
    /// What is added to the answer to a success.
    lines: Vec<Line>,
    /// What is added to the answer, until it is taken.
    pub(super) gift: Gift,
    /// All of it as long as the answer may tell whose account it was about.
    unnamed: Option<Box<Unnamed>>,
}

/// What is known of the answer.
#[derive(Debug)]
enum Stage {
    /// Nothing yet.
    Headers,
    /// What its headers and the start of its body say to each classifier.
    Body(NonEmpty<Classified>, Start),
    /// All that its signs tell; in its body a session is sought.
    Rest(Start),
}

/// How far the answer has been read.
#[derive(Debug)]
pub enum Watched {
    /// As far as it is needed; with what is added to it.
    Done(Gift),
    /// More of it is needed.
    Continues(Box<Watch>),
}

impl Watch {
    /// Watches the answer to a request, if it matters: to the route, or to a counter of this request alone, as for
    /// clients of mobile carriers.
    pub(super) fn of(
        assessment: Box<Assessment>,
        visit: Option<Visit>,
        steps: Option<Steps>,
    ) -> Option<Box<Self>> {
        let guard = Rc::clone(&assessment.subject.guard);
        let reads = guard.watches || !assessment.open.is_empty();
        (reads || visit.is_some() || steps.is_some()).then(|| {
            let asn = assessment.signals().reputation.network.asn;
            let lines = gift::lines(&guard, assessment.signals());
            let (subject, account, travel_state, open) = assessment.into_remains();
            // Of several accounts nobody knows which one has logged in.
            let moves = guard.travel.moves && account.is_certain();
            let first = account.owners().first().map(|owner| &owner.account);
            Box::new(Self {
                sample: match guard.tells_asn_failures {
                    true => Sample::of(subject.client, asn, first),
                    false => None,
                },
                open,
                arrival: match travel_state {
                    TravelState::Over(_, arrival) => arrival.filter(|_| moves),
                    TravelState::Open(_) => None,
                },
                owner: account.into_sole().filter(|_| guard.sets_device),
                writes: subject.writes,
                seeks: steps.is_some() && guard.seeks_sessions,
                guard,
                stage: Stage::Headers,
                may_succeed_by_body: false,
                provisional: None,
                reads,
                visit,
                steps,
                step: None,
                lines,
                gift: Gift::default(),
                unnamed: None,
            })
        })
    }

    /// Watches the answer to a request of whose account it may tell more.
    pub(super) fn unnamed(unnamed: Unnamed) -> Box<Self> {
        Box::new(Self {
            guard: Rc::clone(&unnamed.assessment.subject.guard),
            open: Vec::new(),
            sample: None,
            owner: None,
            arrival: None,
            writes: unnamed.assessment.subject.writes,
            stage: Stage::Headers,
            may_succeed_by_body: false,
            provisional: None,
            reads: true,
            visit: None,
            steps: None,
            seeks: false,
            step: None,
            lines: Vec::new(),
            gift: Gift::default(),
            unnamed: Some(Box::new(unnamed)),
        })
    }

    /// What the answer may still tell more of.
    pub(super) const fn take_unnamed(&mut self) -> Option<Box<Unnamed>> {
        self.unnamed.take()
    }

    /// The same, if nobody tells more of the account.
    fn as_named(mut self: Box<Self>, engine: &Engine) -> Option<Box<Self>> {
        match self.unnamed.take() {
            None => Some(self),
            Some(unnamed) => engine.watch(unnamed.assessment),
        }
    }

    /// Whether something may be added to the answer by what the start of the body says, so that it is worth holding the
    /// headers back. For trailers it is not: a stream would wait for its own end.
    #[must_use]
    pub fn may_add(&self, engine: &Engine) -> bool {
        let sets_device = engine.devices.is_some() && self.owner.is_some();
        self.may_succeed_by_body && self.writes && (sets_device || !self.lines.is_empty())
    }

    /// The value of a `set-cookie` line for the client, whose headers go now though the body may show a success: it
    /// makes nobody known before that.
    #[must_use]
    pub fn provisional_cookie(&mut self, engine: &Engine, host: &impl Host) -> Option<String> {
        if !self.may_add(engine) || self.provisional.is_some() {
            return None;
        }
        let (owner, devices) = (self.owner.as_ref()?, engine.devices.as_ref()?);
        let realm = self.guard.realm.as_deref()?;
        let (device, line) = devices.provisional(realm, owner, host.now(), host)?;
        self.provisional = device;
        Some(line)
    }

    /// Reads the headers of the answer.
    pub fn headers(
        self: Box<Self>,
        headers: &HeaderBlock,
        end_of_stream: bool,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        let Some(mut own) = self.as_named(engine) else {
            return Watched::Done(Gift::default());
        };
        own.seeks &= !end_of_stream;
        own.read_headers(headers, end_of_stream, engine, host)
    }

    fn read_headers(
        mut self: Box<Self>,
        headers: &HeaderBlock,
        end_of_stream: bool,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        // No line of the answer tells where it comes from: what checks credentials for Envoy may send any.
        let origin = host.origin();
        if let Some(visit) = self.visit.filter(|_| origin == Origin::Application) {
            visit.answered(headers, &engine.sessions, host.now(), host);
        }
        if let Some(steps) = &mut self.steps {
            // Envoy's own answers set no session of the application; a filter behind this one may.
            steps.answered(headers, &engine.sessions, host.now(), host);
        }
        if !self.reads {
            return Watched::Done(Gift::default());
        }
        let read = match origin {
            Origin::Application => self.read(engine, |classifier| {
                classifier.headers(headers, end_of_stream)
            }),
            Origin::Undelivered => {
                return Watched::Done(self.end(JointResult::UNDELIVERED, engine, host));
            }
            Origin::Envoy | Origin::Redirect(_) => self.read(engine, |classifier| {
                Classified::Known(classifier.local(headers))
            }),
        };
        self.go_on(read, Start::default(), engine, host)
    }

    /// How many bytes of the body are still looked at: one more than the limit, to see that there are more.
    #[must_use]
    pub fn wants(&self, engine: &Engine) -> usize {
        match &self.stage {
            Stage::Body(_, start) | Stage::Rest(start) if !start.bounded => {
                let limit = engine.policy().response_body_limit.saturating_add(1);
                limit.saturating_sub(start.bytes.len())
            }
            Stage::Headers | Stage::Body(..) | Stage::Rest(_) => 0,
        }
    }

    /// Reads more of the body: `more` comes behind what was read before.
    pub fn body(
        mut self: Box<Self>,
        more: &[u8],
        end_of_stream: bool,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        let stage = std::mem::replace(&mut self.stage, Stage::Headers);
        let (read, mut start) = match stage {
            Stage::Body(read, start) => (Some(read), start),
            Stage::Rest(start) => (None, start),
            Stage::Headers => {
                let result = self.unreadable(engine);
                return Watched::Done(self.end(result, engine, host));
            }
        };
        let is_due = start.take(more, engine.policy().response_body_limit);
        if !is_due && !end_of_stream {
            self.stage = match read {
                Some(read) => Stage::Body(read, start),
                None => Stage::Rest(start),
            };
            return Watched::Continues(self);
        }
        start.seen = start.bytes.len();
        let extent = start.extent(end_of_stream);
        self.seek(&start, extent, engine, host);
        let Some(read) = read else {
            return self.rest(Gift::default(), start, engine, host);
        };
        let mut before = read.iter();
        let read = self.read(engine, |classifier| match before.next() {
            Some(Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial)) => {
                classifier.body(*partial, &start.bytes, extent)
            }
            Some(known) => *known,
            None => Classified::Known(LoginResult::Unreadable),
        });
        // Behind what is not looked at come trailers at most, of which an end tells as much as their absence.
        let read = match end_of_stream {
            true => read.map(|classified| Classified::Known(known(classified))),
            false => read,
        };
        self.go_on(read, start, engine, host)
    }

    /// Reads the trailers, which end the answer.
    pub fn trailers(
        mut self: Box<Self>,
        trailers: &HeaderBlock,
        engine: &Engine,
        host: &impl Host,
    ) -> Gift {
        let stage = std::mem::replace(&mut self.stage, Stage::Headers);
        let (read, start) = match stage {
            Stage::Body(read, start) => (read, start),
            Stage::Rest(start) => {
                self.seek(&start, start.extent(true), engine, host);
                self.end_steps(engine, host);
                return Gift::default();
            }
            Stage::Headers => {
                let result = self.unreadable(engine);
                return self.end(result, engine, host);
            }
        };
        self.seek(&start, start.extent(true), engine, host);
        let first = (start.bytes.as_slice(), start.extent(true));
        let mut before = read.iter();
        let read = self.read(engine, |classifier| match before.next() {
            Some(Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial)) => {
                Classified::Known(classifier.trailers(*partial, first, trailers))
            }
            Some(known) => *known,
            None => Classified::Known(LoginResult::Unreadable),
        });
        let result = self.result(&read, engine);
        self.end(result, engine, host)
    }

    /// The answer will not come, or not the rest of it: what had to be known stays unknown.
    pub fn cut_off(self: Box<Self>, engine: &Engine, host: &impl Host) {
        let Some(mut own) = self.as_named(engine).filter(|own| own.reads) else {
            return;
        };
        match own.cut_off_result(engine, host) {
            Some(result) => {
                own.end(result, engine, host);
            }
            None => own.end_steps(engine, host),
        }
    }

    /// What is to be settled of an answer that will not come; `None` where all that is settled.
    fn cut_off_result(&self, engine: &Engine, host: &impl Host) -> Option<JointResult> {
        Some(match &self.stage {
            Stage::Headers => match host.origin() {
                Origin::Redirect(status) => {
                    let read = self.read(engine, |classifier| {
                        Classified::Known(classifier.status(status))
                    });
                    self.result(&read, engine)
                }
                _ => self.unreadable(engine),
            },
            Stage::Body(read, _) => self.result(read, engine),
            Stage::Rest(_) => return None,
        })
    }

    /// What each classifier makes of the answer, in their order.
    fn read(
        &self,
        engine: &Engine,
        mut read: impl FnMut(&Classifier) -> Classified,
    ) -> NonEmpty<Classified> {
        let policy = engine.policy();
        self.guard.classifiers.map(|route| {
            let protection = policy.protection(*route);
            protection.map_or(Classified::Known(LoginResult::Neither), |own| {
                read(&own.classifier)
            })
        })
    }

    /// What all of them make of the answer if no more of it comes.
    fn result(&self, read: &NonEmpty<Classified>, engine: &Engine) -> JointResult {
        let policy = engine.policy();
        let routes = self.guard.classifiers.iter();
        let results = routes.zip(read.iter()).map(|(route, classified)| {
            let protection = policy.protection(*route);
            protection.map_or(JointResult::NEITHER, |own| {
                own.classifier.conclude(known(classified), self.writes)
            })
        });
        let joined = results.reduce(JointResult::joined);
        joined.unwrap_or(JointResult::NEITHER)
    }

    /// What all of them make of an answer of which nothing is known.
    fn unreadable(&self, engine: &Engine) -> JointResult {
        let read = self.read(engine, |_| Classified::Known(LoginResult::Unreadable));
        self.result(&read, engine)
    }

    fn go_on(
        mut self: Box<Self>,
        read: NonEmpty<Classified>,
        start: Start,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        let is_known = |classified: &Classified| matches!(classified, Classified::Known(_));
        if read.iter().all(is_known) {
            let result = self.result(&read, engine);
            let gift = self.settle(result, engine, host);
            return self.rest(gift, start, engine, host);
        }
        let by_body = |classified: &Classified| matches!(classified, Classified::NeedsBody(_));
        self.may_succeed_by_body =
            read.iter().any(by_body) && read.iter().all(Classified::may_succeed);
        self.stage = Stage::Body(read, start);
        Watched::Continues(self)
    }
}

/// What one of them makes of the answer if no more of it comes.
fn known(classified: &Classified) -> LoginResult {
    match classified {
        Classified::Known(result) => *result,
        Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial) => partial.cut_off(),
    }
}
