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
use crate::time::Time;

/// The size of a stored slot.
pub(super) const SIZE: usize = 58;

/// Which record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) tag: NonZeroU64,
    pub(super) kind: u8,
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

/// From when to when a record is of use, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) written: u32,
    pub(super) expires: u32,
}

impl Span {
    /// Of no time.
    pub(super) const OVER: Self = Self {
        written: 0,
        expires: 0,
    };

    pub(super) fn new(now: Time, life: Life) -> Self {
        let written = now.seconds();
        Self {
            written,
            expires: written.saturating_add(life.seconds()),
        }
    }

    /// Not when it has ended; and not when it ends later than twice its life from now, or had a longer life than any: then a clock was wrong,
    /// or these bytes are not ours.
    pub(super) fn is_of_use(self, now: Time) -> bool {
        let life = self.expires.saturating_sub(self.written);
        let left = self.expires.saturating_sub(now.seconds());
        let longest = u32::try_from(Life::LONGEST.as_secs()).unwrap_or(u32::MAX);
        left > 0 && life <= longest && left <= life.saturating_mul(2)
    }
}

/// What is stored of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) name: Name,
    pub(super) priority: Priority,
    pub(super) span: Span,
    pub(super) payload: [u8; PAYLOAD],
}

/// How much a stored record matters: by its priority, among equals by its end, then by when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    pub(super) priority: Priority,
    expires: u32,
    written: u32,
}

/// Whether nobody has this place.
pub(super) fn is_nobodys(slot: &[u8; SIZE]) -> bool {
    slot.starts_with(&[0; 8])
}

impl Slot {
    /// How much it matters; `None` when it is of no use any more.
    pub(super) fn worth(&self, now: Time) -> Option<Worth> {
        self.span.is_of_use(now).then_some(Worth {
            priority: self.priority,
            expires: self.span.expires,
            written: self.span.written,
        })
    }

    pub(super) fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, self.name.tag.get().to_le_bytes());
        put(&mut rest, [self.name.kind, self.priority.number()]);
        put(&mut rest, self.span.written.to_le_bytes());
        put(&mut rest, self.span.expires.to_le_bytes());
        put(&mut rest, self.payload);
        bytes
    }

    /// Reads a slot; `None` when it is nobody's. Any other bytes are a slot.
    pub(super) fn decode(bytes: &[u8; SIZE]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let tag = NonZeroU64::new(u64::from_le_bytes(take(&mut rest)?))?;
        let [kind, priority] = take(&mut rest)?;
        Some(Self {
            name: Name { tag, kind },
            priority: Priority::from_number(priority),
            span: Span {
                written: u32::from_le_bytes(take(&mut rest)?),
                expires: u32::from_le_bytes(take(&mut rest)?),
            },
            payload: take(&mut rest)?,
        })
    }
}
