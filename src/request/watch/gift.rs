//! What the answer to a success is given.

use crate::breach::PasswordUse;
use crate::decision::{Signals, Truth};
use crate::policy::{Guard, Policy};
use crate::request::names::{OFFER, PASSKEY, PASSWORD_BREACHES};
use crate::request::pass::Line;

/// What is added to the headers of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gift {
    /// The value of the `set-cookie` line that makes the client a known device.
    pub cookie: Option<String>,
    /// Lines that tell of the password.
    pub lines: Vec<Line>,
}

/// What is told of the password of a request that has gone on, should it be a success.
pub(super) fn lines(guard: &Guard, signals: &Signals) -> Vec<Line> {
    let about = signals.breach.about();
    let breached = about
        .filter(|_| guard.password.tells_breach && signals.breach.is_breached() == Truth::True);
    let offered = guard.password.offers_passkey && signals.breach.has_password();
    let breached = breached.map(|about| (PASSWORD_BREACHES, about.to_string().into()));
    let offered = offered.then(|| (PASSKEY, OFFER.into()));
    breached.into_iter().chain(offered).collect()
}

/// The headers that are taken away from answers: the one by which the application names accounts, and those by which
/// only we tell of a password.
pub(in crate::request) fn hidden_headers(policy: &Policy) -> Vec<String> {
    let used = policy.protections.iter();
    let used = used.filter_map(|own| Some(own.password.as_ref()?.matters));
    let used = used.fold(PasswordUse::default(), PasswordUse::or);
    let account = policy.identity.account_header.as_ref();
    let account = account.map(|name| name.as_str());
    let breaches = used.tells_breach.then_some(PASSWORD_BREACHES);
    let passkey = used.offers_passkey.then_some(PASSKEY);
    let all = account.into_iter().chain(breaches).chain(passkey);
    all.map(str::to_owned).collect()
}
