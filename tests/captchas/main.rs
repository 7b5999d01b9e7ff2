//! Captchas, on a real Envoy with two workers, before stand-ins that behave as each service documents.

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

mod bodies;
#[path = "../challenges/scene.rs"]
#[allow(
    dead_code,
    reason = "its Envoy has no captcha; what it makes of pages and policies is used"
)]
mod challenges;
mod providers;
mod scene;
mod service;
mod tokens;
mod unavailable;
mod waiting;
