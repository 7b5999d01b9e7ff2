//! What is printed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::artefacts::Artefacts;
use crate::chain::Processor;
use crate::memory::Flood;
use crate::variant::Variant;

/// The most that memory may grow, in MiB.
const MEMORY_TARGET: f64 = 64.0;
/// The largest that the filter may be, in KiB.
const SIZE_TARGET: f64 = 1_280.0;
/// How many times as much as four limits it must cost to ask a service instead.
const SERVICE_TARGET: f64 = 4.0;
/// The longest pause of a worker in the filter, in microseconds.
const PAUSE_TARGET: u64 = 1_000;

pub(crate) fn opening(artefacts: &Artefacts, time: Duration) {
    println!("Envoy {}", artefacts.envoy.display());
    if artefacts.palisade.is_none() {
        println!("target/palisade.wasm is missing (make build): only the no-op is measured");
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_ascii_whitespace().next().unwrap_or("unknown");
    println!(
        "load average {load} before the start; {} s of windows",
        time.as_secs()
    );
}

/// Instructions alone: what each variant adds to its baseline, in thousands a request.
pub(crate) fn instructions(variants: &[Variant], counted: &BTreeMap<Variant, f64>) {
    for variant in variants {
        let of = |variant: Variant| counted.get(&variant).copied().unwrap_or(f64::NAN);
        println!(
            "{:<36} {:>8.1} k-instructions added to {:.1} (target {})",
            variant.name(),
            of(*variant) - of(variant.baseline()),
            of(variant.baseline()),
            figure(variant.instructions_target(), 0),
        );
    }
    let added = |variant: Variant| Some(counted.get(&variant)? - counted.get(&variant.baseline())?);
    cheaper("instructions", added);
    fleet("instructions", added);
}

/// How long requests take that wait for the rate limit service: medians, in microseconds.
pub(crate) fn latency(variants: &[Variant], medians: &BTreeMap<Variant, f64>) {
    let added = |variant: Variant| Some(medians.get(&variant)? - medians.get(&variant.baseline())?);
    for variant in variants {
        println!(
            "{:<36} {:>8} us at the median, {} more than {}",
            variant.name(),
            figure(medians.get(variant).copied(), 0),
            figure(added(*variant), 0),
            variant.baseline().name(),
        );
    }
    fleet("median latency", added);
}

/// How many times as much limits of a fleet add to a judged request as Envoy's own filter to a bare one.
fn fleet(what: &str, added: impl Fn(Variant) -> Option<f64>) {
    for (own, native) in [
        (Variant::FleetOne, Variant::RateLimitOne),
        (Variant::FleetFour, Variant::RateLimitFour),
    ] {
        if let (Some(own_added), Some(native_added)) = (added(own), added(native)) {
            println!(
                "{} adds {:.2} times the {what} of {} (target 1.00)",
                own.name(),
                own_added / native_added,
                native.name(),
            );
        }
    }
}

/// How many times as much a service costs that is asked about every request.
fn cheaper(what: &str, added: impl Fn(Variant) -> Option<f64>) {
    if let (Some(service), Some(limits)) = (added(Variant::ExtAuthz), added(Variant::FourLimits)) {
        println!(
            "{} adds {:.1} times the {what} of {}, in Envoy alone (target {SERVICE_TARGET:.0})",
            Variant::ExtAuthz.name(),
            service / limits,
            Variant::FourLimits.name(),
        );
    }
}

pub(crate) fn costs(
    variants: &[Variant],
    processor: &Processor,
    instructions: Option<&BTreeMap<Variant, f64>>,
) {
    println!();
    println!(
        "{:<36} {:>5} {:>12} {:>6} {:>8} {:>9} {:>11} {:>6} {:>8}",
        "against the same Envoy, no filter",
        "ratio",
        "quartiles",
        "target",
        "/ no-op",
        "added us",
        "added k-in",
        "target",
        "windows",
    );
    let noop = processor.costs.get(&Variant::Noop);
    for variant in variants {
        let Some(cost) = processor.costs.get(variant) else {
            println!("{:<36} no window was quiet enough", variant.name());
            continue;
        };
        let counted = instructions
            .and_then(|counted| Some(counted.get(variant)? - counted.get(&variant.baseline())?));
        println!(
            "{:<36} {:>5.2} {:>12} {:>6} {:>8} {:>9.1} {:>11} {:>6} {:>8}",
            variant.name(),
            cost.ratio.median,
            format!("{:.2} to {:.2}", cost.ratio.lower, cost.ratio.upper),
            figure(variant.ratio_target(), 2),
            figure(noop.map(|noop| cost.ratio.median / noop.ratio.median), 2),
            cost.added,
            figure(counted, 1),
            figure(variant.instructions_target(), 0),
            cost.windows,
        );
    }
    println!();
    for (variant, cost) in &processor.costs {
        let baseline = variant.baseline();
        println!(
            "{} is compared with {}: {:.1} us, {} k instructions",
            variant.name(),
            baseline.name(),
            cost.baseline,
            figure(
                instructions.and_then(|counted| counted.get(&baseline).copied()),
                1
            ),
        );
    }
    let added = |variant: Variant| Some(processor.costs.get(&variant)?.added);
    cheaper("processor time", added);
    fleet("processor time", added);
    if let Some(counted) = instructions {
        fleet("instructions", |variant| {
            Some(counted.get(&variant)? - counted.get(&variant.baseline())?)
        });
    }
    println!(
        "{} epochs; {} windows dropped because the machine's speed drifted meanwhile",
        processor.epochs, processor.dropped
    );
}

pub(crate) fn size(palisade: &Path) -> Result<()> {
    let size = std::fs::metadata(palisade)?.len() as f64 / 1_024.0;
    println!("target/palisade.wasm: {size:.0} KiB (target {SIZE_TARGET:.0})");
    Ok(())
}

pub(crate) fn flood(plain: &Flood, palisade: &Flood) {
    let mebibytes = |kibibytes: u64| kibibytes as f64 / 1_024.0;
    println!(
        "memory: {:.1} MiB at the start, at most {:.1} MiB more after {} distinct addresses, accounts and sessions \
         (target {MEMORY_TARGET:.0}); without a filter {:.1} MiB more after {}",
        mebibytes(palisade.start),
        mebibytes(palisade.peak - palisade.start),
        palisade.addresses,
        mebibytes(plain.peak - plain.start),
        plain.addresses,
    );
    println!(
        "lookups: {} for {} addresses in {:.0} s",
        palisade.lookups,
        palisade.addresses,
        palisade.time.as_secs_f64(),
    );
    for (name, flood) in [("no filter", plain), ("palisade", palisade)] {
        println!(
            "longest turn of a worker, {name}: {} us; {} of {} turns over 1 ms",
            flood.turns.longest, flood.turns.long, flood.turns.all,
        );
    }
    println!(
        "a pause in the filter is a part of a turn (target {PAUSE_TARGET} us); so is whatever \
         the machine did meanwhile, for which the line without a filter stands"
    );
}

/// A number, or a dash where there is none.
fn figure(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
}
