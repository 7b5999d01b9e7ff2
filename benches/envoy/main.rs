//! What Palisade costs, measured on a real Envoy: `make bench`.
//!
//! Every figure is taken against the same Envoy without a filter in the same run, and so is a filter that does nothing,
//! and Envoy's own that asks a service. Processor time is measured in short windows, each compared with its two
//! neighbours; instructions are counted under QEMU where it is installed; memory is read after a million distinct
//! addresses and accounts. Nothing here fails because of a time: it prints, people judge.
//!
//! `PALISADE_BENCH_SECONDS` is the time spent on windows (100 unless set); the rest takes up to
//! three times as long again. `ENVOY` names the Envoy to use. `PALISADE_BENCH_INSTRUCTIONS_ONLY=1` counts
//! instructions and nothing else, which a busy machine does not disturb. `PALISADE_BENCH_FLEET=1` measures what a
//! fleet costs, and nothing else; `PALISADE_BENCH_LATENCY_ONLY=1` how long its requests take, and nothing else.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a developer's tool on figures of its own: it may stop with a message"
)]

mod artefacts;
mod authorisation;
mod bootstrap;
mod chain;
mod cores;
#[path = "../instructions/counter.rs"]
mod counter;
mod fleet;
mod instructions;
mod latency;
mod load;
mod memory;
mod process;
mod report;
mod statistics;
mod targets;
mod variant;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use artefacts::Artefacts;
use cores::Cores;
use counter::Counter;
use process::Starter;
use variant::Variant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, but asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("a benchmark: cargo bench --bench envoy");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let time = seconds()?;
    let artefacts = Artefacts::gather()?;
    let mut variants = Variant::measurable(&artefacts);
    if std::env::var_os("PALISADE_BENCH_FLEET").is_some() {
        variants.retain(|variant| variant.server().is_fleet());
    }
    report::opening(&artefacts, time);

    let cores = Cores::take()?;
    let starter = Starter::new(&artefacts, &cores)?;
    if std::env::var_os("PALISADE_BENCH_INSTRUCTIONS_ONLY").is_some() {
        let counter = Counter::find(&artefacts.target)??;
        let counted = instructions::measure(&starter, &counter, &variants)?;
        report::instructions(&variants, &counted);
        return Ok(());
    }
    let waiting: Vec<Variant> = variants.iter().copied().filter(Variant::waits).collect();
    if std::env::var_os("PALISADE_BENCH_LATENCY_ONLY").is_some() {
        report::latency(&waiting, &latency::measure(&starter, &waiting, time)?);
        return Ok(());
    }
    let processor = chain::measure(&starter, &variants, time)?;
    let instructions = match Counter::find(&artefacts.target)? {
        Ok(counter) => Some(instructions::measure(&starter, &counter, &variants)?),
        Err(missing) => {
            println!("instructions are left out: {missing}");
            None
        }
    };
    report::costs(&variants, &processor, instructions.as_ref());
    report::latency(&waiting, &latency::measure(&starter, &waiting, time / 4)?);
    if let Some(palisade) = &artefacts.palisade {
        report::size(palisade)?;
        let plain = memory::flood(&starter, Variant::Plain, time / 8)?;
        let palisade = memory::flood(&starter, Variant::FourLimits, time * 2)?;
        report::flood(&plain, &palisade);
    }
    Ok(())
}

fn seconds() -> Result<Duration> {
    const NAME: &str = "PALISADE_BENCH_SECONDS";
    match std::env::var(NAME) {
        Err(_) => Ok(Duration::from_secs(100)),
        Ok(text) => match text.parse() {
            Ok(seconds @ 1..=600) => Ok(Duration::from_secs(seconds)),
            _ => Err(format!("{NAME} is {text:?}; expected a number from 1 to 600").into()),
        },
    }
}
