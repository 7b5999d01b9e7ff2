//! Of routes on which accounts are counted, or answers read.

use palisade::decision::Action;
use palisade::identity::account::AccountSources;
use palisade::limits::{LimitPolicy, OnSuccess};
use palisade::policy::{Policy, Protection};

use palisade::response::StatusRange;
use serde_json::Value;

use super::super::kinds::{Kind, Warning};
use super::super::matching;
use crate::describe;
use crate::documents::Found;

/// Of a route on which accounts are counted, or answers read.
pub(super) fn of_accounts(
    policy: &Policy,
    protection: &Protection,
    found: &Found,
    index: usize,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = &protection.name;
    let at = |field: &str| format!("routes/{index}{field}");
    let route = |field: &str| {
        let field = found.tree.pointer(&format!("/routes/{index}/{field}"));
        field.filter(|value| !value.is_null())
    };
    let own = || policy.limits_of(protection);
    let sources = route("account").or_else(|| found.tree.pointer("/identity/account"));
    let sources = sources
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    // Without it there is no password in the request, and a wrong one is a 401.
    let only_basic = !sources.is_empty() && sources.iter().all(|source| source == "basic");
    let from_session = protection
        .account
        .as_ref()
        .is_some_and(AccountSources::from_session);
    if own().any(LimitPolicy::needs_account) {
        let optional = protection.on_missing_account == Action::Allow;
        let every = |matches: &Value| matches.get("methods").is_none_or(Value::is_null);
        let matches = matching(&found.tree, index).map_or(&[][..], describe::several);
        if matches.iter().any(every) && !optional && !from_session {
            warnings.push(Warning::new(Kind::EveryMethod, &at("/match"), format!(
                "route {name} counts accounts and takes every method: a GET of the page itself has no account; name \
                 the methods"
            )));
        }
        if optional && !only_basic {
            warnings.push(Warning::new(Kind::OptionalAccount, &at("/on_missing_account"), format!(
                "route {name}: with on_missing_account allow, whoever leaves the account out passes its limits"
            )));
        }
    }
    let grants = protection.sets_device
        || protection.travel.moves
        || own().any(|limit| limit.on_success == OnSuccess::Clear);
    if grants && route("success/status").is_some() {
        warnings.push(Warning::new(Kind::StatusGrants, &at("/success"), format!(
            "route {name}: devices, positions or forgiveness follow from a success, and a status alone is enough for `success`, so that a page which is no login may grant them: \
             name what only a login has, such as success: {{ header: [{{ name: set-cookie, prefix: sid= }}] }}"
        )));
    }
    if let Some(limit) = own().find(|limit| limit.counts_failures())
        && route("failure").is_none()
        && route("success").is_none()
        && !only_basic
    {
        warnings.push(Warning::new(Kind::DefaultFailure, &at("/limits"), format!(
            "route {name}: the limit {} counts the statuses 401 and 403 as failures; an application that answers 200 \
             or redirects needs `failure`",
            limit.rule.name
        )));
    }
    let same = sames(route("failure"), route("success"));
    if let Some(answer) = same.first() {
        warnings.push(Warning::new(Kind::SameAnswer, &at("/success"), format!(
            "route {name}: {answer} is a sign of failure and of success; failure wins, so no such answer is a success"
        )));
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
            None => warnings.push(Warning::new(Kind::NoSession, &at("/account"), format!(
                "route {name} takes its account from the session, and no route names an account that a session could \
                 be used for: all its requests are refused"
            ))),
            Some(_) if !own().any(LimitPolicy::needs_account) => warnings.push(Warning::new(Kind::NoSession, &at("/account"), format!(
                "route {name} takes its account from the session, and no limit of it counts accounts"
            ))),
            Some(_)
                if protection.sets_device
                    && !policy.protections.iter().any(|other| names(&other) && other.realm == protection.realm) =>
            {
                warnings.push(Warning::new(Kind::OtherRealm, &at("/realm"), format!(
                    "route {name}: its success makes no device known, since no route of the realm {} names an \
                     account; give both the same realm",
                    protection.realm
                )));
            }
            Some(_) => {}
        }
    } else if protection.classifier.knows_steps() && !policy.protections.iter().any(reads_sessions)
    {
        warnings.push(Warning::new(Kind::NoSecondStep, &at("/next_step"), format!(
            "route {name}: a right password leads to a next step, and no route takes its account from the session: \
             whoever has the password gets a new session, and new guesses at the code, with each login; see account: \
             [from_session]"
        )));
    }
    let looks_second = matching(&found.tree, index).is_some_and(is_second_factor);
    let counts = || own().any(LimitPolicy::needs_account);
    if looks_second && counts() && !reads_sessions(protection) && route("account").is_none() {
        warnings.push(Warning::new(Kind::SecondFactor, &at("/match"), format!(
            "route {name}: the form of a second factor has a code and mostly no account, so its requests would be refused \
             as without one; account: [from_session] takes it from the step before"
        )));
    }
    if protection.classifier.knows_steps() && !own().any(LimitPolicy::counts_failures) {
        warnings.push(Warning::new(Kind::UnusedNextStep, &at("/next_step"), format!(
            "route {name}: nothing follows from `next_step`, since no limit here counts failures"
        )));
    }
    let reads_bodies = [
        "failure/body",
        "success/body",
        "next_step/body",
        "locked/body",
    ]
    .iter()
    .any(|field| route(field).is_some());
    if reads_bodies && protection.sets_device && !found.steps.is_empty() && !found.stops_iteration {
        warnings.push(Warning::new(Kind::LateDevice, &at("/success"), format!(
            "route {name}: without allow_on_headers_stop_iteration, a device whose success only the body shows is known \
             to one Envoy alone, for 30 days or until it restarts, and to all from the next login on"
        )));
    }
    warnings
}

/// Whether a match looks like the page of a second factor.
fn is_second_factor(matches: &Value) -> bool {
    const WORDS: [&str; 8] = [
        "2fa",
        "mfa",
        "otp",
        "two-factor",
        "two_factor",
        "twofa",
        "twofactor",
        "second-factor",
    ];
    let path = |matches: &Value| {
        matches
            .get("path")
            .map_or_else(String::new, Value::to_string)
            .to_ascii_lowercase()
    };
    let named = |path: String| WORDS.iter().any(|word| path.contains(word));
    describe::several(matches).iter().map(path).any(named)
}

/// What is a sign of both.
fn sames(failure: Option<&Value>, success: Option<&Value>) -> Vec<String> {
    let signs = |of: Option<&Value>, kind: &str| {
        let signs = of.and_then(|of| of.get(kind)).and_then(Value::as_array);
        signs.cloned().unwrap_or_default()
    };
    let status = |sign: &Value| match sign {
        Value::String(text) => text.parse::<StatusRange>().ok(),
        other => other.to_string().parse().ok(),
    };
    let mut same = Vec::new();
    for bad in signs(failure, "status").iter().filter_map(status) {
        let good = signs(success, "status");
        let good: Vec<StatusRange> = good.iter().filter_map(status).collect();
        let both = (100..=599)
            .find(|code| bad.contains(*code) && good.iter().any(|good| good.contains(*code)));
        same.extend(both.map(|code| format!("the status {code}")));
    }
    for (kind, what) in [
        ("header", "the header"),
        ("body", "the body"),
        ("grpc_status", "the gRPC status"),
    ] {
        let good = signs(success, kind);
        let both = signs(failure, kind)
            .into_iter()
            .filter(|bad| good.contains(bad));
        same.extend(both.map(|sign| format!("{what} {sign}")));
    }
    same
}
