//! Revoking sessions.

use super::stage::{Sessions, count_written};
use super::{Cause, PenaltyState, Revocation, Sanction, SessionReference, Webhook, WebhookId};
use crate::address::{ClientAddress, PrefixLengths};
use crate::host::Host;
use crate::limits::FairShare;
use crate::records::Priority;
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;

/// How many sessions one network can have revoked within ten minutes as firmly as those of others, and as many that
/// nobody knows: more are revoked as well, but theirs are the first revocations to go where there is no place left, and
/// of those that nobody knows the application is not told.
const SHARE: FairShare = FairShare::new("revocations", 128);
const SHARE_OF_STRANGE: FairShare = FairShare::new("strange revocations", 128);

impl Sessions {
    /// Revokes the sessions of a request that came at `at`, and has the application told. Whether that is news of any
    /// of them.
    pub(crate) fn revoke(
        &mut self,
        sessions: &[SessionReference],
        sanction: Sanction,
        (route, reason): (&str, &str),
        client: Option<ClientAddress>,
        (at, now): (Time, Time),
        host: &impl Host,
    ) -> bool {
        let Some(life) = self.settings.as_ref().map(|settings| settings.revoke_for) else {
            return false;
        };
        let mut any = false;
        for session in sessions {
            let table = &self.table;
            let before = table.get::<Revocation>(session.key, now, host);
            // Requests of one session often come together, and it must not count as many.
            let counts = before.is_none_or(|before| before.sanction() < sanction);
            // Made-up sessions use up the share of no real one.
            let knows = self.knows(session.key, now, host);
            let share = if knows { SHARE } else { SHARE_OF_STRANGE };
            // Another site revokes nothing, so nothing here is its doing.
            let has_share = !counts || self.counters.has_share(share, (client, false), now, host);
            let (weight, penalty) = match (knows, has_share) {
                (true, true) => (Priority::Important, Some(PenaltyState::Known)),
                (true, false) => (Priority::Doubtful, Some(PenaltyState::OverShare)),
                (false, true) => (Priority::Doubtful, Some(PenaltyState::Strange)),
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
            if let Some(penalty) = penalty.filter(|_| revoked.is_news) {
                let id = WebhookId::new(host.random());
                let webhook =
                    Webhook::new(id, *session, &revoked.revocation, (route, reason), client);
                let network = client.map(|client| client.prefix(PrefixLengths::SITE));
                let cause = Cause { penalty, network };
                self.tell(webhook, cause, now, host);
            }
        }
        any
    }
}
