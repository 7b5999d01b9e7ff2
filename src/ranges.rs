//! Ranges of whole numbers (addresses, autonomous systems), sorted, so that a question costs one binary search.

use std::fmt::Debug;

/// A number that ranges are made of.
pub trait Number: Copy + Ord + Debug + From<u8> {
    /// The largest there is.
    const MAX: Self;
    /// The one after; `None` of the largest.
    fn next(self) -> Option<Self>;
    /// The one before; `None` of zero.
    fn previous(self) -> Option<Self>;
    /// The bit of this number among 64; none from 64 on.
    fn bit(self) -> u64;
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

            fn bit(self) -> u64 {
                let number = u32::try_from(self).unwrap_or(u32::MAX);
                1_u64.checked_shl(number).unwrap_or(0)
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
        let begun = self.0.partition_point(|(first, _)| *first <= number);
        let nearest = begun.checked_sub(1).and_then(|index| self.0.get(index));
        nearest.is_some_and(|(_, last)| number <= *last)
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

/// Several sets of numbers, asked as one: which of them hold a number is found by one binary search, however many sets
/// there are.
///
/// Where sets overlap, ranges are cut, so that there are at most twice as many as in all sets together. Each takes 16
/// bytes of IPv4 addresses or autonomous systems, and 40 of IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledRanges<T> {
    /// The first number of each range, by themselves: what is searched fits into few lines of the processor's cache.
    firsts: Box<[T]>,
    lasts: Box<[T]>,
    labels: Box<[u64]>,
}

impl<T> Default for LabelledRanges<T> {
    fn default() -> Self {
        Self {
            firsts: Box::default(),
            lasts: Box::default(),
            labels: Box::default(),
        }
    }
}

impl<T: Number> LabelledRanges<T> {
    /// These sets, each with its own label, a number below 64.
    #[must_use]
    pub fn new<'r>(sets: impl Iterator<Item = (&'r Ranges<T>, u8)>) -> Self
    where
        T: 'r,
    {
        // The ranges of one set do not touch, so at every place where one begins or ends its label changes once.
        let mut changes = Vec::new();
        for (ranges, label) in sets {
            for (first, last) in ranges.iter() {
                // The label as such a number: so there is one kind of item to sort.
                changes.push((first, T::from(label)));
                changes.extend(last.next().map(|after| (after, T::from(label))));
            }
        }
        let (mut firsts, mut lasts, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = |since: T, last: T, held: u64| {
            if held != 0 && since <= last {
                firsts.push(since);
                lasts.push(last);
                labels.push(held);
            }
        };
        let mut begun: Option<(T, u64)> = None;
        for (at, label) in sorted(changes) {
            let (since, held) = begun.unwrap_or((at, 0));
            if let Some(last) = at.previous() {
                end(since, last, held);
            }
            begun = Some((at, held ^ label.bit()));
        }
        if let Some((since, held)) = begun {
            end(since, T::MAX, held);
        }
        Self {
            firsts: firsts.into_boxed_slice(),
            lasts: lasts.into_boxed_slice(),
            labels: labels.into_boxed_slice(),
        }
    }

    /// The labels of all sets that hold the number, as bits.
    #[must_use]
    pub fn labels(&self, number: T) -> u64 {
        let begun = self.firsts.partition_point(|first| *first <= number);
        let found = begun.checked_sub(1).and_then(|index| {
            let last = self.lasts.get(index)?;
            (number <= *last).then(|| self.labels.get(index))?
        });
        found.copied().unwrap_or(0)
    }
}

/// Merges what is in order already, two and two, until all is (a natural merge sort): what operators write is mostly
/// sorted. The library's sorts are 3 to 7 KiB of code for each kind of item, and a heap takes four times as long for
/// 100,000.
fn sorted<T: Ord + Copy>(mut items: Vec<T>) -> Vec<T> {
    let mut merged = Vec::with_capacity(items.len());
    loop {
        let mut rest = items.as_slice();
        let mut pairs = 0_usize;
        while !rest.is_empty() {
            let (one, behind) = run(rest);
            let (other, behind) = run(behind);
            merge(one, other, &mut merged);
            rest = behind;
            pairs = pairs.saturating_add(1);
        }
        if pairs <= 1 {
            return merged;
        }
        std::mem::swap(&mut items, &mut merged);
        merged.clear();
    }
}

/// The items at the start that are in order, and the others.
fn run<T: Ord>(items: &[T]) -> (&[T], &[T]) {
    let behind = items.iter().skip(1);
    let in_order = items
        .iter()
        .zip(behind)
        .take_while(|(one, next)| one <= next);
    let end = in_order.count().saturating_add(1);
    items.split_at_checked(end).unwrap_or((items, &[]))
}

/// Puts two runs behind what is merged, as one.
fn merge<T: Ord + Copy>(mut one: &[T], mut other: &[T], merged: &mut Vec<T>) {
    while let (Some((a, after_a)), Some((b, after_b))) = (one.split_first(), other.split_first()) {
        if a <= b {
            merged.push(*a);
            one = after_a;
        } else {
            merged.push(*b);
            other = after_b;
        }
    }
    merged.extend_from_slice(one);
    merged.extend_from_slice(other);
}

#[cfg(test)]
mod tests;
