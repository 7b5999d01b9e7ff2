//! The memory that all workers share: a few fallible calls, kept by the host or, for tests and tools, in memory.

mod layout;
mod memory;

pub use layout::{Layout, Sizes};
pub use memory::MemoryStore;

/// Which version of a value a write expects to replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No value stands there yet.
    Absent,
    /// The value that was read with this version.
    Version(u32),
}

/// Why a write did not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Another worker wrote first: read again.
    Conflict,
    /// The store refused.
    Unavailable,
}

/// Shared memory with compare-and-set, the only atomic step that the host offers.
///
/// There is no delete and no expiry (HOST.md, rule 7): callers use a fixed set of keys and keep
/// identity and expiry inside the values.
pub trait Store {
    /// The value and its version; `None` when there is none.
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)>;

    /// Writes `value` if the stored one is still the expected one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another writer was first.
    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError>;
}

/// How often an update is tried again when other workers write to the same value.
const ATTEMPTS: usize = 8;

/// Reads, changes and writes one value, again when another worker wrote in between, at most eight times.
///
/// `change` gets the stored bytes (empty when there are none) and returns the new ones, or `None` to leave them.
///
/// # Errors
/// [`StoreError::Conflict`] when every attempt met another writer; [`StoreError::Unavailable`] when the store refused.
pub fn update<R>(
    store: &impl Store,
    key: &[u8],
    mut change: impl FnMut(&[u8]) -> (Option<Vec<u8>>, R),
) -> Result<R, StoreError> {
    for _ in 0..ATTEMPTS {
        let (old, expected) = store
            .get(key)
            .map_or((Vec::new(), Expected::Absent), |(value, version)| {
                (value, Expected::Version(version))
            });
        let (new, result) = change(&old);
        let Some(new) = new else { return Ok(result) };
        match store.compare_and_set(key, &new, expected) {
            Ok(()) => return Ok(result),
            Err(StoreError::Conflict) => {}
            Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
        }
    }
    Err(StoreError::Conflict)
}
