//! What is found out about a request by asking the stages, and goes into its verdict.

use std::rc::Rc;

use super::account::AccountState;
use super::assessment::Assessment;
use super::engine::Engine;
use crate::decision::{Action, Conclusion, Evaluation, TravelSignal, Truth};
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::policy::Guard;
use crate::route::RouteIndex;
use crate::time::Time;
use crate::travel::{Passenger, TravelState, location};

impl Engine {
    /// Looks whether the client has answered what is asked of it, as long as something is.
    pub(super) fn answer(
        &self,
        assessment: &mut Assessment,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) {
        loop {
            if assessment.enforced(&self.policy) != Action::Challenge {
                return;
            }
            let enforced = assessment.verdict(&self.policy).enforced;
            let Some(asker) = assessment.asker(&self.policy, enforced) else {
                return;
            };
            let challenger = &self.challenger;
            let asked = assessment.answering(&self.policy);
            if !challenger.has_answered(asked, &asker, (headers, body), now, host) {
                return;
            }
            assessment.clear(asker);
        }
    }

    /// Asks the limits of a phase.
    pub(super) fn count(
        &self,
        assessment: &mut Assessment,
        phase: Phase,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) {
        let policy = &self.policy;
        let guard: Rc<Guard> = Rc::clone(&assessment.subject.guard);
        if phase == Phase::All && self.conclude_again(assessment, now, host) {
            self.answer(assessment, headers, body, now, host);
        }
        if assessment.subject.identity.is_none() || assessment.is_refused(policy) {
            self.answer(assessment, headers, body, now, host);
            return;
        }
        let exempting = assessment.exempting(policy);
        let asks = (phase, exempting.as_slice(), assessment.asked.as_slice());
        let mut questions = self.limits.questions(
            &guard.charges,
            assessment.principal(),
            assessment.signals(),
            asks,
        );
        // Behind a limit whose challenge has been answered there are others.
        while !questions.is_empty() {
            let asked = self.limits.ask(
                &mut questions,
                assessment.principal(),
                assessment.signals(),
                now,
                host,
            );
            assessment.hear(asked);
            self.answer(assessment, headers, body, now, host);
            if assessment.is_refused(policy) {
                return;
            }
        }
        self.answer(assessment, headers, body, now, host);
    }

    /// A request that does not go on has not failed either; and one that is challenged for the first time comes again
    /// with its answer, to be counted then. Who has brought an answer that is none has had an attempt.
    #[inline(never)]
    pub(super) fn take_back(&self, assessment: &mut Assessment, now: Time, host: &impl Host) {
        let open = std::mem::take(&mut assessment.open);
        let told = self.limits.take_back(&open, now, host);
        self.tell_fleet(told);
        let taken = std::mem::take(&mut assessment.taken);
        let is_challenged = assessment.enforced(&self.policy) == Action::Challenge;
        if is_challenged && assessment.answers().are_none() {
            let told = self.limits.uncount(&taken, now, host);
            self.tell_fleet(told);
        }
    }

    /// What the rules make of what is known by now. Where they depend on travel and nobody knows yet who travels, they
    /// wait.
    pub(super) fn conclude(&self, assessment: &mut Assessment, now: Time, host: &impl Host) {
        let guard = Rc::clone(&assessment.subject.guard);
        let mut signals = *assessment.signals();
        signals.breach = assessment.subject.breach();
        if guard.travel.any() {
            (signals.travel, assessment.travel_state) = self.travel(assessment, &guard, now, host);
            if signals.travel.is_impossible() {
                signals.score = self
                    .policy
                    .weights
                    .score_of_impossible(assessment.signals());
            }
        }
        let conclude = |route: &RouteIndex| {
            let protection = self.policy.protection(*route);
            match protection.map(|own| own.ruleset.so_far(&signals)) {
                Some(Evaluation::Decided(verdict)) => verdict.into(),
                Some(Evaluation::Open) | None => Conclusion::OPEN,
            }
        };
        let rules = guard.routes.map(conclude);
        assessment.conclude(signals, rules);
    }

    /// The same once it is known who the request is about; whether anything may have changed.
    fn conclude_again(&self, assessment: &mut Assessment, now: Time, host: &impl Host) -> bool {
        let travels = assessment.subject.guard.travel.any();
        let open = travels && matches!(assessment.travel_state, TravelState::Open(_));
        if open {
            self.conclude(assessment, now, host);
        }
        open
    }

    /// How the client has travelled, as soon as it is known who travels.
    fn travel(
        &self,
        assessment: &Assessment,
        guard: &Guard,
        now: Time,
        host: &impl Host,
    ) -> (TravelSignal, TravelState) {
        let Some(travels) = &self.travels else {
            return (assessment.signals().travel, TravelState::Open(false));
        };
        let signals = assessment.signals();
        // What is kept of a network does not say who hides there now, when the API fails.
        let known = signals.unknown != Truth::True;
        let head = assessment
            .subject
            .identity
            .as_ref()
            .and_then(|identity| identity.account.as_ref());
        let travel_state = travels.follow(
            &Passenger {
                route: guard.travel,
                principal: assessment.principal(),
                is_open: matches!(assessment.account(), AccountState::Open) && head.is_some(),
                realms: &self.policy.realms_of(guard),
                position: location(&signals.reputation).filter(|_| known),
            },
            now,
            host,
        );
        let travel = match travel_state {
            TravelState::Open(true) => {
                TravelSignal::Open(self.policy.weights.score_of_impossible(signals))
            }
            TravelState::Over(Some(travel), _) => TravelSignal::Known(travel),
            TravelState::Open(false) | TravelState::Over(None, _) => TravelSignal::Unknown,
        };
        (travel, travel_state)
    }
}
