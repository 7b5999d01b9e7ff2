//! How many different ones: 96 cells of two bits, a linear-counting bitmap (Whang, Vander-Zanden and Taylor, 1990) whose cells know
//! their age, as in the timestamp vector of Kim and O'Hallaron (2003).
//!
//! A cell is empty (0) or was last hit in this step (1), the one before (2) or the one before that (3). Two steps are one window, so that a
//! value is remembered for one to one and a half windows. The bits stand in two planes of 96.

use std::num::{NonZeroU32, NonZeroU64};

use super::ValueHash;
use super::ledger::Ledger;
use super::slot::PAYLOAD;

/// How many cells there are.
const CELLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(95);
const PLANE: usize = 12;

/// Which values were seen in each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cells {
    low: u128,
    high: u128,
}

impl Cells {
    /// Sees `value` in the newest step; whether that changes anything.
    pub(super) fn see(&mut self, value: ValueHash) -> bool {
        let before = *self;
        let cell = u32::try_from(value.get() % NonZeroU64::from(CELLS)).unwrap_or(0);
        let bit = 1_u128.checked_shl(cell).unwrap_or(0);
        self.low |= bit;
        self.high &= !bit;
        *self != before
    }
}

impl Ledger for Cells {
    const STEPS: NonZeroU64 = NonZeroU64::MIN.saturating_add(1);

    fn decode(payload: [u8; PAYLOAD], passed: u32) -> Self {
        let (planes, _) = payload.as_chunks::<PLANE>();
        let plane = |at| planes.get(at).map_or(0, read);
        let mut cells = Self {
            low: plane(0),
            high: plane(1),
        };
        for _ in 0..passed.min(3) {
            // 1 -> 2 -> 3 -> 0, and 0 stays.
            cells = Self {
                low: cells.high & !cells.low,
                high: cells.high ^ cells.low,
            };
        }
        cells
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        let (planes, _) = payload.as_chunks_mut::<PLANE>();
        for (plane, bits) in planes.iter_mut().zip([self.low, self.high]) {
            for (to, from) in plane.iter_mut().zip(bits.to_le_bytes()) {
                *to = from;
            }
        }
        payload
    }

    fn within(&self, steps: u64) -> u32 {
        estimate(match steps {
            0 => 0,
            1 => (self.low & !self.high).count_ones(),
            2 => (self.low ^ self.high).count_ones(),
            _ => (self.low | self.high).count_ones(),
        })
    }
}

fn read(plane: &[u8; PLANE]) -> u128 {
    plane
        .iter()
        .rev()
        .fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

/// How many values it takes, on average, until so many cells are filled: each next one takes `CELLS / empty` values. Rounded to the nearest;
/// 494 at most.
fn estimate(filled: u32) -> u32 {
    const THOUSANDTHS: u32 = 1_000;
    let cells = CELLS.get();
    let all = cells.saturating_mul(THOUSANDTHS);
    let thousandths = (0..filled.min(cells))
        .filter_map(|taken| all.checked_div(cells.saturating_sub(taken)))
        .fold(0_u32, u32::saturating_add);
    thousandths.saturating_add(THOUSANDTHS / 2) / THOUSANDTHS
}
