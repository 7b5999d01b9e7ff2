//! The longest time that the filter holds a worker, measured inside its VM: `make pauses`.
//!
//! The filter is built with the feature `pauses`, into a folder of its own, so that each callback is timed by the
//! host's clock. A real Envoy then runs it under a flood of new keys, the worst bodies and heads that a client can
//! send, loads of configurations, ticks with thousands of requests under way, and the first use of the shared memory.
//! Nothing here fails because of a time: it prints, people judge. It fails when a scene was not what it says it is.
//!
//! Envoy's threads run under `chrt -f` where that is allowed, so that what else the machine does is no pause. What
//! still disturbs such a thread is measured first, by a thread that does nothing but read the clock.

#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a developer's tool on input of its own: it may stop with a message; of what tests share it uses a part"
)]

mod artefact;
mod heads;
mod load;
mod measured;
mod noise;
mod policy;
mod report;
mod scenes;
#[path = "../../tests/support/mod.rs"]
mod support;
mod worst;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(noise::WATCH) {
        println!("{}", noise::longest_gap().as_nanos());
        return ExitCode::SUCCESS;
    }
    // `cargo test --all-targets` runs this too, but asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("a benchmark: make pauses");
        return ExitCode::SUCCESS;
    }
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let wasm = match artefact::build() {
        Ok(wasm) => wasm,
        Err(error) => {
            eprintln!("pauses: {error}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    report::opening(noise::measure());
    runtime.block_on(scenes::all(&wasm, wanted.as_deref()));
    ExitCode::SUCCESS
}
