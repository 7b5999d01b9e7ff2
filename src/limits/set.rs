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

/// A stored value, as it is changed: always the mark and whole slots.
#[derive(Debug)]
pub(super) struct Slots<'v>(Cow<'v, [u8]>);

impl<'v> Slots<'v> {
    /// Reads a stored value. Anything but our own format counts as empty.
    pub(super) fn read(value: &'v [u8]) -> Self {
        let slots = value
            .strip_prefix(&MARK)
            .unwrap_or_default()
            .as_chunks::<{ slot::SIZE }>()
            .0
            .len();
        let length = slots.min(WAYS).saturating_mul(slot::SIZE);
        match value.get(..length.saturating_add(MARK.len())) {
            Some(value) if slots > 0 => Self(Cow::Borrowed(value)),
            _ => Self(Cow::Owned(MARK.to_vec())),
        }
    }

    /// The value to write, if anything was written.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        match self.0 {
            Cow::Owned(value) if value.len() > MARK.len() => Some(value),
            _ => None,
        }
    }

    /// What is stored under `tag`, unless it is of no use any more.
    pub(super) fn find(&self, tag: NonZeroU64, now: Time) -> Option<Slot> {
        let at = self.position(tag)?;
        Slot::decode(self.all().get(at)?).filter(|slot| slot.is_of_use(now))
    }

    /// Stores `slot` over its predecessor; else over one that is of no use any more; else in a new place while there is room;
    /// else over the one that matters least, and among those the one that ends first.
    pub(super) fn put(&mut self, slot: &Slot, now: Time) -> Written {
        let own = self.position(slot.tag).map(|at| (at, Written::Stored));
        let (at, written) = own.unwrap_or_else(|| self.place(now));
        let value = self.0.to_mut();
        let (slots, _) = value
            .get_mut(MARK.len()..)
            .unwrap_or_default()
            .as_chunks_mut::<{ slot::SIZE }>();
        match slots.get_mut(at) {
            Some(place) => *place = slot.encode(),
            None => value.extend_from_slice(&slot.encode()),
        }
        written
    }

    fn position(&self, tag: NonZeroU64) -> Option<usize> {
        let tag = tag.get().to_le_bytes();
        self.all()
            .iter()
            .position(|slot| slot.first_chunk() == Some(&tag))
    }

    fn place(&self, now: Time) -> (usize, Written) {
        let mut least = None;
        for (at, old) in self.all().iter().enumerate() {
            let Some(worth) = Worth::of(old, now) else {
                return (at, Written::ReplacedExpired);
            };
            if least.is_none_or(|(least, _)| worth < least) {
                least = Some((worth, at));
            }
        }
        match least {
            Some((_, at)) if self.all().len() >= WAYS => (at, Written::EvictedLive),
            _ => (self.all().len(), Written::Stored),
        }
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
