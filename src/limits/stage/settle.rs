//! After the application has answered: was it a failure?

use super::news::{News, Shared, Told};
use super::{Counted, Limits};
use crate::decision::{LimitIndex, Signals};
use crate::host::Host;
use crate::identity::account::Account;
use crate::limits::{
    Count, CounterKey, KeyPart, Limit, LimitPolicy, OnSuccess, Operation, Refusals, Scope, Terms,
    Threshold, Window,
};
use crate::principal::Principal;
use crate::response::{JointResult, LoginResult};
use crate::time::Time;

/// A counter that is still to be told what became of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(super) index: LimitIndex,
    pub(super) key: CounterKey,
    pub(super) role: Role,
    /// When an attempt was counted as if it had failed.
    pub(super) reserved: Option<Time>,
    /// Whether that took the last place. That it has failed is told only then: else it breaks no limit, because whoever
    /// took the last place does, and there is nothing more to count.
    pub(super) fills: bool,
    /// What the fleet has counted, if it counts it.
    pub(super) shared: Option<Shared>,
    /// Whether it is the counter of one account for certain: of several, a success says nothing of each.
    pub(super) is_sole: bool,
    /// Whether it is one of several attempts of one request, whose answer tells nothing of each.
    pub(super) is_batch: bool,
}

/// An attempt that was counted, which is taken back if the request has to come again with the answer to a challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    index: LimitIndex,
    key: CounterKey,
    threshold: Threshold,
    at: Time,
    /// Whether the fleet has counted it as well.
    in_fleet: bool,
}

impl Taken {
    /// Of an attempt that this limit let through, by a counter with this quota; `None` where it counts something else,
    /// or whatever comes.
    pub(super) fn of(
        limit: &LimitPolicy,
        index: LimitIndex,
        (key, quota): (CounterKey, u32),
        at: Time,
    ) -> Option<Self> {
        let counts_passed = limit.terms.refusals == Refusals::Ignored;
        let is_taken = counts_passed && matches!(limit.count, Count::Attempts(_));
        is_taken.then_some(Self {
            index,
            key,
            threshold: Threshold::new(quota)?,
            at,
            in_fleet: false,
        })
    }

    /// Whether it was counted by this counter.
    pub(crate) fn is_of(&self, key: CounterKey) -> bool {
        self.key == key
    }

    /// The fleet has counted it as well.
    pub(crate) const fn in_fleet(&mut self) {
        self.in_fleet = true;
    }
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

impl Limits {
    /// Tells the counters what became of the request. What the fleet is to be told.
    pub(crate) fn settle(
        &self,
        open: &[Open],
        (result, forgives): (JointResult, bool),
        now: Time,
        host: &impl Host,
    ) -> Vec<Told> {
        let (mut operations, mut told) = (Vec::new(), Vec::new());
        for open in open {
            let Some(limit) = self.limits.get(open.index.0) else {
                continue;
            };
            operations.extend(open.operation(limit, result, forgives));
            operations.extend(open.fills_fleet(limit, result, now));
            told.extend(open.told(limit, (result, forgives), now));
        }
        self.counters.run(&operations, now, host);
        told
    }

    /// Takes back what was counted of a request that does not go on.
    pub(crate) fn take_back(&self, open: &[Open], now: Time, host: &impl Host) -> Vec<Told> {
        self.settle(open, (JointResult::UNDELIVERED, false), now, host)
    }

    /// Takes attempts back: the same request comes again, and is counted then. What the fleet is to be told.
    pub(crate) fn uncount(&self, taken: &[Taken], now: Time, host: &impl Host) -> Vec<Told> {
        let (mut operations, mut told) = (Vec::with_capacity(taken.len()), Vec::new());
        for taken in taken {
            let Some(limit) = self.limits.get(taken.index.0) else {
                continue;
            };
            let own = Limit::new(limit.terms);
            operations.push(own.give_back(taken.key, taken.threshold, taken.at));
            told.extend(taken.in_fleet.then_some(Told {
                key: taken.key,
                window: limit.terms.window,
                at: taken.at,
                news: News::Fewer([1, 0]),
            }));
        }
        self.counters.run(&operations, now, host);
        told
    }

    /// Forgets what is counted against an account, wherever this can be known: by the account alone, and from where the
    /// principal comes; of one of its devices, and then of all of them together as well.
    pub(crate) fn unlock(
        &self,
        principal: Principal<'_>,
        whose: (&Account, Option<&[u8]>),
        now: Time,
        host: &impl Host,
    ) {
        let mut operations = Vec::new();
        self.each_of_account(principal, whose, |limit, key| {
            operations.extend(forget(limit, key));
        });
        self.counters.run(&operations, now, host);
    }

    /// What the fleet counts of all that.
    pub(crate) fn locked(
        &self,
        principal: Principal<'_>,
        whose: (&Account, Option<&[u8]>),
    ) -> Vec<(CounterKey, Window)> {
        let mut shared = Vec::new();
        self.each_of_account(principal, whose, |limit, key| {
            let counts = !matches!(limit.count, Count::Distinct(..));
            let own = (key, limit.terms.window);
            if counts && limit.terms.scope == Scope::Fleet && !shared.contains(&own) {
                shared.push(own);
            }
        });
        shared
    }

    /// Each counter of an account.
    fn each_of_account(
        &self,
        principal: Principal<'_>,
        (account, device): (&Account, Option<&[u8]>),
        mut each: impl FnMut(&LimitPolicy, CounterKey),
    ) {
        let counted = Counted {
            account: Some(self.counters.keys().account(account)),
            device,
            ..Counted::new(principal, &Signals::NOTHING_KNOWN)
        };
        let all = device.is_some().then(|| counted.on_any_device());
        for counted in std::iter::once(counted).chain(all) {
            for route in &self.routes {
                for index in &route.limits {
                    let found = self.limits.get(index.0).zip(self.ids.get(index.0));
                    let found = found.filter(|(limit, _)| limit.has(KeyPart::Account));
                    let key = found.and_then(|(limit, ids)| {
                        Some((limit, self.key(ids.own, limit, &route.name, &counted)?))
                    });
                    if let Some((limit, key)) = key {
                        each(limit, key);
                    }
                }
            }
        }
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
        let strictest = match result.strictest {
            LoginResult::Success if self.is_batch => LoginResult::Neither,
            strictest => strictest,
        };
        match (self.role, strictest) {
            (_, LoginResult::Success) if forgives => forget(limit, key),
            (Role::Failures(threshold), _) if result.counts => match self.reserved {
                Some(_) => self.confirm(own, threshold),
                None => Some(own.record(key, threshold)),
            },
            // It may have been a failure: what was reserved stays.
            (Role::Failures(threshold), LoginResult::Unreadable | LoginResult::Neither) => {
                self.confirm(own, threshold)
            }
            // What was right is no guess, though it may not be over yet; the application's lock only where the operator
            // says so.
            (Role::Failures(threshold), _) => self
                .reserved
                .map(|taken_at| own.give_back(key, threshold, taken_at)),
            (Role::Successes(threshold), _) => match (self.reserved, result.may_succeed) {
                (Some(_), true) => self.confirm(own, threshold),
                (Some(taken_at), false) => Some(own.give_back(key, threshold, taken_at)),
                // It went on although it could not be counted, or is only monitored.
                (None, true) if result.strictest == LoginResult::Success => {
                    Some(own.record(key, threshold))
                }
                (None, _) => None,
            },
            (Role::Evidence(threshold), _) if result.counts => {
                let terms = Terms::new(limit.terms.window);
                Some(Limit::new(terms).record(key, threshold))
            }
            (Role::Forgiving | Role::Evidence(_), _) => None,
        }
    }

    /// What was reserved stays counted.
    fn confirm(&self, own: Limit, threshold: Threshold) -> Option<Operation> {
        let tells = self.reserved.is_some() && self.fills;
        tells.then(|| own.confirm(self.key, threshold))
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
