//! Memory over time, and whether it stays flat.

use std::fmt;

/// What Envoy held at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Since the start.
    pub(crate) seconds: f64,
    /// Resident bytes of the process.
    pub(crate) resident: u64,
    /// What Envoy has allocated, without the heaps of the VMs.
    pub(crate) allocated: u64,
}

/// What is drawn over time: its name, its bound, how it is read.
type Figure = (&'static str, f64, fn(&Sample) -> u64);

const FIGURES: [Figure; 2] = [
    ("resident", MOST_RESIDENT, |sample| sample.resident),
    ("allocated", MOST_ALLOCATED, |sample| sample.allocated),
];

/// All samples of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    samples: Vec<Sample>,
}

/// Until then tables and caches fill: this share of the run, and at most twelve minutes.
const WARM_UP: f64 = 0.4;
const LONGEST_WARM_UP: f64 = 720.0;

/// How much the fitted line of what Envoy has allocated may rise between the end of the warm-up and the end of the run:
/// four bytes lost with each request of an hour are more. It has shared memory in it, but not the heaps of the VMs.
const MOST_ALLOCATED: f64 = 2.0 * MIB;

/// The same of resident memory, which rises and falls in steps of up to 6 MiB by what allocators keep and give back:
/// sixteen bytes lost with each request of an hour are more.
const MOST_RESIDENT: f64 = 8.0 * MIB;

const MIB: f64 = 1_048_576.0;

impl Memory {
    pub(crate) fn take(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    pub(crate) fn last_resident(&self) -> u64 {
        self.samples.last().map_or(0, |sample| sample.resident)
    }

    /// The samples after the warm-up.
    fn warm(&self) -> &[Sample] {
        let end = self.samples.last().map_or(0.0, |sample| sample.seconds);
        let from = (end * WARM_UP).min(LONGEST_WARM_UP);
        let first = self.samples.partition_point(|sample| sample.seconds < from);
        &self.samples[first..]
    }

    /// Bytes a second by least squares.
    fn slope(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> f64 {
        let count = samples.len().max(1) as f64;
        let mean =
            |values: &dyn Fn(&Sample) -> f64| samples.iter().map(values).sum::<f64>() / count;
        let (x, y) = (
            mean(&|sample| sample.seconds),
            mean(&|sample| of(sample) as f64),
        );
        let above = mean(&|sample| (sample.seconds - x) * (of(sample) as f64 - y));
        let below = mean(&|sample| (sample.seconds - x).powi(2));
        if below > 0.0 { above / below } else { 0.0 }
    }

    /// How long the line is that was fitted.
    fn time(&self) -> f64 {
        let warm = self.warm();
        let ends = warm.first().zip(warm.last());
        ends.map_or(0.0, |(first, last)| last.seconds - first.seconds)
    }

    /// Whether neither figure rises beyond the bound. A run of less than five minutes behind its warm-up shows nothing.
    pub(crate) fn is_flat(&self) -> bool {
        let warm = self.warm();
        let is_flat = |(_, most, of): &Figure| Self::slope(warm, of) * self.time() < *most;
        self.time() < 300.0 || FIGURES.iter().all(is_flat)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warm = self.warm();
        for (name, most, of) in FIGURES {
            let mib =
                |sample: Option<&Sample>| sample.map_or(0.0, |sample| of(sample) as f64 / MIB);
            let slope = Self::slope(warm, of);
            writeln!(
                f,
                "{name:<10} {:7.1} MiB at the start, {:7.1} after the warm-up, {:7.1} at the end; {:+8.3} MiB an hour, \
                 {:+6.2} MiB in these {:.0} s (bound {:.0})",
                mib(self.samples.first()),
                mib(warm.first()),
                mib(self.samples.last()),
                slope * 3_600.0 / MIB,
                slope * self.time() / MIB,
                self.time(),
                most / MIB,
            )?;
        }
        Ok(())
    }
}
