//! One stored value: up to [`WAYS`] slots behind a mark of eight bytes.

use std::borrow::Cow;
use std::num::NonZeroU64;

use super::slot::{self, Slot, Worth};
use crate::time::Time;

/// Counters in one stored value, which is then 3,896 bytes: with what the host needs for itself (about 172 bytes, HOST.md) it
/// fills one page, and a value of that size costs no more to read than a small one (PRICES.md).
pub const WAYS: usize = 81;

/// Stands before the slots: what another version wrote counts as empty and is written over.
const MARK: [u8; 8] = *b"limits 1";

/// A stored value has its full size from the start. If it grew with its counters, the host's allocator would keep a part of every size it
/// has ever had: measured on Envoy, 73 MiB for the 32 MiB of the default table, and 31 MiB so.
const SIZE: usize = MARK.len() + WAYS * slot::SIZE;

/// What became of what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing had to be written.
    Unchanged,
    /// It was stored: anew, or over what it was before.
    Stored,
    /// It took the place of a counter that was of no use any more.
    ReplacedExpired,
    /// It took the place of a counter that still was: that one will start again from zero.
    EvictedLive,
    /// Other workers wrote to the same value all the time: it was not counted.
    GaveUp,
    /// The shared memory refused: it was not counted.
    Unavailable,
}

/// A stored value, as it is changed: the mark and all slots, or nothing yet. Slots that nobody has are the last ones.
#[derive(Debug)]
pub(super) struct Slots<'v>(Cow<'v, [u8]>);

impl<'v> Slots<'v> {
    /// Reads a stored value. Anything but our own format counts as empty.
    pub(super) fn read(value: &'v [u8]) -> Self {
        let is_ours = value.len() == SIZE && value.starts_with(&MARK);
        Self(Cow::Borrowed(if is_ours { value } else { &[] }))
    }

    /// The value to write, if anything was written.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        match self.0 {
            Cow::Owned(value) => Some(value),
            Cow::Borrowed(_) => None,
        }
    }

    /// What is stored under `tag`, unless it is of no use any more.
    pub(super) fn find(&self, tag: NonZeroU64, now: Time) -> Option<Slot> {
        let at = self.position(tag)?;
        Slot::decode(self.all().get(at)?).filter(|slot| slot.is_of_use(now))
    }

    /// Stores `slot` over its predecessor; else over one that is of no use any more, or in a place that nobody has; else over the one that
    /// matters least, and among those the one that ends first.
    pub(super) fn put(&mut self, slot: &Slot, now: Time) -> Written {
        let own = self.position(slot.tag).map(|at| (at, Written::Stored));
        let (at, written) = own.unwrap_or_else(|| self.place(now));
        let value = self.0.to_mut();
        if value.is_empty() {
            value.extend_from_slice(&MARK);
            value.resize(SIZE, 0);
        }
        let (slots, _) = value
            .get_mut(MARK.len()..)
            .unwrap_or_default()
            .as_chunks_mut::<{ slot::SIZE }>();
        if let Some(place) = slots.get_mut(at) {
            *place = slot.encode();
        }
        written
    }

    /// Whether anything is stored under `tag`, of use or not.
    pub(super) fn has(&self, tag: NonZeroU64) -> bool {
        self.position(tag).is_some()
    }

    fn position(&self, tag: NonZeroU64) -> Option<usize> {
        let tag = tag.get().to_le_bytes();
        self.all()
            .iter()
            .take_while(|slot| !slot::is_nobodys(slot))
            .position(|slot| slot.first_chunk() == Some(&tag))
    }

    fn place(&self, now: Time) -> (usize, Written) {
        let mut least = None;
        for (at, old) in self.all().iter().enumerate() {
            if slot::is_nobodys(old) {
                return (at, Written::Stored);
            }
            let Some(worth) = Worth::of(old, now) else {
                return (at, Written::ReplacedExpired);
            };
            if least.is_none_or(|(least, _)| worth < least) {
                least = Some((worth, at));
            }
        }
        least.map_or((0, Written::Stored), |(_, at)| (at, Written::EvictedLive))
    }

    /// Forgets what is stored under `tag`; whether there was anything.
    pub(super) fn clear(&mut self, tag: NonZeroU64, now: Time) -> bool {
        let Some(slot) = self.find(tag, now) else {
            return false;
        };
        let forgotten = Slot { expires: 0, ..slot };
        self.put(&forgotten, now);
        true
    }

    fn all(&self) -> &[[u8; slot::SIZE]] {
        self.0.get(MARK.len()..).unwrap_or_default().as_chunks().0
    }
}
