//! Challenges, on a real Envoy with two workers.

mod bound;
mod clearance;
mod flow;
mod frameworks;
mod hostile;
mod order;
mod programs;
pub(crate) mod scene;
mod uniform;
