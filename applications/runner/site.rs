//! An application behind Envoy with the filter and the policy that ships for it.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Envoy, EnvoyConfig, Request, Response, http1};

/// What signs our cookies and links in `PALISADE_KEY`.
pub(crate) const KEY: &str = "6b1a5a4d8e0f4c3b9d2e7f6a1b0c5d4e3f2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c";

/// One Envoy with one policy in one mode. All its counters are new.
pub(crate) struct Site {
    /// Ends before the runtime does.
    envoy: Envoy,
    runtime: Runtime,
}

impl Site {
    /// Starts Envoy; panics with its log when it does not take the policy.
    pub(crate) fn start(application: SocketAddr, policy: &Path, allow: bool) -> Self {
        let text = std::fs::read_to_string(policy)
            .unwrap_or_else(|error| panic!("{}: {error}", policy.display()));
        let policy: Value = serde_yaml_ng::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", policy.display()));
        let config = EnvoyConfig::new(application)
            .workers(2)
            .environment("PALISADE_KEY", KEY)
            .palisade_text(&policy.to_string())
            .stop_iteration(allow)
            .alone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let envoy = runtime.block_on(Envoy::start(&config));
        Self { envoy, runtime }
    }

    /// Where browsers go.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.envoy.address)
    }

    /// The `host` by which browsers and attackers alike ask for it.
    pub(crate) fn host(&self) -> String {
        self.envoy.address.to_string()
    }

    /// One request over a connection of its own, and its answer.
    pub(crate) fn send(&self, request: &Request) -> Response {
        let request = request.clone().replace("host", &self.host());
        self.runtime.block_on(http1(self.envoy.address, &request))
    }

    /// One counter or gauge of Envoy's.
    pub(crate) fn stat(&self, name: &str) -> u64 {
        self.runtime.block_on(self.envoy.stat(name))
    }

    /// The last lines of Envoy's access log but pages and pictures that were there, for a message about what went
    /// wrong.
    pub(crate) fn last_requests(&self, count: usize) -> String {
        let log = self.envoy.access_log();
        let page = |line: &&Value| line["method"] != "GET" || line["status"] != 200;
        let last = log.iter().rev().filter(page).take(count);
        let lines = last.map(|line| {
            let of = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let status = &line["status"];
            let path: String = of("path").chars().take(60).collect();
            format!("{} {path} {status} {}", of("method"), of("details"))
        });
        let mut lines: Vec<String> = lines.collect();
        lines.reverse();
        lines.join("; ")
    }
}
