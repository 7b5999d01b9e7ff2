//! A listener of Envoy's that speaks TLS and looks at what clients say first.

use std::path::Path;

use super::http3::certificates;
use super::merge::merge;
use serde_json::{Value, json};

const TYPE: &str = "type.googleapis.com/envoy.extensions";

/// Has the listener speak TLS, with the certificate of this folder.
pub(super) fn speak(listener: &mut Value, certificate: &Path) {
    let inspector = json!({"listener_filters": [{
        "name": "envoy.filters.listener.tls_inspector",
        "typed_config": {
            "@type": format!("{TYPE}.filters.listener.tls_inspector.v3.TlsInspector"),
            "enable_ja4_fingerprinting": true,
        },
    }]});
    merge(listener, &inspector);
    let mut common = certificates(certificate);
    common["alpn_protocols"] = json!(["h2", "http/1.1"]);
    let socket = json!({"transport_socket": {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": format!("{TYPE}.transport_sockets.tls.v3.DownstreamTlsContext"),
            "common_tls_context": common,
        },
    }});
    for chain in listener["filter_chains"].as_array_mut().unwrap() {
        merge(chain, &socket);
    }
}
