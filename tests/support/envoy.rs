//! An Envoy process that lives as long as its test.

use super::process::{Process, address_of, may_start};
use super::{Connection, EnvoyConfig, Request, eventually, http1, shared};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// A running Envoy. Dropping it ends the process or leaves it to the next test; when the test fails, the end of Envoy's
/// log is printed.
pub struct Envoy {
    /// Where the protected listener listens.
    pub address: SocketAddr,
    /// Where the admin interface listens.
    pub admin: SocketAddr,
    /// None only while it is dropped.
    process: Option<Process>,
}

/// What became of a configuration update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Envoy serves the new configuration.
    Accepted,
    /// Envoy keeps serving the old one.
    Rejected,
}

impl Envoy {
    /// An Envoy that serves; panics with its log when it does not.
    ///
    /// It takes Envoy more than a second of work to compile the filter. A process that has done so serves one test
    /// after the other, each with listeners, clusters, logs and shared memory of its own, unless the configuration asks
    /// for more.
    pub async fn start(config: &EnvoyConfig) -> Self {
        let started = if shared::is_on() && config.may_share() {
            Self::share(config).await
        } else {
            Self::try_start(config).await
        };
        match started {
            Ok(envoy) => envoy,
            Err(log) => panic!("Envoy did not start:\n{log}"),
        }
    }

    /// Starts Envoy, in a process of its own, and waits until it serves.
    ///
    /// # Errors
    ///
    /// Envoy's log, when it rejected the configuration or ended.
    pub async fn try_start(config: &EnvoyConfig) -> Result<Self, String> {
        config.require_wasm();
        let _starting = may_start().await;
        let mut process = Process::spawn(config);
        let (admin, address) = process.serving("protected").await?;
        Ok(Self {
            address,
            admin,
            process: Some(process),
        })
    }

    /// A process that has served another test, or a new one.
    async fn share(config: &EnvoyConfig) -> Result<Self, String> {
        config.require_wasm();
        let mut process = shared::take(config.workers).await?;
        process.write_clusters(config);
        process
            .wait_for("cluster_manager.cds.update_success", |updates| updates > 0)
            .await?;
        process
            .wait_for("cluster_manager.warming_clusters", |warming| warming == 0)
            .await?;
        process.write_listeners(config);
        let (admin, address) = process.serving("protected").await?;
        process
            .wait_for("listener_manager.listener_create_success", |created| {
                created >= u64::from(config.workers)
            })
            .await?;
        Ok(Self {
            address,
            admin,
            process: Some(process),
        })
    }

    /// Replaces the listener's configuration (filter, routes, connection manager) while Envoy runs.
    pub async fn update(&mut self, config: &EnvoyConfig) -> Update {
        config.require_wasm();
        const ACCEPTED: &str = "listener_manager.lds.update_success";
        const REJECTED: &str = "listener_manager.lds.update_rejected";
        let (accepted, rejected) = (self.stat(ACCEPTED).await, self.stat(REJECTED).await);
        self.process.as_mut().unwrap().write_listeners(config);
        eventually("the update to be accepted or rejected", async || {
            let stats = self.stats_like("^listener_manager").await;
            let of = |name: &str| stats.get(name).copied().unwrap_or(0);
            if of(REJECTED) > rejected {
                Some(Update::Rejected)
            } else if of(ACCEPTED) > accepted && of("listener_manager.total_listeners_warming") == 0
            {
                Some(Update::Accepted)
            } else {
                None
            }
        })
        .await
    }

    fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }

    /// Two connections, one on each of the two workers. No other must be open.
    pub async fn one_connection_per_worker(&self) -> [Connection; 2] {
        let active = async || {
            let stats = self.stats_like("downstream_cx_active$").await;
            let of = |worker: &str| {
                let end = format!("{worker}.downstream_cx_active");
                let mut found = stats
                    .iter()
                    .filter(|(name, _)| name.starts_with("listener.127") && name.ends_with(&end));
                found.next().map_or(0, |(_, count)| *count)
            };
            [of("worker_0"), of("worker_1")]
        };
        eventually("connections that have ended", async || {
            (active().await == [0, 0]).then_some(())
        })
        .await;
        let connections = [
            Connection::open(self.address).await,
            Connection::open(self.address).await,
        ];
        eventually("a connection on each worker", async || {
            (active().await == [1, 1]).then_some(())
        })
        .await;
        connections
    }

    /// Where it listens for HTTP/3, see [`EnvoyConfig::http3`].
    pub async fn http3_port(&self) -> u16 {
        eventually("a listener for HTTP/3", async || {
            let listeners = self.get("/listeners?format=json").await;
            let listeners = serde_json::from_str(&listeners).unwrap();
            address_of("protected-http3", &listeners)
        })
        .await
        .port()
    }

    /// What the admin interface answers to a GET of `path`.
    pub async fn get(&self, path: &str) -> String {
        http1(self.admin, &Request::get(path)).await.text()
    }

    /// Every counter and gauge.
    pub async fn stats(&self) -> BTreeMap<String, u64> {
        self.stats_like("").await
    }

    /// Every counter and gauge whose name this regular expression finds: a whole answer takes Envoy and the test some
    /// milliseconds, which is long where it is asked again and again.
    async fn stats_like(&self, expression: &str) -> BTreeMap<String, u64> {
        let stats = self.get(&format!("/stats?filter={expression}")).await;
        let pairs = stats.lines().filter_map(|line| line.rsplit_once(": "));
        pairs
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// One counter or gauge; 0 while it does not exist.
    pub async fn stat(&self, name: &str) -> u64 {
        let stats = self.stats_like(&exactly(name)).await;
        stats.get(name).copied().unwrap_or(0)
    }

    /// Waits until a counter or gauge satisfies `predicate`, and gives it.
    pub async fn wait_for_stat(&self, name: &str, predicate: impl Fn(u64) -> bool) -> u64 {
        let what = format!("the stat {name}");
        eventually(&what, async || {
            let value = self.stat(name).await;
            predicate(value).then_some(value)
        })
        .await
    }

    /// All metrics in Prometheus' text format.
    pub async fn prometheus(&self) -> String {
        self.get("/stats/prometheus").await
    }

    /// Bytes that Envoy has allocated (V8's own heaps excluded).
    pub async fn allocated_bytes(&self) -> u64 {
        let memory = self.get("/memory").await;
        let memory: Value = serde_json::from_str(&memory).unwrap();
        memory["allocated"].as_str().unwrap().parse().unwrap()
    }

    /// Resident memory of the process in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process().pid()
    }

    /// Everything that Envoy (and the filter in it) has logged.
    pub fn log(&self) -> String {
        self.process().log()
    }

    /// Waits for a line of the log that contains `words`, and gives it.
    pub async fn wait_for_log(&self, words: &str) -> String {
        let what = format!("{words:?} in Envoy's log");
        eventually(&what, async || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains(words));
            line.map(str::to_owned)
        })
        .await
    }

    /// The access log so far: one object per finished request, as the demo writes it, and with
    /// `flags`, `verdict`, `request_ref` and `response_ref`.
    pub fn access_log(&self) -> Vec<Value> {
        let log = std::fs::read(self.process().access_log()).unwrap_or_default();
        let lines = log.split_inclusive(|byte| *byte == b'\n');
        lines
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| with_verdict(serde_json::from_slice(line).unwrap()))
            .collect()
    }

    /// Waits for an entry of the access log that satisfies `predicate`, and gives the first.
    pub async fn wait_for_access(&self, predicate: impl Fn(&Value) -> bool) -> Value {
        eventually("an entry of the access log", async || {
            self.access_log().into_iter().find(&predicate)
        })
        .await
    }
}

/// The regular expression of this name alone.
pub(super) fn exactly(name: &str) -> String {
    format!("^{name}$")
}

/// The entry, with the verdict that stands in the filter state.
fn with_verdict(mut entry: Value) -> Value {
    let state = entry["palisade"].as_str().unwrap_or_default();
    let verdict = state
        .strip_prefix("verdict=")
        .map(|rest| rest.split(',').next().unwrap_or_default());
    entry["verdict"] = verdict.map_or(Value::Null, Value::from);
    entry
}

impl Drop for Envoy {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            shared::leave(process);
        }
    }
}
