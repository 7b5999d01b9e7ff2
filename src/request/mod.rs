//! One request's life: a head comes in, and either the outcome or a wait comes out. The only room that composes the
//! stages of the others.
//!
//! The [`Engine`] holds what all requests of a worker share. A [`Request`] is a machine: an [`Event`] happens to it,
//! and an [`Effect`] is what the host is told. While it waits, its state is a [`Waiting`], a [`Reading`] or a
//! [`Verifying`]: values that are consumed when what they wait for comes; what was found out before stands in them. The
//! host only carries out effects.

mod account;
mod alone;
mod answer;
mod assessment;
mod audit;
mod begin;
mod bodies;
mod body;
mod calling;
mod calls;
mod context;
mod copied;
mod direct;
mod earlier;
mod effect;
mod engine;
mod expected;
mod find;
mod finish;
mod fleet;
mod form;
mod judge;
mod late;
mod line;
mod logs;
mod machine;
mod measure;
mod members;
mod names;
mod naming;
mod outcome;
mod owners;
mod pass;
mod password;
mod password_state;
mod pseudonym;
mod reference;
mod rematch;
mod report;
mod resume;
mod state;
mod step;
mod subject;
mod survey;
mod unnamed;
mod verdict;
mod watch;

pub use bodies::Bodies;
pub use calls::Woken;
pub use context::{Item, read as read_dictionary};
pub use direct::Redeeming;
pub use effect::{Action, Change, Effect, Event};
pub use engine::Engine;
pub use expected::Expected;
pub use machine::Request;
pub use names::{FILTER_STATE, HEADER_PREFIX};
pub use outcome::Outcome;
pub use pass::{Line, Pass, Refused};
pub use pseudonym::pseudonym;
pub use reference::References;
pub use step::{Calling, Checking, LetGo, Progress, Reading, Step, Tallying, Verifying, Waiting};
pub use survey::SURVEY_PERIOD;
pub use watch::{Gift, Watch, Watched};

#[cfg(test)]
mod tests;
