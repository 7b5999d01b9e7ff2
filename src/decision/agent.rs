//! What the User-Agent says, as signals.

use super::Truth;
use crate::agent::AgentSignals;

/// A signal that a request gives by its User-Agent. The discriminant is its bit in [`AgentFacts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AgentSignal {
    /// There is none.
    Missing = 0,
    /// An HTTP library or a tool.
    Scripted = 1,
    /// A browser that a program steers.
    Headless = 2,
    /// It says to be a browser, but no browser says it so.
    Impossible = 3,
    /// One of very few agents on a subnet that should have many.
    Uniform = 4,
    /// It says to be a crawler, as anybody can.
    CrawlerClaimed = 5,
    /// It says so, and its address is known to be one.
    CrawlerVerified = 6,
    /// It says so, and its address is known to be none.
    CrawlerUnverified = 7,
}

impl AgentSignal {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Scripted,
        Self::Headless,
        Self::Impossible,
        Self::Uniform,
        Self::CrawlerClaimed,
        Self::CrawlerVerified,
        Self::CrawlerUnverified,
    ];

    /// The name in configuration, annotations, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "agent_missing",
            Self::Scripted => "agent_scripted",
            Self::Headless => "agent_headless",
            Self::Impossible => "agent_impossible",
            Self::Uniform => "agent_uniform",
            Self::CrawlerClaimed => "crawler_claimed",
            Self::CrawlerVerified => "crawler_verified",
            Self::CrawlerUnverified => "crawler_unverified",
        }
    }

    /// The signal of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let names = Self::ALL.map(Self::name);
        let place = names.iter().position(|each| *each == name)?;
        Self::ALL.get(place).copied()
    }

    /// Its place in [`Self::ALL`].
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the discriminant of a u8 enum")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    fn bit(self) -> u8 {
        1_u8.wrapping_shl(u32::from(self.number()))
    }
}

/// What a request's User-Agent says: each signal holds, does not, or is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentFacts {
    known: u8,
    held: u8,
}

impl AgentFacts {
    /// Nobody has looked.
    pub const UNKNOWN: Self = Self { known: 0, held: 0 };

    /// What is known of a signal.
    #[must_use]
    pub fn get(self, signal: AgentSignal) -> Truth {
        if self.known & signal.bit() == 0 {
            Truth::Unknown
        } else if self.held & signal.bit() == 0 {
            Truth::False
        } else {
            Truth::True
        }
    }

    /// Records what is known of a signal.
    pub fn put(&mut self, signal: AgentSignal, truth: Truth) {
        self.known &= !signal.bit();
        self.held &= !signal.bit();
        if truth != Truth::Unknown {
            self.known |= signal.bit();
        }
        if truth == Truth::True {
            self.held |= signal.bit();
        }
    }

    /// The signals that hold.
    pub fn held(self) -> impl Iterator<Item = AgentSignal> {
        AgentSignal::ALL
            .into_iter()
            .filter(move |signal| self.get(*signal) == Truth::True)
    }

    /// With what `is_crawler` says of the address: a claim is verified or not as far as that is known.
    #[must_use]
    pub fn checked(mut self, is_crawler: Truth) -> Self {
        let claimed = self.get(AgentSignal::CrawlerClaimed);
        self.put(AgentSignal::CrawlerVerified, claimed.min(is_crawler));
        self.put(AgentSignal::CrawlerUnverified, claimed.min(!is_crawler));
        self
    }
}

impl From<AgentSignals> for AgentFacts {
    fn from(signals: AgentSignals) -> Self {
        let mut facts = Self::UNKNOWN;
        for (signal, holds) in [
            (AgentSignal::Missing, signals.missing),
            (AgentSignal::Scripted, signals.scripted),
            (AgentSignal::Headless, signals.headless),
            (AgentSignal::Impossible, signals.impossible),
            (AgentSignal::CrawlerClaimed, signals.claims_crawler),
        ] {
            facts.put(signal, holds.into());
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signals_survive_their_names_and_bits() {
        for (number, signal) in AgentSignal::ALL.into_iter().enumerate() {
            assert_eq!(AgentSignal::from_name(signal.name()), Some(signal));
            assert_eq!(usize::from(signal.number()), number);
            let mut facts = AgentFacts::UNKNOWN;
            facts.put(signal, Truth::True);
            assert_eq!(facts.held().collect::<Vec<_>>(), [signal]);
            facts.put(signal, Truth::Unknown);
            assert_eq!(facts, AgentFacts::UNKNOWN);
        }
        assert_eq!(AgentSignal::from_name("agent"), None);
    }

    #[test]
    fn what_is_read_says_nothing_of_subnets_and_addresses() {
        let facts = AgentFacts::from(AgentSignals {
            scripted: true,
            ..AgentSignals::default()
        });
        assert_eq!(facts.get(AgentSignal::Scripted), Truth::True);
        assert_eq!(facts.get(AgentSignal::Missing), Truth::False);
        for signal in [
            AgentSignal::Uniform,
            AgentSignal::CrawlerVerified,
            AgentSignal::CrawlerUnverified,
        ] {
            assert_eq!(facts.get(signal), Truth::Unknown);
        }
    }

    #[test]
    fn a_crawler_is_verified_or_not_only_as_far_as_anybody_knows() {
        use Truth::{False, True, Unknown};
        for (claims, is_crawler, verified, unverified) in [
            (true, True, True, False),
            (true, False, False, True),
            (true, Unknown, Unknown, Unknown),
            (false, True, False, False),
            (false, False, False, False),
            (false, Unknown, False, False),
        ] {
            let facts = AgentFacts::from(AgentSignals {
                claims_crawler: claims,
                ..AgentSignals::default()
            })
            .checked(is_crawler);
            let told = [AgentSignal::CrawlerVerified, AgentSignal::CrawlerUnverified]
                .map(|signal| facts.get(signal));
            assert_eq!(told, [verified, unverified], "{claims} {is_crawler:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_got_and_nothing_else_changes(puts in prop::collection::vec((0..8_usize, 0..3_u8), 0..20)) {
            let mut facts = AgentFacts::UNKNOWN;
            let mut expected = [Truth::Unknown; 8];
            for (signal, truth) in puts {
                let truth = [Truth::False, Truth::Unknown, Truth::True][usize::from(truth)];
                facts.put(AgentSignal::ALL[signal], truth);
                expected[signal] = truth;
            }
            prop_assert_eq!(AgentSignal::ALL.map(|signal| facts.get(signal)), expected);
        }
    }
}
