//! Signals -> score -> rules -> verdict.
//!
//! Logic here has three values. A rule about something that nobody knows is neither true nor false;
//! before the lookup that means "ask", after it the rule does not match.

mod about;
mod agent;
mod condition;
mod failure_rate;
mod limit;
mod range;
mod rules;
mod score;
mod signals;
mod trip;

pub use about::About;
pub use agent::{AgentFacts, AgentSignal};
pub use condition::{Condition, Leaf, Truth};
pub use failure_rate::FailureRate;
pub use limit::{Choices, Exceeded, LimitIndex, LimitRule};
pub use range::{NumberRange, ScaleRange};
pub use rules::{
    ACCOUNT_LATE, Action, Conclusion, Evaluation, Finding, LIST_PREFIX, Mode, Revokes, Rule,
    RuleIndex, Ruleset, Verdict,
};
pub use score::Weights;
pub use signals::{ListIndex, ListSet, MAX_LISTS, Signals};
pub use trip::Trip;
