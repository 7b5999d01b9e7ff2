//! JA4, and patterns of it.

use std::fmt;
use std::str::FromStr;

/// A JA4 fingerprint such as `t13d1516h2_8daaf6152771_02713d6af862` (FoxIO, *JA4: TLS Client Fingerprinting*).
///
/// Transport, version, SNI, the numbers of ciphers and extensions, and the first protocol; then the beginning of a hash
/// of the ciphers, and one of the extensions with the signature algorithms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ja4([u8; Self::LENGTH]);

/// Where the hash of the ciphers stands.
const CIPHERS: std::ops::Range<usize> = 11..23;

impl Ja4 {
    /// How many characters it has.
    pub const LENGTH: usize = 36;

    /// Reads one; `None` for everything else, such as the `-` that Envoy writes without TLS.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let array: [u8; Self::LENGTH] = bytes.try_into().ok()?;
        let mut places = array.iter().enumerate();
        places
            .all(|(place, byte)| fits(place, *byte))
            .then_some(Self(array))
    }

    /// Its characters.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The hash of the ciphers.
    pub(super) fn ciphers(&self) -> &[u8] {
        self.0.get(CIPHERS).unwrap_or_default()
    }
}

/// Whether a character can stand at this place.
const fn fits(place: usize, byte: u8) -> bool {
    match place {
        0 => matches!(byte, b't' | b'q' | b'd'),
        1 | 2 => matches!(byte, b'0'..=b'9' | b's' | b'd'),
        3 => matches!(byte, b'd' | b'i'),
        4..=7 => byte.is_ascii_digit(),
        8 | 9 => byte.is_ascii_alphanumeric(),
        10 | 23 => byte == b'_',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    }
}

impl fmt::Debug for Ja4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A JA4 fingerprint, or many: each of its three parts may end with `*`, and what stands behind a last `*` is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ja4Pattern(String);

/// The places at which the three parts begin and end.
const PARTS: [(usize, usize); 3] = [(0, 10), (11, 23), (24, Ja4::LENGTH)];

impl Ja4Pattern {
    /// Whether the fingerprint is one of these.
    #[must_use]
    pub fn matches(&self, ja4: &Ja4) -> bool {
        let parts = self.0.split('_').zip(PARTS);
        parts.into_iter().all(|(pattern, (begin, end))| {
            let part = ja4.as_bytes().get(begin..end).unwrap_or_default();
            match pattern.strip_suffix('*') {
                Some(beginning) => part.starts_with(beginning.as_bytes()),
                None => part == pattern.as_bytes(),
            }
        })
    }
}

impl fmt::Display for Ja4Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Ja4Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('_').collect();
        let open = parts.last().is_some_and(|last| last.ends_with('*'));
        if parts.len() > PARTS.len() || (parts.len() < PARTS.len() && !open) {
            return Err(Self::EXPECTED);
        }
        let are_parts = parts.iter().zip(PARTS).all(|(part, (begin, end))| {
            let beginning = part.strip_suffix('*');
            let length = end.saturating_sub(begin);
            let is_long_enough = match beginning {
                Some(beginning) => beginning.len() <= length,
                None => part.len() == length,
            };
            let mut places = beginning.unwrap_or(part).bytes().zip(begin..);
            is_long_enough && places.all(|(byte, place)| fits(place, byte))
        });
        match are_parts {
            true => Ok(Self(text.to_owned())),
            false => Err(Self::EXPECTED),
        }
    }
}

impl Ja4Pattern {
    /// What is expected of its text.
    pub const EXPECTED: &'static str = "a JA4 fingerprint such as t13d1516h2_8daaf6152771_02713d6af862, in which each \
         of the three parts may end with *, as in t13d* or *_8daaf6152771_*";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHROMIUM: &str = "t13d1516h2_8daaf6152771_02713d6af862";

    #[test]
    fn what_envoy_writes_is_read_and_nothing_else() {
        let ja4 = Ja4::parse(CHROMIUM.as_bytes()).unwrap();
        assert_eq!(ja4.as_str(), CHROMIUM);
        assert_eq!(ja4.ciphers(), b"8daaf6152771");
        for other in [
            "",
            "-",
            "t13d1516h2_8daaf6152771_02713d6af86",
            "t13d1516h2_8daaf6152771_02713d6af8622",
            "x13d1516h2_8daaf6152771_02713d6af862",
            "t13x1516h2_8daaf6152771_02713d6af862",
            "t13d15x6h2_8daaf6152771_02713d6af862",
            "t13d1516h2-8daaf6152771_02713d6af862",
            "t13d1516h2_8DAAF6152771_02713d6af862",
            "t13d1516h2_8daaf6152771_02713d6af86\u{e9}",
            "t13d1516\"2_8daaf6152771_02713d6af862",
        ] {
            assert_eq!(Ja4::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_names_one_or_all_that_begin_like_it() {
        let ja4 = Ja4::parse(CHROMIUM.as_bytes()).unwrap();
        let matches = |text: &str| text.parse::<Ja4Pattern>().unwrap().matches(&ja4);
        for text in [
            CHROMIUM,
            "t13d1516h2_*",
            "t13d*",
            "*",
            "*_8daaf6152771_*",
            "t*_8d*_*",
            "*_*_02713d6af862",
        ] {
            assert!(matches(text), "{text}");
        }
        for text in [
            "q13d*",
            "t13d1516h2_8daaf6152771_02713d6af863",
            "*_8daaf6152772_*",
            "t13d1517h2_*",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_can_name_none_is_refused() {
        for text in [
            "",
            "-",
            "t13d1516h2",
            "t13d1516h2_",
            "t13d1516h2_8daaf6152771",
            "t13d1516h2_8daaf6152771_02713d6af8622",
            "*t13",
            "t1*d",
            "x*",
            "*_g*",
            "*_*_*_*",
            "t13d1516h2x*",
        ] {
            assert_eq!(
                text.parse::<Ja4Pattern>().err(),
                Some(Ja4Pattern::EXPECTED),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_named_by_itself_and_by_its_beginnings(
            text in "[tqd](13|12|s3)[di][0-9]{4}[a-z0-9]{2}_[0-9a-f]{12}_[0-9a-f]{12}",
            length in 0_usize..36,
        ) {
            let ja4 = Ja4::parse(text.as_bytes()).unwrap();
            prop_assert!(text.parse::<Ja4Pattern>().unwrap().matches(&ja4));
            let beginning: String = text.chars().take(length).chain(['*']).collect();
            prop_assert!(beginning.parse::<Ja4Pattern>().unwrap().matches(&ja4));
        }

        #[test]
        fn no_bytes_are_read_otherwise_than_they_stand(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(ja4) = Ja4::parse(&bytes) {
                prop_assert_eq!(ja4.as_bytes(), bytes.as_slice());
            }
        }
    }
}
