//! `palisade render`: a policy in the file in which Envoy, Istio or Envoy Gateway wants it.
//!
//! The files are those that ship in `envoy/`, with the policy in the place of theirs.

use std::process::ExitCode;

use clap::ValueEnum;
use palisade::config;
use palisade::fleet::{DOMAIN, Unit};
use serde_json::Value;

use crate::documents::{self, Found};
use crate::environment::{Environment, variable};
use crate::say;
use crate::shipped::{BOOTSTRAP, ENVOY_FILTER, ENVOY_GATEWAY, WASM_PLUGIN};

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The bare policy; `-` is the standard input
    policy: String,
    /// Where it belongs
    #[arg(long = "for", value_enum, value_name = "TARGET")]
    target: Target,
    /// Where the filter is: a path for Envoy, the address of an image for Istio, a URL for Envoy Gateway
    #[arg(long, value_name = "PLACE")]
    filter: Option<String>,
    /// Where the application listens, in place of the placeholder
    #[arg(long, value_name = "HOST:PORT", value_parser = endpoint)]
    application: Option<(String, u16)>,
    /// How many load balancers of yours stand before this Envoy
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(..=16))]
    hops: Option<u8>,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
}

/// Where a policy belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// A whole Envoy
    Bootstrap,
    /// A file of listeners that Envoy watches
    Lds,
    /// Istio, before 1.30
    Wasmplugin,
    /// Istio 1.30 and later
    Trafficextension,
    /// Istio, with allow_on_headers_stop_iteration
    Envoyfilter,
    /// Envoy Gateway
    EnvoyGateway,
    /// Envoy's rate limit service, for a fleet; the policy may stand in any file
    Ratelimit,
}

impl Target {
    /// The file in which the policy takes the place of another; none where the policy does not stand.
    const fn template(self) -> Option<&'static str> {
        match self {
            Self::Bootstrap | Self::Lds => Some(BOOTSTRAP),
            Self::Wasmplugin | Self::Trafficextension => Some(WASM_PLUGIN),
            Self::Envoyfilter => Some(ENVOY_FILTER),
            Self::EnvoyGateway => Some(ENVOY_GATEWAY),
            Self::Ratelimit => None,
        }
    }

    const fn is_istio(self) -> bool {
        matches!(
            self,
            Self::Wasmplugin | Self::Trafficextension | Self::Envoyfilter
        )
    }
}

fn endpoint(text: &str) -> Result<(String, u16), &'static str> {
    const EXPECTED: &str = "expected HOST:PORT";
    let (host, port) = text.rsplit_once(':').ok_or(EXPECTED)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_".contains(&byte);
    if host.is_empty() || !host.bytes().all(usual) {
        return Err(EXPECTED);
    }
    Ok((host.to_owned(), port.parse().map_err(|_| EXPECTED)?))
}

/// The configuration of the rate limit service: it only counts, so that it depends on the domain alone.
fn ratelimit(policy: &Found) -> Result<String, String> {
    let fleet = policy.tree.get("fleet").ok_or(
        "the policy has no section fleet; expected one, such as fleet: { cluster: ratelimit }: without it each Envoy \
         counts for itself",
    )?;
    let domain = fleet.get("domain").and_then(Value::as_str);
    let mut file = format!(
        "# Envoy's rate limit service, made by `palisade render`. It only counts: the thresholds stand in the policy.\n\
         domain: {}\ndescriptors:\n",
        domain.unwrap_or(DOMAIN)
    );
    for unit in Unit::ALL.map(Unit::name) {
        file += &format!(
            "  - {{ key: {unit}, rate_limit: {{ unit: {unit}, requests_per_unit: {} }} }}\n",
            u32::MAX
        );
    }
    Ok(file)
}

/// The cluster of the API that the files come with, and its name in Istio.
const API: &str = "ipasis";
const API_IN_ISTIO: &str = "outbound|443||api.ipasis.com";

impl Call {
    /// Prints the file.
    pub(crate) fn run(&self) -> ExitCode {
        match self.render() {
            Ok(file) => {
                say(file.trim_end());
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn render(&self) -> Result<String, String> {
        let name = self.policy.as_str();
        let text = crate::read(name).map_err(|error| format!("{name}: cannot be read: {error}"))?;
        let found = documents::find(name, &text).map_err(|told| format!("{name}: {told}"))?;
        let [policy] = found.as_slice() else {
            return Err(format!(
                "{name}: expected one policy, and there are {}",
                found.len()
            ));
        };
        let Some(template) = self.target.template() else {
            return ratelimit(policy).map_err(|told| format!("{name}: {told}"));
        };
        if !policy.place.is_empty() {
            return Err(format!(
                "{name}: the policy stands in {} already; expected a bare one",
                policy.place
            ));
        }
        self.refuse_mistakes(policy)?;
        let asks_api = policy
            .tree
            .pointer("/intelligence/cluster")
            .and_then(Value::as_str)
            == Some(API);
        let text = match asks_api && self.target.is_istio() {
            true => in_istio(&text, policy),
            false => text,
        };
        let mut variables = variables(&policy.tree);
        variables.dedup();
        let mut file = placed(template, &text)?;
        if self.target != Target::EnvoyGateway || !asks_api {
            file = without_api(&file, self.target, asks_api);
        }
        file = with_variables(&file, &variables);
        file = self.with_places(&file);
        let file = match self.target {
            Target::Bootstrap => with_head(
                &file,
                &[
                    "Envoy with Palisade, made by `palisade render`. Change it as you like.",
                    "The variables of host_env_keys must be in Envoy's environment.",
                ],
            ),
            Target::Lds => with_head(
                &as_listeners(&file),
                &[
                    "A listener with Palisade, made by `palisade render`. Envoy watches this file (dynamic_resources.lds_config).",
                    "Its bootstrap must have the cluster `application`, and that of the API if the policy asks one.",
                ],
            ),
            Target::Trafficextension => as_traffic_extension(&file),
            Target::Wasmplugin | Target::Envoyfilter | Target::EnvoyGateway | Target::Ratelimit => {
                file
            }
        };
        self.tell_clusters(&policy.tree, asks_api);
        Ok(file)
    }

    /// Envoy would refuse them later.
    fn refuse_mistakes(&self, policy: &Found) -> Result<(), String> {
        let environment = Environment::new(&self.environment);
        let variable = |name: &str| Some(environment.get(name));
        let disputed = policy.disputed.iter().map(ToString::to_string);
        let mut wrong: Vec<String> = disputed.collect();
        if let Err(errors) = config::load(policy.tree.to_string().as_bytes(), &variable) {
            wrong.extend(errors.0.iter().map(ToString::to_string));
        }
        match wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(format!(
                "{} is refused; `palisade check` says more\n  {}",
                self.policy,
                wrong.join("\n  ")
            )),
        }
    }

    /// The clusters that somebody has to add.
    fn tell_clusters(&self, tree: &Value, asks_api: bool) {
        let mut names = Vec::new();
        clusters(tree, &mut names);
        for name in names.iter().filter(|name| !(asks_api && **name == API)) {
            eprintln!(
                "palisade: note: the policy asks the cluster {name}, which Envoy needs as well; it is not in this file"
            );
        }
    }

    /// The file with the places that the call names.
    fn with_places(&self, file: &str) -> String {
        let mut file = file.to_owned();
        if let Some(filter) = &self.filter {
            for usual in [
                "target/palisade.wasm",
                "oci://registry.example.com/palisade:0.1.0",
                "https://downloads.example.com/palisade-0.1.0.wasm",
            ] {
                // The head of a file names them, too.
                let lines = file.lines().map(|line| match line.starts_with('#') {
                    true => line.to_owned(),
                    false => line.replace(usual, filter),
                });
                file = lines.map(|line| line + "\n").collect();
            }
        }
        if let Some(hops) = self.hops {
            for field in ["xff_num_trusted_hops: ", "numTrustedHops: "] {
                file = file.replace(&format!("{field}1"), &format!("{field}{hops}"));
            }
        }
        if let Some((host, port)) = &self.application {
            let from = "    # The placeholder: answers everything";
            let to = "  clusters:\n";
            if let (Some((before, _)), Some((_, behind))) =
                (file.split_once(from), file.split_once(to))
            {
                file = format!("{}\n\n{to}{behind}", before.trim_end());
            }
            let address = "address: 127.0.0.1, port_value: 10002";
            file = file.replace("      type: STATIC\n", "      type: STRICT_DNS\n");
            file = file.replace(address, &format!("address: '{host}', port_value: {port}"));
        }
        file
    }
}

/// The file with another policy in the place of its own.
fn placed(template: &str, policy: &str) -> Result<String, String> {
    let found = documents::find("", template).map_err(|told| told.to_string())?;
    let found = found.first().ok_or("the file has no policy")?;
    let mark = found.document.mark_at(&found.steps, true);
    let indent = mark.column.saturating_sub(1);
    let depth = |line: &&str| line.len().saturating_sub(line.trim_start().len());
    let is_inside = |line: &&str| line.trim().is_empty() || depth(line) > indent;
    let mut lines = template.lines();
    let mut file: String = lines
        .by_ref()
        .take(mark.line)
        .map(|line| format!("{line}\n"))
        .collect();
    let inner = " ".repeat(indent.saturating_add(2));
    for line in policy.lines().filter(|line| line.trim_end() != "---") {
        file.push_str(if line.is_empty() { "" } else { &inner });
        file.push_str(line);
        file.push('\n');
    }
    file.extend(lines.skip_while(is_inside).map(|line| format!("{line}\n")));
    Ok(file)
}

/// The policy with the API's cluster as Istio names it.
fn in_istio(text: &str, policy: &Found) -> String {
    let mut rewrite = crate::rewrite::Rewrite::new(text);
    let cluster = policy
        .node()
        .get("intelligence")
        .and_then(|api| api.get("cluster"));
    if let Some(cluster) = cluster {
        rewrite.replace(cluster, API_IN_ISTIO);
    }
    rewrite.finish()
}

/// The variables that a policy names, sorted.
fn variables(tree: &Value) -> Vec<String> {
    fn walk(value: &Value, is_variable: bool, found: &mut Vec<String>) {
        match value {
            Value::String(name) if is_variable => found.push(name.clone()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, is_variable, found)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(value, name.ends_with("_env"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(tree, false, &mut found);
    found.sort();
    found
}

/// The clusters that a policy names.
fn clusters(tree: &Value, found: &mut Vec<String>) {
    match tree {
        Value::Array(items) => items.iter().for_each(|item| clusters(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(cluster) if name == "cluster" && !found.contains(cluster) => {
                        found.push(cluster.clone());
                    }
                    value => clusters(value, found),
                }
            }
        }
        _ => {}
    }
}

/// The file without the API, unless it is asked.
fn without_api(file: &str, target: Target, asks_api: bool) -> String {
    // Where it begins, and what comes behind it.
    let (from, behind) = match target {
        _ if asks_api => return file.to_owned(),
        Target::Bootstrap | Target::Lds => ("    - name: ipasis\n", None),
        Target::EnvoyGateway => ("      static_resources:\n", None),
        Target::Wasmplugin | Target::Trafficextension | Target::Envoyfilter => {
            ("---\n# The API as a cluster", Some("---\n# The access log"))
        }
        Target::Ratelimit => return file.to_owned(),
    };
    let Some((before, rest)) = file.split_once(from) else {
        return file.to_owned();
    };
    let kept = behind.and_then(|behind| rest.get(rest.find(behind)?..));
    before.to_owned() + kept.unwrap_or_default()
}

/// The file with these variables in place of its own.
fn with_variables(file: &str, variables: &[String]) -> String {
    let list = variables.join(", ");
    let mut written = file.replace("[IPASIS_API_KEY, PALISADE_KEY]", &format!("[{list}]"));
    // A list of objects: those of a WasmPlugin, and those of a container, of two lines each.
    for (own, more) in [
        ("      - { name: ", ", valueFrom: HOST }\n"),
        ("            - name: ", "\n"),
    ] {
        let first = format!("{own}IPASIS_API_KEY{more}");
        let second = format!("{own}PALISADE_KEY{more}");
        let (Some(from), Some(last)) = (written.find(&first), written.find(&second)) else {
            continue;
        };
        let item = |name: &str| match more {
            "\n" => {
                let secret = name
                    .to_ascii_lowercase()
                    .trim_end_matches("_api_key")
                    .trim_end_matches("_key")
                    .replace('_', "-");
                format!(
                    "{own}{name}\n              valueFrom: {{ secretKeyRef: {{ name: {secret}, key: key }} }}\n"
                )
            }
            more => format!("{own}{name}{more}"),
        };
        let items: String = variables.iter().map(|name| item(name)).collect();
        let behind = written.get(last..).unwrap_or_default();
        let length: usize = behind
            .split_inclusive('\n')
            .take(if more == "\n" { 2 } else { 1 })
            .map(str::len)
            .sum();
        written.replace_range(from..last.saturating_add(length), &items);
    }
    written
}

/// The file with these lines of comment in place of its own.
fn with_head(file: &str, head: &[&str]) -> String {
    let head: String = head.iter().map(|line| format!("# {line}\n")).collect();
    let lines = file.lines().skip_while(|line| line.starts_with('#'));
    head + &lines.map(|line| format!("{line}\n")).collect::<String>()
}

/// The protected listener of a bootstrap, as a file of its own.
fn as_listeners(file: &str) -> String {
    let kind = "type.googleapis.com/envoy.config.listener.v3.Listener";
    let mut written = format!("resources:\n  - '@type': {kind}\n");
    let lines = file
        .lines()
        .skip_while(|line| *line != "    - name: protected");
    let is_other = |line: &&str| {
        let other = line.starts_with("    - ") && !line.ends_with(": protected");
        !other && !line.starts_with("    # The placeholder") && !line.starts_with("  clusters:")
    };
    for line in lines.take_while(is_other) {
        let line = line.strip_prefix("  ").unwrap_or(line).replacen(
            "  - name: protected",
            "    name: protected",
            1,
        );
        written.push_str(line.trim_end());
        written.push('\n');
    }
    written.trim_end().to_owned() + "\n"
}

/// A `WasmPlugin` as the resource that comes after it: what is about Wasm stands in `wasm`.
fn as_traffic_extension(file: &str) -> String {
    let mut written = String::new();
    let mut is_wasm = false;
    let mut is_plugin = true;
    for line in file.lines() {
        is_plugin &= line != "---";
        if is_plugin && line.starts_with("  url: ") {
            written.push_str("  wasm:\n");
            is_wasm = true;
        }
        let line = line
            .replace("kind: WasmPlugin", "kind: TrafficExtension")
            .replace(
                "(Istio 1.23 or later, for targetRefs)",
                "(Istio 1.30 or later)",
            );
        written.push_str(if is_wasm && is_plugin && !line.is_empty() {
            "  "
        } else {
            ""
        });
        written.push_str(&line);
        written.push('\n');
    }
    written
}
