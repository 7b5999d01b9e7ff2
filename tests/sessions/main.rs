//! Sessions that are judged once, and those that are revoked when the answer comes too late, on a real Envoy with two workers.

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

mod background;
mod challenged;
mod flood;
mod hostile;
mod lasting;
mod notices;
mod once;
mod places;
mod scene;
mod strangers;
mod streams;
