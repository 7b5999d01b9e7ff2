//! What stands around the configuration in Envoy's, Istio's or Envoy Gateway's own.

use palisade::config::{Path, Step};
use palisade::policy::Policy;
use serde_json::Value;

use super::kinds::{Kind, Warning};
use crate::documents::Found;
use crate::yaml::Node;

/// Warnings about the document that holds a configuration.
pub(super) fn all(policy: &Policy, found: &Found) -> Vec<Warning> {
    let mut warnings = clusters(found);
    warnings.extend(without_http2(found));
    warnings.extend(variables(found));
    warnings.extend(fails_open(found));
    if found.document.get("static_resources").is_some() {
        warnings.extend(stats_tags(found));
    }
    if let Some(place) = Filter::find(found) {
        warnings.extend(place.warnings(policy, found));
    }
    warnings
}

fn field(name: &str) -> Step {
    Step::Field(name.to_owned())
}

/// All fields of this name below a value, with the way to each.
fn fields_named<'n>(node: &'n Node, name: &str) -> Vec<(Vec<Step>, &'n Node)> {
    fn walk<'n>(
        node: &'n Node,
        name: &str,
        way: &mut Vec<Step>,
        found: &mut Vec<(Vec<Step>, &'n Node)>,
    ) {
        for (own, value) in node.fields() {
            way.push(field(own));
            if own == name {
                found.push((way.clone(), value));
            }
            walk(value, name, way, found);
            way.pop();
        }
        for (index, item) in node.items().enumerate() {
            way.push(Step::Element(index));
            walk(item, name, way, found);
            way.pop();
        }
    }
    let mut found = Vec::new();
    walk(node, name, &mut Vec::new(), &mut found);
    found
}

/// Clusters that the policy asks and a bootstrap does not have, unless a control plane may bring them.
fn clusters(found: &Found) -> Vec<Warning> {
    let Some(resources) = found.document.get("static_resources") else {
        return Vec::new();
    };
    if found
        .document
        .get("dynamic_resources")
        .is_some_and(|own| own.get("cds_config").is_some())
    {
        return Vec::new();
    }
    let clusters = resources.get("clusters").into_iter().flat_map(Node::items);
    let names: Vec<&str> = clusters
        .filter_map(|cluster| cluster.get("name")?.text())
        .collect();
    let asked = fields_named(found.node(), "cluster").into_iter();
    let missing = asked.filter_map(|(way, value)| Some((way, value.text()?)));
    let missing = missing.filter(|(_, name)| !names.contains(name));
    let warn = |(way, name): (Vec<Step>, &str)| {
        let steps = found.steps.iter().cloned().chain(way).collect();
        let known = names.join(", ");
        Warning::around(
            Kind::MissingCluster,
            steps,
            format!("Envoy has no cluster {name} here, only {known}: each call to it fails"),
        )
    };
    missing.map(warn).collect()
}

/// The cluster of the rate limit service, where it has no HTTP/2: gRPC needs it.
fn without_http2(found: &Found) -> Option<Warning> {
    let fleet = found.node().get("fleet")?;
    let name = fleet.get("cluster")?.text()?;
    let clusters = found.document.get("static_resources")?.get("clusters")?;
    let own = clusters
        .items()
        .find(|cluster| cluster.get("name").and_then(Node::text) == Some(name))?;
    if !fields_named(own, "http2_protocol_options").is_empty() {
        return None;
    }
    let steps = found
        .steps
        .iter()
        .cloned()
        .chain([field("fleet"), field("cluster")]);
    let text = format!(
        "the cluster {name} has no http2_protocol_options, which gRPC needs: each call to it fails"
    );
    Some(Warning::around(Kind::NoHttp2, steps.collect(), text))
}

/// Variables that the policy names and the VM does not get.
fn variables(found: &Found) -> Vec<Warning> {
    let Some((_, outer)) = found.steps.iter().rposition(|step| {
        matches!(step, Step::Field(name) if ["configuration", "pluginConfig", "config"].contains(&name.as_str()))
    }).and_then(|end| Some((end, found.document.at(found.steps.get(..end)?)?))) else {
        return Vec::new();
    };
    let names = |node: Option<&Node>| -> Vec<String> {
        node.into_iter()
            .flat_map(Node::items)
            .filter_map(|name| Some(name.text()?.to_owned()))
            .collect()
    };
    let environment = outer
        .get("vm_config")
        .and_then(|vm| vm.get("environment_variables"));
    let env = outer.get("vmConfig").and_then(|vm| vm.get("env"));
    let mut given = names(environment.and_then(|own| own.get("host_env_keys")));
    let pairs = environment.and_then(|own| own.get("key_values"));
    given.extend(
        pairs
            .into_iter()
            .flat_map(Node::fields)
            .map(|(name, _)| name.to_owned()),
    );
    given.extend(
        env.into_iter()
            .flat_map(Node::items)
            .filter_map(|own| Some(own.get("name")?.text()?.to_owned())),
    );
    given.extend(names(outer.get("env").and_then(|own| own.get("hostKeys"))));
    let mut warnings = Vec::new();
    for (place, name) in asked_variables(&found.tree) {
        if !given.contains(&name) {
            let text = format!(
                "the VM does not get {name}, so the filter refuses this configuration; name it in {}",
                match (outer.get("vmConfig"), outer.get("code")) {
                    (Some(_), _) => "vmConfig.env, with valueFrom: HOST",
                    (None, Some(_)) => "env.hostKeys",
                    (None, None) => "vm_config.environment_variables.host_env_keys",
                }
            );
            warnings.push(Warning::new(Kind::MissingVariable, &place, text));
        }
    }
    warnings
}

/// The variables that a policy names, with their places.
fn asked_variables(tree: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, place: &str, is_variable: bool, found: &mut Vec<(String, String)>) {
        match value {
            Value::String(name) if is_variable => found.push((place.to_owned(), name.clone())),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{place}/{index}"), is_variable, found);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(
                        value,
                        &format!("{place}/{name}"),
                        name.ends_with("_env"),
                        found,
                    );
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(tree, "", false, &mut found);
    found
}

fn fails_open(found: &Found) -> Vec<Warning> {
    let is_open = |name: &str, value: &Node| match name {
        "failure_policy" | "failStrategy" => value.text() == Some("FAIL_OPEN"),
        _ => value.is_true(),
    };
    let mut warnings = Vec::new();
    for name in ["failure_policy", "failStrategy", "failOpen", "fail_open"] {
        for (way, value) in fields_named(&found.document, name) {
            let above = way.split_last().map_or(&[][..], |(_, above)| above);
            if is_open(name, value) && found.steps.starts_with(above) {
                let text = "when the filter cannot run, everything passes unjudged; FAIL_RELOAD (FAIL_CLOSE in Istio, failOpen: \
                            false in Envoy Gateway) answers 503 until its VM is new";
                warnings.push(Warning::around(Kind::FailOpen, way, text));
            }
        }
    }
    warnings
}

fn stats_tags(found: &Found) -> Option<Warning> {
    let tags = found
        .document
        .get("stats_config")
        .and_then(|own| own.get("stats_tags"));
    let mut regexes = tags
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|tag| tag.get("regex")?.text());
    (!regexes.any(|regex| regex.contains("palisade_"))).then(|| {
        let text = "without `stats_tags` the labels of metrics are parts of their names, and no dashboard or alert finds them; take \
                    those of envoy/ipasis.yaml, or of `palisade render --for bootstrap`";
        Warning::around(Kind::NoTags, vec![field("stats_config")], text)
    })
}

/// The filter among the others of a connection manager.
struct Filter<'f> {
    /// The way to the connection manager's settings.
    manager: Vec<Step>,
    settings: &'f Node,
    /// The way to the filter.
    way: Vec<Step>,
    filter: &'f Node,
    index: usize,
}

impl<'f> Filter<'f> {
    fn find(found: &'f Found) -> Option<Self> {
        let at = found
            .steps
            .iter()
            .rposition(|step| *step == field("http_filters"))?;
        let manager = found.steps.get(..at)?.to_vec();
        let way = found.steps.get(..at.checked_add(2)?)?.to_vec();
        let Some(Step::Element(index)) = way.last() else {
            return None;
        };
        Some(Self {
            settings: found.document.at(&manager)?,
            filter: found.document.at(&way)?,
            index: *index,
            manager,
            way,
        })
    }

    fn below(&self, name: &str) -> Vec<Step> {
        self.manager.iter().cloned().chain([field(name)]).collect()
    }

    fn warnings(&self, policy: &Policy, found: &Found) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let proxies = found.tree.pointer("/client/trusted_proxies").is_some();
        let own = self
            .settings
            .get("use_remote_address")
            .is_some_and(Node::is_true);
        let extensions = self
            .settings
            .get("original_ip_detection_extensions")
            .is_some();
        if !own && !proxies && !extensions {
            let text = "without use_remote_address: true Envoy takes the client's address from X-Forwarded-For as it comes, so every \
                        client can choose its own; set it, with xff_num_trusted_hops for your load balancers";
            warnings.push(Warning::around(
                Kind::ClientAddress,
                self.below("use_remote_address"),
                text,
            ));
        }
        let hops = self
            .settings
            .get("xff_num_trusted_hops")
            .and_then(Node::text);
        if hops.is_some_and(|hops| hops != "0") && !proxies {
            let text = "a balancer that writes addresses with ports (1.2.3.4:5678, as Azure's Application Gateway does) is not \
                        understood by Envoy: behind one, use client.trusted_proxies in place of xff_num_trusted_hops";
            warnings.push(Warning::around(
                Kind::Hops,
                self.below("xff_num_trusted_hops"),
                text,
            ));
        }
        if self.filter.get("disabled").is_some_and(Node::is_true) {
            let text =
                "the filter is disabled, and judges only where a route of Envoy's enables it again";
            let steps = self
                .way
                .iter()
                .cloned()
                .chain([field("disabled")])
                .collect();
            warnings.push(Warning::around(Kind::Disabled, steps, text));
        }
        let filters = self
            .settings
            .get("http_filters")
            .into_iter()
            .flat_map(Node::items);
        let names: Vec<&str> = filters
            .map(|filter| filter.get("name").and_then(Node::text).unwrap_or_default())
            .collect();
        if names
            .iter()
            .take(self.index)
            .any(|name| name.ends_with("router"))
        {
            let text =
                "the filter stands behind the router, so no request ever reaches it; put it before";
            warnings.push(Warning::around(Kind::AfterRouter, self.way.clone(), text));
        }
        warnings.extend(self.replaced_pages());
        warnings.extend(self.small_buffer(policy, found));
        warnings
    }

    /// A `local_reply_config` that writes another body over the filter's own answers.
    fn replaced_pages(&self) -> Option<Warning> {
        let replies = self.settings.get("local_reply_config")?;
        let mut mappers = replies.get("mappers").into_iter().flat_map(Node::items);
        let replaces = |mapper: &Node| {
            mapper.get("body").is_some() || mapper.get("body_format_override").is_some()
        };
        (replies.get("body_format").is_some() || mappers.any(replaces)).then(|| {
            let text = "local_reply_config writes its own body over the filter's answers, so that no client sees a challenge; leave \
                        replies with the header x-palisade-ref out of it, or its bodies";
            Warning::around(Kind::LocalReply, self.below("local_reply_config"), text)
        })
    }

    fn small_buffer(&self, policy: &Policy, found: &Found) -> Option<Warning> {
        let listener = self
            .manager
            .iter()
            .rposition(|step| *step == field("filter_chains"))?;
        let listener = self.manager.get(..listener)?;
        let given = found
            .document
            .at(listener)?
            .get("per_connection_buffer_limit_bytes")?;
        let limit: usize = given.text()?.parse().ok()?;
        let needed = policy.identity.body_limit;
        (limit < needed).then(|| {
            let text = format!(
                "Envoy keeps {limit} bytes, and identity.body_limit reads {needed}: what lies between is refused with a 413; raise this \
                 one to {needed} at least"
            );
            let steps: Vec<Step> = listener.iter().cloned().chain([field("per_connection_buffer_limit_bytes")]).collect();
            Warning::around(Kind::SmallBuffer, Path(steps).0, text)
        })
    }
}
