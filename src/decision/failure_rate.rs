//! The share of logins that fail.

/// The share of logins that fail, in whole percent from 0 to 100, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailureRate(u8);

impl FailureRate {
    /// Of so many failures and successes; `None` when there are fewer of both than `min_samples`, or none.
    #[must_use]
    pub fn of(failures: u32, successes: u32, min_samples: u32) -> Option<Self> {
        let failures = u64::from(failures);
        let samples = failures.saturating_add(successes.into());
        if samples < min_samples.into() {
            return None;
        }
        let percent = failures.saturating_mul(100).checked_div(samples)?;
        u8::try_from(percent).ok().map(Self)
    }

    /// The percentage.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_takes_enough_samples() {
        let rate =
            |failures, successes| FailureRate::of(failures, successes, 50).map(FailureRate::get);
        assert_eq!(rate(49, 0), None);
        assert_eq!(rate(50, 0), Some(100));
        assert_eq!(rate(0, 50), Some(0));
        assert_eq!(rate(30, 20), Some(60));
        assert_eq!(rate(599, 401), Some(59), "rounded down");
        assert_eq!(FailureRate::of(0, 0, 0), None);
    }

    proptest! {
        /// With at most a tenth of the least number of samples from each network and account.
        #[test]
        fn a_tenth_of_the_samples_moves_a_rate_by_ten_points_at_most(
            min_samples in 10..100_000_u32, failures in 0..0x00ff_ffff_u32, successes in 0..0x00ff_ffff_u32,
        ) {
            let share = min_samples / 10;
            let before = FailureRate::of(failures, successes, min_samples);
            for (more, fewer) in [(share, 0), (0, share)] {
                let after = FailureRate::of(failures + more, successes + fewer, min_samples);
                if let (Some(before), Some(after)) = (before, after) {
                    prop_assert!(before.get().abs_diff(after.get()) <= 10);
                }
            }
            prop_assert!(before.is_none_or(|rate| rate.get() <= 100));
        }
    }
}
