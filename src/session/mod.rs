//! What is known of a session on all workers: which network it was judged on, whether it is revoked, and what the
//! application is told of that.
//!
//! | module | is |
//! |---|---|
//! | `acceptance` | that the application knows a session |
//! | `aliases` | which account the application has for a name |
//! | `judgement` | what was found out on a session's first request, bound to the network that it came from |
//! | `revocation` | that a session is not to be trusted any more, until it would have ended by itself |
//! | `notice` | what the application is told of a revocation, signed |
//! | `outbox` | the notices that have not arrived yet: a bounded queue that tries again |
//! | `stage`, `removal`, `revoke`, `visit` | what is done with the sessions of a request |
//! | `remembrance`, `steps` | whose password step a session has been used for, so that the next step is counted for them |
//! | `crossing` | whether another site has had a request made |
//! | `place` | whose notices have place in it where it is scarce |
//!
//! A judgement and a revocation are [`crate::records`] of the same key, so that one read finds both.

mod acceptance;
mod aliases;
mod crossing;
mod deliveries;
mod judgement;
mod place;
mod remembrance;
mod removal;
mod revocation;
mod revoke;
mod settings;
mod stage;
mod steps;
mod visit;
mod webhook;

pub use acceptance::Acceptance;
pub(crate) use aliases::Aliases;
pub(crate) use crossing::{is_cross_site, is_embedded};
pub use deliveries::{Answered, Deliveries, DropCause, Dropped, OutboxSettings};
pub use judgement::{Judgement, Origin};
pub use place::{Cause, PenaltyState};
pub(crate) use remembrance::Remembrance;
pub use revocation::{Revocation, Revoked, Sanction};
pub(crate) use revoke::Revocable;
pub use settings::SessionPolicy;
pub(crate) use stage::{Caller, Distrust, Known, SessionUse, Sessions};
pub(crate) use steps::{Recalled, StepResult, Steps};
pub(crate) use visit::Visit;
pub use webhook::{SIGNATURE_HEADER, Webhook, WebhookId};

use sha2::{Digest as _, Sha256};

use crate::identity::session::Session;
use crate::limits::Keys;
use crate::records::RecordKey;

/// Under which key records of `session` are kept; `None` for the one that [`Session::is_unreadable`]: it is shared by
/// everybody who sends what no honest client sends.
///
/// Of such a request nobody knows whether one of its sessions is revoked. Where sessions can be revoked it must not go
/// on, or a revoked session would be made good by four made-up ones beside it.
#[must_use]
pub fn key(keys: &Keys, session: &Session) -> Option<RecordKey> {
    (!session.is_unreadable()).then(|| RecordKey::new(keys, &[b"session", session.as_bytes()]))
}

/// What is left of a session when its request has gone: nobody can use it, but the application finds the session by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionReference {
    /// Under which its records are kept.
    pub key: RecordKey,
    /// SHA-256 of the session as the client sent it.
    pub digest: [u8; 32],
}

impl SessionReference {
    /// The trace of `session`, whose records stand under `key`.
    #[must_use]
    pub fn new(session: &Session, key: RecordKey) -> Self {
        Self {
            key,
            digest: Sha256::digest(session.written()).into(),
        }
    }
}

#[cfg(test)]
mod tests;
