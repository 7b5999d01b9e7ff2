//! An Envoy process that lives as long as its test.

use super::{Connection, EnvoyConfig, PATIENCE, Request, eventually, http1, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;
use tempfile::TempDir;

/// A running Envoy. Dropping it ends the process; when the test fails, the end of Envoy's log is printed.
pub struct Envoy {
    /// Where the protected listener listens.
    pub address: SocketAddr,
    /// Where the admin interface listens.
    pub admin: SocketAddr,
    process: Process,
    version: u32,
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
    /// Starts Envoy and waits until it serves; panics with its log when it does not.
    pub async fn start(config: &EnvoyConfig) -> Self {
        match Self::try_start(config).await {
            Ok(envoy) => envoy,
            Err(log) => panic!("Envoy did not start:\n{log}"),
        }
    }

    /// Starts Envoy and waits until it serves.
    ///
    /// # Errors
    ///
    /// Envoy's log, when it rejected the configuration or ended.
    pub async fn try_start(config: &EnvoyConfig) -> Result<Self, String> {
        config.require_wasm();
        let mut process = Process::spawn(config);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(admin) = process.admin_address() {
                let get = async |path: &str| http1(admin, &Request::get(path)).await;
                if metric(
                    &get("/stats").await.text(),
                    "listener_manager.lds.update_rejected",
                ) > 0
                {
                    return Err(process.log());
                }
                let ready = get("/ready").await.status == 200;
                let listeners = get("/listeners?format=json").await.json();
                let address = address_of("protected", &listeners);
                if let (true, Some(address)) = (ready, address) {
                    return Ok(Self {
                        address,
                        admin,
                        process,
                        version: 1,
                    });
                }
            }
            if process.has_ended() || Instant::now() > deadline {
                return Err(process.log());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Replaces the listener's configuration (filter, routes, connection manager) while Envoy runs.
    pub async fn update(&mut self, config: &EnvoyConfig) -> Update {
        config.require_wasm();
        const ACCEPTED: &str = "listener_manager.lds.update_success";
        const REJECTED: &str = "listener_manager.lds.update_rejected";
        let (accepted, rejected) = (self.stat(ACCEPTED).await, self.stat(REJECTED).await);
        self.version += 1;
        self.process.write_listeners(config, self.version);
        eventually("the update to be accepted or rejected", async || {
            let stats = self.stats().await;
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

    /// Two connections, one on each of the two workers. No other must be open.
    pub async fn one_connection_per_worker(&self) -> [Connection; 2] {
        let active = async || {
            let stats = self.stats().await;
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
        let stats = self.get("/stats").await;
        let pairs = stats.lines().filter_map(|line| line.rsplit_once(": "));
        pairs
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// One counter or gauge; 0 while it does not exist.
    pub async fn stat(&self, name: &str) -> u64 {
        self.stats().await.get(name).copied().unwrap_or(0)
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
        self.process.child.id()
    }

    /// Everything that Envoy (and the filter in it) has logged.
    pub fn log(&self) -> String {
        self.process.log()
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

    /// The access log so far: one object per finished request, with `client`, `method`, `path`, `status`,
    /// `details`, `flags`, `verdict`, `request_ref` and `response_ref`.
    pub fn access_log(&self) -> Vec<Value> {
        let log = std::fs::read(self.process.access_log()).unwrap_or_default();
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

/// The entry, with the verdict that stands in the filter state.
fn with_verdict(mut entry: Value) -> Value {
    let state = entry["palisade"].as_str().unwrap_or_default();
    let verdict = state
        .strip_prefix("verdict=")
        .map(|rest| rest.split(',').next().unwrap_or_default());
    entry["verdict"] = verdict.map_or(Value::Null, Value::from);
    entry
}

/// The process with its files. Separate from [`Envoy`], so that one that never served ends as well.
struct Process {
    child: Child,
    /// Ends Envoy when the test's own process is killed and no `Drop` runs.
    watchdog: Child,
    directory: TempDir,
}

impl Process {
    fn spawn(config: &EnvoyConfig) -> Self {
        let directory = TempDir::with_prefix("palisade-test-").unwrap();
        let path = directory.path();
        write_listeners(path, config, 1);
        let lds = path.join(config.listeners_name());
        let (bootstrap, contents) = config.bootstrap_file(path, &lds);
        std::fs::write(path.join(bootstrap), contents).unwrap();
        let log = std::fs::File::create(path.join("envoy.log")).unwrap();
        let child = Command::new(binary())
            .args(["--disable-hot-restart", "--file-flush-interval-msec", "20"])
            .args(["--log-level", "warning"])
            .args(["--component-log-level", "wasm:info,config:info"])
            .arg("--concurrency")
            .arg(config.workers.to_string())
            .arg("--config-path")
            .arg(path.join(bootstrap))
            .arg("--admin-address-path")
            .arg(path.join("admin"))
            .args(&config.arguments)
            .envs(config.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary().display()));
        let watchdog = Command::new("sh")
            .args(["-c", "read _; kill -9 $0", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            watchdog,
            directory,
        }
    }

    fn write_listeners(&self, config: &EnvoyConfig, version: u32) {
        write_listeners(self.directory.path(), config, version);
    }

    fn access_log(&self) -> PathBuf {
        self.directory.path().join("access.log")
    }

    fn admin_address(&self) -> Option<SocketAddr> {
        let address = std::fs::read_to_string(self.directory.path().join("admin")).ok()?;
        address.parse().ok()
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn log(&self) -> String {
        text(&std::fs::read(self.directory.path().join("envoy.log")).unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: it must not outlive the process whose number it holds.
        for child in [&mut self.watchdog, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(60)..];
            eprintln!("--- the end of Envoy's log ---\n{}", tail.join("\n"));
        }
    }
}

/// Writes the listeners beside their place and moves them there, which is what Envoy watches for.
fn write_listeners(directory: &Path, config: &EnvoyConfig, version: u32) {
    let listeners = config.listeners_file(version, &directory.join("access.log"));
    let new = directory.join("listeners.new");
    std::fs::write(&new, listeners).unwrap();
    std::fs::rename(&new, directory.join(config.listeners_name())).unwrap();
}

/// `$ENVOY`, or what `scripts/envoy.sh` finds or gets.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/envoy.sh");
        let output = Command::new(script)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "scripts/envoy.sh found no Envoy");
        PathBuf::from(text(&output.stdout).trim())
    })
}

fn metric(stats: &str, name: &str) -> u64 {
    let line = stats.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.trim_start_matches(": ").parse().ok())
        .unwrap_or(0)
}

/// Where the listener of this name listens, if it does.
fn address_of(name: &str, listeners: &Value) -> Option<SocketAddr> {
    let mut listeners = listeners["listener_statuses"].as_array()?.iter();
    let listener = listeners.find(|listener| listener["name"] == name)?;
    socket_address(&listener["local_address"])
}

fn socket_address(address: &Value) -> Option<SocketAddr> {
    let address = &address["socket_address"];
    let port: u16 = address["port_value"].as_u64()?.try_into().ok()?;
    let ip = address["address"].as_str()?.parse().ok()?;
    (port != 0).then_some(SocketAddr::new(ip, port))
}
