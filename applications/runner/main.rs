//! Real applications behind the filter, with the policies that ship: `make test-applications`.
//!
//! Each application of [`application::ALL`] runs behind a real Envoy with the filter and `policies/NAME.yaml`, in both
//! modes of `allow_on_headers_stop_iteration`. People use it in a real Chromium, and nobody of them is refused;
//! attackers try every door from a new address each time, and get as far as the policy says. A table tells what was
//! expected and what was seen.

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

mod application;
mod attackers;
mod browser;
mod directus;
mod django;
mod evasions;
mod evasions_json;
mod keycloak;
mod mail;
mod options;
mod page;
mod people;
mod redmine;
mod roundcube;
mod running;
mod secrets;
mod site;
mod stage;
#[path = "../../tests/support/mod.rs"]
mod support;
mod synapse;
mod table;
mod usual;
mod wordpress;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use options::Options;
use running::{Absent, Running};
use stage::Stage;
use table::Table;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, and starts no applications.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("plays with real applications: make test-applications");
        return ExitCode::SUCCESS;
    }
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("applications: {error}");
            return ExitCode::from(2);
        }
    };
    let mut table = Table::new();
    for application in &options.applications {
        println!("== {}: installing and starting", application.name);
        let began = Instant::now();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        match Running::start(root, application.name) {
            Ok(running) => {
                println!("   {} runs", application.name);
                let started = began.elapsed();
                for allow in options.choice.modes() {
                    // Most likely Envoy has not started; what it said stands above.
                    let mode = (*allow, &options.choice);
                    let play = || Stage::play(application, &running, mode, &mut table);
                    if catch_unwind(AssertUnwindSafe(play)).is_err() {
                        table.broken(application.name, "the stage fell, see above");
                    }
                }
                table.took(application.name, started, began.elapsed());
            }
            Err(Absent::CannotBeHad(reason)) => table.absent(application.name, &reason),
            Err(Absent::Broken(reason)) => table.broken(application.name, &reason),
        }
    }
    println!("{table}");
    if options.writes {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/applications/runs.md");
        let before = std::fs::read_to_string(&page).unwrap_or_default();
        std::fs::write(&page, table.page(&before)).expect("a page of the book");
    }
    if table.is_as_expected(options.all) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
