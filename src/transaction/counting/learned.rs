//! The share of failed logins per autonomous system.

use super::Counting;
use crate::address::PrefixLengths;
use crate::decision::FailureRate;
use crate::host::Host;
use crate::identity::account::Account;
use crate::intelligence::Asn;
use crate::limits::AsnFailures;
use crate::limits::{CounterKey, Keys, Limit, LimitId, Operation, Taken, Terms};
use crate::response::LoginResult;
use crate::store::Written;
use crate::telemetry::{Event, SampleResult};
use crate::time::Time;
use crate::transaction::judged::Judged;

/// The counters of the rates.
#[derive(Debug)]
pub(super) struct AsnCounters {
    settings: AsnFailures,
    failures: Ids,
    successes: Ids,
}

/// The counters of one kind of answer.
#[derive(Clone, Copy, Debug)]
struct Ids {
    asn: LimitId,
    network: LimitId,
    account: LimitId,
}

/// Where a login comes from whose answer counts.
#[derive(Debug)]
pub(in crate::transaction) struct Sample {
    asn: Asn,
    network: [u8; 17],
    account: Option<Account>,
}

impl Sample {
    /// What is to be remembered of a request; `None` when its address or autonomous system is not known.
    pub(in crate::transaction) fn of(judged: &Judged) -> Option<Box<Self>> {
        let client = judged.subject.client?;
        Some(Box::new(Self {
            asn: judged.signals.reputation.network.asn?,
            network: client.prefix(PrefixLengths::SITE).to_bytes(),
            account: judged
                .account
                .owners()
                .first()
                .map(|owner| owner.account.clone()),
        }))
    }
}

impl AsnCounters {
    pub(super) fn new(settings: AsnFailures, keys: &Keys) -> Self {
        let window = settings.window.get().as_nanos().to_be_bytes();
        // No limit is called so: names have no spaces.
        let id = |result: &[u8], of: &[u8]| keys.limit("asn failures", &[result, of, &window]);
        let ids = |result: &[u8]| Ids {
            asn: id(result, b"asn"),
            network: id(result, b"network"),
            account: id(result, b"account"),
        };
        Self {
            settings,
            failures: ids(b"failure"),
            successes: ids(b"success"),
        }
    }
}

impl Counting {
    /// The share of failed logins of an autonomous system; `None` below the least number of samples. One read.
    pub(in crate::transaction) fn failure_rate(
        &self,
        asn: Asn,
        now: Time,
        host: &impl Host,
    ) -> Option<FailureRate> {
        let counters = self.asns.as_ref()?;
        let keys = [counters.failures, counters.successes].map(|ids| self.of_asn(ids, asn));
        let settings = counters.settings;
        let [failures, successes] = self.table.counted(keys, settings.window, now, host);
        FailureRate::of(failures, successes, settings.min_samples.get())
    }

    /// Counts a login for its autonomous system, unless its network or its account has had its share.
    pub(in crate::transaction) fn learn(
        &self,
        sample: &Sample,
        result: LoginResult,
        now: Time,
        host: &impl Host,
    ) {
        let Some(counters) = &self.asns else {
            return;
        };
        let ids = match result {
            LoginResult::Failure => counters.failures,
            LoginResult::Success => counters.successes,
            LoginResult::Neither | LoginResult::Unreadable | LoginResult::Undelivered => return,
        };
        let AsnFailures {
            window,
            min_samples,
        } = counters.settings;
        let limit = Limit::new(Terms::new(window));
        // An account that is hammered uses up the share of no network.
        let account = sample
            .account
            .as_ref()
            .map(|account| self.in_home(ids.account, b"account", account.as_bytes()));
        let network = self.in_home(ids.network, b"network", &sample.network);
        let share = counters.settings.share();
        let shares = account.into_iter().chain([network]);
        let mut operations: Vec<Operation> = shares.map(|key| limit.take(key, share)).collect();
        operations.push(limit.record(self.of_asn(ids, sample.asn), min_samples));
        let taken = self.run(&operations, now, host);
        let lost = |taken: &Taken| matches!(taken.written, Written::GaveUp | Written::Unavailable);
        // What was lost has been counted as such.
        if taken.iter().flatten().next_back().is_some_and(lost) {
            return;
        }
        host.meter(Event::AsnSample(match taken.last() {
            Some(Some(_)) => SampleResult::Counted,
            _ => SampleResult::OverShare,
        }));
    }

    /// Both counters of an autonomous system stand together.
    fn of_asn(&self, ids: Ids, asn: Asn) -> CounterKey {
        self.in_home(ids.asn, b"asn", &asn.get().to_be_bytes())
    }

    /// Where the limits' own counters of the same account or network stand.
    fn in_home(&self, id: LimitId, kind: &[u8], name: &[u8]) -> CounterKey {
        let home = self.keys.home([kind, name]);
        self.keys.counter(id, home, [name])
    }
}

#[cfg(test)]
mod tests;
