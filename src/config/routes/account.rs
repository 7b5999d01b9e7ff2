//! Where the accounts of a route stand.

use std::str::FromStr as _;

use super::{Others, RawAnswerPlace, RawRoute};
use crate::config::action::RawAction;
use crate::config::identity::sources;
use crate::decision::Action;
use crate::identity::Identity;
use crate::identity::account::{AccountSources, SessionUse};
use crate::json::{Mistakes, Place};
use crate::limits::LimitPolicy;
use crate::response::Pointer;

/// Whether any route takes its account from the session.
pub(super) fn asks_sessions(
    raw: &[RawRoute],
    others: &Others<'_>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> bool {
    let usual = others.identity.account.as_ref();
    let mut places = raw.iter().filter_map(|route| route.account.as_ref());
    let asks = usual.is_some_and(AccountSources::from_session)
        || places.any(|places| sources::session_use(places) != SessionUse::None);
    if asks && !others.travels.has_sessions {
        mistakes.add(at, &"a route takes its account from the session; expected identity.session as well, such as \
            [{\"cookie\": \"sid\"}]: it says where sessions stand");
    }
    asks
}

/// Where the account stands, if anything needs it, and what a request gets without one.
pub(super) fn compile<'l>(
    route: &RawRoute,
    at: &Place<'_>,
    who: &Identity,
    (mut limits, travels, steps): (impl Iterator<Item = &'l LimitPolicy>, bool, bool),
    mistakes: &mut Mistakes<'_>,
) -> (Option<AccountSources>, Action) {
    let on_missing = route
        .on_missing_account
        .map_or(Action::Deny, RawAction::action);
    let needy = limits.find(|limit| limit.needs_account());
    let own = route
        .account
        .as_ref()
        .map(|sources| sources::account(sources, &who.normalisation, at, mistakes));
    let needs = match needy {
        Some(limit) => Some(format!("the limit {} counts accounts", limit.rule.name)),
        None if travels => Some("the travel of accounts matters here".to_owned()),
        None if steps => Some("a session is to remember whose step this was".to_owned()),
        None => None,
    };
    let usual = || needs.as_ref().and(who.account.clone());
    let sources = own.or_else(usual);
    let sources = sources.map(|sources| sources.declaring(route.body));
    if let (Some(needs), None) = (&needs, &sources) {
        mistakes.add(at, &format_args!(
                "{needs}; expected where they stand, such as [{{\"form\": \"email\"}}], here or in identity.account"
            ));
    }
    (sources, on_missing)
}

/// Compiles `session_in_answer`; whether any route `asks` for the accounts of sessions.
pub(super) fn session_in_answer(
    route: &RawRoute,
    asks: bool,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Pointer> {
    let RawAnswerPlace::Json(pointer) = route.session_in_answer.as_ref()?;
    let at = &at.field("session_in_answer");
    if !asks {
        mistakes.add(
            at,
            &"nobody asks whose this session is; expected a route with account: [\"from_session\"] as well",
        );
    }
    mistakes.take(&at.field("json"), Pointer::from_str(pointer))
}
