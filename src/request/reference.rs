use std::hash::BuildHasher;

use crate::random::Keyed;

/// Reference ids: what a refused person quotes and what the log shows. Unique for all practical purposes, and
/// nothing can be learnt from them.
#[derive(Debug, Default)]
pub struct References {
    key: Keyed,
    count: u64,
}

/// Crockford's alphabet: no I, L, O or U, so that it can be read out on the telephone.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters that hold 64 bits.
const LENGTH: usize = 13;

impl References {
    /// The next id: thirteen characters, a keyed hash of a counter.
    pub fn make(&mut self) -> String {
        self.count = self.count.wrapping_add(1);
        let mut bits = self.key.hash_one(self.count);
        let mut text = String::with_capacity(LENGTH);
        for _ in 0..LENGTH {
            let digit = usize::try_from(bits % 32).unwrap_or(0);
            text.push(ALPHABET.get(digit).map_or('0', |byte| char::from(*byte)));
            bits >>= 5;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn references_do_not_repeat_and_two_workers_make_different_ones() {
        let (mut one, mut other) = (References::default(), References::default());
        let all: HashSet<String> = (0..10_000)
            .flat_map(|_| [one.make(), other.make()])
            .collect();
        assert_eq!(all.len(), 20_000);
        assert!(all.iter().all(|reference| reference.len() == LENGTH));
    }
}
