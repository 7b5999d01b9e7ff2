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
mod captcha;
mod challenge;
mod context;
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

use crate::intelligence::Caller;
use crate::response::Origin;
use crate::store::Store;
use crate::telemetry::Meter;
use crate::time::Time;

pub use captcha::Verifying;
pub use engine::{Engine, Progress, Waiting};
pub use expected::Expected;
pub use outcome::{FILTER_STATE, Line, Outcome, Pass, Refused};
pub use reference::References;
pub use step::{LetGo, Reading, Step};
pub use watch::{Watch, Watched};

/// The prefix of every request header that is ours, in lower case.
pub const HEADER_PREFIX: &str = "x-palisade-";

/// What a request is judged with, apart from its head: the whole border between the core and the host.
pub trait Host: Store + Caller + Meter {
    /// The time.
    fn now(&self) -> Time;

    /// The address from which Envoy thinks that the request comes, as it writes it.
    fn peer_address(&self) -> Option<Vec<u8>>;

    /// The profile that Envoy's route metadata names.
    fn profile(&self) -> Option<Vec<u8>>;

    /// What an earlier filter of the chain has left for the request under this name.
    fn filter_state(&self, name: &str) -> Option<Vec<u8>>;

    /// Where the response of the moment comes from.
    fn origin(&self) -> Origin;

    /// Bytes that nobody can foretell.
    fn random(&self) -> [u8; 16];
}

#[cfg(test)]
mod tests;
