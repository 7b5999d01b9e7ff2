//! How much one address and one network can have done for them.

use std::time::Duration;

use super::{Answer, CounterKey, Counters, Limit, Operation, Terms, Threshold, Window};
use crate::address::{ClientAddress, PrefixLengths};
use crate::host::Host;
use crate::time::Time;

/// How far back is counted.
const MEMORY: Duration = Duration::from_secs(600);

/// How much of something one network can have done for it within ten minutes, and one address half of that: nobody
/// spends what belongs to all that share his network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FairShare {
    /// What is counted.
    purpose: &'static str,
    /// How many of it are too many for one network.
    most: u32,
}

/// Whom a share belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party {
    /// The address, or the /64 of IPv6, and its network: an operator may say a wider one.
    prefixes: [[u8; 17]; 2],
    /// Whether a page of another site, or what a page embeds, may have had its browser ask: that is counted by itself,
    /// so that nobody spends the share of visitors.
    unasked: bool,
}

/// What has been taken out of a share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taking {
    outcome: [TakenFrom; 2],
    at: Time,
}

#[derive(Clone, Copy, Debug)]
struct TakenFrom {
    key: CounterKey,
    most: Threshold,
}

impl FairShare {
    pub(crate) const fn new(purpose: &'static str, most: u32) -> Self {
        Self { purpose, most }
    }
}

impl Party {
    fn new(client: ClientAddress, subnet: PrefixLengths, unasked: bool) -> Self {
        let network = PrefixLengths::SITE.at_most(subnet);
        let address = PrefixLengths::default();
        let bytes = |lengths| client.prefix(lengths).to_bytes();
        Self {
            prefixes: [address, network].map(bytes),
            unasked,
        }
    }
}

impl Counters {
    /// Whom a share belongs to; `None` where the host tells no address.
    pub(crate) fn party(&self, client: Option<ClientAddress>, unasked: bool) -> Option<Party> {
        client.map(|client| Party::new(client, self.subnet(), unasked))
    }

    /// Takes one out of the share of `client`, if there is one. Whether it had anything left.
    pub(crate) fn has_share(
        &self,
        share: FairShare,
        (client, unasked): (Option<ClientAddress>, bool),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let party = self.party(client, unasked);
        party.is_none_or(|party| self.charge(share, &party, now, host).is_some())
    }

    /// Takes one out of a party's share, of its address first; `None` when that or its network has had it.
    pub(crate) fn charge(
        &self,
        share: FairShare,
        party: &Party,
        now: Time,
        host: &impl Host,
    ) -> Option<Taking> {
        let limit = limit()?;
        let [address, network] = self.share_keys(share.purpose, party, party.unasked);
        let outcome = [(address, share.most / 2), (network, share.most)];
        let [address, network] = outcome.map(|(key, most)| {
            let most = Threshold::new(most.clamp(1, Threshold::MAX))?;
            Some(TakenFrom { key, most })
        });
        let charge = Taking {
            outcome: [address?, network?],
            at: now,
        };
        let operations = charge
            .outcome
            .map(|outcome| limit.take(outcome.key, outcome.most));
        let answers = self.run(&operations, now, host);
        let mut allowed = answers
            .iter()
            .map(|answer| answer.is_some_and(|outcome| outcome.is_allowed()));
        match (allowed.next(), allowed.next()) {
            (Some(true), Some(true)) => Some(charge),
            (Some(true), _) => {
                let [address, _] = charge.back(limit);
                self.run(&[address], now, host);
                None
            }
            _ => None,
        }
    }

    /// Gives back what was not done after all.
    pub(crate) fn give_back(&self, charge: &Taking, now: Time, host: &impl Host) {
        if let Some(limit) = limit() {
            self.run(&charge.back(limit), now, host);
        }
    }

    /// Counts one more of what a party has had done, and tells how many went before it: of its address, and of its
    /// network. What is unasked counts for nobody else, but to what is unasked all counts.
    pub(crate) fn repetition(
        &self,
        purpose: &str,
        party: &Party,
        now: Time,
        host: &impl Host,
    ) -> [u32; 2] {
        let (Some(limit), Some(window)) = (limit(), Window::new(MEMORY)) else {
            return [0; 2];
        };
        let Some(most) = Threshold::new(Threshold::MAX) else {
            return [0; 2];
        };
        let keys = self.share_keys(purpose, party, party.unasked);
        let operations = keys.map(|key| limit.take(key, most));
        let outcome = self.run(&operations, now, host);
        let mut before = outcome.into_iter().map(|outcome| match outcome?.answer {
            Answer::Allowed(quota) => {
                Some(most.get().saturating_sub(quota.remaining).saturating_sub(1))
            }
            _ => None,
        });
        let counts = [before.next(), before.next()].map(|count| count.flatten().unwrap_or(0));
        if !party.unasked {
            return counts;
        }
        let [address, network] = counts;
        let own = self.share_keys(purpose, party, false);
        let [by_address, by_network] = own.map(|key| {
            let [count] = self.counted([key], window, now, host);
            count
        });
        [
            address.saturating_add(by_address),
            network.saturating_add(by_network),
        ]
    }

    fn share_keys(&self, purpose: &str, party: &Party, unasked: bool) -> [CounterKey; 2] {
        let window = MEMORY.as_nanos().to_be_bytes();
        let whose: &[u8] = if unasked { b"unasked" } else { b"own" };
        let id = self
            .keys()
            .limit(purpose, &[b"share of a network", whose, &window]);
        party
            .prefixes
            .map(|prefix| self.keys().lone_counter(id, &[&prefix]))
    }
}

impl Taking {
    fn back(&self, limit: Limit) -> [Operation; 2] {
        let at = self.at;
        self.outcome
            .map(|outcome| limit.give_back(outcome.key, outcome.most, at))
    }
}

fn limit() -> Option<Limit> {
    Some(Limit::new(Terms::new(Window::new(MEMORY)?)))
}
