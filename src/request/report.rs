//! A verdict -> what application and client are told.

use std::borrow::Cow;
use std::time::Duration;

use super::assessment::Assessment;
use super::context::Dictionary;
use super::form::Form;
use super::members::Members;
use super::names::{MONITORED, OFFER, STEP_UP};
use super::pass::{Pass, Refused};
use super::verdict::JointVerdict;
use crate::address::ClientAddress;
use crate::challenge::Ask;
use crate::decision::{ACCOUNT_LATE, Action, Rule, Signals, VerdictCause};
use crate::limits::Excess;
use crate::policy::{Guard, Policy};
use crate::principal::Owner;
use crate::reply::{self, Kind, Quota, Refusal, Status, Usual};
use crate::signals::{Annotation, Fact, Measure};
use crate::travel::Travel;

/// One judged request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'r> {
    pub(super) policy: &'r Policy,
    pub(super) guard: &'r Guard,
    pub(super) client: Option<ClientAddress>,
    /// Whether its answer matters, and it has headers by which the client chooses what that looks like.
    pub(super) steered: bool,
    pub(super) signals: &'r Signals,
    /// The limits that the request exceeds.
    pub(super) exceeded: &'r [Excess],
    pub(super) verdict: JointVerdict<'r>,
    pub(super) reference: &'r str,
    /// The accounts that it may be about, as far as that has been looked for.
    pub(super) owners: &'r [Owner],
}

/// What a client is told where the operator says nothing.
pub(super) fn usual(cause: VerdictCause<'_>) -> Usual {
    match cause {
        VerdictCause::Unknown(Action::Challenge)
        | VerdictCause::Session(_, Action::Challenge)
        | VerdictCause::NoAccount(_, Action::Challenge)
        | VerdictCause::Rule(
            _,
            Rule {
                then: Action::Challenge,
                ..
            },
        ) => Usual::Proof,
        VerdictCause::Unknown(_) => Usual::Unchecked,
        VerdictCause::NoAccount(ACCOUNT_LATE, _) => Usual::Late,
        VerdictCause::NoAccount(..) => Usual::NoAccount,
        VerdictCause::Limit(exceeded) => match exceeded.rule.then {
            Action::Challenge => Usual::Proof,
            _ => Usual::TooMany,
        },
        VerdictCause::Session(..) => Usual::SignedOut,
        VerdictCause::Unverifiable => Usual::Captcha,
        VerdictCause::Rule(..) | VerdictCause::Cleared | VerdictCause::Clean => Usual::Network,
    }
}

/// After how long another attempt is worth while. Of an account nobody learns from us how long it has been under
/// attack: the limit's window is the same for all.
const fn retry_after(cause: VerdictCause<'_>) -> Option<Duration> {
    match cause {
        VerdictCause::Limit(exceeded) if exceeded.rule.tells_quota => Some(exceeded.retry_after),
        VerdictCause::Limit(exceeded) => Some(exceeded.window),
        _ => None,
    }
}

/// What a client is told of a limit that it exceeds.
fn quota(cause: VerdictCause<'_>) -> Option<Quota<'_>> {
    match cause {
        VerdictCause::Limit(exceeded) if exceeded.rule.tells_quota => Some(Quota {
            name: &exceeded.rule.name,
            quota: exceeded.quota,
            window: exceeded.window,
            retry_after: exceeded.retry_after,
        }),
        _ => None,
    }
}

impl<'r> Report<'r> {
    #[inline(never)]
    pub(super) fn new(
        assessment: &'r Assessment,
        verdict: JointVerdict<'r>,
        policy: &'r Policy,
        reference: &'r str,
    ) -> Self {
        Self {
            policy,
            guard: &assessment.subject.guard,
            client: assessment.subject.client,
            steered: assessment.subject.steered && assessment.subject.guard.watches,
            signals: assessment.signals(),
            exceeded: assessment.exceeded(),
            verdict,
            reference,
            owners: assessment.account().owners(),
        }
    }
}

impl Report<'_> {
    /// What is told about a request that goes on.
    pub(super) fn pass(&self, strip: bool) -> Pass {
        let mut pass = Pass {
            strip,
            request_cookies: None,
            cookies: Vec::new(),
            plain_answer: self.guard.watches && (self.guard.seeks_sessions || self.reads_bodies()),
            unsteered: self.steered,
            headers: Vec::with_capacity(self.policy.annotations.headers.len().saturating_add(2)),
            state: None,
            audit: None,
        };
        for annotation in &self.policy.annotations.headers {
            if let Some(value) = self.annotation(*annotation) {
                pass.headers.push((annotation.header(), value));
            }
        }
        if !self
            .policy
            .annotations
            .headers
            .contains(&Annotation::Context)
        {
            let step_up = self.step_up().map(str::to_owned);
            pass.headers
                .extend(step_up.map(|step_up| (STEP_UP, step_up.into())));
            let monitored = self.verdict.monitored;
            pass.headers
                .extend(monitored.map(|ruling| (MONITORED, ruling.action().name().into())));
        }
        if self.policy.annotations.filter_state {
            pass.state = Some(self.state());
        }
        pass
    }

    /// Whether any of those who look at the answer looks at its body.
    fn reads_bodies(&self) -> bool {
        let mut routes = self.guard.classifiers.iter();
        routes.any(|route| {
            let protection = self.policy.protection(*route);
            protection.is_some_and(|protection| protection.classifier.reads_bodies())
        })
    }

    /// What the application is told to ask for, by the route that wants it.
    fn step_up(&self) -> Option<&str> {
        let steps_up = self.verdict.enforced.action() == Action::StepUp;
        let protection = self.policy.protection(self.verdict.enforced.route);
        protection
            .filter(|_| steps_up)
            .map(|protection| protection.step_up.as_str())
    }

    /// What is told about a request that is refused.
    #[inline(never)]
    pub(super) fn refused(
        &self,
        strip: bool,
        Form {
            format, language, ..
        }: Form,
        ask: Option<Ask<'_>>,
        audit: Option<String>,
    ) -> Refused {
        let cause = self.verdict.enforced.cause;
        let kind = match cause.action() {
            Action::Challenge => Kind::ChallengeRequired,
            Action::Limit => Kind::Limited,
            _ => Kind::Denied,
        };
        let usual = usual(cause);
        let next = match cause.message() {
            Some(_) => "",
            None => usual.next(language),
        };
        let protection = self.policy.protection(self.verdict.enforced.route);
        let own = protection.and_then(|own| own.refusals.as_deref());
        let own = own.and_then(|own| own.of(kind, matches!(cause, VerdictCause::NoAccount(..))));
        let refusal = Refusal {
            status: Status::new(cause.status()).unwrap_or_default(),
            kind,
            code: cause.reason(self.signals),
            title: reply::title(kind, language),
            message: cause.message().unwrap_or_else(|| usual.message(language)),
            next,
            language,
            contact: self.policy.contact.as_ref(),
            quota: quota(cause),
            retry_after: retry_after(cause),
            ask,
            own,
            reference: self.reference,
        };
        Refused {
            strip,
            reply: reply::render(&refusal, format, &self.policy.reply_templates),
            state: self.state(),
            audit,
        }
    }

    /// All that the application is told beside the verdict.
    fn context(&self) -> String {
        let mut context = Dictionary::default();
        if let Some(reason) = self.reason() {
            context.text("reason", reason);
        }
        if let Some(step_up) = self.step_up() {
            context.text("step_up", step_up);
        }
        if self.offers_passkey() {
            context.token("passkey", OFFER);
        }
        if let Some(monitored) = self.verdict.monitored {
            context.token("monitored", monitored.action().name());
        }
        self.write_known(&mut context);
        context.list("lists", &self.lists().collect::<Vec<_>>());
        context.list("limits", &self.limits());
        context.text("ref", self.reference);
        context.into_text()
    }

    /// What is known of the client.
    pub(super) fn write_known(&self, to: &mut impl Members) {
        let network = &self.signals.reputation.network;
        for (measure, number) in self.signals.numbers() {
            to.integer(measure.name(), number.into());
        }
        to.list("signals", &self.held().collect::<Vec<_>>());
        if let Some(asn) = network.asn {
            to.integer("asn", asn.get().into());
        }
        if let Some(kind) = network.asn_type {
            to.token("asn_type", kind.name());
        }
        if let Some(connection) = self.signals.reputation.connection() {
            to.token("connection", connection.name());
        }
        if let Some(country) = &network.country {
            to.text("country", country.as_str());
        }
        if let Some(ja4) = &self.signals.ja4 {
            to.text("ja4", ja4.as_str());
        }
    }

    fn reason(&self) -> Option<&str> {
        let monitored = self.verdict.monitored.map(|ruling| ruling.cause);
        let cause = match self.verdict.enforced.cause {
            VerdictCause::Clean => monitored.unwrap_or(VerdictCause::Clean),
            cause => cause,
        };
        (cause != VerdictCause::Clean).then(|| cause.reason(self.signals))
    }

    fn annotation(&self, annotation: Annotation) -> Option<Cow<'static, str>> {
        let network = &self.signals.reputation.network;
        match annotation {
            Annotation::Verdict => Some(self.verdict.enforced.action().name().into()),
            Annotation::Context => Some(self.context().into()),
            Annotation::Reason => self.reason().map(|reason| reason.to_owned().into()),
            Annotation::Score => self.number(Measure::Score),
            Annotation::Signals => listed(self.held()),
            Annotation::Asn => network.asn.map(|asn| asn.to_string().into()),
            Annotation::AsnType => network.asn_type.map(|kind| kind.name().into()),
            Annotation::AsnFailureRate => self.number(Measure::AsnFailureRate),
            Annotation::Connection => {
                let connection = self.signals.reputation.connection();
                connection.map(|kind| kind.name().into())
            }
            Annotation::Country => network
                .country
                .map(|country| country.as_str().to_owned().into()),
            Annotation::Ja4 => self.signals.ja4.map(|ja4| ja4.as_str().to_owned().into()),
            Annotation::Travel => self.signals.travel.travel().map(|travel| {
                let Travel { km, speed, .. } = travel;
                format!("km={km}, speed={speed}").into()
            }),
            Annotation::PasswordBreaches => self.number(Measure::PasswordBreaches),
            Annotation::Passkey => self.offers_passkey().then_some(OFFER.into()),
            Annotation::Lists => listed(self.lists()),
            Annotation::Limits => listed(self.limits().into_iter()),
            Annotation::Ref => Some(self.reference.to_owned().into()),
        }
    }

    /// Whether a passkey would be better than how it logs in.
    fn offers_passkey(&self) -> bool {
        self.guard.password.offers_passkey && self.signals.breach.has_password()
    }

    fn number(&self, measure: Measure) -> Option<Cow<'static, str>> {
        let number = self.signals.number(measure)?;
        Some(number.to_string().into())
    }

    /// The names of the signals that hold.
    fn held(&self) -> impl Iterator<Item = &'static str> {
        self.signals.held().map(Fact::name)
    }

    /// The names of the lists that hold the client.
    pub(super) fn lists(&self) -> impl Iterator<Item = &str> {
        let held = self.signals.lists.held();
        held.filter_map(|list| self.policy.lists.name(list))
    }

    /// The names of the limits that the request exceeds.
    fn limits(&self) -> Vec<&str> {
        let exceeded = self.exceeded.iter();
        let mut names: Vec<&str> = exceeded
            .filter_map(|excess| excess.under(&self.policy.limits))
            .map(|exceeded| exceeded.rule.name.as_str())
            .collect();
        names.dedup();
        names
    }
}

/// Names, separated by commas; nothing where there is none.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> Option<Cow<'static, str>> {
    Some(joined(names))
        .filter(|names| !names.is_empty())
        .map(Cow::Owned)
}

fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    names.join(",")
}
