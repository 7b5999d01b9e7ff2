//! The configuration of an [`Envoy`](super::Envoy) under test, built as JSON.

mod files;

use super::clock::Clock;
use super::http3::Certificate;
use super::merge::merge;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TYPE: &str = "type.googleapis.com";
const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// One protected listener, the clusters behind it, and how Envoy runs.
///
/// Out of the box: one worker, HTTP/1.0, 1.1 and 2 accepted, trailers kept, one trusted hop of
/// `X-Forwarded-For`, every path routed to the application, no filter; `stats_config`,
/// `layered_runtime` and the format of the access log are those of `envoy/demo.yaml`, so that the tests run on what is
/// shipped.
#[derive(Clone, Debug)]
pub struct EnvoyConfig {
    plugin: Option<Plugin>,
    wasm: PathBuf,
    environment: Map<String, Value>,
    filters: Vec<Value>,
    behind: Vec<Value>,
    routes: Vec<Value>,
    metadata: Value,
    clusters: Vec<Value>,
    manager: Value,
    listener: Value,
    http3: Option<PathBuf>,
    tls: Option<PathBuf>,
    pub(super) bootstrap: Value,
    pub(super) node_metadata: Option<String>,
    pub(super) policy_yaml: Option<String>,
    pub(super) workers: u32,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(String, PathBuf)>,
    alone: bool,
}

/// Stands in JSON where YAML is written.
const YAML: &str = "YAML";

/// The wasm filter's `PluginConfig`.
#[derive(Clone, Debug)]
struct Plugin {
    /// One filter for each, all in one VM.
    names: Vec<&'static str>,
    configuration: Value,
    allow_on_headers_stop_iteration: bool,
    failure_policy: &'static str,
}

impl EnvoyConfig {
    /// Routes everything to `application`.
    pub fn new(application: SocketAddr) -> Self {
        Self {
            plugin: None,
            wasm: shipped_wasm(),
            environment: Map::new(),
            filters: Vec::new(),
            behind: Vec::new(),
            routes: Vec::new(),
            metadata: json!({}),
            clusters: Vec::new(),
            manager: json!({}),
            listener: json!({}),
            http3: None,
            tls: None,
            bootstrap: json!({}),
            node_metadata: None,
            policy_yaml: None,
            workers: 1,
            arguments: Vec::new(),
            variables: Vec::new(),
            alone: false,
        }
        .cluster("application", application)
    }

    /// Judges requests with Palisade under this configuration, delivered as JSON text in a `StringValue`.
    pub fn palisade(self, configuration: &Value) -> Self {
        self.palisade_text(&in_single_headers(configuration).to_string())
    }

    /// Like [`EnvoyConfig::palisade`] with any text, which need not be JSON.
    pub fn palisade_text(self, configuration: &str) -> Self {
        self.plugin(
            json!({"@type": format!("{TYPE}/google.protobuf.StringValue"), "value": configuration}),
        )
    }

    /// Like [`EnvoyConfig::palisade`], delivered as a native `Struct`.
    pub fn palisade_struct(self, configuration: &Value) -> Self {
        let configuration = in_single_headers(configuration);
        self.plugin(
            json!({"@type": format!("{TYPE}/google.protobuf.Struct"), "value": configuration}),
        )
    }

    /// Like [`EnvoyConfig::palisade_struct`], written in YAML, in flow style: `{routes: [..]}`.
    pub fn palisade_yaml(mut self, configuration: &str) -> Self {
        self.policy_yaml = Some(configuration.to_owned());
        self.palisade_struct(&json!(YAML))
    }

    /// The node's metadata, a Struct, as lines of YAML in block style. An update does not change it.
    pub fn node_metadata(mut self, lines: &str) -> Self {
        self.node_metadata = Some(lines.to_owned());
        self
    }

    fn plugin(mut self, configuration: Value) -> Self {
        let plugin = self.plugin.get_or_insert(Plugin {
            names: vec!["palisade"],
            configuration: Value::Null,
            allow_on_headers_stop_iteration: false,
            failure_policy: "FAIL_CLOSED",
        });
        plugin.configuration = configuration;
        self
    }

    /// Sets `allow_on_headers_stop_iteration` of the plugin, false by default. Call after `palisade`.
    pub fn stop_iteration(mut self, allow: bool) -> Self {
        self.plugin_mut().allow_on_headers_stop_iteration = allow;
        self
    }

    /// A process of its own, see [`Envoy::start`](super::Envoy::start): for tests that measure the process, change it
    /// by the admin interface, or let requests wait through an update, since a shared one drains listeners in a
    /// second.
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Whether nothing but clusters and listeners tells it from others, so that a process may serve one after the
    /// other.
    pub(super) fn may_share(&self) -> bool {
        let plugin = self.plugin.as_ref();
        let closes = plugin.is_some_and(|plugin| plugin.failure_policy == "FAIL_CLOSED");
        let is_plain = self.bootstrap == json!({})
            && self.node_metadata.is_none()
            && self.policy_yaml.is_none();
        let runs_plainly =
            self.arguments.is_empty() && self.variables.is_empty() && self.http3.is_none();
        closes && is_plain && runs_plainly && !self.alone && self.wasm == shipped_wasm()
    }

    /// The same plugin once more, under another name. Call after `palisade`.
    pub fn again_as(mut self, name: &'static str) -> Self {
        self.plugin_mut().names.push(name);
        self
    }

    /// Another name of the plugin than `palisade`. Call after `palisade`.
    pub fn named(mut self, name: &'static str) -> Self {
        self.plugin_mut().names = vec![name];
        self
    }

    /// Sets what Envoy does after a trap: `FAIL_CLOSED` (default), `FAIL_OPEN`, `FAIL_RELOAD`. Call after `palisade`.
    pub fn failure_policy(mut self, policy: &'static str) -> Self {
        self.plugin_mut().failure_policy = policy;
        self
    }

    fn plugin_mut(&mut self) -> &mut Plugin {
        self.plugin
            .as_mut()
            .expect("palisade(..) before its options")
    }

    /// Loads another wasm file than `target/palisade.wasm`.
    pub fn wasm(mut self, file: impl Into<PathBuf>) -> Self {
        self.wasm = file.into();
        self
    }

    /// One environment variable of the wasm VM.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Another Palisade before the one of [`EnvoyConfig::palisade`], with a name and a configuration of its own. Call
    /// after `environment`.
    pub fn palisade_before(self, name: &'static str, configuration: &Value) -> Self {
        let filter = self.to_wasm(
            name,
            &Plugin {
                names: vec![name],
                configuration: json!({
                    "@type": format!("{TYPE}/google.protobuf.StringValue"),
                    "value": configuration.to_string(),
                }),
                allow_on_headers_stop_iteration: false,
                failure_policy: "FAIL_CLOSED",
            },
        );
        self.filter(filter)
    }

    /// Envoy's wall clock is moved by this clock.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.variables.extend(clock.variables());
        self
    }

    /// An HTTP filter before Palisade (and after those added so far).
    pub fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// An HTTP filter behind Palisade.
    pub fn filter_behind(mut self, filter: Value) -> Self {
        self.behind.push(filter);
        self
    }

    /// A route before the one that leads everything to the application.
    pub fn route(mut self, route: Value) -> Self {
        self.routes.push(route);
        self
    }

    /// The `filter_metadata` of the default route, such as `{"palisade": {"profile": "login"}}`.
    pub fn route_metadata(mut self, filter_metadata: Value) -> Self {
        self.metadata = filter_metadata;
        self
    }

    /// A cluster with one host.
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        let endpoint = json!({"endpoint": {"address": socket(address)}});
        self.clusters.push(cluster(name, &json!([endpoint])));
        self
    }

    /// A cluster with one host that speaks HTTP/2.
    pub fn http2_cluster(self, name: &str, address: SocketAddr) -> Self {
        let mut config = self.cluster(name, address);
        if let Some(own) = config.clusters.last_mut() {
            own["typed_extension_protocol_options"][HTTP_OPTIONS]["explicit_http_config"] =
                json!({"http2_protocol_options": {}});
        }
        config
    }

    /// A cluster without a host.
    pub fn empty_cluster(mut self, name: &str) -> Self {
        self.clusters.push(cluster(name, &json!([])));
        self
    }

    /// Merges `patch` into the connection manager: objects member by member, anything else replaced, `null` removes.
    pub fn manager(mut self, patch: &Value) -> Self {
        merge(&mut self.manager, patch);
        self
    }

    /// Merges `patch` into the listener, see [`EnvoyConfig::manager`].
    pub fn listener(mut self, patch: &Value) -> Self {
        merge(&mut self.listener, patch);
        self
    }

    /// Listens for HTTP/3 as well, with this certificate.
    pub fn http3(mut self, certificate: &Certificate) -> Self {
        self.http3 = Some(certificate.folder().to_owned());
        self
    }

    /// Listens with TLS alone, with this certificate, and tells the client's JA4.
    pub fn tls(mut self, certificate: &Certificate) -> Self {
        self.tls = Some(certificate.folder().to_owned());
        self.fingerprints()
    }

    /// Tells the client's JA4, if there is one, in the filter state `palisade.ja4`.
    pub fn fingerprints(self) -> Self {
        self.filter(json!({
            "name": "envoy.filters.http.set_filter_state",
            "typed_config": {
                "@type": format!("{TYPE}/envoy.extensions.filters.http.set_filter_state.v3.Config"),
                "on_request_headers": [{
                    "object_key": "palisade.ja4",
                    "factory_key": "envoy.string",
                    "format_string": {"text_format_source": {"inline_string": "%TLS_JA4_FINGERPRINT%"}},
                }],
            },
        }))
    }

    /// Merges `patch` into the bootstrap, see [`EnvoyConfig::manager`]. An update does not change it.
    pub fn bootstrap(mut self, patch: &Value) -> Self {
        merge(&mut self.bootstrap, patch);
        self
    }

    /// Allows `CONNECT`, led to the application as a byte stream.
    pub fn connect(self) -> Self {
        self.manager(&json!({"upgrade_configs": [{"upgrade_type": "CONNECT"}]}))
            .route(json!({
                "match": {"connect_matcher": {}},
                "route": {
                    "cluster": "application",
                    "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}],
                },
            }))
    }

    /// Allows this upgrade, such as `websocket`.
    pub fn upgrade(self, kind: &str) -> Self {
        self.manager(&json!({"upgrade_configs": [{"upgrade_type": kind}]}))
    }

    /// Keeps the letter case of header names over HTTP/1.1, from the client and to every cluster so far.
    pub fn preserve_case(mut self) -> Self {
        let format = json!({"stateful_formatter": {
            "name": "envoy.http.stateful_header_formatters.preserve_case",
            "typed_config": {"@type": format!("{TYPE}/envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig")},
        }});
        let options = json!({"http_protocol_options": {"header_key_format": format}});
        for cluster in &mut self.clusters {
            merge(
                &mut cluster["typed_extension_protocol_options"][HTTP_OPTIONS]["explicit_http_config"],
                &options,
            );
        }
        self.manager(&options)
    }

    /// The number of worker threads; with several, connections are spread evenly over them.
    pub fn workers(mut self, workers: u32) -> Self {
        self.workers = workers;
        self
    }

    /// More arguments of the command line, such as `--drain-time-s` and `1`.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Panics when the filter has not been built, or not since its source changed.
    pub(super) fn require_wasm(&self) {
        if self.plugin.is_none() {
            return;
        }
        let built = modified(&self.wasm)
            .unwrap_or_else(|| panic!("{} does not exist: run `make build`", self.wasm.display()));
        if self.wasm.ends_with("target/palisade.wasm") {
            assert!(
                newest(&Path::new(ROOT).join("src")) <= built,
                "{} is older than src/: run `make build`",
                self.wasm.display()
            );
        }
    }
}

fn shipped_wasm() -> PathBuf {
    Path::new(ROOT).join("target/palisade.wasm")
}

fn socket(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip(), "port_value": address.port()}})
}

fn cluster(name: &str, endpoints: &Value) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "20s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        "typed_extension_protocol_options": {HTTP_OPTIONS: {
            "@type": format!("{TYPE}/{HTTP_OPTIONS}"),
            "explicit_http_config": {"http_protocol_options": {"enable_trailers": true}},
        }},
        "circuit_breakers": {"thresholds": [
            {"max_connections": 65536, "max_pending_requests": 65536, "max_requests": 65536, "max_retries": 1024},
        ]},
    })
}

fn modified(file: &Path) -> Option<std::time::SystemTime> {
    file.metadata().ok()?.modified().ok()
}

fn newest(directory: &Path) -> std::time::SystemTime {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        // Neither the command line nor a test is a part of the filter.
        .filter(|path| {
            !["src/bin", "tests", "tests.rs"]
                .iter()
                .any(|end| path.ends_with(end))
        })
        .filter_map(|path| {
            if path.is_dir() {
                Some(newest(&path))
            } else {
                modified(&path)
            }
        })
        .max()
        .unwrap_or(std::time::UNIX_EPOCH)
}

/// With each annotation in a header of its own, where nothing else is said: so tests read them.
fn in_single_headers(configuration: &Value) -> Value {
    const HEADERS: [&str; 12] = [
        "verdict",
        "reason",
        "score",
        "signals",
        "asn",
        "asn_type",
        "connection",
        "country",
        "travel",
        "lists",
        "limits",
        "ref",
    ];
    let mut configuration = configuration.clone();
    let learns = configuration.to_string().contains("asn_failure_rate");
    if let Some(members) = configuration.as_object_mut() {
        let headers = HEADERS
            .into_iter()
            .chain(learns.then_some("asn_failure_rate"));
        let headers: Vec<&str> = headers.collect();
        members
            .entry("annotate")
            .or_insert_with(|| json!({"headers": headers}));
    }
    configuration
}
