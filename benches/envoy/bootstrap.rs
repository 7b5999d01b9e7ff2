//! The configurations of the Envoys that are measured.

use std::path::Path;

use serde_json::{Value, json};

use crate::artefacts::Artefacts;
use crate::variant::Server;

/// The name of the listener that the load goes to.
pub(crate) const LISTENER: &str = "main";

/// Envoy's counter of what the stand-in for the API was asked.
pub(crate) const LOOKUPS: &str = "http.api.downstream_rq_total";

/// What a route answers by itself.
#[derive(Clone, Debug)]
pub(crate) struct DirectResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl DirectResponse {
    /// What the application behind the filter answers.
    pub(crate) fn application() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: "ok\n".to_owned(),
        }
    }
}

/// A whole configuration. Behind the filter stands an application that gives `answer`; `directory`
/// is for the socket of the API's stand-in; `observed` turns the statistics of the event loop on.
pub(crate) fn bootstrap(
    artefacts: &Artefacts,
    server: Server,
    answer: &DirectResponse,
    directory: &Path,
    observed: bool,
) -> Value {
    let address = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
    let filters = match (server, &artefacts.palisade) {
        (Server::Noop, _) => vec![wasm("noop", &artefacts.noop, None)],
        (Server::PalisadeClean | Server::PalisadeTor, Some(path)) => {
            vec![wasm("palisade", path, Some(&palisade()))]
        }
        _ => Vec::new(),
    };
    let mut listeners = vec![listener(LISTENER, &address, &filters, answer)];
    let mut clusters = Vec::new();
    if let Some(body) = intelligence(server) {
        let socket = json!({"pipe": {"path": directory.join("api.sock")}});
        let answer = DirectResponse {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        };
        listeners.push(listener("api", &socket, &[], &answer));
        clusters.push(cluster("api", &socket));
    }
    json!({
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "enable_dispatcher_stats": observed,
        "stats_flush_interval": if observed { "1s" } else { "5s" },
        "static_resources": {"listeners": listeners, "clusters": clusters},
    })
}

/// Palisade's configuration: the defaults, one provider and one protected route.
fn palisade() -> Value {
    json!({
        "intelligence": {
            "provider": "ipasis",
            "cluster": "api",
            "api_key_env": "IPASIS_API_KEY",
        },
        "routes": [{
            "name": "login",
            "match": {"methods": ["POST"], "path": "/login"},
            "rules": [
                {"when": {"any": ["tor", "hosting", {"score": ">=80"}]}, "then": "deny"},
                {"when": {"any": ["vpn", "proxy", {"score": "50..80"}]}, "then": "challenge"},
            ],
        }],
    })
}

/// What the API's stand-in knows of every address.
fn intelligence(server: Server) -> Option<Value> {
    let tor = match server {
        Server::PalisadeClean => false,
        Server::PalisadeTor => true,
        Server::Plain | Server::PlainDeny | Server::Noop => return None,
    };
    Some(json!({
        "ip": "11.0.0.1", "city": "Tustin", "region": "California", "country": "US",
        "loc": "33.7,-117.7", "postal": "92780", "timezone": "America/Los_Angeles",
        "asn": {"ASN": "AS23005", "Name": "Example Internet", "Domain": "example.net",
                "Route": "11.0.0.0/8", "Type": "isp"},
        "company": {"Name": "Example", "Domain": "example.com", "Type": "isp"},
        "privacy": {"VPN": false, "Proxy": false, "Tor": tor, "Relay": false,
                    "Hosting": false, "Abuse": false, "AI": false, "Crawler": false,
                    "Service": ""},
    }))
}

fn listener(name: &str, address: &Value, filters: &[Value], answer: &DirectResponse) -> Value {
    let mut filters = filters.to_vec();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    }));
    let headers: Vec<Value> = answer
        .headers
        .iter()
        .map(|(key, value)| {
            json!({
                "header": {"key": key, "value": value},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            })
        })
        .collect();
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        // The load tells the client's address in X-Forwarded-For, as a load balancer does.
        "use_remote_address": true,
        "xff_num_trusted_hops": 1,
        "http_filters": filters,
        "route_config": {"virtual_hosts": [{
            "name": "all",
            "domains": ["*"],
            "routes": [{
                "match": {"prefix": "/"},
                "direct_response": {
                    "status": answer.status,
                    "body": {"inline_string": answer.body},
                },
                "response_headers_to_add": headers,
            }],
        }]},
    });
    json!({
        "name": name,
        "address": address,
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": manager,
        }]}],
    })
}

fn wasm(name: &str, path: &Path, configuration: Option<&Value>) -> Value {
    let mut config = json!({
        "name": name,
        "vm_config": {
            "vm_id": name,
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": path}},
            "environment_variables": {"key_values": {"IPASIS_API_KEY": "bench"}},
        },
    });
    if let Some(configuration) = configuration {
        config["configuration"] = json!({
            "@type": "type.googleapis.com/google.protobuf.StringValue",
            "value": configuration.to_string(),
        });
    }
    json!({
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": config,
        },
    })
}

fn cluster(name: &str, address: &Value) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    })
}
