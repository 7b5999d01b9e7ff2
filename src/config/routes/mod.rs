//! The protected routes.

mod account;
mod content;
mod matching;
mod rules;
mod words;

use crate::agent::AgentUse;
use crate::challenge::ChallengeKind;
use crate::config::action::RawAction;
use crate::config::breach::{self, RawOnSuccess, RawPasswordSource};
use crate::config::identity::sources::RawAccountSource;
use crate::config::limits::RawLimit;
use crate::config::lists::Lists;
use crate::config::reply::{self, RawRefusals};
use crate::config::response::{RawFailure, RawResults, RawSigns};
use crate::config::routes::matching::RawMatches;
use crate::config::routes::rules::RawRuleEntry;
use crate::config::routes::words::{RawAnswerPlace, RawRevoked};
use crate::config::travel::Travels;
use crate::config::{check, learned, response};
use crate::decision::{Action, LimitIndex, Mode, Ruleset};
use crate::identity::Identity;
use crate::identity::account::Declared;
use crate::identity::content::ContentMatch;
use crate::intelligence::Lookup;
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{KeyPart, LimitPolicy, OnSuccess};
use crate::policy::Protection;
use crate::reply::Preference;
use crate::route::{RouteIndex, RouteTable};
use crate::travel::Traveller;

/// A protected route.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRoute {
    /// Letters a-z, digits, `_` and `-`; the label in metrics. Envoy route metadata
    /// (`filter_metadata.palisade.profile`) may name it too, with `match: { profile: true }`.
    pub name: String,
    /// Which requests: those of one match, or of any in a list of up to 16.
    #[serde(rename = "match")]
    pub matches: RawMatches,
    /// Whether and how the address is looked up; default `inline`.
    #[serde(default)]
    pub lookup: Lookup,
    /// What a request gets when nothing is known of its address in time; default `allow`.
    #[serde(default)]
    pub on_unknown: Option<RawAction>,
    /// The rules, in order; the first that holds decides. The word `default` stands for the built-in ones, which also
    /// apply when this is left out: deny tor, scores from 80 and servers that nothing excuses; challenge vpn, relay,
    /// proxy, residential_proxy, hosted companies and scores from 50. An empty list is no rules.
    #[serde(default)]
    pub rules: Option<Vec<RawRuleEntry>>,
    /// The limits that apply, by name, in order of precedence among those of one kind. Networks and sessions are asked
    /// before accounts, so that what the limit of a network refuses uses up no account.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Where the account stands in requests of this route; default as in `identity`.
    #[serde(default)]
    pub account: Option<Vec<RawAccountSource>>,
    /// Where the password stands in requests of this route, if anything is to follow from it.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 8)))]
    pub password: Option<Vec<RawPasswordSource>>,
    /// How the application reads bodies of this route, where it does not go by their content type: JSON that is sent as
    /// `text/plain`, a form in ISO-8859-1.
    #[serde(default)]
    pub body: Declared,
    /// What a request gets whose account nobody can tell although a limit counts accounts; default `deny`, a 400.
    /// `allow` is only for requests that name no account: one that nobody can read is refused all the same.
    #[serde(default)]
    pub on_missing_account: Option<RawAction>,
    /// What a failed login looks like; default the statuses 401 and 403, and the gRPC statuses 7 and 16. Where only
    /// `success` is given, whatever else is answered to a request that writes is a failure. `otherwise` says the same,
    /// and takes what cannot be read for one as well.
    #[serde(default)]
    pub failure: Option<RawFailure>,
    /// What a successful login looks like; default the statuses 200 to 399 without 206 and 304, and the gRPC status 0,
    /// where nothing shows a failure.
    #[serde(default)]
    pub success: Option<RawSigns>,
    /// What the answer to a success tells of the password; default nothing. Needs `password` and `success`.
    #[serde(default)]
    pub on_success: Vec<RawOnSuccess>,
    /// What a right password looks like that is answered with the form for a second factor: neither a failure nor a
    /// success. It counts against nobody and grants nothing; default none.
    #[serde(default)]
    pub next_step: Option<RawSigns>,
    /// What the application's own lock looks like, which looks at no password; default none.
    #[serde(default)]
    pub locked: Option<RawSigns>,
    /// Where the body of an answer gives out a session that the client then brings where `identity.session` says, as
    /// `{"json": "/meta/session_token"}`. Those in cookies are found anyway.
    #[serde(default)]
    pub session_in_answer: Option<RawAnswerPlace>,
    /// Whether what shows that lock counts as a failure; default true. Where it does not, a sign of `failure` beats one
    /// of `locked`.
    #[serde(default)]
    pub count_locked: Option<bool>,
    /// Whose accounts it is about: letters a-z, digits, `_` and `-`; default the route's name. Give routes of one
    /// application, which know the same accounts, the same: a device that is known in a realm is known on its routes
    /// and no others.
    #[serde(default)]
    pub realm: Option<String>,
    /// Whether a success on this route makes the client's browser a known device of the account; default whether
    /// `failure` is given or a limit of the route counts failures. Never on routes that succeed for strangers, such as
    /// a password reset.
    #[serde(default)]
    pub sets_device: Option<bool>,
    /// Whether a success on this route moves the last position of the account or session (`travel`); default whether
    /// the route depends on travel, and `failure` is given or a limit of the route counts failures. Never on routes
    /// that succeed for strangers.
    #[serde(default)]
    pub sets_position: Option<bool>,
    /// Whether what is decided on this route also happens; default `enforce`. `monitor` at the top wins.
    #[serde(default)]
    pub mode: Mode,
    /// How refusals on this route are told; default `reply.format`.
    #[serde(default)]
    pub format: Option<Preference>,
    /// Bodies of your own for refusals on this route, where the client is no browser that asks for a page.
    #[serde(default)]
    pub refusals: Option<RawRefusals>,
    /// What `challenge` asks for on this route; default `captcha` where one is configured, else `proof_of_work`.
    #[serde(default)]
    pub challenge: Option<ChallengeKind>,
    /// What becomes of requests of a revoked session; default `refuse`.
    #[serde(default)]
    pub on_revoked: RawRevoked,
    /// What the application is told to ask for (`step_up` in `x-palisade-context`), 1 to 64 visible ASCII
    /// characters; default `mfa`.
    #[serde(default)]
    pub step_up: Option<String>,
}

/// The routes, after compiling them.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) protections: Vec<Protection>,
    pub(super) table: RouteTable,
    pub(super) contents: Vec<ContentMatch>,
    pub(super) profiles: Vec<(String, RouteIndex)>,
}

/// What other sections say that matters to routes.
pub(super) struct Others<'c> {
    /// `mode`
    pub(super) mode: Mode,
    /// Whether there is `intelligence`.
    pub(super) has_api: bool,
    /// Whether there is `device`.
    pub(super) has_devices: bool,
    /// Whether there is `captcha`.
    pub(super) has_captcha: bool,
    /// Whether there is `learned.asn_failures`.
    pub(super) learns_asn_failures: bool,
    /// Whether the score or an annotation asks for the rate of the autonomous system on every route.
    pub(super) tells_asn_failures: bool,
    /// Whether an annotation tells on every route that has a password whether that is breached.
    pub(super) tells_breaches: bool,
    /// What all routes have to do with travel.
    pub(super) travels: Travels,
    /// `reply.format`
    pub(super) format: Preference,
    /// `lists`
    pub(super) lists: &'c Lists,
    /// `limits`, as they are written.
    pub(super) raw_limits: &'c [RawLimit],
    /// `limits`
    pub(super) limits: &'c [LimitPolicy],
    /// `identity`
    pub(super) identity: &'c Identity,
}

/// Compiles `routes`.
pub(super) fn compile(
    raw: &[RawRoute],
    at: &Place<'_>,
    others: &Others<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Routes {
    check::not_empty(at, raw, "protected route", mistakes);
    let mut protections: Vec<Protection> = Vec::new();
    // Whoever comes later is refused wherever the session was used when it was revoked.
    let mut revokes = raw.iter().map(|route| route.lookup == Lookup::Background);
    let revokes = others.travels.has_sessions && others.has_api && revokes.any(|revokes| revokes);
    let remembers = account::asks_sessions(raw, others, at, mistakes);
    let mut matches = Vec::new();
    let mut contents = Vec::new();
    let mut profiles = Vec::new();
    for (index, route) in raw.iter().enumerate() {
        let at = &at.element(index);
        check::name(&at.field("name"), &route.name, mistakes);
        if protections.iter().any(|other| other.name == route.name) {
            mistakes.add(
                &at.field("name"),
                &"expected a name that no other route has",
            );
        }
        let protection = protection(route, at, others, (revokes, remembers), mistakes);
        let says = (&route.matches, route.body);
        let own = matching::compile(says, &at.field("match"), &mut contents, mistakes);
        for own in own {
            matches.push((RouteIndex::new(index), own));
        }
        protections.push(protection);
        if route.matches.all().iter().any(|own| own.profile) {
            profiles.push((route.name.clone(), RouteIndex::new(index)));
        }
    }
    // A match that could not be compiled has left a mistake.
    Routes {
        protections,
        table: RouteTable::new(matches),
        contents,
        profiles,
    }
}

fn protection(
    route: &RawRoute,
    at: &Place<'_>,
    others: &Others<'_>,
    (is_revoked, remembers): (bool, bool),
    mistakes: &mut Mistakes<'_>,
) -> Protection {
    let limits = others.limits;
    let monitored = others.mode == Mode::Monitor || route.mode == Mode::Monitor;
    let rules = match &route.rules {
        None => rules::default_rules(),
        Some(entries) => rules::compile(entries, others.lists, &at.field("rules"), mistakes),
    };
    let step_up = route.step_up.clone().unwrap_or_else(|| "mfa".to_owned());
    let header_safe =
        (1..=64).contains(&step_up.len()) && step_up.bytes().all(|byte| byte.is_ascii_graphic());
    if !header_safe {
        mistakes.add(
            &at.field("step_up"),
            &"expected 1 to 64 visible ASCII characters",
        );
    }
    let lookup = if others.has_api {
        route.lookup
    } else {
        Lookup::Off
    };
    let has_sessions = others.travels.has_sessions;
    if route.lookup == Lookup::Session && !has_sessions {
        mistakes.add(
            &at.field("lookup"),
            &"expected identity.session as well, such as [{\"cookie\": \"sid\"}]: it \
            says where sessions stand",
        );
    }
    let heeds_revocations = is_revoked && route.on_revoked == RawRevoked::Refuse;
    let named = named(&route.limits, &at.field("limits"), others, mistakes);
    // What one limit refuses is not counted by those behind it. So accounts come last: a network or session that is
    // refused must not lock anybody out.
    let rank = |index: &LimitIndex| limits.get(index.0).map(LimitPolicy::rank);
    let mut own: Vec<LimitIndex> = Vec::new();
    // They are few, and a sort would be 15 KiB of code.
    for index in named {
        let place = own.partition_point(|before| rank(before) <= rank(&index));
        own.insert(place, index);
    }
    let policies = || own.iter().filter_map(|index| limits.get(index.0));
    let travels = others
        .travels
        .needs_account(route.sets_position, &rules, policies());
    let (account, on_missing_account) = account::compile(
        route,
        &at.field("account"),
        others.identity,
        (policies(), travels, remembers && route.next_step.is_some()),
        mistakes,
    );
    // Whoever may have a password reset for an account has not logged in to it.
    let tells_logins = route.failure.is_some() || policies().any(LimitPolicy::counts_failures);
    let wanted = route.sets_device.unwrap_or(tells_logins);
    let sets_device = others.has_devices && account.is_some() && wanted;
    let results = RawResults {
        failure: route.failure.as_ref(),
        success: route.success.as_ref(),
        next_step: route.next_step.as_ref(),
        locked: route.locked.as_ref(),
        counts_locked: route.count_locked.unwrap_or(true),
    };
    let has_signs = results.tells();
    let found = (account.is_some(), tells_logins);
    let travel = others
        .travels
        .of_route(route.sets_position, &rules, policies(), found);
    let clears = policies().any(|limit| limit.on_success == OnSuccess::Clear);
    if route.success.is_none() && (sets_device || travel.moves || clears) {
        mistakes.add(&at.field("success"), &unnamed(sets_device, travel.moves));
    }
    let by_session = travel.any() && others.travels.subject == Traveller::Session;
    let realm = route.realm.as_ref().unwrap_or(&route.name);
    if route.realm.is_some() {
        check::name(&at.field("realm"), realm, mistakes);
    }
    let learns_names = others.identity.account_header.is_some() && account.is_some();
    if learns_names && route.realm.is_none() {
        mistakes.add(
            &at.field("realm"),
            &"identity.account_header says whose a name is within a realm; expected one, the same on all routes of one \
            application",
        );
    }
    let session_in_answer = account::session_in_answer(route, remembers, at, mistakes);
    let ruleset = Ruleset {
        rules: others.lists.rules.iter().cloned().chain(rules).collect(),
        on_unknown: route.on_unknown.map_or(Action::Allow, RawAction::action),
        mode: if monitored {
            Mode::Monitor
        } else {
            Mode::Enforce
        },
    };
    let said = breach::Said {
        password: route.password.as_ref(),
        on_success: &route.on_success,
        body: route.body,
        has_success: route.success.is_some(),
    };
    let password = breach::of_route(
        &said,
        at,
        (&ruleset, policies()),
        others.tells_breaches,
        mistakes,
    );
    Protection {
        tells_asn_failures: others.learns_asn_failures && tells_logins,
        reads_asn_failures: others.tells_asn_failures || learned::is_asked(&ruleset, policies()),
        classifier: response::compile(results, at, mistakes),
        realm: realm.clone(),
        sets_device,
        remembers,
        learns_names,
        watches: has_signs
            || !route.on_success.is_empty()
            || learns_names
            || session_in_answer.is_some()
            || remembers && account.is_some()
            || sets_device
            || travel.any()
            || policies().any(LimitPolicy::needs_response),
        tells_sessions: by_session
            || remembers
            || policies().any(|limit| limit.tells(KeyPart::Session))
            || heeds_revocations
            || has_sessions && matches!(lookup, Lookup::Background | Lookup::Session),
        heeds_revocations,
        session_in_answer,
        notes_sessions: is_revoked,
        travel,
        account,
        on_missing_account,
        password,
        name: route.name.clone(),
        lookup,
        agent: AgentUse::Nothing,
        ruleset,
        limits: own,
        asks: asks(route, &at.field("challenge"), others, mistakes),
        format: route.format.unwrap_or(others.format),
        refusals: route
            .refusals
            .as_ref()
            .map(|own| Box::new(reply::refusals(own, &at.field("refusals"), mistakes))),
        step_up,
    }
}

/// What to do where something follows from a success that nobody has named.
const fn unnamed(sets_device: bool, moves: bool) -> &'static str {
    match (sets_device, moves) {
        (true, _) => {
            "a success makes a known device here; expected what only a login has, such as {\"header\": [{\"name\": \
             \"set-cookie\", \"prefix\": \"sid=\"}]}, or sets_device: false"
        }
        (false, true) => {
            "a success moves the last position here; expected what only a login has, such as {\"header\": [{\"name\": \
             \"set-cookie\", \"prefix\": \"sid=\"}]}, or sets_position: false"
        }
        (false, false) => {
            "a success forgets what a limit of this route has counted (on_success: clear); expected what only a login \
             has, such as {\"header\": [{\"name\": \"set-cookie\", \"prefix\": \"sid=\"}]}"
        }
    }
}

fn asks(
    route: &RawRoute,
    at: &Place<'_>,
    others: &Others<'_>,
    mistakes: &mut Mistakes<'_>,
) -> ChallengeKind {
    match (route.challenge, others.has_captcha) {
        (Some(ChallengeKind::Captcha), false) => {
            mistakes.add(
                at,
                &"expected `captcha` at the top as well: it names the service",
            );
            ChallengeKind::Captcha
        }
        (Some(ChallengeKind::ProofOfWork), _) | (None, false) => ChallengeKind::ProofOfWork,
        (Some(ChallengeKind::Captcha) | None, true) => ChallengeKind::Captcha,
    }
}

/// The limits of these names.
fn named(
    names: &[String],
    at: &Place<'_>,
    others: &Others<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<LimitIndex> {
    let mut found = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let at = &at.element(place);
        let known = others.raw_limits.iter().any(|limit| limit.name == *name);
        if names.iter().take(place).any(|other| other == name) {
            mistakes.add(at, &"expected each limit once");
        } else if known {
            // One that could not be compiled has left an error of its own.
            let all = others.limits.iter().enumerate();
            let own = all.filter(|(_, limit)| limit.family == *name);
            found.extend(own.map(|(index, _)| LimitIndex(index)));
        } else {
            let known: Vec<&str> = others
                .raw_limits
                .iter()
                .map(|limit| limit.name.as_str())
                .collect();
            mistakes.unknown(at, &"expected the name of one of `limits`", name, &known);
        }
    }
    found
}
