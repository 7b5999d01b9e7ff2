//! Which version this is, and of which revision of the source it was built.

use std::sync::LazyLock;

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What stands there where nobody told the build its revision.
const UNKNOWN: &str = "unknown";

/// The revision of the source: what stood in the environment variable `PALISADE_REVISION` of the build, which `make`
/// sets to the commit, with `-dirty` behind it when files differ from that; else `unknown`. So builds of one commit are
/// the same, byte for byte, and those without Git as well.
#[must_use]
pub fn revision() -> &'static str {
    option_env!("PALISADE_REVISION")
        .filter(|revision| is_word(revision))
        .unwrap_or(UNKNOWN)
}

/// Both in one text: `0.1.0 (revision 0123456789ab)`.
#[must_use]
pub fn described() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| format!("{VERSION} (revision {})", revision()));
    &TEXT
}

/// Whether it can be the value of a label: a dot would end it.
fn is_word(revision: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&revision.len()) && revision.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_word_that_ends_no_label() {
        for word in ["0123456789ab", "0123456789ab-dirty", "v1_2", "unknown"] {
            assert!(is_word(word), "{word}");
        }
        let long = "a".repeat(65);
        for other in ["", "1.2", "a b", "a=b", "ä", &long] {
            assert!(!is_word(other), "{other}");
        }
        assert!(is_word(revision()));
        assert_eq!(described(), format!("{VERSION} (revision {})", revision()));
    }
}
