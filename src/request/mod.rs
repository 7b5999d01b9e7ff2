//! One request's life: a head comes in, and either the outcome or a wait comes out. The only room that composes the stages of the others.
//!
//! The [`Engine`] holds what all requests of a worker share. A request that must wait is a [`Waiting`], a [`Reading`] or a [`Verifying`]: values that
//! are consumed when what they wait for comes; what was found out before stands in them. The filter and the command line drive the same engine.

mod account;
mod audit;
mod begin;
mod calls;
mod direct;
mod earlier;
mod engine;
mod expected;
mod find;
mod finish;
mod judge;
mod judged;
mod late;
mod names;
mod outcome;
mod pass;
mod reference;
mod report;
mod resume;
mod step;
mod subject;
mod verdict;
mod watch;

pub use calls::Woken;
pub use engine::Engine;
pub use expected::Expected;
pub use names::HEADER_PREFIX;
pub use outcome::Outcome;
pub use pass::{Pass, Refused, State};
pub use reference::References;
pub use step::{LetGo, Progress, Reading, Step, Verifying, Waiting};
pub use watch::{Watch, Watched};

#[cfg(test)]
mod tests;
