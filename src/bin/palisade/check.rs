//! `palisade check`: what a configuration does, or everything that is wrong with it.

mod doors;
mod overlaps;
mod warnings;

use std::process::ExitCode;

use palisade::config::{self};
use palisade::decision::{Action, Mode, Rule};
use palisade::intelligence::Lookup;
use palisade::limits::LimitPolicy;
use palisade::policy::{Policy, Protection};
use palisade::time::Span;
use serde_json::Value;

use crate::documents::{self, Found};
use crate::environment::{Environment, variable};
use crate::{describe, say};

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The bare configuration (YAML or JSON), an Envoy bootstrap, an Istio WasmPlugin or an Envoy Gateway
    /// EnvoyExtensionPolicy
    file: String,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
}

impl Call {
    /// Prints what each configuration of the file does or what is wrong with it.
    pub(crate) fn run(&self) -> ExitCode {
        let file = self.file.as_str();
        let found = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|text| documents::find(file, &text));
        let found = match found {
            Ok(found) => found,
            Err(problem) => {
                eprintln!("{file}: {problem}");
                return ExitCode::FAILURE;
            }
        };
        let valid = found
            .iter()
            .filter(|found| check(file, found, &self.environment))
            .count();
        if valid == found.len() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Whether the configuration is valid; prints what it does or what is wrong.
fn check(file: &str, found: &Found, environment: &[(String, String)]) -> bool {
    let name = match found.place.as_str() {
        "" => file.to_owned(),
        place => format!("{file}: {place}"),
    };
    let environment = Environment::new(environment);
    let variable = |name: &str| Some(environment.get(name));
    let load = |tree: &Value| config::load(tree.to_string().as_bytes(), &variable);
    let mut wrong = found.disputed.clone();
    let policy = load(&found.tree);
    if let Err(errors) = &policy {
        wrong.extend(errors.0.iter().map(ToString::to_string));
    } else if let Some(Err(errors)) = found.elsewhere.as_ref().map(load) {
        let in_kubernetes = |error| format!("{error} (as Kubernetes reads it)");
        wrong.extend(errors.0.iter().map(in_kubernetes));
    }
    match policy {
        Ok(policy) if wrong.is_empty() => {
            say(format_args!("{name}: valid"));
            explain(&policy, &found.tree);
            for name in environment.into_missing() {
                say(format_args!(
                    "  note: {name} must be set in the VM (vm_config.environment_variables); it was not checked here"
                ));
            }
            for warning in warnings::all(&policy, found) {
                say(format_args!("  warning: {warning}"));
            }
            true
        }
        _ => {
            eprintln!("{name}: refused");
            for problem in wrong {
                eprintln!("  {problem}");
            }
            false
        }
    }
}

/// What a route matches: one match, or a list of them.
fn matching(tree: &Value, route: usize) -> Option<&Value> {
    tree.pointer(&format!("/routes/{route}/match"))
}

fn explain(policy: &Policy, tree: &Value) {
    match &policy.intelligence {
        Some(intelligence) => say(format_args!(
            "  asks the cluster {:?}, waits at most {} ms, keeps {} addresses",
            intelligence.resolver.cluster,
            intelligence.resolver.timeout.as_millis(),
            intelligence.entries,
        )),
        None => say(format_args!(
            "  asks no API: only lists and geoip headers are known"
        )),
    }
    if let Some(allow) = &policy.identity.normalisation.allow {
        say(format_args!(
            "  takes for an account only what is {allow} as a whole"
        ));
    }
    if challenges_somewhere(policy) {
        say(format_args!(
            "  {}",
            describe::challenge(&policy.challenges)
        ));
    }
    if let Some(captcha) = &policy.captcha {
        say(format_args!("  {}", describe::captcha(captcha)));
    }
    if let Some(travel) = &policy.travel {
        say(format_args!("  {}", describe::travel(travel)));
    }
    if let Some(learnt) = policy.asn_failures {
        say(format_args!(
            "  learns the share of failed logins per autonomous system: of {} or more answers in {}, {} failures of \
             one network or account at most",
            learnt.min_samples.get(),
            Span::new(learnt.window.get()),
            learnt.share().get(),
        ));
    }
    for (index, protection) in policy.protections.iter().enumerate() {
        let matches = matching(tree, index).map_or_else(String::new, describe::matches);
        say(format_args!("  route {}: {matches}", protection.name));
        for overlap in overlaps::of_route(policy, tree, index) {
            say(format_args!("    {overlap}"));
        }
        let lookup = match protection.lookup {
            Lookup::Inline => "waits for the lookup",
            Lookup::Background if policy.session.is_some() => {
                "looks up in the background, and revokes the session of whom a rule then denies or challenges"
            }
            Lookup::Background => "looks up in the background",
            Lookup::Session => "waits for the lookup on a session's first request",
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
                describe::condition(&rule.when),
            ));
        }
        say(format_args!("    else -> allow"));
        if policy.captcha(protection.asks).is_some() {
            say(format_args!("    challenges ask for a captcha"));
        }
        if protection.heeds_revocations {
            say(format_args!("    revoked sessions are refused"));
        }
        if let Some(success) = describe::success(protection) {
            say(format_args!("    {success}"));
        }
        for result in describe::results(protection) {
            say(format_args!("    {result}"));
        }
        explain_limits(policy, protection, tree, index);
    }
}

/// What is counted on a route, in the order in which it is asked.
fn explain_limits(policy: &Policy, protection: &Protection, tree: &Value, route: usize) {
    let limits: Vec<&LimitPolicy> = limits(policy, protection).collect();
    if limits.is_empty() {
        return;
    }
    say(format_args!("    what goes on is counted:"));
    let sessions = tree.pointer("/identity/session");
    let (with, without): (Vec<&LimitPolicy>, Vec<&LimitPolicy>) =
        limits.iter().partition(|limit| limit.needs_account());
    for limit in without {
        let never = match sessions {
            None if limit.tells_sessions() => ": never, since identity.session names no place",
            _ => "",
        };
        say(format_args!("    - {}{never}", describe::limit(limit)));
    }
    if with.is_empty() {
        return;
    }
    let own = tree.pointer(&format!("/routes/{route}/account"));
    let places = own.or_else(|| tree.pointer("/identity/account"));
    let missing = match protection.on_missing_account {
        Action::Deny => "deny 400",
        other => other.name(),
    };
    say(format_args!(
        "    the account is {}; where nobody can tell it: {missing}",
        places.map_or_else(String::new, describe::account),
    ));
    for limit in with {
        let devices = policy.devices.is_some() && describe::tells_devices(limit);
        say(format_args!(
            "    - {}{}",
            describe::limit(limit),
            if devices {
                "; known devices have a counter of their own"
            } else {
                ""
            }
        ));
        if let Some(guessing) = limit.guessing {
            say(format_args!("      guessing a code succeeds: {guessing}"));
        }
    }
}

/// The limits of a route, in their order.
fn limits<'p>(
    policy: &'p Policy,
    protection: &'p Protection,
) -> impl Iterator<Item = &'p LimitPolicy> {
    let own = protection.limits.iter();
    own.filter_map(|index| policy.limits.get(index.0))
}

/// Whether anything challenges, be it only monitored yet.
fn challenges_somewhere(policy: &Policy) -> bool {
    let challenged = |protection: &Protection| {
        let ruleset = &protection.ruleset;
        let limits = || limits(policy, protection);
        let missing = protection.account.is_some();
        ruleset.on_unknown == Action::Challenge
            || (missing && protection.on_missing_account == Action::Challenge)
            || ruleset
                .rules
                .iter()
                .any(|rule| rule.then == Action::Challenge)
            || limits().any(|limit| limit.rule.then == Action::Challenge)
    };
    policy.challenges.endpoint.is_some() || policy.protections.iter().any(challenged)
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
