//! What several sections check.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::text::{Size, Text};
use crate::intelligence::provider::ApiKey;
use crate::json::{Mistakes, Place};
use crate::store::Budget;
use crate::time::Span;

/// Looks an environment variable up.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Refuses a label in metrics or a name in the configuration that could break a stats tag or a log.
pub(super) fn name(at: &Place<'_>, name: &str, mistakes: &mut Mistakes<'_>) {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
        });
    if !fits {
        mistakes.add(at, &"expected 1 to 64 of a-z, 0-9, _ and -");
    }
}

/// Refuses an empty list: nobody means it.
#[inline(always)]
pub(super) fn not_empty<T>(at: &Place<'_>, items: &[T], what: &str, mistakes: &mut Mistakes<'_>) {
    if items.is_empty() {
        empty(at, what, mistakes);
    }
}

#[inline(never)]
fn empty(at: &Place<'_>, what: &str, mistakes: &mut Mistakes<'_>) {
    mistakes.add(at, &format_args!("expected at least one {what}"));
}

/// Refuses more than so many.
pub(super) fn at_most(at: &Place<'_>, count: usize, most: usize, mistakes: &mut Mistakes<'_>) {
    if count > most {
        mistakes.add(at, &format_args!("expected at most {most}, not {count}"));
    }
}

/// Refuses a cluster without a name.
pub(super) fn cluster(at: &Place<'_>, name: &str, mistakes: &mut Mistakes<'_>) {
    if name.is_empty() {
        mistakes.add(at, &"expected the name of an Envoy cluster");
    }
}

/// The value of the variable whose name stands here.
pub(super) fn variable(
    at: &Place<'_>,
    name: &str,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<String> {
    const EXPECTED: &str = "expected the name of an environment variable, not the key itself, and that it is set in the VM \
                            (vm_config.environment_variables)";
    mistakes.require(at, environment(name), &EXPECTED)
}

/// The key in the variable whose name stands here.
pub(super) fn key(
    at: &Place<'_>,
    name: &str,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<ApiKey> {
    let value = variable(at, name, environment, mistakes)?;
    mistakes.take(at, ApiKey::parse(&value))
}

/// The time that stands here, or the usual one.
pub(super) fn span(
    at: &Place<'_>,
    given: Option<Text<Span>>,
    usual: Duration,
    range: RangeInclusive<Duration>,
    mistakes: &mut Mistakes<'_>,
) -> Duration {
    let span = given.map_or(usual, |text| text.0.get());
    if !range.contains(&span) {
        let (least, most) = (Span::new(*range.start()), Span::new(*range.end()));
        let sentence = format_args!("expected a duration from {least} to {most}");
        mistakes.add(at, &sentence);
    }
    span
}

/// How much memory a table may take: what stands here, or the usual.
pub(super) fn memory(
    at: &Place<'_>,
    given: Option<Text<Size>>,
    usual: Budget,
    mistakes: &mut Mistakes<'_>,
) -> Budget {
    let Some(Text(size)) = given else {
        return usual;
    };
    let bytes = u64::try_from(size.0).ok();
    match bytes.and_then(Budget::new) {
        Some(budget) if (64 << 10..=1 << 30).contains(&size.0) => budget,
        _ => {
            mistakes.add(at, &"expected 64KiB to 1GiB");
            usual
        }
    }
}

/// The number that stands here, which must be in a range.
#[inline(always)]
pub(super) fn within<T: PartialOrd + Display + Copy>(
    at: &Place<'_>,
    number: T,
    range: RangeInclusive<T>,
    unit: &str,
    mistakes: &mut Mistakes<'_>,
) -> T {
    if !range.contains(&number) {
        beyond(at, range.start(), range.end(), unit, mistakes);
    }
    number
}

#[inline(never)]
fn beyond(
    at: &Place<'_>,
    least: &dyn Display,
    most: &dyn Display,
    unit: &str,
    mistakes: &mut Mistakes<'_>,
) {
    mistakes.add(at, &format_args!("expected {least} to {most} {unit}"));
}
