//! A request as far as it has been judged, and the verdict that follows from it.

use super::agents;
use super::answer::Answers;
use super::counting::{Excess, Open, Who};
use super::sessions::Known;
use super::subject::{Identified, Subject};
use super::travel::Journey;
use crate::config::{Policy, Protection};
use crate::decision::{Action, Conclusion, Finding, Mode, Signals, Trip, Verdict};
use crate::device::Device;
use crate::identity::account::{AccountLack, Accounts};
use crate::intelligence::{Knowledge, Lack};
use crate::limits::CounterKey;

/// A request as far as it has been judged.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) subject: Subject,
    pub(super) signals: Signals,
    /// What is kept of its sessions.
    pub(super) session: Known,
    /// What the rules make of that.
    pub(super) rules: Option<Conclusion>,
    pub(super) account: AccountState,
    /// Where the client is, and who it is, where travel matters.
    pub(super) journey: Journey,
    /// The device from which the account has been used before.
    pub(super) device: Option<Device>,
    /// The counters that have been asked.
    pub(super) asked: Vec<CounterKey>,
    /// The limits that it exceeds.
    pub(super) exceeded: Vec<Excess>,
    /// The counters that want to know what became of it.
    pub(super) open: Vec<Open>,
    /// How the client has answered the challenges that are asked of it.
    pub(super) answers: Answers,
}

/// Which account a request is about.
#[derive(Debug)]
pub(super) enum AccountState {
    /// Nobody needs to know, or not yet.
    Open,
    /// This one, or, where readers differ, one of these.
    Known(Accounts),
    /// Nobody can tell.
    Lacking(AccountLack),
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
            device: None,
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
            accounts: self.accounts(),
            session: None,
            sessions: &identity.sessions,
            device: self.device.as_ref().map(|device| &device.id.bytes()[..]),
            agent: identity.agent(),
        }
    }

    /// The accounts that it may be about, if that is known.
    pub(super) const fn accounts(&self) -> Option<&Accounts> {
        match &self.account {
            AccountState::Known(accounts) => Some(accounts),
            AccountState::Open | AccountState::Lacking(_) => None,
        }
    }

    /// The verdict of the rules, of the limits, and of what is not known.
    pub(super) fn verdict<'p>(
        &self,
        policy: &'p Policy,
        protection: &'p Protection,
    ) -> Verdict<'p> {
        let ruleset = &protection.ruleset;
        let mut verdict = self.ruled(protection);
        let is_cleared = |finding: Finding<'_>| {
            finding.action() == Action::Challenge && self.answers.has_cleared(finding.asker())
        };
        if is_cleared(verdict.enforced) {
            verdict.enforced = Finding::Cleared;
        }
        if let Some((reason, action)) = self.session.distrust {
            let finding = Finding::Session(reason, action);
            if !is_cleared(finding) {
                verdict = verdict.with(finding, ruleset.mode);
            }
        }
        if let AccountState::Lacking(lack) = &self.account {
            let finding = Finding::NoAccount(reason(*lack), protection.on_missing_account);
            if !is_cleared(finding) {
                verdict = verdict.with(finding, ruleset.mode);
            }
        }
        for exceeded in self
            .exceeded
            .iter()
            .filter_map(|excess| excess.under(policy))
        {
            let mode = match exceeded.rule.mode {
                Mode::Enforce => ruleset.mode,
                Mode::Monitor => Mode::Monitor,
            };
            let finding = Finding::Limit(exceeded);
            if !is_cleared(finding) {
                verdict = verdict.with(finding, mode);
            }
        }
        let is_challenged = verdict.enforced.action() == Action::Challenge;
        if is_challenged && self.answers.captcha.is_unverifiable(policy) {
            verdict.enforced = Finding::Unverifiable;
        }
        verdict
    }

    /// The verdict of the rules alone.
    pub(super) fn ruled<'p>(&self, protection: &'p Protection) -> Verdict<'p> {
        let ruleset = &protection.ruleset;
        match self.rules {
            Some(conclusion) => ruleset.recall(conclusion),
            None => ruleset.conclude(&self.signals),
        }
    }

    /// What happens to it.
    pub(super) fn enforced(&self, policy: &Policy) -> Action {
        let protection = policy.protection(self.subject.route);
        protection.map_or(Action::Allow, |protection| {
            self.verdict(policy, protection).enforced.action()
        })
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
        score: None,
        lists,
        asn_failure_rate: None,
        private: subject.private,
        unknown: unknown.into(),
        trip: Trip::Unknown,
    };
    Signals {
        score: policy.weights.score(&signals),
        ..signals
    }
}
