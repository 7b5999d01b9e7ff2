//! After the application has answered: was it a failure?

use std::time::Duration;

use super::{Counting, Who, count_written};
use crate::decision::LimitIndex;
use crate::host::Host;
use crate::limits::{Count, KeyPart, LimitPolicy, OnSuccess};
use crate::limits::{
    CounterKey, Distinct, DistinctThreshold, Limit, Operation, Terms, Threshold, Window,
};
use crate::policy::Policy;
use crate::response::LoginResult;
use crate::time::Time;
use crate::transaction::result::JointResult;

/// A counter that is still to be told what became of the request.
#[derive(Clone, Copy, Debug)]
pub(in crate::transaction) struct Open {
    pub(super) index: LimitIndex,
    pub(super) key: CounterKey,
    pub(super) role: Role,
    /// When an attempt was counted as if it had failed.
    pub(super) reserved: Option<Time>,
    /// Whether it is the counter of one account for certain: of several, a success says nothing of each.
    pub(super) is_sole: bool,
}

/// What a counter counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Failures(Threshold),
    Successes(Threshold),
    /// Attempts or different values, forgiven by a success.
    Forgiving,
    /// Failures on a mobile carrier's network.
    Evidence(Threshold),
}

impl Role {
    /// Of a limit that counts neither failures nor successes, if a success forgives.
    pub(super) fn forgiving(limit: &LimitPolicy) -> Option<Self> {
        (limit.on_success == OnSuccess::Clear).then_some(Self::Forgiving)
    }
}

impl Counting {
    /// Tells the counters what became of the request.
    pub(in crate::transaction) fn settle(
        &self,
        policy: &Policy,
        open: &[Open],
        (result, forgives): (JointResult, bool),
        now: Time,
        host: &impl Host,
    ) {
        let operations: Vec<Operation> = open
            .iter()
            .filter_map(|open| {
                let limit = policy.limits.get(open.index.0)?;
                open.operation(limit, result, forgives)
            })
            .collect();
        self.run(&operations, now, host);
    }

    /// Takes back what was counted of a request that does not go on.
    pub(in crate::transaction) fn take_back(
        &self,
        policy: &Policy,
        open: &[Open],
        now: Time,
        host: &impl Host,
    ) {
        let result = LoginResult::Undelivered.into();
        self.settle(policy, open, (result, false), now, host);
    }

    /// Forgets what is counted against an account, wherever this can be known: by the account alone, and from where `who` comes.
    pub(in crate::transaction) fn unlock(
        &self,
        policy: &Policy,
        who: &Who<'_>,
        now: Time,
        host: &impl Host,
    ) {
        let mut operations = Vec::new();
        for protection in &policy.protections {
            for index in &protection.limits {
                let found = policy.limits.get(index.0).zip(self.ids.get(index.0));
                let Some((limit, ids)) = found.filter(|(limit, _)| limit.has(KeyPart::Account))
                else {
                    continue;
                };
                operations.extend(
                    self.key(ids.own, limit, &protection.name, who)
                        .and_then(|key| forget(limit, key)),
                );
            }
        }
        self.run(&operations, now, host);
    }

    /// Whether something that may be used once within a window has been, as far as it is known without using it.
    pub(in crate::transaction) fn is_used(
        &self,
        (purpose, nonce, window): (&str, &[u8], Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = self.lone(purpose, nonce, window);
        let [count] = self.once.counted([key], window, now, host);
        count > 0
    }

    /// Whether this is the first use of something that may be used once within `window`.
    pub(in crate::transaction) fn is_first_use(
        &self,
        purpose: &str,
        nonce: &[u8],
        window: Window,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = self.lone(purpose, nonce, window);
        let Some(once) = Threshold::new(1) else {
            return false;
        };
        let operation = Limit::new(Terms::new(window)).take(key, once);
        let taken = self.once.run(&operation, now, host);
        count_written(taken.written, host);
        taken.is_allowed()
    }
}

impl Counting {
    /// Whether what is called `key` has been seen with no more than a few different values, this one included.
    pub(in crate::transaction) fn is_among_few(
        &self,
        purpose: &str,
        key: &[u8],
        value: &[u8],
        (few, window): (DistinctThreshold, Window),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let key = self.lone(purpose, key, window);
        let value = self.keys.value(key, &[value]);
        let operation = Distinct::new(Terms::new(window)).see(key, value, few);
        self.allows(operation, now, host)
    }

    /// Counts a new device of an account for a day, unless it has had its share.
    pub(in crate::transaction) fn admits_device(
        &self,
        whose: &[u8],
        most: Threshold,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let Some(day) = Window::new(Duration::from_secs(86_400)) else {
            return false;
        };
        let key = self.lone("new devices", whose, day);
        let operation = Limit::new(Terms::new(day)).take(key, most);
        self.allows(operation, now, host)
    }

    fn allows(&self, operation: Operation, now: Time, host: &impl Host) -> bool {
        let taken = self.run(&[operation], now, host);
        taken.into_iter().flatten().all(|taken| taken.is_allowed())
    }

    /// A counter that no limit has. With another window it is another one, since counters do not say how they are to be read.
    pub(super) fn lone(&self, purpose: &str, key: &[u8], window: Window) -> CounterKey {
        let length = window.get().as_nanos().to_be_bytes();
        let id = self.keys.limit(purpose, &[b"own", &length]);
        self.keys.lone_counter(id, &[key])
    }
}

impl Open {
    /// What is told to it; `forgives` if a success may clear it.
    fn operation(
        &self,
        limit: &LimitPolicy,
        result: JointResult,
        forgives: bool,
    ) -> Option<Operation> {
        let own = Limit::new(limit.terms);
        let key = self.key;
        let forgives = forgives && limit.on_success == OnSuccess::Clear && self.is_sole;
        match (self.role, result.strictest) {
            (_, LoginResult::Success) if forgives => forget(limit, key),
            (Role::Failures(threshold), LoginResult::Failure) => Some(match self.reserved {
                Some(_) => own.confirm(key, threshold),
                None => own.record(key, threshold),
            }),
            // It may have been a failure: what was reserved stays.
            (Role::Failures(threshold), LoginResult::Unreadable | LoginResult::Neither) => {
                self.reserved.map(|_| own.confirm(key, threshold))
            }
            (Role::Failures(threshold), LoginResult::Success | LoginResult::Undelivered) => self
                .reserved
                .map(|taken_at| own.give_back(key, threshold, taken_at)),
            (Role::Successes(threshold), _) => match (self.reserved, result.may_succeed) {
                (Some(_), true) => Some(own.confirm(key, threshold)),
                (Some(taken_at), false) => Some(own.give_back(key, threshold, taken_at)),
                // It went on although it could not be counted, or is only monitored.
                (None, true) if result.strictest == LoginResult::Success => {
                    Some(own.record(key, threshold))
                }
                (None, _) => None,
            },
            (Role::Evidence(threshold), LoginResult::Failure) => {
                let terms = Terms::new(limit.terms.window);
                Some(Limit::new(terms).record(key, threshold))
            }
            (Role::Forgiving | Role::Evidence(_), _) => None,
        }
    }
}

/// Forgets a counter of whichever kind: only its place is needed.
fn forget(limit: &LimitPolicy, key: CounterKey) -> Option<Operation> {
    let threshold = match &limit.count {
        Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices) => {
            Some(choices.rest)
        }
        Count::Distinct(_, choices) => Threshold::new(choices.rest.get()),
    };
    threshold.map(|threshold| Limit::new(limit.terms).clear(key, threshold))
}
