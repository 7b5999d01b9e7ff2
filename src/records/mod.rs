//! What is kept of sessions and accounts, across all workers, in memory of a fixed size.
//!
//! | module | is |
//! |---|---|
//! | `record` | what can be kept: a [`Record`] of 40 bytes for a [`Life`], under a [`RecordKey`] |
//! | `slot`, `table` | 58 bytes for a record, 66 records in a stored value of the table ([`crate::store`]) |
//!
//! All records of one [`RecordKey`] stand in one value, so that [`Table::get_both`] reads a session's revocation and
//! its judgement at once.
//!
//! # Who has to go
//! Where there is no place left, what has expired goes first, then what is [`Priority::Ordinary`],
//! [`Priority::Doubtful`] and [`Priority::Important`], in this order; among equals what ends first, among those what
//! was written first. No record ever takes the place of one that matters more: rather it is not kept. A live record
//! that had to go is told, see [`Written`].
//!
//! # Clocks
//! A record is forgotten at its end by the clock of whoever reads. When the clock is set back, it still lasts at most
//! twice its [`Life`]: one that claims to end later was written by a clock that was wrong, and is of no use.

mod record;
mod slot;
mod table;

pub use record::{Kind, Life, PAYLOAD, Priority, Record, RecordKey};
pub use slot::WAYS;
pub use table::{Change, Table, Updated};

#[cfg(test)]
mod tests;
