//! Envoy processes: started, read and always ended.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::Result;
use crate::artefacts::Artefacts;
use crate::authorisation;
use crate::bootstrap::{self, DirectResponse};
use crate::cores::Cores;
use crate::counter::Counter;
use crate::load::{Clients, Load, get};
use crate::variant::{Server, Variant};

/// How long an Envoy may take to listen; under QEMU it compiles the filter slowly.
const START: Duration = Duration::from_secs(600);

/// How an Envoy runs.
#[derive(Clone, Copy)]
pub(crate) enum Launch<'a> {
    /// One worker, alone on its core.
    Pinned,
    /// Two workers on every core, with statistics of their event loops.
    Observed,
    /// One worker under QEMU, every instruction counted.
    Counted(&'a Counter),
}

/// Starts every Envoy of the benchmark.
pub(crate) struct Starter<'a> {
    artefacts: &'a Artefacts,
    cores: &'a Cores,
    /// What [`Server::PlainDeny`] answers: the very reply that Palisade gave.
    denial: DirectResponse,
}

impl<'a> Starter<'a> {
    pub(crate) fn new(artefacts: &'a Artefacts, cores: &'a Cores) -> Result<Self> {
        let mut starter = Self {
            artefacts,
            cores,
            denial: DirectResponse::application(),
        };
        if artefacts.palisade.is_some() {
            starter.denial = starter.denial()?;
        }
        Ok(starter)
    }

    fn denial(&self) -> Result<DirectResponse> {
        let request = Variant::CachedDeny.request();
        let envoy = self.start(Server::PalisadeTor, Launch::Pinned)?;
        let response = envoy.load(1, Clients::new(1))?.ask(request)?;
        let body = String::from_utf8(response.body)?;
        if response.status != request.status {
            let status = response.status;
            return Err(format!("a Tor exit was answered with {status}: {body}").into());
        }
        let mut headers = response.headers;
        headers.retain(|(name, _)| !matches!(&**name, "date" | "server" | "content-length"));
        Ok(DirectResponse {
            status: response.status,
            headers,
            body,
        })
    }

    /// Starts an Envoy and waits until it listens.
    pub(crate) fn start(&self, server: Server, launch: Launch<'_>) -> Result<Envoy> {
        let directory = tempfile::Builder::new()
            .prefix("palisade-bench-")
            .tempdir()?;
        if server == Server::ExtAuthz {
            authorisation::serve(&directory.path().join(bootstrap::AUTHORISATION))?;
        }
        let answer = match server {
            Server::PlainDeny => self.denial.clone(),
            _ => DirectResponse::application(),
        };
        let configuration = bootstrap::bootstrap(
            self.artefacts,
            server,
            &answer,
            directory.path(),
            matches!(launch, Launch::Observed),
        );
        let file = directory.path().join("envoy.json");
        fs::write(&file, configuration.to_string())?;

        let (mut command, workers) = match launch {
            Launch::Pinned => (self.cores.pinned(), "1"),
            Launch::Observed => (self.cores.shared(), "2"),
            Launch::Counted(counter) => {
                let mut command = self.cores.shared();
                command.args(counter.command(directory.path()));
                (command, "1")
            }
        };
        command
            .arg(&self.artefacts.envoy)
            .arg("--config-path")
            .arg(&file)
            .arg("--admin-address-path")
            .arg(directory.path().join("admin"))
            .args(["--concurrency", workers])
            .args(["--disable-hot-restart", "--log-level", "error"]);
        let envoy = Envoy::spawn(command, directory)?;
        if matches!(server, Server::LocalRefusal | Server::FleetRefusal) {
            // The one that its limit lets through.
            let first = Variant::FleetRefusal.request();
            envoy.load(1, Clients::new(1))?.ask(first)?;
        }
        Ok(envoy)
    }
}

pub(crate) struct Envoy {
    child: Child,
    directory: TempDir,
    admin: SocketAddr,
    listener: SocketAddr,
}

impl Envoy {
    fn spawn(mut command: Command, directory: TempDir) -> Result<Self> {
        let log = fs::File::create(directory.path().join("log"))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        // Held from here on by a value that ends the process whatever happens.
        let unknown = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let mut envoy = Self {
            child,
            directory,
            admin: unknown,
            listener: unknown,
        };
        let start = Instant::now();
        while !envoy.listens() {
            if let Some(status) = envoy.child.try_wait()? {
                return Err(format!("Envoy ended with {status}:\n{}", envoy.log()).into());
            }
            if start.elapsed() > START {
                return Err(format!("Envoy does not listen:\n{}", envoy.log()).into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(envoy)
    }

    /// Whether Envoy is ready; remembers where it listens.
    fn listens(&mut self) -> bool {
        let Some(admin) = fs::read_to_string(self.path().join("admin"))
            .ok()
            .and_then(|text| text.trim().parse().ok())
        else {
            return false;
        };
        self.admin = admin;
        if !get(admin, "/ready").is_ok_and(|response| response.status == 200) {
            return false;
        }
        let port = self
            .admin("/listeners?format=json")
            .ok()
            .and_then(|listeners| {
                let statuses = listeners["listener_statuses"].as_array()?.clone();
                let main = statuses
                    .into_iter()
                    .find(|status| status["name"] == bootstrap::LISTENER)?;
                let port = &main["local_address"]["socket_address"]["port_value"];
                u16::try_from(port.as_u64()?).ok()
            });
        if let Some(port) = port {
            self.listener = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        }
        port.is_some()
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Opens connections to it.
    pub(crate) fn load(&self, connections: u32, clients: Clients) -> Result<Load> {
        Load::connect(self.listener, connections, clients)
    }

    /// The JSON that its admin interface answers.
    pub(crate) fn admin(&self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&get(self.admin, path)?.body)?)
    }

    /// One of its counters; 0 when it has none of this name.
    pub(crate) fn counter(&self, name: &str) -> Result<u64> {
        let stats = self.admin(&format!("/stats?format=json&filter=^{name}$"))?;
        let value = stats.pointer("/stats/0/value").and_then(Value::as_u64);
        Ok(value.unwrap_or(0))
    }

    /// The processor time that its threads have used.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds: u64 = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end while the list is read.
            if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
                nanoseconds += text
                    .split_ascii_whitespace()
                    .next()
                    .ok_or("an empty schedstat")?
                    .parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The memory that it has in use (resident set), in KiB.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
