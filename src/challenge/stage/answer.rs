//! Who has answered the challenges that are asked of a request.

use super::state::Answers;
use super::{Asker, Challenger, Client};
use crate::challenge::captcha::TOKEN_COOKIES;
use crate::challenge::clearance::{self, Claims, ClearanceError, ClearanceScope, Demand, Proof};
use crate::challenge::proof::{self, Scope, Solution, Solved};
use crate::challenge::solutions::{self, SOLUTION_COOKIE, SOLUTION_HEADER};
use crate::challenge::{Binding, Difficulty, Network, cookie};
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Score;
use crate::limits::Window;
use crate::message::HeaderBlock;
use crate::telemetry::{ChallengeFailure, Event};
use crate::time::Time;

/// Most solutions of one request whose signature is made.
const MAX_VERIFIED: usize = 4;

impl Challenger {
    /// Whether the client has answered what `asker` asks of it. What it earns by that goes to `answers`.
    pub(crate) fn has_answered(
        &self,
        (client, answers): (Client<'_>, &mut Answers),
        asker: &Asker,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> bool {
        if asker.is_lasting && !answers.asked.contains(asker) {
            answers.asked.push(asker.clone());
            if self.is_cleared(client, asker, headers, now, host) {
                host.meter(Event::ChallengeCleared);
                return true;
            }
        }
        if answers.is_spared(self.captcha.as_ref()) {
            return true;
        }
        let Some((proof, id)) = self.earns((client, answers), (headers, body), now, host) else {
            return false;
        };
        if !asker.is_lasting {
            return true;
        }
        let settings = &self.settings;
        let [serial @ .., _, _, _, _, _, _, _, _] = id;
        let claims = Claims {
            proof,
            lifetime: settings.clearance,
            serial,
        };
        let [network, _] = self.networks(client);
        let scope = scope(network.unwrap_or(Network::Anywhere), asker, headers);
        let name = &settings.cookie;
        let value = match answers.clearance.take() {
            Some(value) => {
                let line = format!("{name}={value}");
                clearance::grant([line.as_bytes()], name, scope, claims, now, &self.keys)
            }
            None => {
                let lines = headers.lines("cookie");
                clearance::grant(lines, name, scope, claims, now, &self.keys)
            }
        };
        answers.clearance = Some(value);
        true
    }

    /// By what the client earns a clearance, and what tells that from all else: by its captcha, or by its work. Where
    /// captchas are asked for, work is only given out while they cannot be verified, so whoever has done some was asked
    /// to.
    fn earns(
        &self,
        (client, answers): (Client<'_>, &mut Answers),
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Option<(Proof, [u8; 16])> {
        if let Some(id) = answers.captcha.passed() {
            return Some((Proof::Captcha, id.0));
        }
        if answers.solved.is_none() {
            answers.solved = self.solution((client, answers), (headers, body), now, host);
        }
        // More may be asked for than when it was looked at: by then more is known.
        let least = self.least(client);
        let solved = answers.solved.filter(|solved| solved.difficulty >= least)?;
        let proof = match self.captcha(client.asks) {
            Some(captcha) if captcha.may_be_replaced() => Proof::Substitute(solved.difficulty),
            Some(_) => return None,
            None => Proof::Work(solved.difficulty),
        };
        Some((proof, solved.id.0))
    }

    /// The least work that is asked of this client now. What the history of its network adds is a part of the price
    /// when work is given out, and no part of this: else a busy neighbour would make the work of others worthless while
    /// they do it.
    fn least(&self, client: Client<'_>) -> Difficulty {
        let score = client.signals.score.unwrap_or(Score::clamped(0));
        self.settings.difficulty.scaled(score, 0)
    }

    /// What is asked for by somebody who asks for this.
    fn demand(&self, client: Client<'_>, asker: &Asker) -> Demand {
        let least = self.least(client);
        match self.captcha(asker.asks) {
            Some(captcha) => Demand::Captcha(captcha.may_be_replaced().then_some(least)),
            None => Demand::Work(least),
        }
    }

    /// The cookies that the client gets with the answer: what it has earned, and an end to those that it has used up.
    pub(crate) fn earned(&self, answers: &Answers, headers: &HeaderBlock) -> Vec<String> {
        let settings = &self.settings;
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
        client: Client<'_>,
        asker: &Asker,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.settings;
        let demand = self.demand(client, asker);
        let mut least = None;
        for network in self.networks(client).into_iter().flatten() {
            let found = clearance::check(
                headers.lines("cookie"),
                &settings.cookie,
                scope(network, asker, headers),
                demand,
                now,
                &self.keys,
            );
            let error = match found {
                Ok(cleared) if self.is_at_home(client, cleared.id, now, host) => return true,
                Ok(_) => ClearanceError::OtherNetwork,
                Err(error) => error,
            };
            least = least.or(Some(error));
        }
        if let Some(error) = least.filter(|error| *error != ClearanceError::Absent) {
            host.meter(Event::ClearanceError(error));
        }
        false
    }

    /// The first solution that the request brings and that holds.
    fn solution(
        &self,
        (client, answers): (Client<'_>, &mut Answers),
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Option<Solved> {
        let scope = self.scope(client, Network::Anywhere);
        let networks = self.networks(client);
        let least = self.least(client);
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
                    answers.refused = true;
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
        let window = self.solutions_window().ok_or(ChallengeFailure::Replayed)?;
        if self
            .once
            .is_first_use(("solution", &solved.id.0, window), now, host)
        {
            Ok(solved)
        } else {
            Err(ChallengeFailure::Replayed)
        }
    }

    /// Whether a clearance that is bound to no subnet is not passed around among too many.
    fn is_at_home(
        &self,
        client: Client<'_>,
        id: clearance::ClearanceId,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.settings;
        match (
            settings.binding,
            client.address,
            Window::new(settings.clearance),
        ) {
            (Binding::Subnet, ..) | (_, None, _) | (.., None) => true,
            (_, Some(client), Some(window)) => {
                let counters = &self.counters;
                let subnet = client.prefix(counters.subnet()).to_bytes();
                counters.is_among_few(
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

fn scope<'r>(network: Network, asker: &'r Asker, headers: &'r HeaderBlock) -> ClearanceScope<'r> {
    ClearanceScope {
        network,
        agent: headers.lines("user-agent").next(),
        asker: &asker.name,
    }
}
