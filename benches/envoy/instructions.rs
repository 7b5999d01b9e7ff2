//! Instructions for each request.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Result;
use crate::counter::{Counter, read};
use crate::load::{Clients, Limit};
use crate::process::{Launch, Starter};
use crate::statistics::Quartiles;
use crate::variant::Variant;

/// Addresses of clients: fewer than in the windows, because a lookup under QEMU takes its time.
const CLIENTS: u32 = 1_000;
/// Windows for each variant.
const WINDOWS: u32 = 5;

/// Thousands of instructions for each request of every variant and its baseline.
pub(crate) fn measure(
    starter: &Starter<'_>,
    counter: &Counter,
    variants: &[Variant],
) -> Result<BTreeMap<Variant, f64>> {
    let mut figures = BTreeMap::new();
    for variant in Variant::with_baselines(variants) {
        let envoy = starter.start(variant.server(), Launch::Counted(counter))?;
        let mut load = envoy.load(1, Clients::new(CLIENTS))?;
        let limit = Limit {
            time: Duration::from_secs(60),
            requests: CLIENTS,
        };
        for _ in 0..2 {
            load.run(variant.request(), limit)?;
        }
        let mut windows = Vec::new();
        for _ in 0..WINDOWS {
            let before = read(envoy.path())?;
            let requests = load.run(variant.request(), limit)?;
            let executed = read(envoy.path())?.saturating_sub(before);
            windows.push(executed as f64 / 1e3 / f64::from(requests));
        }
        let quartiles = Quartiles::of(windows).ok_or("no window")?;
        eprintln!(
            "bench: {}: {:.1} k instructions",
            variant.name(),
            quartiles.median
        );
        figures.insert(variant, quartiles.median);
    }
    Ok(figures)
}
