//! Revoking sessions, and what a client is told whose session is revoked.

use super::{count_written, sanction};
use crate::address::{ClientAddress, PrefixLengths};
use crate::decision::{Action, Finding, Signals};
use crate::host::Host;
use crate::intelligence::Lookup;
use crate::policy::{Policy, Protection};
use crate::records::Priority;
use crate::reply::LocalReply;
use crate::session::{Cause, Notice, NoticeId, Revocation, Sanction, Standing, Trace};
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;
use crate::transaction::counting::Share;
use crate::transaction::engine::Engine;
use crate::transaction::judged::Judged;
use crate::transaction::verdict::Ruling;

/// How many sessions one network can have revoked within ten minutes as firmly as those of others, and as many that nobody knows: more are revoked as
/// well, but theirs are the first revocations to go where there is no place left, and of those that nobody knows the application is not told.
const SHARE: Share = Share::new("revocations", 128);
const SHARE_OF_STRANGE: Share = Share::new("strange revocations", 128);

impl Judged {
    /// What a finding means for the session: what is known of the address does, or what the operator says. A list says something of a network and
    /// nothing of a session, and neither does it that nothing is known: else everybody would lose his session when the API fails. Nor does a
    /// request that another site has had made.
    pub(super) fn sanction(&self, policy: &Policy, finding: Finding<'_>) -> Option<Sanction> {
        let Finding::Rule(_, rule) = finding else {
            return None;
        };
        let of_address = self.signals.of_address();
        let of_address = Signals {
            score: policy.weights.score(&of_address),
            ..of_address
        };
        let revokes = !self.subject.cross_site && rule.revokes(&of_address);
        sanction(rule.then).filter(|_| revokes)
    }
}

impl Engine {
    /// Revokes the sessions of a request that came at `at`, and has the application told. Whether that is news of any of them.
    pub(super) fn revoke(
        &mut self,
        sessions: &[Trace],
        sanction: Sanction,
        (route, reason): &(String, String),
        client: Option<ClientAddress>,
        (at, now): (Time, Time),
        host: &impl Host,
    ) -> bool {
        let Some(life) = self
            .policy
            .session
            .as_ref()
            .map(|session| session.revoke_for)
        else {
            return false;
        };
        let mut any = false;
        for session in sessions {
            let table = &self.sessions.table;
            let before = table.get::<Revocation>(session.key, now, host);
            // Requests of one session often come together, and it must not count as many.
            let counts = before.is_none_or(|before| before.sanction() < sanction);
            // Made-up sessions use up the share of no real one.
            let knows = self.sessions.knows(session.key, now, host);
            let share = if knows { SHARE } else { SHARE_OF_STRANGE };
            // Another site revokes nothing, so nothing here is its doing.
            let has_share = !counts || self.has_share(share, (client, false), now, host);
            let (weight, standing) = match (knows, has_share) {
                (true, true) => (Priority::Important, Some(Standing::Known)),
                (true, false) => (Priority::Doubtful, Some(Standing::OverShare)),
                (false, true) => (Priority::Doubtful, Some(Standing::Strange)),
                (false, false) => (Priority::Ordinary, None),
            };
            let revocation = Revocation::new(sanction, at, now, life).weighing(weight);
            let revoked = revocation.keep(session.key, now, table, host);
            count_written(revoked.written, host);
            if !revoked.written.is_done() {
                host.meter(Event::Revocation(RevocationResult::Failed));
            } else if revoked.is_news && !has_share {
                host.meter(Event::Revocation(RevocationResult::TooMany));
            } else if revoked.is_news {
                host.meter(Event::Revocation(RevocationResult::Revoked));
                host.meter(Event::RevocationWindow(now.since(at)));
                any = true;
            } else {
                host.meter(Event::Revocation(RevocationResult::Known));
            }
            if let Some(standing) = standing.filter(|_| revoked.is_news) {
                let id = NoticeId::new(host.random());
                let notice =
                    Notice::new(id, *session, &revoked.revocation, (route, reason), client);
                let network = client.map(|client| client.prefix(PrefixLengths::SITE));
                let cause = Cause { standing, network };
                self.sessions.tell(notice, cause, now, host);
            }
        }
        any
    }

    /// Revokes the session of a request that a rule denies at once, on a route where it could have gone on. Whether that is news of it.
    pub(in crate::transaction) fn revoke_now(
        &mut self,
        judged: &Judged,
        now: Time,
        host: &impl Host,
    ) -> bool {
        if judged.session.is_denied() {
            return false;
        }
        let goes_on = |own: &Protection| own.lookup == Lookup::Background;
        let Ruling { route, finding } = judged.ruled(&self.policy, goes_on).enforced;
        if judged.sanction(&self.policy, finding) != Some(Sanction::Deny) {
            return false;
        }
        let reason = finding.reason(&judged.signals);
        let names = (self.policy.route_name(route).to_owned(), reason.to_owned());
        let sessions = self.sessions.traces(&judged.subject);
        let client = judged.subject.client;
        self.revoke(&sessions, Sanction::Deny, &names, client, (now, now), host)
    }

    /// Ends the session in the browser as well, where it is refused.
    pub(in crate::transaction) fn sign_out(
        &self,
        judged: &Judged,
        ruling: Ruling<'_>,
        reply: &mut LocalReply,
    ) {
        let Some(session) = &self.policy.session else {
            return;
        };
        let is_over = match ruling.finding {
            // What another host of the site had the browser send beside the application's own cookie ends nothing.
            Finding::Session(_, action) => {
                let distrust = judged.session.distrust;
                action == Action::Deny && distrust.is_some_and(|distrust| distrust.is_all)
            }
            finding => {
                let sanction = judged.sanction(&self.policy, finding);
                let protection = self.policy.protection(ruling.route);
                let goes_on = protection.is_some_and(|own| own.lookup == Lookup::Background);
                goes_on && sanction == Some(Sanction::Deny)
            }
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
