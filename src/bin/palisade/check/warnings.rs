//! What is legal, and perhaps not meant.

mod accounts;
mod passwords;
mod routes;
mod written;

use palisade::config::{Application, Path};
use palisade::decision::Mode;
use palisade::intelligence::Intelligence;
use palisade::intelligence::provider::ApiKey;
use palisade::limits::{KeyPart, LimitPolicy, Scope};
use palisade::policy::Policy;
use serde_json::Value;

use super::kinds::{At, Kind, Warning};
use super::{bootstrap, doors, overlaps, reach};
use crate::describe;
use crate::documents::Found;
use crate::environment::PLACEHOLDER;
use crate::finding::Finding;

pub(super) use written::written_out_keys;

/// Whether the key is sent in path or query.
fn key_in_path(intelligence: &Intelligence) -> bool {
    ApiKey::parse(PLACEHOLDER).is_ok_and(|key| {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let provider = &intelligence.resolver.provider;
        provider
            .request(address, Some(&key))
            .path
            .contains(PLACEHOLDER)
    })
}

/// All warnings and notes. `variables` are those that the call leaves out.
pub(super) fn all(
    policy: &Policy,
    found: &Found,
    variables: &[String],
    file: &str,
) -> Vec<Finding> {
    let tree = &found.tree;
    let mut warnings = of_everything(policy, tree);
    warnings.extend(of_locks(policy, tree));
    warnings.extend(passwords::all(policy, tree));
    warnings.extend(written::all(tree));
    warnings.extend(reach::no_intelligence(policy, tree));
    warnings.extend(reach::routes(policy, tree));
    warnings.extend(reach::rules(policy, tree));
    let name = tree.get("application").and_then(Value::as_str);
    let mut applications = Application::ALL.into_iter();
    if let Some(own) = applications.find(|own| name == Some(own.name())) {
        let open = doors::open(policy, own).into_iter();
        warnings.extend(open.map(|text| Warning::new(Kind::OpenDoor, "application", text)));
    }
    for (index, protection) in policy.protections.iter().enumerate() {
        warnings.extend(routes::of_route(policy, protection, tree, index));
        warnings.extend(accounts::of_accounts(policy, protection, found, index));
        let place = format!("routes/{index}/match");
        let hosts = overlaps::of_hosts(found, index);
        warnings.extend(hosts.map(|text| Warning::new(Kind::OtherHosts, &place, text)));
    }
    warnings.extend(bootstrap::all(policy, found));
    // The key itself, where a name belongs, is warned of already, and not shown.
    let keys = written_out_keys(tree);
    let names = variables.iter().filter(|name| !keys.contains(name));
    warnings.extend(names.map(|name| {
        let text = format!(
            "{name} must be set in the VM (vm_config.environment_variables); it was not checked here"
        );
        Warning::new(Kind::Variable, &written::place_of_variable(tree, name), text)
    }));
    let findings = warnings
        .into_iter()
        .map(|warning| finding(warning, found, file));
    findings.collect()
}

fn finding(warning: Warning, found: &Found, file: &str) -> Finding {
    let Warning { kind, at, text } = warning;
    let (path, mark) = match at {
        At::Policy(path) => {
            let mark = found.node().mark_at(&path.0, true);
            (Some(path).filter(|path| *path != Path::default()), mark)
        }
        At::Document(path) => {
            let mark = found.document.mark_at(&path.0, true);
            (Some(path), mark)
        }
    };
    Finding {
        path,
        ..Finding::new(kind.severity(), kind.id(), file, mark, text)
    }
}

/// Where the limit of this name stands.
fn place_of_limit(tree: &Value, name: &str) -> String {
    let limits = tree.get("limits").and_then(Value::as_array);
    let is_own = |limit: &Value| limit.get("name").and_then(Value::as_str) == Some(name);
    let index = limits.and_then(|limits| limits.iter().position(is_own));
    format!("limits/{}", index.unwrap_or_default())
}

fn of_everything(policy: &Policy, tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if tree.get("mode").and_then(Value::as_str) == Some("monitor") {
        warnings.push(Warning::new(
            Kind::MonitorMode,
            "mode",
            "mode is monitor: nothing is refused",
        ));
    }
    let header = tree.pointer("/client/header").and_then(Value::as_str);
    if header.is_some_and(|name| name.eq_ignore_ascii_case("x-forwarded-for")) {
        warnings.push(Warning::new(Kind::ForwardedFor, "client/header", "client.header is x-forwarded-for, to which Envoy appends: leave it out, and the header is walked from \
             right to left"));
    }
    let shared = |limit: &LimitPolicy| limit.terms.scope == Scope::Fleet;
    if policy.fleet.is_some() && !policy.limits.iter().any(shared) {
        warnings.push(Warning::new(
            Kind::UnusedFleet,
            "fleet",
            "no limit has scope: fleet, so that each proxy counts for \
             itself",
        ));
    }
    if policy.intelligence.as_ref().is_some_and(key_in_path) {
        warnings.push(Warning::new(Kind::KeyInPath, "intelligence", "the API key stands in the path of the request, which Envoy and others write into access logs; prefer a \
             header"));
    }
    for limit in policy
        .limits
        .iter()
        .filter(|limit| limit.rule.name == limit.family)
    {
        if !is_named(policy, limit) {
            warnings.push(Warning::new(
                Kind::UnusedLimit,
                &place_of_limit(tree, &limit.family),
                format!(
                    "no route names the limit {}, so it counts nothing",
                    limit.family
                ),
            ));
        }
    }
    if policy.challenges.keys.is_none() && policy.challenges_somewhere() {
        warnings.push(Warning::new(Kind::OwnKey, "", "challenges are signed with a key that each Envoy makes for itself, since `signing_keys_env` is not given: \
             clearances end with it, and neither they nor solutions hold at another replica"));
    }
    if tree.get("travel").is_some() && policy.travel.is_none() {
        warnings.push(Warning::new(
            Kind::UnusedTravel,
            "travel",
            "`travel` is given, but no rule, limit or weight is about it, so no position is kept",
        ));
    }
    let asks = policy
        .protections
        .iter()
        .any(|route| route.reads_asn_failures);
    if policy.asn_failures.is_some() && !asks {
        warnings.push(Warning::new(Kind::UnusedLearned, "learned/asn_failures", "`learned.asn_failures` is given, but no rule, limit, weight or named annotation asks for asn_failure_rate"));
    }
    let sets = policy.protections.iter().any(|route| route.sets_device);
    if policy.devices.is_some() && !sets {
        warnings.push(Warning::new(Kind::UnusedDevice, "device", "`device` is given, but no route sets its cookie: that needs a limit on accounts, and one on failures, \
             `failure` or sets_device: true"));
    }
    warnings
}

/// Whether some route names a limit.
fn is_named(policy: &Policy, limit: &LimitPolicy) -> bool {
    let mut routes = policy.protections.iter();
    routes.any(|route| {
        policy
            .limits_of(route)
            .any(|other| other.family == limit.family)
    })
}

/// Of limits that lock accounts.
fn of_locks(policy: &Policy, tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let of_accounts = |limit: &&LimitPolicy| {
        let networks = limit.has(KeyPart::Subnet) || limit.has(KeyPart::Address);
        describe::tells_devices(limit)
            && !networks
            && limit.guessing.is_none()
            && is_named(policy, limit)
    };
    let counted = || policy.limits.iter().filter(of_accounts);
    let lock = counted().find(|limit| refuses(limit));
    if let Some(limit) = lock {
        let (name, place) = (&limit.rule.name, place_of_limit(tree, &limit.family));
        if policy.devices.is_none() {
            warnings.push(Warning::new(Kind::Lockout, &place, format!(
                "the limit {name} lets strangers lock owners out; with `device`, browsers that have logged in before \
                 have a counter of their own"
            )));
        }
        if policy.unlock.is_none() {
            warnings.push(Warning::new(Kind::NoUnlock, &place, format!(
                "whom the limit {name} has locked out waits until it is over; with `unlock`, a link that you mail lets the \
                 owner in"
            )));
        }
    } else if let Some(limit) = counted().find(|limit| limit.rule.mode == Mode::Monitor)
        && policy
            .protections
            .iter()
            .any(|route| route.ruleset.mode == Mode::Enforce)
    {
        warnings.push(Warning::new(Kind::MonitoredAccounts, &place_of_limit(tree, &limit.family), format!(
            "the limit {} only monitors, so nothing stops guesses at one account; leave its mode out once its counts are \
             what you expect",
            limit.rule.name
        )));
    }
    warnings
}

/// Whether it refuses, once it is exceeded.
pub(super) fn refuses(limit: &LimitPolicy) -> bool {
    limit.rule.mode == Mode::Enforce && !limit.rule.then.lets_through()
}
