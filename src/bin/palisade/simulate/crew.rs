//! Several workers that run one scenario on counters that they share, as those of an Envoy do: each with a share of
//! those who come, on clocks that stay together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade::time::Time;

use super::progress::Progress;

/// How far the clock of a worker may be ahead of another's: less than windows are long, and more than a worker does
/// while the machine has none of its cores for the other.
const APART: Duration = Duration::from_secs(5);

/// How long it sleeps until it looks again where the others are.
const MOMENT: Duration = Duration::from_micros(200);

/// One worker among several.
#[derive(Clone)]
pub(super) struct Worker {
    /// Its number.
    pub(super) number: u16,
    /// Where each of them is, in nanoseconds.
    clocks: Arc<[AtomicU64]>,
}

/// So many workers, one at least.
pub(super) fn workers(count: u16) -> Vec<Worker> {
    let clocks: Arc<[AtomicU64]> = (0..count.max(1)).map(|_| AtomicU64::new(0)).collect();
    let worker = |number| Worker {
        number,
        clocks: Arc::clone(&clocks),
    };
    (0..count.max(1)).map(worker).collect()
}

impl Worker {
    /// How many workers there are.
    pub(super) fn of(&self) -> u32 {
        u32::try_from(self.clocks.len()).unwrap_or(1).max(1)
    }

    /// Whether the one of this number is its own to send.
    pub(super) fn has(&self, number: u32) -> bool {
        number.checked_rem(self.of()) == Some(self.number.into())
    }

    /// Comes to this time, and waits until all others are near it.
    pub(super) fn come_to(&self, at: Time, progress: &Progress) {
        let Some(own) = self.clocks.get(usize::from(self.number)) else {
            return;
        };
        own.store(at.nanos(), Ordering::Release);
        let apart = u64::try_from(APART.as_nanos()).unwrap_or(u64::MAX);
        let near = at.nanos().saturating_sub(apart);
        for clock in &*self.clocks {
            while clock.load(Ordering::Acquire) < near && !progress.is_stopped() {
                std::thread::sleep(MOMENT);
            }
        }
    }

    /// Is done: nobody waits for it any more.
    pub(super) fn leave(&self) {
        if let Some(own) = self.clocks.get(usize::from(self.number)) {
            own.store(u64::MAX, Ordering::Release);
        }
    }
}
