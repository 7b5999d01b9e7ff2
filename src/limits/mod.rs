//! What addresses, networks, accounts, sessions and devices do, counted across all workers in memory of a fixed size.
//!
//! | module | is |
//! |---|---|
//! | `key` | who is counted, as keyed hashes |
//! | `window`, `window_count` | how far a counter looks back, and how it ages |
//! | `counts` | how many: [`Limit`] |
//! | `sketch` | how many different ones: [`Distinct`] |
//! | `penalty` | blocks and growing waits after a breach |
//! | `slot`, `table` | 48 bytes for a counter, 81 counters in a stored value of the table ([`crate::store`]) |
//! | `terms` | what a limit does beside counting |
//! | `operation` | what is done to a counter, as a pure function of the stored bytes |
//! | `settings` | what an operator says of limits |
//! | `counters`, `share` | what all have in common that count: a table, and what one network has of something |
//! | `stage` | the limits of a policy, asked and settled |
//! | `asn_rate` | the share of failed logins per autonomous system |
//! | `codes` | how likely guessing a two-factor code is under a limit |
//!
//! # The window
//! A window is seven steps, and one more in which it begins. That one counts whole: **in no window of the limit's
//! length are more than the limit let through**, and what was counted is forgotten when it is between 1 and 8/7 of a
//! window old. The two weighted buckets that others use take no less (two counts of 32 bits and a step, but no bound):
//! after `n` at the end of one bucket they let `n` more through evenly over the next, up to `2n` in one window.
//!
//! # The table
//! A stored value is a mark of 8 bytes and up to 81 slots of 48 bytes: 3,896 bytes. A slot that is of no use any more
//! goes first, then the one with the lowest count relative to its limit, among equals the one that ends first. A
//! counter that has counted one is worth nothing, so a flood of new keys only pushes out what was seen once, and no
//! longer kept than 663,552 newer keys (in 32 MiB).
//!
//! With a tenth of the places taken by hot keys, and all keys seen in turn (the worst order for keys that are not hot),
//! a test measures:
//!
//! | keys, of capacity | hot keys that lose counts | requests that evict a live counter | keys that get more than their limit |
//! |---|---|---|---|
//! | 1 | none | 6 % | 6 % |
//! | 10 | none | 91 % | 91 % |
//! | 100, each once | none | 99 % | none |
//!
//! # Distinct values
//! The standard error is 8 to 9 % at limits of 5 to 50: 98 % of counters refuse after 5 to 6 different values at a
//! limit of 5, after 10 to 14 at 10, 18 to 24 at 20, 41 to 61 at 50.

mod asn_rate;
mod codes;
mod counters;
mod counts;
mod fair_share;
mod key;
mod operation;
mod outcome;
mod penalty;
mod settings;
mod sketch;
mod slot;
mod stage;
mod table;
mod terms;
mod window;
mod window_count;

pub(crate) use asn_rate::{AsnRates, Sample};
pub use codes::{Codes, Guessing, Lifetime, Pace};
pub(crate) use counters::{Counters, Once};
pub(crate) use fair_share::{FairShare, Party, Taking};
use key::KeyHash;
pub use key::{Bucket, CounterKey, Keys, LimitId, ValueHash};
pub use operation::{Distinct, Limit, Operation};
pub use outcome::{Answer, Cause, DistinctThreshold, LimitOutcome, Quota, Threshold};
pub use penalty::{Penalty, Wait};
pub use settings::{
    AsnFailures, Charge, Count, Devices, DistinctBy, KeyPart, LimitPolicy, Mobile, OnSuccess,
};
pub use slot::WAYS;
pub(crate) use stage::{Asked, Excess, LimitedRoute, Limits, Open, Phase, Taken};
pub(crate) use stage::{Counting, FleetCount, News, Sharing, Told};
pub use table::Table;
pub use terms::{Refusals, Scope, Terms, Uncounted};
pub use window::Window;

#[cfg(test)]
mod tests;
