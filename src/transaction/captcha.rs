//! Captchas: a request whose token is verified waits for the service's answer.

use super::account::HeadReadings;
use super::counting::{Charge, Party, Share};
use super::engine::Engine;
use super::expected::Expected;
use super::judged::Judged;
use super::outcome::Outcome;
use super::step::Step;
use crate::callout::{CallToken, Purpose, Response};
use crate::challenge::captcha::{self, Failure, Token, TokenId, TokenReading, Unavailability};
use crate::challenge::captcha::{CaptchaPolicy, OnUnavailable};
use crate::challenge::solutions::may_stand_in_body;
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::limits::Window;
use crate::message::HeaderBlock;
use crate::policy::Policy;
use crate::telemetry::{CaptchaResult, Event};
use crate::time::Time;

/// How many captchas of one network are verified within ten minutes: whoever sends made-up tokens would use up the operator's quota, and
/// with it have everybody do a proof of work instead. Whoever has solved one is not asked again for half an hour.
const SHARE: Share = Share::new("captchas", 100);

/// What is known of the captcha of a request.
#[derive(Debug, Default)]
pub(super) enum Captcha {
    /// Nobody has looked for it.
    #[default]
    Unread,
    /// Its head has been read, its body may tell.
    Head(TokenReading),
    /// It has none.
    None,
    /// Its service is being asked.
    Asked,
    /// It was solved.
    Passed(TokenId),
    /// It proves nothing.
    Failed(Option<Failure>),
    /// Nobody was asked: its network has had its share.
    OverShare,
}

impl Captcha {
    /// What tells the captcha from all others, if it was solved.
    pub(super) const fn passed(&self) -> Option<TokenId> {
        match self {
            Self::Passed(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether the request has brought one.
    pub(super) const fn was_asked(&self) -> bool {
        matches!(
            self,
            Self::Asked | Self::Passed(_) | Self::Failed(_) | Self::OverShare
        )
    }

    /// Whether its network has had so many verified that it is not asked about.
    pub(super) const fn is_over_share(&self) -> bool {
        matches!(self, Self::OverShare)
    }

    const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Failed(Some(Failure::Unavailable(_))))
    }

    /// Whether the request goes on although nobody could verify it.
    pub(super) fn is_spared(&self, policy: &Policy) -> bool {
        self.follows(policy, OnUnavailable::Allow)
    }

    /// Whether the request is refused because nobody could verify it.
    pub(super) fn is_unverifiable(&self, policy: &Policy) -> bool {
        self.follows(policy, OnUnavailable::Deny)
    }

    fn follows(&self, policy: &Policy, what: OnUnavailable) -> bool {
        let captcha = policy.captcha.as_ref();
        self.is_unavailable() && captcha.is_some_and(|captcha| captcha.on_unavailable == what)
    }

    /// Whether the client is to do a proof of work instead.
    fn is_replaced(&self, policy: &CaptchaPolicy) -> bool {
        match self {
            Self::Failed(Some(Failure::Unavailable(_))) => {
                policy.on_unavailable == OnUnavailable::ProofOfWork
            }
            Self::Failed(Some(Failure::LowScore)) => policy.low_score_works,
            // What is not verified lets nobody through, but is no dead end for his neighbours either.
            Self::OverShare => policy.on_unavailable != OnUnavailable::Deny,
            _ => false,
        }
    }
}

/// A request that waits for a captcha's service.
#[derive(Debug)]
pub struct Verifying {
    judged: Judged,
    /// What the head says of the account, if that is still to be found out.
    head: Option<HeadReadings>,
    headers: HeaderBlock,
    body: Kept,
    id: TokenId,
    call: CallToken,
    since: Time,
}

/// The body of a request that waits.
#[derive(Debug)]
enum Kept {
    /// It has not been read.
    ToCome,
    Absent,
    Whole(Vec<u8>),
    TooLarge,
    Late,
}

impl Kept {
    const fn bytes(&self) -> BodyBytes<'_> {
        match self {
            Self::ToCome | Self::Absent => BodyBytes::Absent,
            Self::Whole(bytes) => BodyBytes::Whole(bytes.as_slice()),
            Self::TooLarge => BodyBytes::TooLarge,
            Self::Late => BodyBytes::Late,
        }
    }
}

impl Verifying {
    /// The call-out that it waits for.
    #[must_use]
    pub const fn call(&self) -> CallToken {
        self.call
    }

    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        engine.expected(&self.judged.subject)
    }

    /// Nobody can wait for the service any longer: the captcha proves nothing.
    pub fn give_up(mut self, engine: &mut Engine, host: &impl Host) -> Outcome {
        engine.calls.end(self.call);
        self.judged.answers.captcha = Captcha::Failed(None);
        let body = self.body.bytes();
        engine.finish(self.judged, (&self.headers, body), host.now(), host)
    }

    /// The client has gone.
    pub fn cut_off(mut self, engine: &mut Engine, host: &impl Host) {
        engine.calls.end(self.call);
        engine.take_back(&mut self.judged, host.now(), host);
    }

    /// Judges the request with what the service has answered; `None` when it has not.
    pub fn resume(
        self,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> Step {
        let now = host.now();
        let Self {
            mut judged,
            head,
            headers,
            body,
            id,
            since,
            ..
        } = self;
        host.meter(Event::CaptchaTime(now.since(since)));
        judged.answers.captcha = engine.verified(id, response, now, host);
        let passed = judged.answers.captcha.passed().is_some();
        judged.answers.refused |= !passed && engine.captcha_for(&judged).is_some();
        match body {
            Kept::ToCome => engine.proceed(judged, head, &headers, now, host),
            body => engine.proceed_with_body(judged, head, (&headers, body.bytes()), now, host),
        }
    }
}

impl Engine {
    /// What the client of a challenge is to solve.
    pub(super) fn captcha_for(&self, judged: &Judged) -> Option<&captcha::Captcha> {
        let captcha = self.policy.captcha(judged.subject.guard.asks)?;
        let replaced = judged.answers.captcha.is_replaced(captcha);
        (!replaced).then_some(&captcha.captcha)
    }

    /// Whether the body may hold what answers a challenge.
    pub(super) fn body_may_answer(&self, judged: &mut Judged, headers: &HeaderBlock) -> bool {
        self.read_token(judged, headers);
        let token = match &judged.answers.captcha {
            Captcha::Head(reading) => reading.body(),
            _ => BodyNeed::None,
        };
        token == BodyNeed::Needed || may_stand_in_body(headers)
    }

    fn read_token(&self, judged: &mut Judged, headers: &HeaderBlock) {
        let captcha = self.policy.captcha(judged.subject.guard.asks);
        if let (Captcha::Unread, Some(captcha)) = (&judged.answers.captcha, captcha) {
            judged.answers.captcha = Captcha::Head(captcha.captcha.read_head(headers));
        }
    }

    /// Asks the service about the token of a request that is challenged, if it has one. `body` is `None` as long as it may still come.
    fn ask_service(
        &mut self,
        judged: &mut Judged,
        headers: &HeaderBlock,
        body: Option<BodyBytes<'_>>,
        now: Time,
        host: &impl Host,
    ) -> Option<Result<(TokenId, CallToken), Failure>> {
        let policy = self.policy.captcha(judged.subject.guard.asks)?;
        if judged.enforced(&self.policy) != Action::Challenge {
            return None;
        }
        self.read_token(judged, headers);
        let answers = &mut judged.answers;
        let reading = match std::mem::replace(&mut answers.captcha, Captcha::None) {
            Captcha::Head(reading) if body.is_none() && reading.body() == BodyNeed::Needed => {
                answers.captcha = Captcha::Head(reading);
                return None;
            }
            Captcha::Head(reading) => reading,
            other => {
                answers.captcha = other;
                return None;
            }
        };
        let body = body.unwrap_or(BodyBytes::Absent);
        let client = judged.subject.client;
        let party = self.party(client, judged.subject.unasked);
        let (token, charge) = match self.usable(policy, (reading, body), party, now, host) {
            Ok(token) => token?,
            Err(refused) => {
                host.meter(Event::Captcha(refused));
                judged.answers.captcha = match refused {
                    CaptchaResult::TooMany => Captcha::OverShare,
                    _ => Captcha::Failed(None),
                };
                judged.answers.refused |= self.captcha_for(judged).is_some();
                return None;
            }
        };
        let id = token.id();
        let client = client.map(|client| client.ip());
        let request = policy.captcha.request(&token, client);
        let how = (policy.cluster.as_str(), &request, policy.timeout);
        let purpose = Purpose::Captcha(judged.subject.stream?);
        Some(match self.calls.call(purpose, how, now, host) {
            Ok(call) => {
                judged.answers.captcha = Captcha::Asked;
                Ok((id, call))
            }
            Err(_) => {
                self.give_back(charge, now, host);
                let failure = Failure::Unavailable(Unavailability::NotAsked);
                host.meter(Event::Captcha(failed(failure)));
                judged.answers.captcha = Captcha::Failed(Some(failure));
                Err(failure)
            }
        })
    }

    /// The token that the service can be asked about, if there is one, and what is charged for it; from then on it is used up. One that has been
    /// used costs nothing, and one that is not asked about stays good.
    fn usable(
        &self,
        policy: &CaptchaPolicy,
        (reading, body): (TokenReading, BodyBytes<'_>),
        party: Option<Party>,
        now: Time,
        host: &impl Host,
    ) -> Result<Option<(Token, Option<Charge>)>, CaptchaResult> {
        let token = policy.captcha.token(reading, body);
        let Some(token) = token.map_err(CaptchaResult::Unusable)? else {
            return Ok(None);
        };
        let window = Window::new(policy.captcha.remembered()).ok_or(CaptchaResult::Replayed)?;
        let used = ("captcha", &token.id().0[..], window);
        let counting = &self.counting;
        if counting.is_used(used, now, host) {
            return Err(CaptchaResult::Replayed);
        }
        let charge = party
            .map(|party| {
                let charge = counting.charge(SHARE, &party, now, host);
                charge.ok_or(CaptchaResult::TooMany)
            })
            .transpose()?;
        // Of two requests with one token, one must wait in vain.
        let (purpose, id, window) = used;
        if counting.is_first_use(purpose, id, window, now, host) {
            return Ok(Some((token, charge)));
        }
        self.give_back(charge, now, host);
        Err(CaptchaResult::Replayed)
    }

    /// Waits for a captcha's service, if the request has a token; else gives the request back.
    pub(super) fn verify(
        &mut self,
        mut judged: Judged,
        head: Option<HeadReadings>,
        (headers, body): (&HeaderBlock, Option<BodyBytes<'_>>),
        now: Time,
        host: &impl Host,
    ) -> Verification {
        match self.ask_service(&mut judged, headers, body, now, host) {
            None => Verification::None(judged, head),
            Some(Err(_)) => Verification::Failed(judged, head),
            Some(Ok((id, call))) => Verification::Waits(Box::new(Verifying {
                judged,
                head,
                headers: self.lines_that_matter(headers),
                body: match body {
                    None => Kept::ToCome,
                    Some(BodyBytes::Absent) => Kept::Absent,
                    Some(BodyBytes::Whole(bytes)) => Kept::Whole(bytes.to_vec()),
                    Some(BodyBytes::TooLarge) => Kept::TooLarge,
                    Some(BodyBytes::Late) => Kept::Late,
                },
                id,
                call,
                since: now,
            })),
        }
    }

    /// What a service's answer comes to.
    fn verified(
        &mut self,
        id: TokenId,
        response: Option<Response<'_>>,
        now: Time,
        host: &impl Host,
    ) -> Captcha {
        let Some(policy) = &self.policy.captcha else {
            return Captcha::None;
        };
        match policy.captcha.judge(response, now) {
            Ok(_) => {
                host.meter(Event::Captcha(CaptchaResult::Passed));
                host.meter(Event::ChallengeSolved);
                Captcha::Passed(id)
            }
            Err(failure) => {
                let first = failure.is_operators_mistake() && !self.captcha_mistake_told;
                self.captcha_mistake_told |= first;
                host.meter(Event::Captcha(CaptchaResult::Failed { failure, first }));
                Captcha::Failed(Some(failure))
            }
        }
    }
}

/// Whether a request waits for a captcha's service.
pub(super) enum Verification {
    /// It does.
    Waits(Box<Verifying>),
    /// The service could not be asked.
    Failed(Judged, Option<HeadReadings>),
    /// There is nothing to ask.
    None(Judged, Option<HeadReadings>),
}

const fn failed(failure: Failure) -> CaptchaResult {
    CaptchaResult::Failed {
        failure,
        first: false,
    }
}
