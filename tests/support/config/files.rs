//! The files of an [`EnvoyConfig`]: bootstrap, listeners and clusters.

use super::super::tls;
use super::{EnvoyConfig, Plugin, ROOT, TYPE, YAML, socket};
use crate::support::http3;
use crate::support::merge::merge;
use serde_json::{Value, json};
use std::path::Path;

/// Where the bootstrap files have the access log of the protected listener.
const ACCESS_LOG: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/access_log/0/typed_config";

/// The bootstrap of the demo.
fn shipped() -> Value {
    let shipped = std::fs::read_to_string(Path::new(ROOT).join("envoy/demo.yaml")).unwrap();
    serde_yaml_ng::from_str(&shipped).unwrap()
}

impl EnvoyConfig {
    /// The bootstrap as a file with an ending by which Envoy chooses its reader.
    pub(in crate::support) fn bootstrap_file(
        &self,
        directory: &Path,
        lds: &Path,
    ) -> (&'static str, String) {
        let mut tree = self.to_bootstrap(directory, lds);
        let Some(lines) = &self.node_metadata else {
            return ("bootstrap.json", tree.to_string());
        };
        let (id, cluster) = (tree["node"]["id"].take(), tree["node"]["cluster"].take());
        let mut text = format!("node:\n  id: {id}\n  cluster: {cluster}\n  metadata:\n");
        for line in lines.lines() {
            text.push_str(&format!("    {line}\n"));
        }
        for (name, value) in tree.as_object().unwrap() {
            if name != "node" {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        ("bootstrap.yaml", text)
    }

    /// The name of the file of listeners, by whose ending Envoy chooses its reader.
    pub(in crate::support) const fn listeners_name(&self) -> &'static str {
        match self.policy_yaml {
            Some(_) => "listeners.yaml",
            None => "listeners.json",
        }
    }

    /// The file of listeners; `version` tells updates apart. Filters of another `vm_id` share no memory.
    pub(in crate::support) fn listeners_file(
        &self,
        version: u32,
        access_log: &Path,
        vm_id: &str,
    ) -> String {
        let json = self.to_listeners(version, access_log).to_string();
        let json = json.replace(r#""vm_id":"palisade""#, &format!(r#""vm_id":"{vm_id}""#));
        match &self.policy_yaml {
            Some(policy) => json.replace(&format!("\"{YAML}\""), policy),
            None => json,
        }
    }

    /// The cluster discovery answer.
    pub(in crate::support) fn clusters_file(&self, version: u32) -> String {
        let typed = |cluster: &Value| {
            let mut cluster = cluster.clone();
            cluster["@type"] = format!("{TYPE}/envoy.config.cluster.v3.Cluster").into();
            cluster
        };
        let resources: Vec<Value> = self.clusters.iter().map(typed).collect();
        json!({"version_info": version.to_string(), "resources": resources}).to_string()
    }

    /// What keeps the compiled filter in a process while no test uses it: the filter behind a port to which nobody
    /// connects.
    pub(in crate::support) fn keeper(workers: u32, directory: &Path) -> Self {
        let policy = json!({"routes": [{"name": "none", "match": {"path": "/none"}, "lookup": "off", "rules": []}]});
        Self::new(([127, 0, 0, 1], 1).into())
            .workers(workers)
            .palisade(&policy)
            .listener(&json!({"name": "keeper"}))
            .bootstrap(&json!({
                "static_resources": {"clusters": []},
                "dynamic_resources": {"cds_config": {
                    "resource_api_version": "V3",
                    "path_config_source": {
                        "path": directory.join("clusters/clusters.json"),
                        "watched_directory": {"path": directory.join("clusters")},
                    },
                }},
            }))
            .arguments(&["--drain-time-s", "1"])
    }

    /// The bootstrap; listeners come from the file `lds` in `directory`.
    fn to_bootstrap(&self, directory: &Path, lds: &Path) -> Value {
        let mut shipped = shipped();
        let mut bootstrap = json!({
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": socket(([127, 0, 0, 1], 0).into())},
            "static_resources": {"clusters": self.clusters},
            "dynamic_resources": {"lds_config": {
                "resource_api_version": "V3",
                "path_config_source": {"path": lds, "watched_directory": {"path": directory}},
            }},
            "stats_config": shipped["stats_config"].take(),
            "layered_runtime": shipped["layered_runtime"].take(),
        });
        merge(&mut bootstrap, &self.bootstrap);
        bootstrap
    }

    /// The listener discovery answer; `version` tells updates apart.
    fn to_listeners(&self, version: u32, access_log: &Path) -> Value {
        let mut manager = self.to_manager(access_log);
        merge(&mut manager, &self.manager);
        let mut listener = json!({
            "@type": format!("{TYPE}/envoy.config.listener.v3.Listener"),
            "name": "protected",
            "address": socket(([127, 0, 0, 1], 0).into()),
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager,
            }]}],
        });
        if self.workers > 1 {
            merge(
                &mut listener,
                &json!({"connection_balance_config": {"exact_balance": {}}}),
            );
        }
        merge(&mut listener, &self.listener);
        if let Some(certificate) = &self.tls {
            tls::speak(&mut listener, certificate);
        }
        let http3 = self.http3.as_ref();
        let http3 = http3.map(|certificate| http3::listener(&listener, certificate));
        let resources: Vec<Value> = std::iter::once(listener).chain(http3).collect();
        json!({"version_info": version.to_string(), "resources": resources})
    }

    fn to_manager(&self, access_log: &Path) -> Value {
        let mut format = shipped()
            .pointer_mut(&format!("{ACCESS_LOG}/log_format/json_format"))
            .expect("an access log")
            .take();
        merge(
            &mut format,
            &json!({
                "flags": "%RESPONSE_FLAGS%",
                "request_ref": "%REQ(X-PALISADE-REF)%",
                "response_ref": "%RESP(X-PALISADE-REF)%",
            }),
        );
        let mut filters = self.filters.clone();
        let names = self
            .plugin
            .iter()
            .flat_map(|plugin| plugin.names.iter().map(move |name| (name, plugin)));
        filters.extend(names.map(|(name, plugin)| self.to_wasm(name, plugin)));
        filters.extend(self.behind.iter().cloned());
        filters.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": format!("{TYPE}/envoy.extensions.filters.http.router.v3.Router")},
        }));
        let mut routes = self.routes.clone();
        routes.push(json!({
            "name": "everything",
            "match": {"prefix": "/"},
            "route": {"cluster": "application"},
            "metadata": {"filter_metadata": self.metadata},
        }));
        json!({
            "@type": format!("{TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "protected",
            "use_remote_address": true,
            "xff_num_trusted_hops": 1,
            "http_protocol_options": {
                "accept_http_10": true,
                "default_host_for_http_10": "shop.example",
                "enable_trailers": true,
            },
            "http_filters": filters,
            "route_config": {"name": "local", "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": routes},
            ]},
            "access_log": [{
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": format!("{TYPE}/envoy.extensions.access_loggers.file.v3.FileAccessLog"),
                    "path": access_log,
                    "log_format": {"json_format": format},
                },
            }],
        })
    }

    pub(super) fn to_wasm(&self, name: &str, plugin: &Plugin) -> Value {
        json!({
            "name": name,
            "typed_config": {
                "@type": format!("{TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm"),
                "config": {
                    "name": name,
                    "root_id": "palisade",
                    "configuration": plugin.configuration,
                    "failure_policy": plugin.failure_policy,
                    "allow_on_headers_stop_iteration": plugin.allow_on_headers_stop_iteration,
                    "vm_config": {
                        "vm_id": "palisade",
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": self.wasm}},
                        "environment_variables": {"key_values": self.environment},
                    },
                },
            },
        })
    }
}
