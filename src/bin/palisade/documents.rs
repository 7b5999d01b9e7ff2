//! Finds the filter's configuration in whatever file it stands in.

use std::rc::Rc;

use palisade::config::{Path, Step};
use serde_json::Value;

use crate::yaml::{self, Mark, Node, Reader, Told};

/// A configuration, and where it stood.
pub(crate) struct Found {
    /// `configuration.value`, `pluginConfig` or `config`; empty for the file itself.
    pub(crate) place: String,
    /// The document in which it stood.
    pub(crate) document: Rc<Node>,
    /// The way to it from the top of the document.
    pub(crate) steps: Vec<Step>,
    /// The configuration as a tree, as the host makes it.
    pub(crate) tree: Value,
    /// How Kubernetes would make it, where anybody may be the host and that differs.
    pub(crate) elsewhere: Option<Value>,
    /// What the hosts do not agree about.
    pub(crate) disputed: Vec<Told>,
    /// Whether `allow_on_headers_stop_iteration` stands beside it.
    pub(crate) stops_iteration: bool,
    /// The hosts for which Envoy has routes, as far as they stand in the same document.
    pub(crate) domains: Vec<String>,
}

impl Found {
    /// The configuration as it is written.
    pub(crate) fn node(&self) -> &Node {
        self.document.at(&self.steps).unwrap_or(&self.document)
    }
}

/// All configurations in the documents of a YAML or JSON file.
///
/// # Errors
/// When the file is neither, or holds none.
pub(crate) fn find(file: &str, text: &str) -> Result<Vec<Found>, Told> {
    let not_yaml = |told: Told| Told {
        problem: format!("this is neither YAML nor JSON: {}", told.problem),
        ..told
    };
    let mut found = Vec::new();
    let documents = yaml::documents(text).map_err(not_yaml)?;
    for (index, document) in documents.iter().enumerate() {
        let before = found.len();
        let reader = match document.get("apiVersion") {
            Some(_) => Reader::Kubernetes,
            // Of a file with this ending Envoy expects JSON, in which a number is a number.
            None if file.ends_with(".json") => Reader::Kubernetes,
            None => Reader::Envoy,
        };
        let mut search = Search {
            document,
            reader,
            found: &mut found,
        };
        search.below(document, &mut Vec::new());
        let mut domains = Vec::new();
        collect_domains(document, &mut domains);
        for found in found.iter_mut().skip(before) {
            found.domains.clone_from(&domains);
        }
        if found.is_empty() && document.is_map() && !is_resource(document) {
            found.push(bare(document));
        }
        if index > 0 && found.len() > before && document.get("apiVersion").is_none() {
            return Err(Told {
                mark: document.mark(),
                problem: "Envoy reads only the first document of a file, and the configuration stands in a later one"
                    .to_owned(),
            });
        }
    }
    if documents.iter().any(|document| patches_flag(document)) {
        found
            .iter_mut()
            .for_each(|found| found.stops_iteration = true);
    }
    if found.is_empty() {
        return Err(Told {
            mark: Mark { line: 1, column: 1 },
            problem: "there is no configuration of Palisade in it: no `configuration`, `pluginConfig` or `config` \
                      with `routes`, and it is none itself"
                .to_owned(),
        });
    }
    Ok(found)
}

/// The configuration by itself, which may be put into any file.
fn bare(document: &Rc<Node>) -> Found {
    let mut disputed = Vec::new();
    let tree = document.read(Reader::Envoy, &mut disputed);
    let elsewhere = document.read(Reader::Kubernetes, &mut Vec::new());
    Found {
        place: String::new(),
        document: Rc::clone(document),
        steps: Vec::new(),
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

/// Whether an `EnvoyPatchPolicy` of Envoy Gateway sets the flag for which its other resources have no field.
fn patches_flag(node: &Node) -> bool {
    let path = node.get("path").and_then(Node::text);
    let is_flag = path == Some("/allow_on_headers_stop_iteration");
    is_flag && node.get("value").is_some_and(Node::is_true)
        || node.fields().any(|(_, value)| patches_flag(value))
        || node.items().any(patches_flag)
}

/// The search for configurations in one document.
struct Search<'f> {
    document: &'f Rc<Node>,
    reader: Reader,
    found: &'f mut Vec<Found>,
}

impl Search<'_> {
    fn below(&mut self, node: &Node, way: &mut Vec<Step>) {
        let flag = node.get("allow_on_headers_stop_iteration");
        let stops_iteration = flag.is_some_and(Node::is_true);
        for (name, value) in node.fields() {
            way.push(Step::Field(name.to_owned()));
            let inner = name == "configuration";
            let candidate = match name {
                "configuration" => value.get("value"),
                "pluginConfig" | "config" => Some(value),
                _ => None,
            };
            let candidate = candidate.and_then(|candidate| configuration(candidate, self.reader));
            match candidate {
                Some((tree, disputed)) => {
                    let inner = inner.then(|| Step::Field("value".to_owned()));
                    self.found.push(Found {
                        place: Path(way.clone()).to_string(),
                        document: Rc::clone(self.document),
                        steps: way.iter().cloned().chain(inner).collect(),
                        tree,
                        elsewhere: None,
                        disputed,
                        stops_iteration,
                        domains: Vec::new(),
                    });
                }
                None => self.below(value, way),
            }
            way.pop();
        }
        for (index, item) in node.items().enumerate() {
            way.push(Step::Element(index));
            self.below(item, way);
            way.pop();
        }
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
fn configuration(node: &Node, reader: Reader) -> Option<(Value, Vec<Told>)> {
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
