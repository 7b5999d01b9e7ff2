//! The routes of a request whose body tells them: they are found anew once it has come.

use std::rc::Rc;

use super::assessment::Assessment;
use super::engine::Engine;
use super::names::HEADER_PREFIX;
use super::step::Reading;
use super::subject::{Identified, Subject};
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::message::{HeaderBlock, RequestHead};
use crate::policy::{Guard, Policy};
use crate::route::Asked;

impl Subject {
    /// Whether it is not yet known for which of its routes it is, and its body may tell.
    pub(super) fn awaits_routes(&self) -> bool {
        self.guard.awaits_body && self.body.comes()
    }

    /// The same request, protected so. What was found out about it stays.
    fn under(self, guard: Rc<Guard>, engine: &Engine, headers: &HeaderBlock) -> Self {
        let head = RequestHead::read(headers, HEADER_PREFIX.as_bytes());
        let mut identity = Identified::read(&engine.policy, &guard, headers);
        if let (Some(new), Some(old)) = (&mut identity, self.identity) {
            // Revoked sessions were taken out of these.
            new.sessions = match guard.tells_sessions {
                true => old.sessions,
                false => Vec::new(),
            };
        }
        Self {
            writes: guard.watches && Asked::read(&head, headers, false).is_plain_write(),
            cross_site: guard.notes_sessions && self.cross_site,
            identity,
            guard,
            ..self
        }
    }
}

impl Assessment {
    /// Whether it is for one of its routes, whatever its body tells, and the rules of each by itself ask for an action
    /// like this.
    pub(super) fn is_ruled_by_all(&self, policy: &Policy, is: &dyn Fn(Action) -> bool) -> bool {
        let mut candidates = policy.candidates(&self.subject.guard).enumerate();
        self.subject.guard.certain
            && candidates.all(|(place, (_, own))| is(self.ruled_by(place, own).enforced.action()))
    }
}

/// A request that turns out to be for no protected route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unprotected {
    /// Whether it carries anything under our prefix.
    pub(super) strip: bool,
}

impl Reading {
    /// Finds its routes by its body as well, where that may tell them.
    ///
    /// # Errors
    /// It is for no protected route.
    pub(super) fn rematch(
        self: Box<Self>,
        body: BodyBytes<'_>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> Result<Box<Self>, Unprotected> {
        if !self.assessment.subject.awaits_routes() {
            return Ok(self);
        }
        let Self {
            assessment,
            headers,
            ..
        } = *self;
        let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
        let found = engine.policy.find(&head, &headers, false, Some(body));
        let guard = found.and_then(|(found, _)| engine.policy.guard_of_found(found, false));
        let (subject, signals, session) = assessment.into_known();
        let Some(guard) = guard else {
            return Err(Unprotected {
                strip: subject.strip && subject.earlier.is_none(),
            });
        };
        let subject = subject.under(Rc::new(guard), engine, &headers);
        let mut assessment = Assessment::new(subject, signals, session);
        engine.conclude(&mut assessment, host.now(), host);
        let identity = assessment.subject.identity.as_mut();
        let head = identity.and_then(|identity| identity.account.take());
        Ok(Box::new(Self {
            assessment,
            head,
            headers,
        }))
    }
}
