//! What limits do, on a real Envoy with two workers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod agents;
mod bodies;
mod carriers;
mod codes;
mod devices;
mod doubts;
mod exactness;
mod heads;
mod kinds;
mod logins;
mod names;
mod networks;
mod overlap;
mod probe;
mod responses;
mod scene;
mod slow;
mod spellings;
mod spray;
mod systems;
mod travel;
mod unlock;
mod updates;
mod volume;
