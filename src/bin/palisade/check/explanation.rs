//! What a configuration does, in words.

use palisade::decision::{Action, Mode, Rule};
use palisade::intelligence::Lookup;
use palisade::limits::{KeyPart, LimitPolicy};
use palisade::policy::{Policy, Protection};
use palisade::time::Span;
use serde_json::Value;

use super::{matching, overlaps};
use crate::{describe, say};

/// Prints what a policy does, route by route.
pub(super) fn explain(policy: &Policy, tree: &Value) {
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
    if policy.challenges_somewhere() {
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
    let limits: Vec<&LimitPolicy> = policy.limits_of(protection).collect();
    if limits.is_empty() {
        return;
    }
    say(format_args!("    what goes on is counted:"));
    let sessions = tree.pointer("/identity/session");
    let (with, without): (Vec<&LimitPolicy>, Vec<&LimitPolicy>) =
        limits.iter().partition(|limit| limit.needs_account());
    for limit in without {
        let never = match sessions {
            None if limit.tells(KeyPart::Session) => {
                ": never, since identity.session names no place"
            }
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
