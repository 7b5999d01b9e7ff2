//! What is found out about a request by asking the stages, and goes into its verdict.

use std::rc::Rc;

use super::account::{AccountState, Accounts, HeadReadings};
use super::engine::Engine;
use super::judged::Judged;
use crate::decision::{Action, Conclusion, Evaluation, Trip, Truth};
use crate::device::Device;
use crate::host::Host;
use crate::identity::account::{Account, BodyBytes};
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::policy::Guard;
use crate::principal::Owner;
use crate::route::RouteIndex;
use crate::telemetry::{Event, Meter};
use crate::time::Time;
use crate::travel::{Journey, Passenger, location};

impl Engine {
    /// Looks whether the client has answered what is asked of it, as long as something is.
    pub(super) fn answer(
        &self,
        judged: &mut Judged,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) {
        loop {
            let enforced = judged.verdict(&self.policy).enforced;
            if enforced.action() != Action::Challenge {
                return;
            }
            let Some(asker) = judged.asker(&self.policy, enforced) else {
                return;
            };
            let challenger = &self.challenger;
            let asked = judged.answering(&self.policy);
            if !challenger.has_answered(asked, &asker, (headers, body), now, host) {
                return;
            }
            judged.clear(asker);
        }
    }

    /// Which accounts the request is about, to each of its routes, and whether its device is known.
    pub(super) fn accounts(
        &self,
        judged: &Judged,
        head: HeadReadings,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Meter,
    ) -> Accounts {
        let policy = &self.policy;
        let mut accounts = Accounts::default();
        for (group, result) in head.conclude(policy, &judged.subject.guard, body) {
            match result {
                Ok(candidates) => {
                    for account in candidates {
                        let mut owners = accounts.owners.iter_mut();
                        match owners.find(|owner| owner.account == account) {
                            // Nobody knows which spelling the application takes.
                            Some(known) => {
                                if known.account.also_written(&account) {
                                    known.device = None;
                                }
                            }
                            None => {
                                let device = self.device(&account, judged, now, host);
                                accounts.owners.push(Owner { account, device });
                            }
                        }
                    }
                }
                Err(lack) => {
                    host.meter(Event::AccountLack(lack));
                    accounts.lacks.push((group, lack));
                }
            }
        }
        accounts
    }

    /// The device of the request, if it is known to this account.
    fn device(
        &self,
        account: &Account,
        judged: &Judged,
        now: Time,
        host: &impl Meter,
    ) -> Option<Device> {
        let devices = self.devices.as_ref()?;
        let identity = judged.subject.identity.as_ref()?;
        let realm = judged.subject.guard.realm.as_deref()?;
        devices.find((realm, account), identity.cookies(), now, host)
    }

    /// Asks the limits of a phase.
    pub(super) fn count(
        &self,
        judged: &mut Judged,
        phase: Phase,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) {
        let policy = &self.policy;
        let guard: Rc<Guard> = Rc::clone(&judged.subject.guard);
        if phase == Phase::All && self.conclude_again(judged, now, host) {
            self.answer(judged, headers, body, now, host);
        }
        if judged.subject.identity.is_none() || judged.is_refused(policy) {
            self.answer(judged, headers, body, now, host);
            return;
        }
        let exempting = judged.exempting(policy);
        let asks = (phase, exempting.as_slice(), judged.asked.as_slice());
        let mut questions =
            self.limits
                .questions(&guard.charges, judged.principal(), judged.signals(), asks);
        // Behind a limit whose challenge has been answered there are others.
        while !questions.is_empty() {
            let asked = self.limits.ask(
                &mut questions,
                judged.principal(),
                judged.signals(),
                now,
                host,
            );
            judged.asked.extend(asked.keys);
            judged.exceed(asked.exceeded);
            judged.open.extend(asked.open);
            self.answer(judged, headers, body, now, host);
            if judged.is_refused(policy) {
                return;
            }
        }
        self.answer(judged, headers, body, now, host);
    }

    /// A request that does not go on has not failed either.
    pub(super) fn take_back(&self, judged: &mut Judged, now: Time, host: &impl Host) {
        let open = std::mem::take(&mut judged.open);
        self.limits.take_back(&open, now, host);
    }

    /// What the rules make of what is known by now. Where they depend on travel and nobody knows yet who travels, they wait.
    pub(super) fn conclude(&self, judged: &mut Judged, now: Time, host: &impl Host) {
        let guard = Rc::clone(&judged.subject.guard);
        let mut signals = *judged.signals();
        if guard.travel.any() {
            (signals.trip, judged.journey) = self.travel(judged, &guard, now, host);
            if signals.trip.is_impossible() {
                signals.score = self.policy.weights.score_of_impossible(judged.signals());
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
        judged.conclude(signals, rules);
    }

    /// The same once it is known who the request is about; whether anything may have changed.
    fn conclude_again(&self, judged: &mut Judged, now: Time, host: &impl Host) -> bool {
        let travels = judged.subject.guard.travel.any();
        let open = travels && matches!(judged.journey, Journey::Open(_));
        if open {
            self.conclude(judged, now, host);
        }
        open
    }

    /// How the client has travelled, as soon as it is known who travels.
    fn travel(
        &self,
        judged: &Judged,
        guard: &Guard,
        now: Time,
        host: &impl Host,
    ) -> (Trip, Journey) {
        let Some(travels) = &self.travels else {
            return (judged.signals().trip, Journey::Open(false));
        };
        let signals = judged.signals();
        // What is kept of a network does not say who hides there now, when the API fails.
        let known = signals.unknown != Truth::True;
        let head = judged
            .subject
            .identity
            .as_ref()
            .and_then(|identity| identity.account.as_ref());
        let journey = travels.follow(
            &Passenger {
                route: guard.travel,
                principal: judged.principal(),
                is_open: matches!(judged.account(), AccountState::Open) && head.is_some(),
                realms: &self.policy.realms_of(guard),
                position: location(&signals.reputation).filter(|_| known),
            },
            now,
            host,
        );
        let trip = match journey {
            Journey::Open(true) => Trip::Open(self.policy.weights.score_of_impossible(signals)),
            Journey::Over(Some(travel), _) => Trip::Known(travel),
            Journey::Open(false) | Journey::Over(None, _) => Trip::Unknown,
        };
        (trip, journey)
    }
}
