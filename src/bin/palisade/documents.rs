//! Finds the filter's configuration in whatever file it stands in.

use serde_json::Value;

use crate::yaml::{self, Node, Reader};

/// A configuration, and where it stood.
pub(crate) struct Found {
    /// `configuration.value`, `pluginConfig` or `config`; empty for the file itself.
    pub(crate) place: String,
    /// The configuration as a tree, as the host makes it.
    pub(crate) tree: Value,
    /// How Kubernetes would make it, where anybody may be the host and that differs.
    pub(crate) elsewhere: Option<Value>,
    /// What the hosts do not agree about.
    pub(crate) disputed: Vec<String>,
    /// Whether `allow_on_headers_stop_iteration` stands beside it.
    pub(crate) stops_iteration: bool,
    /// The hosts for which Envoy has routes, as far as they stand in the same document.
    pub(crate) domains: Vec<String>,
}

/// All configurations in the documents of a YAML or JSON file.
///
/// # Errors
/// When the file is neither, or holds none.
pub(crate) fn find(file: &str, text: &str) -> Result<Vec<Found>, String> {
    let not_yaml = |error| format!("this is neither YAML nor JSON: {error}");
    let mut found = Vec::new();
    for (index, document) in yaml::documents(text).map_err(not_yaml)?.iter().enumerate() {
        let before = found.len();
        let reader = match document.get("apiVersion") {
            Some(_) => Reader::Kubernetes,
            // Of a file with this ending Envoy expects JSON, in which a number is a number.
            None if file.ends_with(".json") => Reader::Kubernetes,
            None => Reader::Envoy,
        };
        search(document, "", reader, &mut found);
        let mut domains = Vec::new();
        collect_domains(document, &mut domains);
        for found in found.iter_mut().skip(before) {
            found.domains.clone_from(&domains);
        }
        if found.is_empty() && document.is_map() && !is_resource(document) {
            found.push(bare(document));
        }
        if index > 0 && found.len() > before && document.get("apiVersion").is_none() {
            return Err("Envoy reads only the first document of a file, and the configuration stands in a later one"
                .to_owned());
        }
    }
    if found.is_empty() {
        return Err("there is no configuration of Palisade in it: no `configuration`, `pluginConfig` or `config` \
                    with `routes`, and it is none itself"
            .to_owned());
    }
    Ok(found)
}

/// The configuration by itself, which may be put into any file.
fn bare(document: &Node) -> Found {
    let mut disputed = Vec::new();
    let tree = document.read(Reader::Envoy, &mut disputed);
    let elsewhere = document.read(Reader::Kubernetes, &mut Vec::new());
    Found {
        place: String::new(),
        elsewhere: (elsewhere != tree).then_some(elsewhere),
        tree,
        disputed,
        stops_iteration: false,
        domains: Vec::new(),
    }
}

/// A document of Envoy or Kubernetes is no configuration of ours, even if none is found in it.
fn is_resource(document: &Node) -> bool {
    ["apiVersion", "static_resources", "admin", "resources"]
        .iter()
        .any(|name| document.get(name).is_some())
}

fn search(node: &Node, place: &str, reader: Reader, found: &mut Vec<Found>) {
    let flag = node.get("allow_on_headers_stop_iteration");
    let stops_iteration = flag.is_some_and(Node::is_true);
    for (name, value) in node.fields() {
        let below = format!("{place}.{name}");
        let candidate = match name {
            "configuration" => value.get("value"),
            "pluginConfig" | "config" => Some(value),
            _ => None,
        };
        match candidate.and_then(|candidate| configuration(candidate, reader)) {
            Some((tree, disputed)) => found.push(Found {
                place: below.trim_start_matches('.').to_owned(),
                tree,
                elsewhere: None,
                disputed,
                stops_iteration,
                domains: Vec::new(),
            }),
            None => search(value, &below, reader, found),
        }
    }
    for (index, item) in node.items().enumerate() {
        search(item, &format!("{place}[{index}]"), reader, found);
    }
}

/// What stands at `domains` of all virtual hosts.
fn collect_domains(node: &Node, domains: &mut Vec<String>) {
    for host in node.get("virtual_hosts").into_iter().flat_map(Node::items) {
        let named = host.get("domains").into_iter().flat_map(Node::items);
        domains.extend(named.filter_map(Node::text).map(str::to_owned));
    }
    node.fields()
        .for_each(|(_, value)| collect_domains(value, domains));
    node.items().for_each(|item| collect_domains(item, domains));
}

/// A tree, or JSON text, that looks like a configuration of ours.
fn configuration(node: &Node, reader: Reader) -> Option<(Value, Vec<String>)> {
    let mut disputed = Vec::new();
    let ours = |tree: &Value| {
        ["routes", "intelligence"]
            .iter()
            .any(|name| tree.get(name).is_some())
    };
    let tree = match node.text() {
        Some(text) => serde_json::from_str(text).ok()?,
        None => node.read(reader, &mut disputed),
    };
    ours(&tree).then_some((tree, disputed))
}
