//! What is kept of answers, in the memory that all workers share: a fixed number of values, each with one range.

use std::hash::{Hash, Hasher as _};
use std::num::NonZeroU64;
use std::time::Duration;

use super::digest::RangePrefix;
use super::range::{MOST, Range};
use crate::random::SipHash;
use crate::store::{Budget, Expected, Store};
use crate::time::Time;

/// Stands before what is kept: what another version wrote counts as nothing.
const MARK: [u8; 8] = *b"range  2";
/// How many stored values of 4 KiB one range takes at most.
const PAGES: u64 = 8;
/// The most bytes of a range that is kept; a longer one is asked for each time.
const LONGEST: usize = 32 << 10;

/// Answers, by prefix. Which one stands where follows from the prefix alone, so that the newer one of two takes the
/// place.
#[derive(Debug)]
pub(super) struct Cache {
    prefix: Vec<u8>,
    /// Stands behind the mark: what another service has told counts as nothing.
    source: [u8; 8],
    places: NonZeroU64,
    ttl: Duration,
}

impl Cache {
    /// What is kept of the service that is called so.
    pub(super) fn new(namespace: &str, source: &impl Hash, memory: Budget, ttl: Duration) -> Self {
        let mut hasher = SipHash::default();
        source.hash(&mut hasher);
        let places = memory.slots(1) / PAGES;
        Self {
            source: hasher.finish().to_le_bytes(),
            prefix: format!("palisade/{namespace}/range/").into_bytes(),
            places: NonZeroU64::new(places).unwrap_or(NonZeroU64::MIN),
            ttl,
        }
    }

    fn key(&self, prefix: RangePrefix) -> Vec<u8> {
        let place = u64::from(prefix.number()) % self.places;
        [self.prefix.as_slice(), &place.to_le_bytes()].concat()
    }

    /// What is kept of a prefix: one read.
    pub(super) fn find(&self, prefix: RangePrefix, now: Time, store: &impl Store) -> Option<Range> {
        let (value, _) = store.get(&self.key(prefix))?;
        let rest = value.strip_prefix(&MARK)?.strip_prefix(&self.source)?;
        let (number, rest) = rest.split_first_chunk()?;
        let (until, rest) = rest.split_first_chunk()?;
        let until = u32::from_le_bytes(*until);
        let left = until.checked_sub(now.seconds()).filter(|left| *left > 0)?;
        // What claims to hold for longer than anything does was written before the clock was set back.
        let is_ours = u32::from_le_bytes(*number) == prefix.number()
            && Duration::from_secs(left.into()) <= self.ttl;
        is_ours.then(|| Range::of_bytes(rest)).flatten()
    }

    /// Keeps an answer, in place of another one: one read and one write. Where another worker writes as well, its
    /// answer stays.
    pub(super) fn keep(&self, prefix: RangePrefix, range: &Range, now: Time, store: &impl Store) {
        if range.bytes().len() > LONGEST || self.ttl.is_zero() {
            return;
        }
        let ttl = u32::try_from(self.ttl.as_secs()).unwrap_or(u32::MAX);
        let until = now.seconds().saturating_add(ttl);
        let (number, until) = (prefix.number().to_le_bytes(), until.to_le_bytes());
        let value = [&MARK[..], &self.source, &number, &until, range.bytes()].concat();
        let key = self.key(prefix);
        let expected = match store.get(&key) {
            Some((_, version)) => Expected::Version(version),
            None => Expected::Absent,
        };
        let _ = store.compare_and_set(&key, &value, expected);
    }
}

const _: () = assert!(LONGEST < MOST * 22);
