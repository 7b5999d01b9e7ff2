//! Challenges, on a real Envoy with two workers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod bound;
mod clearance;
mod flow;
mod hostile;
mod order;
mod programs;
mod scene;
mod uniform;
