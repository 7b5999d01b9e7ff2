use super::Record;

/// What became of a record that was put into a full or partly full set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It took a free place, or that of its own predecessor.
    Stored,
    /// It took the place of one that was of no use any more.
    ReplacedExpired,
    /// It took the place of one that still was.
    EvictedLive,
}

/// Where to put `record` in a set of `ways` places of which `stored` are taken: on its predecessor, else into a free place, else on
/// one that is of no use any more, else on the one that matters least.
///
/// `worth` says how much a stored record matters; among equals the one that expires first goes.
pub(super) fn place<'r, W: Ord>(
    stored: impl Iterator<Item = Option<&'r Record>> + Clone,
    record: &Record,
    now: u32,
    worth: impl Fn(usize, &Record) -> W,
) -> Option<(usize, Placement)> {
    let position = |wanted: &dyn Fn(Option<&Record>) -> bool| stored.clone().position(wanted);
    if let Some(at) = position(&|old| old.is_some_and(|old| old.prefix == record.prefix)) {
        return Some((at, Placement::Stored));
    }
    if let Some(at) = position(&|old| old.is_none()) {
        return Some((at, Placement::Stored));
    }
    if let Some(at) = position(&|old| old.is_some_and(|old| old.of_use_until() <= now)) {
        return Some((at, Placement::ReplacedExpired));
    }
    stored
        .enumerate()
        .filter_map(|(at, old)| Some((at, old?)))
        .min_by_key(|(at, old)| (worth(*at, old), old.flags_until))
        .map(|(at, _)| (at, Placement::EvictedLive))
}
