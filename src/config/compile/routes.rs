use std::fmt::Display;

use super::lists::{self, Lists};
use super::{action, check_name, check_not_empty, mode};
use crate::config::defaults;
use crate::config::error::ConfigErrors;
use crate::config::policy::{Lookup, Protection};
use crate::config::raw::{
    Configuration, RawCondition, RawFormat, RawLookup, RawMatch, RawMode, RawPath, RawPathForm,
    RawPaths, RawRoute, RawRule, RawRuleEntry,
};
use crate::decision::{Action, Condition, Leaf, Mode, Rule, Ruleset};
use crate::intelligence::{AsnType, Flag};
use crate::reply::{Preference, Status};
use crate::route::{Case, HostPattern, Methods, PathPattern, RouteIndex, RouteMatch, RouteTable};

/// What is known of the routes after compiling them.
type Routes = (Vec<Protection>, RouteTable, Vec<(String, RouteIndex)>);

pub(super) fn compile(
    raw: &Configuration,
    lists: &Lists,
    errors: &mut ConfigErrors,
) -> Option<Routes> {
    check_not_empty("routes", &raw.routes, "protected route", errors);
    let mut protections: Vec<Protection> = Vec::new();
    let mut matches = Vec::new();
    let mut profiles = Vec::new();
    for (index, route) in raw.routes.iter().enumerate() {
        let path = format!("routes[{index}]");
        check_name(&format!("{path}.name"), &route.name, errors);
        if protections.iter().any(|other| other.name == route.name) {
            errors.add(
                format_args!("{path}.name"),
                Some(format!("{:?}", route.name)),
                "expected a name that no other route has",
            );
        }
        let protection = protection(raw, route, lists, &path, errors);
        matches.push(matching(route, strictness(&protection), &path, errors));
        protections.push(protection);
        if route.matches.profile {
            profiles.push((route.name.clone(), RouteIndex::new(index)));
        }
    }
    let matches: Option<Vec<RouteMatch>> = matches.into_iter().collect();
    Some((protections, RouteTable::new(matches?), profiles))
}

fn protection(
    raw: &Configuration,
    route: &RawRoute,
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Protection {
    let monitored = raw.mode == RawMode::Monitor || route.mode == RawMode::Monitor;
    let rules = match &route.rules {
        None => defaults::rules(),
        Some(entries) => rules(entries, lists, &format!("{path}.rules"), errors),
    };
    let step_up = route.step_up.clone().unwrap_or_else(|| "mfa".to_owned());
    let header_safe =
        (1..=64).contains(&step_up.len()) && step_up.bytes().all(|byte| byte.is_ascii_graphic());
    if !header_safe {
        errors.add(
            format_args!("{path}.step_up"),
            Some(format!("{step_up:?}")),
            "expected 1 to 64 visible ASCII characters",
        );
    }
    let lookup = match (route.lookup, &raw.intelligence) {
        (RawLookup::Off, _) | (_, None) => Lookup::Off,
        (RawLookup::Inline, Some(_)) => Lookup::Inline,
        (RawLookup::Background, Some(_)) => Lookup::Background,
    };
    Protection {
        name: route.name.clone(),
        lookup,
        ruleset: Ruleset {
            rules: lists.rules.iter().cloned().chain(rules).collect(),
            on_unknown: route.on_unknown.map_or(Action::Allow, action),
            mode: if monitored {
                Mode::Monitor
            } else {
                Mode::Enforce
            },
        },
        format: preference(route.format.unwrap_or(raw.reply.format)),
        step_up,
    }
}

/// How strictly a route judges: what it may do at worst. It decides only between routes that one request finds in
/// different readings of its path.
fn strictness(protection: &Protection) -> u8 {
    let ruleset = &protection.ruleset;
    let worst = ruleset
        .rules
        .iter()
        .filter(|rule| rule.mode == Mode::Enforce)
        .map(|rule| rule.then)
        .chain([ruleset.on_unknown])
        .max();
    match (ruleset.mode, worst) {
        (_, None | Some(Action::Allow)) => 0,
        (Mode::Monitor, _) => 1,
        (Mode::Enforce, Some(Action::StepUp)) => 2,
        (Mode::Enforce, Some(Action::Challenge)) => 3,
        (Mode::Enforce, Some(Action::Deny)) if protection.lookup == Lookup::Off => 4,
        (Mode::Enforce, Some(Action::Deny)) => 5,
    }
}

/// Notes an error; `None` then.
fn noted<T, E: Display>(
    result: Result<T, E>,
    path: impl Display,
    errors: &mut ConfigErrors,
) -> Option<T> {
    result.map_err(|error| errors.add(path, None, error)).ok()
}

fn matching(
    route: &RawRoute,
    strictness: u8,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<RouteMatch> {
    let raw: &RawMatch = &route.matches;
    let path = format!("{path}.match");
    if let Some(methods) = &raw.methods {
        check_not_empty(&format!("{path}.methods"), methods, "method", errors);
    }
    let methods = noted(
        Methods::new(raw.methods.iter().flatten().map(String::as_str)),
        format_args!("{path}.methods"),
        errors,
    );
    if let Some(hosts) = &raw.hosts {
        check_not_empty(&format!("{path}.hosts"), hosts, "host", errors);
    }
    let hosts: Option<Vec<HostPattern>> = raw
        .hosts
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, host)| {
            noted(
                HostPattern::new(host),
                format_args!("{path}.hosts[{index}]"),
                errors,
            )
        })
        .collect();
    let only_by_profile =
        raw.profile && raw.methods.is_none() && raw.path.is_none() && raw.hosts.is_none();
    let every = RawPath::Form(RawPathForm::Prefix("/".to_owned()));
    let patterns: Vec<(String, &RawPath)> = match &raw.path {
        None if only_by_profile => Vec::new(),
        None => vec![(format!("{path}.path"), &every)],
        Some(RawPaths::One(one)) => vec![(format!("{path}.path"), one)],
        Some(RawPaths::Several(several)) => {
            check_not_empty(&format!("{path}.path"), several, "path", errors);
            let several = several.iter().enumerate();
            several
                .map(|(index, one)| (format!("{path}.path[{index}]"), one))
                .collect()
        }
    };
    let case = if raw.ignore_case {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    let paths: Option<Vec<PathPattern>> = patterns
        .into_iter()
        .map(|(path, raw)| noted(pattern(raw, case), path, errors))
        .collect();
    Some(RouteMatch {
        methods: methods?,
        hosts: hosts?,
        paths: paths?,
        strictness,
    })
}

fn pattern(raw: &RawPath, case: Case) -> Result<PathPattern, crate::route::PatternError> {
    match raw {
        RawPath::Exact(path) | RawPath::Form(RawPathForm::Exact(path)) => {
            PathPattern::exact(path, case)
        }
        RawPath::Form(RawPathForm::Prefix(path)) => PathPattern::prefix(path, case),
        RawPath::Form(RawPathForm::Glob(glob)) => PathPattern::glob(glob, case),
        RawPath::Form(RawPathForm::Regex(regex)) => PathPattern::regex(regex, case),
    }
}

fn rules(
    entries: &[RawRuleEntry],
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let more = match entry {
            RawRuleEntry::Word(_) => defaults::rules(),
            RawRuleEntry::Rule(raw) => rule(raw, index, lists, &path, errors).into_iter().collect(),
        };
        for rule in more {
            if rules.iter().any(|other| other.name == rule.name) {
                errors.add(
                    format_args!("{path}.name"),
                    Some(format!("{:?}", rule.name)),
                    "expected a name that no other rule of this route has",
                );
            }
            rules.push(rule);
        }
    }
    rules
}

fn rule(
    raw: &RawRule,
    index: usize,
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<Rule> {
    let then = action(raw.then);
    let name = raw
        .name
        .clone()
        .unwrap_or_else(|| format!("rule_{}", index.saturating_add(1)));
    check_name(&format!("{path}.name"), &name, errors);
    if name.starts_with("list_") {
        errors.add(
            format_args!("{path}.name"),
            Some(format!("{name:?}")),
            "names that start with list_ are those of the lists' own rules; expected another one",
        );
    }
    if let Some(reason) = &raw.reason {
        check_name(&format!("{path}.reason"), reason, errors);
    }
    if let Some(status) = raw.status
        && Status::new(status).is_none()
    {
        errors.add(
            format_args!("{path}.status"),
            Some(status.to_string()),
            "expected 400 to 599",
        );
    }
    if then.lets_through() && (raw.status.is_some() || raw.message.is_some()) {
        errors.add(
            path,
            None,
            format_args!(
                "status and message are for refusals, but `then` is {}",
                then.name()
            ),
        );
    }
    let when = condition(&raw.when, lists, &format!("{path}.when"), errors);
    Some(Rule {
        name,
        when: when?,
        then,
        mode: mode(raw.mode),
        reason: raw.reason.clone(),
        message: Some(
            raw.message
                .clone()
                .unwrap_or_else(|| defaults::message(then).to_owned()),
        ),
        status: raw.status,
    })
}

fn condition(
    raw: &RawCondition,
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<Condition> {
    let mut several = |word: &str, parts: &[RawCondition]| -> Option<Vec<Condition>> {
        let path = format!("{path}.{word}");
        check_not_empty(&path, parts, "condition", errors);
        let parts = parts.iter().enumerate();
        parts
            .map(|(index, part)| condition(part, lists, &format!("{path}[{index}]"), errors))
            .collect()
    };
    let leaf = match raw {
        RawCondition::Any(parts) => return several("any", parts).map(Condition::Any),
        RawCondition::All(parts) => return several("all", parts).map(Condition::All),
        RawCondition::Not(inner) => {
            let inner = condition(inner, lists, &format!("{path}.not"), errors)?;
            return Some(Condition::Not(Box::new(inner)));
        }
        RawCondition::List(name) => {
            let found = lists.condition(name);
            if found.is_none() {
                errors.add(
                    format_args!("{path}.list"),
                    Some(format!("{name:?}")),
                    "expected the name of one of `lists`",
                );
            }
            return found;
        }
        RawCondition::Signal(name) => return signal(name, path, errors).map(Condition::Leaf),
        RawCondition::Score(range) => Leaf::Score(*range),
        RawCondition::Asn(asns) => {
            check_not_empty(&format!("{path}.asn"), asns, "autonomous system", errors);
            Leaf::Asn(lists::asns(asns))
        }
        RawCondition::Country(countries) => {
            check_not_empty(&format!("{path}.country"), countries, "country", errors);
            Leaf::Country(few_sorted(countries.iter().map(|country| country.0.0)))
        }
        RawCondition::AsnType(names) => {
            check_not_empty(&format!("{path}.asn_type"), names, "type", errors);
            let types: Option<Vec<AsnType>> = names
                .iter()
                .enumerate()
                .map(|(index, name)| {
                    let kind = AsnType::from_name(name);
                    if kind.is_none() {
                        let names: Vec<&str> = AsnType::ALL.map(AsnType::name).to_vec();
                        errors.add(
                            format_args!("{path}.asn_type[{index}]"),
                            Some(format!("{name:?}")),
                            format_args!("expected one of {}", names.join(", ")),
                        );
                    }
                    kind
                })
                .collect();
            Leaf::AsnType(types?)
        }
    };
    Some(Condition::Leaf(leaf))
}

fn signal(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<Leaf> {
    match name {
        "private" => return Some(Leaf::Private),
        "unknown" => return Some(Leaf::Unknown),
        _ => {}
    }
    let flag = Flag::from_name(name);
    if flag.is_none() {
        let names: Vec<&str> = Flag::ALL.map(Flag::name).to_vec();
        errors.add(
            path,
            Some(format!("{name:?}")),
            format_args!("expected one of {}, private and unknown", names.join(", ")),
        );
    }
    flag.map(Leaf::Flag)
}

/// Sorted, each once. For few items: every kind of item that is sorted costs 6 KiB of code, this one does not.
fn few_sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut sorted = Vec::new();
    for item in items {
        if let Err(place) = sorted.binary_search(&item) {
            sorted.insert(place, item);
        }
    }
    sorted
}

const fn preference(raw: RawFormat) -> Preference {
    match raw {
        RawFormat::Auto => Preference::Auto,
        RawFormat::Problem => Preference::Problem,
        RawFormat::Json => Preference::Json,
        RawFormat::Html => Preference::Html,
    }
}
