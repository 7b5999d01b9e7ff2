use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::{Budget, Expected, MemoryStore, Store, StoreError, Written};
use crate::time::Time;

mod contention;
mod distinct;
mod flood;
mod penalty;
mod table;
mod window;

/// What the layout of the table `test` takes beside its values.
const LAYOUT: usize = b"palisade/test/limits/layout".len() + 20;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn keys() -> Keys {
    Keys::new([7; 16])
}

/// The counter of somebody, in a home of its own.
fn key(who: u64) -> CounterKey {
    keys().lone_counter(keys().limit("test", &[]), &[&who.to_le_bytes()])
}

fn threshold(number: u32) -> Threshold {
    Threshold::new(number).expect("a threshold")
}

fn window(seconds: u64) -> Window {
    Window::new(Duration::from_secs(seconds)).expect("a window")
}

fn wait(seconds: u64) -> Wait {
    Wait::new(Duration::from_secs(seconds)).expect("a wait")
}

fn limit(seconds: u64) -> Limit {
    Limit::new(Terms::new(window(seconds)))
}

fn table() -> Table {
    Table::new("test", budget(4))
}

fn budget(sets: u64) -> Budget {
    Budget::new(sets * 4_096).expect("a budget")
}

fn at(seconds: u64) -> Time {
    at_millis(seconds * 1_000)
}

fn at_millis(millis: u64) -> Time {
    // A whole step of every window that the tests use begins here.
    Time::from_nanos((1_764_000_000_000 + millis) * 1_000_000)
}

/// One table, one store, one time.
struct Bench {
    table: Table,
    store: MemoryStore,
}

impl Bench {
    fn new() -> Self {
        Self {
            table: table(),
            store: MemoryStore::default(),
        }
    }

    fn run(&self, operation: Operation, now: Time) -> LimitOutcome {
        self.table.run(&operation, now, &self.store)
    }

    /// Whether there was anything to clear.
    fn clears(&self, key: CounterKey, now: Time) -> bool {
        let outcome = self.run(limit(HOUR).clear(key, threshold(1)), now);
        assert!(outcome.is_allowed());
        outcome.written != Written::Unchanged
    }

    fn allows(&self, operation: Operation, now: Time) -> bool {
        self.run(operation, now).is_allowed()
    }
}

fn retry_after(outcome: LimitOutcome) -> Duration {
    match outcome.answer {
        Answer::Refused { retry_after, .. } => retry_after,
        other => panic!("{other:?} is no refusal"),
    }
}

fn quota(outcome: LimitOutcome) -> Quota {
    match outcome.answer {
        Answer::Allowed(quota) => quota,
        other => panic!("{other:?} has no quota"),
    }
}
