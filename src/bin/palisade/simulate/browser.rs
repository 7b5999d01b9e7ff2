//! What a client keeps, and how it solves a challenge.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::site::{Asked, Site};
use crate::lone::Writer;

/// The header in which a solution is sent.
const SOLUTION: &str = "x-palisade-solution";

/// The cookies of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Browser {
    cookies: Vec<(Box<str>, Box<str>)>,
}

impl Browser {
    /// Keeps what a `set-cookie` line says; an empty value ends the cookie.
    pub(super) fn keep(&mut self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        self.cookies.retain(|(kept, _)| **kept != *name);
        if !value.is_empty() {
            self.cookies.push((name.into(), value.into()));
        }
    }

    /// Whether it keeps anything.
    pub(super) fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The request as this client sends it.
    pub(super) fn request<'r>(&self, site: &'r Site, asked: &Asked<'r>) -> Writer<'r> {
        let mut request = site.request(asked.step, asked.account, asked.session, asked.agent);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request.header("cookie", pairs.join("; "));
        }
        if let Some(solution) = &asked.solution {
            request.header(SOLUTION, solution.clone());
        }
        request
    }
}

/// The challenge in the body of a refusal, if there is one.
pub(super) fn challenge(refusal: &[u8]) -> Option<Value> {
    let mut problem: Value = serde_json::from_slice(refusal).ok()?;
    problem.get_mut("altcha").map(Value::take)
}

/// How hard a challenge is: the most numbers that are tried.
pub(super) fn difficulty(challenge: &Value) -> u64 {
    challenge
        .get("maxnumber")
        .and_then(Value::as_u64)
        .unwrap_or(u64::MAX)
}

/// Solves a challenge by trying numbers, as a browser does. `None` for one that has no answer.
pub(super) fn solve(challenge: &Value) -> Option<String> {
    let text = |name: &str| challenge.get(name)?.as_str();
    let (salt, wanted) = (text("salt")?, text("challenge")?);
    let number = (0..=difficulty(challenge)).find(|number| {
        let mut hash = Sha256::new();
        hash.update(salt);
        hash.update(number.to_string());
        let digest: [u8; 32] = hash.finalize().0;
        digest
            .iter()
            .zip(wanted.as_bytes().chunks(2))
            .all(|(byte, digits)| {
                let digits = std::str::from_utf8(digits).unwrap_or_default();
                u8::from_str_radix(digits, 16) == Ok(*byte)
            })
    })?;
    let sent = json!({
        "algorithm": text("algorithm")?, "challenge": wanted, "number": number, "salt": salt,
        "signature": text("signature")?, "took": 0,
    });
    Some(STANDARD.encode(sent.to_string()))
}
