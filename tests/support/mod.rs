//! What the tests against a real Envoy share.
//!
//! | type | stands for |
//! |---|---|
//! | [`Scene`] | what most tests begin with: an Envoy with Palisade between an API and an application |
//! | [`Policy`] | the policy of a scene, built of words |
//! | [`Envoy`], [`EnvoyConfig`] | an Envoy of the test's own, whose process the next test may get |
//! | [`Backend`] | the intelligence API or the application behind Envoy: programmable, records what arrives |
//! | [`Request`], [`Connection`], [`Http2`], [`Http3`] | clients that may send arbitrary bytes |
//!
//! Nothing sleeps for a fixed time: every wait is a condition with a bound, see [`eventually`].

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test crate uses its own part of this module"
)]

mod answer;
mod backend;
mod client;
mod clock;
mod config;
mod envoy;
mod http3;
mod merge;
mod policy;
mod process;
mod proof;
mod scene;
mod shared;
mod tls;

use std::time::{Duration, Instant};

pub use answer::Answer;
pub use backend::{Backend, Received};
pub use client::{Connection, Http2, Request, Response, http1};
pub use clock::Clock;
pub use config::EnvoyConfig;
pub use envoy::{Envoy, Update};
pub use http3::{Certificate, Http3};
pub use policy::{Policy, intelligence};
#[allow(unused_imports, reason = "one suite starts an Envoy of its own")]
pub use process::binary;
pub use proof::{challenge, cookie, data, solve};
pub use scene::{
    ABUSE, FORM, HOME, HOSTING, KEY, PRIVATE, PROXY, SIGNING_KEY, Scene, TOR, VPN, failed, form,
    login, post,
};

/// The longest that a test waits for anything: on a busy machine Envoy alone needs half a minute to compile the filter.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks `probe` until it gives a value; panics after [`PATIENCE`], naming `what` was waited for.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Awaits `future`; panics after [`PATIENCE`], naming `what` was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

/// A header value, or any other bytes, as text for comparison and messages.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
