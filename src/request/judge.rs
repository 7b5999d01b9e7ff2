//! Signals and limits -> a verdict -> what happens next.

use super::account::HeadReadings;
use super::assessment::{Assessment, signals};
use super::engine::Engine;
use super::fleet::Then;
use super::resume::Telling;
use super::step::{Calling, Kept, Reading, Step, Verifying};
use super::subject::{Body, Subject};
use crate::callout::CallToken;
use crate::challenge::captcha::TokenId;
use crate::challenge::{Verifiable, Verification};
use crate::decision::{Action, Signals};
use crate::host::Host;
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::intelligence::Knowledge;
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::policy::Guard;
use crate::reply::Format;
use crate::route::names_method_in_body;
use crate::session::Known;
use crate::telemetry::Event;
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
        self.sessions.assessment(&mut session, knowledge, now, host);
        let geoip = subject.geoip;
        let is_shared = || knowledge.reputation().or(geoip).is_shared();
        self.agents
            .count(&mut subject.agent, subject.client, is_shared, now, host);
        let mut signals = signals(&self.policy, &subject, knowledge);
        for signal in signals.agent.held() {
            host.meter(Event::Agent(signal));
        }
        self.recall_asn(&mut signals, &subject.guard, now, host);
        let mut assessment = Assessment::new(subject, signals, session);
        self.conclude(&mut assessment, now, host);
        let identity = assessment.subject.identity.as_mut();
        let head = identity.and_then(|identity| identity.account.take());
        // Nothing is counted for a route for which it may turn out not to be.
        let is_denied =
            || assessment.is_ruled_by_all(&self.policy, &|action| action == Action::Deny);
        if assessment.subject.awaits_routes() && !is_denied() {
            return self.read_body(assessment, head, headers);
        }
        self.proceed(assessment, head, headers, now, host)
    }

    /// The lines of the head that are kept while the request waits: all, where the routes are found anew behind that.
    pub(super) fn lines_that_matter(
        &self,
        subject: &Subject,
        headers: &HeaderBlock,
    ) -> HeaderBlock {
        match subject.awaits_routes() {
            true => headers.clone(),
            false => self.challenger.lines_that_matter(headers),
        }
    }

    /// Adds what is learnt of the client's autonomous system, where anybody on the route asks for it.
    fn recall_asn(&self, signals: &mut Signals, guard: &Guard, now: Time, host: &impl Host) {
        if !guard.reads_asn_failures {
            return;
        }
        let asn = signals.reputation.network.asn;
        let rates = self.asn_rates.as_ref();
        let rate = asn
            .zip(rates)
            .and_then(|(asn, rates)| rates.failure_rate(asn, now, host));
        let known = rate.is_some();
        host.meter(Event::AsnRate { known });
        signals.asn_failure_rate = rate;
        signals.score = self.policy.weights.score(signals);
    }

    /// Goes on with what is known now: of the client, and of its answers to challenges.
    pub(super) fn proceed(
        &mut self,
        mut assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Step {
        self.answer(&mut assessment, headers, BodyBytes::Absent, now, host);
        let body = assessment.subject.body;
        if assessment.is_refused(&self.policy) {
            return self.refuse_or_read(assessment, head, headers, now, host);
        }
        let reads = |head: &HeadReadings| head.body() == BodyNeed::Needed;
        let awaits = head.as_ref().is_some_and(reads) || assessment.subject.reads_password();
        match head {
            head if body.comes() && awaits => {
                self.count(
                    &mut assessment,
                    Phase::WithoutAccount,
                    (headers, BodyBytes::Absent),
                    now,
                    host,
                );
                match assessment.is_refused(&self.policy) {
                    true => self.refuse_or_read(assessment, head, headers, now, host),
                    false => self.read_body(assessment, head, headers),
                }
            }
            head => {
                let bytes = match body {
                    Body::None => BodyBytes::Absent,
                    Body::Comes(_) | Body::Unread => BodyBytes::TooLarge,
                };
                // A body that nobody reads may name another method.
                assessment.subject.writes &= body == Body::None;
                if let Some(head) = head {
                    let accounts =
                        self.accounts(&assessment, head, bytes, now, (host, Telling(Some(host))));
                    assessment.identify(accounts);
                }
                if self.check_password(&mut assessment, (headers, bytes), now, host) {
                    return self.wait_for_range(assessment, (headers, bytes));
                }
                self.count(&mut assessment, Phase::All, (headers, bytes), now, host);
                self.refuse_or_read(assessment, None, headers, now, host)
            }
        }
    }

    /// Ends here, unless the client has brought a captcha, or the body is needed: it may hold what answers the
    /// challenge, and then the limits that were not asked still are; or it is the form that the page should carry.
    pub(super) fn refuse_or_read(
        &mut self,
        assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> Step {
        let come = match assessment.subject.body {
            Body::Comes(_) => None,
            Body::None => Some(BodyBytes::Absent),
            Body::Unread => Some(BodyBytes::TooLarge),
        };
        let mut assessment = assessment;
        match self.verify(&mut assessment, (headers, come), now, host) {
            Verification::Waits(id, call) => {
                return self.wait_for(id, call, assessment, head, (headers, come), now);
            }
            Verification::Failed => return self.proceed(assessment, head, headers, now, host),
            Verification::None => {}
        }
        if come.is_none()
            && assessment.enforced(&self.policy) == Action::Challenge
            && (self.body_may_answer(&mut assessment, headers)
                || self.carries(&assessment, headers))
        {
            return self.read_body(assessment, head, headers);
        }
        self.end_counted(assessment, head, (headers, come), now, host)
    }

    pub(super) fn read_body(
        &self,
        assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        headers: &HeaderBlock,
    ) -> Step {
        Step::Reads(Box::new(Reading {
            headers: self.lines_that_matter(&assessment.subject, headers),
            assessment,
            head,
        }))
    }

    fn wait_for(
        &self,
        id: TokenId,
        call: CallToken,
        assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, Option<BodyBytes<'_>>),
        now: Time,
    ) -> Step {
        Step::Calls(Calling::Verifying(Box::new(Verifying {
            body: Kept::new(body, &assessment.subject),
            assessment,
            head,
            headers: self.challenger.lines_that_matter(headers),
            id,
            call,
            since: now,
        })))
    }

    /// Asks the captcha's service about the token of a request that is challenged, if it has one.
    fn verify(
        &mut self,
        assessment: &mut Assessment,
        (headers, body): (&HeaderBlock, Option<BodyBytes<'_>>),
        now: Time,
        host: &impl Host,
    ) -> Verification {
        let Some(stream) = assessment.subject.stream else {
            return Verification::None;
        };
        if assessment.enforced(&self.policy) != Action::Challenge {
            return Verification::None;
        }
        let (client, answers) = assessment.answering(&self.policy);
        let request = Verifiable {
            client,
            stream,
            headers,
            body,
        };
        self.challenger
            .verify(request, answers, &mut self.calls, now, host)
    }

    fn body_may_answer(&self, assessment: &mut Assessment, headers: &HeaderBlock) -> bool {
        let (client, answers) = assessment.answering(&self.policy);
        self.challenger.body_may_answer(client, answers, headers)
    }

    fn carries(&self, assessment: &Assessment, headers: &HeaderBlock) -> bool {
        let (format, _) = self.format(assessment, headers);
        format == Format::Html && self.challenger.may_carry(headers)
    }

    /// Judges a request with its body.
    pub(super) fn proceed_with_body(
        &mut self,
        mut assessment: Box<Assessment>,
        mut head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Step {
        assessment.subject.writes &= match body {
            BodyBytes::Absent => true,
            BodyBytes::Whole(bytes) => !names_method_in_body(bytes),
            BodyBytes::TooLarge | BodyBytes::Late => false,
        };
        self.answer(&mut assessment, headers, body, now, host);
        if !assessment.is_refused(&self.policy) {
            if let Some(head) = head.take() {
                let accounts =
                    self.accounts(&assessment, head, body, now, (host, Telling(Some(host))));
                assessment.identify(accounts);
            }
            if self.check_password(&mut assessment, (headers, body), now, host) {
                return self.wait_for_range(assessment, (headers, body));
            }
            self.count(&mut assessment, Phase::All, (headers, body), now, host);
        }
        self.end_with_body(assessment, head, (headers, body), now, host)
    }

    /// Ends with the body, unless somebody is still to be asked.
    pub(super) fn end_with_body(
        &mut self,
        mut assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Step {
        match self.verify(&mut assessment, (headers, Some(body)), now, host) {
            Verification::Waits(id, call) => {
                self.wait_for(id, call, assessment, head, (headers, Some(body)), now)
            }
            Verification::Failed => {
                self.proceed_with_body(assessment, head, (headers, body), now, host)
            }
            Verification::None => {
                self.end_counted(assessment, head, (headers, Some(body)), now, host)
            }
        }
    }

    /// Ends, as soon as the fleet has counted it where it is to be.
    fn end_counted(
        &mut self,
        assessment: Box<Assessment>,
        head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, Option<BodyBytes<'_>>),
        now: Time,
        host: &impl Host,
    ) -> Step {
        let then = Then {
            head,
            headers,
            body,
            reads_on: false,
        };
        match self.tally(assessment, then, now, host) {
            Ok(tallying) => Step::Calls(Calling::Tallying(tallying)),
            Err((assessment, _)) => {
                let body = body.unwrap_or(BodyBytes::Absent);
                Step::Done(self.finish(assessment, (headers, body), now, host))
            }
        }
    }
}
