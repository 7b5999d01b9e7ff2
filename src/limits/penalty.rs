//! What follows when a limit is broken: blocks that outlast the window, and waits that grow.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Threshold;
use super::slot::PenaltyState;
use super::window::Window;
use crate::time::Time;

/// What others say again so many seconds after it was over was true all the time.
pub(super) const LATELY: u32 = 60;

/// A block's length: 1 s to 30 days, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait(NonZeroU32);

impl Wait {
    const LONGEST: u32 = 30 * 24 * 60 * 60;

    /// A wait, rounded up to whole seconds; `None` when it is zero or longer than 30 days.
    #[must_use]
    pub fn new(length: Duration) -> Option<Self> {
        let part = u64::from(length.subsec_nanos() > 0);
        u32::try_from(length.as_secs().saturating_add(part))
            .ok()
            .and_then(NonZeroU32::new)
            .filter(|seconds| seconds.get() <= Self::LONGEST)
            .map(Self)
    }

    /// Its length.
    #[must_use]
    pub fn get(self) -> Duration {
        Duration::from_secs(self.0.get().into())
    }
}

/// What follows when a limit is broken, beside the refusal itself. It only ever adds to the window's refusal, never
/// ends it early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Penalty {
    /// Nothing: requests are let through again as soon as the window has room.
    #[default]
    None,
    /// Everything is refused for so long.
    For(Wait),
    /// Everything is refused for `first`, after the next breach for twice as long, and so on up to `longest`. Breaches
    /// are forgotten when a time of `longest` has passed after the last block.
    Growing {
        /// After the first breach.
        first: Wait,
        /// Never longer than this.
        longest: Wait,
    },
}

impl Penalty {
    /// Thirty seconds, doubling up to an hour.
    pub const GROWING: Self = Self::Growing {
        first: Wait(NonZeroU32::MIN.saturating_add(29)),
        longest: Wait(NonZeroU32::MIN.saturating_add(3_599)),
    };

    /// The seconds that follow a breach when `before` went before it; 0 is no block.
    fn wait(self, before: u8) -> u32 {
        match self {
            Self::None => 0,
            Self::For(wait) => wait.0.get(),
            Self::Growing { first, longest } => {
                let factor = 1_u32.checked_shl(before.into()).unwrap_or(u32::MAX);
                first.0.get().saturating_mul(factor).min(longest.0.get())
            }
        }
    }

    /// No block of a limit with this window is longer.
    pub(super) fn longest(self, window: Window) -> u32 {
        match self {
            Self::None => 0,
            Self::For(longest) | Self::Growing { longest, .. } => {
                let until_room = window.get().as_secs().saturating_mul(2);
                let until_room = u32::try_from(until_room).unwrap_or(u32::MAX);
                longest.0.get().max(until_room)
            }
        }
    }

    /// How long breaches are remembered after a block.
    pub(super) fn memory(self) -> u32 {
        match self {
            Self::None | Self::For(_) => 0,
            Self::Growing { longest, .. } => longest.0.get(),
        }
    }
}

impl PenaltyState {
    /// As it stands now, where no block is longer than `longest`, and it is remembered for `memory` seconds behind
    /// its end. A block that ends later than any could was begun before the clock was set back: it is cut.
    pub(super) fn at(self, (longest, memory): (u32, u32), now: Time) -> Self {
        let blocked_until = self
            .blocked_until
            .min(round_up(now).saturating_add(longest));
        let forgotten = now.seconds() >= blocked_until.saturating_add(memory);
        if forgotten {
            Self::default()
        } else {
            Self {
                blocked_until,
                ..self
            }
        }
    }

    /// How much longer requests with this threshold are blocked. What a strict threshold has blocked, requests with a
    /// more generous one are not: the clean ones of a network do not suffer for the risky ones.
    pub(super) fn blocks(self, threshold: Threshold, now: Time) -> Option<Duration> {
        // Hardly any counter has ever been blocked.
        if self.blocked_until == 0 {
            return None;
        }
        let left = Time::from_secs(self.blocked_until.into()).since(now);
        (!left.is_zero() && stored(threshold) <= self.threshold).then_some(left)
    }

    /// Begins what follows a breach: a block that ends no earlier than the window has room again, so that a request
    /// that the block's end lets through is never a breach by itself.
    pub(super) fn break_limit(
        &mut self,
        penalty: Penalty,
        threshold: Threshold,
        until_room: Duration,
        now: Time,
    ) {
        let wait = penalty.wait(self.breaches);
        if wait > 0 {
            self.breaches = self.breaches.saturating_add(1);
            self.block(wait, threshold, now);
            self.blocked_until = self.blocked_until.max(round_up(now.plus(until_room)));
        }
    }

    /// Begins the present block again.
    pub(super) fn extend(&mut self, penalty: Penalty, threshold: Threshold, now: Time) {
        let wait = penalty.wait(self.breaches.saturating_sub(1));
        self.block(wait, threshold, now);
    }

    /// Others have counted too many: refuses what this threshold refuses until then.
    pub(super) fn hold(&mut self, threshold: Threshold, until: Time, now: Time) {
        let wait = round_up(until).saturating_sub(round_up(now));
        self.block(wait, threshold, now);
    }

    fn block(&mut self, wait: u32, threshold: Threshold, now: Time) {
        let is_over = Time::from_secs(self.blocked_until.into()) <= now;
        let others = if is_over { 0 } else { self.threshold };
        self.threshold = stored(threshold).max(others);
        let until = round_up(now).saturating_add(wait);
        self.blocked_until = self.blocked_until.max(until);
    }

    /// Until when it must be kept, in seconds since the epoch.
    pub(super) fn of_use_until(self, penalty: Penalty) -> u32 {
        match self.blocked_until {
            0 => 0,
            until => until.saturating_add(penalty.memory()),
        }
    }
}

/// In whole seconds since the epoch, not before `time`.
pub(super) fn round_up(time: Time) -> u32 {
    u32::try_from(time.nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

fn stored(threshold: Threshold) -> u16 {
    u16::try_from(threshold.get()).unwrap_or(u16::MAX)
}
