//! How long `palisade simulate` takes for the published campaign of 107.9 million attempts:
//! `cargo bench --profile load --features cli --bench simulate`, part of `make bench`.
//!
//! One in a hundred of it is simulated, on one worker and on one for each core, and all of it if `PALISADE_CAMPAIGN` is
//! `full`. Processor time (on Linux) says more than seconds where others use the machine.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a developer's tool on figures of its own: it may stop with a message"
)]

use std::process::Command;

use serde_json::Value;

fn main() {
    // `cargo test --all-targets` runs this too, but asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("a benchmark: cargo bench --profile load --features cli --bench simulate");
        return;
    }
    println!(
        "palisade simulate large-campaign --whole: minutes for all of it, and processor time for each request"
    );
    println!(
        "{:>9} {:>8} {:>12} {:>9} {:>11} {:>8} {:>10} {:>11}",
        "one in",
        "workers",
        "requests",
        "seconds",
        "requests/s",
        "minutes",
        "processor",
        "us/request"
    );
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    measure(100, 1);
    measure(100, cores);
    if std::env::var("PALISADE_CAMPAIGN").as_deref() == Ok("full") {
        measure(1, cores);
    }
}

/// Seconds of processor time of all programs that this one has waited for; `None` where the kernel does not tell.
fn processor() -> Option<f64> {
    /// How many ticks the kernel tells for a second, on every machine that Linux runs on.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may have blanks, the fields 16 and 17 are theirs: in programs and in the kernel.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(13).take(2);
    Some(
        ticks
            .filter_map(|field| field.parse::<f64>().ok())
            .sum::<f64>()
            / TICKS,
    )
}

fn measure(one_in: u32, workers: usize) {
    let before = processor();
    let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(["simulate", "large-campaign", "--whole", "--json"])
        .args([
            "--sample",
            &one_in.to_string(),
            "--workers",
            &workers.to_string(),
        ])
        .output()
        .expect("the command line runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let row = &told["scenarios"][0]["rows"][0];
    let count = |name: &str| row[name].as_u64().expect(name);
    let requests = count("attack_requests") + count("honest_requests");
    let seconds = row["took_seconds"].as_f64().expect("a time");
    let spent = processor()
        .zip(before)
        .map(|(after, before)| after - before);
    let tell = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.1}"));
    println!(
        "{one_in:>9} {workers:>8} {requests:>12} {seconds:>9.1} {:>11.0} {:>8.1} {:>10} {:>11}",
        requests as f64 / seconds,
        seconds * f64::from(one_in) / 60.0,
        tell(spent),
        tell(spent.map(|spent| spent * 1e6 / requests as f64)),
    );
}
