//! What is known of an address, against a real Envoy: providers, sources, cache, failures, configuration, counters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod cache;
mod clocks;
mod configuration;
mod connections;
mod counters;
mod failures;
mod flight;
mod memory;
mod providers;
mod restraint;
mod scene;
mod secrecy;
mod shares;
mod sources;
mod update;
