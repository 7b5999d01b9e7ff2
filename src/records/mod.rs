//! What is kept of sessions and accounts, across all workers, in memory of a fixed size.
//!
//! | module | is |
//! |---|---|
//! | `record` | what can be kept: a [`Record`] of 40 bytes for a [`Life`], under a [`RecordKey`] |
//! | `slot`, `set`, `table` | 58 bytes for a record, 66 records in a stored value, a fixed number of values |
//!
//! A stored value is a mark of 8 bytes and 66 slots of 58 bytes: 3,836 bytes. With what the host needs for itself (about 172 bytes, HOST.md) and
//! the key it fills one page, and costs no more to read than a small one (PRICES.md). It has its full size from the start, as those of
//! [`crate::limits`] have.
//!
//! All records of one [`RecordKey`] stand in one value, so that [`Table::get_both`] reads a session's revocation and its judgement at once.
//!
//! # Who has to go
//! Where there is no place left, what has expired goes first, then what is [`Priority::Ordinary`], [`Priority::Doubtful`] and [`Priority::Important`], in this
//! order; among equals what ends first, among those what was written first. No record ever takes the place of one that matters more: rather it is not
//! kept. A live record that had to go is told, see [`Written`].
//!
//! # Clocks
//! A record is forgotten at its end by the clock of whoever reads. When the clock is set back, it still lasts at most twice its [`Life`]: one that
//! claims to end later was written by a clock that was wrong, and is of no use.

mod record;
mod set;
mod slot;
mod table;

pub use record::{Kind, Life, PAYLOAD, Priority, Record, RecordKey};
pub use set::{WAYS, Written};
pub use table::{Budget, Change, Table, Updated};

#[cfg(test)]
mod tests;
