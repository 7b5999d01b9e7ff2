//! A few seconds of what `make soak` does for an hour.

mod model;

use crate::load::{self, Options};

#[tokio::test]
async fn everything_at_once_is_counted_exactly() {
    let report = load::run(Options::SHORT).await;
    println!("{report}");
    assert!(report.is_sound(), "see above");
}
