//! One stored value of a table: slots of one kind behind a mark of eight bytes.

use std::marker::PhantomData;

use super::StoreError;
use super::slot::{Key, Slot};
use crate::time::Time;

/// The most bytes that a stored value has. With what the host needs for itself (about 172 bytes, and the key) it fills
/// one page of 4 KiB, and a value of that size costs no more to read than a small one.
const LARGEST: usize = 3_896;

/// Stands before the slots: what another version wrote counts as empty and is written over.
pub(super) type Mark = [u8; 8];

const MARK: usize = size_of::<Mark>();

/// What became of what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing had to be written.
    Unchanged,
    /// It was stored: anew, or over what it was before.
    Stored,
    /// It took the place of one that was of no use any more.
    ReplacedExpired,
    /// It took the place of one that still was, which is lost.
    Evicted,
    /// All places are taken by those that matter more: it was not stored.
    NoRoom,
    /// Other workers wrote to the same value all the time: it was not stored.
    GaveUp,
    /// The shared memory refused: it was not stored.
    Unavailable,
}

impl Written {
    /// Whether shared memory now says what it was told to say.
    #[must_use]
    pub const fn is_done(self) -> bool {
        !matches!(self, Self::NoRoom | Self::GaveUp | Self::Unavailable)
    }
}

impl From<StoreError> for Written {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::GaveUp,
            StoreError::Unavailable => Self::Unavailable,
        }
    }
}

/// Who has a place.
pub(crate) enum Occupant<W> {
    /// Nobody.
    Free,
    /// Somebody whose slot is of no use any more.
    Expired,
    /// Somebody whose slot matters so much.
    Live(W),
}

/// Which of `places` a newcomer takes, and what becomes of it: the first that is free or expired, else the one that
/// matters least, if it may be replaced. `None` when it may not, or when there is no place at all.
pub(crate) fn choose<W: Ord>(
    places: impl Iterator<Item = Occupant<W>>,
    may_replace: impl FnOnce(&W) -> bool,
) -> Option<(usize, Written)> {
    let mut least = None;
    for (at, place) in places.enumerate() {
        match place {
            Occupant::Free => return Some((at, Written::Stored)),
            Occupant::Expired => return Some((at, Written::ReplacedExpired)),
            Occupant::Live(worth) => {
                if least.as_ref().is_none_or(|(least, _)| worth < *least) {
                    least = Some((worth, at));
                }
            }
        }
    }
    least
        .filter(|(worth, _)| may_replace(worth))
        .map(|(_, at)| (at, Written::Evicted))
}

/// A stored value, as it is read and changed: the mark and all slots, or nothing yet. Places that nobody has are the
/// last ones.
///
/// It has its full size from the start. If it grew with its slots, the host's allocator would keep a part of every size
/// it has ever had: measured on Envoy, 73 MiB for the 32 MiB of the default table of counters, and 31 MiB so.
#[derive(Debug)]
pub(super) struct Set<S> {
    value: Vec<u8>,
    mark: Mark,
    is_changed: bool,
    kind: PhantomData<S>,
}

impl<S: Slot> Set<S> {
    /// How many bytes of a slot are the name.
    const NAME: usize = size_of::<<S::Key as Key>::Name>();
    /// How many bytes a slot has.
    const SLOT: usize = Self::NAME.saturating_add(S::SIZE);
    /// How many bytes a stored value has.
    const SIZE: usize = {
        let size = MARK.saturating_add(S::WAYS.saturating_mul(Self::SLOT));
        assert!(size <= LARGEST, "a stored value fills more than a page");
        size
    };

    /// Reads a stored value. Anything but our own format counts as empty.
    pub(super) fn read(mut value: Vec<u8>, mark: Mark) -> Self {
        if value.len() != Self::SIZE || !value.starts_with(&mark) {
            value.clear();
        }
        Self {
            value,
            mark,
            is_changed: false,
            kind: PhantomData,
        }
    }

    /// The value to write, if anything was changed.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        self.is_changed.then_some(self.value)
    }

    /// What is kept of `key`, unless it is of no use any more.
    pub(super) fn find(&self, key: S::Key, now: Time) -> Option<S> {
        let at = self.position(key)?;
        let slot = S::decode(body::<S>(self.slots().nth(at)?))?;
        slot.worth(now).is_some().then_some(slot)
    }

    /// Whether anything is stored of `key`, of use or not.
    pub(super) fn has(&self, key: S::Key) -> bool {
        self.position(key).is_some()
    }

    /// Stores `slot` over its predecessor; else over one that is of no use any more, or in a place that nobody has;
    /// else over the one that matters least, if it may.
    pub(super) fn put(&mut self, key: S::Key, slot: &S, now: Time) -> Written {
        let own = self.position(key).map(|at| (at, Written::Stored));
        let Some((at, written)) = own.or_else(|| self.place(slot, now)) else {
            return Written::NoRoom;
        };
        if let Some((name, body)) = self.write(at) {
            name.copy_from_slice(key.name().as_ref());
            slot.encode(body);
        }
        written
    }

    /// Forgets what is kept of `key`. Its name stays, so that nobody looks for it where the table was smaller.
    pub(super) fn remove(&mut self, key: S::Key, now: Time) -> Written {
        let found = self.position(key).filter(|_| self.find(key, now).is_some());
        let Some(at) = found else {
            return Written::Unchanged;
        };
        if let Some((_, body)) = self.write(at) {
            body.fill(0);
        }
        Written::Stored
    }

    /// How many slots are of use.
    pub(super) fn live(&self, now: Time) -> usize {
        let taken = self.slots().take_while(|slot| !is_free::<S>(slot));
        let worth = |slot: &&[u8]| S::decode(body::<S>(slot)).and_then(|slot| slot.worth(now));
        taken.filter(|slot| worth(slot).is_some()).count()
    }

    fn position(&self, key: S::Key) -> Option<usize> {
        let name = key.name();
        self.slots()
            .take_while(|slot| !is_free::<S>(slot))
            .position(|slot| slot.starts_with(name.as_ref()))
    }

    fn place(&self, slot: &S, now: Time) -> Option<(usize, Written)> {
        if self.value.is_empty() {
            return Some((0, Written::Stored));
        }
        let places = self.slots().map(|old| {
            if is_free::<S>(old) {
                return Occupant::Free;
            }
            let worth = S::decode(body::<S>(old)).and_then(|old| old.worth(now));
            worth.map_or(Occupant::Expired, Occupant::Live)
        });
        choose(places, |least| slot.may_replace(least))
    }

    /// The name and the rest of a slot that is written over.
    fn write(&mut self, at: usize) -> Option<(&mut [u8], &mut [u8])> {
        self.is_changed = true;
        if self.value.is_empty() {
            self.value.reserve_exact(Self::SIZE);
            self.value.extend_from_slice(&self.mark);
            self.value.resize(Self::SIZE, 0);
        }
        let slots = self.value.get_mut(MARK..)?;
        let slot = slots.chunks_exact_mut(Self::SLOT).nth(at)?;
        slot.split_at_mut_checked(Self::NAME)
    }

    fn slots(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let slots = self.value.get(MARK..).unwrap_or_default();
        slots.chunks_exact(Self::SLOT)
    }
}

/// Whether nobody has this place.
fn is_free<S: Slot>(slot: &[u8]) -> bool {
    slot.iter().take(Set::<S>::NAME).all(|byte| *byte == 0)
}

/// What stands behind the name.
fn body<S: Slot>(slot: &[u8]) -> &[u8] {
    slot.get(Set::<S>::NAME..).unwrap_or_default()
}
