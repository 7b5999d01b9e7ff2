use std::time::Duration;

use base64::Engine as _;
use serde::Serialize;

use super::salt::{Hints, Salt};
use super::{ALGORITHM, Challenge, Scope, digest};
use crate::challenge::CLOCK_SKEW;
use crate::challenge::difficulty::Difficulty;
use crate::encoding::{base64::STANDARD, hex};
use crate::json::{Json, whole};
use crate::signing::{Purpose, SigningKeys};
use crate::time::Time;

/// Most bytes of a payload; ALTCHA's widget sends some 430.
const MAX_PAYLOAD: usize = 1_024;

/// What a client sends back, well-formed but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    digest: [u8; 32],
    number: u64,
    salt: String,
    terms: Salt,
    mac: [u8; 32],
}

/// What tells one solution from every other one, for the counter that makes it single use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SolutionId(pub [u8; 16]);

/// A proof that was accepted. It is good once: the caller keeps its `id` until it would have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solved {
    /// What to count, so that it is accepted once.
    pub id: SolutionId,
    /// How hard it was.
    pub difficulty: Difficulty,
    /// The time from issuing it until now, by our own clock; what the client says is not read.
    pub took: Duration,
    /// When it would have expired: until then its `id` must be remembered.
    pub expires: Time,
}

/// Why a solution is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It is longer than any solution.
    TooLarge,
    /// It is no ALTCHA payload, or one of a challenge that was not issued here.
    Malformed,
    /// It was issued to a client elsewhere.
    OtherNetwork,
    /// It was issued on another route, or for another kind of challenge.
    OtherRoute,
    /// It comes from the future: a clock has jumped.
    Premature,
    /// It came too late.
    Expired,
    /// It is less work than is asked for now.
    TooEasy,
    /// None of the keys signed it, for this network and route.
    Forged,
    /// It is not the number that was asked for.
    WrongAnswer,
}

impl Failure {
    /// Every failure.
    pub const ALL: [Self; 9] = [
        Self::TooLarge,
        Self::Malformed,
        Self::OtherNetwork,
        Self::OtherRoute,
        Self::Premature,
        Self::Expired,
        Self::TooEasy,
        Self::Forged,
        Self::WrongAnswer,
    ];

    /// Whether no signature was made to find it out.
    #[must_use]
    pub const fn is_cheap(self) -> bool {
        !matches!(self, Self::Forged | Self::WrongAnswer)
    }

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::OtherNetwork => "other_network",
            Self::OtherRoute => "other_route",
            Self::Premature => "premature",
            Self::Expired => "expired",
            Self::TooEasy => "too_easy",
            Self::Forged => "forged",
            Self::WrongAnswer => "wrong_answer",
        }
    }
}

/// The value of the only member of this name. What else stands in a payload (`took`, `test`) is not read.
fn only<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    let mut named = members.iter().filter(|(each, _)| each == name);
    match (named.next(), named.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// What ALTCHA's widget sends.
#[derive(Serialize)]
struct Sent<'a> {
    algorithm: &'static str,
    challenge: String,
    number: u64,
    salt: &'a str,
    signature: String,
    took: u32,
}

impl Solution {
    /// Reads the payload as the widget sends it: base64 of a JSON object. White space around it is left out.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] or [`Failure::Malformed`].
    pub fn parse(payload: &[u8]) -> Result<Self, Failure> {
        let payload = payload.trim_ascii();
        if payload.len() > MAX_PAYLOAD {
            return Err(Failure::TooLarge);
        }
        let read = || {
            let json = STANDARD.decode(payload).ok()?;
            let Json::Object(members) = Json::parse(&json).ok()? else {
                return None;
            };
            let text = |name| match only(&members, name)? {
                Json::Text(text) => Some(text),
                _ => None,
            };
            (text("algorithm")? == ALGORITHM).then_some(())?;
            let salt = text("salt")?;
            Some(Self {
                digest: hex::decode(text("challenge")?)?,
                number: u64::try_from(whole(only(&members, "number")?)?).ok()?,
                terms: Salt::read(salt)?,
                salt: salt.clone(),
                mac: hex::decode(text("signature")?)?,
            })
        };
        read().ok_or(Failure::Malformed)
    }

    pub(super) fn of(challenge: &Challenge, number: u64) -> Option<Self> {
        Some(Self {
            digest: hex::decode(&challenge.challenge)?,
            number,
            terms: Salt::read(&challenge.salt)?,
            salt: challenge.salt.clone(),
            mac: hex::decode(&challenge.signature)?,
        })
    }

    /// The inverse of [`Self::parse`], as a client sends it.
    #[must_use]
    pub fn payload(&self) -> String {
        let sent = Sent {
            algorithm: ALGORITHM,
            challenge: hex::encode(&self.digest),
            number: self.number,
            salt: &self.salt,
            signature: hex::encode(&self.mac),
            took: 0,
        };
        STANDARD.encode(serde_json::to_vec(&sent).unwrap_or_default())
    }

    /// Whether this solves a challenge, of at least `demanded` difficulty, that one of `keys` issued for `scope`, in
    /// time.
    ///
    /// What it says of itself is looked at first, since that costs little, and believed only with its signature.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order of [`Failure::ALL`]: before [`Failure::Forged`] no signature was
    /// made.
    pub fn verify(
        &self,
        scope: Scope<'_>,
        demanded: Difficulty,
        now: Time,
        keys: &SigningKeys,
    ) -> Result<Solved, Failure> {
        let hints = Hints::of(scope);
        if self.terms.hints.network != hints.network {
            return Err(Failure::OtherNetwork);
        }
        if self.terms.hints.route != hints.route {
            return Err(Failure::OtherRoute);
        }
        let issued = self.terms.issued();
        if issued > now.plus(CLOCK_SKEW) {
            return Err(Failure::Premature);
        }
        let expires = Time::from_secs(u64::from(self.terms.expires));
        if now >= expires {
            return Err(Failure::Expired);
        }
        if self.terms.difficulty < demanded {
            return Err(Failure::TooEasy);
        }
        let is_ours = scope.signed(&self.digest, &self.salt, |parts| {
            keys.verify(Purpose::Challenge, parts, &self.mac)
        });
        if !is_ours {
            return Err(Failure::Forged);
        }
        if digest(&self.salt, self.number) != self.digest {
            return Err(Failure::WrongAnswer);
        }
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.digest;
        Ok(Solved {
            id: SolutionId(id),
            difficulty: self.terms.difficulty,
            took: now.since(issued),
            expires,
        })
    }
}

/// Reads and verifies a payload, see [`Solution::parse`] and [`Solution::verify`].
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(
    payload: &[u8],
    scope: Scope<'_>,
    demanded: Difficulty,
    now: Time,
    keys: &SigningKeys,
) -> Result<Solved, Failure> {
    Solution::parse(payload)?.verify(scope, demanded, now, keys)
}
