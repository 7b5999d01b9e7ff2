//! Limits that are exceeded, and values that depend on conditions.

use std::time::Duration;

use super::{About, Action, Condition, Mode, Signals, Truth};

/// The position of a limit in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitIndex(pub usize);

/// What follows when a limit is exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRule {
    /// The name in metrics and logs, and the reason code.
    pub name: String,
    /// What follows; [`Action::Allow`] only tells the application.
    pub then: Action,
    /// Whether it does follow.
    pub mode: Mode,
    /// What the client is told; else a sentence that fits the action.
    pub message: Option<String>,
    /// The HTTP status of a refusal; else 429 for [`Action::Limit`] and 403 for all others.
    pub status: Option<u16>,
    /// Whether the client is told how much is left and when to come back. Not where accounts are counted: nobody
    /// is to learn from us which ones are under attack.
    pub tells_quota: bool,
}

/// A limit that a request exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded<'p> {
    /// The limit.
    pub index: LimitIndex,
    /// What follows.
    pub rule: &'p LimitRule,
    /// When it is worth trying again.
    pub retry_after: Duration,
    /// How many are counted.
    pub count: u32,
    /// How many go through in a window.
    pub quota: u32,
    /// The window.
    pub window: Duration,
    /// Whose accounts or sessions are counted, where they are.
    pub about: About,
}

/// A value that depends on conditions: the first that holds decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices<T> {
    /// The conditions, in order.
    pub choices: Vec<(Condition, T)>,
    /// What holds when none does.
    pub rest: T,
}

impl<T: Copy> Choices<T> {
    /// The value for a request. A condition of which nobody knows whether it holds does not.
    #[must_use]
    pub fn choose(&self, signals: &Signals) -> T {
        self.choices
            .iter()
            .find(|(condition, _)| condition.test(signals) == Truth::True)
            .map_or(self.rest, |(_, value)| *value)
    }

    /// The conditions, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.choices.iter().map(|(condition, _)| condition)
    }

    /// Every value that a request may get.
    pub fn values(&self) -> impl Iterator<Item = T> {
        self.choices
            .iter()
            .map(|(_, value)| *value)
            .chain([self.rest])
    }
}
