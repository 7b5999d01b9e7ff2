//! When it is time to look at what is looked at from time to time, and which of the workers does.

use std::time::Duration;

use crate::limits::{Counters, Once};
use crate::store::{self, Store};
use crate::time::Time;

/// How often a host should tick for it while nothing else waits, in milliseconds.
pub const SURVEY_PERIOD: u32 = 10_000;
/// How long nobody looks after one has: a little less, since ticks are not on time.
const PAUSE: Duration = Duration::from_secs(9);

/// Who looks, and when.
#[derive(Debug)]
pub(super) struct Survey {
    /// Where it stands in shared memory when somebody looked last.
    key: Vec<u8>,
    /// When this worker asked that last.
    last: Time,
    pub(super) counters: Counters,
    pub(super) once: Once,
}

impl Survey {
    pub(super) fn new(namespace: &str, counters: Counters, once: Once) -> Self {
        Self {
            key: format!("palisade/{namespace}/survey").into_bytes(),
            last: Time::default(),
            counters,
            once,
        }
    }

    /// Whether this worker is the one that looks: of all workers one, once in a period.
    pub(super) fn is_due(&mut self, now: Time, store: &dyn Store) -> bool {
        if now.waited(&mut self.last) < PAUSE {
            return false;
        }
        self.last = now;
        let taken = store::update(store, &self.key, |value| {
            let before = value.first_chunk().copied().map(u64::from_le_bytes);
            let mut before = Time::from_millis(before.unwrap_or(0));
            // What a clock has written that was set back since is no reason to wait for it.
            let is_due = before > now || now.waited(&mut before) >= PAUSE;
            let own = now.millis().to_le_bytes().to_vec();
            (is_due.then_some(own), is_due)
        });
        taken == Ok(true)
    }
}
