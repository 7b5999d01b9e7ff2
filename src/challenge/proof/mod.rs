//! Proof of work, in ALTCHA's format, so that its widget (versions 1 to 3) solves what is issued here, too.
//!
//! The client gets `challenge = SHA-256(salt ‖ number)` and looks for the number, from 0 to `maxnumber`, written in
//! decimal. The salt carries, as ALTCHA's does, parameters behind a random part: when the challenge expires, when it
//! was issued, how hard it is, and hints of what it is good for. It ends with `&`, so that no digit can be moved from a
//! parameter to the number (CVE-2025-68113); beyond that the salt itself is signed here, not only the hash over both.
//!
//! Issuing and verifying cost one SHA-256 and one HMAC each, whatever the difficulty, so that neither is a lever.

mod salt;
mod solution;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use solution::{Failure, Solution, SolutionId, Solved, verify};

use super::binding::Network;
use super::difficulty::Difficulty;
use crate::encoding::hex;
use crate::signing::{Purpose, SigningKeys};
use crate::time::Time;
use salt::{Hints, Salt};

/// The only algorithm.
const ALGORITHM: &str = "SHA-256";

/// How long a challenge may be solved, unless the operator says otherwise.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// What a proof is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Where the client is.
    pub network: Network,
    /// The name of the route that asks.
    pub route: &'a str,
    /// Whether it asks for a captcha, and for work only in its place.
    pub substitutes: bool,
}

impl Scope<'_> {
    /// Who asks, and for what.
    fn purpose(self) -> Vec<u8> {
        [&[u8::from(self.substitutes)], self.route.as_bytes()].concat()
    }

    /// What is signed, handed to `sign`.
    fn signed<T>(self, digest: &[u8; 32], salt: &str, sign: impl FnOnce(&[&[u8]]) -> T) -> T {
        let network = self.network.to_bytes();
        sign(&[digest, salt.as_bytes(), &network, &self.purpose()])
    }
}

/// Random bytes for one challenge, unpredictable and never used again.
#[derive(Clone, Copy)]
pub struct Randomness(pub [u8; 20]);

/// A challenge: as JSON it is what ALTCHA's widget reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Challenge {
    algorithm: &'static str,
    challenge: String,
    maxnumber: u32,
    salt: String,
    signature: String,
    #[serde(skip)]
    expires: u32,
}

impl Challenge {
    /// Issues a challenge that is good for `scope` until `lifetime` has passed.
    #[must_use]
    pub fn issue(
        scope: Scope<'_>,
        difficulty: Difficulty,
        lifetime: Duration,
        now: Time,
        random: Randomness,
        keys: &SigningKeys,
    ) -> Self {
        let Randomness([r0, r1, r2, r3, r4, r5, r6, r7, unique @ ..]) = random;
        let number = u64::from_be_bytes([r0, r1, r2, r3, r4, r5, r6, r7]);
        // The remainder favours no number by more than one in 10^12.
        let range = u64::from(difficulty.get()).saturating_add(1);
        let number = number.checked_rem(range).unwrap_or_default();
        let expires = now.plus(lifetime).seconds();
        let salt = Salt {
            issued: salt::milliseconds(now),
            expires,
            difficulty,
            hints: Hints::of(scope),
        }
        .write(unique);
        let digest = digest(&salt, number);
        let mac = scope.signed(&digest, &salt, |parts| keys.sign(Purpose::Challenge, parts));
        Self {
            algorithm: ALGORITHM,
            challenge: hex::encode(&digest),
            maxnumber: difficulty.get(),
            salt,
            signature: hex::encode(&mac),
            expires,
        }
    }

    /// When it expires, in seconds since the Unix epoch.
    #[must_use]
    pub const fn expires(&self) -> u32 {
        self.expires
    }

    /// The JSON text.
    #[must_use]
    pub fn json(&self) -> String {
        // A structure of strings and numbers always has one.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Solves it as a client does, for tests and tools; costs as many hashes as it is hard.
    #[must_use]
    pub fn solve(&self) -> Option<Solution> {
        let digest = hex::decode(&self.challenge)?;
        let number = (0..=u64::from(self.maxnumber))
            .find(|number| self::digest(&self.salt, *number) == digest)?;
        Solution::of(self, number)
    }
}

fn digest(salt: &str, number: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(number.to_string());
    hash.finalize().0
}
