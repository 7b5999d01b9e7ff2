//! Lines in nearly the right order -> in the right one: logs have them as requests end, and policies judge them as they
//! begin.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

use palisade::time::Time;

/// How much later than another a line may stand that belongs before it.
const SPAN: Duration = Duration::from_secs(30);
/// The most that wait for those before them.
const MOST: usize = 65_536;
/// Whatever is so far from the line before it is no time of this log, unless the next line agrees.
const FAR: Duration = Duration::from_secs(86_400);

/// Something with its time; of those at the same time the first one goes first.
struct Timed<T> {
    time: Time,
    count: u64,
    item: T,
}

impl<T> PartialEq for Timed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Timed<T> {}

impl<T> PartialOrd for Timed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Timed<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.count).cmp(&(self.time, self.count))
    }
}

/// What waits for its time, the earliest first.
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Timed<T>>,
    count: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            count: 0,
        }
    }
}

impl<T> Agenda<T> {
    /// Adds something for this time.
    pub(super) fn add(&mut self, time: Time, item: T) {
        self.count = self.count.saturating_add(1);
        self.heap.push(Timed {
            time,
            count: self.count,
            item,
        });
    }

    /// What comes first, if its time is not after this one, or too much waits.
    pub(super) fn due(&mut self, now: Time) -> Option<(Time, T)> {
        let first = self.heap.peek()?;
        (first.time <= now || self.heap.len() > MOST).then(|| self.first())?
    }

    /// What comes first.
    pub(super) fn first(&mut self) -> Option<(Time, T)> {
        self.heap.pop().map(|timed| (timed.time, timed.item))
    }

    /// All that waits, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.heap.iter().map(|timed| &timed.item)
    }
}

/// How far a log has come.
#[derive(Debug, Default)]
pub(super) struct Tide {
    newest: Option<Time>,
    astray: Option<Time>,
}

impl Tide {
    /// A line of this time has come; false if that is no time of this log.
    pub(super) fn comes(&mut self, time: Time) -> bool {
        let is_far = |from: Time| time.since(from).max(from.since(time)) > FAR;
        match self.newest {
            Some(newest) if is_far(newest) && self.astray.is_none_or(is_far) => {
                self.astray = Some(time);
                false
            }
            Some(newest) if !is_far(newest) => {
                self.newest = Some(newest.max(time));
                true
            }
            _ => {
                self.newest = Some(time);
                self.astray = None;
                true
            }
        }
    }

    /// Before this time nothing is expected any more.
    pub(super) fn settled(&self) -> Time {
        super::moment::before(self.newest.unwrap_or_default(), SPAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn what_is_nearly_in_order_comes_in_order() {
        let (mut agenda, mut tide, mut came) = (Agenda::default(), Tide::default(), Vec::new());
        for second in [5, 1, 3, 3, 40, 20, 36, 90] {
            assert!(tide.comes(at(second)));
            agenda.add(at(second), second);
            while let Some((_, second)) = agenda.due(tide.settled()) {
                came.push(second);
            }
        }
        assert_eq!(came, [1, 3, 3, 5, 20, 36, 40]);
        assert_eq!(agenda.first().map(|(_, second)| second), Some(90));
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let mut agenda = Agenda::default();
        for second in 0..100_000 {
            agenda.add(at(second), second);
            let _ = agenda.due(at(0));
        }
        assert!(agenda.iter().count() <= MOST + 1);
    }

    #[test]
    fn one_line_of_another_age_moves_nothing() {
        let mut tide = Tide::default();
        assert!(tide.comes(at(100)));
        assert!(!tide.comes(at(100_000_000)));
        assert!(tide.comes(at(101)));
        assert_eq!(tide.settled(), at(71));
        assert!(!tide.comes(at(200_000)));
        assert!(tide.comes(at(200_001)), "the log goes on there");
        assert_eq!(tide.settled(), at(199_971));
    }
}
