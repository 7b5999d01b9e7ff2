//! Two-factor codes: how likely guessing one is under a limit.
//!
//! Whoever guesses against a code that is drawn evenly from `s` hits it with `d / s` after `d` different guesses. Each
//! guess is made against as many codes as are accepted at that moment, `v`; so over a day of `g` guesses the `d` of all
//! codes add up to `v * g`. No code sees more than the `m` guesses that the limit lets through while it is accepted.
//! Since `ln(1 - x)` is concave, the guesser does best by spending them in bursts, `m` on one code, and then hits with
//!
//! ```text
//! 1 - (1 - m/s)^(v*g/m)
//! ```
//!
//! which no other way of spending `g` guesses exceeds. The plain sum `v*g/s` is a little above it.

use std::fmt;
use std::num::{NonZeroU8, NonZeroU32};
use std::time::Duration;

use super::{Threshold, Wait, Window};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a code is good: 30 s (one step of RFC 6238) to 10 min (NIST SP 800-63B, 3.1.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(Duration);

impl Lifetime {
    /// The shortest lifetime there is.
    pub const SHORTEST: Duration = Duration::from_secs(30);
    /// The longest.
    pub const LONGEST: Duration = Duration::from_secs(10 * 60);

    /// A lifetime; `None` when it is shorter than [`Self::SHORTEST`] or longer than [`Self::LONGEST`].
    #[must_use]
    pub fn new(length: Duration) -> Option<Self> {
        (Self::SHORTEST..=Self::LONGEST)
            .contains(&length)
            .then_some(Self(length))
    }

    /// Its length.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

/// What the codes are like that people enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// How many characters a code has.
    pub length: NonZeroU8,
    /// How many characters there are to choose from: 10 digits, 36 digits and letters.
    pub alphabet: NonZeroU32,
    /// How long until the next code; a code that is sent, until it ends.
    pub lifetime: Lifetime,
    /// How many codes are accepted at one moment: 3 for TOTP with one step before and one after.
    pub valid_at_once: NonZeroU32,
}

impl Codes {
    /// How many codes there are, or fewer where they do not fit.
    fn space(self) -> u128 {
        u128::from(self.alphabet.get()).saturating_pow(self.length.get().into())
    }

    /// How long one code is accepted at most.
    fn accepted(self) -> Duration {
        self.lifetime.0.saturating_mul(self.valid_at_once.get())
    }

    /// How likely it is that somebody who makes the most guesses that `pace` allows hits a code within a day.
    ///
    /// It holds for one counter. Who may choose the key (a new session for every guess) has as many counters as he
    /// likes; so at least one limit must count by the account alone.
    #[must_use]
    pub fn guessing(self, pace: Pace) -> Guessing {
        let guesses = pace.guesses_per_day();
        let on_one_code = pace.most_within(self.accepted()).min(guesses);
        let space = self.space();
        let valid = self.valid_at_once.get();
        let probability = if u128::from(on_one_code) >= space || u128::from(valid) >= space {
            1.0
        } else {
            let on_one_code = number(on_one_code.into());
            let missed_one = (-on_one_code / number(space)).ln_1p();
            let codes = f64::from(valid) * number(guesses.into()) / on_one_code;
            -(codes * missed_one).exp_m1()
        };
        Guessing {
            guesses,
            space: u64::try_from(space).unwrap_or(u64::MAX),
            valid_at_once: self.valid_at_once,
            probability,
        }
    }
}

/// How fast one counter lets somebody guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many guesses.
    pub limit: Threshold,
    /// In any time of this length.
    pub window: Window,
    /// The first block, where one begins with the guess that *reaches* the limit, as with a limit on failures. A block
    /// that only begins with a guess beyond the limit does not slow down whoever never makes that guess: then `None`.
    pub block: Option<Wait>,
}

impl Pace {
    /// The most guesses within any 24 hours, whatever their times.
    ///
    /// No window has more than the limit, so a day has no more than as many windows as cover it. With a block the
    /// guesser has the choice between stopping one short of the limit in each window, and the whole limit and then the
    /// block; of all mixtures the one is taken that gives him most.
    #[must_use]
    pub fn guesses_per_day(self) -> u64 {
        let Some(block) = self.block else {
            return self.most_within(DAY);
        };
        let limit = u64::from(self.limit.get());
        let short = limit.saturating_sub(1);
        let window = self.window.get();
        let blocked = block.get().max(window);
        let without_block = short.saturating_mul(covering(DAY, window));
        let mixed = (0..covering(DAY, blocked))
            // So many blocks, then windows one short while the day lasts, and the whole limit at its very end.
            .map(|blocks| {
                let ended =
                    u32::try_from(blocks).map_or(DAY, |blocks| blocked.saturating_mul(blocks));
                let windows = covering(DAY.saturating_sub(ended), window).saturating_sub(1);
                limit
                    .saturating_mul(blocks.saturating_add(1))
                    .saturating_add(short.saturating_mul(windows))
            })
            .max();
        without_block.max(mixed.unwrap_or_default())
    }

    /// The most guesses within any `span`, blocks left aside.
    fn most_within(self, span: Duration) -> u64 {
        u64::from(self.limit.get()).saturating_mul(covering(span, self.window.get()))
    }
}

/// How many times `part` covers `whole`: at least once.
fn covering(whole: Duration, part: Duration) -> u64 {
    let times = whole.as_nanos().div_ceil(part.as_nanos().max(1));
    u64::try_from(times).unwrap_or(u64::MAX).max(1)
}

/// How likely guessing is: "1 in 4,630 a day (72 guesses at 1,000,000 codes, 3 valid at once)".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guessing {
    /// The most guesses within a day.
    pub guesses: u64,
    /// How many codes there are; `u64::MAX` also stands for more.
    pub space: u64,
    /// How many of them are accepted at one moment.
    pub valid_at_once: NonZeroU32,
    /// How likely a hit within a day is, 0 to 1.
    pub probability: f64,
}

impl Guessing {
    /// What is accepted unless the operator says otherwise: 1 in 10,000 a day.
    pub const ACCEPTABLE: f64 = 1.0 / 10_000.0;
}

impl fmt::Display for Guessing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::as_conversions,
            reason = "rounded down, so that it never looks better than it is; what is too large stays the largest"
        )]
        let one_in = (1.0 / self.probability) as u64;
        write!(
            f,
            "1 in {} a day ({} {} at {} codes, {} valid at once)",
            grouped(one_in),
            grouped(self.guesses),
            if self.guesses == 1 {
                "guess"
            } else {
                "guesses"
            },
            grouped(self.space),
            self.valid_at_once
        )
    }
}

/// A whole number with commas. The formatting of numbers with a point would be 30 KiB of the filter.
fn grouped(number: u64) -> String {
    const READABLE: u64 = 1_000_000_000_000_000;
    if number > READABLE {
        return format!("more than {}", grouped(READABLE));
    }
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a figure of 53 bits is exact enough for odds"
)]
const fn number(number: u128) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
