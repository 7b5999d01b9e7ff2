//! Impossible travel: what it is, and which routes have to do with it.

use crate::config::check;
use crate::config::text::{Size, Text};
use crate::decision::{Condition, Rule};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::LimitPolicy;
use crate::policy::Protection;
use crate::records::Life;
use crate::store::Budget;
use crate::time::Span;
use crate::travel::{RouteTravel, Tolerance, TravelPolicy, Traveller};

/// What impossible travel is. Positions are only kept where a rule, a limit or a weight is about travel.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTravel {
    /// Whose last position is kept; default `account`.
    #[serde(default)]
    pub subject: Traveller,
    /// The highest speed that is possible, 100 to 100000 km/h; default 1000, as fast as airliners fly.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 100, max = 100_000)))]
    pub max_speed: Option<u32>,
    /// How far two positions may be apart although nobody has moved, 20 to 5000 km; default 100. It is taken off the
    /// distance.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 20, max = 5_000)))]
    pub tolerance_km: Option<u16>,
    /// How long a position is kept, 1h to 30d; default 30d.
    #[serde(default)]
    pub remember: Option<Text<Span>>,
    /// The memory of all positions, 64KiB to 1GiB; default 8MiB, which holds 135,168 positions.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
}

/// Compiles what stands at `travel`; `None` when no route has to do with it.
pub(super) fn compile(
    raw: &RawTravel,
    at: &Place<'_>,
    routes: &[Protection],
    (has_api, has_sessions): (bool, bool),
    mistakes: &mut Mistakes<'_>,
) -> Option<TravelPolicy> {
    let policy = policy(raw, at, mistakes);
    let judges = routes.iter().any(|route| route.travel.judges);
    let moves = routes.iter().any(|route| route.travel.moves);
    if judges && !moves {
        mistakes.add(at, &"no route moves the last position of a successful login; expected `failure` on the login's \
            route, which says what a failed one looks like, or sets_position: true");
    }
    if judges && !has_api {
        mistakes.add(
            at,
            &"expected `intelligence` as well: only what it answers has positions",
        );
    }
    if (judges || moves) && raw.subject == Traveller::Session && !has_sessions {
        mistakes.add(
            &at.field("subject"),
            &"expected where sessions stand, such as [{\"cookie\": \"sid\"}], in identity.session",
        );
    }
    policy.filter(|_| judges || moves)
}

fn policy(raw: &RawTravel, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<TravelPolicy> {
    let usual = Tolerance::default();
    let max_speed = raw.max_speed.unwrap_or(usual.max_speed);
    let distance = raw.tolerance_km.unwrap_or(usual.distance);
    let tolerance = Tolerance {
        max_speed: check::within(
            &at.field("max_speed"),
            max_speed,
            100..=100_000,
            "km/h",
            mistakes,
        ),
        distance: check::within(
            &at.field("tolerance_km"),
            distance,
            20..=5_000,
            "km",
            mistakes,
        ),
    };
    let hour = std::time::Duration::from_secs(3_600);
    let length = raw.remember.map_or(Life::LONGEST, |span| span.0.get());
    let life = Life::new(length).filter(|life| life.get() >= hour);
    let life = mistakes.require(&at.field("remember"), life, &"expected 1h to 30d");
    let budget = check::memory(&at.field("memory"), raw.memory, Budget::RECORDS, mistakes);
    Some(TravelPolicy {
        subject: raw.subject,
        tolerance,
        life: life?,
        budget,
    })
}

/// What all routes have to do with travel.
#[derive(Clone, Copy)]
pub(super) struct Travels {
    /// Whose position is kept.
    pub(super) subject: Traveller,
    /// Whether impossible travel has a weight in the score.
    pub(super) weighs: bool,
    /// Whether requests have sessions.
    pub(super) has_sessions: bool,
}

impl Travels {
    /// What a route has to do with travel, by its rules and limits; `moves` is what it says itself. `has_account` says
    /// whether the account is looked for in any case: the weight is that of all routes, and must not make each of them
    /// ask for an account.
    pub(super) fn of_route<'l>(
        self,
        moves: Option<bool>,
        rules: &[Rule],
        limits: impl Iterator<Item = &'l LimitPolicy>,
        (has_account, tells_logins): (bool, bool),
    ) -> RouteTravel {
        let known = match self.subject {
            Traveller::Session => self.has_sessions,
            Traveller::Account => has_account,
        };
        let judges = are_about_travel(rules, limits) || (self.weighs && known);
        RouteTravel {
            judges,
            moves: moves.unwrap_or(judges && tells_logins),
        }
    }

    /// Whether a rule, a limit or the route itself, if it `moves`, cannot do without the account, because of travel.
    pub(super) fn needs_account<'l>(
        self,
        moves: Option<bool>,
        rules: &[Rule],
        limits: impl Iterator<Item = &'l LimitPolicy>,
    ) -> bool {
        let uses = moves == Some(true) || are_about_travel(rules, limits);
        uses && self.subject == Traveller::Account
    }
}

fn are_about_travel<'l>(rules: &[Rule], mut limits: impl Iterator<Item = &'l LimitPolicy>) -> bool {
    rules.iter().any(|rule| rule.when.is_about_travel())
        || limits.any(|limit| limit.conditions().any(Condition::is_about_travel))
}
