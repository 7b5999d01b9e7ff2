//! Honest people: how many, from where, how often they log in, and what goes wrong for them.

use std::time::Duration;

use super::addresses::{Addresses, RawAddresses};
use super::check;
use crate::config::Text;
use crate::json::{FromJson, Mistakes, Place};
use crate::time::Span;

/// A group of honest people, each with an account of its own.
#[derive(Clone, Debug, FromJson, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHonest {
    /// Its name in reports.
    pub name: String,
    /// How many people, 1 to 10000000.
    pub people: u32,
    /// How many logins they want, all together.
    pub logins: u32,
    /// When they start; default 0.
    #[serde(default)]
    pub start: Option<Text<Span>>,
    /// How long they go on; default to the end.
    #[serde(default)]
    pub lasts: Option<Text<Span>>,
    /// Where they come from. They are spread over these addresses.
    pub addresses: RawAddresses,
    /// The share of logins from another address than somebody's own, 0 to 1; default 0.
    #[serde(default)]
    pub moves: Option<f64>,
    /// The share of passwords that are mistyped, 0 to 1; default 0.05.
    #[serde(default)]
    pub typos: Option<f64>,
    /// The share of people whose browser has logged in before, a day ago, 0 to 1; default 0.8.
    #[serde(default)]
    pub known: Option<f64>,
    /// How often somebody types a password before giving up, 1 to 20; default 3.
    #[serde(default)]
    pub patience: Option<u8>,
}

/// A group of honest people that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Honest {
    /// Its name.
    pub name: String,
    /// How many people, one at least.
    pub people: u32,
    /// How many logins they want, all together.
    pub logins: u32,
    /// When they start.
    pub start: Duration,
    /// How long they go on.
    pub lasts: Duration,
    /// Where they come from.
    pub addresses: Addresses,
    /// The share of logins from another address.
    pub moves: f64,
    /// The share of mistyped passwords.
    pub typos: f64,
    /// The share of people whose browser is known.
    pub known: f64,
    /// How often somebody types a password.
    pub patience: u8,
}

impl RawHonest {
    pub(super) fn compile(
        self,
        at: &Place<'_>,
        (_, length): (u32, Duration),
        mistakes: &mut Mistakes<'_>,
    ) -> Honest {
        check::name(at, &self.name, mistakes);
        check::whole(&at.field("people"), self.people, 10_000_000, mistakes);
        check::whole(&at.field("logins"), self.logins, u32::MAX, mistakes);
        let (start, lasts) = check::time(at, (self.start, self.lasts), length, mistakes);
        let patience = self.patience.unwrap_or(3);
        check::whole(&at.field("patience"), patience.into(), 20, mistakes);
        Honest {
            name: self.name,
            people: self.people.max(1),
            logins: self.logins,
            start,
            lasts,
            addresses: self.addresses.compile(&at.field("addresses"), mistakes),
            moves: check::share(&at.field("moves"), self.moves, 0.0, mistakes),
            typos: check::share(&at.field("typos"), self.typos, 0.05, mistakes),
            known: check::share(&at.field("known"), self.known, 0.8, mistakes),
            patience,
        }
    }
}
