//! Everything that needs a real Envoy, in one program, so that its tests run side by side to the last of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test ends where it fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod captchas;
mod challenges;
mod fleet;
mod harness;
mod limits;
#[path = "../../soak/load/mod.rs"]
#[allow(dead_code, reason = "a tool, of which a short form is tested")]
mod load;
mod lookups;
mod protocols;
mod render;
mod replay;
mod requests;
#[allow(dead_code, reason = "each suite uses a part of it")]
mod service;
mod sessions;
mod simulate;
mod soak;
mod stacks;
mod yaml;
