//! Sessions: judged once for a network, and revoked when a later answer speaks against it.

use super::{
    self as session, Cause, Deliveries, Judgement, Origin, Revocation, Sanction, SessionPolicy,
    SessionReference, Webhook,
};
use crate::address::{ClientAddress, PrefixLengths};
use crate::callout::{CallToken, Calls};
use crate::decision::{About, Action};
use crate::host::Host;
use crate::identity::session::{Session, SessionSources};
use crate::intelligence::{Asn, Intelligence, Knowledge};
use crate::limits::{Counters, Keys};
use crate::message::HeaderBlock;
use crate::records::{RecordKey, Table};
use crate::session::{Answered, DropCause};
use crate::store::{Budget, Written};
use crate::telemetry::{Event, SessionResult, SharedTable, WebhookResult};
use crate::time::Time;

/// What all requests of a worker share about sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    pub(super) settings: Option<SessionPolicy>,
    /// Where the sessions of a request stand.
    pub(super) sources: SessionSources,
    /// Which addresses share what is known of them, and how answers are read; `None` where nobody is asked.
    reading: Option<(PrefixLengths, u64)>,
    pub(super) keys: Keys,
    pub(super) table: Table,
    /// Those that the application knows, in a table of their own: whoever fills it revives no revoked one.
    pub(super) known: Table,
    /// Whose password steps they have been used for: in a table of its own as well.
    pub(super) accounts: Table,
    /// What the application is still to be told.
    deliveries: Option<Deliveries>,
    /// Where shares are counted.
    pub(super) counters: Counters,
}

/// What a route asks of the sessions of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionUse {
    /// Whether what is known of the address is kept with the session.
    pub(crate) judges: bool,
    /// Whether requests of revoked sessions are refused.
    pub(crate) heeds: bool,
    /// Whether that happens, and is not only monitored.
    pub(crate) enforces: bool,
}

/// A request, as far as it tells of sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// What its route asks.
    pub(crate) asks: SessionUse,
    /// Its address.
    pub(crate) client: Option<ClientAddress>,
    /// Its autonomous system, where Envoy's geoip filter tells it.
    pub(crate) asn: Option<Asn>,
}

/// What is known of the sessions of a request.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Why they are not to be trusted, and what follows.
    pub(crate) distrust: Option<Distrust>,
    /// Those that are revoked.
    pub(super) revoked: Vec<(Sanction, Session)>,
    /// The line of cookies that goes on in the place of the client's, where revoked sessions were taken out of it.
    pub(crate) cookies: Option<Vec<u8>>,
    /// What was found out about this network on an earlier request.
    pub(crate) judgement: Option<Knowledge>,
    /// Where what is found out now is kept.
    keep: Option<(RecordKey, Origin)>,
}

/// Why sessions are not to be trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distrust {
    pub(crate) reason: &'static str,
    /// What follows.
    pub(crate) action: Action,
    /// Which sessions.
    pub(crate) about: About,
    /// Whether these are all that the request has.
    pub(crate) is_all: bool,
}

impl Distrust {
    /// Whoever sends more sessions than anybody reads is not signed out for that: another host of the site may have set
    /// them.
    const UNREADABLE: Self = Self {
        reason: "session_unreadable",
        action: Action::Deny,
        about: About::NOBODY,
        is_all: false,
    };

    /// That some of `count` sessions are revoked: the strictest sanction decides.
    fn of(revoked: &[(Sanction, Session)], count: usize) -> Option<Self> {
        let strictest = revoked.iter().map(|(sanction, _)| *sanction).max()?;
        let those = revoked.iter().filter(|(own, _)| *own == strictest);
        Some(Self {
            reason: "session_revoked",
            action: strictest.action(),
            about: About::all(those.clone().map(|(_, session)| session.as_bytes())),
            is_all: those.count() == count,
        })
    }
}

impl Known {
    /// Hears of sessions that are revoked, of `all` that the request has.
    pub(crate) fn hear(&mut self, revoked: Vec<(Sanction, Session)>, all: usize) {
        self.revoked.extend(revoked);
        self.distrust = self.distrust.or_else(|| Distrust::of(&self.revoked, all));
    }

    /// Whether the request is refused, whatever else is known.
    pub(crate) fn is_denied(&self) -> bool {
        self.distrust
            .is_some_and(|distrust| distrust.action == Action::Deny)
    }
}

impl Sessions {
    /// The sessions of one policy, where there are any settings. `seed` keys what workers share.
    pub(crate) fn new(
        settings: Option<SessionPolicy>,
        sources: SessionSources,
        intelligence: Option<&Intelligence>,
        counters: Counters,
        (namespace, seed): (&str, [u8; 16]),
    ) -> Self {
        let budget = settings
            .as_ref()
            .map_or(Budget::RECORDS, |settings| settings.budget);
        let notify = settings
            .as_ref()
            .and_then(|settings| settings.notify.clone());
        Self {
            settings,
            sources,
            reading: intelligence.map(|own| (own.resolver.prefixes, own.fingerprint)),
            keys: Keys::new(seed),
            table: Table::new(&format!("{namespace}/sessions"), budget),
            known: Table::new(&format!("{namespace}/known"), budget),
            accounts: Table::new(&format!("{namespace}/accounts"), budget),
            deliveries: notify.map(Deliveries::new),
            counters,
        }
    }

    /// Their tables.
    pub(crate) const fn tables(&self) -> [(SharedTable, &Table); 3] {
        [
            (SharedTable::Sessions, &self.table),
            (SharedTable::KnownSessions, &self.known),
            (SharedTable::SessionAccounts, &self.accounts),
        ]
    }

    /// What makes keys of what is kept.
    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether anything is kept of sessions.
    pub(crate) const fn keep(&self) -> bool {
        self.settings.is_some()
    }

    /// What is kept of `sessions`, which a request has. Revoked ones are taken out of its cookies where it has others
    /// as well, in which case those alone are left in `sessions`.
    pub(crate) fn recall(
        &self,
        caller: Caller,
        sessions: &mut Vec<Session>,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Known {
        let mut known = self.look(caller, sessions, now, host);
        if known.is_denied() && caller.asks.enforces {
            self.take_out_revoked(caller, sessions, &mut known, headers, now, host);
        }
        if known.judgement.is_some() {
            host.meter(Event::Session(SessionResult::Known));
            known.keep = None;
        }
        known
    }

    /// What is kept of the sessions of a request: one read for each, at most sixteen.
    pub(super) fn look(
        &self,
        caller: Caller,
        sessions: &[Session],
        now: Time,
        host: &impl Host,
    ) -> Known {
        let mut known = Known::default();
        let SessionUse { judges, heeds, .. } = caller.asks;
        let Some(settings) = &self.settings else {
            return known;
        };
        if !judges && !heeds {
            return known;
        }
        for each in sessions {
            let Some(key) = session::key(&self.keys, each) else {
                // Nobody knows which session the application finds in it, so it may be a revoked one.
                if heeds {
                    known.distrust = Some(Distrust::UNREADABLE);
                }
                continue;
            };
            let (revocation, judgement) =
                self.table.get_both::<Revocation, Judgement>(key, now, host);
            if let Some(revocation) = revocation.filter(|_| heeds) {
                known.revoked.push((revocation.sanction(), each.clone()));
            }
            if judges
                && known.judgement.is_none()
                && let Some(origin) = self.origin(caller, key)
            {
                known.judgement = judgement
                    .and_then(|judgement| judgement.good_for(&origin, now, settings.max_age));
                known.keep.get_or_insert((key, origin));
            }
        }
        if let Some(distrust) = Distrust::of(&known.revoked, sessions.len()) {
            known.distrust = Some(distrust);
        }
        known
    }

    fn origin(&self, caller: Caller, key: RecordKey) -> Option<Origin> {
        let (prefixes, fingerprint) = self.reading?;
        let prefix = caller.client?.prefix(prefixes);
        Some(Origin::new(
            &self.keys,
            key,
            prefix,
            caller.asn,
            fingerprint,
        ))
    }

    /// Keeps with the session what was found out.
    pub(crate) fn assessment(
        &self,
        known: &mut Known,
        knowledge: Knowledge,
        now: Time,
        host: &impl Host,
    ) {
        let (Some((key, origin)), Some(settings)) = (known.keep.take(), &self.settings) else {
            return;
        };
        if let Some(judgement) = Judgement::new(knowledge, origin, now) {
            let written = self.table.put(key, &judgement, settings.max_age, now, host);
            host.meter(Event::Session(SessionResult::Assessment));
            count_written(written, host);
        }
    }

    /// The traces of those sessions that can be revoked.
    pub(crate) fn references(&self, sessions: &[Session]) -> Vec<SessionReference> {
        sessions
            .iter()
            .filter(|each| each.is_revocable())
            .filter_map(|each| Some(SessionReference::new(each, session::key(&self.keys, each)?)))
            .collect()
    }

    /// The header lines with which a refusal ends the session in the browser.
    pub(crate) fn ending(&self) -> impl Iterator<Item = (&'static str, String)> {
        let settings = self.settings.iter();
        settings.flat_map(|settings| {
            let cookies = settings.expired.iter().cloned();
            let clear = settings
                .clear_site_data
                .then(|| ("clear-site-data", "\"cookies\"".to_owned()));
            cookies.map(|cookie| ("set-cookie", cookie)).chain(clear)
        })
    }

    /// Has the application told of a revocation.
    pub(super) fn tell(&mut self, webhook: Webhook, cause: Cause, now: Time, host: &impl Host) {
        if let Some(deliveries) = &mut self.deliveries
            && let Some(dropped) = deliveries.push(webhook, cause, now)
        {
            host.meter(Event::Webhook(WebhookResult::Dropped(dropped.cause)));
        }
    }

    /// Whether the application is still to be told of something.
    pub(crate) fn owe_notices(&self) -> bool {
        self.deliveries
            .as_ref()
            .is_some_and(|deliveries| !deliveries.is_empty())
    }

    /// Sends the notices that are due.
    pub(crate) fn send_notices(&mut self, calls: &mut Calls, now: Time, host: &impl Host) {
        if let Some(deliveries) = &mut self.deliveries {
            for dropped in deliveries.send_due(calls, now, host) {
                host.meter(Event::Webhook(WebhookResult::Dropped(dropped.cause)));
            }
        }
    }

    /// The call of a notice has ended, with this status or without an answer.
    pub(crate) fn notice_answered(
        &mut self,
        token: CallToken,
        status: Option<u16>,
        now: Time,
        host: &impl Host,
    ) {
        let deliveries = self.deliveries.as_mut();
        let Some(answered) =
            deliveries.and_then(|deliveries| deliveries.answered(token, status, now))
        else {
            return;
        };
        host.meter(Event::Webhook(match answered {
            Answered::Delivered(_) => WebhookResult::Delivered,
            Answered::Again => WebhookResult::Again,
            Answered::Dropped(dropped) => WebhookResult::Dropped(dropped.cause),
        }));
    }

    /// The configuration goes, and the one that follows it, if one does, tells what was still to be told: to the place
    /// that it names.
    pub(crate) fn hand_over(&mut self, heir: Option<&mut Self>, now: Time, host: &impl Host) {
        let Some(deliveries) = self.deliveries.take() else {
            return;
        };
        let causes = match heir.and_then(|heir| heir.deliveries.as_mut()) {
            Some(next) => {
                let dropped = next.take_over(deliveries, now).into_iter();
                dropped.map(|dropped| dropped.cause).collect()
            }
            None => vec![DropCause::GivenUp; deliveries.len()],
        };
        for cause in causes {
            host.meter(Event::Webhook(WebhookResult::Dropped(cause)));
        }
    }
}

impl Sanction {
    /// What a verdict means for the session of a request that it comes too late for.
    pub(crate) const fn of(action: Action) -> Option<Self> {
        match action {
            Action::Allow | Action::StepUp => None,
            Action::Challenge => Some(Self::Challenge),
            Action::Limit | Action::Deny => Some(Self::Deny),
        }
    }
}

/// Counts what a record cost the table.
pub(super) fn count_written(written: Written, host: &impl Host) {
    match written {
        Written::Evicted => host.meter(Event::RecordEvicted),
        Written::NoRoom | Written::GaveUp | Written::Unavailable => {
            host.meter(Event::RecordGivenUp);
        }
        Written::Unchanged | Written::Stored | Written::ReplacedExpired => {}
    }
}
