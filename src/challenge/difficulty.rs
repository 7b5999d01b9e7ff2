use crate::intelligence::Score;

/// How much work a proof is: the numbers that are tried until one fits, half of them on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difficulty(u32);

impl Difficulty {
    /// The least: a few milliseconds.
    pub const MIN: Self = Self(1_000);
    /// The most: some seconds on a slow phone, half a minute at worst.
    pub const MAX: Self = Self(5_000_000);

    /// A difficulty from [`Self::MIN`] to [`Self::MAX`].
    #[must_use]
    pub const fn new(numbers: u32) -> Option<Self> {
        if numbers < Self::MIN.0 || numbers > Self::MAX.0 {
            None
        } else {
            Some(Self(numbers))
        }
    }

    /// The highest number that is tried, from 1,000 to 5,000,000.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// This difficulty for a client with this risk score whose network was challenged so many times lately.
    ///
    /// The score makes it up to eleven times as hard, the more so the higher it is (3.5 times at 50, 7.4 at 80). Every
    /// eight challenges add it once more: a carrier's gateway with a few dozen people behind it stays bearable, a
    /// machine that asks for thousands arrives at [`Self::MAX`]. Never easier for a higher score or more repetition.
    #[must_use]
    pub fn scaled(self, score: Score, repetition: u32) -> Self {
        let score = u64::from(score.get());
        let by_score = u64::from(self.0).saturating_mul(score.saturating_mul(score)) / 1_000;
        let risky = u64::from(self.0).saturating_add(by_score);
        let repeated = risky.saturating_mul(u64::from(repetition)) / 8;
        let numbers = u32::try_from(risky.saturating_add(repeated)).unwrap_or(u32::MAX);
        Self(numbers.clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl Default for Difficulty {
    /// 50,000 numbers: a tenth of a second on a phone.
    fn default() -> Self {
        Self(50_000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_difficulties_within_the_bounds_exist() {
        for numbers in [0, 999, 5_000_001, u32::MAX] {
            assert_eq!(Difficulty::new(numbers), None, "{numbers}");
        }
        for numbers in [1_000, 50_000, 5_000_000] {
            assert_eq!(Difficulty::new(numbers).map(Difficulty::get), Some(numbers));
        }
        assert_eq!(Difficulty::default().get(), 50_000);
    }

    #[test]
    fn risk_and_repetition_make_it_harder_as_documented() {
        let scaled = |score, repetition| {
            Difficulty::default()
                .scaled(Score::clamped(score), repetition)
                .get()
        };
        assert_eq!(scaled(0, 0), 50_000);
        assert_eq!(scaled(50, 0), 175_000);
        assert_eq!(scaled(80, 0), 370_000);
        assert_eq!(scaled(100, 0), 550_000);
        assert_eq!(scaled(0, 8), 100_000);
        assert_eq!(scaled(0, 40), 300_000);
        assert_eq!(scaled(0, u32::MAX), 5_000_000);
    }

    proptest! {
        #[test]
        fn it_never_gets_easier_and_stays_within_the_bounds(
            base in 1_000_u32..=5_000_000,
            (low, high) in (0_i64..=100, 0_i64..=100),
            (few, many) in any::<(u32, u32)>(),
        ) {
            let base = Difficulty::new(base).expect("within the bounds");
            let scaled = |score: i64, repetition| base.scaled(Score::clamped(score), repetition);
            let easier = scaled(low.min(high), few.min(many));
            let harder = scaled(low.max(high), few.max(many));
            prop_assert!(base <= easier && easier <= harder && harder <= Difficulty::MAX);
        }
    }
}
