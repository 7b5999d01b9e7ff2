//! The share of failed logins per autonomous system.

use super::{
    AsnFailures, CounterKey, Counters, Keys, Limit, LimitId, LimitOutcome, Operation, Terms,
};
use crate::address::{ClientAddress, PrefixLengths};
use crate::decision::FailureRate;
use crate::host::Host;
use crate::identity::account::Account;
use crate::intelligence::Asn;
use crate::response::LoginResult;
use crate::store::Written;
use crate::telemetry::{Event, SampleResult};
use crate::time::Time;

/// The shares of failed logins of all autonomous systems, as they are learnt.
#[derive(Debug)]
pub(crate) struct AsnRates {
    counters: Counters,
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
pub(crate) struct Sample {
    asn: Asn,
    network: [u8; 17],
    account: Option<Account>,
}

impl Sample {
    /// What is to be remembered of a request; `None` when its address or autonomous system is not known.
    pub(crate) fn of(
        client: Option<ClientAddress>,
        asn: Option<Asn>,
        account: Option<&Account>,
    ) -> Option<Box<Self>> {
        Some(Box::new(Self {
            asn: asn?,
            network: client?.prefix(PrefixLengths::SITE).to_bytes(),
            account: account.cloned(),
        }))
    }
}

impl AsnRates {
    /// The rates that are learnt with these settings, in these counters.
    pub(crate) fn new(settings: AsnFailures, counters: Counters) -> Self {
        let window = settings.window.get().as_nanos().to_be_bytes();
        // No limit is called so: names have no spaces.
        let id = |keys: &Keys, result: &[u8], of: &[u8]| {
            keys.limit("asn failures", &[result, of, &window])
        };
        let ids = |result: &[u8]| Ids {
            asn: id(counters.keys(), result, b"asn"),
            network: id(counters.keys(), result, b"network"),
            account: id(counters.keys(), result, b"account"),
        };
        Self {
            settings,
            failures: ids(b"failure"),
            successes: ids(b"success"),
            counters,
        }
    }

    /// The share of failed logins of an autonomous system; `None` below the least number of samples. One read.
    pub(crate) fn failure_rate(
        &self,
        asn: Asn,
        now: Time,
        host: &impl Host,
    ) -> Option<FailureRate> {
        let keys = [self.failures, self.successes].map(|ids| self.of_asn(ids, asn));
        let settings = self.settings;
        let [failures, successes] = self.counters.counted(keys, settings.window, now, host);
        FailureRate::of(failures, successes, settings.min_samples.get())
    }

    /// Counts a login for its autonomous system, unless its network or its account has had its share.
    pub(crate) fn learn(&self, sample: &Sample, result: LoginResult, now: Time, host: &impl Host) {
        let ids = match result {
            LoginResult::Failure => self.failures,
            LoginResult::Success => self.successes,
            LoginResult::NextStep
            | LoginResult::Locked
            | LoginResult::Neither
            | LoginResult::Unreadable
            | LoginResult::Undelivered => return,
        };
        let AsnFailures {
            window,
            min_samples,
        } = self.settings;
        let limit = Limit::new(Terms::new(window));
        let counters = &self.counters;
        // An account that is hammered uses up the share of no network.
        let account = sample
            .account
            .as_ref()
            .map(|account| counters.keys().account(account))
            .map(|mark| counters.beside(ids.account, b"account", mark.as_bytes()));
        let network = counters.beside(ids.network, b"network", &sample.network);
        let share = self.settings.share();
        let shares = account.into_iter().chain([network]);
        let mut operations: Vec<Operation> = shares.map(|key| limit.take(key, share)).collect();
        operations.push(limit.record(self.of_asn(ids, sample.asn), min_samples));
        let outcome = counters.run(&operations, now, host);
        let lost = |outcome: &LimitOutcome| {
            matches!(outcome.written, Written::GaveUp | Written::Unavailable)
        };
        // What was lost has been counted as such.
        if outcome.iter().flatten().next_back().is_some_and(lost) {
            return;
        }
        host.meter(Event::AsnSample(match outcome.last() {
            Some(Some(_)) => SampleResult::Counted,
            _ => SampleResult::OverShare,
        }));
    }

    /// Both counters of an autonomous system stand together.
    fn of_asn(&self, ids: Ids, asn: Asn) -> CounterKey {
        self.counters
            .beside(ids.asn, b"asn", &asn.get().to_be_bytes())
    }
}

#[cfg(test)]
mod tests;
