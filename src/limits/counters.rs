//! Counters in shared memory, and what they cost: what all that count have in common.

use std::rc::Rc;

use super::{Bucket, Window};
use super::{
    CounterKey, Distinct, DistinctThreshold, Keys, Limit, LimitId, LimitOutcome, Operation, Table,
    Terms, Threshold,
};
use crate::address::{ClientAddress, PrefixLengths};
use crate::host::Host;
use crate::store::{Budget, Fill, Written};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// The counters of one policy: all that count under it share their table.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    table: Rc<Table>,
    keys: Keys,
    subnet: PrefixLengths,
}

impl Counters {
    /// The counters of `namespace`. `secret` keys what stands in shared memory, so it must be the same in all workers;
    /// `subnet` is how long the prefix of a network is.
    pub(crate) fn new(
        namespace: &str,
        budget: Budget,
        secret: [u8; 16],
        subnet: PrefixLengths,
    ) -> Self {
        Self {
            table: Rc::new(Table::new(namespace, budget)),
            keys: Keys::new(secret),
            subnet,
        }
    }

    /// The makers of keys.
    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How long the prefix of a network is.
    pub(crate) const fn subnet(&self) -> PrefixLengths {
        self.subnet
    }

    /// Does these operations, and counts what they cost the table.
    pub(crate) fn run(
        &self,
        operations: &[Operation],
        now: Time,
        host: &impl Host,
    ) -> Vec<Option<LimitOutcome>> {
        if operations.is_empty() {
            return Vec::new();
        }
        let all = self.table.run_all(operations, now, host);
        for outcome in all.iter().flatten() {
            count_written(outcome.written, host);
        }
        all
    }

    /// How full their table is.
    pub(crate) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.table.fill(start, now, host)
    }

    /// What these counters have counted within a window: one read where they stand together.
    pub(crate) fn counted<const N: usize>(
        &self,
        keys: [CounterKey; N],
        window: Window,
        now: Time,
        host: &impl Host,
    ) -> [u32; N] {
        self.table.counted(keys, window, now, host)
    }

    /// A counter of this kind, where the limits' own counters of the same account or network stand.
    pub(crate) fn beside(&self, id: LimitId, kind: &[u8], name: &[u8]) -> CounterKey {
        let bucket = self.keys.bucket([kind, name]);
        self.keys.counter(id, bucket, [name])
    }

    /// Where the counters of a subnet stand, and its name.
    pub(crate) fn bucket_of_subnet(&self, client: ClientAddress) -> (Bucket, [u8; 17]) {
        let name = client.prefix(self.subnet).to_bytes();
        (self.keys.bucket([b"network".as_slice(), &name]), name)
    }

    /// Whether what is called `key` has been seen with no more than a few different values, this one included.
    pub(crate) fn is_among_few(
        &self,
        purpose: &str,
        key: &[u8],
        value: &[u8],
        (few, window): (DistinctThreshold, Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = lone(&self.keys, purpose, key, window);
        let value = self.keys.value(key, &[value]);
        let operation = Distinct::new(Terms::new(window)).see(key, value, few);
        self.allows(operation, now, host)
    }

    /// Counts one more of what `key` has, unless it has had its share within the window.
    pub(crate) fn admits(
        &self,
        purpose: &str,
        key: &[u8],
        (most, window): (Threshold, Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = lone(&self.keys, purpose, key, window);
        let operation = Limit::new(Terms::new(window)).take(key, most);
        self.allows(operation, now, host)
    }

    fn allows(&self, operation: Operation, now: Time, host: &impl Host) -> bool {
        let outcome = self.run(&[operation], now, host);
        outcome
            .into_iter()
            .flatten()
            .all(|outcome| outcome.is_allowed())
    }
}

/// What may be used once: nothing that is counted takes its place, and no setting changes its size.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    table: Rc<Table>,
    keys: Keys,
}

impl Once {
    /// What was used once in `namespace`; `secret` as for [`Counters`].
    pub(crate) fn new(namespace: &str, secret: [u8; 16]) -> Self {
        Self {
            table: Rc::new(Table::new(&format!("{namespace}/once"), Budget::ONCE)),
            keys: Keys::new(secret),
        }
    }

    /// How full its table is.
    pub(crate) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.table.fill(start, now, host)
    }

    /// Whether something that may be used once within a window has been, as far as it is known without using it.
    pub(crate) fn is_used(
        &self,
        (purpose, nonce, window): (&str, &[u8], Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = lone(&self.keys, purpose, nonce, window);
        let [count] = self.table.counted([key], window, now, host);
        count > 0
    }

    /// Whether this is the first use of something that may be used once within `window`.
    pub(crate) fn is_first_use(
        &self,
        (purpose, nonce, window): (&str, &[u8], Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = lone(&self.keys, purpose, nonce, window);
        let Some(once) = Threshold::new(1) else {
            return false;
        };
        let operation = Limit::new(Terms::new(window)).take(key, once);
        let outcome = self.table.run(&operation, now, host);
        count_written(outcome.written, host);
        outcome.is_allowed()
    }
}

/// A counter that no limit has. With another window it is another one, since counters do not say how they are to be
/// read.
fn lone(keys: &Keys, purpose: &str, key: &[u8], window: Window) -> CounterKey {
    let length = window.get().as_nanos().to_be_bytes();
    let id = keys.limit(purpose, &[b"own", &length]);
    keys.lone_counter(id, &[key])
}

fn count_written(written: Written, host: &impl Meter) {
    match written {
        Written::Evicted => host.meter(Event::CounterEvicted),
        Written::NoRoom | Written::GaveUp | Written::Unavailable => host.meter(Event::CountGivenUp),
        Written::Unchanged | Written::Stored | Written::ReplacedExpired => {}
    }
}
