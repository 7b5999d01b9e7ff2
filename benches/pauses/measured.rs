//! An Envoy whose filter times its callbacks, and what it has counted.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use crate::noise::{CHRT, PRIORITY};
use crate::support::{Envoy, EnvoyConfig, Update};

/// What each callback has taken: how many calls by their microseconds, rounded up by the filter; and the longest of
/// all.
pub(crate) type Pauses = BTreeMap<String, Callback>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Callback {
    counts: BTreeMap<u64, u64>,
    /// In nanoseconds, as logged since the last reading.
    longest: u64,
}

impl Callback {
    pub(crate) fn calls(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The microseconds that all but one in so many calls take at most; `None` of fewer calls.
    pub(crate) fn all_but_one_in(&self, many: u64) -> Option<u64> {
        let calls = self.calls();
        let mut above = calls / many;
        for (&microseconds, &count) in self.counts.iter().rev() {
            match above.checked_sub(count) {
                Some(rest) => above = rest,
                None => return (calls >= many).then_some(microseconds),
            }
        }
        None
    }

    /// How many calls take longer than so many microseconds.
    pub(crate) fn above(&self, microseconds: u64) -> u64 {
        // The filter rounds up, 1,000 to 1,024.
        let above = self.counts.range(microseconds + microseconds / 32..);
        above.map(|(_, count)| count).sum()
    }

    /// The longest in microseconds: exact if it was the longest of its VM so far, else rounded up by a sixteenth at
    /// most.
    pub(crate) fn longest(&self) -> f64 {
        let counted = self.counts.last_key_value().map_or(0, |(most, _)| *most);
        match self.longest {
            0 => counted as f64,
            logged => (logged as f64 / 1_000.0).max(if self.is_about(logged) {
                0.0
            } else {
                counted as f64
            }),
        }
    }

    /// Whether the logged time is the one that is counted highest.
    fn is_about(&self, logged: u64) -> bool {
        let counted = self.counts.last_key_value().map_or(0, |(most, _)| *most);
        counted * 1_000 <= logged + logged / 8 + 1_000
    }
}

pub(crate) struct Measured {
    pub(crate) envoy: Envoy,
    before: BTreeMap<(String, u64), u64>,
    logged: usize,
}

impl Measured {
    /// Starts an Envoy. Its threads run under `chrt -f` from then on, if they may.
    pub(crate) async fn start(config: &EnvoyConfig) -> Self {
        let envoy = Envoy::start(config).await;
        let status = Command::new("chrt")
            .args(CHRT)
            .args(["--pid", PRIORITY, &envoy.pid().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = status;
        Self {
            envoy,
            before: BTreeMap::new(),
            logged: 0,
        }
    }

    /// Puts another configuration into force.
    pub(crate) async fn update(&mut self, config: &EnvoyConfig) {
        let update = self.envoy.update(config).await;
        assert_eq!(update, Update::Accepted, "{}", self.envoy.log());
    }

    /// What was counted since the last time.
    pub(crate) async fn pauses(&mut self) -> Pauses {
        let mut pauses = Pauses::new();
        let mut all = BTreeMap::new();
        for (name, value) in self.envoy.stats().await {
            let Some(rest) = name.strip_prefix("wasmcustom.palisade_pauses.") else {
                continue;
            };
            let (callback, microseconds) = rest.split_once('.').expect("two parts");
            let key = (
                callback.to_owned(),
                microseconds.parse::<u64>().expect("a number"),
            );
            let more = value - self.before.get(&key).copied().unwrap_or(0);
            if more > 0 {
                let callback = pauses.entry(key.0.clone()).or_default();
                callback.counts.insert(key.1, more);
            }
            all.insert(key, value);
        }
        let log = self.envoy.log();
        for line in log[self.logged..].lines() {
            let Some((_, told)) = line.split_once("palisade: longest pause: ") else {
                continue;
            };
            let mut words = told.split(' ');
            let (callback, nanoseconds) = (words.next(), words.next());
            let callback = pauses
                .entry(callback.expect("a name").to_owned())
                .or_default();
            let nanoseconds = nanoseconds.expect("a time").parse().expect("a number");
            callback.longest = callback.longest.max(nanoseconds);
        }
        self.logged = log.len();
        self.before = all;
        pauses
    }
}
