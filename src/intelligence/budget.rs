use std::num::NonZeroU32;

use crate::store::{self, Store};
use crate::time::Time;

/// The most lookups a day (UTC), counted for all workers together in shared memory.
#[derive(Clone, Debug)]
pub struct Budget {
    key: Vec<u8>,
    daily: NonZeroU32,
}

impl Budget {
    /// A budget of `daily` lookups. `namespace` keeps plugins apart that share the host's memory.
    #[must_use]
    pub fn new(namespace: &str, daily: NonZeroU32) -> Self {
        Self {
            key: format!("palisade/{namespace}/budget").into_bytes(),
            daily,
        }
    }

    /// Takes one lookup out of today's budget; `false` when none is left, or when it cannot be told.
    #[must_use]
    pub fn take(&self, now: Time, store: &impl Store) -> bool {
        let today = now.day();
        let taken = store::update(store, &self.key, |value| {
            let used = match decode(value) {
                Some((day, used)) if day == today => used,
                _ => 0,
            };
            if used >= self.daily.get() {
                return (None, false);
            }
            (Some(encode(today, used.saturating_add(1))), true)
        });
        taken == Ok(true)
    }
}

fn decode(value: &[u8]) -> Option<(u32, u32)> {
    let (day, used) = value.split_first_chunk::<4>()?;
    let used = used.first_chunk::<4>()?;
    Some((u32::from_le_bytes(*day), u32::from_le_bytes(*used)))
}

fn encode(day: u32, used: u32) -> Vec<u8> {
    [day.to_le_bytes(), used.to_le_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn all_workers_share_one_budget_and_a_new_day_brings_a_new_one() {
        let store = MemoryStore::default();
        let daily = NonZeroU32::new(3).expect("not zero");
        let (one, other) = (Budget::new("a", daily), Budget::new("a", daily));
        let day = Time::from_secs(86_400 * 20_000);
        let taken = [
            one.take(day, &store),
            other.take(day, &store),
            one.take(day, &store),
        ];
        assert_eq!(taken, [true; 3]);
        assert!(!other.take(day, &store));
        assert!(other.take(Time::from_secs(86_400 * 20_001), &store));
    }

    #[test]
    fn plugins_of_other_names_have_budgets_of_their_own() {
        let store = MemoryStore::default();
        let daily = NonZeroU32::MIN;
        let now = Time::from_secs(0);
        assert!(Budget::new("a", daily).take(now, &store));
        assert!(Budget::new("b", daily).take(now, &store));
        assert!(!Budget::new("a", daily).take(now, &store));
    }
}
