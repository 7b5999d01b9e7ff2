//! Which sessions the application knows: those that it gives out, and those whose requests it answers.

use std::time::Duration;

use super::stage::{Sessions, count_written};
use super::{self as session, Acceptance};
use crate::address::ClientAddress;
use crate::host::Host;
use crate::identity::session::Session;
use crate::limits::FairShare;
use crate::message::HeaderBlock;
use crate::records::RecordKey;
use crate::time::Time;

/// How many sessions one network can make known within ten minutes.
const SHARE: FairShare = FairShare::new("known sessions", 512);

/// A request that has gone on, whose answer tells whether the application knows its session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    /// Its session, where it has one alone and nothing speaks against its address: else whoever makes up sessions at a
    /// bad address, where they are revoked, would have them known first.
    session: Option<RecordKey>,
    client: Option<ClientAddress>,
    /// Whether a page has had it made: sessions that it has the application give out count by themselves.
    unasked: bool,
}

impl Sessions {
    /// Whether the application has shown lately that it knows the session.
    pub(super) fn knows(&self, key: RecordKey, now: Time, host: &impl Host) -> bool {
        self.known.get::<Acceptance>(key, now, host).is_some()
    }
}

impl Visit {
    /// What is remembered of a request of `sessions` that goes on; `is_good` unless something speaks against its
    /// address.
    pub(crate) fn of(
        sessions: &Sessions,
        its: &[Session],
        is_good: bool,
        (client, unasked): (Option<ClientAddress>, bool),
    ) -> Self {
        Self {
            session: match its {
                [one] if is_good => session::key(&sessions.keys, one),
                _ => None,
            },
            client,
            unasked,
        }
    }

    /// The application has answered with these headers.
    pub(crate) fn answered(
        self,
        headers: &HeaderBlock,
        sessions: &Sessions,
        now: Time,
        host: &impl Host,
    ) {
        let whose = (self.client, self.unasked);
        let issued = sessions.sources.issued(headers);
        let keys = issued
            .iter()
            .filter_map(|session| session::key(&sessions.keys, session));
        let mut any = false;
        for key in keys {
            any = true;
            sessions.note(key, whose, now, host);
        }
        let status = headers.lines(":status").next();
        let is_success = status.is_some_and(|status| status.len() == 3 && status.starts_with(b"2"));
        if let Some(key) = self.session.filter(|_| is_success && !any) {
            sessions.note(key, whose, now, host);
        }
    }
}

impl Sessions {
    /// Keeps that the application knows a session, unless that is kept already: one read, and a write once in a while.
    fn note(
        &self,
        key: RecordKey,
        whose: (Option<ClientAddress>, bool),
        now: Time,
        host: &impl Host,
    ) {
        let Some(settings) = &self.settings else {
            return;
        };
        let known = &self.known;
        let life = settings.revoke_for;
        let half: Duration = life.get().checked_div(2).unwrap_or_default();
        let kept: Option<Acceptance> = known.get(key, now, host);
        if kept.is_some_and(|kept| kept.is_newer_than(half, now)) {
            return;
        }
        if kept.is_some() || self.counters.has_share(SHARE, whose, now, host) {
            let written = known.put(key, &Acceptance::new(now), life, now, host);
            count_written(written, host);
        }
    }
}
