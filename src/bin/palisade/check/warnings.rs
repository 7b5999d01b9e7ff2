//! What is legal, and perhaps not meant.

use palisade::config::Application;
use palisade::decision::{Action, DEFAULT_PREFIX, Mode, Rule};
use palisade::identity::account::AccountSources;
use palisade::intelligence::provider::ApiKey;
use palisade::intelligence::{Intelligence, Lookup};
use palisade::limits::{KeyPart, LimitPolicy, OnSuccess};
use palisade::policy::{Policy, Protection};
use serde_json::Value;

use super::{challenges_somewhere, doors, limits, matching, overlaps};
use crate::describe;
use crate::documents::Found;
use crate::environment::PLACEHOLDER;

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

/// All warnings.
pub(super) fn all(policy: &Policy, found: &Found) -> Vec<String> {
    let mut warnings = of_everything(policy, &found.tree);
    let name = found.tree.get("application").and_then(Value::as_str);
    let mut applications = Application::ALL.into_iter();
    if let Some(own) = applications.find(|own| name == Some(own.name())) {
        warnings.extend(doors::open(policy, own));
    }
    for (index, protection) in policy.protections.iter().enumerate() {
        warnings.extend(of_route(policy, protection, &found.tree, index));
        warnings.extend(of_accounts(policy, protection, found, index));
        warnings.extend(overlaps::of_hosts(found, index));
    }
    warnings
}

fn of_everything(policy: &Policy, tree: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if tree.get("mode").and_then(Value::as_str) == Some("monitor") {
        warnings.push("mode is monitor: nothing is refused".to_owned());
    }
    let header = tree.pointer("/client/header").and_then(Value::as_str);
    if header.is_some_and(|name| name.eq_ignore_ascii_case("x-forwarded-for")) {
        warnings.push(
            "client.header is x-forwarded-for, to which Envoy appends: leave it out, and the header is walked from \
             right to left"
                .to_owned(),
        );
    }
    if policy.intelligence.as_ref().is_some_and(key_in_path) {
        warnings.push(
            "the API key stands in the path of the request, which Envoy and others write into access logs; prefer a \
             header"
                .to_owned(),
        );
    }
    let named = |limit: &LimitPolicy| {
        let mut routes = policy.protections.iter();
        routes.any(|route| limits(policy, route).any(|other| other.family == limit.family))
    };
    for limit in policy
        .limits
        .iter()
        .filter(|limit| limit.rule.name == limit.family)
    {
        if !named(limit) {
            warnings.push(format!(
                "no route names the limit {}, so it counts nothing",
                limit.family
            ));
        }
    }
    if policy.challenges.keys.is_none() && challenges_somewhere(policy) {
        warnings.push(
            "challenges are signed with a key that each Envoy makes for itself, since `signing_keys_env` is not given: \
             clearances end with it, and neither they nor solutions hold at another replica"
                .to_owned(),
        );
    }
    if tree.get("travel").is_some() && policy.travel.is_none() {
        warnings.push(
            "`travel` is given, but no rule, limit or weight is about it, so no position is kept"
                .to_owned(),
        );
    }
    let asks = policy
        .protections
        .iter()
        .any(|route| route.reads_asn_failures);
    if policy.asn_failures.is_some() && !asks {
        warnings.push(
            "`learned.asn_failures` is given, but no rule, limit, weight or named annotation asks for asn_failure_rate"
                .to_owned(),
        );
    }
    let sets = policy.protections.iter().any(|route| route.sets_device);
    if policy.devices.is_some() && !sets {
        warnings.push(
            "`device` is given, but no route sets its cookie: that needs a limit on accounts, and one on failures, \
             `failure` or sets_device: true"
                .to_owned(),
        );
    }
    let lockable = |limit: &LimitPolicy| {
        let networks = limit.has(KeyPart::Subnet) || limit.has(KeyPart::Address);
        describe::tells_devices(limit) && !networks && refuses(limit) && limit.guessing.is_none()
    };
    if policy.devices.is_none()
        && let Some(limit) = policy
            .limits
            .iter()
            .find(|limit| lockable(limit) && named(limit))
    {
        warnings.push(format!(
            "the limit {} lets strangers lock owners out; with `device`, browsers that have logged in before have a \
             counter of their own",
            limit.rule.name
        ));
    }
    warnings
}

/// Whether it refuses, once it is exceeded.
fn refuses(limit: &LimitPolicy) -> bool {
    limit.rule.mode == Mode::Enforce && !limit.rule.then.lets_through()
}

/// A rule that challenges, and one behind it that denies. The built-in rules are not told apart from each other: those
/// that challenge excuse what the one behind them denies.
fn denied_behind_a_challenge(rules: &[Rule]) -> Option<(&Rule, &Rule)> {
    let enforced = |rule: &&Rule, then| rule.then == then && rule.mode == Mode::Enforce;
    let is_default = |rule: &Rule| rule.name.starts_with(DEFAULT_PREFIX);
    rules.iter().enumerate().find_map(|(index, first)| {
        let mut behind = rules.iter().skip(index);
        let behind = behind
            .find(|rule| enforced(rule, Action::Deny) && !(is_default(first) && is_default(rule)));
        enforced(&first, Action::Challenge).then_some((first, behind?))
    })
}

fn of_route(policy: &Policy, protection: &Protection, tree: &Value, index: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    let ruleset = &protection.ruleset;
    let matches = matching(tree, index);
    if protection.lookup != Lookup::Off && matches.is_some_and(describe::every_path) {
        warnings.push(format!(
                "route {} matches every path, so every visitor's address is looked up; is the quota large enough?",
                protection.name
            ));
    }
    let admin = matches.is_some_and(|matches| describe::matches(matches).contains("admin"));
    if admin && ruleset.on_unknown.lets_through() {
        warnings.push(format!(
                "route {}: while the API fails, everybody reaches what looks like an admin panel; consider \
                 on_unknown: deny",
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
    let denies = ruleset
        .rules
        .iter()
        .any(|rule| rule.then == Action::Deny && rule.mode == Mode::Enforce);
    let limited = limits(policy, protection).any(refuses);
    if !denies && !limited && ruleset.on_unknown.lets_through() {
        warnings.push(format!("route {} denies nobody", protection.name));
    }
    if let Some((first, behind)) = denied_behind_a_challenge(&ruleset.rules) {
        warnings.push(format!(
            "route {}: whoever answers the challenge of the rule {} goes on, though the rule {} behind it would deny; \
             put that first",
            protection.name, first.name, behind.name
        ));
    }
    if protection.lookup == Lookup::Background && policy.session.is_none() {
        warnings.push(format!(
            "route {}: with lookup background and no identity.session, nothing ends what an address has begun before \
             it was known",
            protection.name
        ));
    }
    let rules = ruleset.rules.iter();
    let mut tells = rules.filter(|rule| {
        rule.mode == Mode::Enforce && !rule.then.lets_through() && rule.when.is_about_travel()
    });
    if let Some(rule) = tells.next() {
        warnings.push(format!(
            "route {}: the rule {} refuses travel, by which anybody learns that the account exists; step_up tells \
             only the application",
            protection.name, rule.name
        ));
    }
    if protection.travel.judges && protection.lookup == Lookup::Off {
        warnings.push(format!(
            "route {} depends on travel, but looks nothing up: only addresses that other routes have looked up have \
             positions",
            protection.name
        ));
    }
    if protection.lookup == Lookup::Background && !ruleset.on_unknown.lets_through() {
        warnings.push(format!(
                "route {}: with lookup background, the first request of every address is unknown and gets {}",
                protection.name,
                ruleset.on_unknown.name()
            ));
    }
    warnings
}

/// Of a route on which accounts are counted, or answers read.
fn of_accounts(
    policy: &Policy,
    protection: &Protection,
    found: &Found,
    index: usize,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = &protection.name;
    let route = |field: &str| {
        let field = found.tree.pointer(&format!("/routes/{index}/{field}"));
        field.filter(|value| !value.is_null())
    };
    let own = || limits(policy, protection);
    if own().any(LimitPolicy::needs_account) {
        if route("match/methods").is_none() {
            warnings.push(format!(
                "route {name} counts accounts and takes every method: a GET of the page itself has no account; name \
                 the methods"
            ));
        }
        if protection.on_missing_account == Action::Allow {
            warnings.push(format!(
                "route {name}: with on_missing_account allow, whoever leaves the account out passes its limits"
            ));
        }
    }
    let grants = protection.sets_device
        || protection.travel.moves
        || own().any(|limit| limit.on_success == OnSuccess::Clear);
    if grants && route("success/status").is_some() {
        warnings.push(format!(
            "route {name}: devices, positions or forgiveness follow from a success, and a status alone is enough for `success`, so that a page which is no login may grant them: \
             name what only a login has, such as success: {{ header: [{{ name: set-cookie, prefix: sid= }}] }}"
        ));
    }
    if let Some(limit) = own().find(|limit| limit.counts_failures())
        && route("failure").is_none()
        && route("success").is_none()
    {
        warnings.push(format!(
            "route {name}: the limit {} counts the statuses 401 and 403 as failures; an application that answers 200 \
             or redirects needs `failure`",
            limit.rule.name
        ));
    }
    let reads_sessions = |other: &Protection| {
        let mut places = other.account.iter();
        places.any(AccountSources::from_session)
    };
    if reads_sessions(protection) {
        let names = |other: &&Protection| {
            let mut places = other.account.iter();
            places.any(AccountSources::name_accounts)
        };
        let first = policy.protections.iter().find(names);
        match first {
            None => warnings.push(format!(
                "route {name} takes its account from the session, and no route names an account that a session could \
                 be used for: all its requests are refused"
            )),
            Some(_) if !own().any(LimitPolicy::needs_account) => warnings.push(format!(
                "route {name} takes its account from the session, and no limit of it counts accounts"
            )),
            Some(_)
                if protection.sets_device
                    && !policy.protections.iter().any(|other| names(&other) && other.realm == protection.realm) =>
            {
                warnings.push(format!(
                    "route {name}: its success makes no device known, since no route of the realm {} names an \
                     account; give both the same realm",
                    protection.realm
                ));
            }
            Some(_) => {}
        }
    } else if protection.classifier.knows_steps() && !policy.protections.iter().any(reads_sessions)
    {
        warnings.push(format!(
            "route {name}: a right password leads to a next step, and no route takes its account from the session: \
             whoever has the password gets a new session, and new guesses at the code, with each login; see account: \
             [from_session]"
        ));
    }
    if protection.classifier.knows_steps() && !own().any(LimitPolicy::counts_failures) {
        warnings.push(format!(
            "route {name}: nothing follows from `next_step`, since no limit here counts failures"
        ));
    }
    let reads_bodies = [
        "failure/body",
        "success/body",
        "next_step/body",
        "locked/body",
    ]
    .iter()
    .any(|field| route(field).is_some());
    if reads_bodies && protection.sets_device && !found.stops_iteration {
        warnings.push(format!(
            "route {name}: without allow_on_headers_stop_iteration, a device whose success only the body shows is known \
             to one Envoy alone, for 30 days or until it restarts, and to all from the next login on"
        ));
    }
    warnings
}
