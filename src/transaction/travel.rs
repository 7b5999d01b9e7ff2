//! How the client must have travelled since the last successful login, and where the next one is compared with.

use super::Host;
use super::account::AccountState;
use super::engine::Engine;
use super::judged::Judged;
use crate::config::{TravelPolicy, Traveller};
use crate::decision::{Conclusion, Evaluation, Trip, Truth};
use crate::intelligence::Position;
use crate::limits::Keys;
use crate::records::{Change, RecordKey, Table};
use crate::route::RouteIndex;
use crate::telemetry::{Event, PositionResult, TravelResult};
use crate::time::Time;
use crate::travel::{LastLogin, Travel, location};

/// The last positions of all accounts or sessions.
///
/// They have a table of their own: only who logs in gets into it, so whoever floods other records pushes nobody out.
#[derive(Debug)]
pub(super) struct Travels {
    table: Table,
    keys: Keys,
    policy: TravelPolicy,
}

/// Who is where: what a success writes down.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    who: Vec<RecordKey>,
    position: Position,
}

/// How much is known of where the client is, and who it is.
#[derive(Debug, Default)]
pub(super) enum Journey {
    /// Not all yet.
    #[default]
    Open,
    /// All; of somebody without a position or a name, nothing.
    Over(Option<Arrival>),
}

impl Journey {
    /// What a success writes down.
    pub(super) fn arrival(self) -> Option<Arrival> {
        match self {
            Self::Over(arrival) => arrival,
            Self::Open => None,
        }
    }
}

/// Whose travel a request is about.
enum Who {
    /// That is not known yet.
    NotYet,
    /// Theirs.
    Known(Vec<RecordKey>),
}

impl Travels {
    pub(super) fn new(policy: TravelPolicy, namespace: &str, secret: [u8; 16]) -> Self {
        Self {
            table: Table::new(&format!("{namespace}/travel"), policy.budget),
            keys: Keys::new(secret),
            policy,
        }
    }

    fn who(&self, judged: &Judged) -> Who {
        let key = |kind: &str, whose: &[u8]| RecordKey::new(&self.keys, &[kind.as_bytes(), whose]);
        let Some(identity) = &judged.subject.identity else {
            return Who::Known(Vec::new());
        };
        Who::Known(match (self.policy.subject, &judged.account) {
            (Traveller::Session, _) => {
                let sessions = identity.sessions.iter();
                sessions
                    .map(|session| key("session", session.as_bytes()))
                    .collect()
            }
            (Traveller::Account, AccountState::Read(accounts)) => {
                let owners = accounts.owners.iter();
                owners
                    .map(|owner| key("account", owner.account.as_bytes()))
                    .collect()
            }
            (Traveller::Account, AccountState::Open) => match identity.account {
                Some(_) => return Who::NotYet,
                None => Vec::new(),
            },
        })
    }

    /// How they must have travelled to be here; of several sessions or accounts, any of which the application may take, the fastest one.
    fn travel(&self, arrival: &Arrival, now: Time, host: &impl Host) -> Option<Travel> {
        let tolerance = self.policy.tolerance;
        let last = |who: &RecordKey| self.table.get::<LastLogin>(*who, now, host);
        let logins = arrival.who.iter().filter_map(last);
        logins
            .filter_map(|login| login.travel(arrival.position, now, tolerance))
            .max_by_key(|travel| (travel.speed, travel.km))
    }

    /// They have logged in: the next login is compared with this one, unless this one was impossible.
    pub(super) fn arrive(&self, arrival: &Arrival, now: Time, host: &impl Host) {
        let login = LastLogin::new(arrival.position, now);
        let policy = &self.policy;
        for who in &arrival.who {
            let mut replaces = false;
            let updated = self.table.update(*who, now, host, |before| {
                replaces = login.replaces(before, policy.tolerance);
                match replaces {
                    true => Change::Put(login, policy.life),
                    false => Change::Leave,
                }
            });
            host.meter(Event::Position(match (replaces, updated.written) {
                (false, _) => PositionResult::Kept,
                (true, written) if written.is_done() => PositionResult::Moved,
                (true, _) => PositionResult::GivenUp,
            }));
        }
    }
}

impl Engine {
    /// What the rules make of what is known by now. Where they depend on travel and nobody knows yet who travels, they wait.
    pub(super) fn conclude(&self, judged: &mut Judged, now: Time, host: &impl Host) {
        if judged.subject.guard.travel.any() {
            self.travel(judged, now, host);
        }
        let conclude = |route: &RouteIndex| {
            let protection = self.policy.protection(*route);
            match protection.map(|own| own.ruleset.so_far(&judged.signals)) {
                Some(Evaluation::Decided(verdict)) => verdict.into(),
                Some(Evaluation::Open) | None => Conclusion::OPEN,
            }
        };
        judged.rules = Some(judged.subject.guard.routes.map(conclude));
    }

    /// The same once it is known who the request is about; whether anything may have changed.
    pub(super) fn conclude_again(&self, judged: &mut Judged, now: Time, host: &impl Host) -> bool {
        let travels = judged.subject.guard.travel.any();
        let open = travels && matches!(judged.journey, Journey::Open);
        if open {
            self.conclude(judged, now, host);
        }
        open
    }

    /// Finds out how the client has travelled, as soon as it is known who travels.
    fn travel(&self, judged: &mut Judged, now: Time, host: &impl Host) {
        let Some(travels) = &self.travels else { return };
        let signals = judged.signals;
        let route = judged.subject.guard.travel;
        // What is kept of a network does not say who hides there now, when the API fails.
        let known = signals.unknown != Truth::True;
        let position = location(&signals.reputation).filter(|_| known);
        let score = || {
            let weights = &self.policy.weights;
            weights.score_of_impossible(&signals)
        };
        judged.signals.trip = Trip::Unknown;
        let who = match travels.who(judged) {
            Who::NotYet => {
                if route.judges && position.is_some() {
                    judged.signals.trip = Trip::Open(score());
                }
                return;
            }
            Who::Known(who) => who,
        };
        let arrival = position
            .filter(|_| !who.is_empty())
            .map(|position| Arrival { who, position });
        if route.judges {
            let found = arrival
                .as_ref()
                .map(|arrival| travels.travel(arrival, now, host));
            host.meter(Event::Travel(match found {
                None => TravelResult::NoPosition,
                Some(None) => TravelResult::First,
                Some(Some(travel)) => TravelResult::of(travel),
            }));
            if let Some(travel) = found.flatten() {
                judged.signals.trip = Trip::Known(travel);
                if travel.impossible {
                    judged.signals.score = score();
                }
            }
        }
        judged.journey = Journey::Over(arrival);
    }
}
