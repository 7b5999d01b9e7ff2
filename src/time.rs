//! Points in time and spans of time, as the host tells them and as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A point in time: nanoseconds since the Unix epoch, as the host's clock tells.
///
/// The clock may jump; every difference saturates at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// A point so many nanoseconds after the Unix epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A point so many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// A point so many seconds after the Unix epoch.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, the resolution that cache records keep: good until 2106.
    #[must_use]
    pub fn seconds(self) -> u32 {
        u32::try_from(self.0 / 1_000_000_000).unwrap_or(u32::MAX)
    }

    /// Whole milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Whole days since the epoch, UTC.
    #[must_use]
    pub fn day(self) -> u32 {
        self.seconds() / 86_400
    }

    /// As RFC 3339 writes it, in UTC and whole milliseconds: `2026-12-01T01:14:31.000Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let since = Duration::from_nanos(self.0);
        // 64 bits of nanoseconds end in 2554, four digits of a year in 9999.
        humantime::format_rfc3339_millis(
            std::time::UNIX_EPOCH
                .checked_add(since)
                .unwrap_or(std::time::UNIX_EPOCH),
        )
        .to_string()
    }

    /// The time that passed since `earlier`; zero when the clock has jumped back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The time that passed since `start`, which is moved to now when the clock has been set back behind it: a wait
    /// that is measured in this way is over at the latest when it has lasted its own span since then, however far the
    /// clock was set.
    pub fn waited(self, start: &mut Self) -> Duration {
        *start = self.min(*start);
        self.since(*start)
    }

    /// This point and `span` more.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// A span of time as people write it: `500ms`, `10m`, `1h30m`, `24h`, `7d`; `0` alone is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    /// Wraps a duration.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a duration such as 500ms, 10s, 5m, 24h or 7d";
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let mut total: Duration = Duration::ZERO;
        if rest.is_empty() {
            return Err(EXPECTED.to_owned());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(EXPECTED)?;
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let number: u64 = number.parse().map_err(|_| EXPECTED)?;
            let milliseconds: u64 = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(EXPECTED.to_owned()),
            };
            let part = number.checked_mul(milliseconds).ok_or(EXPECTED)?;
            total = total
                .checked_add(Duration::from_millis(part))
                .ok_or(EXPECTED)?;
            rest = tail;
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let (number, unit) = [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
        ]
        .into_iter()
        .find(|(size, _)| milliseconds > 0 && milliseconds.is_multiple_of(*size))
        .map_or((milliseconds, "ms"), |(size, unit)| {
            (milliseconds.checked_div(size).unwrap_or(0), unit)
        });
        write!(f, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("500ms", 500),
            ("10s", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            let span: Span = text.parse().expect(text);
            assert_eq!(span.get(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in [
            "",
            "10",
            "s",
            "1x",
            "-1s",
            "1.5s",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text:?} must be refused");
        }
    }

    #[test]
    fn a_span_is_printed_in_its_largest_whole_unit() {
        for text in ["500ms", "10s", "5m", "3h", "7d"] {
            assert_eq!(text.parse::<Span>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_negative_span() {
        assert_eq!(Time::from_secs(5).since(Time::from_secs(9)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_jumps_back_makes_no_wait_longer_than_its_span() {
        let mut start = Time::from_secs(9);
        assert_eq!(
            Time::from_secs(12).waited(&mut start),
            Duration::from_secs(3)
        );
        assert_eq!(Time::from_secs(5).waited(&mut start), Duration::ZERO);
        assert_eq!(
            Time::from_secs(7).waited(&mut start),
            Duration::from_secs(2)
        );
    }
}
