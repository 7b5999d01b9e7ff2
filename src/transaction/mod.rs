//! One request's life: a head comes in, and either the outcome or a wait comes out.
//!
//! The [`Engine`] holds what all requests of a worker share. A request that must wait is a [`Waiting`], a value
//! that is consumed when the answer comes; what was found out before stands in it. The filter and the command
//! line drive the same engine.

mod account;
mod agents;
mod answer;
mod asker;
mod audit;
mod calls;
mod captcha;
mod challenge;
mod counting;
mod earlier;
mod engine;
mod expected;
mod judge;
mod judged;
mod learned;
mod outcome;
mod reference;
mod report;
mod result;
mod sessions;
mod share;
mod step;
mod subject;
mod travel;
mod unlock;
mod verdict;
mod watch;

pub use calls::Woken;
pub use captcha::Verifying;
pub use engine::{Engine, Progress, Waiting};
pub use expected::Expected;
pub use outcome::{Outcome, Pass, Refused, State};
pub use reference::References;
pub use step::{LetGo, Reading, Step};
pub use watch::{Watch, Watched};

/// The prefix of every request header that is ours, in lower case.
pub const HEADER_PREFIX: &str = "x-palisade-";

#[cfg(test)]
mod tests;
