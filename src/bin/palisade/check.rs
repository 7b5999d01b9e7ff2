//! `palisade check`: what a configuration does, or everything that is wrong with it.

use std::cell::RefCell;
use std::process::ExitCode;

use palisade::config::{self, Intelligence, Lookup, Policy};
use palisade::decision::{Action, Mode, Rule};
use palisade::intelligence::provider::ApiKey;
use serde_json::Value;

use crate::documents::{self, Found};
use crate::{say, words};

/// Stands for a key that only the machine with Envoy has.
const PLACEHOLDER: &str = "placeholder";

pub(crate) fn run(file: &str, environment: &[(String, String)]) -> ExitCode {
    let found = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot be read: {error}"))
        .and_then(|text| documents::find(&text));
    let found = match found {
        Ok(found) => found,
        Err(problem) => {
            eprintln!("{file}: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let valid = found
        .iter()
        .filter(|found| check(file, found, environment))
        .count();
    if valid == found.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the configuration is valid; prints what it does or what is wrong.
fn check(file: &str, found: &Found, environment: &[(String, String)]) -> bool {
    let name = match found.place.as_str() {
        "" => file.to_owned(),
        place => format!("{file}: {place}"),
    };
    let missing = RefCell::new(Vec::new());
    let variable = |name: &str| {
        let given = environment.iter().find(|(given, _)| given == name);
        given.map_or_else(
            || {
                let mut missing = missing.borrow_mut();
                missing.push(name.to_owned());
                // Long enough for a signing key, and never the same as another one.
                Some(format!("{PLACEHOLDER}-{:032}", missing.len()))
            },
            |(_, value)| Some(value.clone()),
        )
    };
    match config::load(found.tree.to_string().as_bytes(), &variable) {
        Ok(policy) => {
            say(format_args!("{name}: valid"));
            explain(&policy, &found.tree);
            for name in missing.into_inner() {
                say(format_args!(
                    "  note: {name} must be set in the VM (vm_config.environment_variables); it was not checked here"
                ));
            }
            for warning in warnings(&policy, &found.tree) {
                say(format_args!("  warning: {warning}"));
            }
            true
        }
        Err(errors) => {
            eprintln!("{name}: refused");
            for error in errors.0 {
                eprintln!("  {error}");
            }
            false
        }
    }
}

fn matching(tree: &Value, route: usize) -> Option<&Value> {
    tree.pointer(&format!("/routes/{route}/match"))
}

fn explain(policy: &Policy, tree: &Value) {
    match &policy.intelligence {
        Some(intelligence) => say(format_args!(
            "  asks the cluster {:?}, waits at most {} ms, keeps {} addresses",
            intelligence.library.cluster,
            intelligence.library.timeout.as_millis(),
            intelligence.entries,
        )),
        None => say(format_args!(
            "  asks no API: only lists and geoip headers are known"
        )),
    }
    for (index, protection) in policy.protections.iter().enumerate() {
        let matches = matching(tree, index).map_or_else(String::new, words::matches);
        say(format_args!("  route {}: {matches}", protection.name));
        let lookup = match protection.lookup {
            Lookup::Inline => "waits for the lookup",
            Lookup::Background => "looks up in the background",
            Lookup::Off => "looks nothing up",
        };
        let unknown = protection.ruleset.on_unknown.name();
        say(format_args!(
            "    {lookup}; of whom nothing is known: {unknown}{}",
            shown(protection.ruleset.mode)
        ));
        for (place, rule) in protection.ruleset.rules.iter().enumerate() {
            let place = place.saturating_add(1);
            say(format_args!(
                "    {place}. {} -> {}{}: {}",
                rule.name,
                consequence(rule),
                shown(rule.mode),
                words::condition(&rule.when),
            ));
        }
        say(format_args!("    else -> allow"));
    }
}

fn consequence(rule: &Rule) -> String {
    let status = rule.status.unwrap_or(403);
    match rule.then {
        Action::Challenge | Action::Limit | Action::Deny => {
            format!("{} {status}", rule.then.name())
        }
        Action::Allow | Action::StepUp => rule.then.name().to_owned(),
    }
}

const fn shown(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "",
        Mode::Monitor => " (only monitored)",
    }
}

/// Whether the key is sent in path or query.
fn key_in_path(intelligence: &Intelligence) -> bool {
    ApiKey::parse(PLACEHOLDER).is_ok_and(|key| {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let provider = &intelligence.library.provider;
        provider
            .request(address, Some(&key))
            .path
            .contains(PLACEHOLDER)
    })
}

/// What is legal, and perhaps not meant.
fn warnings(policy: &Policy, tree: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if tree.get("mode").and_then(Value::as_str) == Some("monitor") {
        warnings.push("mode is monitor: nothing is refused".to_owned());
    }
    let header = tree.pointer("/client/header").and_then(Value::as_str);
    if header.is_some_and(|name| name.eq_ignore_ascii_case("x-forwarded-for")) {
        warnings.push(
            "client.header is x-forwarded-for, to which Envoy appends: leave it out, and the header is walked from right to left"
                .to_owned(),
        );
    }
    if policy.intelligence.as_ref().is_some_and(key_in_path) {
        warnings.push(
            "the API key stands in the path of the request, which Envoy and others write into access logs; prefer a header"
                .to_owned(),
        );
    }
    for (index, protection) in policy.protections.iter().enumerate() {
        let ruleset = &protection.ruleset;
        let matches = matching(tree, index);
        if protection.lookup != Lookup::Off && matches.is_some_and(words::every_path) {
            warnings.push(format!(
                "route {} matches every path, so every visitor's address is looked up; is the quota large enough?",
                protection.name
            ));
        }
        let admin = matches.is_some_and(|matches| words::matches(matches).contains("admin"));
        if admin && ruleset.on_unknown.lets_through() {
            warnings.push(format!(
                "route {}: while the API fails, everybody reaches what looks like an admin panel; consider on_unknown: deny",
                protection.name
            ));
        }
        if tree
            .pointer(&format!("/routes/{index}/mode"))
            .and_then(Value::as_str)
            == Some("monitor")
        {
            warnings.push(format!(
                "the mode of route {} is monitor: nothing is refused there",
                protection.name
            ));
        }
        let refuses = ruleset
            .rules
            .iter()
            .any(|rule| rule.then == Action::Deny && rule.mode == Mode::Enforce);
        if !refuses && ruleset.on_unknown.lets_through() {
            warnings.push(format!("route {} denies nobody", protection.name));
        }
        if protection.lookup == Lookup::Background && !ruleset.on_unknown.lets_through() {
            warnings.push(format!(
                "route {}: with lookup background, the first request of every address is unknown and gets {}",
                protection.name,
                ruleset.on_unknown.name()
            ));
        }
    }
    warnings
}
