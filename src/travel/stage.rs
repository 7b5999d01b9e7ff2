//! How the client must have travelled since the last successful login, and where the next one is compared with.

use super::{LastLogin, RouteTravel, Travel, TravelPolicy, Traveller};
use crate::device::KnownDevices;
use crate::host::Host;
use crate::intelligence::Position;
use crate::limits::Keys;
use crate::principal::{Owner, Principal};
use crate::records::{Change, RecordKey, Table};
use crate::store::Fill;
use crate::telemetry::{Event, PositionResult, TravelResult};
use crate::time::Time;

/// The last positions of all accounts or sessions.
///
/// They have a table of their own: only who logs in gets into it, so whoever floods other records pushes nobody out.
#[derive(Debug)]
pub(crate) struct Travels {
    table: Table,
    keys: Keys,
    policy: TravelPolicy,
}

/// Who is where: what a success writes down.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    who: Vec<Traveler>,
    position: Position,
    /// Whether that is one account in one realm.
    certain: bool,
}

/// Somebody whose last position may be known: under these keys, the first that has one counts.
///
/// Positions are bound to a realm and to the exact spelling of an account, as devices are: whoever owns an account of
/// the same name elsewhere, or of one that only looks alike to us, moves nobody else's. Where there is none yet, the
/// last one of any spelling in the realm counts, since the application may read a name in any case; then the last one
/// anywhere, since another route may be the one that logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Traveler {
    own: RecordKey,
    others: [Option<RecordKey>; 2],
}

/// Who comes from where, as far as travel asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passenger<'t> {
    /// What the route has to do with travel.
    pub(crate) route: RouteTravel,
    /// Who it is.
    pub(crate) principal: Principal<'t>,
    /// Whether the accounts are still to be found out.
    pub(crate) is_open: bool,
    /// The realms of the accounts.
    pub(crate) realms: &'t [&'t str],
    /// Where, if that is known.
    pub(crate) position: Option<Position>,
}

/// What is known of a client's travel.
#[derive(Debug)]
pub(crate) enum TravelState {
    /// Not all yet: for that, who comes must be known. Whether it matters to the route.
    Open(bool),
    /// All: how the client must have travelled, if the route asks, and what a success writes down; of somebody without
    /// a position or a name, nothing.
    Over(Option<Travel>, Option<Arrival>),
}

impl Travels {
    pub(crate) fn new(policy: TravelPolicy, namespace: &str, secret: [u8; 16]) -> Self {
        Self {
            table: Table::new(&format!("{namespace}/travel"), policy.budget),
            keys: Keys::new(secret),
            policy,
        }
    }

    /// How full their table is.
    pub(crate) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.table.fill(start, now, host)
    }

    /// How the client has travelled, as soon as it is known who travels.
    pub(crate) fn follow(
        &self,
        passenger: &Passenger<'_>,
        now: Time,
        host: &impl Host,
    ) -> TravelState {
        let Passenger {
            route,
            realms,
            position,
            ..
        } = *passenger;
        let Some(who) = self.travelers(passenger) else {
            return TravelState::Open(route.judges && position.is_some());
        };
        let arrival = position
            .filter(|_| !who.is_empty())
            .map(|position| Arrival {
                who,
                position,
                certain: realms.len() <= 1 || self.policy.subject == Traveller::Session,
            });
        if !route.judges {
            return TravelState::Over(None, arrival);
        }
        let found = arrival
            .as_ref()
            .map(|arrival| self.travel(arrival, now, host));
        host.meter(Event::Travel(match found {
            None => TravelResult::NoPosition,
            Some(None) => TravelResult::First,
            Some(Some(travel)) => TravelResult::of(travel),
        }));
        TravelState::Over(found.flatten(), arrival)
    }

    /// Whose travel the request is about; `None` as long as that is not known.
    fn travelers(&self, passenger: &Passenger<'_>) -> Option<Vec<Traveler>> {
        let key = |kind: &str, whose: &[u8]| RecordKey::new(&self.keys, &[kind.as_bytes(), whose]);
        let in_realm = |realm: &str, owner: &Owner| {
            let account = &owner.account;
            let mark = self.keys.account(account);
            let in_realm = key("realm", &[realm.as_bytes(), mark.as_bytes()].join(&0));
            let anywhere = key("anywhere", mark.as_bytes());
            // What a session remembers has no spelling.
            match account.remembered_mark() {
                Some(_) => Traveler {
                    own: in_realm,
                    others: [Some(anywhere), None],
                },
                None => Traveler {
                    own: key("account", &KnownDevices::whose(realm, account)),
                    others: [Some(in_realm), Some(anywhere)],
                },
            }
        };
        Some(match self.policy.subject {
            Traveller::Session => {
                let sessions = passenger.principal.sessions.iter();
                sessions
                    .map(|session| Traveler {
                        own: key("session", session.as_bytes()),
                        others: [None; 2],
                    })
                    .collect()
            }
            Traveller::Account if passenger.is_open => return None,
            Traveller::Account => {
                let owners = passenger.principal.owners.iter();
                owners
                    .flat_map(|owner| passenger.realms.iter().map(move |realm| (*realm, owner)))
                    .map(|(realm, owner)| in_realm(realm, owner))
                    .collect()
            }
        })
    }

    /// How they must have travelled to be here; of several sessions or accounts, any of which the application may take,
    /// the fastest one.
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
    pub(crate) fn arrive(&self, arrival: &Arrival, now: Time, host: &impl Host) {
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
