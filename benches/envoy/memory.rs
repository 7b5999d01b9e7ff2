//! Memory after very many distinct clients, each with an address, an account and a session of its own, and the longest
//! turn of a worker meanwhile.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::bootstrap;
use crate::load::{Clients, Limit};
use crate::process::{Envoy, Launch, Starter};
use crate::variant::Variant;

/// Distinct addresses that are asked for.
const ADDRESSES: u32 = 1_000_000;
/// Addresses before the first reading, so that buffers and compiled code exist.
const WARM: u32 = 1_000;
/// Addresses between two readings of the memory.
const STEP: u32 = 20_000;
/// Connections, each with one request in flight.
const CONNECTIONS: u32 = 16;
/// How often Envoy publishes its histograms, and some more.
const PUBLISHED: Duration = Duration::from_millis(2_500);

/// Asking for ever new addresses, and what it did to an Envoy with two workers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flood {
    /// Resident memory after the first thousand addresses, in KiB.
    pub(crate) start: u64,
    /// The most resident memory that was read after that, in KiB.
    pub(crate) peak: u64,
    /// Distinct addresses that were asked for.
    pub(crate) addresses: u32,
    /// How often the API was asked for one of them.
    pub(crate) lookups: u64,
    pub(crate) time: Duration,
    pub(crate) turns: Turns,
}

/// How long the turns of the workers' event loops took; a pause in a filter is a part of one turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) all: u64,
    /// Turns of a millisecond or more.
    pub(crate) long: u64,
    /// The longest in microseconds, as exact as Envoy's histogram: two digits.
    pub(crate) longest: u64,
}

/// Asks for a million addresses, or for as many as are answered in `time`.
pub(crate) fn flood(starter: &Starter<'_>, variant: Variant, time: Duration) -> Result<Flood> {
    eprintln!("bench: distinct addresses, {}", variant.name());
    let envoy = starter.start(variant.server(), Launch::Observed)?;
    let mut load = envoy.load(CONNECTIONS, Clients::new(1 << 24))?;
    let step = |requests| Limit { time, requests };
    let mut addresses = load.run(variant.request(), step(WARM))?;
    sleep(PUBLISHED);
    let before = histogram(&envoy)?;
    let resident = envoy.resident()?;

    let start = Instant::now();
    let mut peak = resident;
    while addresses < ADDRESSES && start.elapsed() < time {
        let rest = (ADDRESSES - addresses).min(STEP);
        addresses += load.run(variant.request(), step(rest))?;
        peak = peak.max(envoy.resident()?);
    }
    let time = start.elapsed();
    sleep(PUBLISHED);
    Ok(Flood {
        start: resident,
        peak: peak.max(envoy.resident()?),
        addresses,
        lookups: envoy.counter(bootstrap::LOOKUPS)?,
        time,
        turns: turns(&before, &histogram(&envoy)?),
    })
}

/// The event loops of all workers: how many turns, by the most microseconds that they took.
fn histogram(envoy: &Envoy) -> Result<BTreeMap<u64, u64>> {
    let stats = envoy
        .admin("/stats?format=json&histogram_buckets=detailed&filter=worker_.*loop_duration_us")?;
    let workers = stats
        .pointer("/stats/0/histograms/details")
        .and_then(Value::as_array)
        .ok_or("Envoy has no histograms of its event loops")?;
    let mut turns = BTreeMap::new();
    for bin in workers
        .iter()
        .filter_map(|worker| worker["totals"].as_array())
        .flatten()
    {
        let (Some(lower), Some(width), Some(count)) = (
            bin["lower_bound"].as_f64(),
            bin["width"].as_f64(),
            bin["count"].as_u64(),
        ) else {
            return Err(format!("not a bin of a histogram: {bin}").into());
        };
        *turns.entry((lower + width).ceil() as u64).or_default() += count;
    }
    Ok(turns)
}

fn turns(before: &BTreeMap<u64, u64>, after: &BTreeMap<u64, u64>) -> Turns {
    let mut turns = Turns {
        all: 0,
        long: 0,
        longest: 0,
    };
    for (&microseconds, &count) in after {
        let count = count.saturating_sub(before.get(&microseconds).copied().unwrap_or(0));
        if count > 0 {
            turns.longest = microseconds;
        }
        if microseconds > 1_000 {
            turns.long += count;
        }
        turns.all += count;
    }
    turns
}
