//! Signals and limits -> a verdict -> what happens.

use super::Host;
use super::counting::{Excess, Open, Phase, Who};
use super::engine::Engine;
use super::outcome::Outcome;
use super::report::Report;
use super::step::{Reading, Step};
use super::subject::{Body, Identified, Subject};
use super::watch::Watch;
use crate::config::{Policy, Protection};
use crate::decision::{Finding, Mode, Signals, Verdict};
use crate::device::{Device, Stranger};
use crate::identity::account::{Account, AccountLack, BodyBytes, BodyNeed, HeadReading};
use crate::intelligence::{Knowledge, Lack};
use crate::reply::Format;
use crate::route::RouteIndex;
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// A request as far as it has been judged.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) subject: Subject,
    pub(super) signals: Signals,
    pub(super) account: AccountState,
    /// The device from which the account has been used before.
    pub(super) device: Option<Device>,
    /// The limits that it exceeds.
    pub(super) exceeded: Vec<Excess>,
    /// The counters that want to know what became of it.
    pub(super) open: Vec<Open>,
}

/// Which account a request is about.
#[derive(Debug)]
pub(super) enum AccountState {
    /// Nobody needs to know, or not yet.
    Open,
    /// This one.
    Known(Account),
    /// Nobody can tell.
    Lacking(AccountLack),
}

impl Engine {
    /// Judges a request by what is known of its client, then by the limits, as far as its head tells who it is about.
    pub(super) fn judge(
        &mut self,
        subject: Subject,
        knowledge: Knowledge,
        format: impl FnOnce() -> Format,
        now: Time,
        host: &impl Host,
    ) -> Step {
        let policy = &self.policy;
        let Some(protection) = policy.protection(subject.route) else {
            return Step::Done(Outcome::Unprotected { strip: true });
        };
        let mut judged = Judged {
            signals: signals(policy, &subject, knowledge),
            subject,
            account: AccountState::Open,
            device: None,
            exceeded: Vec::new(),
            open: Vec::new(),
        };
        let verdict = protection.ruleset.conclude(&judged.signals);
        let goes_on = verdict.enforced.action().lets_through();
        let identity = judged.subject.identity.as_mut();
        if let Some(identity) = identity.filter(|_| goes_on) {
            let head = identity.account.take();
            let body = identity.body;
            match head {
                Some(head) if body == Body::Comes && head.body() == BodyNeed::Needed => {
                    self.count(&mut judged, Phase::WithoutAccount, now, host);
                    if !judged.is_refused(&self.policy) {
                        return Step::Reads(Box::new(Reading {
                            format: format(),
                            head,
                            judged,
                        }));
                    }
                }
                Some(head) => {
                    let body = match body {
                        Body::None => BodyBytes::Absent,
                        Body::Comes | Body::Endless => BodyBytes::TooLarge,
                    };
                    self.identify(&mut judged, head, body, now, host);
                    self.count(&mut judged, Phase::All, now, host);
                }
                None => self.count(&mut judged, Phase::All, now, host),
            }
        }
        Step::Done(self.finish(judged, format, now, host))
    }

    /// Finds out which account the request is about, and whether its device is known.
    pub(super) fn identify(
        &self,
        judged: &mut Judged,
        head: HeadReading,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Meter,
    ) {
        let policy = &self.policy;
        let sources = policy
            .protection(judged.subject.route)
            .and_then(|protection| protection.account.as_ref());
        let Some(sources) = sources else {
            return;
        };
        judged.account = match head.conclude(sources, body) {
            Ok(account) => AccountState::Known(account),
            Err(lack) => {
                host.meter(Event::AccountLack(lack));
                AccountState::Lacking(lack)
            }
        };
        let (AccountState::Known(account), Some(devices), Some(identity)) =
            (&judged.account, &policy.devices, &judged.subject.identity)
        else {
            return;
        };
        judged.device = match devices.find(account, identity.cookies(), now) {
            Ok(device) => {
                host.meter(Event::DeviceKnown);
                Some(device)
            }
            Err(Stranger::Absent) => None,
            Err(stranger) => {
                host.meter(Event::DeviceRefused(stranger));
                None
            }
        };
    }

    /// Asks the limits of a phase.
    pub(super) fn count(&self, judged: &mut Judged, phase: Phase, now: Time, host: &impl Host) {
        let policy = &self.policy;
        let protection = policy.protection(judged.subject.route);
        let (Some(counting), Some(protection)) = (&self.counting, protection) else {
            return;
        };
        if let Some(identity) = &judged.subject.identity
            && !judged.is_refused(policy)
        {
            let who = judged.who(identity);
            let verdict = protection.ruleset.conclude(&judged.signals);
            let exempt = verdict.enforced.is_exempt();
            let asked = counting.ask(policy, protection, &who, (phase, exempt), now, host);
            judged.exceeded.extend(asked.exceeded);
            judged.open.extend(asked.open);
        }
        // A request that does not go on has not failed either.
        if judged.is_refused(policy) {
            counting.take_back(policy, &std::mem::take(&mut judged.open), now, host);
        }
    }

    /// Tells everybody what was decided.
    pub(super) fn finish(
        &mut self,
        judged: Judged,
        format: impl FnOnce() -> Format,
        now: Time,
        host: &impl Meter,
    ) -> Outcome {
        let policy = &self.policy;
        let Some(protection) = policy.protection(judged.subject.route) else {
            return Outcome::Unprotected { strip: true };
        };
        let verdict = judged.verdict(policy, protection);
        count(judged.subject.route, verdict, host);
        let reference = self.references.make();
        let report = Report {
            policy,
            protection,
            client: judged.subject.client,
            signals: &judged.signals,
            exceeded: &judged.exceeded,
            verdict,
            reference: &reference,
        };
        let strip = judged.subject.strip;
        if verdict.enforced.action().lets_through() {
            let pass = report.pass(strip);
            return Outcome::Pass(pass, Watch::of(protection, judged));
        }
        let audit = self.audit.take(now);
        if audit.is_none() {
            host.meter(Event::AuditLineDropped);
        }
        Outcome::Refuse(Box::new(report.refused(strip, format(), audit)))
    }

    /// What is told about a request whose head must go on before its body has been judged.
    pub(super) fn pass_so_far(&mut self, judged: &Judged) -> super::Pass {
        let policy = &self.policy;
        let Some(protection) = policy.protection(judged.subject.route) else {
            return super::Pass::default();
        };
        let reference = self.references.make();
        Report {
            policy,
            protection,
            client: judged.subject.client,
            signals: &judged.signals,
            exceeded: &judged.exceeded,
            verdict: judged.verdict(policy, protection),
            reference: &reference,
        }
        .pass(judged.subject.strip)
    }
}

impl Judged {
    pub(super) fn who<'j>(&'j self, identity: &'j Identified) -> Who<'j> {
        Who {
            client: self.subject.client,
            signals: &self.signals,
            account: match &self.account {
                AccountState::Known(account) => Some(account.as_bytes()),
                AccountState::Open | AccountState::Lacking(_) => None,
            },
            session: None,
            sessions: &identity.sessions,
            device: self.device.as_ref().map(|device| &device.id.bytes()[..]),
            agent: identity.agent(),
        }
    }

    /// The verdict of the rules, of the limits, and of what is not known.
    fn verdict<'p>(&self, policy: &'p Policy, protection: &'p Protection) -> Verdict<'p> {
        let ruleset = &protection.ruleset;
        let mut verdict = ruleset.conclude(&self.signals);
        if let AccountState::Lacking(lack) = &self.account {
            let finding = Finding::NoAccount(reason(*lack), protection.on_missing_account);
            verdict = verdict.with(finding, ruleset.mode);
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
            verdict = verdict.with(Finding::Limit(exceeded), mode);
        }
        verdict
    }

    fn is_refused(&self, policy: &Policy) -> bool {
        policy
            .protection(self.subject.route)
            .is_some_and(|protection| {
                let verdict = self.verdict(policy, protection);
                !verdict.enforced.action().lets_through()
            })
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

fn signals(policy: &Policy, subject: &Subject, knowledge: Knowledge) -> Signals {
    let reputation = knowledge.reputation().or(subject.geoip);
    // When the API was asked and failed, a local database alone does not make the address known.
    let unknown = match knowledge {
        Knowledge::Lacking(_, Lack::Failed(_) | Lack::FailedBefore) => true,
        _ => reputation.is_unknown(),
    };
    let lists = policy.memberships(subject.client, reputation.network.asn);
    Signals {
        reputation,
        score: policy.weights.score(&reputation, lists),
        lists,
        private: subject.private,
        unknown: unknown.into(),
    }
}

fn count(route: RouteIndex, verdict: Verdict<'_>, host: &impl Meter) {
    let hit = |finding: Finding<'_>, mode: Mode| {
        if let Finding::Rule(rule, _) = finding {
            host.meter(Event::RuleHit { route, rule, mode });
        }
    };
    let action = verdict.enforced.action();
    host.meter(Event::Request { route, action });
    hit(verdict.enforced, Mode::Enforce);
    if let Some(monitored) = verdict.monitored {
        let action = monitored.action();
        host.meter(Event::Monitored { route, action });
        hit(monitored, Mode::Monitor);
    }
}
