//! Signals -> score -> rules -> verdict.
//!
//! Logic here has three values. A rule about something that nobody knows is neither true nor false;
//! before the lookup that means "ask", after it the rule does not match.

mod about;
mod action;
mod condition;
mod failure_rate;
mod limit;
mod lists;
mod range;
mod rules;
mod score;
mod signals;
mod travel;

pub use crate::signals::{AgentFacts, AgentSignal, Truth};
pub use about::About;
pub use action::{Action, Mode};
pub use condition::{Condition, Leaf};
pub use failure_rate::FailureRate;
pub use limit::{Choices, Exceeded, LimitIndex, LimitRule};
pub use lists::{ListIndex, ListSet, MAX_LISTS};
pub use range::{NumberRange, ScaleRange};
pub use rules::{
    ACCOUNT_LATE, Conclusion, DEFAULT_PREFIX, Evaluation, LIST_PREFIX, Revokes, Rule, RuleIndex,
    Ruleset, Verdict, VerdictCause,
};
pub use score::Weights;
pub use signals::Signals;
pub use travel::TravelSignal;
