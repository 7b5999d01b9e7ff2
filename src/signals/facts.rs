//! What is known of all facts of one kind, each of them yes, no or unknown, in two sets of bits.

use std::marker::PhantomData;

/// Something with a place among all of its kind, at most 16.
pub trait Numbered: Copy + 'static {
    /// All of them, in order.
    const ALL: &'static [Self];

    /// The place.
    fn number(self) -> u8;
}

/// What is known of each fact of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<F> {
    known: u16,
    held: u16,
    of: PhantomData<F>,
}

impl<F> Default for Facts<F> {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl<F> Facts<F> {
    /// Nobody has looked.
    pub const UNKNOWN: Self = Self {
        known: 0,
        held: 0,
        of: PhantomData,
    };

    /// Whether nothing at all is known.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.known == 0
    }

    /// The two sets of bits (known, held), as stored values keep them.
    #[must_use]
    pub const fn to_bits(self) -> (u16, u16) {
        (self.known, self.held)
    }

    /// Fills what is unknown here from `other`.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            known: self.known | other.known,
            held: self.held | (other.held & !self.known),
            of: PhantomData,
        }
    }
}

impl<F: Numbered> Facts<F> {
    /// What is known of a fact; `None` is unknown.
    #[must_use]
    pub fn get(self, fact: F) -> Option<bool> {
        let bit = bit(fact);
        (self.known & bit != 0).then_some(self.held & bit != 0)
    }

    /// Records what is known of a fact.
    pub fn put(&mut self, fact: F, value: Option<bool>) {
        let bit = bit(fact);
        self.known &= !bit;
        self.held &= !bit;
        if let Some(holds) = value {
            self.known |= bit;
            self.held |= if holds { bit } else { 0 };
        }
    }

    /// The facts that are known to hold, in order.
    pub fn held(self) -> impl Iterator<Item = F> {
        let all = F::ALL.iter().copied();
        all.filter(move |fact| self.held & bit(*fact) != 0)
    }

    /// The inverse of [`Self::to_bits`]; bits that no fact has are dropped.
    #[must_use]
    pub fn from_bits(known: u16, held: u16) -> Self {
        let all = F::ALL.iter().fold(0, |all, fact| all | bit(*fact));
        Self {
            known: known & all,
            held: held & known & all,
            of: PhantomData,
        }
    }
}

fn bit(fact: impl Numbered) -> u16 {
    1_u16.wrapping_shl(u32::from(fact.number()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{AgentFacts, AgentSignal, Flag, Flags, Truth};
    use super::*;

    fn facts_survive_their_bits<F: Numbered + PartialEq + std::fmt::Debug>() {
        assert!(F::ALL.len() <= 16);
        for fact in F::ALL {
            let mut facts = Facts::<F>::UNKNOWN;
            facts.put(*fact, Some(true));
            let (known, held) = facts.to_bits();
            assert_eq!(known.trailing_zeros(), u32::from(fact.number()));
            assert_eq!(Facts::<F>::from_bits(known, held).held().count(), 1);
            assert_eq!(facts.held().collect::<Vec<_>>(), [*fact]);
            facts.put(*fact, None);
            assert!(facts.is_unknown());
        }
        let all = Facts::<F>::from_bits(u16::MAX, u16::MAX);
        assert_eq!(all.held().count(), F::ALL.len());
        assert_eq!(Facts::<F>::from_bits(0, u16::MAX).held().count(), 0);
    }

    #[test]
    fn facts_of_every_kind_survive_their_bits() {
        facts_survive_their_bits::<Flag>();
        facts_survive_their_bits::<AgentSignal>();
    }

    #[test]
    fn unknown_is_neither_yes_nor_no() {
        let mut flags = Flags::default();
        assert!(flags.is_unknown());
        assert_eq!(flags.get(Flag::Tor), None);
        flags.put(Flag::Tor, Some(false));
        assert_eq!(flags.get(Flag::Tor), Some(false));
        assert_eq!(flags.get(Flag::Vpn), None);
        flags.put(Flag::Tor, None);
        assert!(flags.is_unknown());
    }

    #[test]
    fn stored_flags_stand_where_they_always_have() {
        let places = Flag::ALL.map(|flag| (flag.name(), flag.number()));
        let expected = [
            ("vpn", 0),
            ("proxy", 1),
            ("tor", 2),
            ("relay", 3),
            ("residential_proxy", 4),
            ("hosting", 5),
            ("mobile", 6),
            ("abuse", 7),
            ("crawler", 8),
        ];
        assert_eq!(places[..expected.len()], expected);
    }

    #[test]
    fn merging_prefers_what_is_known_first() {
        let mut first = Flags::default();
        first.put(Flag::Vpn, Some(false));
        let mut second = Flags::default();
        second.put(Flag::Vpn, Some(true));
        second.put(Flag::Tor, Some(true));
        let merged = first.or(second);
        assert_eq!(merged.get(Flag::Vpn), Some(false));
        assert_eq!(merged.get(Flag::Tor), Some(true));
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
            let mut facts = AgentFacts::UNKNOWN;
            facts.put(AgentSignal::CrawlerClaimed, Some(claims));
            let facts = facts.checked(is_crawler);
            let told = [AgentSignal::CrawlerVerified, AgentSignal::CrawlerUnverified]
                .map(|signal| Truth::from(facts.get(signal)));
            assert_eq!(told, [verified, unverified], "{claims} {is_crawler:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_got_and_nothing_else_changes(
            puts in prop::collection::vec((0..AgentSignal::ALL.len(), prop::option::of(any::<bool>())), 0..20),
        ) {
            let mut facts = AgentFacts::UNKNOWN;
            let mut expected = AgentSignal::ALL.map(|_| None);
            for (signal, value) in puts {
                facts.put(AgentSignal::ALL[signal], value);
                expected[signal] = value;
            }
            prop_assert_eq!(AgentSignal::ALL.map(|signal| facts.get(signal)), expected);
        }
    }
}
