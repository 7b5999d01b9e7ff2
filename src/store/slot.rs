//! What a table of shared memory is made of: slots of one kind, each of somebody.

use crate::time::Time;

/// Whose a slot is.
pub trait Key: Copy {
    /// Bytes that tell it from all others, which stand before what is kept. They are never all zero: such a place is
    /// nobody's.
    type Name: AsRef<[u8]>;

    /// What chooses the stored value: keyed, so that nobody can choose what shares one.
    fn hash(self) -> u64;

    /// Its bytes, which are as many as [`Self::Name`] has.
    fn name(self) -> Self::Name;
}

/// What is kept of somebody: a kind of slot, all of one size.
pub trait Slot: Sized {
    /// Whose it is.
    type Key: Key;
    /// How much it matters. The least goes first where there is no place left.
    type Worth: Ord;
    /// How many bytes stand behind the name.
    const SIZE: usize;
    /// How many slots one stored value has.
    const WAYS: usize;

    /// How much it matters; `None` when it is of no use any more.
    fn worth(&self, now: Time) -> Option<Self::Worth>;

    /// Whether it may take the place of a live one of this worth, the least of its set.
    fn may_replace(&self, _least: &Self::Worth) -> bool {
        true
    }

    /// Writes what is stored, [`Self::SIZE`] bytes.
    fn encode(&self, bytes: &mut [u8]);

    /// Reads what was stored; `None` when these are not the bytes of one. What zeros are, if anything, is of no use at
    /// any time.
    fn decode(bytes: &[u8]) -> Option<Self>;
}
