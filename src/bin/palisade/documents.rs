//! Finds the filter's configuration in whatever file it stands in.

use serde::Deserialize;
use serde_json::Value;

/// A configuration, and where it stood.
pub(crate) struct Found {
    /// `configuration.value`, `pluginConfig` or `config`; empty for the file itself.
    pub(crate) place: String,
    /// The configuration as a tree.
    pub(crate) tree: Value,
    /// Whether `allow_on_headers_stop_iteration` stands beside it.
    pub(crate) stops_iteration: bool,
    /// The hosts for which Envoy has routes, as far as they stand in the same document.
    pub(crate) domains: Vec<String>,
}

/// All configurations in the documents of a YAML or JSON file.
///
/// # Errors
/// When the file is neither, or holds none.
pub(crate) fn find(text: &str) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let document = Value::deserialize(document)
            .map_err(|error| format!("this is neither YAML nor JSON: {error}"))?;
        let before = found.len();
        search(&document, "", &mut found);
        let mut domains = Vec::new();
        collect_domains(&document, &mut domains);
        for found in found.iter_mut().skip(before) {
            found.domains.clone_from(&domains);
        }
        if found.is_empty() && document.is_object() && !is_resource(&document) {
            found.push(Found {
                place: String::new(),
                tree: document,
                stops_iteration: false,
                domains: Vec::new(),
            });
        }
    }
    if found.is_empty() {
        return Err("there is no configuration of Palisade in it: no `configuration`, `pluginConfig` or `config` \
                    with `routes`, and it is none itself"
            .to_owned());
    }
    Ok(found)
}

/// A document of Envoy or Kubernetes is no configuration of ours, even if none is found in it.
fn is_resource(document: &Value) -> bool {
    ["apiVersion", "static_resources", "admin", "resources"]
        .iter()
        .any(|name| document.get(name).is_some())
}

fn search(tree: &Value, place: &str, found: &mut Vec<Found>) {
    match tree {
        Value::Object(fields) => {
            let flag = fields.get("allow_on_headers_stop_iteration");
            let stops_iteration = flag == Some(&Value::Bool(true));
            for (name, value) in fields {
                let below = format!("{place}.{name}");
                let candidate = match name.as_str() {
                    "configuration" => value.get("value"),
                    "pluginConfig" | "config" => Some(value),
                    _ => None,
                };
                match candidate.and_then(configuration) {
                    Some(tree) => found.push(Found {
                        place: below.trim_start_matches('.').to_owned(),
                        tree,
                        stops_iteration,
                        domains: Vec::new(),
                    }),
                    None => search(value, &below, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                search(item, &format!("{place}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// What stands at `domains` of all virtual hosts.
fn collect_domains(tree: &Value, domains: &mut Vec<String>) {
    let virtual_hosts = tree.get("virtual_hosts").and_then(Value::as_array);
    for host in virtual_hosts.into_iter().flatten() {
        let named = host.get("domains").and_then(Value::as_array);
        let named = named.into_iter().flatten().filter_map(Value::as_str);
        domains.extend(named.map(str::to_owned));
    }
    match tree {
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect_domains(value, domains)),
        Value::Array(items) => items.iter().for_each(|item| collect_domains(item, domains)),
        _ => {}
    }
}

/// A tree, or JSON text, that looks like a configuration of ours.
fn configuration(value: &Value) -> Option<Value> {
    let tree = match value {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let ours = ["routes", "intelligence"]
        .iter()
        .any(|name| tree.get(name).is_some());
    ours.then_some(tree)
}
