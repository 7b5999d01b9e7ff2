//! The configurations of the Envoys that are measured.

use std::path::Path;

use serde_json::{Value, json};

use crate::artefacts::Artefacts;
use crate::fleet;
use crate::variant::Server;

/// The name of the listener that the load goes to.
pub(crate) const LISTENER: &str = "main";

/// Envoy's counter of what the stand-in for the API was asked.
pub(crate) const LOOKUPS: &str = "http.api.downstream_rq_total";

/// The name of the socket on which a service is asked about every request.
pub(crate) const AUTHORISATION: &str = "authorisation.sock";

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

    /// What an application answers to a wrong password.
    fn failed_login() -> Self {
        Self {
            status: 401,
            headers: Vec::new(),
            body: "no\n".to_owned(),
        }
    }

    /// A route that answers so.
    fn route(&self) -> Value {
        let headers: Vec<Value> = self
            .headers
            .iter()
            .map(|(key, value)| {
                json!({
                    "header": {"key": key, "value": value},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                })
            })
            .collect();
        json!({
            "match": {"prefix": "/"},
            "direct_response": {
                "status": self.status,
                "body": {"inline_string": self.body},
            },
            "response_headers_to_add": headers,
        })
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
        (Server::ExtAuthz, _) => vec![ext_authz()],
        (Server::RateLimitOne | Server::RateLimitFour, _) => vec![fleet::filter()],
        (_, Some(path)) => palisade(server)
            .map(|configuration| wasm("palisade", path, Some(&configuration)))
            .into_iter()
            .collect(),
        (_, None) => Vec::new(),
    };
    let socket = |name: &str| json!({"pipe": {"path": directory.join(name)}});
    let mut listeners = Vec::new();
    let mut clusters = Vec::new();
    let route = if has_application(server) {
        let (socket, answer) = (socket("app.sock"), DirectResponse::failed_login());
        listeners.push(listener("app", &socket, &[], &answer.route()));
        clusters.push(cluster("app", &socket));
        let descriptors = fleet::descriptors(server);
        json!({
            "match": {"prefix": "/"},
            "route": {"cluster": "app", "rate_limits": descriptors},
        })
    } else {
        answer.route()
    };
    listeners.push(listener(LISTENER, &address, &filters, &route));
    if let Some(body) = intelligence(server) {
        let socket = socket("api.sock");
        let answer = DirectResponse {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        };
        listeners.push(listener("api", &socket, &[], &answer.route()));
        clusters.push(cluster("api", &socket));
    }
    if server == Server::ExtAuthz {
        clusters.push(cluster("authorisation", &socket(AUTHORISATION)));
    }
    if let Some(service) = artefacts.service.as_ref().filter(|_| server.is_fleet()) {
        clusters.push(fleet::cluster(service.address));
    }
    json!({
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "enable_dispatcher_stats": observed,
        "stats_flush_interval": if observed { "1s" } else { "5s" },
        "static_resources": {"listeners": listeners, "clusters": clusters},
    })
}

/// Whether logins go on to an application: what a filter answers by itself is no failed login.
fn has_application(server: Server) -> bool {
    matches!(
        server,
        Server::PlainApplication
            | Server::PalisadeFailures
            | Server::RateLimitOne
            | Server::RateLimitFour
            | Server::LocalOne
            | Server::LocalFour
            | Server::FleetOne
            | Server::FleetFour
    )
}

/// Palisade's configuration: the defaults, one provider, one protected route, and its limits; `None` for who runs
/// without.
fn palisade(server: Server) -> Option<Value> {
    // Nobody is to be refused: what is measured is the counting.
    let limit = |key: &str, count: &str| {
        json!({
            "name": key, "key": [key], "count": count, "limit": 1_000_000, "window": "1h",
        })
    };
    let scope = if server.is_fleet() { "fleet" } else { "local" };
    // As many as a fleet counts.
    let scoped = |key: &str, most: u32| {
        let window = "1h";
        json!({ "name": key, "key": [key], "limit": most, "window": window, "scope": scope })
    };
    let attempts = |key| limit(key, "attempts");
    let limits = match server {
        Server::PalisadeClean | Server::PalisadeTor => Vec::new(),
        Server::PalisadeOneLimit => vec![attempts("subnet")],
        Server::LocalOne | Server::FleetOne => vec![scoped("address", 15_000)],
        Server::LocalFour | Server::FleetFour => ["address", "subnet", "account", "session"]
            .map(|key| scoped(key, 15_000))
            .to_vec(),
        Server::LocalRefusal | Server::FleetRefusal => vec![scoped("route", 1)],
        Server::PalisadeFourLimits => ["address", "subnet", "account", "session"]
            .map(attempts)
            .to_vec(),
        Server::PalisadeFailures => vec![
            attempts("address"),
            attempts("subnet"),
            limit("account", "failures"),
            attempts("session"),
        ],
        Server::Plain
        | Server::PlainDeny
        | Server::Noop
        | Server::PlainApplication
        | Server::RateLimitOne
        | Server::RateLimitFour
        | Server::ExtAuthz => return None,
    };
    let names: Vec<Value> = limits.iter().map(|limit| limit["name"].clone()).collect();
    let mut policy = json!({
        "intelligence": {
            "provider": "ipasis",
            "cluster": "api",
            "api_key_env": "IPASIS_API_KEY",
        },
        "identity": {
            "account": [{"header": "x-account"}],
            "session": [{"cookie": "session"}],
        },
        "limits": limits,
        "routes": [{
            "name": "login",
            "match": {"methods": ["POST"], "path": "/login"},
            "rules": [
                {"when": {"any": ["tor", "hosting", {"score": ">=80"}]}, "then": "deny"},
                {"when": {"any": ["vpn", "proxy", {"score": "50..80"}]}, "then": "challenge"},
            ],
            "limits": names,
        }],
    });
    if server.is_fleet() {
        policy["fleet"] = fleet::section();
        policy["signing_keys_env"] = json!(["PALISADE_KEY"]);
    }
    Some(policy)
}

/// Envoy's own way to ask a service about every request: it gets the headers that Palisade works with, and its answer's
/// annotation goes on to the application.
fn ext_authz() -> Value {
    let exactly = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"exact": name})).collect()
    };
    json!({
        "name": "ext_authz",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "allowed_headers": {
                "patterns": exactly(&["cookie", "user-agent", "x-account", "x-forwarded-for"]),
            },
            "http_service": {
                "server_uri": {"uri": "http://authorisation", "cluster": "authorisation", "timeout": "10s"},
                "authorization_response": {
                    "allowed_upstream_headers": {"patterns": exactly(&["x-verdict"])},
                },
            },
        },
    })
}

/// What the API's stand-in knows of every address.
fn intelligence(server: Server) -> Option<Value> {
    let tor = match server {
        Server::PalisadeClean
        | Server::PalisadeOneLimit
        | Server::PalisadeFourLimits
        | Server::PalisadeFailures
        | Server::LocalOne
        | Server::LocalFour
        | Server::FleetOne
        | Server::FleetFour
        | Server::LocalRefusal
        | Server::FleetRefusal => false,
        Server::PalisadeTor => true,
        Server::Plain
        | Server::PlainDeny
        | Server::Noop
        | Server::PlainApplication
        | Server::RateLimitOne
        | Server::RateLimitFour
        | Server::ExtAuthz => return None,
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

fn listener(name: &str, address: &Value, filters: &[Value], route: &Value) -> Value {
    let mut filters = filters.to_vec();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    }));
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
            "routes": [route],
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
            "environment_variables": {"key_values": {
                "IPASIS_API_KEY": "bench", "PALISADE_KEY": "a-key-of-the-benchmark-0123456789abcdef",
            }},
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
