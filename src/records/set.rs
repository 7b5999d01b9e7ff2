//! One stored value: up to [`WAYS`] slots behind a mark of eight bytes.

use std::borrow::Cow;

use super::record::{Priority, Record, RecordKey};
use super::slot::{self, Name, Slot, Span};
use crate::time::Time;

/// Records in one stored value.
pub const WAYS: usize = 66;

/// Stands before the slots: what another version wrote counts as empty and is written over.
const MARK: [u8; 8] = *b"records1";

/// A stored value has its full size from the start, see [`crate::records`].
pub(super) const SIZE: usize = MARK.len() + WAYS * slot::SIZE;

/// What became of what was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing had to be written.
    Unchanged,
    /// It was stored: anew, or over what it was before.
    Stored,
    /// It took the place of a record that was of no use any more.
    ReplacedExpired,
    /// It took the place of a live record of this priority, which is lost.
    Evicted(Priority),
    /// All places are taken by records that matter more: it was not kept.
    NoRoom,
    /// Other workers wrote to the same value all the time: it was not kept.
    GaveUp,
    /// The shared memory refused: it was not kept.
    Unavailable,
}

impl Written {
    /// Whether shared memory now says what it was told to say.
    #[must_use]
    pub const fn is_done(self) -> bool {
        !matches!(self, Self::NoRoom | Self::GaveUp | Self::Unavailable)
    }
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

    /// The record of type `R` of `key`, unless it is of no use any more.
    pub(super) fn get<R: Record>(&self, key: RecordKey, now: Time) -> Option<R> {
        let slot = self.find(Name::of::<R>(key), now)?;
        R::decode(&slot.payload)
    }

    /// What is stored under `name`, unless it is of no use any more.
    pub(super) fn find(&self, name: Name, now: Time) -> Option<Slot> {
        let at = self.position(name)?;
        Slot::decode(self.all().get(at)?).filter(|slot| slot.span.is_of_use(now))
    }

    /// Stores `slot` over its predecessor; else over one that is of no use any more, or in a place that nobody has; else over the one that
    /// matters least, unless that one is more important.
    pub(super) fn put(&mut self, slot: &Slot, now: Time) -> Written {
        let own = self.position(slot.name).map(|at| (at, Written::Stored));
        match own.or_else(|| self.place(slot.priority, now)) {
            Some((at, written)) => {
                self.write(at, slot);
                written
            }
            None => Written::NoRoom,
        }
    }

    /// Forgets what is stored under `name`.
    pub(super) fn remove(&mut self, name: Name, now: Time) -> Written {
        let found = self.position(name).zip(self.find(name, now));
        let Some((at, slot)) = found else {
            return Written::Unchanged;
        };
        let span = Span::OVER;
        self.write(at, &Slot { span, ..slot });
        Written::Stored
    }

    fn write(&mut self, at: usize, slot: &Slot) {
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
    }

    /// Whether anything is stored under `name`, of use or not.
    pub(super) fn has(&self, name: Name) -> bool {
        self.position(name).is_some()
    }

    fn position(&self, name: Name) -> Option<usize> {
        let tag = name.tag.get().to_le_bytes();
        self.all()
            .iter()
            .take_while(|slot| !slot::is_nobodys(slot))
            .position(|slot| slot.starts_with(&tag) && slot.get(tag.len()) == Some(&name.kind))
    }

    fn place(&self, priority: Priority, now: Time) -> Option<(usize, Written)> {
        let mut least = None;
        for (at, old) in self.all().iter().enumerate() {
            let Some(old) = Slot::decode(old) else {
                return Some((at, Written::Stored));
            };
            let Some(worth) = old.worth(now) else {
                return Some((at, Written::ReplacedExpired));
            };
            if least.is_none_or(|(least, _)| worth < least) {
                least = Some((worth, at));
            }
        }
        match least {
            Some((worth, _)) if worth.priority > priority => None,
            Some((worth, at)) => Some((at, Written::Evicted(worth.priority))),
            None => Some((0, Written::Stored)),
        }
    }

    fn all(&self) -> &[[u8; slot::SIZE]] {
        self.0.get(MARK.len()..).unwrap_or_default().as_chunks().0
    }
}
