//! Spans that counters look back over, cut into steps.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::time::Time;

/// How far a limit looks back: 1 s to 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window(NonZeroU64);

impl Window {
    /// The shortest window there is.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// The longest.
    pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// A window of this length; `None` when it is shorter than [`Self::SHORTEST`] or longer than [`Self::LONGEST`].
    #[must_use]
    pub fn new(length: Duration) -> Option<Self> {
        if !(Self::SHORTEST..=Self::LONGEST).contains(&length) {
            return None;
        }
        NonZeroU64::new(nanos(length)).map(Self)
    }

    /// Its length.
    #[must_use]
    pub const fn get(self) -> Duration {
        Duration::from_nanos(self.0.get())
    }

    /// The window cut into `whole` steps.
    pub(super) fn steps(self, whole: NonZeroU64) -> Steps {
        let length = self.0.get().div_ceil(whole.get());
        Steps {
            nanos: NonZeroU64::new(length).unwrap_or(NonZeroU64::MIN),
            whole: whole.get(),
        }
    }
}

/// Time in steps of equal length, numbered from the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    nanos: NonZeroU64,
    /// So many steps are one window.
    whole: u64,
}

/// Where a ring of steps stands after time went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The number of its newest step.
    pub(super) newest: u64,
    /// How many steps newer that is than what was stored.
    pub(super) passed: u32,
    /// Whether the clock was set back, so that what is stored must be written anew to age at all.
    pub(super) set_back: bool,
}

impl Steps {
    /// Where a ring stands now, of whose newest step the low 32 bits were stored (enough for nine years of the shortest
    /// steps).
    ///
    /// A clock that is behind what was stored by no more than a window (workers read it in another order than they
    /// write; small corrections) is taken to be there already, so that nothing counted is forgotten early.
    /// One that is behind by more was set: what is counted keeps its age and ends at most one window from now.
    pub(super) fn position(self, stored: u32, now: Time) -> Position {
        let current = self.number(now);
        let ahead = low_bits(current).wrapping_sub(stored).cast_signed();
        match u32::try_from(ahead) {
            Ok(passed) => Position {
                newest: current,
                passed,
                set_back: false,
            },
            Err(_) => {
                let behind = u64::from(ahead.unsigned_abs());
                let set_back = behind > self.whole;
                Position {
                    newest: current.saturating_add(if set_back { 0 } else { behind }),
                    passed: 0,
                    set_back,
                }
            }
        }
    }

    /// The step that `time` falls into.
    pub(super) fn number(self, time: Time) -> u64 {
        time.nanos() / self.nanos
    }

    /// When what was counted `age` steps before `newest` is a whole window old, whenever in its step it was counted.
    pub(super) fn end(self, newest: u64, age: u64) -> Time {
        let number = newest
            .saturating_sub(age)
            .saturating_add(self.whole)
            .saturating_add(1);
        Time::from_nanos(number.saturating_mul(self.nanos.get()))
    }
}

/// The part of a step's number that is stored.
pub(super) fn low_bits(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Steps {
        let window = Window::new(Duration::from_secs(70)).expect("a window");
        window.steps(NonZeroU64::new(7).expect("7"))
    }

    fn at(seconds: u64) -> Time {
        Time::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn windows_are_between_a_second_and_thirty_days() {
        let window = |millis| Window::new(Duration::from_millis(millis)).is_some();
        let month = 30 * 24 * 60 * 60 * 1_000;
        for (millis, fits) in [
            (999, false),
            (1_000, true),
            (month, true),
            (month + 1, false),
        ] {
            assert_eq!(window(millis), fits, "{millis} ms");
        }
    }

    #[test]
    fn a_step_ends_when_its_last_moment_is_a_window_old() {
        let (steps, first) = (steps(), at(0));
        let newest = steps.number(first);
        assert_eq!(
            steps.end(newest, 0),
            at(80),
            "10 s of step and 70 s of window"
        );
        assert_eq!(steps.end(newest, 7), at(10));
    }

    #[test]
    fn a_clock_a_little_behind_is_held_and_one_far_behind_starts_from_there() {
        let steps = steps();
        let stored = steps.number(at(0));
        for (seconds, newest, passed) in [(0, 0, 0), (25, 2, 2), (100_000, 10_000, 10_000)] {
            let expected = Position {
                newest: stored + newest,
                passed,
                set_back: false,
            };
            assert_eq!(
                steps.position(low_bits(stored), at(seconds)),
                expected,
                "{seconds} s later"
            );
        }
        let before = |seconds: u64| Time::from_secs(1_000_000 - seconds);
        for (seconds, newest) in [
            (1, stored),
            (70, stored),
            (71, stored - 8),
            (5_000, stored - 500),
        ] {
            let expected = Position {
                newest,
                passed: 0,
                set_back: newest != stored,
            };
            assert_eq!(
                steps.position(low_bits(stored), before(seconds)),
                expected,
                "{seconds} s earlier"
            );
        }
    }
}
