//! Impossible travel: what it is, and which routes have to do with it.

use super::provider::within;
use crate::config::error::ConfigErrors;
use crate::config::raw::{Configuration, RawRoute, RawTravel, RawTraveller, RawWeighed};
use crate::config::text::{Size, Text};
use crate::decision::{Condition, Rule};
use crate::limits::LimitPolicy;
use crate::policy::Protection;
use crate::records::Life;
use crate::store::Budget;
use crate::travel::Tolerance;
use crate::travel::{RouteTravel, TravelPolicy, Traveller};

/// Compiles what stands at `travel`; `None` when no route has to do with it.
pub(super) fn compile(
    raw: &Configuration,
    routes: &[Protection],
    errors: &mut ConfigErrors,
) -> Option<TravelPolicy> {
    let given = &raw.travel;
    let policy = policy(given, errors);
    let judges = routes.iter().any(|route| route.travel.judges);
    let moves = routes.iter().any(|route| route.travel.moves);
    if judges && !moves {
        errors.add(
            "travel",
            None,
            "no route moves the last position of a successful login; expected `failure` on the login's route, which says what a failed one looks like, or sets_position: true",
        );
    }
    if judges && raw.intelligence.is_none() {
        errors.add(
            "travel",
            None,
            "expected `intelligence` as well: only what it answers has positions",
        );
    }
    if (judges || moves) && given.subject == RawTraveller::Session && raw.identity.session.is_none()
    {
        errors.add(
            "travel.subject",
            Some("\"session\"".to_owned()),
            "expected where sessions stand, such as [{\"cookie\": \"sid\"}], in identity.session",
        );
    }
    policy.filter(|_| judges || moves)
}

fn policy(raw: &RawTravel, errors: &mut ConfigErrors) -> Option<TravelPolicy> {
    let usual = Tolerance::default();
    let max_speed = raw.max_speed.unwrap_or(usual.max_speed);
    let distance = raw.tolerance_km.unwrap_or(usual.distance);
    let tolerance = Tolerance {
        max_speed: within("travel.max_speed", max_speed, 100..=100_000, "km/h", errors),
        distance: within("travel.tolerance_km", distance, 20..=5_000, "km", errors),
    };
    let hour = std::time::Duration::from_secs(3_600);
    let length = raw.remember.map_or(Life::LONGEST, |span| span.0.get());
    let life = Life::new(length).filter(|life| life.get() >= hour);
    if life.is_none() {
        errors.add(
            "travel.remember",
            raw.remember.map(|span| span.0.to_string()),
            "expected 1h to 30d",
        );
    }
    let budget = budget("travel.memory", raw.memory, errors);
    Some(TravelPolicy {
        subject: match raw.subject {
            RawTraveller::Account => Traveller::Account,
            RawTraveller::Session => Traveller::Session,
        },
        tolerance,
        life: life?,
        budget: budget?,
    })
}

/// The memory of records that stands at `path`.
pub(super) fn budget(
    path: &str,
    raw: Option<Text<Size>>,
    errors: &mut ConfigErrors,
) -> Option<Budget> {
    let Some(Text(size)) = raw else {
        return Some(Budget::RECORDS);
    };
    let bytes = within(path, size.0, 64 << 10..=1 << 30, "bytes", errors);
    Budget::new(u64::try_from(bytes).ok()?)
}

/// What a route has to do with travel, by its rules and limits. `has_account` says whether the account is looked for in any case: the weight is
/// that of all routes, and must not make each of them ask for an account.
pub(super) fn of_route<'l>(
    raw: (&Configuration, &RawRoute),
    rules: &[Rule],
    limits: impl Iterator<Item = &'l LimitPolicy>,
    (has_account, tells_logins): (bool, bool),
) -> RouteTravel {
    let (all, route) = raw;
    let by_session = all.travel.subject == RawTraveller::Session;
    let known = if by_session {
        all.identity.session.is_some()
    } else {
        has_account
    };
    let weighs = all
        .score
        .weights
        .get(RawWeighed::ImpossibleTravel)
        .is_some_and(|weight| weight != 0);
    let ruled = rules.iter().any(|rule| rule.when.is_about_travel());
    let judges = ruled || limits_travel(limits) || (weighs && known);
    RouteTravel {
        judges,
        moves: route.sets_position.unwrap_or(judges && tells_logins),
    }
}

/// Whether a rule, a limit or the route itself cannot do without the account, because of travel.
pub(super) fn needs_account<'l>(
    (all, route): (&Configuration, &RawRoute),
    rules: &[Rule],
    limits: impl Iterator<Item = &'l LimitPolicy>,
) -> bool {
    let uses = route.sets_position == Some(true)
        || rules.iter().any(|rule| rule.when.is_about_travel())
        || limits_travel(limits);
    uses && all.travel.subject == RawTraveller::Account
}

fn limits_travel<'l>(mut limits: impl Iterator<Item = &'l LimitPolicy>) -> bool {
    limits.any(|limit| limit.conditions().any(Condition::is_about_travel))
}
