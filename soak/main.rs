//! An hour of mixed load with faults, reloads and attackers, and a model of what must be counted: `make soak`.
//!
//! One real Envoy with several workers stands between people, attackers and servers that fail. Whatever happens,
//! every limit lets
//! through exactly what it says, nobody honest is refused, each request has one answer, the metrics add up, and
//! memory stays flat.

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

mod load;
#[path = "../tests/envoy/service/mod.rs"]
mod service;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;

use load::Options;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too; its short form is tests/envoy/soak.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("drives a load: make soak");
        return ExitCode::SUCCESS;
    }
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("soak: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let report = runtime.block_on(load::run(options));
    println!("{report}");
    match report.is_sound() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
