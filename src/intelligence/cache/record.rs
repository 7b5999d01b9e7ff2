use std::time::Duration;

use super::lifetimes::{Lifetimes, seconds};
use crate::address::Prefix;
use crate::fields::{put, take};
use crate::intelligence::Reputation;
use crate::store;
use crate::time::Time;

/// What is kept of one prefix. Times are seconds since the epoch; 0 is "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What was answered.
    pub reputation: Reputation,
    /// Until when flags and score are fresh.
    pub flags_until: u32,
    /// Until when network facts are.
    pub network_until: u32,
    /// When the API, which failed, may be asked again.
    pub retry_at: u32,
}

impl Record {
    /// The size of an encoded record.
    pub const SIZE: usize = 28;

    /// Records in one stored value of the shared level, which is then 3,878 bytes.
    pub const WAYS: usize = 86;

    /// Nothing is known, and nobody has asked.
    pub(super) const NOTHING: Self = Self {
        reputation: Reputation::NOTHING,
        flags_until: 0,
        network_until: 0,
        retry_at: 0,
    };

    /// No record is of use for longer.
    pub(super) const LONGEST_LIFE: Duration =
        Lifetimes::LONGEST_NETWORK.saturating_add(Lifetimes::LONGEST_FLAGS);

    /// Not when network facts have ended, and flags for longer than they could be used by any configuration. And not
    /// when any of them ends later than it could: then a clock was wrong, or these bytes are not ours.
    pub(super) fn is_of_use(&self, now: Time) -> bool {
        let now = now.seconds();
        let flags = seconds(Lifetimes::LONGEST_FLAGS);
        let until = |span: Duration| now.saturating_add(seconds(span));
        let end = self.flags_until.saturating_add(flags);
        now < end.max(self.network_until).max(self.retry_at)
            && self.flags_until.max(self.retry_at) <= until(Lifetimes::LONGEST_FLAGS)
            && self.network_until <= until(Lifetimes::LONGEST_NETWORK)
    }
}

/// Whose a record is, and what chooses its stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixKey {
    pub(super) prefix: Prefix,
    pub(super) hash: u64,
}

impl store::Key for PrefixKey {
    /// The length, which is never zero, then the address: one byte tells a free place.
    type Name = [u8; 17];

    fn hash(self) -> u64 {
        self.hash
    }

    fn name(self) -> Self::Name {
        let mut name = self.prefix.to_bytes();
        name.rotate_right(1);
        name
    }
}

impl store::Slot for Record {
    type Key = PrefixKey;
    /// Which records are asked for is seen by the workers' own levels; here the oldest goes.
    type Worth = u32;
    const SIZE: usize = Self::SIZE;
    const WAYS: usize = Self::WAYS;

    fn worth(&self, now: Time) -> Option<u32> {
        self.is_of_use(now).then_some(self.flags_until)
    }

    fn encode(&self, mut bytes: &mut [u8]) {
        let rest = &mut bytes;
        put(rest, self.reputation.to_bytes());
        put(rest, self.flags_until.to_le_bytes());
        put(rest, self.network_until.to_le_bytes());
        put(rest, self.retry_at.to_le_bytes());
    }

    /// Any bytes are a record.
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        Some(Self {
            reputation: Reputation::from_bytes(take(rest)?),
            flags_until: u32::from_le_bytes(take(rest)?),
            network_until: u32::from_le_bytes(take(rest)?),
            retry_at: u32::from_le_bytes(take(rest)?),
        })
    }
}
