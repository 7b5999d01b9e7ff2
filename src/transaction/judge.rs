//! Signals and limits -> a verdict -> what happens.

use std::rc::Rc;

use super::account::{AccountState, Accounts, HeadReadings, Owner};
use super::agents;
use super::audit::AuditKind;
use super::captcha::Verification;
use super::counting::Phase;
use super::engine::Engine;
use super::judged::{Judged, signals};
use super::outcome::Outcome;
use super::report::Report;
use super::sessions::{Known, Visit};
use super::step::{Reading, Step};
use super::subject::{Body, Subject};
use super::verdict::{JointVerdict, Ruling};
use super::watch::Watch;
use crate::challenge::Ask;
use crate::challenge::page::Task;
use crate::decision::{Action, Finding, Mode};
use crate::device::{Device, Stranger};
use crate::host::Host;
use crate::identity::account::{Account, BodyBytes, BodyNeed};
use crate::intelligence::Knowledge;
use crate::message::HeaderBlock;
use crate::reply::{Format, LocalReply};
use crate::route::names_method_in_body;
use crate::telemetry::{Event, Meter, SessionResult};
use crate::time::Time;

impl Engine {
    /// Judges a request by what is known of its client, then by the limits, as far as its head tells who it is about.
    pub(super) fn judge(
        &mut self,
        mut subject: Subject,
        mut session: Known,
        knowledge: Knowledge,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Step {
        let policy = &self.policy;
        self.sessions
            .judged(policy, &mut session, knowledge, now, host);
        self.count_agent(&mut subject, knowledge, now, host);
        let mut signals = signals(policy, &subject, knowledge);
        agents::count(&signals, host);
        self.recall(&mut signals, &subject.guard, now, host);
        let mut judged = Judged::new(subject, signals);
        judged.session = session;
        self.conclude(&mut judged, now, host);
        let identity = judged.subject.identity.as_mut();
        let head = identity.and_then(|identity| identity.account.take());
        self.proceed(judged, head, headers, now, host)
    }

    /// Goes on with what is known now: of the client, and of its answers to challenges.
    pub(super) fn proceed(
        &mut self,
        mut judged: Judged,
        head: Option<HeadReadings>,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Step {
        self.answer(&mut judged, headers, BodyBytes::Absent, now, host);
        let body = judged.subject.body;
        if judged.is_refused(&self.policy) {
            return self.refuse_or_read(judged, head, headers, now, host);
        }
        match head {
            Some(head) if body.comes() && head.body() == BodyNeed::Needed => {
                self.count(
                    &mut judged,
                    Phase::WithoutAccount,
                    (headers, BodyBytes::Absent),
                    now,
                    host,
                );
                match judged.is_refused(&self.policy) {
                    true => self.refuse_or_read(judged, Some(head), headers, now, host),
                    false => {
                        let lines = self.lines_that_matter(headers);
                        Step::Reads(Reading::new(judged, Some(head), lines))
                    }
                }
            }
            head => {
                let bytes = match body {
                    Body::None => BodyBytes::Absent,
                    Body::Comes(_) | Body::Unread => BodyBytes::TooLarge,
                };
                // A body that nobody reads may name another method.
                judged.subject.writes &= body == Body::None;
                if let Some(head) = head {
                    self.identify(&mut judged, head, bytes, now, host);
                }
                self.count(&mut judged, Phase::All, (headers, bytes), now, host);
                self.refuse_or_read(judged, None, headers, now, host)
            }
        }
    }

    /// Ends here, unless the client has brought a captcha, or the body is needed: it may hold what answers the challenge, and then the
    /// limits that were not asked still are; or it is the form that the page should carry.
    fn refuse_or_read(
        &mut self,
        judged: Judged,
        head: Option<HeadReadings>,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Step {
        let come = match judged.subject.body {
            Body::Comes(_) => None,
            Body::None => Some(BodyBytes::Absent),
            Body::Unread => Some(BodyBytes::TooLarge),
        };
        let (mut judged, head) = match self.verify(judged, head, (headers, come), now, host) {
            Verification::Waits(verifying) => return Step::Verifies(verifying),
            Verification::Failed(judged, head) => {
                return self.proceed(judged, head, headers, now, host);
            }
            Verification::None(judged, head) => (judged, head),
        };
        if come.is_none()
            && judged.enforced(&self.policy) == Action::Challenge
            && (self.body_may_answer(&mut judged, headers) || self.carries(&judged, headers))
        {
            return Step::Reads(Reading::new(judged, head, self.lines_that_matter(headers)));
        }
        let body = come.unwrap_or(BodyBytes::Absent);
        Step::Done(self.finish(judged, (headers, body), now, host))
    }

    fn carries(&self, judged: &Judged, headers: &HeaderBlock) -> bool {
        self.format(judged, headers) == Format::Html && self.may_carry(headers)
    }

    /// Judges a request with its body.
    pub(super) fn proceed_with_body(
        &mut self,
        mut judged: Judged,
        mut head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Step {
        judged.subject.writes &= match body {
            BodyBytes::Absent => true,
            BodyBytes::Whole(bytes) => !names_method_in_body(bytes),
            BodyBytes::TooLarge | BodyBytes::Late => false,
        };
        self.answer(&mut judged, headers, body, now, host);
        if !judged.is_refused(&self.policy) {
            if let Some(head) = head.take() {
                self.identify(&mut judged, head, body, now, host);
            }
            self.count(&mut judged, Phase::All, (headers, body), now, host);
        }
        match self.verify(judged, head, (headers, Some(body)), now, host) {
            Verification::Waits(verifying) => Step::Verifies(verifying),
            Verification::Failed(judged, head) => {
                self.proceed_with_body(judged, head, (headers, body), now, host)
            }
            Verification::None(judged, _) => {
                Step::Done(self.finish(judged, (headers, body), now, host))
            }
        }
    }

    /// Finds out which account the request is about, to each of its routes, and whether its device is known.
    pub(super) fn identify(
        &self,
        judged: &mut Judged,
        head: HeadReadings,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Meter,
    ) {
        let policy = &self.policy;
        let mut accounts = Accounts::default();
        for (group, result) in head.conclude(policy, &judged.subject.guard, body) {
            match result {
                Ok(candidates) => {
                    for account in candidates {
                        let mut owners = accounts.owners.iter_mut();
                        match owners.find(|owner| owner.account == account) {
                            // Nobody knows which spelling the application takes.
                            Some(known) => {
                                if known.account.also_written(&account) {
                                    known.device = None;
                                }
                            }
                            None => {
                                let device = self.device(&account, &judged.subject, now, host);
                                accounts.owners.push(Owner { account, device });
                            }
                        }
                    }
                }
                Err(lack) => {
                    host.meter(Event::AccountLack(lack));
                    accounts.lacks.push((group, lack));
                }
            }
        }
        judged.account = AccountState::Read(accounts);
    }

    /// The device of the request, if it is known to this account.
    fn device(
        &self,
        account: &Account,
        subject: &Subject,
        now: Time,
        host: &impl Meter,
    ) -> Option<Device> {
        let (devices, identity) = (self.policy.devices.as_ref()?, subject.identity.as_ref()?);
        let realm = subject.guard.realm.as_deref()?;
        match devices.find((realm, account), identity.cookies(), now) {
            Ok(device) => {
                host.meter(Event::DeviceKnown);
                Some(device)
            }
            Err(Stranger::Absent) => None,
            Err(stranger) => {
                host.meter(Event::DeviceRefused(stranger));
                None
            }
        }
    }

    /// Asks the limits of a phase.
    pub(super) fn count(
        &self,
        judged: &mut Judged,
        phase: Phase,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) {
        let policy = &self.policy;
        let guard = Rc::clone(&judged.subject.guard);
        let counting = &self.counting;
        if phase == Phase::All && self.conclude_again(judged, now, host) {
            self.answer(judged, headers, body, now, host);
        }
        let exempting = judged.exempting(policy);
        let mut questions = match &judged.subject.identity {
            Some(identity) if !judged.is_refused(policy) => {
                let who = judged.who(identity);
                let asks = (phase, exempting.as_slice(), judged.asked.as_slice());
                counting.questions(policy, &guard, &who, asks)
            }
            _ => Vec::new(),
        };
        // Behind a limit whose challenge has been answered there are others.
        while let Some(identity) = judged
            .subject
            .identity
            .as_ref()
            .filter(|_| !questions.is_empty())
        {
            let who = judged.who(identity);
            let asked = counting.ask(&mut questions, policy, &who, now, host);
            judged.asked.extend(asked.keys);
            judged.exceeded.extend(asked.exceeded);
            judged.open.extend(asked.open);
            self.answer(judged, headers, body, now, host);
            if judged.is_refused(policy) {
                return;
            }
        }
        self.answer(judged, headers, body, now, host);
    }

    /// A request that does not go on has not failed either.
    pub(super) fn take_back(&self, judged: &mut Judged, now: Time, host: &impl Host) {
        let open = std::mem::take(&mut judged.open);
        self.counting.take_back(&self.policy, &open, now, host);
    }

    /// Tells everybody what was decided.
    pub(super) fn finish(
        &mut self,
        mut judged: Judged,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Outcome {
        let reference = self.references.make();
        let audit = match judged.is_refused(&self.policy) {
            true => {
                self.take_back(&mut judged, now, host);
                let kind = match self.revoke_now(&judged, now, host) {
                    true => AuditKind::Revocation,
                    false => AuditKind::Refusal,
                };
                self.audit.take(kind, now)
            }
            false => None,
        };
        let policy = &self.policy;
        let cookies = self.earned(&judged, headers);
        let verdict = judged.verdict(policy);
        count(verdict, host);
        for list in judged.signals.lists.held() {
            host.meter(Event::ListHit(list));
        }
        let connection = judged.signals.reputation.connection();
        if !verdict.enforced.action().lets_through() {
            host.meter(Event::RefusedConnection(connection));
        } else if let Some(would) = verdict.monitored
            && !would.action().lets_through()
        {
            host.meter(Event::MonitoredConnection(connection));
        }
        let report = Report::new(&judged, verdict, policy, &reference);
        let strip = judged.subject.strip;
        if verdict.enforced.action().lets_through() {
            let mut pass = report.pass(strip);
            pass.cookies = cookies;
            pass.request_cookies.clone_from(&judged.session.cookies);
            if let Some(earlier) = &judged.subject.earlier {
                earlier.join(&mut pass);
            }
            let visit = Visit::of(&self.sessions, &judged);
            return Outcome::Pass(pass, Watch::of(judged, visit));
        }
        if audit.is_none() {
            host.meter(Event::AuditLineDropped);
        }
        let format = self.format(&judged, headers);
        let challenged = verdict.enforced.action() == Action::Challenge;
        let captcha = self.captcha_for(&judged).filter(|_| challenged);
        let work = (challenged && captcha.is_none()).then(|| self.challenge(&judged, now, host));
        let ask = match (captcha, &work) {
            (Some(captcha), _) => Some(Ask::Captcha(captcha)),
            (None, Some(work)) => Some(Ask::Work(work)),
            (None, None) => None,
        };
        if challenged {
            host.meter(Event::ChallengeIssued);
        }
        let mut refused = report.refused(strip, format, ask, audit);
        // Without a widget only the application's own pages have one, and there is nothing to show here.
        let task = ask.and_then(|ask| match ask {
            Ask::Work(work) => Some(Task::Work(work)),
            Ask::Captcha(captcha) => captcha.widget().map(Task::Captcha),
        });
        if let (Some(task), Format::Html) = (task, format) {
            refused.reply = LocalReply {
                status: refused.reply.status,
                details: refused.reply.details,
                ..self.challenge_page(&judged, task, (headers, body), &reference, host)
            };
        }
        let set = cookies
            .into_iter()
            .map(|cookie| ("set-cookie", cookie.into()));
        refused.reply.headers.extend(set);
        self.sign_out(&judged, verdict.enforced, &mut refused.reply);
        Outcome::Refuse(Box::new(refused))
    }

    /// What is told about a request whose head must go on before its body has been judged.
    pub(super) fn pass_so_far(&mut self, judged: &Judged) -> super::Pass {
        let policy = &self.policy;
        let reference = self.references.make();
        let verdict = judged.verdict(policy);
        let mut pass = Report::new(judged, verdict, policy, &reference).pass(judged.subject.strip);
        if let Some(earlier) = &judged.subject.earlier {
            earlier.join(&mut pass);
        }
        pass.request_cookies.clone_from(&judged.session.cookies);
        pass
    }
}

/// Under the route whose rule or limit decided; where none did, under the one that an honest client means.
fn count(verdict: JointVerdict<'_>, host: &impl Meter) {
    let hit = |ruling: Ruling<'_>, mode: Mode| {
        if let Finding::Rule(rule, _) = ruling.finding {
            let route = ruling.route;
            host.meter(Event::RuleHit { route, rule, mode });
        }
    };
    let Ruling { route, finding } = verdict.enforced;
    let action = finding.action();
    host.meter(Event::Request { route, action });
    hit(verdict.enforced, Mode::Enforce);
    if matches!(finding, Finding::Session(..)) {
        host.meter(Event::Session(SessionResult::Refused));
    }
    if let Some(monitored) = verdict.monitored {
        let (route, action) = (monitored.route, monitored.action());
        host.meter(Event::Monitored { route, action });
        hit(monitored, Mode::Monitor);
    }
}
