//! What is stored of one counter: 48 bytes, little-endian.
//!
//! | at | size | what |
//! |---|---|---|
//! | 0 | 8 | whose it is: a keyed hash; 0 is nobody |
//! | 8 | 4 | when it is of no use any more, in seconds since the epoch |
//! | 12 | 4 | until when it is blocked |
//! | 16 | 2 | which thresholds the block holds for |
//! | 18 | 1 | how much it matters: 0 nothing, 255 its limit is reached |
//! | 19 | 1 | how often its limit was broken |
//! | 20 | 4 | the newest step of its window, the low 32 bits |
//! | 24 | 24 | what is counted: eight counts of 24 bits, or 96 cells of 2 bits |

use std::num::NonZeroU64;

use crate::fields::{put, take};
use crate::time::Time;

/// The size of a stored slot.
pub(super) const SIZE: usize = 48;
/// The size of what is counted.
pub(super) const PAYLOAD: usize = 24;

/// What is stored of one counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) tag: NonZeroU64,
    pub(super) expires: u32,
    pub(super) standing: Standing,
    pub(super) rank: u8,
    pub(super) step: u32,
    pub(super) payload: [u8; PAYLOAD],
}

/// What follows from limits that were broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Seconds since the epoch.
    pub(super) blocked_until: u32,
    /// Requests with a higher threshold than this one are not blocked.
    pub(super) threshold: u16,
    /// How often, lately.
    pub(super) breaches: u8,
}

/// No counter lasts longer: a window, a block and the memory of breaches, each of 30 days. What claims to is not ours, or
/// was written when the clock was wrong.
pub(super) const LONGEST_LIFE: u32 = 100 * 24 * 60 * 60;

/// How much a stored slot matters: by its rank, among equals by its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    rank: u8,
    expires: u32,
}

impl Worth {
    /// Of stored bytes; `None` when they are of no use any more.
    pub(super) fn of(slot: &[u8; SIZE], now: Time) -> Option<Self> {
        let (_, rest) = slot.split_first_chunk::<8>()?;
        let (expires, rest) = rest.split_first_chunk::<4>()?;
        let (_, rest) = rest.split_first_chunk::<6>()?;
        let worth = Self {
            rank: *rest.first()?,
            expires: u32::from_le_bytes(*expires),
        };
        is_of_use(worth.expires, now).then_some(worth)
    }
}

/// Whether nobody has this place.
pub(super) fn is_nobodys(slot: &[u8; SIZE]) -> bool {
    slot.starts_with(&[0; 8])
}

fn is_of_use(expires: u32, now: Time) -> bool {
    let now = now.seconds();
    now < expires && expires <= now.saturating_add(LONGEST_LIFE)
}

impl Slot {
    /// Whether it may not be forgotten yet.
    pub(super) fn is_of_use(&self, now: Time) -> bool {
        is_of_use(self.expires, now)
    }

    pub(super) fn encode(&self) -> [u8; SIZE] {
        let Standing {
            blocked_until,
            threshold,
            breaches,
        } = self.standing;
        let mut bytes = [0; SIZE];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, self.tag.get().to_le_bytes());
        put(&mut rest, self.expires.to_le_bytes());
        put(&mut rest, blocked_until.to_le_bytes());
        put(&mut rest, threshold.to_le_bytes());
        put(&mut rest, [self.rank, breaches]);
        put(&mut rest, self.step.to_le_bytes());
        put(&mut rest, self.payload);
        bytes
    }

    /// Reads a slot; `None` when it is nobody's. Any other bytes are a slot.
    pub(super) fn decode(bytes: &[u8; SIZE]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let tag = NonZeroU64::new(u64::from_le_bytes(take(&mut rest)?))?;
        let expires = u32::from_le_bytes(take(&mut rest)?);
        let blocked_until = u32::from_le_bytes(take(&mut rest)?);
        let threshold = u16::from_le_bytes(take(&mut rest)?);
        let [rank, breaches] = take(&mut rest)?;
        Some(Self {
            tag,
            expires,
            standing: Standing {
                blocked_until,
                threshold,
                breaches,
            },
            rank,
            step: u32::from_le_bytes(take(&mut rest)?),
            payload: take(&mut rest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_slot_or_nobodys_and_a_slot_survives_its_encoding(bytes: [u8; SIZE]) {
            match Slot::decode(&bytes) {
                Some(slot) => prop_assert_eq!(slot.encode(), bytes),
                None => prop_assert!(bytes.starts_with(&[0; 8])),
            }
        }

        /// What chooses who has to go reads the same bytes as what reads a slot.
        #[test]
        fn the_worth_of_stored_bytes_is_that_of_the_slot(
            tag: NonZeroU64, bytes: [u8; SIZE], expires: u32, now: u32,
        ) {
            let slot = Slot { tag, expires, ..Slot::decode(&bytes).expect("not nobody's") };
            let now = Time::from_secs(now.into());
            let worth = Worth { rank: slot.rank, expires };
            prop_assert_eq!(Worth::of(&slot.encode(), now), slot.is_of_use(now).then_some(worth));
        }
    }
}
