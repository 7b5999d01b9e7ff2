//! What the answer to a success is given.

use crate::decision::{Signals, Truth};
use crate::policy::Guard;
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
