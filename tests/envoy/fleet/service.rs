//! Envoy's rate limit service with its Redis, both real.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::support::{Request, eventually, http1};

/// Where both programs stand.
struct Programs {
    service: String,
    redis: String,
}

impl Programs {
    /// Asked once for all tests.
    fn get() -> &'static Self {
        static PROGRAMS: OnceLock<Programs> = OnceLock::new();
        PROGRAMS.get_or_init(|| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/ratelimit.sh");
            // What it says is shown at once: it may have much to get.
            let output = Command::new(script).stderr(Stdio::inherit()).output();
            let output = output.expect(script);
            assert!(output.status.success(), "{script} has failed, see above");
            let printed = String::from_utf8(output.stdout).expect("text");
            let (service, redis) = printed
                .trim_end()
                .strip_prefix("RATELIMIT=")
                .and_then(|rest| rest.split_once(" REDIS="))
                .expect("both");
            Self {
                service: service.to_owned(),
                redis: redis.to_owned(),
            }
        })
    }
}

/// A process that ends with the test, also when that is killed.
struct Process {
    child: Child,
    watchdog: Child,
}

impl Process {
    fn spawn(command: &mut Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the program");
        let watchdog = Command::new("sh")
            .args(["-c", "read _; kill -9 $0", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        Self { child, watchdog }
    }

    fn signal(&self, name: &str) {
        let killed = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(killed.expect("kill").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: it must not outlive the process whose number it holds.
        for child in [&mut self.watchdog, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The service and its Redis.
pub(crate) struct Service {
    /// Where it listens for gRPC.
    pub(crate) address: SocketAddr,
    redis_address: SocketAddr,
    service: Option<Process>,
    redis: Option<Process>,
    directory: TempDir,
}

/// What its configuration knows, of the domain of ours.
pub(crate) const UNITS: [&str; 6] = ["minute", "hour", "day", "week", "month", "year"];

impl Service {
    /// One that knows all that ours asks for.
    pub(crate) async fn start() -> Self {
        Self::knowing("palisade", &UNITS).await
    }

    /// One that knows these descriptors of this domain.
    pub(crate) async fn knowing(domain: &str, units: &[&str]) -> Self {
        let directory = TempDir::with_prefix("palisade-fleet-").expect("a directory");
        let config = directory.path().join("config");
        std::fs::create_dir(&config).expect("a directory");
        let mut lines = format!("domain: {domain}\ndescriptors:\n");
        for unit in units {
            lines.push_str(&format!(
                "  - key: {unit}\n    rate_limit: {{unit: {unit}, requests_per_unit: 4294967295}}\n"
            ));
        }
        std::fs::write(config.join("palisade.yaml"), lines).expect("a file");
        let mut own = Self {
            address: free(),
            redis_address: free(),
            service: None,
            redis: None,
            directory,
        };
        own.start_redis().await;
        own.start_service().await;
        own
    }

    /// Redis begins, empty.
    pub(crate) async fn start_redis(&mut self) {
        let port = self.redis_address.port().to_string();
        let mut command = Command::new(&Programs::get().redis);
        command
            .args([
                "--port",
                &port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(self.directory.path());
        self.redis = Some(Process::spawn(
            &mut command,
            &self.directory.path().join("redis.log"),
        ));
        let address = self.redis_address;
        eventually("Redis", async || TcpStream::connect(address).await.ok()).await;
    }

    async fn start_service(&mut self) {
        let (http, debug) = (free(), free());
        let port = |address: SocketAddr| address.port().to_string();
        let log = self.directory.path().join("service.log");
        let mut command = Command::new(&Programs::get().service);
        command
            .env_clear()
            .envs([
                ("USE_STATSD", "false"),
                ("BACKEND_TYPE", "redis"),
                ("REDIS_SOCKET_TYPE", "tcp"),
                ("REDIS_TIMEOUT", "1s"),
                ("RUNTIME_SUBDIRECTORY", ""),
                ("RUNTIME_APPDIRECTORY", "config"),
                ("RUNTIME_WATCH_ROOT", "false"),
                ("HOST", "127.0.0.1"),
                ("GRPC_HOST", "127.0.0.1"),
                ("DEBUG_HOST", "127.0.0.1"),
            ])
            .env("REDIS_URL", self.redis_address.to_string())
            .env("RUNTIME_ROOT", self.directory.path())
            .env("PORT", port(http))
            .env("DEBUG_PORT", port(debug))
            .env("GRPC_PORT", port(self.address));
        self.service = Some(Process::spawn(&mut command, &log));
        eventually("the rate limit service", async || {
            TcpStream::connect(http).await.ok()?;
            let health = http1(http, &Request::get("/healthcheck")).await;
            (health.status == 200).then_some(())
        })
        .await;
    }

    /// Redis ends at once, and forgets all.
    pub(crate) fn kill_redis(&mut self) {
        self.redis = None;
    }

    /// The service ends at once.
    pub(crate) fn kill(&mut self) {
        self.service = None;
    }

    /// The service begins again.
    pub(crate) async fn restart(&mut self) {
        self.start_service().await;
    }

    /// The service answers nobody.
    pub(crate) fn stop_answering(&self) {
        self.service.as_ref().expect("it runs").signal("STOP");
    }

    /// The names of all counters in Redis.
    pub(crate) async fn keys(&self) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut redis = TcpStream::connect(self.redis_address).await.expect("Redis");
        redis.write_all(b"KEYS *\r\nQUIT\r\n").await.expect("Redis");
        let mut answer = String::new();
        redis.read_to_string(&mut answer).await.expect("text");
        answer
    }
}

/// An address on which nobody listens.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}
