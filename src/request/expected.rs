//! What is read of a body, and how long it is waited for.

use std::time::Duration;

use super::subject::{Body, Subject};
use crate::policy::{Guard, Policy};

/// The largest body that is read where none must be: every gateway's Envoy can keep so much of one.
const SMALL: usize = 32 << 10;
/// How long a request waits for its body where nothing may be refused.
const MONITORED: Duration = Duration::from_secs(1);

/// The body of a request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// How long it is, if the head says so.
    pub length: Option<u64>,
    /// How much of it is read, in bytes: 0 if nobody waits for it.
    pub limit: usize,
    /// How long it is waited for.
    pub patience: Duration,
    /// Whether the copies that are made of it are overwritten, since a password is looked for in it.
    pub is_wiped: bool,
}

impl Expected {
    /// The largest body that is read.
    pub(super) fn body_limit(policy: &Policy, guard: &Guard) -> usize {
        let limit = policy.identity.body_limit;
        let must_read = guard.awaits_body || guard.password.reads || !guard.accounts.is_empty();
        match guard.enforces && must_read {
            true => limit,
            false => limit.min(SMALL),
        }
    }

    /// What is read of the body of this request.
    pub(super) fn of(policy: &Policy, subject: &Subject) -> Self {
        let patience = policy.identity.body_timeout;
        let (length, limit) = match subject.body {
            Body::None => (Some(0), 0),
            Body::Comes(length) => (length, Self::body_limit(policy, &subject.guard)),
            Body::Unread => (None, 0),
        };
        Self {
            length,
            limit,
            patience: match subject.guard.enforces {
                true => patience,
                false => patience.min(MONITORED),
            },
            is_wiped: subject.guard.password.reads,
        }
    }
}
