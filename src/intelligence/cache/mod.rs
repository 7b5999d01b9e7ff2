//! What is known of addresses, on two levels of fixed size: the worker's own memory first, the memory
//! shared by all workers second.
//!
//! Flags live for minutes, because an address changes hands, and network facts for a day. Flags that are too
//! old are still used for a while: at once, while they are asked for again in the background
//! (stale-while-revalidate), and longer when the API fails (stale-if-error), as RFC 5861 names it.

mod lifetimes;
mod local;
mod record;
mod shared;

use std::time::Duration;

pub use lifetimes::Lifetimes;
pub use local::{LocalLevel, LocalLevels};
pub use record::Record;
pub use shared::SharedLevel;

use lifetimes::seconds;

use super::{Network, Reputation};
use crate::address::Prefix;
use crate::store::{Fill, Store, Written};
use crate::time::Time;

/// Which level answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The worker's own memory.
    Local,
    /// The memory shared by all workers.
    Shared,
}

/// What the cache makes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Known and fresh.
    Fresh(Reputation),
    /// Known, a little too old: use it, and ask again in the background.
    Stale(Reputation),
    /// Too old: ask. When the API fails, this is what can still be used.
    Expired(Reputation),
    /// The API failed a moment ago: do not ask. What can still be used is here.
    Failed(Reputation),
    /// Never heard of.
    Absent,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// An entry that was still of use had to go from the worker's own memory.
    pub evicted_local: bool,
    /// An entry that was still of use had to go from shared memory.
    pub evicted_shared: bool,
    /// Other workers wrote all the time, so shared memory was left as it was.
    pub gave_up: bool,
}

/// The two-level cache.
#[derive(Debug)]
pub struct Cache {
    local: LocalLevel,
    shared: SharedLevel,
    lifetimes: Lifetimes,
}

impl Cache {
    /// A cache of two levels.
    #[must_use]
    pub const fn new(local: LocalLevel, shared: SharedLevel, lifetimes: Lifetimes) -> Self {
        Self {
            local,
            shared,
            lifetimes,
        }
    }

    /// How full the level is that all workers share; see [`crate::store::Fill`].
    #[must_use]
    pub fn fill(&self, start: u64, now: Time, store: &impl Store) -> Fill {
        self.shared.fill(start, now, store)
    }

    /// What is known of `prefix`, and which level knew it.
    pub fn find(
        &mut self,
        prefix: Prefix,
        now: Time,
        store: &impl Store,
    ) -> (Entry, Option<Level>) {
        let local = self.local.find(prefix, now);
        if let Some(record) = local {
            let entry = self.judge(&record, now);
            if matches!(entry, Entry::Fresh(_)) {
                return (entry, Some(Level::Local));
            }
        }
        // Another worker may have asked since.
        match self.shared.find(prefix, now, store) {
            Some(record) if local.is_none_or(|local| record.is_newer_than(&local)) => {
                self.local.put(prefix, record, now);
                (self.judge(&record, now), Some(Level::Shared))
            }
            _ => local.map_or((Entry::Absent, None), |record| {
                (self.judge(&record, now), Some(Level::Local))
            }),
        }
    }

    /// Keeps an answer. One in which nothing is known is kept for the shorter time of negative answers.
    pub fn keep_answer(
        &mut self,
        prefix: Prefix,
        reputation: Reputation,
        now: Time,
        store: &impl Store,
    ) -> Kept {
        let flags = if reputation.is_unknown() {
            self.lifetimes.negative
        } else {
            self.lifetimes.flags
        };
        let record = Record {
            reputation,
            flags_until: self.until(now, flags, prefix),
            network_until: self.until(now, self.lifetimes.network.max(flags), prefix),
            retry_at: 0,
        };
        self.change(prefix, now, store, |_| record)
    }

    /// Keeps in mind that asking failed; what was known before stays, and what another worker has been told meanwhile.
    pub fn keep_failure(&mut self, prefix: Prefix, now: Time, store: &impl Store) -> Kept {
        let retry_at = self.until(now, self.lifetimes.failure, prefix);
        let local = self.local.find(prefix, now);
        let failed = |shared: Option<Record>| {
            let shared =
                shared.filter(|shared| local.is_none_or(|local| shared.is_newer_than(&local)));
            let known = shared.or(local).unwrap_or(Record::NOTHING);
            Record { retry_at, ..known }
        };
        self.change(prefix, now, store, failed)
    }

    fn change(
        &mut self,
        prefix: Prefix,
        now: Time,
        store: &impl Store,
        change: impl Fn(Option<Record>) -> Record,
    ) -> Kept {
        let (record, shared) = self.shared.change(prefix, now, store, change);
        let local = self.local.put(prefix, record, now);
        Kept {
            evicted_local: local == Written::Evicted,
            evicted_shared: shared == Written::Evicted,
            gave_up: shared == Written::GaveUp,
        }
    }

    /// What claims to hold for longer than anything does was written before the clock was set back: nobody knows how
    /// old it is.
    fn judge(&self, record: &Record, now: Time) -> Entry {
        let now = now.seconds();
        let is_ahead =
            |until: u32, span: Duration| until.saturating_sub(now) > seconds(span).max(1);
        let holds = |until: u32, span: Duration| now < until && !is_ahead(until, span);
        let Lifetimes {
            flags, negative, ..
        } = self.lifetimes;
        if holds(record.flags_until, flags.max(negative)) {
            return Entry::Fresh(record.reputation);
        }
        let of_this_time = !is_ahead(record.flags_until, flags.max(negative));
        let within =
            |span: Duration| of_this_time && now < record.flags_until.saturating_add(seconds(span));
        let network = Reputation {
            network: if holds(
                record.network_until,
                self.lifetimes.network.max(flags).max(negative),
            ) {
                record.reputation.network
            } else {
                Network::default()
            },
            ..Reputation::default()
        };
        let usable = if within(self.lifetimes.stale_if_error) {
            record.reputation
        } else {
            network
        };
        if holds(record.retry_at, self.lifetimes.failure) {
            return Entry::Failed(usable);
        }
        if within(self.lifetimes.stale_while_revalidate) && !record.reputation.is_unknown() {
            return Entry::Stale(record.reputation);
        }
        if usable == Reputation::default() {
            return Entry::Absent;
        }
        Entry::Expired(usable)
    }

    /// `now` and `span`, up to a tenth less: what was asked for together is not asked for again together.
    fn until(&self, now: Time, span: Duration, prefix: Prefix) -> u32 {
        let span = seconds(span).max(1);
        let spread = u64::from(span / 10).saturating_add(1);
        let less = self
            .local
            .hash(prefix)
            .wrapping_add(u64::from(now.seconds()))
            .checked_rem(spread)
            .unwrap_or(0);
        let less = u32::try_from(less).unwrap_or(0);
        now.seconds()
            .saturating_add(span.saturating_sub(less).max(1))
    }
}

impl Record {
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.flags_until, self.retry_at) > (other.flags_until, other.retry_at)
    }
}

#[cfg(test)]
mod tests;
