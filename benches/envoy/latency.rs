//! How long a request takes, one at a time: what it waits for counts, which processor time does not show.
//!
//! Windows of all variants alternate, in an order that is shuffled anew each time, so that all of them meet the same
//! moods of the machine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Result;
use crate::load::{Clients, Limit, Load};
use crate::process::{Envoy, Launch, Starter};
use crate::statistics::{Quartiles, Shuffler};
use crate::variant::{Server, Variant};

/// How long one window is.
const WINDOW: Duration = Duration::from_millis(100);
/// Addresses of clients.
const CLIENTS: u32 = 2_000;

/// The median of each variant and its baseline, in microseconds, after about `time`.
pub(crate) fn measure(
    starter: &Starter<'_>,
    variants: &[Variant],
    time: Duration,
) -> Result<BTreeMap<Variant, f64>> {
    let all = Variant::with_baselines(variants);
    let mut servers: BTreeMap<Server, (Envoy, Load)> = BTreeMap::new();
    for variant in &all {
        let envoy = starter.start(variant.server(), Launch::Pinned)?;
        let mut load = envoy.load(1, Clients::new(CLIENTS))?;
        let warm = Limit {
            time: Duration::from_secs(60),
            requests: 2 * CLIENTS,
        };
        load.run(variant.request(), warm)?;
        servers.insert(variant.server(), (envoy, load));
    }
    let mut order: Vec<Variant> = all.into_iter().collect();
    let mut shuffler = Shuffler::new(1);
    let mut taken: BTreeMap<Variant, Vec<f64>> = BTreeMap::new();
    let start = Instant::now();
    while start.elapsed() < time {
        shuffler.shuffle(&mut order);
        for variant in &order {
            let (_, load) = servers.get_mut(&variant.server()).ok_or("no server")?;
            let begun = Instant::now();
            let times = taken.entry(*variant).or_default();
            while begun.elapsed() < WINDOW {
                times.push(load.time(variant.request())?.as_secs_f64() * 1e6);
            }
        }
    }
    let median =
        |(variant, times): (Variant, Vec<f64>)| Some((variant, Quartiles::of(times)?.median));
    Ok(taken.into_iter().filter_map(median).collect())
}
