//! The operator's lists as signals.

use crate::signals::Truth;

/// The position of an operator's list in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListIndex(u8);

/// How many lists a configuration may have.
pub const MAX_LISTS: usize = 64;

impl ListIndex {
    /// `None` beyond [`MAX_LISTS`].
    #[must_use]
    pub fn new(index: usize) -> Option<Self> {
        (index < MAX_LISTS)
            .then(|| u8::try_from(index).ok().map(Self))
            .flatten()
    }

    /// The position.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// The position, below [`MAX_LISTS`].
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    fn bit(self) -> u64 {
        1_u64.wrapping_shl(u32::from(self.0))
    }
}

/// Which of the operator's lists hold the client: yes, no, or not known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSet {
    held: u64,
    open: u64,
}

impl ListSet {
    /// No list.
    pub const EMPTY: Self = Self { held: 0, open: 0 };

    /// Nobody knows of any list.
    pub const OPEN: Self = Self {
        held: 0,
        open: u64::MAX,
    };

    /// Those of which the bit is set in `held`; those in `open` depend on what is not known.
    #[must_use]
    pub const fn of_bits(held: u64, open: Self) -> Self {
        Self {
            held,
            open: open.held & !held,
        }
    }

    /// Records that the client is on the list.
    pub fn hold(&mut self, list: ListIndex) {
        self.held |= list.bit();
        self.open &= !list.bit();
    }

    /// Records that it depends on what is not known (the ASN).
    pub fn leave_open(&mut self, list: ListIndex) {
        self.open |= list.bit();
    }

    /// Whether the client is on the list.
    #[must_use]
    pub fn get(self, list: ListIndex) -> Truth {
        if self.held & list.bit() != 0 {
            Truth::True
        } else if self.open & list.bit() != 0 {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// The lists that hold the client.
    pub fn held(self) -> impl Iterator<Item = ListIndex> {
        let mut left = self.held;
        std::iter::from_fn(move || {
            let lowest = u8::try_from(left.trailing_zeros()).ok()?;
            // Clears the lowest bit; of zero nothing is left to take.
            left &= left.checked_sub(1)?;
            Some(ListIndex(lowest))
        })
    }

    /// Whether no list holds the client.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.held == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_hold_are_told_in_their_order() {
        let mut set = ListSet::default();
        assert_eq!(set.held().count(), 0);
        for index in [63, 0, 7] {
            set.hold(ListIndex::new(index).expect("in range"));
        }
        set.leave_open(ListIndex::new(5).expect("in range"));
        let held: Vec<usize> = set.held().map(ListIndex::get).collect();
        assert_eq!(held, [0, 7, 63]);
        assert_eq!(ListIndex::new(MAX_LISTS), None);
    }
}
