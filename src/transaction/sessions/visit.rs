//! Which sessions the application knows: those that it gives out, and those whose requests it answers.

use std::time::Duration;

use crate::address::ClientAddress;
use crate::decision::Truth;
use crate::host::Host;
use crate::message::HeaderBlock;
use crate::records::RecordKey;
use crate::session::{self, Acceptance};
use crate::time::Time;
use crate::transaction::counting::Share;
use crate::transaction::engine::Engine;
use crate::transaction::judged::Judged;

use super::{Sessions, count_written};

/// How many sessions one network can make known within ten minutes.
const SHARE: Share = Share::new("known sessions", 512);

/// A request that has gone on, whose answer tells whether the application knows its session.
#[derive(Clone, Copy, Debug)]
pub(in crate::transaction) struct Visit {
    /// Its session, where it has one alone and nothing speaks against its address: else whoever makes up sessions at a bad address, where
    /// they are revoked, would have them known first.
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
    /// What is remembered of a request that goes on; `None` where it does not matter which sessions there are.
    pub(in crate::transaction) fn of(sessions: &Sessions, judged: &Judged) -> Option<Self> {
        let keys = &sessions.keys;
        let signals = &judged.signals;
        let is_good = signals.unknown != Truth::True && !signals.is_risky();
        let identity = judged.subject.identity.as_ref();
        let sessions = identity.map_or(&[][..], |identity| &identity.sessions);
        let session = match sessions {
            [one] if is_good => session::key(keys, one),
            _ => None,
        };
        judged.subject.guard.notes_sessions.then_some(Self {
            session,
            client: judged.subject.client,
            unasked: judged.subject.unasked,
        })
    }

    /// The application has answered with these headers.
    pub(in crate::transaction) fn answered(
        self,
        headers: &HeaderBlock,
        engine: &Engine,
        host: &impl Host,
    ) {
        let now = host.now();
        let whose = (self.client, self.unasked);
        let issued = engine.policy.identity.session.issued(headers);
        let keys = issued
            .iter()
            .filter_map(|session| session::key(&engine.sessions.keys, session));
        let mut any = false;
        for key in keys {
            any = true;
            engine.note(key, whose, now, host);
        }
        let status = headers.lines(":status").next();
        let is_success = status.is_some_and(|status| status.len() == 3 && status.starts_with(b"2"));
        if let Some(key) = self.session.filter(|_| is_success && !any) {
            engine.note(key, whose, now, host);
        }
    }
}

impl Engine {
    /// Keeps that the application knows a session, unless that is kept already: one read, and a write once in a while.
    fn note(
        &self,
        key: RecordKey,
        whose: (Option<ClientAddress>, bool),
        now: Time,
        host: &impl Host,
    ) {
        let Some(policy) = &self.policy.session else {
            return;
        };
        let known = &self.sessions.known;
        let life = policy.revoke_for;
        let half: Duration = life.get().checked_div(2).unwrap_or_default();
        let kept: Option<Acceptance> = known.get(key, now, host);
        if kept.is_some_and(|kept| kept.is_newer_than(half, now)) {
            return;
        }
        if kept.is_some() || self.has_share(SHARE, whose, now, host) {
            let written = known.put(key, &Acceptance::new(now), life, now, host);
            count_written(written, host);
        }
    }
}
