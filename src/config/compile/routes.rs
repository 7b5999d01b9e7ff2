use std::fmt::Display;

use super::lists::Lists;
use super::{
    action, check_name, check_not_empty, conditions, identity, learned, mode, response, travel,
};
use crate::agent::AgentUse;
use crate::challenge::ChallengeKind;
use crate::config::defaults;
use crate::config::error::ConfigErrors;
use crate::config::raw::{
    Configuration, RawChallengeKind, RawFormat, RawLookup, RawMatch, RawMode, RawPath, RawPathForm,
    RawPaths, RawRevoked, RawRoute, RawRule, RawRuleEntry, RawTraveller,
};
use crate::decision::{Action, LIST_PREFIX, LimitIndex, Mode, Revokes, Rule, Ruleset};
use crate::identity::Identity;
use crate::identity::account::AccountSources;
use crate::intelligence::Lookup;
use crate::limits::{LimitPolicy, OnSuccess};
use crate::policy::Protection;
use crate::reply::{Preference, Status};
use crate::route::{Case, HostPattern, Methods, PathPattern, RouteIndex, RouteMatch, RouteTable};

/// What is known of the routes after compiling them.
type Routes = (Vec<Protection>, RouteTable, Vec<(String, RouteIndex)>);

pub(super) fn compile(
    raw: &Configuration,
    lists: &Lists,
    limits: &[LimitPolicy],
    who: &Identity,
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
        let protection = protection(raw, route, lists, (limits, who), &path, errors);
        matches.push(matching(route, &path, errors));
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
    (limits, who): (&[LimitPolicy], &Identity),
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
        (RawLookup::Session, Some(_)) => Lookup::Session,
    };
    let has_sessions = raw.identity.session.is_some();
    if route.lookup == RawLookup::Session && !has_sessions {
        errors.add(
            format_args!("{path}.lookup"),
            Some("\"session\"".to_owned()),
            "expected identity.session as well, such as [{\"cookie\": \"sid\"}]: it says where sessions stand",
        );
    }
    // Whoever comes later is refused wherever the session was used when it was revoked.
    let revokes = |route: &RawRoute| route.lookup == RawLookup::Background;
    let is_revoked = has_sessions && raw.intelligence.is_some() && raw.routes.iter().any(revokes);
    let heeds_revocations = is_revoked && route.on_revoked == RawRevoked::Refuse;
    let named = named(&route.limits, raw, limits, path, errors);
    // What one limit refuses is not counted by those behind it. So accounts come last: a network or session that is refused
    // must not lock anybody out.
    let rank = |index: &LimitIndex| limits.get(index.0).map(LimitPolicy::rank);
    let mut own: Vec<LimitIndex> = Vec::new();
    // They are few, and a sort would be 15 KiB of code.
    for index in named {
        let place = own.partition_point(|before| rank(before) <= rank(&index));
        own.insert(place, index);
    }
    let policies = || own.iter().filter_map(|index| limits.get(index.0));
    let travels = travel::needs_account((raw, route), &rules, policies());
    let (account, on_missing_account) = account(who, route, (policies(), travels), path, errors);
    // Whoever may have a password reset for an account has not logged in to it.
    let tells_logins = route.failure.is_some() || policies().any(LimitPolicy::counts_failures);
    let wanted = route.sets_device.unwrap_or(tells_logins);
    let sets_device = raw.device.is_some() && account.is_some() && wanted;
    let told = route.failure.is_some() || route.success.is_some();
    let found = (account.is_some(), tells_logins);
    let travel = travel::of_route((raw, route), &rules, policies(), found);
    let clears = policies().any(|limit| limit.on_success == OnSuccess::Clear);
    if route.success.is_none() && (sets_device || travel.moves || clears) {
        errors.add(
            format_args!("{path}.success"),
            None,
            unnamed(sets_device, travel.moves),
        );
    }
    let by_session = travel.any() && raw.travel.subject == RawTraveller::Session;
    let realm = route.realm.as_ref().unwrap_or(&route.name);
    if route.realm.is_some() {
        check_name(&format!("{path}.realm"), realm, errors);
    }
    let ruleset = Ruleset {
        rules: lists.rules.iter().cloned().chain(rules).collect(),
        on_unknown: route.on_unknown.map_or(Action::Allow, action),
        mode: if monitored {
            Mode::Monitor
        } else {
            Mode::Enforce
        },
    };
    Protection {
        tells_asn_failures: raw.learned.asn_failures.is_some() && tells_logins,
        reads_asn_failures: learned::is_asked(raw, &ruleset, policies()),
        classifier: response::compile(route.failure.as_ref(), route.success.as_ref(), path, errors),
        realm: realm.clone(),
        sets_device,
        watches: told || sets_device || travel.any() || policies().any(LimitPolicy::needs_response),
        tells_sessions: by_session
            || policies().any(LimitPolicy::tells_sessions)
            || heeds_revocations
            || has_sessions && matches!(lookup, Lookup::Background | Lookup::Session),
        heeds_revocations,
        notes_sessions: is_revoked,
        travel,
        account,
        on_missing_account,
        name: route.name.clone(),
        lookup,
        agent: AgentUse::Nothing,
        ruleset,
        limits: own,
        asks: asks(raw, route, path, errors),
        format: preference(route.format.unwrap_or(raw.reply.format)),
        step_up,
    }
}

/// What to do where something follows from a success that nobody has named.
const fn unnamed(sets_device: bool, moves: bool) -> &'static str {
    match (sets_device, moves) {
        (true, _) => {
            "a success makes a known device here; expected what only a login has, such as {\"header\": [{\"name\": \"set-cookie\", \"prefix\": \"sid=\"}]}, or sets_device: false"
        }
        (false, true) => {
            "a success moves the last position here; expected what only a login has, such as {\"header\": [{\"name\": \"set-cookie\", \"prefix\": \"sid=\"}]}, or sets_position: false"
        }
        (false, false) => {
            "a success forgets what a limit of this route has counted (on_success: clear); expected what only a login has, such as {\"header\": [{\"name\": \"set-cookie\", \"prefix\": \"sid=\"}]}"
        }
    }
}

fn asks(
    raw: &Configuration,
    route: &RawRoute,
    path: &str,
    errors: &mut ConfigErrors,
) -> ChallengeKind {
    match (route.challenge, &raw.captcha) {
        (Some(RawChallengeKind::Captcha), None) => {
            errors.add(
                format_args!("{path}.challenge"),
                Some("\"captcha\"".to_owned()),
                "expected `captcha` at the top as well: it names the service",
            );
            ChallengeKind::Captcha
        }
        (Some(RawChallengeKind::ProofOfWork), _) | (None, None) => ChallengeKind::ProofOfWork,
        (Some(RawChallengeKind::Captcha) | None, Some(_)) => ChallengeKind::Captcha,
    }
}

/// Where the account stands, if anything needs it, and what a request gets without one.
fn account<'l>(
    who: &Identity,
    route: &RawRoute,
    (mut limits, travels): (impl Iterator<Item = &'l LimitPolicy>, bool),
    path: &str,
    errors: &mut ConfigErrors,
) -> (Option<AccountSources>, Action) {
    let path = format!("{path}.account");
    let on_missing = route.on_missing_account.map_or(Action::Deny, action);
    let needy = limits.find(|limit| limit.needs_account());
    let own = route
        .account
        .as_ref()
        .map(|sources| identity::account_sources(sources, who.normalisation, &path, errors));
    let needs = match needy {
        Some(limit) => Some(format!("the limit {} counts accounts", limit.rule.name)),
        None if travels => Some("the travel of accounts matters here".to_owned()),
        None => None,
    };
    let usual = || needs.as_ref().and(who.account.clone());
    let sources = own.or_else(usual);
    if let (Some(needs), None) = (&needs, &sources) {
        errors.add(
            path,
            None,
            format_args!(
                "{needs}; expected where they stand, such as [{{\"form\": \"email\"}}], here or in identity.account"
            ),
        );
    }
    (sources, on_missing)
}

/// The limits of these names.
fn named(
    names: &[String],
    raw: &Configuration,
    limits: &[LimitPolicy],
    path: &str,
    errors: &mut ConfigErrors,
) -> Vec<LimitIndex> {
    let mut found = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let path = format!("{path}.limits[{place}]");
        let known = raw.limits.iter().any(|limit| limit.name == *name);
        if names.iter().take(place).any(|other| other == name) {
            errors.add(path, Some(format!("{name:?}")), "expected each limit once");
        } else if known {
            // One that could not be compiled has left an error of its own.
            let all = limits.iter().enumerate();
            let own = all.filter(|(_, limit)| limit.family == *name);
            found.extend(own.map(|(index, _)| LimitIndex(index)));
        } else {
            errors.add(
                path,
                Some(format!("{name:?}")),
                "expected the name of one of `limits`",
            );
        }
    }
    found
}

/// Notes an error; `None` then.
fn noted<T, E: Display>(
    result: Result<T, E>,
    path: impl Display,
    errors: &mut ConfigErrors,
) -> Option<T> {
    result.map_err(|error| errors.add(path, None, error)).ok()
}

fn matching(route: &RawRoute, path: &str, errors: &mut ConfigErrors) -> Option<RouteMatch> {
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
    let case = if raw.ignore_case.unwrap_or(true) {
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
    if name.starts_with(LIST_PREFIX) {
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
    let when = conditions::compile(&raw.when, lists, &format!("{path}.when"), errors);
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
        revokes: match raw.revokes {
            None => Revokes::ByAddress,
            Some(true) => Revokes::Always,
            Some(false) => Revokes::Never,
        },
    })
}

const fn preference(raw: RawFormat) -> Preference {
    match raw {
        RawFormat::Auto => Preference::Auto,
        RawFormat::Problem => Preference::Problem,
        RawFormat::Json => Preference::Json,
        RawFormat::Html => Preference::Html,
    }
}
