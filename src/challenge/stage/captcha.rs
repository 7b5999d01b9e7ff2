//! Captchas of challenged requests: whose token is verified, and what its service's answer comes to.

use super::state::{Answers, Captcha};
use super::{Challenger, Client};
use crate::callout::{CallToken, Calls, Purpose, Response, StreamId};
use crate::challenge::captcha::{
    self, CaptchaPolicy, Failure, Token, TokenId, TokenReading, Unavailability,
};
use crate::challenge::solutions::may_stand_in_body;
use crate::host::Host;
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::limits::{FairShare, Party, Taking, Window};
use crate::message::HeaderBlock;
use crate::telemetry::{CaptchaResult, Event};
use crate::time::Time;

/// How many captchas of one network are verified within ten minutes: whoever sends made-up tokens would use up the
/// operator's quota, and with it have everybody do a proof of work instead. Whoever has solved one is not asked again
/// for half an hour.
const SHARE: FairShare = FairShare::new("captchas", 100);

/// Whether a request waits for a captcha's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// It does: for the answer to this call, about this captcha.
    Waits(TokenId, CallToken),
    /// The service could not be asked.
    Failed,
    /// There is nothing to ask.
    None,
}

/// A request whose captcha may be verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verifiable<'r> {
    /// Its client.
    pub(crate) client: Client<'r>,
    /// Its stream, which is to be told.
    pub(crate) stream: StreamId,
    /// Its head.
    pub(crate) headers: &'r HeaderBlock,
    /// Its body; `None` as long as that may still come.
    pub(crate) body: Option<BodyBytes<'r>>,
}

impl Challenger {
    /// What the client of a challenge is to solve.
    pub(crate) fn captcha_for(
        &self,
        client: Client<'_>,
        answers: &Answers,
    ) -> Option<&captcha::Captcha> {
        let captcha = self.captcha(client.asks)?;
        let replaced = answers.captcha.is_replaced(captcha);
        (!replaced).then_some(&captcha.captcha)
    }

    /// Whether the body may hold what answers a challenge.
    pub(crate) fn body_may_answer(
        &self,
        client: Client<'_>,
        answers: &mut Answers,
        headers: &HeaderBlock,
    ) -> bool {
        self.read_token(client, answers, headers);
        let token = match &answers.captcha {
            Captcha::Head(reading) => reading.body(),
            _ => BodyNeed::None,
        };
        token == BodyNeed::Needed || may_stand_in_body(headers)
    }

    fn read_token(&self, client: Client<'_>, answers: &mut Answers, headers: &HeaderBlock) {
        let captcha = self.captcha(client.asks);
        if let (Captcha::Unread, Some(captcha)) = (&answers.captcha, captcha) {
            answers.captcha = Captcha::Head(captcha.captcha.read_head(headers));
        }
    }

    /// Asks the service about the token of a request that is challenged, if it has one.
    pub(crate) fn verify(
        &self,
        request: Verifiable<'_>,
        answers: &mut Answers,
        calls: &mut Calls,
        now: Time,
        host: &impl Host,
    ) -> Verification {
        let Verifiable {
            client,
            stream,
            headers,
            body,
        } = request;
        let Some(policy) = self.captcha(client.asks) else {
            return Verification::None;
        };
        self.read_token(client, answers, headers);
        let reading = match std::mem::replace(&mut answers.captcha, Captcha::None) {
            Captcha::Head(reading) if body.is_none() && reading.body() == BodyNeed::Needed => {
                answers.captcha = Captcha::Head(reading);
                return Verification::None;
            }
            Captcha::Head(reading) => reading,
            other => {
                answers.captcha = other;
                return Verification::None;
            }
        };
        let body = body.unwrap_or(BodyBytes::Absent);
        let party = self.counters.party(client.address, client.unasked);
        let (token, charge) = match self.usable(policy, (reading, body), party, now, host) {
            Ok(Some(usable)) => usable,
            Ok(None) => return Verification::None,
            Err(refused) => {
                host.meter(Event::Captcha(refused));
                answers.captcha = match refused {
                    CaptchaResult::TooMany => Captcha::OverShare,
                    _ => Captcha::Failed(None),
                };
                answers.refused |= self.captcha_for(client, answers).is_some();
                return Verification::None;
            }
        };
        let id = token.id();
        let address = client.address.map(|address| address.ip());
        let request = policy.captcha.request(&token, address);
        let how = (policy.cluster.as_str(), &request, policy.timeout);
        match calls.call(Purpose::Captcha(stream), how, now, host) {
            Ok(call) => {
                answers.captcha = Captcha::Asked;
                Verification::Waits(id, call)
            }
            Err(_) => {
                self.give_back(charge, now, host);
                let failure = Failure::Unavailable(Unavailability::NotAsked);
                host.meter(Event::Captcha(failed(failure)));
                answers.captcha = Captcha::Failed(Some(failure));
                Verification::Failed
            }
        }
    }

    fn give_back(&self, charge: Option<Taking>, now: Time, host: &impl Host) {
        if let Some(charge) = charge {
            self.counters.give_back(&charge, now, host);
        }
    }

    /// The token that the service can be asked about, if there is one, and what is charged for it; from then on it is
    /// used up. One that has been used costs nothing, and one that is not asked about stays good.
    fn usable(
        &self,
        policy: &CaptchaPolicy,
        (reading, body): (TokenReading, BodyBytes<'_>),
        party: Option<Party>,
        now: Time,
        host: &impl Host,
    ) -> Result<Option<(Token, Option<Taking>)>, CaptchaResult> {
        let token = policy.captcha.token(reading, body);
        let Some(token) = token.map_err(CaptchaResult::Unusable)? else {
            return Ok(None);
        };
        let window = Window::new(policy.captcha.remembered()).ok_or(CaptchaResult::Replayed)?;
        let used = ("captcha", &token.id().0[..], window);
        if self.once.is_used(used, now, host) {
            return Err(CaptchaResult::Replayed);
        }
        let charge = party
            .map(|party| {
                let charge = self.counters.charge(SHARE, &party, now, host);
                charge.ok_or(CaptchaResult::TooMany)
            })
            .transpose()?;
        // Of two requests with one token, one must wait in vain.
        if self.once.is_first_use(used, now, host) {
            return Ok(Some((token, charge)));
        }
        self.give_back(charge, now, host);
        Err(CaptchaResult::Replayed)
    }

    /// The service has been asked in vain.
    pub(crate) fn given_up(&self, answers: &mut Answers) {
        answers.captcha = Captcha::Failed(None);
    }

    /// The service has answered about a captcha; or, with `None`, it has not.
    pub(crate) fn verified(
        &mut self,
        (client, answers): (Client<'_>, &mut Answers),
        id: TokenId,
        response: Option<Response<'_>>,
        now: Time,
        host: &impl Host,
    ) {
        answers.captcha = self.judge(id, response, now, host);
        let passed = answers.captcha.passed().is_some();
        answers.refused |= !passed && self.captcha_for(client, answers).is_some();
    }

    fn judge(
        &mut self,
        id: TokenId,
        response: Option<Response<'_>>,
        now: Time,
        host: &impl Host,
    ) -> Captcha {
        let Some(policy) = &self.captcha else {
            return Captcha::None;
        };
        match policy.captcha.judge(response, now) {
            Ok(_) => {
                host.meter(Event::Captcha(CaptchaResult::Passed));
                host.meter(Event::ChallengeSolved);
                Captcha::Passed(id)
            }
            Err(failure) => {
                let first = failure.is_operators_mistake() && !self.mistake_told;
                self.mistake_told |= first;
                host.meter(Event::Captcha(CaptchaResult::Failed { failure, first }));
                Captcha::Failed(Some(failure))
            }
        }
    }
}

const fn failed(failure: Failure) -> CaptchaResult {
    CaptchaResult::Failed {
        failure,
        first: false,
    }
}
