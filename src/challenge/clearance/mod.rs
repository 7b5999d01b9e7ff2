//! The clearance: a cookie that says that a challenge was solved, by whom and for what, so that nobody is asked twice.
//!
//! It is stateless to check. Each token in it is bound to a network, a User-Agent, who asked (and about which account
//! or session), and to how it was earned. The cookie holds a few tokens, the newest first, so that a client that comes
//! over IPv4 and over IPv6, or is asked by two rules, keeps what it has earned. A token alone gives nothing to who sits
//! elsewhere: nobody clears a whole NAT.

#[cfg(test)]
mod tests;
mod token;

use std::time::Duration;

use super::CLOCK_SKEW;
use super::binding::{Network, hint};
use super::cookie::{self, CookieName};
use super::difficulty::Difficulty;
use crate::signing::{Purpose, SigningKeys};
use crate::time::Time;
use token::{Hints, Token};

/// The cookie's name, unless the operator says otherwise. Browsers take `__Host-` only over TLS, for one host.
pub const DEFAULT_NAME: &str = "__Host-palisade-clearance";
/// How long a clearance lasts, unless the operator says otherwise.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(1_800);

/// Most tokens that a cookie holds.
const MAX_TOKENS: usize = 4;
/// Most tokens of a request that are read, in however many cookies: no browser has more for one site.
const MAX_READ: usize = 128;
/// Most tokens of a request whose signature is made.
const MAX_VERIFIED: usize = 8;
/// How long work clears that was done in the place of a captcha, at most: an outage of the service is over sooner or
/// later.
const SUBSTITUTE_LIFETIME: Duration = Duration::from_secs(300);
/// How much of a User-Agent counts.
const AGENT_BYTES: usize = 512;

/// Whom a clearance clears, and for what.
#[derive(Clone, Copy, Debug)]
pub struct ClearanceScope<'a> {
    /// Where the client is, as far as it may not move.
    pub network: Network,
    /// Its `user-agent`, of which the first 512 bytes count.
    pub agent: Option<&'a [u8]>,
    /// Who asks for a challenge: nobody else is answered.
    pub asker: &'a [u8],
}

impl ClearanceScope<'_> {
    /// None and an empty one are alike.
    fn agent(&self) -> &[u8] {
        let agent = self.agent.unwrap_or_default();
        agent.get(..AGENT_BYTES).unwrap_or(agent)
    }

    fn hints(&self) -> Hints {
        Hints {
            network: hint(&self.network.to_bytes()),
            agent: hint(self.agent()),
            asker: hint(self.asker),
        }
    }

    /// What is signed, handed to `sign`.
    fn signed<T>(&self, terms: &[u8], sign: impl FnOnce(&[&[u8]]) -> T) -> T {
        let network = self.network.to_bytes();
        sign(&[terms, &network, self.agent(), self.asker])
    }
}

/// How a clearance was earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By proof of work.
    Work(Difficulty),
    /// By proof of work in the place of a captcha that nobody could verify.
    Substitute(Difficulty),
    /// By a captcha.
    Captcha,
}

/// What is asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Work of this difficulty.
    Work(Difficulty),
    /// A captcha, or work of this difficulty in its place, where the operator allows any.
    Captcha(Option<Difficulty>),
}

impl Proof {
    /// Whether it is enough where this is asked for. A captcha always is; work is none where a captcha was asked for.
    fn suffices(self, demand: Demand) -> bool {
        match (self, demand) {
            (Self::Captcha, _) => true,
            (Self::Work(done) | Self::Substitute(done), Demand::Work(least)) => done >= least,
            (Self::Substitute(done), Demand::Captcha(least)) => {
                least.is_some_and(|least| done >= least)
            }
            (Self::Work(_), Demand::Captcha(_)) => false,
        }
    }

    /// How long it clears, where the operator says `lifetime`.
    fn lifetime(self, lifetime: Duration) -> Duration {
        match self {
            Self::Work(_) | Self::Captcha => lifetime,
            Self::Substitute(_) => lifetime.min(SUBSTITUTE_LIFETIME),
        }
    }
}

/// What tells one clearance from another, for a limit on how many networks it is used from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClearanceId(pub [u8; 16]);

/// A clearance that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Which one.
    pub id: ClearanceId,
    /// How it was earned.
    pub proof: Proof,
    /// When it ends.
    pub expires: Time,
}

/// Why a request has no clearance. Of several reasons the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClearanceError {
    /// There is no such cookie.
    Absent,
    /// It holds no token of ours.
    Malformed,
    /// None of the keys signed it for this client.
    Forged,
    /// Another rule asked.
    OtherRule,
    /// Another User-Agent earned it.
    OtherAgent,
    /// It was earned elsewhere.
    OtherNetwork,
    /// It comes from the future: a clock has jumped.
    Premature,
    /// It has ended.
    Expired,
    /// It was earned by less than is asked for.
    TooEasy,
}

impl ClearanceError {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Absent,
        Self::Malformed,
        Self::Forged,
        Self::OtherRule,
        Self::OtherAgent,
        Self::OtherNetwork,
        Self::Premature,
        Self::Expired,
        Self::TooEasy,
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::OtherRule => "other_rule",
            Self::OtherAgent => "other_agent",
            Self::OtherNetwork => "other_network",
            Self::Premature => "premature",
            Self::Expired => "expired",
            Self::TooEasy => "too_easy",
        }
    }
}

/// Whether `scope` is cleared by a cookie called `name` in these `cookie` lines.
///
/// `demand` is what is asked of a client with this score, not what the history of its network adds: a busy neighbour
/// must not end a clearance. Whoever has a browser send more cookies of this name does not hide the client's own: what
/// does not fit is told without a signature, and of the rest up to eight are verified, from both ends.
///
/// # Errors
/// What is missing.
pub fn check<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    name: &CookieName,
    scope: ClearanceScope<'_>,
    demand: Demand,
    now: Time,
    keys: &SigningKeys,
) -> Result<Cleared, ClearanceError> {
    let hints = scope.hints();
    let mut error = ClearanceError::Absent;
    let mut verified: usize = 0;
    for token in tokens(lines, name) {
        let found = token
            .ok_or(ClearanceError::Malformed)
            .and_then(|token| token.fits(hints, demand, now));
        let found = match found {
            Ok(_) if verified >= MAX_VERIFIED => break,
            Ok(token) => {
                verified = verified.saturating_add(1);
                token.verify(scope, keys)
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(cleared) => return Ok(cleared),
            Err(found) => error = error.max(found),
        }
    }
    Err(error)
}

/// What a new clearance says.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    /// How it was earned.
    pub proof: Proof,
    /// How long it lasts, at most.
    pub lifetime: Duration,
    /// Eight bytes that no other clearance has: random, or from the solution's id.
    pub serial: [u8; 8],
}

/// The value of a cookie that clears `scope`, beside what the cookie in these `cookie` lines still clears.
///
/// What is kept is not believed: it is judged when it is used.
#[must_use]
pub fn grant<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    name: &CookieName,
    scope: ClearanceScope<'_>,
    grant: Claims,
    now: Time,
    keys: &SigningKeys,
) -> String {
    let mut token = Token {
        proof: grant.proof,
        issued: now.seconds(),
        expires: now.plus(grant.proof.lifetime(grant.lifetime)).seconds(),
        serial: grant.serial,
        hints: scope.hints(),
        mac: [0; 32],
    };
    token.mac = scope.signed(&token.terms(), |parts| keys.sign(Purpose::Clearance, parts));
    let older = tokens(lines, name)
        .flatten()
        .filter(|older| older.hints != token.hints && older.expires > now.seconds());
    let all: Vec<String> = std::iter::once(token)
        .chain(older)
        .take(MAX_TOKENS)
        .map(Token::write)
        .collect();
    all.join(".")
}

/// The tokens in cookies of this name, those that cannot be read as `None`; of cookies the outermost first.
fn tokens<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    name: &CookieName,
) -> impl Iterator<Item = Option<Token>> {
    cookie::from_both_ends(cookie::values(lines, name.as_str()).collect())
        .into_iter()
        .flat_map(|value| value.split(|byte| *byte == b'.').take(MAX_TOKENS))
        .take(MAX_READ)
        .map(Token::read)
}

impl Token {
    /// When it ends.
    fn end(self) -> Time {
        Time::from_secs(u64::from(self.expires))
    }

    /// The token, if what it says of itself is enough. Nothing of that is believed yet: it only tells what is worth a
    /// signature.
    fn fits(self, hints: Hints, demand: Demand, now: Time) -> Result<Self, ClearanceError> {
        if let Some(error) = self.hints.error(hints) {
            Err(error)
        } else if Time::from_secs(u64::from(self.issued)) > now.plus(CLOCK_SKEW) {
            Err(ClearanceError::Premature)
        } else if now >= self.end() {
            Err(ClearanceError::Expired)
        } else if !self.proof.suffices(demand) {
            Err(ClearanceError::TooEasy)
        } else {
            Ok(self)
        }
    }

    /// Whether it was made here, for this holder.
    fn verify(
        self,
        scope: ClearanceScope<'_>,
        keys: &SigningKeys,
    ) -> Result<Cleared, ClearanceError> {
        let is_ours = scope.signed(&self.terms(), |parts| {
            keys.verify(Purpose::Clearance, parts, &self.mac)
        });
        if is_ours {
            let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.mac;
            Ok(Cleared {
                id: ClearanceId(id),
                proof: self.proof,
                expires: self.end(),
            })
        } else {
            Err(ClearanceError::Forged)
        }
    }
}
