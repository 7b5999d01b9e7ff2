//! Of single routes.

use palisade::decision::{Action, Condition, DEFAULT_PREFIX, LIST_PREFIX, Mode, Rule};
use palisade::intelligence::Lookup;
use palisade::policy::{Policy, Protection};
use palisade::route::{Asked, RouteIndex};
use palisade::signals::Truth;
use serde_json::Value;

use super::super::kinds::{Kind, Warning};
use super::super::matching;
use super::refuses;
use crate::describe;

/// A rule that challenges, and one behind it that denies. The built-in rules are not told apart from each other: those
/// that challenge excuse what the one behind them denies.
fn denied_behind_a_challenge(rules: &[Rule]) -> Option<(&Rule, &Rule)> {
    let enforced = |rule: &&Rule, then| rule.then == then && rule.mode == Mode::Enforce;
    let is_default = |rule: &Rule| rule.name.starts_with(DEFAULT_PREFIX);
    rules.iter().enumerate().find_map(|(index, first)| {
        let mut behind = rules.iter().skip(index);
        let behind = behind.find(|rule| {
            let built_in = is_default(first) && is_default(rule);
            enforced(rule, Action::Deny) && !built_in && !first.when.excludes(&rule.when)
        });
        enforced(&first, Action::Challenge).then_some((first, behind?))
    })
}

/// What to do about a rule that denies too late.
fn advice(first: &Rule, behind: &Rule) -> String {
    match first.name.strip_prefix(LIST_PREFIX) {
        // Lists come before all rules, so that no rule can be put before them.
        Some(list) => format!(
            "leave `then` of the list {list} out, and write a rule for {{ list: {list} }} behind {}",
            behind.name
        ),
        None => format!("put {} first", behind.name),
    }
}

pub(super) fn of_route(
    policy: &Policy,
    protection: &Protection,
    tree: &Value,
    index: usize,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let at = |field: &str| format!("routes/{index}{field}");
    let ruleset = &protection.ruleset;
    let matches = matching(tree, index);
    if protection.lookup != Lookup::Off && matches.is_some_and(describe::every_path) {
        warnings.push(Warning::new(Kind::EveryPath, &at("/match"), format!(
                "route {} matches every path, so every visitor's address is looked up; is the quota large enough?",
                protection.name
            )));
    }
    let admin = matches.is_some_and(|matches| describe::matches(matches).contains("admin"));
    let asks = policy.intelligence.is_some() && protection.lookup != Lookup::Off;
    // A login that counts accounts is no open door.
    let counts = || {
        policy
            .limits_of(protection)
            .any(|limit| limit.needs_account() && refuses(limit))
    };
    if admin && asks && !counts() && ruleset.on_unknown.lets_through() {
        warnings.push(Warning::new(Kind::OpenAdmin, &at("/match"), format!(
                "route {}: while the API fails, everybody reaches what looks like an admin panel; consider \
                 on_unknown: deny",
                protection.name
            )));
    }
    if admin && let Some(path) = admin_login(policy, index) {
        warnings.push(Warning::new(Kind::AdminLogin, &at("/match"), format!(
            "route {}: {path} is no other route's and has no limit here, so guesses at its passwords are not counted; \
             name it in the route of your logins, or give this one limits",
            protection.name
        )));
    }
    if tree
        .pointer(&format!("/routes/{index}/mode"))
        .and_then(Value::as_str)
        == Some("monitor")
    {
        warnings.push(Warning::new(
            Kind::MonitorMode,
            &at("/mode"),
            format!(
                "the mode of route {} is monitor: nothing is refused there",
                protection.name
            ),
        ));
    }
    let denies = ruleset
        .rules
        .iter()
        .any(|rule| rule.then == Action::Deny && rule.mode == Mode::Enforce);
    let limited = policy.limits_of(protection).any(refuses);
    if !denies && !limited && ruleset.on_unknown.lets_through() {
        warnings.push(Warning::new(
            Kind::DeniesNobody,
            &at(""),
            format!("route {} denies nobody", protection.name),
        ));
    }
    if let Some((first, behind)) = denied_behind_a_challenge(&ruleset.rules) {
        warnings.push(Warning::new(Kind::DeniedBehindChallenge, &at("/rules"), format!(
            "route {}: whoever answers the challenge of the rule {} goes on, though the rule {} behind it would deny; {}",
            protection.name, first.name, behind.name, advice(first, behind)
        )));
    }
    if protection.lookup == Lookup::Background && policy.session.is_none() {
        warnings.push(Warning::new(Kind::BackgroundSession, &at("/lookup"), format!(
            "route {}: with lookup background and no identity.session, nothing ends what an address has begun before \
             it was known",
            protection.name
        )));
    }
    let rules = ruleset.rules.iter();
    let mut tells = rules.filter(|rule| {
        rule.mode == Mode::Enforce && !rule.then.lets_through() && rule.when.is_about_travel()
    });
    if let Some(rule) = tells.next() {
        warnings.push(Warning::new(Kind::TravelTells, &at("/rules"), format!(
            "route {}: the rule {} refuses travel, by which anybody learns that the account exists; step_up tells \
             only the application",
            protection.name, rule.name
        )));
    }
    if protection.travel.judges && protection.lookup == Lookup::Off {
        warnings.push(Warning::new(Kind::TravelBlind, &at("/lookup"), format!(
            "route {} depends on travel, but looks nothing up: only addresses that other routes have looked up have \
             positions",
            protection.name
        )));
    }
    if protection.lookup == Lookup::Background && !ruleset.on_unknown.lets_through() {
        warnings.push(Warning::new(Kind::BackgroundUnknown, &at("/on_unknown"), format!(
                "route {}: with lookup background, the first request of every address is unknown and gets {}",
                protection.name,
                ruleset.on_unknown.name()
            )));
    }
    warnings
}

/// The login of an admin panel for which this route comes first, if nothing counts what is sent there.
fn admin_login(policy: &Policy, index: usize) -> Option<&'static str> {
    const LOGINS: [&str; 2] = ["/admin/login", "/admin/login/"];
    let own = RouteIndex::new(index);
    LOGINS.into_iter().find(|path| {
        let mut says = |_| Truth::Unknown;
        let asked = Asked::only(b"POST");
        let found = policy.routes.find(&asked, None, path.as_bytes(), &mut says);
        let counted = |route: &RouteIndex| {
            let route = policy.protection(*route);
            route.is_some_and(|route| policy.limits_of(route).any(refuses) || closes(route))
        };
        found.is_some_and(|found| found.routes.first == own && !found.routes.iter().any(counted))
    })
}

/// Whether a route lets nobody through.
fn closes(route: &Protection) -> bool {
    let mut rules = route.ruleset.rules.iter();
    rules.any(|rule| {
        rule.then == Action::Deny && rule.when == Condition::ALWAYS && rule.mode == Mode::Enforce
    })
}
