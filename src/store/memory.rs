use std::cell::RefCell;
use std::collections::HashMap;

use super::{Expected, Store, StoreError};

/// A store in this process's memory, for tests and tools.
#[derive(Debug, Default)]
pub struct MemoryStore(RefCell<HashMap<Vec<u8>, Versioned>>);

type Versioned = (Vec<u8>, u32);

impl MemoryStore {
    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The bytes of all keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.borrow().iter().fold(0, |sum, (key, (value, _))| {
            sum.saturating_add(key.len()).saturating_add(value.len())
        })
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.0.borrow().get(key).cloned()
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let mut values = self
            .0
            .try_borrow_mut()
            .map_err(|_| StoreError::Unavailable)?;
        match (expected, values.get_mut(key)) {
            (Expected::Absent, None) => {
                values.insert(key.to_vec(), (value.to_vec(), 1));
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
    use super::super::update;
    use super::*;

    #[test]
    fn the_second_writer_of_one_version_is_refused() {
        let store = MemoryStore::default();
        assert_eq!(store.compare_and_set(b"k", b"a", Expected::Absent), Ok(()));
        assert_eq!(
            store.compare_and_set(b"k", b"b", Expected::Absent),
            Err(StoreError::Conflict)
        );
        let (_, version) = store.get(b"k").expect("written");
        assert_eq!(
            store.compare_and_set(b"k", b"b", Expected::Version(version)),
            Ok(())
        );
        assert_eq!(
            store.compare_and_set(b"k", b"c", Expected::Version(version)),
            Err(StoreError::Conflict)
        );
        assert_eq!(store.get(b"k").expect("written").0, b"b");
    }

    /// Writes behind the caller's back between its read and its write.
    struct Contended<'a>(&'a MemoryStore, std::cell::Cell<usize>);

    impl Store for Contended<'_> {
        fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
            self.0.get(key)
        }
        fn compare_and_set(
            &self,
            key: &[u8],
            value: &[u8],
            expected: Expected,
        ) -> Result<(), StoreError> {
            if self.1.get() > 0 {
                self.1.set(self.1.get() - 1);
                update(self.0, key, |old| (Some([old, b"x"].concat()), ()))?;
            }
            self.0.compare_and_set(key, value, expected)
        }
    }

    #[test]
    fn no_update_is_lost_when_another_worker_writes_in_between() {
        let store = MemoryStore::default();
        let contended = Contended(&store, std::cell::Cell::new(3));
        update(&contended, b"k", |old| (Some([old, b"y"].concat()), ())).expect("written");
        assert_eq!(store.get(b"k").expect("written").0, b"xxxy");
    }

    #[test]
    fn an_update_gives_up_after_a_bounded_number_of_conflicts() {
        let store = MemoryStore::default();
        let contended = Contended(&store, std::cell::Cell::new(usize::MAX));
        let result = update(&contended, b"k", |_| (Some(b"y".to_vec()), ()));
        assert_eq!(result, Err(StoreError::Conflict));
        assert_eq!(store.get(b"k").expect("written").0.len(), 8);
    }
}
