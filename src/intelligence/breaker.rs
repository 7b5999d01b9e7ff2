use std::num::NonZeroU32;
use std::time::Duration;

use crate::time::Time;

/// When to stop asking an API that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open the breaker.
    pub failures: NonZeroU32,
    /// How long it first stays open.
    pub open_for: Duration,
    /// The longest it stays open; it doubles up to here while the API keeps failing.
    pub longest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: NonZeroU32::MIN.saturating_add(4),
            open_for: Duration::from_secs(5),
            longest: Duration::from_secs(300),
        }
    }
}

/// A circuit breaker: closed, it lets every call through; open, none; and after a while one, to try.
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    failures: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    /// No call for this long since then; `span` is what doubles.
    Open {
        since: Time,
        wait: Duration,
        span: Duration,
    },
    /// One call is under way since then.
    Trying {
        since: Time,
        span: Duration,
    },
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            failures: 0,
            state: State::Closed,
        }
    }

    /// Whether a call may be made now. One that is let through while the API is being tried must be answered
    /// with [`Breaker::succeeded`] or [`Breaker::failed`], or counts as lost after the span of the former wait.
    pub fn permits(&mut self, now: Time) -> bool {
        let (is_over, span) = match &mut self.state {
            State::Closed => return true,
            State::Open { since, wait, span } => (now.waited(since) >= *wait, *span),
            State::Trying { since, span } => (now.waited(since) >= *span, *span),
        };
        if is_over {
            self.state = State::Trying { since: now, span };
        }
        is_over
    }

    /// Whether the breaker is not closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// The API answered. A call that was sent before the breaker opened does not close it: what a quota or a
    /// `Retry-After` said holds.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
        if !matches!(self.state, State::Open { .. }) {
            self.state = State::Closed;
        }
    }

    /// The API failed.
    pub fn failed(&mut self, now: Time) {
        self.failures = self.failures.saturating_add(1);
        match self.state {
            State::Closed if self.failures >= self.settings.failures.get() => {
                self.open(now, self.settings.open_for);
            }
            State::Trying { span, .. } => {
                let doubled = span.saturating_mul(2).max(self.settings.open_for);
                self.open(now, doubled.min(self.settings.longest));
            }
            State::Closed | State::Open { .. } => {}
        }
    }

    /// The quota is gone: no call for so long, or until the usual span is over when the API does not say.
    pub fn exhausted(&mut self, now: Time, retry_after: Option<Duration>) {
        let span = retry_after.unwrap_or(self.settings.longest);
        self.open(now, span.max(self.settings.open_for));
    }

    fn open(&mut self, now: Time, span: Duration) {
        self.state = State::Open {
            since: now,
            wait: span,
            span: span.min(self.settings.longest),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..5 {
            assert!(breaker.permits(at(0)));
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_starts_again() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        assert!(breaker.permits(at(0)));
        breaker.failed(at(0));
        assert!(!breaker.permits(at(0)));
        assert!(breaker.is_open());
    }

    #[test]
    fn after_the_wait_one_call_tries_and_a_success_closes_it() {
        let mut breaker = opened();
        assert!(!breaker.permits(at(4)));
        assert!(breaker.permits(at(5)));
        assert!(!breaker.permits(at(5)), "only one tries");
        breaker.succeeded();
        assert!(breaker.permits(at(5)));
        assert!(!breaker.is_open());
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let mut breaker = opened();
        let mut now = 5;
        for wait in [10, 20, 40, 80, 160, 300, 300] {
            assert!(breaker.permits(at(now)));
            breaker.failed(at(now));
            assert!(!breaker.permits(at(now + wait - 1)), "open for {wait} s");
            now += wait;
        }
    }

    #[test]
    fn a_quota_that_is_gone_opens_it_at_once_for_as_long_as_the_api_says() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        breaker.exhausted(at(0), Some(Duration::from_secs(3600)));
        assert!(!breaker.permits(at(3599)));
        assert!(breaker.permits(at(3600)));
        let mut silent = Breaker::new(BreakerSettings::default());
        silent.exhausted(at(0), None);
        assert!(!silent.permits(at(299)));
        assert!(silent.permits(at(300)));
    }

    #[test]
    fn an_answer_to_a_call_from_before_does_not_shorten_the_wait() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        breaker.exhausted(at(0), Some(Duration::from_secs(60)));
        breaker.succeeded();
        assert!(!breaker.permits(at(59)));
        assert!(breaker.permits(at(60)));
        breaker.succeeded();
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_try_that_is_never_answered_does_not_hold_it_open_for_ever() {
        let mut breaker = opened();
        assert!(breaker.permits(at(5)));
        assert!(!breaker.permits(at(9)));
        assert!(breaker.permits(at(10)));
    }

    mod steps {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            /// However often and far the clock is set, a call is made again as soon as the wait has lasted its span
            /// since the last time.
            #[test]
            fn a_clock_that_is_set_keeps_it_open_for_no_longer_than_its_span(
                steps in prop::collection::vec(-1_000_000_i64..1_000_000, 1..6),
                retry_after in 1_u64..7_200,
            ) {
                let mut clock = 10_000_000_i64;
                let now = |clock: i64| at(u64::try_from(clock).expect("after the epoch"));
                let mut breaker = Breaker::new(BreakerSettings::default());
                breaker.exhausted(now(clock), Some(Duration::from_secs(retry_after)));
                for step in steps {
                    clock += step;
                    if breaker.permits(now(clock)) {
                        return Ok(());
                    }
                }
                clock += i64::try_from(retry_after.max(5)).expect("small");
                prop_assert!(breaker.permits(now(clock)));
                clock -= 500_000;
                prop_assert!(!breaker.permits(now(clock)), "one tries");
                clock += 300;
                prop_assert!(breaker.permits(now(clock)), "it was lost");
            }
        }
    }
}
