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
//! | 24 | 24 | what is counted: eight counts of 24 bits, or a sketch of different values |

use super::CounterKey;
use crate::fields::{put, take};
use crate::store;
use crate::time::Time;

/// Counters in one stored value, which is then 3,896 bytes.
pub const WAYS: usize = 81;

/// The size of what is stored behind the tag.
const SIZE: usize = 40;
/// The size of what is counted.
pub(super) const PAYLOAD: usize = 24;

/// What is stored of one counter, beside whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) expires: u32,
    pub(super) penalty_state: PenaltyState,
    pub(super) rank: u8,
    pub(super) step: u32,
    pub(super) payload: [u8; PAYLOAD],
}

/// The counters of one stored value.
pub(super) type Counters<'t> = store::Slots<'t, Slot>;

/// What follows from limits that were broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PenaltyState {
    /// Seconds since the epoch.
    pub(super) blocked_until: u32,
    /// Requests with a higher threshold than this one are not blocked.
    pub(super) threshold: u16,
    /// How often, lately.
    pub(super) breaches: u8,
}

/// No counter lasts longer: a window, a block and the memory of breaches, each of 30 days. What claims to is not ours,
/// or was written when the clock was wrong.
pub(super) const LONGEST_LIFE: u32 = 100 * 24 * 60 * 60;

/// How much a counter matters: by its rank, among equals by its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    rank: u8,
    expires: u32,
}

impl store::Key for CounterKey {
    type Name = [u8; 8];

    fn hash(self) -> u64 {
        self.bucket().hash()
    }

    fn name(self) -> Self::Name {
        self.tag().get().to_le_bytes()
    }
}

impl store::Slot for Slot {
    type Key = CounterKey;
    type Worth = Worth;
    const SIZE: usize = SIZE;
    const WAYS: usize = WAYS;

    fn worth(&self, now: Time) -> Option<Worth> {
        let Self { rank, expires, .. } = *self;
        let now = now.seconds();
        let is_of_use = now < expires && expires <= now.saturating_add(LONGEST_LIFE);
        is_of_use.then_some(Worth { rank, expires })
    }

    fn encode(&self, mut bytes: &mut [u8]) {
        let PenaltyState {
            blocked_until,
            threshold,
            breaches,
        } = self.penalty_state;
        let rest = &mut bytes;
        put(rest, self.expires.to_le_bytes());
        put(rest, blocked_until.to_le_bytes());
        put(rest, threshold.to_le_bytes());
        put(rest, [self.rank, breaches]);
        put(rest, self.step.to_le_bytes());
        put(rest, self.payload);
    }

    /// Any bytes are a slot.
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        let expires = u32::from_le_bytes(take(rest)?);
        let blocked_until = u32::from_le_bytes(take(rest)?);
        let threshold = u16::from_le_bytes(take(rest)?);
        let [rank, breaches] = take(rest)?;
        Some(Self {
            expires,
            penalty_state: PenaltyState {
                blocked_until,
                threshold,
                breaches,
            },
            rank,
            step: u32::from_le_bytes(take(rest)?),
            payload: take(rest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Slot as _;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_slot_which_survives_its_encoding(bytes: [u8; SIZE]) {
            let mut again = [0; SIZE];
            Slot::decode(&bytes).expect("a slot").encode(&mut again);
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn zeros_are_of_no_use_at_any_time() {
        let slot = Slot::decode(&[0; SIZE]).expect("a slot");
        for seconds in [0, 1, u64::from(u32::MAX)] {
            assert_eq!(slot.worth(Time::from_secs(seconds)), None);
        }
    }
}
