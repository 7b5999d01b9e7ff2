//! What a simulation is told: who attacks, who is honest, from which addresses, and what the attacker knows.
//!
//! A scenario is a YAML or JSON file. Each mistake in it is told with its place, as those of a policy are.

mod addresses;
mod attack;
mod check;
mod honest;

pub use addresses::{Addresses, RawAddresses, chance, mixed};
pub use attack::{Attack, Goal, Order, RawAttack};
pub use honest::{Honest, RawHonest};

use crate::config::{ConfigErrors, Text};
use crate::json::{self, FromJson, Json, Mistakes, Place};
use crate::time::Span;
use serde_json::Value;
use std::time::Duration;

/// How many groups of attackers and of honest people a scenario has at most.
const MOST_GROUPS: usize = 32;

/// A scenario: attacks on an application with honest traffic beside them.
#[derive(Clone, Debug, FromJson, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A scenario of palisade simulate")]
pub struct RawScenario {
    /// What it is called in reports, in a few words.
    pub title: String,
    /// What it shows, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// How long it lasts on the virtual clock, 1s to 60d.
    pub length: Text<Span>,
    /// How many accounts the application has, 1 to 1000000000.
    pub accounts: u32,
    /// The share of accounts with a second factor, 0 to 1; default 0.
    #[serde(default)]
    pub second_factor: Option<f64>,
    /// The attacks.
    #[serde(default)]
    pub attacks: Vec<RawAttack>,
    /// The honest people.
    #[serde(default)]
    pub honest: Vec<RawHonest>,
    /// Defences that are also shown together, each a list of their names.
    #[serde(default)]
    pub together: Vec<Vec<String>>,
    /// One in so many of all is simulated unless `--full` asks for all, 1 to 1000000; default 1.
    #[serde(default)]
    pub sample: Option<u32>,
}

/// A scenario that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// How long it lasts.
    pub length: Duration,
    /// How many accounts there are, one at least.
    pub accounts: u32,
    /// The share of accounts with a second factor.
    pub second_factor: f64,
    /// The attacks.
    pub attacks: Vec<Attack>,
    /// The honest people.
    pub honest: Vec<Honest>,
    /// Defences that are also shown together.
    pub together: Vec<Vec<String>>,
    /// One in so many is simulated.
    pub sample: u32,
}

/// Reads a scenario from a tree.
///
/// # Errors
/// Every mistake that was found, each with its place, what stands there and what was expected.
pub fn read(tree: &Value) -> Result<Scenario, ConfigErrors> {
    let source = Json::parse(tree.to_string().as_bytes()).map_err(ConfigErrors::one)?;
    let raw: RawScenario = json::read(&source).map_err(ConfigErrors)?;
    let mut mistakes = Mistakes::new(&source);
    let scenario = raw.compile(&mut mistakes);
    mistakes.unless_any(Some(scenario)).map_err(ConfigErrors)
}

impl RawScenario {
    fn compile(self, mistakes: &mut Mistakes<'_>) -> Scenario {
        let top = &Place::Top;
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        let length = self.length.0.get();
        if !(second..=day.saturating_mul(60)).contains(&length) {
            mistakes.add(&top.field("length"), &"expected a duration from 1s to 60d");
        }
        check::whole(
            &top.field("accounts"),
            self.accounts,
            1_000_000_000,
            mistakes,
        );
        let sample = self.sample.unwrap_or(1);
        check::whole(&top.field("sample"), sample, 1_000_000, mistakes);
        for (name, count) in [
            ("attacks", self.attacks.len()),
            ("honest", self.honest.len()),
        ] {
            if count > MOST_GROUPS {
                let most = format_args!("expected at most {MOST_GROUPS} groups, not {count}");
                mistakes.add(&top.field(name), &most);
            }
        }
        if self.attacks.is_empty() && self.honest.is_empty() {
            mistakes.add(
                top,
                &"nobody does anything; expected groups in `attacks`, `honest` or both",
            );
        }
        let second_factor = top.field("second_factor");
        let second_factor = check::share(&second_factor, self.second_factor, 0.0, mistakes);
        let within = (self.accounts, length);
        let at = top.field("attacks");
        let attacks = self.attacks.into_iter().enumerate();
        let attacks: Vec<Attack> = attacks
            .map(|(number, raw)| raw.compile(&at.element(number), within, mistakes))
            .collect();
        let at = top.field("honest");
        let honest = self.honest.into_iter().enumerate();
        let honest: Vec<Honest> = honest
            .map(|(number, raw)| raw.compile(&at.element(number), within, mistakes))
            .collect();
        let people = honest
            .iter()
            .map(|group| u64::from(group.people))
            .sum::<u64>();
        if people > u64::from(self.accounts) {
            let sentence = format_args!(
                "each of {people} honest people has an account; expected as many accounts"
            );
            mistakes.add(&top.field("accounts"), &sentence);
        }
        Scenario {
            title: self.title,
            about: self.about,
            length,
            accounts: self.accounts.max(1),
            second_factor,
            attacks,
            honest,
            together: self.together,
            sample,
        }
    }
}

impl Scenario {
    /// The same with one in so many of all: attempts, addresses, accounts and people. How many addresses a network has,
    /// how often each of them comes and how often each account is tried stays what it is.
    #[must_use]
    pub fn sampled(mut self, one_in: u32) -> Self {
        let some = |number: u32| number.div_ceil(one_in.max(1)).max(1);
        self.accounts = some(self.accounts);
        for attack in &mut self.attacks {
            attack.attempts = some(attack.attempts);
            attack.targets = some(attack.targets);
            attack.devices = attack.devices.div_ceil(one_in.max(1));
            attack.addresses = attack.addresses.sampled(one_in);
        }
        for group in &mut self.honest {
            group.people = some(group.people);
            group.logins = some(group.logins);
            group.addresses = group.addresses.sampled(one_in);
        }
        let people = self.honest.iter().map(|group| group.people).sum::<u32>();
        self.accounts = self.accounts.max(people);
        self.sample = one_in;
        self
    }

    /// How many logins and attempts begin in it.
    #[must_use]
    pub fn size(&self) -> u64 {
        let attacks = self.attacks.iter().map(|attack| attack.attempts);
        let honest = self.honest.iter().map(|group| group.logins);
        attacks.chain(honest).map(u64::from).sum()
    }
}

#[cfg(test)]
mod tests;
