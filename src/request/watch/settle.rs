//! What follows from an answer: for counters, devices, positions and sessions.

use super::gift::Gift;
use super::start::Start;
use super::{Stage, Watch, Watched};
use crate::host::Host;
use crate::identity::session::Session;
use crate::request::engine::Engine;
use crate::response::{Extent, JointResult, LoginResult, Sought};
use crate::route::RouteIndex;
use crate::session::StepResult;
use crate::telemetry::Event;

impl Watch {
    /// Nothing more of the answer matters, but for a session that its body may give out.
    pub(super) fn rest(
        mut self: Box<Self>,
        gift: Gift,
        start: Start,
        engine: &Engine,
        host: &impl Host,
    ) -> Watched {
        if !self.seeks {
            self.end_steps(engine, host);
            return Watched::Done(gift);
        }
        self.may_succeed_by_body = false;
        self.gift = gift;
        self.stage = Stage::Rest(start);
        Watched::Continues(self)
    }

    /// Looks for a session in the body, until there is one or none can be found any more.
    #[inline(never)]
    pub(super) fn seek(
        &mut self,
        start: &Start,
        extent: Extent,
        engine: &Engine,
        host: &impl Host,
    ) {
        let Some(steps) = self.steps.as_mut().filter(|_| self.seeks) else {
            return;
        };
        self.seeks = false;
        for (_, own) in engine.policy().candidates(&self.guard) {
            let Some(pointer) = &own.session_in_answer else {
                continue;
            };
            match pointer.text(&start.bytes, extent == Extent::Whole) {
                Sought::Text(text) => {
                    let session = Session::told(&text);
                    steps.issued(session.as_slice(), &engine.sessions, host.now(), host);
                }
                Sought::Pending => self.seeks |= extent == Extent::Open,
                Sought::Nothing => {}
            }
        }
    }

    /// All that is known of the answer is settled.
    pub(super) fn end(&mut self, joint: JointResult, engine: &Engine, host: &impl Host) -> Gift {
        let gift = self.settle(joint, engine, host);
        self.end_steps(engine, host);
        gift
    }

    #[inline(never)]
    pub(super) fn end_steps(&mut self, engine: &Engine, host: &impl Host) {
        if let (Some(steps), Some(step)) = (self.steps.take(), self.step) {
            steps.settled(step, &engine.sessions, host.now(), host);
        }
    }

    /// Tells the counters; gives the cookie that makes the client a known device after a success, and the lines that
    /// tell of its password.
    #[inline(never)]
    pub(super) fn settle(&mut self, joint: JointResult, engine: &Engine, host: &impl Host) -> Gift {
        let now = host.now();
        let (policy, routes) = (engine.policy(), &self.guard.routes);
        let reads = |route: &&RouteIndex| policy.reads_answers(**route);
        let route = *routes.iter().find(reads).unwrap_or(&routes.first);
        let result = joint.strictest;
        host.meter(Event::Login { route, result });
        // Whoever only looks at a page, or asks for another method than that of a login, has not logged in.
        let trusted = self.writes && result == LoginResult::Success;
        self.step = Some(match result {
            _ if !joint.may_advance => StepResult::Refused,
            LoginResult::Success | LoginResult::NextStep if self.writes => StepResult::Right,
            _ => StepResult::Doubtful,
        });
        let told = engine
            .limits
            .settle(&self.open, (joint, trusted), now, host);
        engine.tell_fleet(told);
        if let (true, Some(arrival), Some(travels)) = (trusted, &self.arrival, &engine.travels) {
            travels.arrive(arrival, now, host);
        }
        if let (Some(sample), Some(rates)) = (&self.sample, &engine.asn_rates) {
            // The application's lock, where it counts, is a failure here as well.
            let learnt = match joint.counts {
                true => LoginResult::Failure,
                false => result,
            };
            rates.learn(sample, learnt, now, host);
        }
        let lines = match trusted {
            true => std::mem::take(&mut self.lines),
            false => Vec::new(),
        };
        let cookie = match (
            trusted,
            &self.owner,
            &engine.devices,
            self.guard.realm.as_deref(),
        ) {
            (true, Some(owner), Some(devices), Some(realm)) => match self.provisional {
                Some(device) => {
                    devices.proven(realm, (owner, device), now, host);
                    None
                }
                None => devices.logged_in(realm, owner, now, host),
            },
            _ => None,
        };
        Gift { cookie, lines }
    }
}
