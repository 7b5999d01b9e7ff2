//! What happens when on the virtual clock: what follows from a request is kept until it is due.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use palisade::time::Time;

/// The most that may be due at once; whoever comes then does not come again.
const MOST: usize = 1 << 20;

struct Due<J> {
    at: Time,
    /// Of two at one time, the one that was put there first.
    number: u64,
    job: J,
}

impl<J> PartialEq for Due<J> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<J> Eq for Due<J> {}

impl<J> PartialOrd for Due<J> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<J> Ord for Due<J> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What is due later.
pub(super) struct Agenda<J> {
    due: BinaryHeap<Reverse<Due<J>>>,
    count: u64,
}

impl<J> Default for Agenda<J> {
    fn default() -> Self {
        Self {
            due: BinaryHeap::new(),
            count: 0,
        }
    }
}

impl<J> Agenda<J> {
    /// Puts something there. Whether there was room for it.
    pub(super) fn put(&mut self, at: Time, job: J) -> bool {
        let has_room = self.due.len() < MOST;
        if has_room {
            self.count = self.count.wrapping_add(1);
            let number = self.count;
            self.due.push(Reverse(Due { at, number, job }));
        }
        has_room
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    /// The next one.
    pub(super) fn take(&mut self) -> Option<(Time, J)> {
        self.due.pop().map(|Reverse(due)| (due.at, due.job))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_else_what_was_put_first() {
        let mut agenda = Agenda::default();
        for (second, name) in [(5, "c"), (1, "a"), (5, "d"), (2, "b")] {
            assert!(agenda.put(Time::from_secs(second), name));
        }
        let order: Vec<&str> = std::iter::from_fn(|| agenda.take().map(|(_, name)| name)).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }
}
