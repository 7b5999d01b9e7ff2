//! How the client must have travelled since the last successful login, and where the next one is compared with.

use crate::host::Host;
use std::rc::Rc;

use super::account::{AccountState, Owner};
use super::engine::Engine;
use super::judged::Judged;
use crate::decision::{Conclusion, Evaluation, Trip, Truth};
use crate::device::KnownDevices;
use crate::intelligence::Position;
use crate::limits::Keys;
use crate::records::{Change, RecordKey, Table};
use crate::route::RouteIndex;
use crate::telemetry::{Event, PositionResult, TravelResult};
use crate::time::Time;
use crate::travel::{LastLogin, Travel, location};
use crate::travel::{TravelPolicy, Traveller};

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
    who: Vec<Traveler>,
    position: Position,
    /// Whether that is one account in one realm.
    certain: bool,
}

/// Somebody whose last position may be known: under these keys, the first that has one counts.
///
/// Positions are bound to a realm and to the exact spelling of an account, as devices are: whoever owns an account of the same name elsewhere, or
/// of one that only looks alike to us, moves nobody else's. Where there is none yet, the last one of any spelling in the realm counts, since the
/// application may read a name in any case; then the last one anywhere, since another route may be the one that logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Traveler {
    own: RecordKey,
    others: [Option<RecordKey>; 2],
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
    Known(Vec<Traveler>),
}

impl Travels {
    pub(super) fn new(policy: TravelPolicy, namespace: &str, secret: [u8; 16]) -> Self {
        Self {
            table: Table::new(&format!("{namespace}/travel"), policy.budget),
            keys: Keys::new(secret),
            policy,
        }
    }

    fn who(&self, judged: &Judged, realms: &[&str]) -> Who {
        let key = |kind: &str, whose: &[u8]| RecordKey::new(&self.keys, &[kind.as_bytes(), whose]);
        let in_realm = |realm: &str, owner: &Owner| {
            let account = &owner.account;
            Traveler {
                own: key("account", &KnownDevices::whose(realm, account)),
                others: [
                    Some(key(
                        "realm",
                        &[realm.as_bytes(), account.as_bytes()].join(&0),
                    )),
                    Some(key("anywhere", account.as_bytes())),
                ],
            }
        };
        let Some(identity) = &judged.subject.identity else {
            return Who::Known(Vec::new());
        };
        Who::Known(match (self.policy.subject, &judged.account) {
            (Traveller::Session, _) => {
                let sessions = identity.sessions.iter();
                sessions
                    .map(|session| Traveler {
                        own: key("session", session.as_bytes()),
                        others: [None; 2],
                    })
                    .collect()
            }
            (Traveller::Account, AccountState::Read(accounts)) => {
                let owners = accounts.owners.iter();
                owners
                    .flat_map(|owner| realms.iter().map(move |realm| (*realm, owner)))
                    .map(|(realm, owner)| in_realm(realm, owner))
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
        let get = |key| self.table.get::<LastLogin>(key, now, host);
        let last = |who: &Traveler| {
            let mut others = who.others.iter().flatten();
            get(who.own).or_else(|| others.find_map(|key| get(*key)))
        };
        let logins = arrival.who.iter().filter_map(last);
        logins
            .filter_map(|login| login.travel(arrival.position, now, tolerance))
            .max_by_key(|travel| (travel.speed, travel.km))
    }

    /// They have logged in: the next login is compared with this one, unless this one was impossible.
    pub(super) fn arrive(&self, arrival: &Arrival, now: Time, host: &impl Host) {
        for who in arrival.who.iter().filter(|_| arrival.certain) {
            let result = self.move_to(who.own, arrival.position, now, host);
            for other in who.others.iter().flatten() {
                self.move_to(*other, arrival.position, now, host);
            }
            host.meter(Event::Position(result));
        }
    }

    fn move_to(
        &self,
        key: RecordKey,
        position: Position,
        now: Time,
        host: &impl Host,
    ) -> PositionResult {
        let (login, policy) = (LastLogin::new(position, now), &self.policy);
        let mut replaces = false;
        let updated = self.table.update(key, now, host, |before| {
            replaces = login.replaces(before, policy.tolerance);
            match replaces {
                true => Change::Put(login, policy.life),
                false => Change::Leave,
            }
        });
        match (replaces, updated.written) {
            (false, _) => PositionResult::Kept,
            (true, written) if written.is_done() => PositionResult::Moved,
            (true, _) => PositionResult::GivenUp,
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
        let guard = Rc::clone(&judged.subject.guard);
        let realms = self.policy.realms_of(&guard);
        let who = match travels.who(judged, &realms) {
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
            .map(|position| Arrival {
                who,
                position,
                certain: realms.len() <= 1 || travels.policy.subject == Traveller::Session,
            });
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
