//! What the project promises beside the filter: its command line, its documents, its schema, its recipes, its lints.

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

mod cli;
mod documents;
mod lints;
mod policies;
mod prices;
mod recipes;
mod rooms;
mod schema;
mod shape;
mod vectors;
mod workflows;
