//! Envoy's rate limit service with its Redis, both real, and what is configured to ask it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Result;
use crate::variant::Server;

/// The name of the cluster, and the domain of Envoy's own filter.
pub(crate) const CLUSTER: &str = "ratelimit";
const NATIVE: &str = "native";
/// What Envoy's own filter tells the service of a request, each as a descriptor of its own.
const KEYS: [&str; 4] = ["remote_address", "account", "session", "generic_key"];

/// The service and its Redis, which end with it.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    processes: Vec<Child>,
    _directory: TempDir,
}

impl Service {
    /// Both, as soon as they answer. What is missing is got first.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let output = Command::new(root.join("scripts/ratelimit.sh"))
            .stderr(Stdio::inherit())
            .output()?;
        let printed = String::from_utf8(output.stdout)?;
        let (service, redis) = printed
            .trim_end()
            .strip_prefix("RATELIMIT=")
            .and_then(|rest| rest.split_once(" REDIS="))
            .ok_or("no rate limit service: see above")?;
        let directory = tempfile::Builder::new()
            .prefix("palisade-bench-")
            .tempdir()?;
        let config = directory.path().join("config");
        fs::create_dir(&config)?;
        let units = ["minute", "hour", "day", "week", "month", "year"];
        fs::write(
            config.join("palisade.yaml"),
            counting("palisade", units.map(|unit| (unit, unit))),
        )?;
        let keys = KEYS.map(|key| (key, "hour"));
        fs::write(config.join("native.yaml"), counting(NATIVE, keys))?;
        let [store, address, http, debug] = [free()?, free()?, free()?, free()?];
        let mut own = Self {
            address,
            processes: Vec::new(),
            _directory: directory,
        };
        let port = |address: SocketAddr| address.port().to_string();
        own.spawn(Command::new(redis).args([
            "--port",
            &port(store),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]))?;
        reached(store)?;
        let place = own._directory.path().to_owned();
        own.spawn(
            Command::new(service)
                .env_clear()
                .envs([
                    ("USE_STATSD", "false"),
                    ("BACKEND_TYPE", "redis"),
                    ("REDIS_SOCKET_TYPE", "tcp"),
                    ("RUNTIME_SUBDIRECTORY", ""),
                    ("RUNTIME_APPDIRECTORY", "config"),
                    ("RUNTIME_WATCH_ROOT", "false"),
                    ("HOST", "127.0.0.1"),
                    ("GRPC_HOST", "127.0.0.1"),
                    ("DEBUG_HOST", "127.0.0.1"),
                ])
                .env("RUNTIME_ROOT", place)
                .env("REDIS_URL", store.to_string())
                .env("PORT", port(http))
                .env("DEBUG_PORT", port(debug))
                .env("GRPC_PORT", port(address)),
        )?;
        reached(address)?;
        Ok(own)
    }

    fn spawn(&mut self, command: &mut Command) -> Result<()> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.processes.push(child);
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for child in &mut self.processes {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A configuration of the service that refuses nothing.
fn counting<const N: usize>(domain: &str, keys: [(&str, &str); N]) -> String {
    let descriptors = keys.map(|(key, unit)| {
        json!({ "key": key, "rate_limit": { "unit": unit, "requests_per_unit": u32::MAX } })
    });
    json!({ "domain": domain, "descriptors": descriptors.as_slice() }).to_string()
}

/// An address on which nobody listens.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Waits until somebody listens.
fn reached(address: SocketAddr) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(format!("nobody listens on {address}").into());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Envoy's own filter that asks the service.
pub(crate) fn filter() -> Value {
    json!({
        "name": "envoy.filters.http.ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit",
            "domain": NATIVE,
            "timeout": "1s",
            // A call that fails would make it cheap.
            "failure_mode_deny": true,
            "rate_limit_service": {
                "grpc_service": { "envoy_grpc": { "cluster_name": CLUSTER } },
                "transport_api_version": "V3",
            },
        },
    })
}

/// What that filter tells of a request: so many descriptors.
pub(crate) fn descriptors(server: Server) -> Vec<Value> {
    let header = |name: &str, key: &str| json!({ "request_headers": { "header_name": name, "descriptor_key": key } });
    let all = [
        json!({ "remote_address": {} }),
        header("x-account", "account"),
        header("cookie", "session"),
        json!({ "generic_key": { "descriptor_value": "login" } }),
    ];
    let number = match server {
        Server::RateLimitOne => 1,
        Server::RateLimitFour => 4,
        _ => 0,
    };
    let actions = all.into_iter().take(number);
    actions
        .map(|action| json!({ "actions": [action] }))
        .collect()
}

/// Palisade's section of it.
pub(crate) fn section() -> Value {
    json!({ "cluster": CLUSTER, "timeout": "1s", "on_unavailable": "refuse" })
}

/// Where the service is.
pub(crate) fn cluster(address: SocketAddr) -> Value {
    json!({
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        },
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": {
                "socket_address": { "address": "127.0.0.1", "port_value": address.port() },
            } } }] }],
        },
    })
}
