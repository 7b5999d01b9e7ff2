//! Numbers as people read them.

/// A share in percent, with as many digits as it takes to see that it is neither none nor all.
pub(super) fn percent(share: Option<f64>) -> String {
    match share {
        None => "-".to_owned(),
        Some(share) if share == 0.0 || share == 100.0 => format!("{share:.0} %"),
        Some(share) if share < 0.01 => "<0.01 %".to_owned(),
        Some(share) if share > 99.99 => ">99.99 %".to_owned(),
        Some(share) if !(1.0..=99.0).contains(&share) => format!("{share:.2} %"),
        Some(share) => format!("{share:.1} %"),
    }
}

/// With commas between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// Bytes in KiB or MiB.
pub(super) fn bytes(bytes: usize) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_none_nor_all_is_rounded_to_it() {
        for (share, said) in [
            (0.0, "0 %"),
            (0.001, "<0.01 %"),
            (0.5, "0.50 %"),
            (12.34, "12.3 %"),
            (99.9, "99.90 %"),
            (99.999, ">99.99 %"),
            (100.0, "100 %"),
        ] {
            assert_eq!(percent(Some(share)), said);
        }
        assert_eq!(percent(None), "-");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            ["0", "999", "1,000", "107,900,000"],
            [0, 999, 1_000, 107_900_000].map(number)[..]
        );
    }
}
