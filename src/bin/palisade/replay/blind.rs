//! What a log does not tell, taken out of a policy: a limit that counts accounts would else refuse every request of a
//! log without accounts. Each of these is said.

use palisade::agent::AgentUse;
use palisade::decision::Action;
use palisade::intelligence::Lookup;
use palisade::limits::KeyPart;
use palisade::policy::Policy;
use palisade::response::LoginResult;
use serde_json::Value;

use crate::lone::Place;

/// What a log tells beside time, client, method, path and status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sight {
    /// Accounts, or what stands for them.
    pub(super) accounts: bool,
    /// Sessions, or what stands for them.
    pub(super) sessions: bool,
    /// User agents.
    pub(super) agents: bool,
    /// TLS fingerprints.
    pub(super) ja4: bool,
    /// How long requests took.
    pub(super) durations: bool,
}

/// What was taken out.
pub(super) struct Blinded {
    /// The limits that are not judged anywhere any more, by their names.
    pub(super) limits: Vec<String>,
    /// What cannot be known, one sentence each.
    pub(super) notes: Vec<String>,
}

/// Takes out of a policy what the log does not tell.
pub(super) fn blind(policy: &mut Policy, tree: &Value, sight: Sight) -> Blinded {
    let mut notes = Vec::new();
    let limits = accounts(policy, tree, sight, &mut notes);
    let tells = |part: KeyPart| policy.limits.iter().any(|limit| limit.tells(part));
    if !sight.sessions && tells(KeyPart::Session) {
        notes.push("sessions: the log has none (--map session=NAME), so that limits by session count nothing".to_owned());
    }
    if !sight.ja4 && (policy.ja4.is_some() || tells(KeyPart::Ja4)) {
        notes.push(
            "TLS fingerprints: the log has none (--map ja4=NAME), so that no rule by them holds"
                .to_owned(),
        );
    }
    if !sight.agents
        && policy
            .protections
            .iter()
            .any(|own| own.agent != AgentUse::Nothing)
    {
        for own in &mut policy.protections {
            own.agent = AgentUse::Nothing;
        }
        notes.push(
            "user agents: the log has none (--map agent=NAME), so that no rule by them holds"
                .to_owned(),
        );
    }
    if !sight.durations && policy.limits.iter().any(|limit| limit.needs_response()) {
        notes.push(
            "answers: the log does not tell how long requests took (--map duration=NAME), so that failures and successes \
             count at the time of the request"
                .to_owned(),
        );
    }
    notes.extend(unseen(policy));
    Blinded { limits, notes }
}

/// Takes out what counts accounts, on routes of which the log does not tell them.
fn accounts(
    policy: &mut Policy,
    tree: &Value,
    sight: Sight,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let (mut left_out, mut routes, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let limits = std::rc::Rc::clone(&policy.limits);
    for (route, own) in policy.protections.iter_mut().enumerate() {
        let place = Place::of_account(tree, route);
        let is_written = sight.accounts && place.and_then(Place::read).is_some();
        let tells = own.account.is_none() || is_written || stands_in_paths(tree, route);
        let mut keep = |needs: bool, index: palisade::decision::LimitIndex| {
            let to = if needs && !tells {
                &mut left_out
            } else {
                &mut kept
            };
            to.push(index.0);
            tells || !needs
        };
        own.limits.retain(|index| {
            let needs = limits
                .get(index.0)
                .is_some_and(|limit| limit.needs_account());
            keep(needs, *index)
        });
        if !tells {
            own.account = None;
            own.travel = palisade::travel::RouteTravel::default();
            (own.remembers, own.learns_names, own.sets_device) = (false, false, false);
            routes.push(own.name.as_str());
        }
    }
    left_out.retain(|index| !kept.contains(index));
    left_out.dedup();
    let named = left_out.iter().filter_map(|index| limits.get(*index));
    let mut named: Vec<String> = named.map(|limit| limit.rule.name.clone()).collect();
    named.dedup();
    if !routes.is_empty() {
        let all = match named.is_empty() {
            true => String::new(),
            false => format!("; not judged: {}", named.join(", ")),
        };
        notes.push(format!(
            "accounts: the log has none (--map account=NAME) for {}{all}",
            routes.join(", ")
        ));
    }
    named
}

/// Whether the account of a route stands in nothing but paths and queries, which the log has.
fn stands_in_paths(tree: &Value, route: usize) -> bool {
    let own = tree.pointer(&format!("/routes/{route}/account"));
    let places = own.or_else(|| tree.pointer("/identity/account"));
    let places = places.and_then(Value::as_array);
    let in_path =
        |place: &Value| place.get("query").is_some() || place.get("path_segment").is_some();
    places.is_some_and(|places| !places.is_empty() && places.iter().all(in_path))
}

/// What no access log tells.
fn unseen(policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    let challenges = policy
        .limits
        .iter()
        .any(|limit| limit.rule.then == Action::Challenge)
        || policy.protections.iter().any(|own| {
            let mut rules = own.ruleset.rules.iter();
            rules.any(|rule| rule.then == Action::Challenge)
        });
    if challenges {
        notes.push(
            "clearances: they stand in cookies. Each request that is challenged counts, where a client that solves one is \
             asked no more for a while"
                .to_owned(),
        );
    }
    if policy.devices.is_some() {
        notes.push(
            "known devices: they stand in cookies, so that every client counts as a stranger"
                .to_owned(),
        );
    }
    let unclear = policy.protections.iter().filter(|own| {
        let statuses = [200, 201, 204, 302, 303, 400, 401, 403, 404, 422, 429];
        let mut results = statuses.iter().map(|status| own.classifier.status(*status));
        own.watches && results.any(|result| result == LoginResult::Unreadable)
    });
    let unclear: Vec<&str> = unclear.map(|own| own.name.as_str()).collect();
    if !unclear.is_empty() {
        notes.push(format!(
            "answers: on {} headers or bodies tell what a login came to. Where the status alone does not, the attempt \
             stays counted and is no success",
            unclear.join(", ")
        ));
    }
    if !policy.contents.is_empty() {
        notes.push(
            "contents: some routes are told by headers or bodies, of which the log has none"
                .to_owned(),
        );
    }
    if !policy.profiles.is_empty() {
        notes.push("profiles: Envoy's route metadata is in no log, so that routes are found by their `match`".to_owned());
    }
    if policy
        .protections
        .iter()
        .any(|own| own.lookup == Lookup::Background)
    {
        notes.push(
            "lookups in the background: they are taken as answered before the first request"
                .to_owned(),
        );
    }
    notes
}
