//! Ranges of whole numbers (addresses, autonomous systems), sorted, so that a question costs one binary search.

use std::collections::BinaryHeap;
use std::fmt::Debug;

/// A number that ranges are made of.
pub trait Number: Copy + Ord + Debug {
    /// The largest there is.
    const MAX: Self;
    /// The one after; `None` of the largest.
    fn next(self) -> Option<Self>;
    /// The one before; `None` of zero.
    fn previous(self) -> Option<Self>;
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            const MAX: Self = Self::MAX;

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

number!(u32, u128);

/// A set of numbers, as ranges (first and last number) in ascending order that do not touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges<T>(Box<[(T, T)]>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Number> Ranges<T> {
    /// The numbers in these ranges (first and last), in any order; those that overlap or touch are joined.
    #[must_use]
    pub fn new(ranges: Vec<(T, T)>) -> Self {
        let mut ranges = sorted(ranges);
        ranges.dedup_by(|later, earlier| {
            let joined = earlier.1.next().is_none_or(|after| later.0 <= after);
            if joined {
                earlier.1 = earlier.1.max(later.1);
            }
            joined
        });
        Self(ranges.into_boxed_slice())
    }

    /// Whether the number is in one of them.
    #[must_use]
    pub fn contains(&self, number: T) -> bool {
        nearest(&self.0, |(first, _)| *first <= number).is_some_and(|(_, last)| number <= *last)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (T, T)> {
        self.0.iter().copied()
    }
}

/// Several sets of numbers, asked as one: which of them hold a number is found by one binary search, however many sets there are.
///
/// Where sets overlap, ranges are cut, so that there are at most twice as many as in all sets together. Each takes 16 bytes of
/// IPv4 addresses or autonomous systems, and 48 of IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledRanges<T>(Box<[(T, T, u64)]>);

impl<T> Default for LabelledRanges<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Number> LabelledRanges<T> {
    /// These sets, each with its labels as bits.
    #[must_use]
    pub fn new<'r>(sets: impl Iterator<Item = (&'r Ranges<T>, u64)>) -> Self
    where
        T: 'r,
    {
        // The ranges of one set do not touch, so at every place where one begins or ends its labels change once.
        let mut changes = Vec::new();
        for (ranges, labels) in sets {
            for (first, last) in ranges.iter() {
                changes.push((first, labels));
                changes.extend(last.next().map(|after| (after, labels)));
            }
        }
        let mut all: Vec<(T, T, u64)> = Vec::with_capacity(changes.len() / 2);
        let mut begun: Option<(T, u64)> = None;
        for (at, labels) in sorted(changes) {
            let (since, held) = begun.unwrap_or((at, 0));
            if held != 0
                && since < at
                && let Some(last) = at.previous()
            {
                all.push((since, last, held));
            }
            begun = Some((at, held ^ labels));
        }
        if let Some((since, held)) = begun.filter(|(_, held)| *held != 0) {
            all.push((since, T::MAX, held));
        }
        Self(all.into_boxed_slice())
    }

    /// The labels of all sets that hold the number, as bits.
    #[must_use]
    pub fn labels(&self, number: T) -> u64 {
        nearest(&self.0, |(first, ..)| *first <= number)
            .filter(|(_, last, _)| number <= *last)
            .map_or(0, |(.., labels)| *labels)
    }
}

/// Sorts by a heap: any other sort is 3 to 7 KiB of code for each kind of item.
fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    BinaryHeap::from(items).into_sorted_vec()
}

/// The last range that has begun.
fn nearest<R>(ranges: &[R], has_begun: impl Fn(&R) -> bool) -> Option<&R> {
    let begun = ranges.partition_point(has_begun);
    begun.checked_sub(1).and_then(|index| ranges.get(index))
}

#[cfg(test)]
mod tests;
