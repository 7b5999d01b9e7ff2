//! What nobody can foretell: bytes, and the keys of maps whose keys a client may choose.
//!
//! Not the standard library's `RandomState`, with which come the names and texts of all errors of WASI: 4 KiB of the
//! filter.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use siphasher::sip::SipHasher13;

/// A map in which no client can make keys collide.
pub type Map<K, V> = HashMap<K, V, Keyed>;

/// Makes hashes under a key of its own.
#[derive(Clone, Debug)]
pub struct Keyed([u8; 16]);

impl Default for Keyed {
    fn default() -> Self {
        Self(bytes())
    }
}

impl BuildHasher for Keyed {
    type Hasher = SipHash;

    fn build_hasher(&self) -> SipHash {
        SipHash(SipHasher13::new_with_key(&self.0))
    }
}

/// SipHash-1-3, as the standard library's: by default under no key. It stands in the filter once, not once for each
/// kind of key.
#[derive(Debug, Default)]
pub struct SipHash(SipHasher13);

impl Hasher for SipHash {
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    #[inline(never)]
    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// Sixteen bytes that nobody can foretell.
///
/// # Panics
/// When the host has none, as `RandomState` does: nothing that is made of them would be safe.
#[must_use]
pub fn bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(clippy::panic, reason = "a VM without random bytes must not serve")]
    if getrandom::fill(&mut bytes).is_err() {
        panic!("the host has no random bytes");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_are_different_and_each_hashes_alike_again() {
        let (one, other) = (Keyed::default(), Keyed::default());
        assert_eq!(one.hash_one("ada"), one.clone().hash_one("ada"));
        assert_ne!(one.hash_one("ada"), one.hash_one("bob"));
        assert_ne!(one.hash_one("ada"), other.hash_one("ada"));
    }
}
