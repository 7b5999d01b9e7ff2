//! Travel in words.

use palisade::policy::Protection;
use palisade::time::Span;
use palisade::travel::{TravelPolicy, Traveller};

/// What is impossible: `impossible travel is above 1000 km/h since the last login of the account, beyond 100 km, within
/// 30d`.
pub(crate) fn travel(policy: &TravelPolicy) -> String {
    let whose = match policy.subject {
        Traveller::Account => "account",
        Traveller::Session => "session",
    };
    format!(
        "impossible travel is above {} km/h since the last successful login of the {whose}, {} km taken off, within \
         {}; {} positions are kept",
        policy.tolerance.max_speed,
        policy.tolerance.distance,
        Span::new(policy.life.get()),
        policy.budget.records(),
    )
}

/// What a success on a route does to the last position, where that matters.
pub(crate) fn success(protection: &Protection) -> Option<&'static str> {
    let travel = protection.travel;
    match (travel.judges, travel.moves) {
        (_, true) => Some("a success moves the last position, unless the travel was impossible"),
        (true, false) => Some("a success does not move the last position"),
        (false, false) => None,
    }
}
