//! Processor time, in a chain of short windows: baseline, variant, baseline, variant, baseline ...
//!
//! A machine's speed drifts within seconds, so each window is compared only with its two
//! neighbours, and dropped when those two differ. The order is shuffled and every epoch has fresh
//! processes, so that neither a place in the chain nor a lucky memory layout favours anybody.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use crate::Result;
use crate::load::{Clients, Limit, Load};
use crate::process::{Envoy, Launch, Starter};
use crate::statistics::{Quartiles, Shuffler};
use crate::variant::{Server, Variant};

/// How long one window is.
const WINDOW: Duration = Duration::from_millis(200);
/// The most by which the neighbours of a window may differ.
const DRIFT: f64 = 0.12;
/// Addresses of clients.
const CLIENTS: u32 = 10_000;
/// Connections, each with one request in flight.
const CONNECTIONS: u32 = 8;

/// The processor time of one variant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Against the baseline.
    pub(crate) ratio: Quartiles,
    /// Microseconds for each request, over the baseline.
    pub(crate) added: f64,
    /// Microseconds for each request of the baseline.
    pub(crate) baseline: f64,
    /// Windows that counted.
    pub(crate) windows: usize,
}

/// The processor time of every variant.
#[derive(Debug)]
pub(crate) struct Processor {
    pub(crate) costs: BTreeMap<Variant, Cost>,
    /// Windows dropped because the machine's speed drifted meanwhile.
    pub(crate) dropped: usize,
    pub(crate) epochs: u64,
}

/// One window and its two neighbours, in microseconds for each request.
#[derive(Clone, Copy)]
struct Triple {
    before: f64,
    variant: f64,
    after: f64,
}

impl Triple {
    fn baseline(self) -> f64 {
        (self.before + self.after) / 2.0
    }

    fn drifted(self) -> bool {
        (self.before - self.after).abs() > DRIFT * self.baseline()
    }
}

/// Measures for about `time`, which does not count starting and warming.
pub(crate) fn measure(
    starter: &Starter<'_>,
    variants: &[Variant],
    time: Duration,
) -> Result<Processor> {
    let epochs = (time.as_secs() / 25).max(2);
    let mut triples: BTreeMap<Variant, Vec<Triple>> = BTreeMap::new();
    for epoch in 1..=epochs {
        eprintln!("bench: processor time, epoch {epoch} of {epochs}");
        let mut fleet = Fleet::start(starter, variants)?;
        let mut shuffler = Shuffler::new(epoch);
        let mut order = variants.to_vec();
        let start = Instant::now();
        while start.elapsed() < time / u32::try_from(epochs)? {
            shuffler.shuffle(&mut order);
            fleet.chain(&order, &mut triples)?;
        }
    }
    let all: usize = triples.values().map(Vec::len).sum();
    for windows in triples.values_mut() {
        windows.retain(|triple| !triple.drifted());
    }
    let kept: usize = triples.values().map(Vec::len).sum();
    let costs = triples
        .iter()
        .filter_map(|(variant, windows)| Some((*variant, cost(windows)?)))
        .collect();
    Ok(Processor {
        costs,
        dropped: all - kept,
        epochs,
    })
}

fn cost(windows: &[Triple]) -> Option<Cost> {
    let median = |figure: fn(&Triple) -> f64| Quartiles::of(windows.iter().map(figure));
    Some(Cost {
        ratio: median(|triple| triple.variant / triple.baseline())?,
        added: median(|triple| triple.variant - triple.baseline())?.median,
        baseline: median(|triple| triple.baseline())?.median,
        windows: windows.len(),
    })
}

/// The Envoys of one epoch, warm.
struct Fleet {
    servers: BTreeMap<Server, (Envoy, Load)>,
}

impl Fleet {
    fn start(starter: &Starter<'_>, variants: &[Variant]) -> Result<Self> {
        let mut fleet = Self {
            servers: BTreeMap::new(),
        };
        for variant in Variant::with_baselines(variants) {
            let (_, load) = match fleet.servers.entry(variant.server()) {
                Entry::Occupied(started) => started.into_mut(),
                Entry::Vacant(place) => {
                    let envoy = starter.start(variant.server(), Launch::Pinned)?;
                    let load = envoy.load(CONNECTIONS, Clients::new(CLIENTS))?;
                    place.insert((envoy, load))
                }
            };
            // Twice through all the addresses: known to the cache, and the code compiled.
            let warm = Limit {
                time: Duration::from_secs(60),
                requests: 2 * CLIENTS,
            };
            load.run(variant.request(), warm)?;
        }
        Ok(fleet)
    }

    fn server(&mut self, variant: Variant) -> Result<&mut (Envoy, Load)> {
        self.servers
            .get_mut(&variant.server())
            .ok_or_else(|| format!("{variant:?} has no server").into())
    }

    /// One window: microseconds of processor time for each request.
    fn window(&mut self, variant: Variant) -> Result<f64> {
        let (envoy, load) = self.server(variant)?;
        let limit = Limit {
            time: WINDOW,
            requests: u32::MAX,
        };
        let before = envoy.processor_time()?;
        let requests = load.run(variant.request(), limit)?;
        let used = envoy.processor_time()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / f64::from(requests))
    }

    /// Once through the variants; neighbours with the same baseline share the window between them.
    fn chain(
        &mut self,
        order: &[Variant],
        triples: &mut BTreeMap<Variant, Vec<Triple>>,
    ) -> Result<()> {
        let mut last: Option<(Variant, f64)> = None;
        for &variant in order {
            let baseline = variant.baseline();
            let before = match last {
                Some((same, used)) if same == baseline => used,
                _ => self.window(baseline)?,
            };
            let used = self.window(variant)?;
            let after = self.window(baseline)?;
            last = Some((baseline, after));
            triples.entry(variant).or_default().push(Triple {
                before,
                variant: used,
                after,
            });
        }
        Ok(())
    }
}
