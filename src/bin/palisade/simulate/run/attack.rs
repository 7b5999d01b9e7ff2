//! The attackers' part of a run.

use std::time::Duration;

use palisade::scenario::Goal;
use palisade::time::Time;

use super::{Job, PAST, Run, START, moment, name};
use crate::simulate::attacker::Attempt;
use crate::simulate::browser::{Browser, challenge, difficulty, solve};
use crate::simulate::figures::{Curve, Figure};
use crate::simulate::site::{Asked, Reply, Step};
use crate::simulate::world::{Outcome, World};

/// What an attacker says to be unless the scenario says otherwise.
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// An attacker comes again after so long.
const AGAIN: Duration = Duration::from_secs(1);

impl<W: World> Run<'_, W> {
    /// A new attempt of this attack.
    pub(super) fn attempt(&mut self, attack: usize, at: Time) -> Result<(), String> {
        let Some(attacker) = self.attackers.get_mut(attack) else {
            return Ok(());
        };
        let number = attacker.begin();
        let retries = attacker.attack.retries;
        self.figures.one(Figure::Attempts);
        let Some(address) = attacker.address() else {
            self.figures.one(Figure::GivenUp);
            return Ok(());
        };
        let attempt = Attempt {
            attack,
            number,
            address,
            retries,
            solution: None,
        };
        self.send(attempt, at)
    }

    /// Makes an attempt, for the first time or again.
    pub(super) fn send(&mut self, mut attempt: Attempt, at: Time) -> Result<(), String> {
        let Some(attacker) = self.attackers.get_mut(attempt.attack) else {
            return Ok(());
        };
        let attack = attacker.attack;
        let account = attacker.account(attempt.number);
        let is_right = attacker.is_right(attempt.number);
        let device = usize::try_from(attempt.number).ok();
        let device = device.and_then(|number| number.checked_rem(attacker.devices.len()));
        let mut browser = device
            .and_then(|device| attacker.devices.get(device).cloned())
            .unwrap_or_default();
        let step = match attack.goal {
            Goal::Login => Step::Login,
            Goal::Code => Step::Code,
            Goal::Reset => Step::Reset,
        };
        let reply = match (attack.goal, is_right) {
            (Goal::Login, true) => self.welcome(account),
            (Goal::Login | Goal::Code, false) => Reply::Wrong,
            (Goal::Code, true) | (Goal::Reset, _) => Reply::Right,
        };
        let had_solution = attempt.solution.is_some();
        let told = self.world.send(
            Asked {
                at,
                from: attack.addresses.at(attempt.address),
                says: attack.addresses.reputation(self.seed, attempt.address),
                step,
                account: &name(account),
                session: &format!("a{}-{}", attempt.attack, attempt.address),
                agent: attack.agent.as_deref().unwrap_or(AGENT),
                solution: attempt.solution.take(),
                reply,
            },
            &mut browser,
        )?;
        self.figures.one(Figure::Requests);
        self.figures.add(Figure::Lookups, told.lookups.into());
        let (figure, curve) = match told.outcome {
            Outcome::Passed => (Figure::Reached, Curve::Reached),
            Outcome::Challenged => (Figure::Challenged, Curve::Stopped),
            Outcome::Limited => (Figure::Limited, Curve::Stopped),
            Outcome::Denied => (Figure::Denied, Curve::Stopped),
        };
        self.figures.one(figure);
        self.draw(curve, at);
        if told.outcome == Outcome::Passed {
            match (attack.goal, is_right, reply) {
                (Goal::Login | Goal::Code, true, Reply::Right) => self.take(account),
                (Goal::Login, true, _) => self.figures.one(Figure::Halted),
                _ => {}
            }
            self.learn(&attempt, false);
            return Ok(());
        }
        let solves = !had_solution && attack.solves > 0;
        let refusal = told.refusal.filter(|_| solves);
        if let Some(challenge) = refusal.and_then(|refusal| challenge(&refusal)) {
            let hard = difficulty(&challenge);
            if hard <= attack.solves.into()
                && let Some(solution) = solve(&challenge)
            {
                self.figures.one(Figure::Solved);
                self.figures.add(Figure::Work, hard / 2);
                attempt.solution = Some(solution);
                self.agenda.put(at.plus(AGAIN), Job::Attempt(attempt));
                return Ok(());
            }
        }
        self.learn(&attempt, true);
        let Some(retries) = attempt.retries.checked_sub(1) else {
            return Ok(());
        };
        let attacker = self.attackers.get_mut(attempt.attack);
        if let Some(address) = attacker.and_then(|attacker| attacker.address()) {
            let again = Attempt {
                address,
                retries,
                ..attempt
            };
            self.agenda.put(at.plus(AGAIN), Job::Attempt(again));
        }
        Ok(())
    }

    fn learn(&mut self, attempt: &Attempt, refused: bool) {
        if let Some(attacker) = self.attackers.get_mut(attempt.attack) {
            attacker.learn(attempt.address, refused);
        }
    }

    /// Attackers log in to accounts of their own, to have known devices.
    pub(super) fn farm(&mut self) -> Result<(), String> {
        let start = Time::from_nanos(START.nanos().saturating_sub(nanos(PAST)));
        for number in 0..self.attackers.len() {
            let Some(attack) = self.attackers.get(number).map(|attacker| attacker.attack) else {
                continue;
            };
            for own in 0..attack.devices {
                let mut browser = Browser::default();
                let since = moment(Duration::ZERO, PAST, own, attack.devices).since(START);
                self.world.send(
                    Asked {
                        at: start.plus(since),
                        from: attack.addresses.at(own),
                        says: attack.addresses.reputation(self.seed, own),
                        step: Step::Login,
                        account: &format!("own{number}-{own}@example.com"),
                        session: &format!("o{number}-{own}"),
                        agent: attack.agent.as_deref().unwrap_or(AGENT),
                        solution: None,
                        reply: Reply::Right,
                    },
                    &mut browser,
                )?;
                if let Some(attacker) = self.attackers.get_mut(number) {
                    attacker.devices.push(browser);
                }
            }
        }
        Ok(())
    }
}

/// A length of time as the clock counts it.
pub(super) fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}
