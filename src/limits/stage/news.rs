//! What the fleet counts of a limit, and is told of it.

use super::Excess;
use crate::decision::LimitIndex;
use crate::limits::{CounterKey, Threshold, ValueHash, Window};
use crate::time::Time;

/// How something is counted in the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Each request, for good.
    Attempts,
    /// Each request, until it turns out not to be one of those that count.
    Reserved,
    /// What has been counted; the request itself counts afterwards, if it does.
    Watched,
    /// Different values, of which the request has this one.
    Distinct(ValueHash),
}

/// What the fleet is asked about one counter.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    /// The counter.
    pub(crate) key: CounterKey,
    /// How far it looks back.
    pub(crate) window: Window,
    /// How it counts.
    pub(crate) counting: Counting,
    /// How many attempts the request makes.
    pub(crate) hits: u32,
    /// When they were counted here.
    pub(crate) at: Time,
    /// Whether the request waits for what the fleet says.
    pub(crate) waits: bool,
    /// Whether the account must be known to count it.
    pub(crate) of_account: bool,
    pub(super) index: LimitIndex,
    pub(super) threshold: Threshold,
    /// What it exceeds, if it is too many.
    pub(super) excess: Vec<Excess>,
    pub(super) is_enforced: bool,
    pub(super) is_spared: bool,
    pub(super) is_near: bool,
}

/// What is known of a counter of the fleet while the application answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(super) window: Window,
    pub(super) at: Time,
    pub(super) counting: Counting,
    /// How much it had counted; `None` where the fleet may have counted and has not said so.
    pub(super) counted: Option<[u32; 2]>,
    /// If one more makes it full: until when it is.
    pub(super) full_until: Option<Time>,
}

/// What the fleet is told of a counter, in the step of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The counter.
    pub(crate) key: CounterKey,
    /// Its window.
    pub(crate) window: Window,
    /// When what it is told of was counted.
    pub(crate) at: Time,
    /// What it is told.
    pub(crate) news: News,
}

/// What the fleet is told of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// So many more.
    More(u32),
    /// So many fewer in this step and in the one before.
    Fewer([u32; 2]),
}
