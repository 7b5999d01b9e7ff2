//! The process of an [`Envoy`](super::Envoy) and its files.

use super::envoy::exactly;
use super::{EnvoyConfig, PATIENCE, Request, http1, text};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The process with its files. Separate from [`Envoy`](super::Envoy), so that one that never served ends as well.
pub(super) struct Process {
    child: Child,
    /// Ends Envoy and removes its files when the test's own process is killed and no `Drop` runs.
    watchdog: Child,
    directory: TempDir,
    /// The file of listeners.
    listeners: &'static str,
    /// Tells updates apart.
    version: u32,
    /// The test that it serves, of all that it has served.
    test: u32,
    /// Where in the log this test begins.
    log_begins: usize,
    /// What stays when a test ends, see [`shared`](super::shared).
    keeper: Option<EnvoyConfig>,
}

impl Process {
    /// One that serves one test.
    pub(super) fn spawn(config: &EnvoyConfig) -> Self {
        Self::spawn_in(TempDir::with_prefix("palisade-test-").unwrap(), config)
    }

    /// One that serves one test after the other.
    pub(super) fn spawn_shared(workers: u32) -> Self {
        let directory = TempDir::with_prefix("palisade-test-").unwrap();
        let keeper = EnvoyConfig::keeper(workers, directory.path());
        let mut process = Self::spawn_in(directory, &keeper);
        process.keeper = Some(keeper);
        process
    }

    fn spawn_in(directory: TempDir, config: &EnvoyConfig) -> Self {
        let path = directory.path();
        std::fs::create_dir(path.join("clusters")).unwrap();
        replace(
            &path.join("clusters/clusters.json"),
            &config.clusters_file(0),
        );
        let listeners = config.listeners_name();
        let lds = path.join(listeners);
        replace(
            &lds,
            &config.listeners_file(1, &path.join("access-0.log"), VM_ID),
        );
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
            .args([
                "-c",
                "read _; kill -9 $0; rm -rf \"$1\"",
                &child.id().to_string(),
            ])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            watchdog,
            directory,
            listeners,
            version: 1,
            test: 0,
            log_begins: 0,
            keeper: None,
        }
    }

    /// Begins the next test: what it logs is its own, and so is the memory that its filters share.
    pub(super) fn next_test(&mut self) {
        self.test += 1;
        self.log_begins = self.whole_log().len();
    }

    /// Whether it is shared by tests that want so many workers.
    pub(super) fn keeps(&self, workers: u32) -> bool {
        self.keeper
            .as_ref()
            .is_some_and(|keeper| keeper.workers == workers)
    }

    /// Puts these listeners into force.
    pub(super) fn write_listeners(&mut self, config: &EnvoyConfig) {
        self.version += 1;
        let own_vm = format!("{VM_ID}-{}", self.test);
        let vm_id = if self.keeper.is_some() {
            &own_vm
        } else {
            VM_ID
        };
        let file = config.listeners_file(self.version, &self.access_log(), vm_id);
        let file = match &self.keeper {
            Some(keeper) => with_resources_of(&file, &self.kept(keeper)),
            None => file,
        };
        replace(&self.directory.path().join(self.listeners), &file);
    }

    /// Ends what the test has configured, and gives false where nothing would be left.
    pub(super) fn remove_listeners(&mut self) -> bool {
        self.version += 1;
        let kept = self.keeper.as_ref().map(|keeper| self.kept(keeper));
        if let Some(kept) = &kept {
            replace(&self.directory.path().join(self.listeners), kept);
        }
        kept.is_some()
    }

    /// The keeper's listener, which is the same each time.
    fn kept(&self, keeper: &EnvoyConfig) -> String {
        keeper.listeners_file(
            self.version,
            &self.directory.path().join("access-0.log"),
            VM_ID,
        )
    }

    /// Puts these clusters into force.
    pub(super) fn write_clusters(&mut self, config: &EnvoyConfig) {
        self.version += 1;
        let file = self.directory.path().join("clusters/clusters.json");
        replace(&file, &config.clusters_file(self.version));
    }

    pub(super) fn access_log(&self) -> PathBuf {
        self.directory
            .path()
            .join(format!("access-{}.log", self.test))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the admin interface and this listener listen, as soon as it serves; its log when it does not.
    pub(super) async fn serving(
        &mut self,
        listener: &str,
    ) -> Result<(SocketAddr, SocketAddr), String> {
        self.until(async |admin| {
            let get = async |path: &str| http1(admin, &Request::get(path)).await;
            let rejected = "listener_manager.lds.update_rejected";
            let filtered = format!("/stats?filter={}", exactly(rejected));
            if metric(&get(&filtered).await.text(), rejected) > 0 {
                return Some(None);
            }
            let is_ready = get("/ready").await.status == 200;
            let listeners = get("/listeners?format=json").await.json();
            let address = address_of(listener, &listeners).filter(|_| is_ready)?;
            Some(Some((admin, address)))
        })
        .await?
        .ok_or_else(|| self.log())
    }

    /// Waits until a counter or gauge satisfies `holds`; its log when it never does.
    pub(super) async fn wait_for(
        &mut self,
        name: &str,
        holds: impl Fn(u64) -> bool,
    ) -> Result<u64, String> {
        self.until(async |admin| {
            let filtered = format!("/stats?filter={}", exactly(name));
            let stats = http1(admin, &Request::get(filtered)).await.text();
            Some(metric(&stats, name)).filter(|value| holds(*value))
        })
        .await
    }

    /// Every counter and gauge that begins so and is not 0.
    pub(super) async fn gauges(&mut self, prefix: &str) -> Result<usize, String> {
        self.until(async |admin| {
            let stats = http1(admin, &Request::get("/stats?type=Gauges"))
                .await
                .text();
            let lines = stats.lines().filter(|line| line.starts_with(prefix));
            Some(lines.filter(|line| !line.ends_with(": 0")).count())
        })
        .await
    }

    /// Sets every counter to 0.
    pub(super) async fn reset_counters(&mut self) -> Result<(), String> {
        self.until(async |admin| {
            let reset = http1(admin, &Request::post("/reset_counters")).await;
            (reset.status == 200).then_some(())
        })
        .await
    }

    /// Asks `probe`, which gets the address of the admin interface, until it gives a value; the log when it never does.
    async fn until<T>(
        &mut self,
        mut probe: impl AsyncFnMut(SocketAddr) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(admin) = self.admin_address()
                && let Some(value) = probe(admin).await
            {
                return Ok(value);
            }
            if self.has_ended() || Instant::now() > deadline {
                return Err(self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn admin_address(&self) -> Option<SocketAddr> {
        let address = std::fs::read_to_string(self.directory.path().join("admin")).ok()?;
        address.parse().ok()
    }

    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// What it has logged since this test began.
    pub(super) fn log(&self) -> String {
        text(self.whole_log().get(self.log_begins..).unwrap_or_default())
    }

    fn whole_log(&self) -> Vec<u8> {
        std::fs::read(self.directory.path().join("envoy.log")).unwrap_or_default()
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

/// How many may start at once: whoever starts compiles the filter, and more of them than cores only keep each other
/// waiting.
static STARTS: Semaphore = Semaphore::const_new(2);

/// Waits until one more may start, which it has done when the permit is dropped.
pub(super) async fn may_start() -> SemaphorePermit<'static> {
    STARTS.acquire().await.unwrap()
}

/// The `vm_id` of a test that has its process alone, and of the keeper.
const VM_ID: &str = "palisade";

/// Writes a file beside its place and moves it there, which is what Envoy watches for.
fn replace(file: &Path, contents: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, contents).unwrap();
    std::fs::rename(&new, file).unwrap();
}

/// A discovery answer with the resources of another behind its own.
fn with_resources_of(answer: &str, other: &str) -> String {
    let [mut answer, mut other] =
        [answer, other].map(|text| serde_json::from_str::<Value>(text).unwrap());
    let more = other["resources"].as_array_mut().unwrap();
    answer["resources"].as_array_mut().unwrap().append(more);
    answer.to_string()
}

/// `$ENVOY`, or what `scripts/envoy.sh` finds or gets.
pub fn binary() -> &'static Path {
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
    let mut lines = stats.lines().filter_map(|line| line.split_once(": "));
    let line = lines.find(|(key, _)| *key == name);
    line.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

/// Where the listener of this name listens, if it does.
pub(super) fn address_of(name: &str, listeners: &Value) -> Option<SocketAddr> {
    let mut listeners = listeners["listener_statuses"].as_array()?.iter();
    let listener = listeners.find(|listener| listener["name"] == name)?;
    let address = &listener["local_address"]["socket_address"];
    let port: u16 = address["port_value"].as_u64()?.try_into().ok()?;
    let ip = address["address"].as_str()?.parse().ok()?;
    (port != 0).then_some(SocketAddr::new(ip, port))
}
