//! Who has answered the challenges that are asked of a request.

use super::asker::Asker;
use super::captcha::Captcha;
use super::engine::Engine;
use super::judged::Judged;
use crate::challenge::Binding;
use crate::challenge::captcha::TOKEN_COOKIES;
use crate::challenge::clearance::{self, ClearanceLack, Demand, Earned, Grant, Holder};
use crate::challenge::proof::{self, Scope, Solution, Solved};
use crate::challenge::solutions::{self, SOLUTION_COOKIE, SOLUTION_HEADER};
use crate::challenge::{CLOCK_SKEW, Difficulty, Network, cookie};
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Score;
use crate::limits::Window;
use crate::message::HeaderBlock;
use crate::route::RouteIndex;
use crate::telemetry::{ChallengeFailure, Event};
use crate::time::Time;

/// How a client has answered the challenges that are asked of it.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Those whose challenge it has answered.
    pub(super) cleared: Vec<Asker>,
    /// Those for which its clearance has been looked at.
    asked: Vec<Asker>,
    /// Whether what its head brings has been looked at.
    tried_head: bool,
    /// Whether what its body brings has been looked at.
    tried_body: bool,
    /// What it has solved: one proof answers all that is asked of one request.
    solved: Option<Solved>,
    /// What is known of its captcha.
    pub(super) captcha: Captcha,
    /// Whether it has tried to, and failed.
    pub(super) refused: bool,
    /// The value of the cookie that it earns.
    clearance: Option<String>,
}

/// Most solutions of one request whose signature is made.
const MAX_VERIFIED: usize = 4;

impl Engine {
    /// Looks whether the client has answered what is asked of it, as long as something is.
    pub(super) fn answer(
        &self,
        judged: &mut Judged,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) {
        loop {
            let enforced = judged.verdict(&self.policy).enforced;
            if enforced.action() != Action::Challenge {
                return;
            }
            let asker = judged.asker(&self.policy, enforced);
            if !self.has_answered(judged, &asker, headers, body, now, host) {
                return;
            }
            judged.answers.cleared.push(asker);
        }
    }

    /// Whether the client has answered what `asker` asks of it. What it earns by that goes to
    /// `judged`.
    fn has_answered(
        &self,
        judged: &mut Judged,
        asker: &Asker,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) -> bool {
        if asker.is_lasting() && !judged.answers.asked.contains(asker) {
            judged.answers.asked.push(asker.clone());
            if self.is_cleared(judged, asker, headers, now, host) {
                host.meter(Event::ChallengeCleared);
                return true;
            }
        }
        if judged.answers.captcha.is_spared(&self.policy) {
            return true;
        }
        let Some((earned, id)) = self.earns(judged, headers, body, now, host) else {
            return false;
        };
        if !asker.is_lasting() {
            return true;
        }
        let settings = &self.policy.challenges;
        let [serial @ .., _, _, _, _, _, _, _, _] = id;
        let grant = Grant {
            earned,
            lifetime: settings.clearance,
            serial,
        };
        let [network, _] = self.networks(judged);
        let holder = holder(network.unwrap_or(Network::Anywhere), asker, headers);
        let name = &settings.cookie;
        let value = match judged.answers.clearance.take() {
            Some(value) => {
                let line = format!("{name}={value}");
                clearance::grant([line.as_bytes()], name, holder, grant, now, &self.keys)
            }
            None => {
                let lines = headers.lines("cookie");
                clearance::grant(lines, name, holder, grant, now, &self.keys)
            }
        };
        judged.answers.clearance = Some(value);
        true
    }

    /// By what the client earns a clearance, and what tells that from all else: by its captcha, or by its work. Where captchas are asked
    /// for, work is only given out while they cannot be verified, so whoever has done some was asked to.
    fn earns(
        &self,
        judged: &mut Judged,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) -> Option<(Earned, [u8; 16])> {
        if let Some(id) = judged.answers.captcha.passed() {
            return Some((Earned::Captcha, id.0));
        }
        if judged.answers.solved.is_none() {
            judged.answers.solved = self.solution(judged, headers, body, now, host);
        }
        // More may be asked for than when it was looked at: by then more is known.
        let least = self.least(judged);
        let solved = judged
            .answers
            .solved
            .filter(|solved| solved.difficulty >= least)?;
        let earned = match self.policy.captcha(judged.subject.guard.asks) {
            Some(captcha) if captcha.may_be_replaced() => Earned::Substitute(solved.difficulty),
            Some(_) => return None,
            None => Earned::Proof(solved.difficulty),
        };
        Some((earned, solved.id.0))
    }

    /// The least work that is asked of this client now. What the history of its network adds is a part of the price when work is given out,
    /// and no part of this: else a busy neighbour would make the work of others worthless while they do it.
    fn least(&self, judged: &Judged) -> Difficulty {
        let score = judged.signals.score.unwrap_or(Score::clamped(0));
        self.policy.challenges.difficulty.scaled(score, 0)
    }

    /// What is asked for on a route alone.
    fn demand(&self, judged: &Judged, route: RouteIndex) -> Demand {
        let least = self.least(judged);
        let asks = self.policy.protection(route).map(|own| own.asks);
        match asks.and_then(|asks| self.policy.captcha(asks)) {
            Some(captcha) => Demand::Captcha(captcha.may_be_replaced().then_some(least)),
            None => Demand::Work(least),
        }
    }

    /// The cookies that the client gets with the answer: what it has earned, and an end to those that it has used up.
    pub(super) fn earned(&self, judged: &Judged, headers: &HeaderBlock) -> Vec<String> {
        let settings = &self.policy.challenges;
        let answers = &judged.answers;
        let earned = answers.clearance.iter();
        let earned = earned.map(|value| settings.cookie.set(value, settings.clearance));
        let solution = answers.solved.map(|_| SOLUTION_COOKIE);
        let token = answers.captcha.was_asked().then_some(TOKEN_COOKIES);
        let used = solution.into_iter().chain(token.into_iter().flatten());
        let names = used.flat_map(cookie::names_of_script);
        let brought = |name: &String| {
            let is_plain = !name.starts_with(cookie::HOST);
            is_plain
                || cookie::values(headers.lines("cookie"), name)
                    .next()
                    .is_some()
        };
        let ended = names.filter(brought).map(|name| cookie::expire(&name));
        earned.chain(ended).collect()
    }

    fn is_cleared(
        &self,
        judged: &Judged,
        asker: &Asker,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.policy.challenges;
        let demand = self.demand(judged, asker.route());
        let mut least = None;
        for network in self.networks(judged).into_iter().flatten() {
            let found = clearance::check(
                headers.lines("cookie"),
                &settings.cookie,
                holder(network, asker, headers),
                demand,
                now,
                &self.keys,
            );
            let lack = match found {
                Ok(cleared) if self.is_at_home(judged, cleared.id, now, host) => return true,
                Ok(_) => ClearanceLack::OtherNetwork,
                Err(lack) => lack,
            };
            least = least.or(Some(lack));
        }
        if let Some(lack) = least.filter(|lack| *lack != ClearanceLack::Absent) {
            host.meter(Event::ClearanceLack(lack));
        }
        false
    }

    /// The first solution that the request brings and that holds.
    fn solution(
        &self,
        judged: &mut Judged,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) -> Option<Solved> {
        let scope = self.scope(judged, Network::Anywhere);
        let networks = self.networks(judged);
        let least = self.least(judged);
        let answers = &mut judged.answers;
        let field = (!answers.tried_body)
            .then(|| solutions::field(headers, body))
            .flatten();
        answers.tried_body |= field.is_some();
        // What the head brings has been looked at when the body comes.
        let first = !std::mem::replace(&mut answers.tried_head, true);
        let header = headers.lines(SOLUTION_HEADER).filter(|_| first);
        let cookies = headers.lines("cookie").filter(|_| first);
        let mut verified: usize = 0;
        for payload in solutions::payloads(header, cookies, field.as_deref()) {
            let result = self.solved(payload, (scope, networks), least, now, host);
            match result {
                Ok(solved) => {
                    host.meter(Event::ChallengeSolved);
                    host.meter(Event::SolveTime(solved.took));
                    return Some(solved);
                }
                Err(failure) => {
                    host.meter(Event::ChallengeFailed(failure));
                    judged.answers.refused = true;
                    if !failure.is_cheap() {
                        verified = verified.saturating_add(1);
                    }
                    if verified >= MAX_VERIFIED {
                        break;
                    }
                }
            }
        }
        None
    }

    fn solved(
        &self,
        payload: &[u8],
        (scope, networks): (Scope<'_>, [Option<Network>; 2]),
        least: Difficulty,
        now: Time,
        host: &impl Host,
    ) -> Result<Solved, ChallengeFailure> {
        let solution = Solution::parse(payload)?;
        let verify = |network| {
            let scope = Scope { network, ..scope };
            solution.verify(scope, least, now, &self.keys)
        };
        let mut results = networks.into_iter().flatten().map(verify);
        let elsewhere = |result: &Result<Solved, proof::Failure>| {
            matches!(result, Err(proof::Failure::OtherNetwork))
        };
        let solved = results
            .find(|result| !elsewhere(result))
            .unwrap_or(Err(proof::Failure::OtherNetwork))?;
        // It is remembered at least until nobody takes it any more.
        let lifetime = self.policy.challenges.lifetime;
        let window = lifetime.saturating_add(CLOCK_SKEW.saturating_mul(2));
        let window = Window::new(window).ok_or(ChallengeFailure::Replayed)?;
        let counting = &self.counting;
        if counting.is_first_use("solution", &solved.id.0, window, now, host) {
            Ok(solved)
        } else {
            Err(ChallengeFailure::Replayed)
        }
    }

    /// Whether a clearance that is bound to no subnet is not passed around among too many.
    fn is_at_home(
        &self,
        judged: &Judged,
        id: clearance::ClearanceId,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.policy.challenges;
        let client = judged.subject.client;
        match (settings.binding, client, Window::new(settings.clearance)) {
            (Binding::Subnet, ..) | (_, None, _) | (.., None) => true,
            (_, Some(client), Some(window)) => {
                let subnet = client.prefix(self.policy.identity.subnet).to_bytes();
                let counting = &self.counting;
                counting.is_among_few(
                    "clearance",
                    &id.0,
                    &subnet,
                    (settings.subnets, window),
                    now,
                    host,
                )
            }
        }
    }
}

fn holder<'r>(network: Network, asker: &'r Asker, headers: &'r HeaderBlock) -> Holder<'r> {
    Holder {
        network,
        agent: headers.lines("user-agent").next(),
        asker: asker.name(),
    }
}
