//! Sliding windows on a service whose own windows are fixed.
//!
//! A window is one step of its own length, and the one before counts whole: in no window of the limit's length are more
//! than the limit let through, and what was counted is forgotten when it is between one and two windows old. Two
//! counters are read for that, each named by the number of its step.
//!
//! The service counts in windows that begin at multiples of their length since the Unix epoch, and forgets what is in
//! one when it ends. A step's counter is read until the next step is over, so it stands in the smallest of these
//! windows in which both lie. Every proxy finds the same one by the number of the step.

use std::time::Duration;

use crate::limits::Window;
use crate::time::Time;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400;
/// How far the clocks of the service and of other proxies may be from ours, in seconds. So much before a step is over,
/// what is counted in the next one is asked as well: else who meets two clocks at a border had the limit twice.
const SKEW: u64 = 5;

/// In which windows the service counts: what its configuration calls a unit, and we the key of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days, from a Thursday on.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
}

impl Unit {
    /// All of them, the shortest first.
    pub const ALL: [Self; 6] = [
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
    ];

    /// The name: the service's `unit`, and the key of our descriptor.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Its length, in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Year => 365 * DAY,
        }
    }

    /// The smallest one of which one window holds all seconds from `start` to before `end`; `None` where none does.
    fn holding(start: u64, end: u64) -> Option<Self> {
        let last = end.saturating_sub(1);
        let number = |unit: &Self, second: u64| second.checked_div(unit.seconds());
        let holds = |unit: &Self| number(unit, start) == number(unit, last);
        Self::ALL.into_iter().find(holds)
    }
}

/// One step of a window, by its number since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) number: u64,
    length: u64,
}

impl Step {
    /// The step of `window` in which `time` lies.
    pub(super) fn at(window: Window, time: Time) -> Self {
        let length = u64::try_from(window.get().as_nanos()).unwrap_or(u64::MAX);
        let number = time.nanos().checked_div(length).unwrap_or_default();
        Self { number, length }
    }

    /// The one before.
    pub(super) const fn before(self) -> Self {
        Self {
            number: self.number.saturating_sub(1),
            ..self
        }
    }

    /// The one after.
    pub(super) const fn next(self) -> Self {
        Self {
            number: self.number.saturating_add(1),
            ..self
        }
    }

    /// The one after, if at that time a proxy whose clock is ahead of ours may count in it already.
    pub(super) fn ahead(self, at: Time) -> Option<Self> {
        let left = self.end().since(at);
        (left <= Duration::from_secs(SKEW)).then_some(self.next())
    }

    /// When it is over.
    pub(super) const fn end(self) -> Time {
        Time::from_nanos(self.next().start())
    }

    /// In which window of the service its counter stands: where clocks that differ cannot all find it, because borders
    /// of several units meet, one in which it holds for those that do not; else the largest.
    pub(super) fn unit(self) -> Unit {
        let (start, end) = (
            self.start() / SECOND,
            self.next().next().start().div_ceil(SECOND),
        );
        Unit::holding(start.saturating_sub(SKEW), end.saturating_add(SKEW))
            .or_else(|| Unit::holding(start, end))
            .unwrap_or(Unit::Year)
    }

    const fn start(self) -> u64 {
        self.number.saturating_mul(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn window(seconds: u64) -> Window {
        Window::new(Duration::from_secs(seconds)).expect("a window")
    }

    /// In which of the service's windows a step's counter is found at that moment.
    fn place(step: Step, second: u64) -> u64 {
        second / step.unit().seconds()
    }

    /// From 2026 to 2053.
    fn seconds() -> std::ops::Range<u64> {
        1_767_225_600..2_619_000_000
    }

    proptest! {
        #[test]
        fn no_border_of_the_service_forgets_a_step_while_it_counts(
            length in 1..=DAY, now in seconds(), skew in 0..=2 * SKEW, part in 0.0..1.0_f64,
        ) {
            let step = Step::at(window(length), Time::from_secs(now));
            let (start, end) = (step.start() / SECOND, step.next().end().nanos() / SECOND);
            let moment = start + ((end - start) as f64 * part) as u64;
            let moment = (moment + skew).saturating_sub(SKEW);
            prop_assert_eq!(place(step, start), place(step, moment), "{:?}", step.unit());
        }

        #[test]
        fn a_longer_window_is_cut_once_a_year_at_most(length in DAY..=30 * DAY, now in seconds()) {
            let step = Step::at(window(length), Time::from_secs(now));
            let (start, end) = (step.start() / SECOND, step.next().end().nanos() / SECOND);
            let border = (end - 1) / Unit::Year.seconds() * Unit::Year.seconds();
            prop_assert!(place(step, start) == place(step, end - 1) || (start..end).contains(&border));
        }

        #[test]
        fn two_steps_cover_every_window_that_ends_in_the_second(
            length in 1..=30 * DAY, now in seconds(), back in 0.0..1.0_f64,
        ) {
            let ago = (length as f64 * back) as u64;
            let (now, then) = (Time::from_secs(now), Time::from_secs(now - ago));
            let (step, earlier) = (Step::at(window(length), now), Step::at(window(length), then));
            prop_assert!(earlier == step || earlier == step.before());
        }
    }

    #[test]
    fn the_unit_is_the_smallest_that_holds_this_step_and_the_next() {
        let day = 20_804 * DAY;
        for (length, at, unit) in [
            (10, day + 70, Unit::Minute),
            (10, day + 115, Unit::Hour),
            (60, day + 600, Unit::Hour),
            (60, day + DAY + 3_600, Unit::Day),
            (60, day, Unit::Month),
            (3_600, day + 7_200, Unit::Day),
            (3_600, day + DAY - 3_600, Unit::Week),
            (3_600, day + 7 * DAY - 3_600, Unit::Month),
            (7 * DAY, day, Unit::Month),
            (30 * DAY, 20_850 * DAY, Unit::Year),
        ] {
            let step = Step::at(window(length), Time::from_secs(at));
            assert_eq!(step.unit(), unit, "{length} s at {}", at - day);
        }
    }
}
