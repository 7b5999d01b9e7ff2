//! Points in time as services write them: RFC 3339, and the forms of ISO 8601 that are near it.

use std::time::Duration;

use crate::time::Time;

/// The first day of each month of a year without a leap day.
const MONTHS: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Reads `2026-03-01T12:30:05Z`: with or without a fraction, which is left out, and with `Z` or an offset such as
/// `+01:00` or `+0100`. Years from 1970 to 2099; a second 60 is the next minute's first.
pub(super) fn read(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(19)?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = date
    else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let month = number(&[*m1, *m2])?;
    let day = number(&[*d1, *d2])?;
    let hour = number(&[*h1, *h2])?;
    let minute = number(&[*n1, *n2])?;
    let second = number(&[*s1, *s2])?;
    let fits = (1970..=2099).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !fits {
        return None;
    }
    // From 1970 to 2099 every fourth year is a leap year, without exception.
    let leap_days = year.saturating_sub(1969) / 4;
    let in_leap_year = year.is_multiple_of(4) && month > 2;
    let months = usize::try_from(month.saturating_sub(1)).ok()?;
    let days = year
        .saturating_sub(1970)
        .saturating_mul(365)
        .saturating_add(leap_days)
        .saturating_add(*MONTHS.get(months)?)
        .saturating_add(u32::from(in_leap_year))
        .saturating_add(day.saturating_sub(1));
    let seconds = u64::from(days)
        .saturating_mul(86_400)
        .saturating_add(u64::from(hour.saturating_mul(3_600)))
        .saturating_add(u64::from(minute.saturating_mul(60)))
        .saturating_add(u64::from(second));
    let utc = match offset(without_fraction(rest)?)? {
        (b'-', behind) => seconds.checked_add(behind)?,
        (_, ahead) => seconds.checked_sub(ahead)?,
    };
    Some(Time::default().plus(Duration::from_secs(utc)))
}

fn without_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some(rest);
    };
    let digits = fraction
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (digits > 0).then(|| fraction.get(digits..))?
}

/// The sign of an offset, and its seconds.
fn offset(text: &[u8]) -> Option<(u8, u64)> {
    let (sign, hours, minutes) = match text {
        [b'Z' | b'z'] => return Some((b'+', 0)),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (*sign, number(&[*h1, *h2])?, number(&[*m1, *m2])?)
        }
        _ => return None,
    };
    let seconds = hours
        .saturating_mul(3_600)
        .saturating_add(minutes.saturating_mul(60));
    (hours <= 23 && minutes <= 59).then_some((sign, u64::from(seconds)))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_in_time_are_read_as_services_write_them() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2026-03-01T12:30:05Z", 1_772_368_205),
            ("2026-03-01T12:30:05.123456Z", 1_772_368_205),
            ("2026-03-01t12:30:05z", 1_772_368_205),
            ("2026-03-01T13:30:05+01:00", 1_772_368_205),
            ("2026-03-01T11:00:05.0-0130", 1_772_368_205),
            ("2023-12-31T23:59:60Z", 1_704_067_200),
            ("2099-12-31T23:59:59Z", 4_102_444_799),
        ] {
            assert_eq!(read(text), Some(Time::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_point_in_time() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T12:30:05",
            "2026-03-01T12:30:05.Z",
            "2026-03-01T12:30:05ZZ",
            "2026-03-01T12:30:05+1",
            "2026-03-01T12:30:05+24:00",
            "2026-13-01T12:30:05Z",
            "2026-00-01T12:30:05Z",
            "2026-03-32T12:30:05Z",
            "2026-03-01T24:30:05Z",
            "2026-03-01T12:60:05Z",
            "2026-03-01T12:30:61Z",
            "1969-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "1970-01-01T00:00:00+01:00",
            "1772368205",
            "２026-03-01T12:30:05Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_http_dates_say_is_read_the_same(seconds in 0..4_102_444_800_u64) {
            let date = httpdate::HttpDate::from(std::time::UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
            let parts: Vec<&str> = date.split(' ').collect();
            let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
                .iter().position(|name| *name == parts[2]).expect("a month") + 1;
            let text = format!("{}-{month:02}-{}T{}Z", parts[3], parts[1], parts[4]);
            prop_assert_eq!(read(&text), Some(Time::from_secs(seconds)), "{}", text);
        }

        #[test]
        fn any_text_is_read(text: String) {
            let _ = read(&text);
        }
    }
}
