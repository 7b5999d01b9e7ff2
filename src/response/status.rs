use std::fmt;
use std::str::FromStr;

/// HTTP statuses that follow on each other: `401`, `4xx`, `500..600` (600 excluded), `500..=599`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

impl StatusRange {
    /// What is expected of a text, in a few words.
    pub const EXPECTED: &'static str = "a status from 100 to 599 such as 401, a class such as \"4xx\", or a range \
        such as \"500..600\" (600 excluded) or \"500..=599\"";

    /// From the first to the last, both included; `None` unless `100 <= first <= last <= 599`.
    #[must_use]
    pub const fn new(first: u16, last: u16) -> Option<Self> {
        if 100 <= first && first <= last && last <= 599 {
            Some(Self { first, last })
        } else {
            None
        }
    }

    /// Whether a status is one of them.
    #[must_use]
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl FromStr for StatusRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.trim().parse::<u16>().ok();
        let range = || {
            let text = text.trim();
            if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
                let first = number(class)?.checked_mul(100)?;
                Self::new(first, first.checked_add(99)?)
            } else if let Some((first, last)) = text.split_once("..=") {
                Self::new(number(first)?, number(last)?)
            } else if let Some((first, end)) = text.split_once("..") {
                Self::new(number(first)?, number(end)?.checked_sub(1)?)
            } else {
                number(text).and_then(|status| Self::new(status, status))
            }
        };
        range().ok_or(Self::EXPECTED)
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.first, self.last)
    }
}
