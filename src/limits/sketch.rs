//! How many different ones of late: exactly up to eleven, estimated beyond.
//!
//! Eleven values are kept as marks of 14 bits, so that a small limit, as most are, counts what it says: two of eleven
//! have the same mark in one counter of 300. The twelfth turns them into 95 cells of two bits, a linear-counting bitmap
//! (Whang, Vander-Zanden and Taylor, 1990) whose cells know their age, as in the timestamp vector of Kim and O'Hallaron
//! (2003).
//!
//! A mark or a cell is empty (0) or was last hit in this step (1), the one before (2) or the one before that (3). Two
//! steps are one window, so that a value is remembered for one to one and a half windows.

use std::num::{NonZeroU32, NonZeroU64};

use super::ValueHash;
use super::slot::PAYLOAD;
use super::window_count::WindowCount;

/// How many cells there are: one less than fit, whose place says that there are marks instead.
const CELLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(94);
/// How many marks there are: the most of 14 bits that tell into which cell their values fall.
const MARKS: NonZeroU64 = NonZeroU64::MIN.saturating_add(95 * 172 - 1);
/// How many values have marks: what fits beside the two bytes that tell marks from cells.
const FEW: usize = 11;
/// A plane of bits, of which a cell has one in each of two.
const PLANE: usize = 12;
/// Which two bytes say that there are marks, the last of the first plane, and how: by its last bit, which is of no
/// cell.
const KIND: usize = 5;
const HAS_MARKS: u8 = 1 << 7;

/// The oldest age that is remembered.
const OLDEST: u16 = 3;

/// Which values were seen in each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sketch {
    /// Each value.
    Few([Mark; FEW]),
    /// What they fill.
    Many(Cells),
}

/// One value and its age; age 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    age: u16,
    mark: u16,
}

/// 95 cells, whose ages stand in two planes of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells {
    low: u128,
    high: u128,
}

impl Sketch {
    /// Sees `value` in the newest step; whether that changes anything.
    pub(super) fn see(&mut self, value: ValueHash) -> bool {
        let mark = u16::try_from(value.get() % MARKS).unwrap_or(0);
        let new = Mark { age: 1, mark };
        let marks = match self {
            Self::Few(marks) => marks,
            Self::Many(cells) => return cells.see(new),
        };
        let is_same = |known: &&mut Mark| known.age != 0 && known.mark == mark;
        if let Some(known) = marks.iter_mut().find(is_same) {
            return std::mem::replace(known, new) != new;
        }
        if let Some(free) = marks.iter_mut().find(|known| known.age == 0) {
            *free = new;
            return true;
        }
        let mut cells = Cells::default();
        // The oldest first, as a cell has the age of what fell into it last.
        for age in (1..=OLDEST).rev() {
            for known in marks.iter().filter(|known| known.age == age) {
                cells.see(*known);
            }
        }
        cells.see(new);
        *self = Self::Many(cells);
        true
    }
}

impl Mark {
    fn decode(bytes: [u8; 2], passed: u16) -> Self {
        let both = u16::from_le_bytes(bytes);
        match (both >> 14, both & !(OLDEST << 14)) {
            (0, _) => Self::default(),
            (age, mark) => match age.saturating_add(passed) {
                age @ 1..=OLDEST => Self { age, mark },
                _ => Self::default(),
            },
        }
    }

    const fn encode(self) -> [u8; 2] {
        ((self.age << 14) | self.mark).to_le_bytes()
    }
}

impl Cells {
    fn see(&mut self, Mark { age, mark }: Mark) -> bool {
        let before = *self;
        let cell = u32::from(mark) % CELLS;
        let bit = 1_u128.checked_shl(cell).unwrap_or(0);
        let put = |plane: &mut u128, is_set: bool| match is_set {
            true => *plane |= bit,
            false => *plane &= !bit,
        };
        put(&mut self.low, age & 1 != 0);
        put(&mut self.high, age & 2 != 0);
        *self != before
    }

    /// A step later. 1 -> 2 -> 3 -> 0, and 0 stays.
    const fn aged(self) -> Self {
        Self {
            low: self.high & !self.low,
            high: self.high ^ self.low,
        }
    }
}

impl WindowCount for Sketch {
    const STEPS: NonZeroU64 = NonZeroU64::MIN.saturating_add(1);

    fn decode(payload: [u8; PAYLOAD], passed: u32) -> Self {
        let passed = u16::try_from(passed).unwrap_or(u16::MAX).min(OLDEST);
        let (places, _) = payload.as_chunks::<2>();
        if places
            .get(KIND)
            .is_some_and(|[_, last]| last & HAS_MARKS != 0)
        {
            let stored = places.iter().enumerate().filter(|(at, _)| *at != KIND);
            let mut marks = [Mark::default(); FEW];
            for (mark, (_, bytes)) in marks.iter_mut().zip(stored) {
                *mark = Mark::decode(*bytes, passed);
            }
            return Self::Few(marks);
        }
        let (planes, _) = payload.as_chunks::<PLANE>();
        // What no cell stands for is not ours.
        let plane = |at| planes.get(at).map_or(0, read) & (u128::MAX >> 33);
        let stored = Cells {
            low: plane(0),
            high: plane(1),
        };
        match (0..passed).fold(stored, |cells, _| cells.aged()) {
            Cells { low: 0, high: 0 } => Self::Few([Mark::default(); FEW]),
            cells => Self::Many(cells),
        }
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        match self {
            Self::Few(marks) => {
                let (places, _) = payload.as_chunks_mut::<2>();
                let mut marks = marks.iter();
                for (at, place) in places.iter_mut().enumerate() {
                    *place = match at {
                        KIND => [0, HAS_MARKS],
                        _ => marks.next().map_or([0; 2], |mark| mark.encode()),
                    };
                }
            }
            Self::Many(cells) => {
                let (planes, _) = payload.as_chunks_mut::<PLANE>();
                for (plane, bits) in planes.iter_mut().zip([cells.low, cells.high]) {
                    for (to, from) in plane.iter_mut().zip(bits.to_le_bytes()) {
                        *to = from;
                    }
                }
            }
        }
        payload
    }

    fn within(&self, steps: u64) -> u32 {
        match self {
            Self::Few(marks) => {
                let are_so = |known: &&Mark| known.age != 0 && u64::from(known.age) <= steps;
                u32::try_from(marks.iter().filter(are_so).count()).unwrap_or(u32::MAX)
            }
            Self::Many(cells) => estimate(match steps {
                0 => 0,
                1 => (cells.low & !cells.high).count_ones(),
                2 => (cells.low ^ cells.high).count_ones(),
                _ => (cells.low | cells.high).count_ones(),
            }),
        }
    }
}

fn read(plane: &[u8; PLANE]) -> u128 {
    plane
        .iter()
        .rev()
        .fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

/// How many values it takes, on average, until so many cells are filled: each next one takes `CELLS / empty` values.
/// Rounded to the nearest; 488 at most.
fn estimate(filled: u32) -> u32 {
    const THOUSANDTHS: u32 = 1_000;
    let cells = CELLS.get();
    let all = cells.saturating_mul(THOUSANDTHS);
    let thousandths = (0..filled.min(cells))
        .filter_map(|outcome| all.checked_div(cells.saturating_sub(outcome)))
        .fold(0_u32, u32::saturating_add);
    thousandths.saturating_add(THOUSANDTHS / 2) / THOUSANDTHS
}
