//! What the application answers, and what follows from it.

use super::Host;
use std::rc::Rc;

use super::account::Owner;
use super::counting::{Open, Sample};
use super::engine::Engine;
use super::judged::Judged;
use super::result::JointResult;
use super::sessions::Visit;
use super::travel::Arrival;
use crate::config::Guard;
use crate::device::DeviceId;
use crate::message::HeaderBlock;
use crate::nonempty::NonEmpty;
use crate::response::{BODY_PREFIX, Classified, Classifier, LoginResult};
use crate::telemetry::Event;

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
    stage: Stage,
    /// Whether the start of the body decides, and not the trailers.
    by_body: bool,
    /// Whether anybody but `visit` wants to know the answer.
    reads: bool,
    /// Whether the application knows its session.
    visit: Option<Visit>,
}

/// What is known of the answer.
#[derive(Debug)]
enum Stage {
    /// Nothing yet.
    Headers,
    /// What its headers say to each classifier, and the start of its body.
    Body(NonEmpty<Classified>, Vec<u8>),
}

/// How far the answer has been read.
#[derive(Debug)]
pub enum Watched {
    /// As far as it is needed; with the value of a `set-cookie` line for the client, if there is one.
    Done(Option<String>),
    /// More of it is needed.
    Continues(Box<Watch>),
}

impl Watch {
    /// Watches the answer to a request, if it matters: to the route, or to a counter of this request alone, as for clients of mobile
    /// carriers.
    pub(super) fn of(judged: Judged, visit: Option<Visit>) -> Option<Box<Self>> {
        let guard = Rc::clone(&judged.subject.guard);
        let reads = guard.watches || !judged.open.is_empty();
        (reads || visit.is_some()).then(|| {
            // Of several accounts nobody knows which one has logged in.
            let moves = guard.travel.moves && judged.account.is_certain();
            Box::new(Self {
                sample: match guard.tells_asn_failures {
                    true => Sample::of(&judged),
                    false => None,
                },
                open: judged.open,
                owner: judged.account.into_sole().filter(|_| guard.sets_device),
                arrival: judged.journey.arrival().filter(|_| moves),
                guard,
                stage: Stage::Headers,
                by_body: false,
                reads,
                visit,
            })
        })
    }

    /// Whether the client may get a cookie by what the start of the body says, so that it is worth holding the headers back. For
    /// trailers it is not: a stream would wait for its own end.
    #[must_use]
    pub fn may_set_cookie(&self, engine: &Engine) -> bool {
        self.by_body && engine.policy().devices.is_some() && self.owner.is_some()
    }

    /// Reads the headers of the answer.
    pub fn headers(
        self: Box<Self>,
        headers: &HeaderBlock,
        end_of_stream: bool,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        // An error that Envoy makes itself says nothing of the login. Where its router has put down how long the application took, it need
        // not be asked, which would cost as much as a read of shared memory.
        let timed = headers
            .lines("x-envoy-upstream-service-time")
            .next()
            .is_some();
        let from_upstream = timed || host.is_from_upstream();
        if let Some(visit) = self.visit.filter(|_| from_upstream) {
            visit.answered(headers, engine, host);
        }
        if !self.reads {
            return Watched::Done(None);
        }
        if !from_upstream {
            return self.done(LoginResult::Neither, engine, host);
        }
        let read = self.read(engine, |classifier| {
            classifier.headers(headers, end_of_stream)
        });
        self.go_on(read, Vec::new(), engine, host)
    }

    /// How many bytes of the body are still looked at.
    #[must_use]
    pub fn wants(&self) -> usize {
        match &self.stage {
            Stage::Headers => 0,
            Stage::Body(_, first) => BODY_PREFIX.saturating_sub(first.len()),
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
        let Stage::Body(read, mut first) = stage else {
            return self.done(LoginResult::Neither, engine, host);
        };
        let wanted = BODY_PREFIX.saturating_sub(first.len());
        first.extend_from_slice(more.get(..wanted).unwrap_or(more));
        let mut before = read.iter();
        let read = self.read(engine, |classifier| match before.next() {
            Some(Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial)) => {
                classifier.body(*partial, &first, end_of_stream)
            }
            Some(known) => *known,
            None => Classified::Known(LoginResult::Neither),
        });
        self.go_on(read, first, engine, host)
    }

    /// Reads the trailers, which end the answer.
    pub fn trailers(
        mut self,
        trailers: &HeaderBlock,
        engine: &Engine,
        host: &impl Host,
    ) -> Option<String> {
        let stage = std::mem::replace(&mut self.stage, Stage::Headers);
        let Stage::Body(read, first) = stage else {
            return self.settle(LoginResult::Neither.into(), engine, host);
        };
        let mut before = read.iter();
        let read = self.read(engine, |classifier| match before.next() {
            Some(Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial)) => {
                Classified::Known(classifier.trailers(*partial, &first, trailers))
            }
            Some(known) => *known,
            None => Classified::Known(LoginResult::Neither),
        });
        self.settle(result(&read), engine, host)
    }

    /// The answer will not come, or not the rest of it: what had to be known stays unknown.
    pub fn cut_off(self, engine: &Engine, host: &impl Host) {
        if !self.reads {
            return;
        }
        let result = match &self.stage {
            Stage::Headers => LoginResult::Unreadable.into(),
            Stage::Body(read, _) => result(read),
        };
        self.settle(result, engine, host);
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

    fn go_on(
        mut self: Box<Self>,
        read: NonEmpty<Classified>,
        first: Vec<u8>,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        let is_known = |classified: &Classified| matches!(classified, Classified::Known(_));
        if read.iter().all(is_known) {
            return Watched::Done(self.settle(result(&read), engine, host));
        }
        let by_body = |classified: &Classified| matches!(classified, Classified::NeedsBody(_));
        self.by_body = read.iter().any(by_body);
        self.stage = Stage::Body(read, first);
        Watched::Continues(self)
    }

    fn done(self, result: LoginResult, engine: &Engine, host: &impl Host) -> Watched {
        Watched::Done(self.settle(result.into(), engine, host))
    }

    /// Tells the counters; gives the cookie that makes the client a known device after a success.
    fn settle(self, joint: JointResult, engine: &Engine, host: &impl Host) -> Option<String> {
        let now = host.now();
        let (route, result) = (self.guard.routes.first, joint.strictest);
        host.meter(Event::Login { route, result });
        let counting = &engine.counting;
        counting.settle(engine.policy(), &self.open, joint, now, host);
        if let (LoginResult::Success, Some(arrival), Some(travels)) =
            (result, &self.arrival, &engine.travels)
        {
            travels.arrive(arrival, now, host);
        }
        if let Some(sample) = &self.sample {
            counting.learn(sample, result, now, host);
        }
        let (LoginResult::Success, Some(owner), Some(devices)) =
            (result, self.owner, &engine.policy().devices)
        else {
            return None;
        };
        let id = match owner.device {
            Some(device) if !device.renew => return None,
            Some(device) => device.id,
            None => DeviceId::new(host.random()),
        };
        Some(devices.set(&owner.account, id, now))
    }
}

/// What all of them make of the answer if no more of it comes.
fn result(read: &NonEmpty<Classified>) -> JointResult {
    let result = |classified: &Classified| match classified {
        Classified::Known(result) => JointResult::from(*result),
        Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial) => {
            partial.cut_off().into()
        }
    };
    let first = result(&read.first);
    let others = read.others.iter().map(result);
    others.fold(first, JointResult::joined)
}
