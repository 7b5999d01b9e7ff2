//! How many: eight counts of 24 bits, the newest first. Seven steps are one window; the eighth is the one in which the
//! window begins, which is counted whole.

use std::num::NonZeroU64;

use super::Threshold;
use super::slot::PAYLOAD;
use super::window_count::WindowCount;

const SIZE: usize = 8;
const BYTES: usize = 3;

/// What was counted in each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts([u32; SIZE]);

impl Counts {
    /// Counts `number` more in the newest step.
    pub(super) fn add(&mut self, number: u32) {
        let [newest, ..] = &mut self.0;
        *newest = newest.saturating_add(number).min(Threshold::MAX);
    }

    /// Forgets all but so many, the oldest first.
    pub(super) fn lower(&mut self, to: u32) {
        let mut left = to;
        for count in &mut self.0 {
            *count = left.min(*count);
            left = left.saturating_sub(*count);
        }
    }

    /// Counts one less in the step of this age, or the next newer one in which there is one.
    pub(super) fn give_back(&mut self, age: u64) {
        let steps = usize::try_from(age).unwrap_or(usize::MAX).saturating_add(1);
        let counted = self
            .0
            .iter_mut()
            .take(steps)
            .rev()
            .find(|count| **count > 0);
        if let Some(count) = counted {
            *count = count.saturating_sub(1);
        }
    }
}

impl WindowCount for Counts {
    const STEPS: NonZeroU64 = NonZeroU64::MIN.saturating_add(6);

    fn decode(payload: [u8; PAYLOAD], passed: u32) -> Self {
        let (encoded, _) = payload.as_chunks::<BYTES>();
        let mut counts = [0; SIZE];
        let passed = usize::try_from(passed).unwrap_or(usize::MAX);
        for (count, [low, middle, high]) in counts.iter_mut().skip(passed).zip(encoded) {
            *count = u32::from_le_bytes([*low, *middle, *high, 0]);
        }
        Self(counts)
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        let (encoded, _) = payload.as_chunks_mut::<BYTES>();
        for (bytes, count) in encoded.iter_mut().zip(self.0) {
            let [low, middle, high, _] = count.to_le_bytes();
            *bytes = [low, middle, high];
        }
        payload
    }

    fn within(&self, steps: u64) -> u32 {
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        self.0
            .iter()
            .take(steps)
            .fold(0, |sum: u32, count| sum.saturating_add(*count))
    }
}
