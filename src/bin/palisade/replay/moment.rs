//! The forms in which logs write a point in time.

use std::time::Duration;

use palisade::time::Time;

/// Reads RFC 3339 (`2026-12-01T01:14:31.000Z`, also with a blank for the `T`; without a zone it is UTC), Apache's form
/// (`01/Dec/2026:01:14:31 +0100`), and seconds, milliseconds, microseconds or nanoseconds since 1970.
pub(super) fn read(text: &str) -> Option<Time> {
    let bytes = text.trim().as_bytes();
    let bytes = bytes.strip_prefix(b"[").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"]").unwrap_or(bytes);
    match bytes {
        [_, _, b'/', ..] => apache(bytes),
        [_, _, _, _, b'-', ..] => rfc3339(bytes),
        _ => since_epoch(bytes),
    }
}

/// So much before a point in time.
pub(super) fn before(time: Time, span: Duration) -> Time {
    let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Time::from_nanos(time.nanos().saturating_sub(span))
}

/// The whole number in these digits, at most 18 of them.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit.into()))
    })
}

fn part(bytes: &[u8], from: usize, length: usize) -> Option<u64> {
    number(bytes.get(from..from.checked_add(length)?)?)
}

/// Year, month from 1, day from 1, and seconds of the day.
fn civil(year: u64, month: u64, day: u64, seconds: u64) -> Option<u64> {
    if !(1_970..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a year from 1970 to 9999, and a month and a day of it"
    )]
    let days = {
        // Years that begin in March have their leap day at the end.
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let leap = year / 4 - year / 100 + year / 400;
        365 * year + leap + (153 * month + 2) / 5 + (day - 1) - 719_468
    };
    days.checked_mul(86_400)?.checked_add(seconds)
}

fn clock(bytes: &[u8]) -> Option<u64> {
    let [_, _, b':', _, _, b':', ..] = bytes else {
        return None;
    };
    let (hours, minutes, seconds) = (part(bytes, 0, 2)?, part(bytes, 3, 2)?, part(bytes, 6, 2)?);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    hours
        .checked_mul(3_600)?
        .checked_add(minutes.checked_mul(60)?)?
        .checked_add(seconds)
}

/// `Z`, `+01:00`, `+0100`, or nothing: how far the seconds are from UTC, and whether they are ahead of it.
fn zone(bytes: &[u8]) -> Option<(bool, u64)> {
    let (sign, rest) = match bytes {
        [] | [b'Z' | b'z'] => return Some((true, 0)),
        [sign @ (b'+' | b'-'), rest @ ..] => (*sign, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [a, b, b':', c, d] | [a, b, c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        [a, b] => (number(&[*a, *b])?, 0),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = hours
        .checked_mul(3_600)?
        .checked_add(minutes.checked_mul(60)?)?;
    Some((sign == b'+', seconds))
}

fn at(local: u64, (ahead, off): (bool, u64), nanos: u64) -> Option<Time> {
    let seconds = match ahead {
        true => local.checked_sub(off)?,
        false => local.checked_add(off)?,
    };
    let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(Time::from_nanos(nanos))
}

fn rfc3339(bytes: &[u8]) -> Option<Time> {
    let [
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T' | b't' | b' ',
        rest @ ..,
    ] = bytes
    else {
        return None;
    };
    let seconds = clock(rest)?;
    let local = civil(
        part(bytes, 0, 4)?,
        part(bytes, 5, 2)?,
        part(bytes, 8, 2)?,
        seconds,
    )?;
    let rest = rest.get(8..)?;
    let (nanos, rest) = match rest {
        [b'.' | b',', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    at(local, zone(rest)?, nanos)
}

/// The nanoseconds of a fraction's digits, and what follows them.
fn fraction(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let mut nanos = number(digits.get(..9).unwrap_or(digits))?;
    for _ in digits.len()..9 {
        nanos = nanos.checked_mul(10)?;
    }
    Some((nanos, rest))
}

fn apache(bytes: &[u8]) -> Option<Time> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let name = bytes.get(3..6)?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let month = u64::try_from(month).ok()?.checked_add(1)?;
    let [b'/', _, _, _, _, b':', rest @ ..] = bytes.get(6..)? else {
        return None;
    };
    let local = civil(part(bytes, 7, 4)?, month, part(bytes, 0, 2)?, clock(rest)?)?;
    let zoned = rest.get(8..)?;
    at(local, zone(zoned.trim_ascii_start())?, 0)
}

/// By how many digits there are: seconds until 2286, then what is finer.
fn since_epoch(bytes: &[u8]) -> Option<Time> {
    let end = bytes.iter().position(|byte| *byte == b'.');
    let (whole, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let scale = match whole.len() {
        9 | 10 => 1_000_000_000,
        12 | 13 => 1_000_000,
        15 | 16 => 1_000,
        _ => return None,
    };
    let nanos = match rest {
        [b'.', digits @ ..] if scale == 1_000_000_000 => fraction(digits)?.0,
        _ => 0,
    };
    let whole = number(whole)?.checked_mul(scale)?;
    Some(Time::from_nanos(whole.checked_add(nanos)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_moment_reads_alike() {
        let expected = "2026-12-01T01:14:31.250Z";
        for text in [
            "2026-12-01T01:14:31.250Z",
            "2026-12-01 01:14:31.25",
            "2026-12-01T02:14:31.250000+01:00",
            "[2026-11-30T19:44:31.250-0530]",
            "1796087671.25",
            "1796087671250",
            "1796087671250000",
        ] {
            assert_eq!(read(text).expect(text).rfc3339(), expected, "{text}");
        }
        let apache = read("[01/Dec/2026:02:14:31 +0100]").expect("a time");
        assert_eq!(apache.rfc3339(), "2026-12-01T01:14:31.000Z");
        let leap = read("2028-02-29T23:59:60Z").expect("a time");
        assert_eq!(leap.rfc3339(), "2028-03-01T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "now",
            "2026-13-01T00:00:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01",
            "01/Foo/2026:00:00:00 +0000",
            "1969-12-31T23:59:59Z",
            "2026-12-01T00:00:00+99:00",
            "12",
            "99999999999999999999999999",
            "2026-12-01T00:00:0",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_not(text: String) {
            let _ = read(&text);
        }
    }
}
