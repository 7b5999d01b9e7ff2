//! What is kept by the number of a context.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// By the number of a context, which the host chooses, one after the other: no client can make them collide, so that
/// none of the many look-ups of a request needs a keyed hash.
pub(super) type Contexts<T> = HashMap<u32, T, BuildHasherDefault<Spread>>;

/// A number times an odd one (Knuth's multiplicative hashing, with 2^64 by the golden ratio).
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
