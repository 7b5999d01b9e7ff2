//! Logins in several steps: a session knows whose password step it has been used for.

use super::stage::{Sessions, count_written};
use super::{self as session, Remembrance};
use crate::address::ClientAddress;
use crate::host::Host;
use crate::identity::session::Session;
use crate::limits::FairShare;
use crate::message::HeaderBlock;
use crate::records::{Change, Life, RecordKey, Table};
use crate::telemetry::{Event, SessionAccountResult};
use crate::time::Time;

/// How many sessions one network can have taken over from others within ten minutes, as where every answer sets a new
/// one.
const SHARE: FairShare = FairShare::new("remembered sessions", 2_048);

/// Whose the sessions of a request are.
#[derive(Debug)]
pub(crate) enum Recalled {
    /// All of them, of these accounts.
    Known(Remembrance),
    /// There is none, or one of which nothing is known, which the application may take; of the others, this is.
    Unknown(Option<Remembrance>),
    /// What no honest client sends.
    Unreadable,
}

/// A request that has gone on, whose answer may tell that its sessions are used for an account.
#[derive(Debug)]
pub(crate) struct Steps {
    /// Its sessions, and those that the answer gives out.
    sessions: Vec<RecordKey>,
    /// The accounts that it names.
    named: Option<Remembrance>,
    /// Whether it is about one of them for certain.
    is_sole: bool,
    whose: (Option<ClientAddress>, bool),
}

/// What the answer to a password step tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepResult {
    /// It was refused, or reached nobody.
    Refused,
    /// Perhaps it was not.
    Doubtful,
    /// It was right.
    Right,
}

impl Sessions {
    /// Whose the sessions of a request are: one read for each, at most sixteen.
    #[inline(never)]
    pub(crate) fn recall_accounts(
        &self,
        sessions: &[Session],
        now: Time,
        host: &impl Host,
    ) -> Recalled {
        let mut all: Option<Remembrance> = None;
        let mut is_known = !sessions.is_empty();
        for each in sessions {
            let Some(key) = session::key(&self.keys, each) else {
                return Recalled::Unreadable;
            };
            match kept(&self.accounts, key, now, host) {
                Some(own) => all = Some(all.map_or_else(|| own.clone(), |all| all.merged(&own))),
                None => is_known = false,
            }
        }
        match all {
            Some(all) if is_known => Recalled::Known(all),
            all => Recalled::Unknown(all),
        }
    }

    /// Follows a request of these sessions, which names these accounts itself; `None` where there is nothing to
    /// remember.
    #[inline(never)]
    pub(crate) fn follow(
        &self,
        its: &[Session],
        named: Option<Remembrance>,
        is_sole: bool,
        whose: (Option<ClientAddress>, bool),
    ) -> Option<Steps> {
        let keys = its.iter();
        let sessions: Vec<RecordKey> = keys
            .filter_map(|each| session::key(&self.keys, each))
            .collect();
        (named.is_some() || !sessions.is_empty()).then_some(Steps {
            sessions,
            named,
            is_sole,
            whose,
        })
    }

    /// Keeps of a session what is known of it, and this.
    fn remember(&self, key: RecordKey, news: &Remembrance, now: Time, host: &impl Host) -> bool {
        let Some(settings) = &self.settings else {
            return false;
        };
        keep(
            &self.accounts,
            (key, news, true),
            settings.revoke_for,
            now,
            host,
        )
    }
}

/// Keeps this, beside what is known where it `adds` to that; whether it is kept.
#[inline(never)]
pub(super) fn keep(
    table: &Table,
    (key, news, adds): (RecordKey, &Remembrance, bool),
    life: Life,
    now: Time,
    host: &impl Host,
) -> bool {
    let updated = table.update(key, now, host, |before: Option<&Remembrance>| {
        let before = before.filter(|_| adds);
        let own = before.map_or_else(|| news.clone(), |before| before.merged(news));
        Change::Put(own, life)
    });
    count_written(updated.written, host);
    updated.written.is_done()
}

/// What is kept.
#[inline(never)]
pub(super) fn kept(
    table: &Table,
    key: RecordKey,
    now: Time,
    host: &impl Host,
) -> Option<Remembrance> {
    table.get(key, now, host)
}

impl Steps {
    /// The application has answered with these headers: the sessions that it gives out go on where those of the request
    /// were.
    pub(crate) fn answered(
        &mut self,
        headers: &HeaderBlock,
        sessions: &Sessions,
        now: Time,
        host: &impl Host,
    ) {
        self.issued(&sessions.sources.issued(headers), sessions, now, host);
    }

    /// The application has given out these sessions: they go on where those of the request were.
    #[inline(never)]
    pub(crate) fn issued(
        &mut self,
        issued: &[Session],
        sessions: &Sessions,
        now: Time,
        host: &impl Host,
    ) {
        let keys = issued
            .iter()
            .filter_map(|each| session::key(&sessions.keys, each));
        let new: Vec<RecordKey> = keys.filter(|key| !self.sessions.contains(key)).collect();
        if new.is_empty() {
            return;
        }
        let known = self.sessions.iter();
        let known = known.filter_map(|key| kept(&sessions.accounts, *key, now, host));
        let known = known.reduce(|one, other| one.merged(&other));
        if let Some(known) = known {
            for key in &new {
                if !sessions.counters.has_share(SHARE, self.whose, now, host) {
                    host.meter(Event::SessionAccount(SessionAccountResult::OverShare));
                    break;
                }
                if sessions.remember(*key, &known, now, host) {
                    host.meter(Event::SessionAccount(SessionAccountResult::Carried));
                }
            }
        }
        self.sessions.extend(new);
    }

    /// It is known what came of the request: unless it was refused for certain, its sessions are those of its accounts.
    ///
    /// Where nobody knows, the account is remembered all the same: else whoever hangs up before the answer, in a
    /// session of another account, would have guesses at a code counted for that one alone.
    pub(crate) fn settled(
        self,
        result: StepResult,
        sessions: &Sessions,
        now: Time,
        host: &impl Host,
    ) {
        let Some(named) = self.named.filter(|_| result != StepResult::Refused) else {
            return;
        };
        let news = match result == StepResult::Right && self.is_sole {
            true => named.certain(),
            false => named,
        };
        for key in self.sessions {
            if sessions.remember(key, &news, now, host) {
                host.meter(Event::SessionAccount(SessionAccountResult::Remembered));
            }
        }
    }
}
