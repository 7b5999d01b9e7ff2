//! Who comes most often, in bounded memory.

use std::collections::HashMap;

use serde::Serialize;

/// How many are told apart; when there are more, the rarer half is forgotten.
const MOST: usize = 4_096;

/// Somebody who comes often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Frequent {
    /// Who.
    pub(super) name: String,
    /// How often at least.
    pub(super) count: u64,
    /// How much more it may have been before it was remembered.
    pub(super) uncertain: u64,
}

/// Counts by name. Whoever comes more often than all that was forgotten of anybody is surely among them.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    counts: HashMap<String, (u64, u64)>,
    /// The most that was forgotten of anybody.
    forgotten: u64,
}

impl Sketch {
    /// Counts one.
    pub(super) fn add(&mut self, name: &str) {
        if let Some((count, _)) = self.counts.get_mut(name) {
            *count = count.saturating_add(1);
            return;
        }
        if self.counts.len() >= MOST {
            self.forget();
        }
        self.counts.insert(name.to_owned(), (1, self.forgotten));
    }

    fn forget(&mut self) {
        let whole = |(count, uncertain): &(u64, u64)| count.saturating_add(*uncertain);
        let mut all: Vec<u64> = self.counts.values().map(whole).collect();
        let middle = all.len() / 2;
        let (_, median, _) = all.select_nth_unstable(middle);
        let least = *median;
        self.counts.retain(|_, count| whole(count) > least);
        self.forgotten = self.forgotten.max(least);
    }

    /// The most frequent ones.
    pub(super) fn top(&self, most: usize) -> Vec<Frequent> {
        let all = self
            .counts
            .iter()
            .map(|(name, (count, uncertain))| Frequent {
                name: name.clone(),
                count: *count,
                uncertain: *uncertain,
            });
        let mut all: Vec<Frequent> = all.collect();
        all.sort_by(|one, other| (other.count, &one.name).cmp(&(one.count, &other.name)));
        all.truncate(most);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_often_is_found_among_any_number_of_others() {
        let mut sketch = Sketch::default();
        for number in 0..200_000 {
            sketch.add(&format!("other-{number}"));
            if number % 20 == 0 {
                sketch.add("often");
            }
        }
        let top = sketch.top(1);
        assert_eq!(top[0].name, "often");
        assert!(top[0].count + top[0].uncertain >= 10_000, "{top:?}");
        assert!(sketch.counts.len() <= MOST);
    }

    #[test]
    fn few_are_counted_exactly_and_ordered() {
        let mut sketch = Sketch::default();
        for name in ["b", "a", "c", "c", "a"] {
            sketch.add(name);
        }
        let top: Vec<(String, u64)> = sketch
            .top(2)
            .into_iter()
            .map(|one| (one.name, one.count))
            .collect();
        assert_eq!(top, [("a".to_owned(), 2), ("c".to_owned(), 2)]);
    }
}
