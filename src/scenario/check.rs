//! What several sections of a scenario check.

use std::time::Duration;

use crate::config::Text;
use crate::json::{Mistakes, Place};
use crate::time::Span;

/// A share of something, 0 to 1.
pub(super) fn share(
    at: &Place<'_>,
    given: Option<f64>,
    usual: f64,
    mistakes: &mut Mistakes<'_>,
) -> f64 {
    let share = given.unwrap_or(usual);
    if !(0.0..=1.0).contains(&share) {
        mistakes.add(at, &"expected a share from 0 to 1, such as 0.05");
        return usual;
    }
    share
}

/// A number of things, one at least.
pub(super) fn whole(at: &Place<'_>, number: u32, most: u32, mistakes: &mut Mistakes<'_>) {
    if !(1..=most).contains(&number) {
        mistakes.add(at, &format_args!("expected 1 to {most}"));
    }
}

/// When a group begins, and how long it goes on: within the scenario.
pub(super) fn time(
    at: &Place<'_>,
    (start, lasts): (Option<Text<Span>>, Option<Text<Span>>),
    length: Duration,
    mistakes: &mut Mistakes<'_>,
) -> (Duration, Duration) {
    let start = start.map_or(Duration::ZERO, |text| text.0.get());
    if start >= length {
        let sentence = format_args!(
            "expected less than the scenario's length, {}",
            Span::new(length)
        );
        mistakes.add(&at.field("start"), &sentence);
    }
    let rest = length.saturating_sub(start);
    let lasts = lasts.map_or(rest, |text| text.0.get());
    if lasts > rest || lasts.is_zero() {
        let sentence = format_args!(
            "expected more than 0 and at most {}, the rest of the scenario",
            Span::new(rest)
        );
        mistakes.add(&at.field("lasts"), &sentence);
    }
    (start, lasts)
}

/// A group's name: it stands in reports.
pub(super) fn name(at: &Place<'_>, name: &str, mistakes: &mut Mistakes<'_>) {
    if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
        mistakes.add(&at.field("name"), &"expected 1 to 40 characters");
    }
}
