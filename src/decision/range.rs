//! Ranges of numbers, as conditions have them.

use std::fmt;
use std::str::FromStr;

use crate::intelligence::Score;

/// A range of whole numbers: `>=80`, `>80`, `<50`, `<=50`, `==100`, `50..80` (80 excluded) or `50..=79`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange {
    low: u32,
    high: u32,
}

impl NumberRange {
    /// Whether the number is in the range.
    #[must_use]
    pub fn contains(self, number: u32) -> bool {
        (self.low..=self.high).contains(&number)
    }

    /// The lowest and the highest number in it.
    #[must_use]
    pub const fn bounds(self) -> (u32, u32) {
        (self.low, self.high)
    }

    /// Reads a range of numbers up to `most`; `None` when it is none, or no number is in it.
    fn parse(text: &str, most: u32) -> Option<Self> {
        let number = |text: &str| {
            let number: u32 = text.trim().parse().ok()?;
            (number <= most).then_some(number)
        };
        let (low, high) = if let Some((low, high)) = text.split_once("..") {
            let (high, excluded) = match high.strip_prefix('=') {
                Some(high) => (high, 0),
                None => (high, 1),
            };
            (number(low)?, number(high)?.checked_sub(excluded)?)
        } else {
            let digits = text.find(|c: char| c.is_ascii_digit())?;
            let (comparison, bound) = text.split_at_checked(digits)?;
            let bound = number(bound)?;
            match comparison.trim() {
                ">=" => (bound, most),
                ">" => (bound.checked_add(1)?, most),
                "<=" => (0, bound),
                "<" => (0, bound.checked_sub(1)?),
                "==" => (bound, bound),
                _ => return None,
            }
        };
        (low <= high).then_some(Self { low, high })
    }
}

impl FromStr for NumberRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, u32::MAX).ok_or(
            "a range of whole numbers such as \">1000\", \"<=100\", \"100..500\" (500 excluded) or \"100..=499\"",
        )
    }
}

impl fmt::Display for NumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (low, u32::MAX) => write!(f, ">={low}"),
            (0, high) => write!(f, "<={high}"),
            (low, high) => write!(f, "{low}..={high}"),
        }
    }
}

/// A range on a scale from 0 to 100, written as a [`NumberRange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleRange(NumberRange);

impl FromStr for ScaleRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NumberRange::parse(text, Score::MAX.get().into()).map(Self).ok_or(
            "a range from 0 to 100 that some whole number is in, such as \">=80\", \"<50\", \"50..80\" (80 excluded) \
             or \"50..=79\"",
        )
    }
}

impl From<ScaleRange> for NumberRange {
    fn from(range: ScaleRange) -> Self {
        range.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_of_numbers_has_no_upper_end_unless_one_is_given() {
        for (text, inside, outside, shown) in [
            (">1000", vec![1_001, u32::MAX], vec![0, 1_000], ">=1001"),
            (">=500", vec![500, u32::MAX], vec![499], ">=500"),
            ("<100", vec![0, 99], vec![100, u32::MAX], "<=99"),
            (" 100 .. 500 ", vec![100, 499], vec![99, 500], "100..=499"),
            ("==7", vec![7], vec![6, 8], "7..=7"),
        ] {
            let range: NumberRange = text.parse().expect(text);
            assert!(
                inside.iter().all(|number| range.contains(*number)),
                "{text}"
            );
            assert!(
                !outside.iter().any(|number| range.contains(*number)),
                "{text}"
            );
            assert_eq!(range.to_string(), shown);
        }
    }

    #[test]
    fn a_range_that_holds_no_number_is_refused() {
        for text in [
            "",
            "7",
            "<0",
            ">4294967295",
            ">4294967296",
            "5..5",
            "6..=5",
            "-1..3",
            ">1e3",
            ">=1.5",
        ] {
            assert!(text.parse::<NumberRange>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_range_that_reads_the_same_again_or_is_refused(text: String) {
            if let Ok(range) = text.parse::<NumberRange>() {
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }
    }
}
