//! A few seconds of what `make soak` does for an hour.

#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests, and a tool of which they use a part"
)]

#[path = "../../soak/load/mod.rs"]
mod load;
mod model;
#[path = "../captchas/service/mod.rs"]
mod service;
#[path = "../support/mod.rs"]
mod support;

use load::Options;

#[tokio::test]
async fn everything_at_once_is_counted_exactly() {
    let report = load::run(Options::SHORT).await;
    println!("{report}");
    assert!(report.is_sound(), "see above");
}
