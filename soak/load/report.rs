//! What is printed at the end.

use std::collections::BTreeMap;
use std::fmt;

use super::memory::Memory;
use super::model::{Kind, Model, Tally, VERDICTS};

/// What a run has shown.
pub(crate) struct Report {
    seed: u64,
    seconds: u64,
    reloads: u64,
    kinds: BTreeMap<&'static str, Kind>,
    tallies: BTreeMap<&'static str, Tally>,
    /// What the metrics say of each verdict.
    counted: [u64; 4],
    maybe: u64,
    memory: Memory,
    /// Counters of interest that must not be read as violations.
    notes: BTreeMap<String, u64>,
    violations: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        model: &Model,
        seed: u64,
        seconds: u64,
        reloads: u64,
        stats: &BTreeMap<String, u64>,
        memory: Memory,
    ) -> Self {
        let mut report = Self {
            seed,
            seconds,
            reloads,
            kinds: model.kinds(),
            tallies: model.tallies(),
            counted: VERDICTS.map(|verdict| counted(stats, verdict)),
            maybe: model.maybe(),
            memory,
            notes: notes(stats),
            violations: model.violations(),
        };
        report.check();
        report
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    /// What the answers show of each verdict.
    fn shown(&self) -> [u64; 4] {
        let mut shown = [0; 4];
        for kind in self.kinds.values() {
            for (sum, one) in shown.iter_mut().zip(kind.verdicts) {
                *sum += one;
            }
        }
        shown
    }

    fn check(&mut self) {
        let shown = self.shown();
        for ((verdict, shown), counted) in VERDICTS.iter().zip(shown).zip(self.counted) {
            if !(shown..=shown + self.maybe).contains(&counted) {
                let maybe = self.maybe;
                self.violations.push(format!(
                    "metrics: {counted} requests were counted as {verdict}, {shown} had that answer and {maybe} one \
                     unseen"
                ));
            }
        }
        let (shown, counted): (u64, u64) = (shown.iter().sum(), self.counted.iter().sum());
        if !(shown..=shown + self.maybe).contains(&counted) {
            let maybe = self.maybe;
            self.violations.push(format!(
                "metrics: {counted} requests were counted, {shown} to {} were judged",
                shown + maybe
            ));
        }
        if !self.memory.is_flat() {
            self.violations
                .push("memory: it rises beyond the bound".to_owned());
        }
    }
}

/// The requests of this verdict on all routes.
fn counted(stats: &BTreeMap<String, u64>, verdict: &str) -> u64 {
    let is_one = |name: &str| {
        let rest = name.strip_prefix("wasmcustom.palisade_requests.");
        rest.is_some_and(|rest| rest.ends_with(&format!("verdict={verdict}")))
    };
    stats
        .iter()
        .filter(|(name, _)| is_one(name))
        .map(|(_, count)| count)
        .sum()
}

fn notes(stats: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    const NAMES: [&str; 11] = [
        "notices",
        "revocations",
        "lookups",
        "captchas",
        "challenges.",
        "unlocks",
        "counter_evictions",
        "counts_given_up",
        "record_evictions",
        "records_given_up",
        "logins",
    ];
    let ours = stats
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix("wasmcustom.palisade_")?, *count)));
    ours.filter(|(name, count)| *count > 0 && NAMES.iter().any(|start| name.starts_with(start)))
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<16} {:>8} {:>8} {:>9} {:>8} {:>8} {:>7} {:>7}",
            "requests", "sent", "allowed", "challenged", "limited", "denied", "other", "none"
        )?;
        let mut all = Kind::default();
        for (name, kind) in &self.kinds {
            row(f, name, kind)?;
            all.sent += kind.sent;
            all.other += kind.other;
            all.none += kind.none;
        }
        all.verdicts = self.shown();
        row(f, "all", &all)?;
        let [allowed, challenged, limited, denied] = self.counted;
        writeln!(
            f,
            "{:<16} {:>8} {allowed:>8} {challenged:>9} {limited:>8} {denied:>8}",
            "metrics", ""
        )?;
        writeln!(
            f,
            "the metrics may hold {} more: of requests whose answer nobody has seen\n",
            self.maybe
        )?;
        writeln!(
            f,
            "{:<16} {:>8} {:>8} {:>20} {:>8} {:>12} {:>8}",
            "cases", "all", "exact", "expected to count", "got in", "got nowhere", "in doubt"
        )?;
        for (name, tally) in &self.tallies {
            let Tally {
                cases,
                exact,
                expected,
                reached,
                wasted,
                doubts,
            } = tally;
            writeln!(
                f,
                "{name:<16} {cases:>8} {exact:>8} {expected:>20} {reached:>8} {wasted:>12} {doubts:>8}"
            )?;
        }
        writeln!(f, "\n{}", self.memory)?;
        let notes: Vec<String> = self
            .notes
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        writeln!(f, "{}\n", notes.join(", "))?;
        for violation in &self.violations {
            writeln!(f, "VIOLATION {violation}")?;
        }
        let verdict = if self.is_sound() {
            "sound"
        } else {
            "NOT SOUND"
        };
        let Self {
            seconds,
            reloads,
            seed,
            ..
        } = self;
        write!(
            f,
            "{verdict}: {seconds} s, {} requests, {reloads} reloads, seed {seed}",
            all.sent
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, kind: &Kind) -> fmt::Result {
    let [allowed, challenged, limited, denied] = kind.verdicts;
    let Kind {
        sent, other, none, ..
    } = kind;
    writeln!(
        f,
        "{name:<16} {sent:>8} {allowed:>8} {challenged:>9} {limited:>8} {denied:>8} {other:>7} {none:>7}"
    )
}
