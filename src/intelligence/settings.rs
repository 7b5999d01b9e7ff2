use std::num::NonZeroU32;

use super::LibrarySettings;
use super::cache::Lifetimes;

/// The API and what is kept of its answers.
#[derive(Clone, Debug)]
pub struct Intelligence {
    /// How it is asked.
    pub library: LibrarySettings,
    /// How long answers are kept.
    pub lifetimes: Lifetimes,
    /// How many addresses are kept, on each level.
    pub entries: usize,
    /// The most lookups a day.
    pub daily_budget: Option<NonZeroU32>,
    /// Names how answers are read: records that were kept under another one are not used.
    pub fingerprint: u64,
}

/// Whether and how an address is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The request waits for the answer.
    Inline,
    /// The answer comes later, and may revoke the session.
    Background,
    /// The session's first request waits for the answer.
    Session,
    /// Not at all.
    Off,
}
