//! How much is known of the password of a request.

use crate::breach::{BreachSignal, Digest, Password, PasswordReading, RoutePassword};
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::message::HeaderBlock;
use crate::policy::{Guard, Policy};
use crate::route::RouteIndex;

/// What is known of the password of a request.
#[derive(Debug, Default)]
pub(super) enum PasswordState {
    /// Nobody asks.
    #[default]
    Unasked,
    /// What the head says, by the places of each route that asks.
    Unread(Vec<(RouteIndex, PasswordReading)>),
    /// Its hash, of which nobody has asked yet.
    Read(Digest),
    /// Its hash, of which the service is being asked.
    Asked(Digest),
    /// All that there is to know.
    Told(BreachSignal),
}

fn places(policy: &Policy, route: RouteIndex) -> Option<&RoutePassword> {
    policy.protection(route)?.password.as_ref()
}

impl PasswordState {
    /// Reads what stands in the head.
    pub(super) fn of_head(policy: &Policy, guard: &Guard, headers: &HeaderBlock) -> Self {
        if !guard.password.reads {
            return Self::Unasked;
        }
        let asking = policy.candidates(guard);
        let read = asking.filter_map(|(route, own)| {
            let password = own.password.as_ref()?;
            Some((route, password.places.read_head(headers)))
        });
        Self::Unread(read.collect())
    }

    /// Whether the body must be read.
    pub(super) fn body(&self) -> BodyNeed {
        let needs = |readings: &[(RouteIndex, PasswordReading)]| {
            let mut readings = readings.iter();
            readings.any(|(_, reading)| reading.body() == BodyNeed::Needed)
        };
        match self {
            Self::Unread(readings) if needs(readings) => BodyNeed::Needed,
            _ => BodyNeed::None,
        }
    }

    /// What conditions know of it.
    pub(super) const fn signal(&self) -> BreachSignal {
        match self {
            Self::Unasked => BreachSignal::NotAsked,
            Self::Unread(_) | Self::Read(_) | Self::Asked(_) => BreachSignal::Open,
            Self::Told(signal) => *signal,
        }
    }

    /// Reads the password, if it has not been read: what all routes that ask agree on.
    pub(super) fn read(&mut self, policy: &Policy, checks: bool, body: BodyBytes<'_>) {
        let Self::Unread(readings) = self else {
            return;
        };
        let readings = std::mem::take(readings).into_iter();
        let read = readings.filter_map(|(route, reading)| {
            let password = places(policy, route)?;
            Some(reading.conclude(&password.places, body))
        });
        *self = match read.reduce(Password::and).unwrap_or(Password::Absent) {
            Password::Absent => Self::Told(BreachSignal::Absent),
            Password::Unclear if checks => Self::Told(BreachSignal::Unclear),
            Password::Unclear => Self::Told(BreachSignal::NotAsked),
            Password::Known(digest) if checks => Self::Read(digest),
            Password::Known(_) => Self::Told(BreachSignal::Unchecked),
        };
    }
}
