//! That the application knows a session.

use std::time::Duration;

use crate::fields::{put, take};
use crate::records::{Kind, PAYLOAD, Priority, Record};
use crate::time::Time;

/// The application has given a session out, or has answered a request of it as one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Seconds since the epoch.
    seen: u32,
}

impl Acceptance {
    /// Seen now.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            seen: now.seconds(),
        }
    }

    /// Whether it was seen within this time, and need not be written again.
    #[must_use]
    pub fn is_newer_than(&self, age: Duration, now: Time) -> bool {
        u64::from(now.seconds().abs_diff(self.seen)) < age.as_secs()
    }
}

/// Time 4.
impl Record for Acceptance {
    const KIND: Kind = Kind::Acceptance;

    fn priority(&self) -> Priority {
        Priority::Ordinary
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut bytes = [0; PAYLOAD];
        put(&mut bytes.as_mut_slice(), self.seen.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let seen = u32::from_le_bytes(take(&mut bytes.as_slice())?);
        Some(Self { seen })
    }
}
