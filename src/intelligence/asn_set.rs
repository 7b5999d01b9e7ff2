//! Sets of autonomous systems.

use std::fmt;
use std::str::FromStr;

use super::Asn;
use crate::ranges::Ranges;

/// Autonomous systems with numbers in a row: `64500`, `AS64500`, `64512-65534` or `AS64512-AS65534`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsnRange {
    first: Asn,
    last: Asn,
}

impl AsnRange {
    /// What is expected, in a few words.
    pub const EXPECTED: &'static str = "an autonomous system number such as 64500 or \"AS64500\", or a range such as \
        \"64512-65534\"";
}

impl From<Asn> for AsnRange {
    fn from(asn: Asn) -> Self {
        Self {
            first: asn,
            last: asn,
        }
    }
}

impl FromStr for AsnRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| -> Result<Asn, Self::Err> {
            let digits = text
                .get(..2)
                .filter(|start| start.eq_ignore_ascii_case("as"))
                .and_then(|_| text.get(2..))
                .unwrap_or(text);
            digits.parse().map_err(|_| Self::EXPECTED)
        };
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(text)?, number(text)?),
        };
        if first > last {
            return Err(Self::EXPECTED);
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for AsnRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.first == self.last {
            return Ok(());
        }
        write!(f, "-{}", self.last)
    }
}

/// A set of autonomous systems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnSet(Ranges<u32>);

impl AsnSet {
    /// All that are in one of these.
    pub fn new(ranges: impl Iterator<Item = AsnRange>) -> Self {
        let numbers = ranges.map(|range| (range.first.get(), range.last.get()));
        Self(Ranges::new(numbers.collect()))
    }

    /// Whether this one is in it.
    #[must_use]
    pub fn contains(&self, asn: Asn) -> bool {
        self.0.contains(asn.get())
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those with numbers in a row, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = AsnRange> {
        let one = |(first, last)| {
            let (first, last) = (Asn::new(first)?, Asn::new(last)?);
            Some(AsnRange { first, last })
        };
        self.0.iter().filter_map(one)
    }

    pub(crate) const fn numbers(&self) -> &Ranges<u32> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_ranges_are_read_with_and_without_as() {
        for (text, told) in [
            ("64500", "64500"),
            ("AS64500", "64500"),
            ("as1-aS9", "1-9"),
            ("64512-65534", "64512-65534"),
            ("7-7", "7"),
            ("4294967295", "4294967295"),
        ] {
            assert_eq!(
                text.parse().map(|range: AsnRange| range.to_string()),
                Ok(told.to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "AS",
            "-",
            "0",
            "0-5",
            "9-1",
            "1-",
            "-1",
            "1-2-3",
            "AS AS1",
            "4294967296",
            "é1",
        ] {
            assert!(text.parse::<AsnRange>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_told_reads_the_same(text: String, first: u32, more in 0..9_u32) {
            if let Ok(range) = text.parse::<AsnRange>() {
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
            if let (Some(first), Some(last)) = (Asn::new(first), Asn::new(first.saturating_add(more))) {
                let range = AsnRange { first, last };
                prop_assert_eq!(range.to_string().parse(), Ok(range));
                let set = AsnSet::new([range].into_iter());
                prop_assert!(set.contains(first) && set.contains(last));
                prop_assert_eq!(set.iter().collect::<Vec<_>>(), [range]);
            }
        }
    }
}
