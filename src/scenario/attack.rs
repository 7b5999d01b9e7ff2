//! An attack: what it wants, from where, how often, what it knows, and when it gives up.

use std::time::Duration;

use super::addresses::{Addresses, RawAddresses};
use super::check;
use crate::config::Text;
use crate::json::{FromJson, Mistakes, Place};
use crate::time::Span;

/// What an attempt asks of the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// A login with a guessed or leaked password.
    #[default]
    Login,
    /// A second factor's code, of an account whose password is known.
    Code,
    /// A mail with a link that resets the password.
    Reset,
}

/// In which order accounts are tried, or addresses taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// All of them once, and then all of them again.
    #[default]
    Around,
    /// Each of them as often as it is tried, and then the next.
    OneByOne,
}

/// An attack.
#[derive(Clone, Debug, FromJson, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAttack {
    /// Its name in reports.
    pub name: String,
    /// What each attempt asks for; default `login`.
    #[serde(default)]
    pub goal: Goal,
    /// How many attempts it makes.
    pub attempts: u32,
    /// When it starts; default 0.
    #[serde(default)]
    pub start: Option<Text<Span>>,
    /// How long it goes on; default to the end.
    #[serde(default)]
    pub lasts: Option<Text<Span>>,
    /// Where it comes from.
    pub addresses: RawAddresses,
    /// How many attempts are made from an address before the next one is taken, with `rotation: one_by_one`; default as
    /// many as it takes to use each of them.
    #[serde(default)]
    pub per_address: Option<u32>,
    /// In which order addresses are taken: `around`, all of them once and then all of them again, or `one_by_one`, each
    /// `per_address` times; default `around`.
    #[serde(default)]
    pub rotation: Order,
    /// How many accounts are tried, the first ones; default all.
    #[serde(default)]
    pub targets: Option<u32>,
    /// In which order; default `around`.
    #[serde(default)]
    pub order: Order,
    /// The share of guesses that are right, 0 to 1; default 0.
    #[serde(default)]
    pub right: Option<f64>,
    /// How many refusals in a row it takes to leave an address for good, 1 to 255; default 255, in which case it comes
    /// again however often it is refused.
    #[serde(default)]
    pub gives_up_after: Option<u32>,
    /// How often a refused attempt is made again, each time from another address; default 0.
    #[serde(default)]
    pub retries: Option<u8>,
    /// The hardest challenge that it solves, in tries at most; default 0, none.
    #[serde(default)]
    pub solves: Option<u32>,
    /// What it says to be in `user-agent`; default a browser.
    #[serde(default)]
    pub agent: Option<String>,
    /// How many accounts of its own it logs in to beforehand, to be known as their device; default 0.
    #[serde(default)]
    pub devices: Option<u32>,
}

/// An attack that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Attack {
    /// Its name.
    pub name: String,
    /// What each attempt asks for.
    pub goal: Goal,
    /// How many attempts it makes, one at least.
    pub attempts: u32,
    /// When it starts.
    pub start: Duration,
    /// How long it goes on.
    pub lasts: Duration,
    /// Where it comes from.
    pub addresses: Addresses,
    /// How many attempts an address makes, one at least.
    pub per_address: u32,
    /// In which order addresses are taken.
    pub rotation: Order,
    /// How many accounts are tried, one at least.
    pub targets: u32,
    /// In which order.
    pub order: Order,
    /// The share of right guesses.
    pub right: f64,
    /// How many refusals in a row an address bears.
    pub gives_up_after: u32,
    /// How often a refused attempt is made again.
    pub retries: u8,
    /// The hardest challenge that it solves, in tries.
    pub solves: u32,
    /// Its `user-agent`; `None` for a browser's.
    pub agent: Option<String>,
    /// How many accounts of its own it has.
    pub devices: u32,
}

impl RawAttack {
    pub(super) fn compile(
        self,
        at: &Place<'_>,
        (accounts, length): (u32, Duration),
        mistakes: &mut Mistakes<'_>,
    ) -> Attack {
        check::name(at, &self.name, mistakes);
        check::whole(&at.field("attempts"), self.attempts, u32::MAX, mistakes);
        let (start, lasts) = check::time(at, (self.start, self.lasts), length, mistakes);
        let targets = self.targets.unwrap_or(accounts);
        check::whole(&at.field("targets"), targets, accounts.max(1), mistakes);
        let addresses = self.addresses.compile(&at.field("addresses"), mistakes);
        let per_address = self
            .per_address
            .unwrap_or_else(|| self.attempts.div_ceil(addresses.count.max(1)));
        check::whole(&at.field("per_address"), per_address, u32::MAX, mistakes);
        let gives_up_after = self.gives_up_after.unwrap_or(255);
        check::whole(&at.field("gives_up_after"), gives_up_after, 255, mistakes);
        let devices = self.devices.unwrap_or(0);
        if devices > 10_000 {
            mistakes.add(&at.field("devices"), &"expected 0 to 10000");
        }
        Attack {
            name: self.name,
            goal: self.goal,
            attempts: self.attempts.max(1),
            start,
            lasts,
            addresses,
            per_address: per_address.max(1),
            rotation: self.rotation,
            targets: targets.max(1),
            order: self.order,
            right: check::share(&at.field("right"), self.right, 0.0, mistakes),
            gives_up_after: gives_up_after.max(1),
            retries: self.retries.unwrap_or(0),
            solves: self.solves.unwrap_or(0),
            agent: self.agent,
            devices,
        }
    }
}
