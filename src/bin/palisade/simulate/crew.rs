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

/// So often it only lets others have its core until it looks again where they are: they are mostly a few requests
/// behind, which take less time than to fall asleep.
const PATIENCE: u32 = 256;

/// How long it sleeps from then on until it looks again.
const MOMENT: Duration = Duration::from_micros(200);

/// One worker among several.
#[derive(Clone)]
pub(super) struct Worker {
    /// Its number.
    pub(super) number: u16,
    /// Where each of them is, in nanoseconds.
    clocks: Arc<[AtomicU64]>,
    /// All others are known to be near it until then.
    near_until: u64,
}

/// So many workers, one at least.
pub(super) fn workers(count: u16) -> Vec<Worker> {
    let clocks: Arc<[AtomicU64]> = (0..count.max(1)).map(|_| AtomicU64::new(0)).collect();
    let worker = |number| Worker {
        number,
        clocks: Arc::clone(&clocks),
        near_until: 0,
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
    pub(super) fn come_to(&mut self, at: Time, progress: &Progress) {
        let own = usize::from(self.number);
        if let Some(clock) = self.clocks.get(own) {
            clock.store(at.nanos(), Ordering::Release);
        }
        // A core that reads another one's clock takes it away from there, so none is read more often than needed.
        let mut looked = 0_u32;
        while at.nanos() > self.near_until && !progress.is_stopped() {
            match looked {
                0 => {}
                1..=PATIENCE => std::thread::yield_now(),
                _ => std::thread::sleep(MOMENT),
            }
            looked = looked.saturating_add(1);
            let others = self.clocks.iter().enumerate();
            let others = others.filter(|(number, _)| *number != own);
            let last = others.map(|(_, clock)| clock.load(Ordering::Acquire));
            let apart = u64::try_from(APART.as_nanos()).unwrap_or(u64::MAX);
            self.near_until = last.min().unwrap_or(u64::MAX).saturating_add(apart);
        }
    }

    /// Is done: nobody waits for it any more.
    pub(super) fn leave(&self) {
        if let Some(own) = self.clocks.get(usize::from(self.number)) {
            own.store(u64::MAX, Ordering::Release);
        }
    }
}
