//! Sessions: judged once for a network, and revoked when a later answer speaks against it.

mod background;
mod crossing;
mod removal;
mod revoke;
mod visit;

use crate::decision::{About, Action};
use crate::identity::session::Session;
use crate::intelligence::Knowledge;
use crate::limits::Keys;
use crate::message::HeaderBlock;
use crate::records::{RecordKey, Table};
use crate::session::{self, Cause, Judgement, Notice, Origin, Outbox, Revocation, Sanction, Trace};
use crate::store::{Budget, Written};
use crate::telemetry::{Event, NoticeResult, SessionResult};
use crate::time::Time;

use super::subject::Subject;
use crate::host::Host;
use crate::intelligence::Lookup;
use crate::policy::Policy;

use background::Background;
pub(super) use crossing::{is_cross_site, is_embedded};
pub(super) use visit::Visit;

/// What all requests of a worker share about sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    keys: Keys,
    table: Table,
    /// Those that the application knows, in a table of their own: whoever fills it revives no revoked one.
    known: Table,
    background: Background,
    /// What the application is still to be told.
    pub(super) outbox: Option<Outbox>,
}

/// What is known of the sessions of a request.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Why they are not to be trusted, and what follows.
    pub(super) distrust: Option<Distrust>,
    /// Those that are revoked.
    revoked: Vec<(Sanction, Session)>,
    /// The line of cookies that goes on in the place of the client's, where revoked sessions were taken out of it.
    pub(super) cookies: Option<Vec<u8>>,
    /// What was found out about this network on an earlier request.
    pub(super) judgement: Option<Knowledge>,
    /// Where what is found out now is kept.
    keep: Option<(RecordKey, Origin)>,
}

/// Why sessions are not to be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distrust {
    pub(super) reason: &'static str,
    /// What follows.
    pub(super) action: Action,
    /// Which sessions.
    pub(super) about: About,
    /// Whether these are all that the request has.
    pub(super) is_all: bool,
}

impl Distrust {
    /// Whoever sends more sessions than anybody reads is not signed out for that: another host of the site may have set them.
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
    /// Whether the request is refused, whatever else is known.
    pub(super) fn is_denied(&self) -> bool {
        self.distrust
            .is_some_and(|distrust| distrust.action == Action::Deny)
    }
}

impl Sessions {
    pub(super) fn new(policy: &Policy, namespace: &str, seed: [u8; 16]) -> Self {
        let session = policy.session.as_ref();
        let budget = session
            .map(|session| session.budget)
            .unwrap_or(Budget::RECORDS);
        let notify = session.and_then(|session| session.notify.clone());
        Self {
            keys: Keys::new(seed),
            table: Table::new(&format!("{namespace}/sessions"), budget),
            known: Table::new(&format!("{namespace}/known"), budget),
            background: Background::default(),
            outbox: notify.map(Outbox::new),
        }
    }

    /// What is kept of the sessions of a request. Revoked ones are taken out of its cookies where it has others as well, in which case the
    /// subject has those alone.
    pub(super) fn recall(
        &self,
        policy: &Policy,
        subject: &mut Subject,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Known {
        let mut known = self.look(policy, subject, now, host);
        if known.is_denied() {
            self.take_out_revoked(policy, subject, &mut known, headers, now, host);
        }
        if known.judgement.is_some() {
            host.meter(Event::Session(SessionResult::Known));
            known.keep = None;
        }
        known
    }

    /// What is kept of the sessions of a request: one read for each, at most sixteen.
    fn look(&self, policy: &Policy, subject: &Subject, now: Time, host: &impl Host) -> Known {
        let mut known = Known::default();
        let guard = &*subject.guard;
        let judges = guard.lookup == Lookup::Session;
        let (Some(session), Some(identity)) = (&policy.session, &subject.identity) else {
            return known;
        };
        if !judges && !guard.heeds_revocations {
            return known;
        }
        for each in &identity.sessions {
            let Some(key) = session::key(&self.keys, each) else {
                // Nobody knows which session the application finds in it, so it may be a revoked one.
                if guard.heeds_revocations {
                    known.distrust = Some(Distrust::UNREADABLE);
                }
                continue;
            };
            let (revocation, judgement) =
                self.table.get_both::<Revocation, Judgement>(key, now, host);
            if let Some(revocation) = revocation.filter(|_| guard.heeds_revocations) {
                known.revoked.push((revocation.sanction(), each.clone()));
            }
            if judges
                && known.judgement.is_none()
                && let Some(origin) = self.origin(policy, key, subject)
            {
                known.judgement = judgement
                    .and_then(|judgement| judgement.good_for(&origin, now, session.max_age));
                known.keep.get_or_insert((key, origin));
            }
        }
        if let Some(distrust) = Distrust::of(&known.revoked, identity.sessions.len()) {
            known.distrust = Some(distrust);
        }
        known
    }

    fn origin(&self, policy: &Policy, key: RecordKey, subject: &Subject) -> Option<Origin> {
        let intelligence = policy.intelligence.as_ref()?;
        let prefix = subject.client?.prefix(intelligence.library.prefixes);
        let asn = subject.geoip.network.asn;
        let fingerprint = intelligence.fingerprint;
        Some(Origin::new(&self.keys, key, prefix, asn, fingerprint))
    }

    /// Keeps with the session what was found out.
    pub(super) fn judged(
        &self,
        policy: &Policy,
        known: &mut Known,
        knowledge: Knowledge,
        now: Time,
        host: &impl Host,
    ) {
        let (Some((key, origin)), Some(session)) = (known.keep.take(), &policy.session) else {
            return;
        };
        if let Some(judgement) = Judgement::new(knowledge, origin, now) {
            let written = self.table.put(key, &judgement, session.max_age, now, host);
            host.meter(Event::Session(SessionResult::Judged));
            count_written(written, host);
        }
    }

    /// Has the application told of a revocation.
    fn tell(&mut self, notice: Notice, cause: Cause, now: Time, host: &impl Host) {
        if let Some(outbox) = &mut self.outbox
            && let Some(dropped) = outbox.push(notice, cause, now)
        {
            host.meter(Event::Notice(NoticeResult::Dropped(dropped.cause)));
        }
    }

    /// The traces of the sessions of a request.
    fn traces(&self, subject: &Subject) -> Vec<Trace> {
        let sessions = subject
            .identity
            .iter()
            .flat_map(|identity| &identity.sessions);
        sessions
            .filter(|each| each.is_revocable())
            .filter_map(|each| Some(Trace::new(each, session::key(&self.keys, each)?)))
            .collect()
    }
}

/// What a verdict means for the session of a request that it comes too late for.
const fn sanction(action: Action) -> Option<Sanction> {
    match action {
        Action::Allow | Action::StepUp => None,
        Action::Challenge => Some(Sanction::Challenge),
        Action::Limit | Action::Deny => Some(Sanction::Deny),
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
