//! The most lookups a day, and the share of them that one network has.

use std::num::NonZeroU32;
use std::time::Duration;

use super::provider::FailureReason;
use crate::address::{ClientAddress, PrefixLengths};
use crate::limits::{Answer, Cause, CounterKey, Keys, Limit, Table, Terms, Threshold, Window};
use crate::store::{self, Store};
use crate::time::Time;

/// One network has less than this part of what is left of the day, and one lookup as long as there are any.
const PART: u32 = 8;

/// This part of the day is kept for addresses of which nothing is known.
const KEPT_FOR_NEW: u32 = 4;

const DAY: Duration = Duration::from_secs(86_400);

/// The most lookups a day (UTC), counted for all workers together in shared memory; those of one network stand among
/// the counters of limits.
#[derive(Clone, Debug)]
pub struct Budget {
    key: Vec<u8>,
    daily: NonZeroU32,
    counters: Table,
    keys: Keys,
}

/// What a lookup is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing that may still be used is known of the address.
    New,
    /// What is known is used meanwhile.
    Refresh,
}

/// A lookup that has been taken out of the budget.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    network: CounterKey,
    share: Threshold,
    at: Time,
}

impl Budget {
    /// A budget of `daily` lookups. `namespace` keeps plugins apart that share the host's memory, `counters` is what
    /// limits take of it, and `secret` keys who is counted, the same in all workers.
    #[must_use]
    pub fn new(
        namespace: &str,
        daily: NonZeroU32,
        counters: store::Budget,
        secret: [u8; 16],
    ) -> Self {
        Self {
            key: format!("palisade/{namespace}/budget").into_bytes(),
            daily,
            counters: Table::new(namespace, counters),
            keys: Keys::new(secret),
        }
    }

    /// Takes one lookup of `client` out of today's budget.
    ///
    /// # Errors
    /// [`FailureReason::BudgetExhausted`] when none is left for such a need, or when it cannot be told;
    /// [`FailureReason::OverShare`] when its network has had its share.
    pub fn take(
        &self,
        need: Need,
        client: ClientAddress,
        now: Time,
        store: &impl Store,
    ) -> Result<Charge, FailureReason> {
        let today = now.day();
        let left = self.left(now, store);
        let kept = match need {
            Need::New => 0,
            Need::Refresh => self.daily.get() / KEPT_FOR_NEW,
        };
        let charge = self
            .charge(left.saturating_sub(kept), client, now)
            .ok_or(FailureReason::BudgetExhausted)?;
        let limit = limit().ok_or(FailureReason::BudgetExhausted)?;
        let own = limit.take(charge.network, charge.share);
        match self.counters.run(&own, now, store).answer {
            Answer::Allowed(_) | Answer::AllowedUncounted => {}
            Answer::Refused {
                cause: Cause::Uncounted,
                ..
            } => return Err(FailureReason::BudgetExhausted),
            Answer::Refused { .. } => return Err(FailureReason::OverShare),
        }
        let one_more = |used: u32, daily: u32| (used < daily).then(|| used.saturating_add(1));
        if self.change(today, one_more, store) {
            return Ok(charge);
        }
        self.give_back_share(charge, now, store);
        Err(FailureReason::BudgetExhausted)
    }

    /// How many lookups are left today, whatever for.
    pub(super) fn left(&self, now: Time, store: &impl Store) -> u32 {
        let value = store.get(&self.key).map(|(value, _)| value);
        let used = used(value.as_deref().unwrap_or_default(), now.day());
        self.daily.get().saturating_sub(used)
    }

    /// The API was not asked after all.
    pub fn give_back(&self, charge: Charge, now: Time, store: &impl Store) {
        // Should others write all the time, one lookup less is made today.
        self.change(charge.at.day(), |used, _| used.checked_sub(1), store);
        self.give_back_share(charge, now, store);
    }

    fn give_back_share(&self, charge: Charge, now: Time, store: &impl Store) {
        if let Some(limit) = limit() {
            let back = limit.give_back(charge.network, charge.share, charge.at);
            self.counters.run(&back, now, store);
        }
    }

    /// Changes how many of the day's lookups are used, unless `next` finds nothing to change. Whether that is done.
    fn change(&self, day: u32, next: fn(u32, u32) -> Option<u32>, store: &impl Store) -> bool {
        let changed = store::update(store, &self.key, |value| {
            let next = next(used(value, day), self.daily.get());
            (next.map(|used| encode(day, used)), next.is_some())
        });
        changed == Ok(true)
    }

    /// What a lookup of `client` is counted by, while `left` are left; `None` when none is.
    fn charge(&self, left: u32, client: ClientAddress, now: Time) -> Option<Charge> {
        let share = Threshold::new(left.div_ceil(PART).min(Threshold::MAX))?;
        // Each day has counters of its own. No limit is called so: names have no spaces.
        let id = self
            .keys
            .limit("lookups of a day", &[&now.day().to_be_bytes()]);
        let network = client.prefix(PrefixLengths::SITE).to_bytes();
        Some(Charge {
            network: self.keys.lone_counter(id, &[&network]),
            share,
            at: now,
        })
    }
}

fn limit() -> Option<Limit> {
    Some(Limit::new(Terms::new(Window::new(DAY)?)))
}

/// How many lookups of a day are used, by what is stored; of another day than that, none.
fn used(value: &[u8], today: u32) -> u32 {
    let read = || {
        let (day, used) = value.split_first_chunk::<4>()?;
        let used = used.first_chunk::<4>()?;
        (u32::from_le_bytes(*day) == today).then(|| u32::from_le_bytes(*used))
    };
    read().unwrap_or_default()
}

fn encode(day: u32, used: u32) -> Vec<u8> {
    [day.to_le_bytes(), used.to_le_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    const SPENT: FailureReason = FailureReason::BudgetExhausted;

    fn budget(namespace: &str, daily: u32) -> Budget {
        let daily = NonZeroU32::new(daily).expect("not zero");
        Budget::new(namespace, daily, store::Budget::COUNTERS, [7; 16])
    }

    fn client(text: &str) -> ClientAddress {
        ClientAddress::parse(text.as_bytes()).expect(text)
    }

    fn day(number: u64) -> Time {
        Time::from_secs(86_400 * number)
    }

    /// Takes a lookup for a client in the network of this number.
    fn take(
        budget: &Budget,
        network: u32,
        now: Time,
        store: &MemoryStore,
    ) -> Result<(), FailureReason> {
        let client = client(&format!("11.0.{network}.1"));
        budget.take(Need::New, client, now, store).map(|_| ())
    }

    #[test]
    fn all_workers_share_one_budget_and_a_new_day_brings_a_new_one() {
        let store = MemoryStore::default();
        let (one, other) = (budget("a", 3), budget("a", 3));
        let today = day(20_000);
        assert_eq!(take(&one, 1, today, &store), Ok(()));
        assert_eq!(take(&other, 2, today, &store), Ok(()));
        assert_eq!(take(&one, 3, today, &store), Ok(()));
        assert_eq!(take(&other, 4, today, &store), Err(SPENT));
        assert_eq!(take(&other, 1, day(20_001), &store), Ok(()));
    }

    #[test]
    fn plugins_of_other_names_have_budgets_of_their_own() {
        let store = MemoryStore::default();
        assert_eq!(take(&budget("a", 1), 1, day(1), &store), Ok(()));
        assert_eq!(take(&budget("b", 1), 1, day(1), &store), Ok(()));
        assert_eq!(take(&budget("a", 1), 1, day(1), &store), Err(SPENT));
    }

    /// How many lookups a network gets that asks for a hundred, each for another of its own networks.
    fn spend(budget: &Budget, network: impl Fn(usize) -> String, store: &MemoryStore) -> usize {
        let take = |number| budget.take(Need::New, client(&network(number)), day(1), store);
        (0..100).filter(|number| take(*number).is_ok()).count()
    }

    #[test]
    fn each_network_has_an_eighth_of_what_is_left() {
        let (budget, store) = (budget("a", 90), MemoryStore::default());
        let rented = |number: usize| format!("2600:db00:1:{number:x}::1");
        assert_eq!(spend(&budget, rented, &store), 10);
        let of_ipv4 = |number: usize| format!("11.0.0.{number}");
        assert_eq!(spend(&budget, of_ipv4, &store), 9);
        let networks = (1..100).map(|network| {
            let many = spend(&budget, |number| format!("11.0.{network}.{number}"), &store);
            (many > 0).then_some(many)
        });
        let shares: Vec<usize> = networks.map_while(|many| many).collect();
        assert_eq!(shares.iter().sum::<usize>(), 90 - 10 - 9);
        assert!(shares.len() > 20, "{shares:?}");
    }

    #[test]
    fn the_last_quarter_is_for_addresses_of_which_nothing_is_known() {
        let (budget, store) = (budget("a", 40), MemoryStore::default());
        let mut refreshed = 0;
        for network in 0..200 {
            let client = client(&format!("11.0.{network}.1"));
            let outcome = budget.take(Need::Refresh, client, day(1), &store);
            refreshed += u32::from(outcome.is_ok());
        }
        assert_eq!(refreshed, 30);
        assert_eq!(take(&budget, 201, day(1), &store), Ok(()));
    }

    #[test]
    fn what_was_not_asked_is_given_back() {
        let (budget, store) = (budget("a", 1), MemoryStore::default());
        for _ in 0..20 {
            let charge = budget.take(Need::New, client("11.0.0.1"), day(1), &store);
            budget.give_back(charge.expect("a lookup"), day(1), &store);
        }
        assert_eq!(take(&budget, 0, day(1), &store), Ok(()));
        assert_eq!(take(&budget, 0, day(1), &store), Err(SPENT));
    }
}
