//! What is known of addresses, on two levels of fixed size: the worker's own memory first, the memory
//! shared by all workers second.
//!
//! Flags live for minutes and network facts for a day (Palisade's rows B5, C2 and E3). Flags that are too
//! old are still used for a while: at once, while they are asked for again in the background
//! (stale-while-revalidate), and longer when the API fails (stale-if-error), as RFC 5861 names it.

mod local;
mod record;
mod set;
mod shared;

use std::time::Duration;

pub use local::{LocalLevel, LocalLevels};
pub use record::Record;
pub use set::Placement;
pub use shared::SharedLevel;

use super::{Network, Reputation};
use crate::address::Prefix;
use crate::store::{Store, StoreError};
use crate::time::Time;

/// How long what is known is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Flags and score.
    pub flags: Duration,
    /// Network facts; at least as long as flags.
    pub network: Duration,
    /// An answer that said nothing.
    pub negative: Duration,
    /// After a failure, until the address is asked for again.
    pub failure: Duration,
    /// Flags beyond their lifetime, while they are asked for again.
    pub stale_while_revalidate: Duration,
    /// Flags beyond their lifetime, when the API fails.
    pub stale_if_error: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            flags: Duration::from_secs(10 * MINUTE),
            network: Duration::from_secs(24 * 60 * MINUTE),
            negative: Duration::from_secs(5 * MINUTE),
            failure: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_secs(5 * MINUTE),
            stale_if_error: Duration::from_secs(60 * MINUTE),
        }
    }
}

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

    /// What is known of `prefix`, and which level knew it.
    pub fn find(
        &mut self,
        prefix: Prefix,
        now: Time,
        store: &impl Store,
    ) -> (Entry, Option<Level>) {
        let local = self.local.find(prefix);
        if let Some(record) = local {
            let entry = self.judge(&record, now);
            if matches!(entry, Entry::Fresh(_)) {
                return (entry, Some(Level::Local));
            }
        }
        // Another worker may have asked since.
        match self.shared.find(prefix, store) {
            Some(record) if local.is_none_or(|local| record.is_newer_than(&local)) => {
                self.local.put(record, now.seconds());
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
            prefix,
            reputation,
            flags_until: self.until(now, flags, prefix),
            network_until: self.until(now, self.lifetimes.network.max(flags), prefix),
            retry_at: 0,
        };
        self.put(record, now, store)
    }

    /// Keeps in mind that asking failed; what was known before stays.
    pub fn keep_failure(&mut self, prefix: Prefix, now: Time, store: &impl Store) -> Kept {
        let retry_at = self.until(now, self.lifetimes.failure, prefix);
        let known = self.local.find(prefix).unwrap_or(Record {
            prefix,
            reputation: Reputation::default(),
            flags_until: 0,
            network_until: 0,
            retry_at,
        });
        self.put(Record { retry_at, ..known }, now, store)
    }

    fn put(&mut self, record: Record, now: Time, store: &impl Store) -> Kept {
        let seconds = now.seconds();
        let local = self.local.put(record, seconds);
        let shared = self.shared.put(record, seconds, store);
        Kept {
            evicted_local: local == Placement::EvictedLive,
            evicted_shared: shared == Ok(Placement::EvictedLive),
            gave_up: shared == Err(StoreError::Conflict),
        }
    }

    /// What claims to hold for longer than anything does was written before the clock was set back: nobody knows how old it is.
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

fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
