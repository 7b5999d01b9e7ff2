//! What real frameworks read, against what the filter reads: `make differential`.
//!
//! Each framework of `differential/frameworks` runs as a small server (`differential/PROTOCOL.md`) and gets
//! requests around two accounts, a decoy and a victim. Either both read the same, or one of them refuses.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a developer's tool on input of its own: it may stop with a message"
)]

mod compare;
mod connection;
mod envoy;
mod filter;
mod framework;
mod generate;
mod options;
mod place;
mod random;
mod report;
mod request;
mod run;
mod shrink;

use std::path::Path;
use std::process::ExitCode;

use framework::{Absent, Framework};
use options::Options;
use report::Report;
use run::Run;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, and asks no frameworks.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("asks real frameworks: make differential");
        return ExitCode::SUCCESS;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match Options::read(std::env::args().skip(1)).and_then(|options| differential(root, &options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("differential: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything is as it should be.
fn differential(root: &Path, options: &Options) -> Result<bool, String> {
    let mut frameworks = Framework::all(root)
        .map_err(|error| format!("cannot read differential/frameworks: {error}"))?;
    if let Some(unknown) = options
        .frameworks
        .iter()
        .find(|name| !frameworks.iter().any(|framework| framework.name == **name))
    {
        let names: Vec<&str> = frameworks
            .iter()
            .map(|framework| framework.name.as_str())
            .collect();
        return Err(format!(
            "there is no framework {unknown:?}; there are {}",
            names.join(", ")
        ));
    }
    frameworks.retain(|framework| {
        options.frameworks.is_empty() || options.frameworks.contains(&framework.name)
    });
    let mut report = Report::new(root);
    for framework in &frameworks {
        if let Err(absent) = one(framework, options, &mut report) {
            report.absent(&framework.name, &absent);
        }
    }
    Ok(report.finish(options.all))
}

fn one(framework: &Framework, options: &Options, report: &mut Report) -> Result<(), Absent> {
    report.installing(&framework.name);
    framework.install()?;
    let server = framework.start()?;
    for &place in &options.places {
        let progress = |done| report::progress(&framework.name, place, done, options.requests);
        let run = Run {
            port: server.port,
            ignores_case: framework.ignores_case(),
            place,
            requests: options.requests,
            seed: options.seed,
            shrink: options.shrink,
            progress: &progress,
        };
        let row = run
            .all()
            .map_err(|error| Absent::Broken(format!("{}: {error}", place.name())))?;
        report.row(&framework.name, place, row);
    }
    Ok(())
}
