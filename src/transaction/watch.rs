//! What the application answers, and what follows from it.

use super::Host;
use super::counting::{Open, Sample};
use super::engine::Engine;
use super::judged::{AccountState, Judged};
use super::travel::Arrival;
use crate::config::Protection;
use crate::device::{Device, DeviceId};
use crate::identity::account::Account;
use crate::message::HeaderBlock;
use crate::response::{BODY_PREFIX, Classified, LoginResult, Partial};
use crate::route::RouteIndex;
use crate::telemetry::Event;

/// A request that has gone on, as long as it matters what becomes of it.
#[derive(Debug)]
pub struct Watch {
    route: RouteIndex,
    open: Vec<Open>,
    /// Where it comes from, if that is learnt from.
    sample: Option<Box<Sample>>,
    /// Whose device the client becomes on a success.
    account: Option<Account>,
    device: Option<Device>,
    /// Where the next login is compared with, after a success.
    arrival: Option<Arrival>,
    stage: Stage,
    /// Whether the start of the body decides, and not the trailers.
    by_body: bool,
}

/// What is known of the answer.
#[derive(Debug)]
enum Stage {
    /// Nothing yet.
    Headers,
    /// What its headers say, and the start of its body.
    Body(Partial, Vec<u8>),
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
    pub(super) fn of(protection: &Protection, judged: Judged) -> Option<Box<Self>> {
        (protection.watches || !judged.open.is_empty()).then(|| {
            // Where readers differ, nobody knows who has logged in.
            let is_doubtful = judged
                .accounts()
                .is_some_and(|accounts| accounts.certain().is_none());
            Box::new(Self {
                route: judged.subject.route,
                sample: match protection.tells_asn_failures {
                    true => Sample::of(&judged),
                    false => None,
                },
                open: judged.open,
                account: match judged.account {
                    AccountState::Known(ref accounts) if protection.sets_device => {
                        accounts.certain().cloned()
                    }
                    _ => None,
                },
                device: judged.device,
                arrival: judged
                    .journey
                    .arrival()
                    .filter(|_| protection.travel.moves && !is_doubtful),
                stage: Stage::Headers,
                by_body: false,
            })
        })
    }

    /// Whether the client may get a cookie by what the start of the body says, so that it is worth holding the headers back. For
    /// trailers it is not: a stream would wait for its own end.
    #[must_use]
    pub fn may_set_cookie(&self, engine: &Engine) -> bool {
        self.by_body && engine.policy().devices.is_some() && self.account.is_some()
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
        if !timed && !host.is_from_upstream() {
            return self.done(LoginResult::Neither, engine, host);
        }
        match engine.classifier(self.route) {
            Some(classifier) => {
                let classified = classifier.headers(headers, end_of_stream);
                self.go_on(classified, Vec::new(), engine, host)
            }
            None => self.done(LoginResult::Neither, engine, host),
        }
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
        let (Stage::Body(partial, mut first), Some(classifier)) =
            (stage, engine.classifier(self.route))
        else {
            return self.done(LoginResult::Neither, engine, host);
        };
        let wanted = BODY_PREFIX.saturating_sub(first.len());
        first.extend_from_slice(more.get(..wanted).unwrap_or(more));
        let classified = classifier.body(partial, &first, end_of_stream);
        self.go_on(classified, first, engine, host)
    }

    /// Reads the trailers, which end the answer.
    pub fn trailers(
        mut self,
        trailers: &HeaderBlock,
        engine: &Engine,
        host: &impl Host,
    ) -> Option<String> {
        let stage = std::mem::replace(&mut self.stage, Stage::Headers);
        let result = match (stage, engine.classifier(self.route)) {
            (Stage::Body(partial, first), Some(classifier)) => {
                classifier.trailers(partial, &first, trailers)
            }
            _ => LoginResult::Neither,
        };
        self.settle(result, engine, host)
    }

    /// The answer will not come, or not the rest of it: what had to be known stays unknown.
    pub fn cut_off(self, engine: &Engine, host: &impl Host) {
        let result = match &self.stage {
            Stage::Headers => LoginResult::Unreadable,
            Stage::Body(partial, _) => partial.cut_off(),
        };
        self.settle(result, engine, host);
    }

    fn go_on(
        mut self: Box<Self>,
        classified: Classified,
        first: Vec<u8>,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        match classified {
            Classified::Known(result) => self.done(result, engine, host),
            Classified::NeedsBody(partial) | Classified::NeedsTrailers(partial) => {
                self.by_body = matches!(classified, Classified::NeedsBody(_));
                self.stage = Stage::Body(partial, first);
                Watched::Continues(self)
            }
        }
    }

    fn done(self, result: LoginResult, engine: &Engine, host: &impl Host) -> Watched {
        Watched::Done(self.settle(result, engine, host))
    }

    /// Tells the counters; gives the cookie that makes the client a known device after a success.
    fn settle(self, result: LoginResult, engine: &Engine, host: &impl Host) -> Option<String> {
        let now = host.now();
        let route = self.route;
        host.meter(Event::Login { route, result });
        let counting = &engine.counting;
        counting.settle(engine.policy(), &self.open, result, now, host);
        if let (LoginResult::Success, Some(arrival), Some(travels)) =
            (result, &self.arrival, &engine.travels)
        {
            travels.arrive(arrival, now, host);
        }
        if let Some(sample) = &self.sample {
            counting.learn(sample, result, now, host);
        }
        let (LoginResult::Success, Some(account), Some(devices)) =
            (result, self.account, &engine.policy().devices)
        else {
            return None;
        };
        let id = match self.device {
            Some(device) if !device.renew => return None,
            Some(device) => device.id,
            None => DeviceId::new(host.random()),
        };
        Some(devices.set(&account, id, now))
    }
}
