//! The honest people's part of a run.

use std::time::Duration;

use palisade::scenario::{Honest, chance, mixed};
use palisade::time::Time;

use super::attack::nanos;
use super::{Job, PAST, Run, START, moment, name};
use crate::simulate::browser::{Browser, challenge, difficulty, solve};
use crate::simulate::figures::{Curve, Figure};
use crate::simulate::progress::Progress;
use crate::simulate::site::{Asked, Reply, Step};
use crate::simulate::world::{Outcome, World};

/// The browser of honest people.
const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

/// How long it takes somebody to type again.
const TYPING: Duration = Duration::from_secs(10);

/// How many tries of a proof of work a phone makes in a second.
const TRIES: u64 = 500_000;

/// How many challenges somebody solves for one login.
const CHALLENGES: u8 = 3;

/// Somebody's login under way.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    group: usize,
    person: u32,
    /// Its number among those of the group.
    login: u32,
    address: u32,
    step: Step,
    /// How often a password was typed.
    typed: u8,
    /// How many challenges were solved.
    solved: u8,
    solution: Option<String>,
}

/// What is drawn by chance of people, each from numbers of its own.
fn salt(seed: u64, group: usize, what: u64) -> u64 {
    let group = u64::try_from(group).unwrap_or(0);
    mixed(seed, group.wrapping_mul(8).wrapping_add(what))
}

/// The address from which somebody usually comes.
fn home(group: &Honest, person: u32) -> u32 {
    person.checked_rem(group.addresses.count).unwrap_or(0)
}

impl<W: World> Run<'_, W> {
    /// Somebody of this group wants to log in.
    pub(super) fn arrive(&mut self, group: usize, at: Time) -> Result<(), String> {
        let scenario = self.scenario;
        let (Some(people), Some(begun)) = (scenario.honest.get(group), self.logins.get_mut(group))
        else {
            return Ok(());
        };
        let login = *begun;
        *begun = login.saturating_add(1);
        let person =
            mixed(salt(self.seed, group, 1), login.into()).checked_rem(people.people.into());
        let person = person
            .and_then(|person| u32::try_from(person).ok())
            .unwrap_or(0);
        // Whoever is another worker's keeps what that one's answers have set.
        if !self.worker.has(person) {
            return Ok(());
        }
        self.figures.one(Figure::Wanted);
        let address = match chance(salt(self.seed, group, 2), login.into()) < people.moves {
            true => {
                let other = mixed(salt(self.seed, group, 3), login.into())
                    .checked_rem(people.addresses.count.into());
                other
                    .and_then(|other| u32::try_from(other).ok())
                    .unwrap_or(0)
            }
            false => home(people, person),
        };
        let visit = Visit {
            group,
            person,
            login,
            address,
            step: Step::Login,
            typed: 0,
            solved: 0,
            solution: None,
        };
        self.visit(visit, at)
    }

    /// A request of somebody, for the first time or again.
    pub(super) fn visit(&mut self, mut visit: Visit, at: Time) -> Result<(), String> {
        let scenario = self.scenario;
        let Some(people) = scenario.honest.get(visit.group) else {
            return Ok(());
        };
        let account = self.account(visit.group, visit.person);
        let drawn = u64::from(visit.login)
            .wrapping_mul(32)
            .wrapping_add(visit.typed.into());
        let mistyped = visit.step == Step::Login
            && chance(salt(self.seed, visit.group, 4), drawn) < people.typos;
        let reply = match (visit.step, mistyped) {
            (Step::Login, true) => Reply::Wrong,
            (Step::Login, false) => self.welcome(account),
            _ => Reply::Right,
        };
        let mut browser = self
            .browsers
            .remove(&(visit.group, visit.person))
            .unwrap_or_default();
        let told = self.world.send(
            Asked {
                at,
                from: people.addresses.at(visit.address),
                says: people.addresses.reputation(self.seed, visit.address),
                step: visit.step,
                account: &name(account),
                session: &format!("h{}-{}-{}", visit.group, visit.person, visit.login),
                agent: AGENT,
                solution: visit.solution.take(),
                reply,
            },
            &mut browser,
        )?;
        if !browser.is_empty() {
            self.browsers.insert((visit.group, visit.person), browser);
        }
        self.figures.one(Figure::HonestRequests);
        self.figures.add(Figure::Lookups, told.lookups.into());
        match told.outcome {
            Outcome::Passed => {
                self.pass(visit, (people, reply), at);
                return Ok(());
            }
            Outcome::Challenged => {
                self.figures.one(Figure::HonestChallenged);
                let refusal = told.refusal.filter(|_| visit.solved < CHALLENGES);
                if let Some(challenge) = refusal.and_then(|refusal| challenge(&refusal))
                    && let Some(solution) = solve(&challenge)
                {
                    let tries = difficulty(&challenge) / 2;
                    self.figures.add(Figure::HonestWork, tries);
                    visit.solved = visit.solved.saturating_add(1);
                    visit.solution = Some(solution);
                    let took = Duration::from_millis(tries.saturating_mul(1_000) / TRIES);
                    self.agenda.put(at.plus(took), Job::Visit(visit));
                    return Ok(());
                }
            }
            Outcome::Limited | Outcome::Denied => self.figures.one(Figure::HonestRefused),
        }
        self.figures.one(Figure::TurnedAway);
        self.draw(Curve::TurnedAway, at);
        Ok(())
    }

    /// The request has reached the application.
    fn pass(&mut self, visit: Visit, (people, reply): (&Honest, Reply), at: Time) {
        let (typed, step) = match reply {
            Reply::Right => {
                self.figures.one(Figure::Done);
                self.draw(Curve::Done, at);
                return;
            }
            Reply::Next => (visit.typed, Step::Code),
            Reply::Wrong => (visit.typed.saturating_add(1), Step::Login),
        };
        if typed >= people.patience {
            self.figures.one(Figure::Forgot);
            return;
        }
        let again = Visit {
            typed,
            step,
            ..visit
        };
        self.agenda.put(at.plus(TYPING), Job::Visit(again));
    }

    fn account(&self, group: usize, person: u32) -> u32 {
        let first = self.accounts.get(group).copied().unwrap_or(0);
        first.saturating_add(person)
    }

    /// Whoever is known has logged in the day before, or as many of them as do until `progress` is stopped.
    pub(super) fn past(&mut self, progress: &Progress) -> Result<(), String> {
        self.farm()?;
        let scenario = self.scenario;
        let start = Time::from_nanos(START.nanos().saturating_sub(nanos(PAST)));
        for (group, people) in scenario.honest.iter().enumerate() {
            for person in 0..people.people {
                let knows = chance(salt(self.seed, group, 5), person.into()) < people.known;
                if !knows || !self.worker.has(person) {
                    continue;
                }
                if progress.is_stopped() {
                    return Ok(());
                }
                let account = self.account(group, person);
                let since = moment(Duration::ZERO, PAST, person, people.people).since(START);
                let first = self.welcome(account);
                let steps = match first {
                    Reply::Next => &[(Step::Login, Reply::Next), (Step::Code, Reply::Right)][..],
                    _ => &[(Step::Login, Reply::Right)],
                };
                let mut browser = Browser::default();
                for (step, reply) in steps {
                    let address = home(people, person);
                    self.world.send(
                        Asked {
                            at: start.plus(since),
                            from: people.addresses.at(address),
                            says: people.addresses.reputation(self.seed, address),
                            step: *step,
                            account: &name(account),
                            session: &format!("p{group}-{person}"),
                            agent: AGENT,
                            solution: None,
                            reply: *reply,
                        },
                        &mut browser,
                    )?;
                }
                if !browser.is_empty() {
                    self.browsers.insert((group, person), browser);
                }
            }
        }
        Ok(())
    }
}
