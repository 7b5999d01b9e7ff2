//! One run of a scenario against one world: who comes when, what the application answers, and what follows.

mod attack;
mod honest;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade::scenario::{Scenario, chance};
use palisade::time::Time;

use super::agenda::Agenda;
use super::attacker::{Attacker, Attempt};
use super::browser::Browser;
use super::crew::Worker;
use super::figures::{Curve, Figure, Figures, POINTS};
use super::progress::Progress;
use super::site::Reply;
use super::world::World;
use honest::Visit;

/// Monday, 5 January 2026, in UTC: when every scenario begins.
pub(super) const START: Time = Time::from_secs(1_767_571_200);

/// Known browsers have logged in a day before, within these hours.
const PAST: Duration = Duration::from_secs(72_000);

/// What happens later.
enum Job {
    Attempt(Attempt),
    Visit(Visit),
}

/// A run under way.
pub(super) struct Run<'s, W> {
    scenario: &'s Scenario,
    seed: u64,
    world: W,
    figures: Figures,
    agenda: Agenda<Job>,
    attackers: Vec<Attacker<'s>>,
    /// How many logins of each group of honest people have begun.
    logins: Vec<u32>,
    /// Where the accounts of each group begin.
    accounts: Vec<u32>,
    /// What the browsers of people keep, of those that keep anything.
    browsers: HashMap<(usize, u32), Browser>,
    /// One bit for each account, of all workers.
    taken: Taken,
    /// Which of those who come are sent from here.
    worker: Worker,
}

/// Which accounts attackers have: one bit for each.
pub(super) type Taken = Arc<[AtomicU64]>;

/// None of so many accounts.
pub(super) fn none_taken(scenario: &Scenario) -> Taken {
    (0..scenario.accounts.div_ceil(64))
        .map(|_| AtomicU64::new(0))
        .collect()
}

/// Whose turn it is.
#[derive(Clone, Copy)]
enum Turn {
    Attack(usize),
    Honest(usize),
    Agenda,
}

/// The moment of one of many that come evenly.
fn moment(start: Duration, lasts: Duration, number: u32, of: u32) -> Time {
    let nanos = lasts.as_nanos().saturating_mul(number.into());
    let nanos = nanos.checked_div(of.into()).unwrap_or(0);
    let after = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    START.plus(start).plus(after)
}

impl<'s, W: World> Run<'s, W> {
    pub(super) fn new(
        scenario: &'s Scenario,
        seed: u64,
        world: W,
        (worker, taken): (Worker, Taken),
    ) -> Self {
        let attackers = scenario.attacks.iter().enumerate();
        let attackers = attackers.map(|(number, attack)| {
            let own = u64::try_from(number).unwrap_or(0);
            Attacker::new(
                attack,
                palisade::scenario::mixed(seed, own.wrapping_add(100)),
                &worker,
            )
        });
        let mut first = 0_u32;
        let accounts = scenario.honest.iter().map(|group| {
            let begins = first;
            first = first.saturating_add(group.people);
            begins
        });
        Self {
            seed,
            world,
            figures: Figures::default(),
            agenda: Agenda::default(),
            attackers: attackers.collect(),
            logins: vec![0; scenario.honest.len()],
            accounts: accounts.collect(),
            browsers: HashMap::new(),
            taken,
            worker,
            scenario,
        }
    }

    /// Runs it to its end, or to where `progress` stops it. With `past`, browsers that are said to be known log in
    /// before it begins.
    ///
    /// # Errors
    /// When the world does not answer, and why.
    pub(super) fn run(mut self, past: bool, progress: &Progress) -> Result<Figures, String> {
        let worker = self.worker.clone();
        let told = self.run_share(past, progress);
        worker.leave();
        told.map(|()| self.figures)
    }

    fn run_share(&mut self, past: bool, progress: &Progress) -> Result<(), String> {
        if past {
            self.past(progress)?;
        }
        let mut behind = 0_u64;
        while let Some((at, turn)) = self.turn() {
            self.worker.come_to(at, progress);
            match turn {
                Turn::Attack(number) => self.attempt(number, at)?,
                Turn::Honest(number) => self.arrive(number, at)?,
                Turn::Agenda => match self.agenda.take() {
                    Some((at, Job::Attempt(attempt))) => self.send(attempt, at)?,
                    Some((at, Job::Visit(visit))) => self.visit(visit, at)?,
                    None => {}
                },
            }
            if !matches!(turn, Turn::Agenda) {
                behind = behind.saturating_add(1);
            }
            if behind >= 1_024 {
                progress.add(behind);
                behind = 0;
            }
            if progress.is_stopped() {
                self.figures.cut = Some(self.share(at));
                break;
            }
        }
        progress.add(behind);
        self.figures.stored = self.world.stored();
        Ok(())
    }

    /// What happens next, and when.
    fn turn(&self) -> Option<(Time, Turn)> {
        let mut next = self.agenda.next().map(|at| (at, Turn::Agenda));
        let mut offer = |at: Time, turn: Turn| {
            if next.is_none_or(|(earliest, _)| at < earliest) {
                next = Some((at, turn));
            }
        };
        for (number, attacker) in self.attackers.iter().enumerate() {
            let attack = attacker.attack;
            if attacker.begins < attack.attempts {
                offer(
                    moment(attack.start, attack.lasts, attacker.begins, attack.attempts),
                    Turn::Attack(number),
                );
            }
        }
        for ((number, group), begun) in self.scenario.honest.iter().enumerate().zip(&self.logins) {
            if *begun < group.logins {
                offer(
                    moment(group.start, group.lasts, *begun, group.logins),
                    Turn::Honest(number),
                );
            }
        }
        next
    }

    /// How much of the scenario is over at this time, in percent.
    fn share(&self, at: Time) -> u8 {
        let length = self.scenario.length.as_nanos().max(1);
        let passed = at.since(START).as_nanos().saturating_mul(100);
        passed
            .checked_div(length)
            .and_then(|share| u8::try_from(share.min(100)).ok())
            .unwrap_or(100)
    }

    fn point(&self, at: Time) -> usize {
        let points = u128::try_from(POINTS).unwrap_or(1);
        let passed = at.since(START).as_nanos().saturating_mul(points);
        let point = passed
            .checked_div(self.scenario.length.as_nanos())
            .unwrap_or(0);
        usize::try_from(point).unwrap_or(usize::MAX)
    }

    fn draw(&mut self, curve: Curve, at: Time) {
        let point = self.point(at);
        self.figures.at(curve, point);
    }

    /// Whether an account has a second factor.
    fn has_second_factor(&self, account: u32) -> bool {
        chance(self.seed ^ 0x2f, account.into()) < self.scenario.second_factor
    }

    /// What a right password is answered with.
    fn welcome(&self, account: u32) -> Reply {
        match self.has_second_factor(account) {
            true => Reply::Next,
            false => Reply::Right,
        }
    }

    /// An attacker has this account now.
    fn take(&mut self, account: u32) {
        let place = usize::try_from(account >> 6).ok();
        let bit = 1 << (account & 63);
        let word = place.and_then(|place| self.taken.get(place));
        if word.is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0) {
            self.figures.one(Figure::Taken);
        }
    }
}

/// The name of an account.
fn name(account: u32) -> String {
    format!("user{account}@example.com")
}
