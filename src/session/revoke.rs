//! Revoking sessions.

use super::stage::{Sessions, count_written};
use super::{
    self as session, Cause, PenaltyState, Revocation, Sanction, SessionReference, Webhook,
    WebhookId,
};
use crate::address::{ClientAddress, PrefixLengths};
use crate::host::Host;
use crate::identity::session::Session;
use crate::limits::{FairShare, Window};
use crate::records::{Priority, RecordKey};
use crate::telemetry::{Event, RevocationResult};
use crate::time::Time;

/// How many sessions one network can have revoked within ten minutes as firmly as those of others, and as many that
/// nobody knows: more are revoked as well, but theirs are the first revocations to go where there is no place left, and
/// of those that nobody knows the application is not told.
const SHARE: FairShare = FairShare::new("revocations", 128);
const SHARE_OF_STRANGE: FairShare = FairShare::new("strange revocations", 128);

impl Sessions {
    /// Revokes the sessions of a request that came at `at`, and has the application told.
    pub(crate) fn revoke(
        &mut self,
        sessions: &[SessionReference],
        sanction: Sanction,
        (route, reason): (&str, &str),
        client: Option<ClientAddress>,
        (at, now): (Time, Time),
        host: &impl Host,
    ) -> News {
        let mut news = News::default();
        let Some(life) = self.settings.as_ref().map(|settings| settings.revoke_for) else {
            return news;
        };
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
                news.is_any = true;
            } else {
                host.meter(Event::Revocation(RevocationResult::Known));
            }
            if let Some(penalty) = penalty.filter(|_| revoked.is_news) {
                news.sessions
                    .extend(Window::new(life.get()).map(|window| (session.key, window)));
                let id = WebhookId::new(host.random());
                let webhook =
                    Webhook::new(id, *session, &revoked.revocation, (route, reason), client);
                let network = client.map(|client| client.prefix(PrefixLengths::SITE));
                let cause = Cause { penalty, network };
                self.tell(webhook, cause, now, host);
            }
        }
        news
    }

    /// What a fleet is asked about these sessions: whether they are revoked.
    pub(crate) fn shared(&self, sessions: &[Session]) -> Vec<Revocable> {
        let settings = self.settings.as_ref();
        let window = settings.and_then(|settings| Window::new(settings.revoke_for.get()));
        let revocable = sessions.iter().filter(|each| each.is_revocable());
        let keys = revocable.filter_map(|each| Some((session::key(&self.keys, each)?, window?)));
        keys.collect()
    }

    /// Hears from the fleet that sessions of a request are revoked, so that they are here as well. Which ones.
    pub(crate) fn hear(
        &self,
        sessions: &[Session],
        revoked: &[(RecordKey, Sanction)],
        now: Time,
        host: &impl Host,
    ) -> Vec<(Sanction, Session)> {
        let Some(life) = self.settings.as_ref().map(|settings| settings.revoke_for) else {
            return Vec::new();
        };
        for (key, sanction) in revoked {
            let weight = match self.knows(*key, now, host) {
                true => Priority::Important,
                false => Priority::Doubtful,
            };
            let revocation = Revocation::new(*sanction, now, now, life).weighing(weight);
            let kept = revocation.keep(*key, now, &self.table, host);
            count_written(kept.written, host);
            if kept.is_news {
                host.meter(Event::Revocation(RevocationResult::Elsewhere));
            }
        }
        let of = |session: &Session| {
            let key = session::key(&self.keys, session)?;
            let own = revoked.iter().filter(|(revoked, _)| *revoked == key);
            own.map(|(_, sanction)| *sanction).max()
        };
        let those = sessions.iter();
        those
            .filter_map(|each| Some((of(each)?, each.clone())))
            .collect()
    }
}

/// Under which key other proxies of a fleet know a session, and how long a revocation of it holds at least.
pub(crate) type Revocable = (RecordKey, Window);

/// What others are to be told of a revocation.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Whether it is worth a line in the audit log.
    pub(crate) is_any: bool,
    /// The sessions of which the application and a fleet are told.
    pub(crate) sessions: Vec<Revocable>,
}
