//! Whom a finding is about, beside the client.

use sha2::{Digest as _, Sha256};

/// Which accounts or sessions a finding is about; by default none in particular.
///
/// A hash that tells them apart, the same on every proxy. It stands in no cookie and no log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct About([u8; 16]);

impl About {
    /// About all of these, in this order.
    #[must_use]
    pub fn all<'a>(those: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for one in those {
            hash.update(u64::try_from(one.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(one);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [about @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
        Self(about)
    }

    /// About nobody in particular.
    pub const NOBODY: Self = Self([0; 16]);

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_differs_is_told_apart() {
        let about = |those: &[&str]| About::all(those.iter().map(|one| one.as_bytes()));
        let all = [
            About::default(),
            about(&[]),
            about(&[""]),
            about(&["ab"]),
            about(&["a", "b"]),
            about(&["b", "a"]),
            about(&["", "ab"]),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "{place}");
        }
        assert_eq!(about(&["a", "b"]), about(&["a", "b"]));
    }
}
