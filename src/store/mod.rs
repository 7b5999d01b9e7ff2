//! The memory that all workers share: a few fallible calls, kept by the host or, for tests and tools, in memory; and on
//! top of them one set-associative table of fixed size, for any kind of slot.
//!
//! | module | is |
//! |---|---|
//! | `memory` | the store of tests and tools |
//! | `slot` | what a kind of slot is |
//! | `set` | one stored value: slots behind a mark, and who has to go where there is no place left |
//! | `layout` | how many stored values there are, and were |
//! | `table` | a fixed number of stored values |

mod layout;
mod memory;
mod set;
mod slot;
mod table;
#[cfg(test)]
mod tests;

pub use memory::MemoryStore;
pub use set::Written;
pub(crate) use set::{Occupant, choose};
pub use slot::{Key, Slot};
pub use table::Budget;
pub use table::Fill;
pub(crate) use table::{Slots, Table};

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
/// There is no delete and no expiry (what the host calls a removal only writes an empty value): callers use a fixed set
/// of keys and keep identity and expiry inside the values.
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
    store: &dyn Store,
    key: &[u8],
    mut change: impl FnMut(&[u8]) -> (Option<Vec<u8>>, R),
) -> Result<R, StoreError> {
    replace(store, key, |value| change(&value))
}

/// The same, but `change` owns the stored bytes and may change them in place.
fn replace<R>(
    store: &dyn Store,
    key: &[u8],
    mut change: impl FnMut(Vec<u8>) -> (Option<Vec<u8>>, R),
) -> Result<R, StoreError> {
    for _ in 0..ATTEMPTS {
        let (old, expected) = store
            .get(key)
            .map_or((Vec::new(), Expected::Absent), |(value, version)| {
                (value, Expected::Version(version))
            });
        let (new, result) = change(old);
        let Some(new) = new else { return Ok(result) };
        match store.compare_and_set(key, &new, expected) {
            Ok(()) => return Ok(result),
            Err(StoreError::Conflict) => {}
            Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
        }
    }
    Err(StoreError::Conflict)
}
