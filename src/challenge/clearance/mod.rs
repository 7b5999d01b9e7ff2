//! The clearance: a cookie that says that a challenge was solved, by whom and for what, so that nobody is asked twice.
//!
//! It is stateless to check. Each token in it is bound to a network, a User-Agent, a rule, and to how it was earned. The
//! cookie holds a few tokens, the newest first, so that a client that comes over IPv4 and over IPv6, or is asked by two
//! rules, keeps what it has earned. A token alone gives nothing to who sits elsewhere: nobody clears a whole NAT.

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
/// Most tokens of a request that are read, in however many cookies.
const MAX_READ: usize = 16;
/// Most tokens of a request whose signature is made.
const MAX_VERIFIED: usize = 4;
/// How much of a User-Agent counts.
const AGENT_BYTES: usize = 512;

/// Whom a clearance clears, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// Where the client is, as far as it may not move.
    pub network: Network,
    /// Its `user-agent`, of which the first 512 bytes count.
    pub agent: Option<&'a [u8]>,
    /// The name of the rule that asks for a challenge.
    pub rule: &'a str,
}

impl Holder<'_> {
    /// None and an empty one are alike.
    fn agent(&self) -> &[u8] {
        let agent = self.agent.unwrap_or_default();
        agent.get(..AGENT_BYTES).unwrap_or(agent)
    }

    fn hints(&self) -> Hints {
        Hints {
            network: hint(&self.network.to_bytes()),
            agent: hint(self.agent()),
            rule: hint(self.rule.as_bytes()),
        }
    }

    /// What is signed, handed to `sign`.
    fn signed<T>(&self, terms: &[u8], sign: impl FnOnce(&[&[u8]]) -> T) -> T {
        let network = self.network.to_bytes();
        sign(&[terms, &network, self.agent(), self.rule.as_bytes()])
    }
}

/// How a clearance was earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earned {
    /// By proof of work.
    Proof(Difficulty),
    /// By a captcha.
    Captcha,
}

impl Earned {
    /// Whether it is enough where a proof of `demanded` difficulty is asked for; a captcha always is.
    fn suffices(self, demanded: Difficulty) -> bool {
        match self {
            Self::Proof(difficulty) => difficulty >= demanded,
            Self::Captcha => true,
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
    pub earned: Earned,
    /// When it ends.
    pub expires: Time,
}

/// Why a request has no clearance. Of several reasons the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClearanceLack {
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
    /// It was earned by less work than is asked for.
    TooEasy,
}

impl ClearanceLack {
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

/// Whether `holder` is cleared by a cookie called `name` in these `cookie` lines.
///
/// `demanded` is what the rule asks of everybody, not what it would ask of this client now: a busy neighbour must not end
/// a clearance. At most sixteen tokens are read and four signatures made, however many cookies there are.
///
/// # Errors
/// What is missing.
pub fn check<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    name: &CookieName,
    holder: Holder<'_>,
    demanded: Difficulty,
    now: Time,
    keys: &SigningKeys,
) -> Result<Cleared, ClearanceLack> {
    let hints = holder.hints();
    let mut lack = ClearanceLack::Absent;
    let mut verified: usize = 0;
    for token in tokens(cookie::values(lines, name.as_str())) {
        let found = match token.ok_or(ClearanceLack::Malformed) {
            Ok(token) => match token.hints.lack(hints) {
                Some(lack) => Err(lack),
                None if verified >= MAX_VERIFIED => break,
                None => {
                    verified = verified.saturating_add(1);
                    token.judge(holder, demanded, now, keys)
                }
            },
            Err(lack) => Err(lack),
        };
        match found {
            Ok(cleared) => return Ok(cleared),
            Err(found) => lack = lack.max(found),
        }
    }
    Err(lack)
}

/// What a new clearance says.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// How it was earned.
    pub earned: Earned,
    /// How long it lasts.
    pub lifetime: Duration,
    /// Eight bytes that no other clearance has: random, or from the solution's id.
    pub serial: [u8; 8],
}

/// The value of a cookie that clears `holder`, beside what the cookie in these `cookie` lines still clears.
///
/// What is kept is not believed: it is judged when it is used.
#[must_use]
pub fn grant<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
    name: &CookieName,
    holder: Holder<'_>,
    grant: Grant,
    now: Time,
    keys: &SigningKeys,
) -> String {
    let mut token = Token {
        earned: grant.earned,
        issued: now.seconds(),
        expires: now.plus(grant.lifetime).seconds(),
        serial: grant.serial,
        hints: holder.hints(),
        mac: [0; 32],
    };
    token.mac = holder.signed(&token.terms(), |parts| keys.sign(Purpose::Clearance, parts));
    let older = tokens(cookie::values(lines, name.as_str()))
        .flatten()
        .filter(|older| older.hints != token.hints && older.expires > now.seconds());
    let all: Vec<String> = std::iter::once(token)
        .chain(older)
        .take(MAX_TOKENS)
        .map(Token::write)
        .collect();
    all.join(".")
}

/// The tokens in these values, those that cannot be read as `None`.
fn tokens<'v>(values: impl Iterator<Item = &'v [u8]>) -> impl Iterator<Item = Option<Token>> {
    values
        .flat_map(|value| value.split(|byte| *byte == b'.'))
        .take(MAX_READ)
        .map(Token::read)
}

impl Token {
    fn judge(
        self,
        holder: Holder<'_>,
        demanded: Difficulty,
        now: Time,
        keys: &SigningKeys,
    ) -> Result<Cleared, ClearanceLack> {
        let is_ours = holder.signed(&self.terms(), |parts| {
            keys.verify(Purpose::Clearance, parts, &self.mac)
        });
        let expires = Time::from_secs(u64::from(self.expires));
        if !is_ours {
            Err(ClearanceLack::Forged)
        } else if Time::from_secs(u64::from(self.issued)) > now.plus(CLOCK_SKEW) {
            Err(ClearanceLack::Premature)
        } else if now >= expires {
            Err(ClearanceLack::Expired)
        } else if !self.earned.suffices(demanded) {
            Err(ClearanceLack::TooEasy)
        } else {
            let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.mac;
            Ok(Cleared {
                id: ClearanceId(id),
                earned: self.earned,
                expires,
            })
        }
    }
}
