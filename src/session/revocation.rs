//! That a session is not to be trusted any more.

use std::time::Duration;

use crate::decision::Action;
use crate::fields::{put, take};
use crate::records::{Change, Kind, Life, PAYLOAD, Priority, Record, RecordKey, Table, Updated};
use crate::store::{Store, Written};
use crate::time::Time;

/// What becomes of the requests of a revoked session. Later is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sanction {
    /// They are challenged.
    Challenge,
    /// They are refused.
    Deny,
}

impl Sanction {
    /// The action that is taken on a request.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Challenge => Action::Challenge,
            Self::Deny => Action::Deny,
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Challenge => 1,
            Self::Deny => 2,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Challenge),
            2 => Some(Self::Deny),
            _ => None,
        }
    }
}

/// A session is revoked: what becomes of its requests, since when and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    sanction: Sanction,
    /// Milliseconds since the epoch.
    requested: u64,
    /// Milliseconds since the epoch.
    revoked: u64,
    /// Seconds since the epoch.
    until: u32,
    /// How much it matters: how likely it is that the session is one at all.
    weight: Priority,
}

impl Revocation {
    /// A revocation from now on for `life`, which should be as long as the application's sessions live; because of a
    /// request that came at `requested`.
    #[must_use]
    pub fn new(sanction: Sanction, requested: Time, now: Time, life: Life) -> Self {
        Self {
            sanction,
            requested: requested.millis(),
            revoked: now.millis(),
            until: now.seconds().saturating_add(life.seconds()),
            weight: Priority::Important,
        }
    }

    /// The same with this weight.
    #[must_use]
    pub const fn weighing(self, weight: Priority) -> Self {
        Self { weight, ..self }
    }

    /// What becomes of the session's requests.
    #[must_use]
    pub const fn sanction(&self) -> Sanction {
        self.sanction
    }

    /// When the request came that brought it about, to the millisecond.
    #[must_use]
    pub const fn requested_at(&self) -> Time {
        Time::from_millis(self.requested)
    }

    /// When it was revoked, to the millisecond.
    #[must_use]
    pub const fn revoked_at(&self) -> Time {
        Time::from_millis(self.revoked)
    }

    /// When it ends.
    #[must_use]
    pub fn until(&self) -> Time {
        Time::from_secs(self.until.into())
    }

    /// How long the session went on unhindered after the request that brought it about.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.revoked_at().since(self.requested_at())
    }

    /// Both at once: the stricter sanction with the times at which it began, and the later end. So none ever makes
    /// another one milder or shorter.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let first = if later.sanction > self.sanction {
            later
        } else {
            self
        };
        Self {
            until: self.until.max(later.until),
            weight: self.weight.max(later.weight),
            ..first
        }
    }

    /// Revokes the session of `key`, beside what is there already: one read, and one write if that says less.
    pub fn keep(self, key: RecordKey, now: Time, table: &Table, store: &impl Store) -> Revoked {
        let Updated { before, written } = table.update(key, now, store, |old: Option<&Self>| {
            let both = self.beside(old);
            if old == Some(&both) {
                return Change::Leave;
            }
            let left = both.until.saturating_sub(now.seconds());
            Change::Put(both, Life::clamped(Duration::from_secs(left.into())))
        });
        Revoked {
            revocation: self.beside(before.as_ref()),
            is_news: before.is_none_or(|old| old.sanction < self.sanction),
            written,
        }
    }

    fn beside(self, old: Option<&Self>) -> Self {
        old.map_or(self, |old| old.and(self))
    }
}

/// What a revocation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// What holds for the session now.
    pub revocation: Revocation,
    /// Whether it was not revoked before, or not as strictly: that is what others have to be told. Of several workers,
    /// one alone is told so.
    pub is_news: bool,
    /// What became of the record. Unless [`Written::is_done`], other requests do not see it.
    pub written: Written,
}

/// Sanction 1, times 8 + 8 + 4, weight 1.
impl Record for Revocation {
    const KIND: Kind = Kind::Revocation;

    fn priority(&self) -> Priority {
        self.weight
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut bytes = [0; PAYLOAD];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, [self.sanction.number()]);
        put(&mut rest, self.requested.to_le_bytes());
        put(&mut rest, self.revoked.to_le_bytes());
        put(&mut rest, self.until.to_le_bytes());
        put(&mut rest, [self.weight.number()]);
        bytes
    }

    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        Some(Self {
            sanction: Sanction::from_number(u8::from_le_bytes(take(&mut rest)?))?,
            requested: u64::from_le_bytes(take(&mut rest)?),
            revoked: u64::from_le_bytes(take(&mut rest)?),
            until: u32::from_le_bytes(take(&mut rest)?),
            weight: Priority::from_number(u8::from_le_bytes(take(&mut rest)?)),
        })
    }
}
