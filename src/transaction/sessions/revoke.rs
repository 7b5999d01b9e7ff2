//! Revoking sessions, and what a client is told whose session is revoked.

use std::time::Duration;

use super::count_written;
use crate::address::ClientAddress;
use crate::config::{Lookup, Protection};
use crate::decision::{Action, Finding, LIST_PREFIX};
use crate::limits::Window;
use crate::reply::LocalReply;
use crate::session::{Notice, NoticeId, Revocation, Sanction, Trace};
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;
use crate::transaction::Host;
use crate::transaction::engine::Engine;
use crate::transaction::judged::Judged;

/// How many sessions one subnet can have revoked within [`MEMORY`]: else a client at a bad address could push out other revocations
/// with sessions that it has made up.
const MOST: u32 = 64;
/// How far back that is counted.
const MEMORY: Duration = Duration::from_secs(600);

impl Engine {
    /// Revokes the sessions of a request that came at `at`, and has the application told.
    pub(super) fn revoke(
        &mut self,
        sessions: &[Trace],
        sanction: Sanction,
        (route, reason): &(String, String),
        client: Option<ClientAddress>,
        (at, now): (Time, Time),
        host: &impl Host,
    ) {
        let Some(life) = self
            .policy
            .session
            .as_ref()
            .map(|session| session.revoke_for)
        else {
            return;
        };
        for session in sessions {
            if !self.may_revoke(client, now, host) {
                host.meter(Event::Revocation(RevocationResult::TooMany));
                continue;
            }
            let revocation = Revocation::new(sanction, at, now, life);
            let table = &self.sessions.table;
            let revoked = revocation.keep(session.key, now, table, host);
            count_written(revoked.written, host);
            if !revoked.written.is_done() {
                host.meter(Event::Revocation(RevocationResult::Failed));
            } else if revoked.is_news {
                host.meter(Event::Revocation(RevocationResult::Revoked));
                host.meter(Event::RevocationWindow(now.since(at)));
            } else {
                host.meter(Event::Revocation(RevocationResult::Known));
            }
            if revoked.is_news {
                let id = NoticeId::new(host.random());
                let notice =
                    Notice::new(id, *session, &revoked.revocation, (route, reason), client);
                self.sessions.tell(notice, now, host);
            }
        }
    }

    fn may_revoke(&self, client: Option<ClientAddress>, now: Time, host: &impl Host) -> bool {
        let (Some(client), Some(window)) = (client, Window::new(MEMORY)) else {
            return true;
        };
        let subnet = client.prefix(self.policy.identity.subnet).to_bytes();
        let before = self
            .counting
            .repetition("revocations", &subnet, window, now, host);
        before < MOST
    }

    /// Revokes the session of a request that a rule denies at once, on a route where it could have gone on. A list says something of a
    /// network, and nothing of a session.
    pub(in crate::transaction) fn revoke_now(
        &mut self,
        judged: &Judged,
        now: Time,
        host: &impl Host,
    ) {
        let Some(protection) = self.policy.protection(judged.subject.route) else {
            return;
        };
        if protection.lookup != Lookup::Background || judged.session.distrust.is_some() {
            return;
        }
        let Finding::Rule(_, rule) = judged.ruled(protection).enforced else {
            return;
        };
        if rule.then != Action::Deny || rule.name.starts_with(LIST_PREFIX) {
            return;
        }
        let reason = judged.ruled(protection).enforced.reason(&judged.signals);
        let names = (protection.name.clone(), reason.to_owned());
        let sessions = self.sessions.traces(&judged.subject);
        let client = judged.subject.client;
        self.revoke(&sessions, Sanction::Deny, &names, client, (now, now), host);
    }

    /// Ends the session in the browser as well, where it is refused.
    pub(in crate::transaction) fn sign_out(
        &self,
        finding: Finding<'_>,
        protection: &Protection,
        reply: &mut LocalReply,
    ) {
        let Some(session) = &self.policy.session else {
            return;
        };
        let is_over = match finding {
            Finding::Session(_, action) => action == Action::Deny,
            Finding::Rule(_, rule) => {
                let is_list = rule.name.starts_with(LIST_PREFIX);
                protection.lookup == Lookup::Background && rule.then == Action::Deny && !is_list
            }
            _ => false,
        };
        if !is_over {
            return;
        }
        let cookies = session.expired.iter().cloned();
        reply
            .headers
            .extend(cookies.map(|cookie| ("set-cookie", cookie.into())));
        if session.clear_site_data {
            let cookies = ("clear-site-data", "\"cookies\"".into());
            reply.headers.push(cookies);
        }
    }
}
