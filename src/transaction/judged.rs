//! A request as far as it has been judged, and the verdict that follows from it.

use super::account::AccountState;
use super::agents;
use super::answer::Answers;
use super::counting::{Excess, Open, Who};
use super::sessions::{Distrust, Known};
use super::subject::{Identified, Subject};
use super::travel::Journey;
use super::verdict::{JointVerdict, Ruling};
use crate::decision::{ACCOUNT_LATE, Action, Conclusion, Finding, Mode, Signals, Verdict};
use crate::identity::account::AccountLack;
use crate::intelligence::{Knowledge, Lack};
use crate::limits::CounterKey;
use crate::nonempty::NonEmpty;
use crate::policy::{Policy, Protection};
use crate::route::RouteIndex;

/// A request as far as it has been judged.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) subject: Subject,
    pub(super) signals: Signals,
    /// What is kept of its sessions.
    pub(super) session: Known,
    /// What the rules of each of its routes make of that.
    pub(super) rules: Option<NonEmpty<Conclusion>>,
    pub(super) account: AccountState,
    /// Where the client is, and who it is, where travel matters.
    pub(super) journey: Journey,
    /// The counters that have been asked.
    pub(super) asked: Vec<CounterKey>,
    /// The limits that it exceeds.
    pub(super) exceeded: Vec<Excess>,
    /// The counters that want to know what became of it.
    pub(super) open: Vec<Open>,
    /// How the client has answered the challenges that are asked of it.
    pub(super) answers: Answers,
}

impl Judged {
    pub(super) fn new(subject: Subject, signals: Signals) -> Self {
        Self {
            subject,
            signals,
            session: Known::default(),
            rules: None,
            account: AccountState::Open,
            journey: Journey::Open,
            asked: Vec::new(),
            exceeded: Vec::new(),
            open: Vec::new(),
            answers: Answers::default(),
        }
    }

    /// A client that only asks for a challenge.
    pub(super) fn asking(policy: &Policy, subject: Subject, knowledge: Knowledge) -> Self {
        let signals = signals(policy, &subject, knowledge);
        Self::new(subject, signals)
    }

    pub(super) fn who<'j>(&'j self, identity: &'j Identified) -> Who<'j> {
        Who {
            client: self.subject.client,
            signals: &self.signals,
            account: None,
            owners: self.account.owners(),
            is_sole: self.account.is_certain(),
            session: None,
            sessions: &identity.sessions,
            device: None,
            all_devices: false,
            agent: identity.agent(),
        }
    }

    /// The verdict of the rules, of the limits, and of what is not known: the strictest under all routes that it may be for.
    pub(super) fn verdict<'p>(&self, policy: &'p Policy) -> JointVerdict<'p> {
        let guard = &*self.subject.guard;
        let is_cleared = |ruling| self.is_cleared(policy, ruling);
        let mut verdict = self.ruled(policy, |_| true);
        let strict =
            |verdict: JointVerdict<'p>, ruling: Ruling<'p>, mode: Mode| match is_cleared(ruling) {
                true => verdict,
                false => verdict.with(ruling, mode),
            };
        if let Some(Distrust { reason, action, .. }) = self.session.distrust {
            let heeding = policy
                .candidates(guard)
                .filter(|(_, own)| own.heeds_revocations);
            for (route, own) in heeding {
                let ruling = Ruling::new(route, Finding::Session(reason, action));
                verdict = strict(verdict, ruling, own.ruleset.mode);
            }
        }
        if let AccountState::Read(accounts) = &self.account {
            for (group, lack) in &accounts.lacks {
                let is_missed = |route: &&RouteIndex| {
                    *lack != AccountLack::Missing || !guard.hidden.contains(route)
                };
                let routes = guard.accounts.get(*group).into_iter();
                let routes = routes.flat_map(NonEmpty::iter).filter(is_missed);
                for (route, own) in
                    routes.filter_map(|route| Some((*route, policy.protection(*route)?)))
                {
                    let finding = Finding::NoAccount(reason(*lack), own.on_missing_account);
                    verdict = strict(verdict, Ruling::new(route, finding), own.ruleset.mode);
                }
            }
        }
        for excess in &self.exceeded {
            let found = excess.under(policy).zip(policy.protection(excess.route));
            let Some((exceeded, own)) = found else {
                continue;
            };
            let mode = match exceeded.rule.mode {
                Mode::Enforce => own.ruleset.mode,
                Mode::Monitor => Mode::Monitor,
            };
            let ruling = Ruling::new(excess.route, Finding::Limit(exceeded));
            verdict = strict(verdict, ruling, mode);
        }
        let is_challenged = verdict.enforced.action() == Action::Challenge;
        if is_challenged && self.answers.captcha.is_unverifiable(policy) {
            verdict.enforced.finding = Finding::Unverifiable;
        }
        verdict
    }

    /// The strictest verdict of the rules alone, of the routes `of` which it is asked, without those whose challenge has been answered.
    pub(super) fn ruled<'p>(
        &self,
        policy: &'p Policy,
        of: impl Fn(&Protection) -> bool,
    ) -> JointVerdict<'p> {
        let guard = &*self.subject.guard;
        let candidates = policy.candidates(guard).enumerate();
        let verdicts = candidates.filter(|(_, (_, own))| of(own));
        let verdicts = verdicts.map(|(place, (route, own))| {
            let mut verdict = JointVerdict::of(route, self.ruled_by(place, own));
            if self.is_cleared(policy, verdict.enforced) {
                verdict.enforced.finding = Finding::Cleared;
            }
            verdict
        });
        verdicts
            .reduce(JointVerdict::joined)
            .unwrap_or(JointVerdict::clean(guard.routes.first))
    }

    /// The verdict of the rules of one route, at this place of its guard.
    fn ruled_by<'p>(&self, place: usize, protection: &'p Protection) -> Verdict<'p> {
        let ruleset = &protection.ruleset;
        let rules = self.rules.as_ref();
        match rules.and_then(|rules| rules.iter().nth(place)) {
            Some(conclusion) => ruleset.recall(*conclusion),
            None => ruleset.conclude(&self.signals),
        }
    }

    /// The routes on which one of the operator's lists lets it through.
    pub(super) fn exempting(&self, policy: &Policy) -> Vec<RouteIndex> {
        let candidates = policy.candidates(&self.subject.guard).enumerate();
        candidates
            .filter(|(place, (_, own))| self.ruled_by(*place, own).enforced.is_exempt())
            .map(|(_, (route, _))| route)
            .collect()
    }

    /// What happens to it.
    pub(super) fn enforced(&self, policy: &Policy) -> Action {
        self.verdict(policy).enforced.action()
    }

    /// Whether it does not reach the application.
    pub(super) fn is_refused(&self, policy: &Policy) -> bool {
        !self.enforced(policy).lets_through()
    }
}

/// The reason code of a request whose account nobody can tell.
const fn reason(lack: AccountLack) -> &'static str {
    match lack {
        AccountLack::Missing => "account_missing",
        AccountLack::Conflict => "account_conflict",
        AccountLack::ContentType => "account_content_type",
        AccountLack::Encoded => "account_encoded",
        AccountLack::TooLarge => "account_too_large",
        AccountLack::Late => ACCOUNT_LATE,
        AccountLack::Malformed => "account_malformed",
        AccountLack::NotText => "account_not_text",
        AccountLack::TooLong => "account_too_long",
    }
}

pub(super) fn signals(policy: &Policy, subject: &Subject, knowledge: Knowledge) -> Signals {
    let reputation = knowledge.reputation().or(subject.geoip);
    // When the API was asked and failed, a local database alone does not make the address known.
    let unknown = match knowledge {
        Knowledge::Lacking(_, Lack::Failed(_) | Lack::FailedBefore) => true,
        _ => reputation.is_unknown(),
    };
    let lists = policy
        .lists
        .memberships(subject.client, reputation.network.asn);
    let agent = agents::facts(policy, subject, &reputation, lists);
    let signals = Signals {
        agent,
        reputation,
        lists,
        private: subject.private,
        unknown: unknown.into(),
        ..Signals::NOTHING_KNOWN
    };
    Signals {
        score: policy.weights.score(&signals),
        ..signals
    }
}
