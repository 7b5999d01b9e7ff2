use std::fmt;
use std::ops::Not;
use std::rc::Rc;
use std::str::FromStr;

use super::{ListIndex, Signals};
use crate::intelligence::{Asn, AsnType, Country, Flag, Score};

/// Kleene's three-valued logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not hold.
    False,
    /// Nobody knows.
    Unknown,
    /// It holds.
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A single signal.
    Leaf(Leaf),
    /// At least one holds.
    Any(Vec<Condition>),
    /// All hold.
    All(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// A test of one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// The flag holds.
    Flag(Flag),
    /// The score is in the range.
    Score(ScoreRange),
    /// The network is one of these; sorted.
    Asn(Vec<Asn>),
    /// The network's type is one of these.
    AsnType(Vec<AsnType>),
    /// The country is one of these; sorted.
    Country(Vec<Country>),
    /// The client is on the operator's list; with the list's name.
    List(ListIndex, Rc<str>),
    /// The address is private or reserved.
    Private,
    /// Nothing is known of the address.
    Unknown,
}

impl Condition {
    /// Whether the condition holds.
    #[must_use]
    pub fn test(&self, signals: &Signals) -> Truth {
        match self {
            Self::Leaf(leaf) => leaf.test(signals),
            Self::Not(inner) => !inner.test(signals),
            Self::Any(parts) => strongest(parts, signals, Truth::True),
            Self::All(parts) => strongest(parts, signals, Truth::False),
        }
    }

    /// The name of the first signal that made the condition hold, for reasons and counters.
    #[must_use]
    pub fn cause(&self, signals: &Signals) -> Option<&str> {
        match self {
            Self::Leaf(leaf) => (leaf.test(signals) == Truth::True).then(|| leaf.name()),
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().find_map(|part| part.cause(signals))
            }
            Self::Not(_) => None,
        }
    }
}

/// `decisive` settles the matter at once; else any unknown part leaves it unknown.
fn strongest(parts: &[Condition], signals: &Signals, decisive: Truth) -> Truth {
    let mut result = !decisive;
    for part in parts {
        let truth = part.test(signals);
        if truth == decisive {
            return decisive;
        }
        if truth == Truth::Unknown {
            result = Truth::Unknown;
        }
    }
    result
}

impl Leaf {
    fn test(&self, signals: &Signals) -> Truth {
        let network = &signals.reputation.network;
        match self {
            Self::Flag(flag) => signals.reputation.flags.get(*flag).into(),
            Self::Score(range) => signals.score.map(|score| range.contains(score)).into(),
            Self::Asn(asns) => network
                .asn
                .map(|asn| asns.binary_search(&asn).is_ok())
                .into(),
            Self::AsnType(types) => network.asn_type.map(|kind| types.contains(&kind)).into(),
            Self::Country(countries) => network
                .country
                .map(|country| countries.binary_search(&country).is_ok())
                .into(),
            Self::List(list, _) => signals.lists.get(*list),
            Self::Private => signals.private.into(),
            Self::Unknown => signals.unknown,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Flag(flag) => flag.name(),
            Self::Score(_) => "score",
            Self::Asn(_) => "asn",
            Self::AsnType(_) => "asn_type",
            Self::Country(_) => "country",
            Self::List(_, name) => name,
            Self::Private => "private",
            Self::Unknown => "unknown",
        }
    }
}

/// A range of scores: `>=80`, `>80`, `<50`, `<=50`, `==100`, `50..80` (80 excluded) or `50..=79`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreRange {
    low: u8,
    high: u8,
}

impl ScoreRange {
    /// Whether the score is in the range.
    #[must_use]
    pub fn contains(self, score: Score) -> bool {
        (self.low..=self.high).contains(&score.get())
    }
}

impl FromStr for ScoreRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a range of scores from 0 to 100 that some score is in, such as \">=80\", \"<50\", \"50..80\" (80 excluded) or \"50..=79\"";
        let number = |text: &str| -> Result<u8, String> {
            let number: u8 = text.trim().parse().map_err(|_| EXPECTED)?;
            (number <= Score::MAX.get())
                .then_some(number)
                .ok_or_else(|| EXPECTED.to_owned())
        };
        let below = |text: &str| {
            number(text)?
                .checked_sub(1)
                .ok_or_else(|| EXPECTED.to_owned())
        };
        let text = text.trim();
        let (low, high) = if let Some(rest) = text.strip_prefix(">=") {
            (number(rest)?, 100)
        } else if let Some(rest) = text.strip_prefix("<=") {
            (0, number(rest)?)
        } else if let Some(rest) = text.strip_prefix("==") {
            (number(rest)?, number(rest)?)
        } else if let Some(rest) = text.strip_prefix('>') {
            (number(rest)?.saturating_add(1), 100)
        } else if let Some(rest) = text.strip_prefix('<') {
            (0, below(rest)?)
        } else if let Some((low, high)) = text.split_once("..=") {
            (number(low)?, number(high)?)
        } else if let Some((low, high)) = text.split_once("..") {
            (number(low)?, below(high)?)
        } else {
            return Err(EXPECTED.to_owned());
        };
        if low > high {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self { low, high })
    }
}

impl fmt::Display for ScoreRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.low, self.high)
    }
}

#[cfg(test)]
mod tests;
