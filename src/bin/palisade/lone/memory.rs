//! Memory that several engines of this process share, as the workers of an Envoy do.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Mutex;

use palisade::store::{Expected, Store, StoreError};

/// How many parts there are, each with a lock of its own.
const PARTS: usize = 64;

/// A value and its version, by key.
type Part = HashMap<Name, (Vec<u8>, u32), BuildHasherDefault<Folded>>;

/// So many bytes of a key stand in the table itself.
const SHORT: usize = 38;

/// A key. A short one, as nearly all are, needs no look into other memory to be compared.
enum Name {
    Short([u8; SHORT], u8),
    Long(Box<[u8]>),
}

impl Name {
    fn of(key: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..key.len()), u8::try_from(key.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(key);
                Self::Short(short, length)
            }
            _ => Self::Long(key.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes, length) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

/// What the engines of this process keep together.
pub(crate) struct SharedMemory([Mutex<Part>; PARTS]);

impl Default for SharedMemory {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

/// A hash that is quick and can be foretold: keys are the engine's own, and nobody attacks this process by them.
#[derive(Clone, Copy, Debug, Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            let mixed = (self.0.rotate_left(5) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 32);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl SharedMemory {
    fn part(&self, key: &[u8]) -> Option<&Mutex<Part>> {
        let mut hash = Folded::default();
        hash.write(key);
        let [.., last] = hash.finish().to_be_bytes();
        self.0.get(usize::from(last).checked_rem(PARTS)?)
    }

    /// The bytes of all keys and values.
    pub(crate) fn bytes(&self) -> usize {
        let mut sum = 0_usize;
        for part in self.0.iter().filter_map(|part| part.lock().ok()) {
            for (name, (value, _)) in &*part {
                let key = name.bytes().len();
                sum = sum.saturating_add(key).saturating_add(value.len());
            }
        }
        sum
    }
}

impl Store for SharedMemory {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.part(key)?.lock().ok()?.get(key).cloned()
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let part = self.part(key).ok_or(StoreError::Unavailable)?;
        let mut part = part.lock().map_err(|_| StoreError::Unavailable)?;
        match (expected, part.get_mut(key)) {
            (Expected::Absent, None) => {
                part.insert(Name::of(key), (value.to_vec(), 1));
            }
            // Written where the old value stands, which is nearly always as long.
            (Expected::Version(version), Some((stored, found))) if version == *found => {
                stored.clear();
                stored.extend_from_slice(value);
                *found = found.wrapping_add(1);
            }
            _ => return Err(StoreError::Conflict),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_workers_that_write_one_version_the_second_is_refused() {
        let memory = SharedMemory::default();
        assert_eq!(memory.compare_and_set(b"k", b"a", Expected::Absent), Ok(()));
        let (value, version) = memory.get(b"k").expect("written");
        assert_eq!(value, b"a");
        let write = |value: &[u8]| memory.compare_and_set(b"k", value, Expected::Version(version));
        assert_eq!(
            [write(b"bc"), write(b"d")],
            [Ok(()), Err(StoreError::Conflict)]
        );
        assert_eq!(
            memory.compare_and_set(b"k", b"e", Expected::Absent),
            Err(StoreError::Conflict)
        );
        assert_eq!(memory.get(b"k").expect("written").0, b"bc");
        assert_eq!(memory.bytes(), 3);
    }

    #[test]
    fn keys_of_every_length_are_told_apart() {
        let memory = SharedMemory::default();
        let key = |length: u8| vec![b'k'; length.into()];
        for length in 0..=99 {
            let written = memory.compare_and_set(&key(length), &[length], Expected::Absent);
            assert_eq!(written, Ok(()));
        }
        for length in 0..=99 {
            let found = memory.get(&key(length)).map(|(value, _)| value);
            assert_eq!(found, Some(vec![length]));
        }
    }
}
