//! Several proxies that count as one, by Envoy's rate limit service with Redis behind it.
//!
//! The service only counts: thresholds stay in the policy. Its configuration has one descriptor for each [`Unit`], with
//! the highest `requests_per_unit` that there is, so that what is left tells what was counted.
//!
//! | module | is |
//! |---|---|
//! | `asking` | what a request asks in one call, and what is said of it |
//! | `answer` | what of an answer can be used |
//! | `advice` | what whoever must act is told |
//! | `settings` | what an operator says |
//! | `step` | sliding windows on the fixed ones of the service |
//! | `counter` | the names of counters, and what their numbers mean |
//! | `wire` | gRPC frames of protobuf messages |
//! | `stage` | asks, hears and tells |

mod advice;
mod answer;
mod asking;
mod counter;
mod settings;
mod stage;
mod step;
mod wire;

pub(crate) use asking::{Asking, Said, Spent};
pub use settings::{DOMAIN, FleetPolicy, OnUnavailable};
pub(crate) use stage::{Beside, Fleet, MAX_ANSWER, Redeemed};
pub use step::Unit;
pub(crate) use wire::is_frame;
pub use wire::reads;

#[cfg(test)]
pub(crate) mod testing;
