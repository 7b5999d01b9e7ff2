//! What is stored of one record: 58 bytes, little-endian.
//!
//! | at | size | what |
//! |---|---|---|
//! | 0 | 8 | of whom it is: a keyed hash; 0 is nobody |
//! | 8 | 1 | what it is |
//! | 9 | 1 | how important it is |
//! | 10 | 4 | when it was written, in seconds since the epoch |
//! | 14 | 4 | when it is of no use any more |
//! | 18 | 40 | what is kept |

use std::num::NonZeroU64;

use super::record::{Life, PAYLOAD, Priority, Record, RecordKey};
use crate::fields::{put, take};
use crate::store;
use crate::time::Time;

/// Records in one stored value, which is then 3,836 bytes.
pub const WAYS: usize = 66;

/// The size of what is stored behind the name.
pub(super) const SIZE: usize = 49;

/// Which record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    tag: NonZeroU64,
    kind: u8,
}

impl Name {
    /// The record of type `R` of `key`.
    pub(super) const fn of<R: Record>(key: RecordKey) -> Self {
        Self {
            tag: key.get(),
            kind: R::KIND.number(),
        }
    }
}

/// All records of one [`RecordKey`] stand in one value.
impl store::Key for Name {
    type Name = [u8; 9];

    fn hash(self) -> u64 {
        self.tag.get()
    }

    fn name(self) -> Self::Name {
        let mut name = [self.kind; 9];
        put(&mut name.as_mut_slice(), self.tag.get().to_le_bytes());
        name
    }
}

/// From when to when a record is of use, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) written: u32,
    pub(super) expires: u32,
}

impl Span {
    pub(super) fn new(now: Time, life: Life) -> Self {
        let written = now.seconds();
        Self {
            written,
            expires: written.saturating_add(life.seconds()),
        }
    }

    /// Not when it has ended; and not when it ends later than twice its life from now, or had a longer life than any:
    /// then a clock was wrong, or these bytes are not ours.
    pub(super) fn is_of_use(self, now: Time) -> bool {
        let life = self.expires.saturating_sub(self.written);
        let left = self.expires.saturating_sub(now.seconds());
        let longest = u32::try_from(Life::LONGEST.as_secs()).unwrap_or(u32::MAX);
        left > 0 && life <= longest && left <= life.saturating_mul(2)
    }
}

/// What is stored of one record, beside which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) priority: Priority,
    pub(super) span: Span,
    pub(super) payload: [u8; PAYLOAD],
}

/// How much a stored record matters: by its priority, among equals by its end, then by when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    priority: Priority,
    expires: u32,
    written: u32,
}

impl store::Slot for Slot {
    type Key = Name;
    type Worth = Worth;
    const SIZE: usize = SIZE;
    const WAYS: usize = WAYS;

    fn worth(&self, now: Time) -> Option<Worth> {
        self.span.is_of_use(now).then_some(Worth {
            priority: self.priority,
            expires: self.span.expires,
            written: self.span.written,
        })
    }

    /// No record ever takes the place of one that matters more.
    fn may_replace(&self, least: &Worth) -> bool {
        least.priority <= self.priority
    }

    fn encode(&self, mut bytes: &mut [u8]) {
        let rest = &mut bytes;
        put(rest, [self.priority.number()]);
        put(rest, self.span.written.to_le_bytes());
        put(rest, self.span.expires.to_le_bytes());
        put(rest, self.payload);
    }

    /// Any bytes are a slot.
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        let [priority] = take(rest)?;
        Some(Self {
            priority: Priority::from_number(priority),
            span: Span {
                written: u32::from_le_bytes(take(rest)?),
                expires: u32::from_le_bytes(take(rest)?),
            },
            payload: take(rest)?,
        })
    }
}
