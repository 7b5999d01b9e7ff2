//! What the User-Agent and its client hints say against a client.
//!
//! A person who is taken for a program is locked out, so only what no person's browser sends is a signal: the tables of
//! the tests hold what browsers, in-app browsers and apps do send. The libraries that apps use (okhttp, `CFNetwork`,
//! Dart, Electron) are no signal, nor are client hints that are missing: plain HTTP, old browsers and proxies have
//! none.
//!
//! The names are a list of our own, read in one pass. Parsers of agents (`woothee`, `uaparser`) tell products and
//! versions by tables and regular expressions, far more than is asked here, and know neither client hints nor what
//! contradicts itself.

mod claims;
mod hints;
mod names;
mod settings;
mod stage;

pub use settings::{AgentUse, Uniform};
pub(crate) use stage::{Agents, SeenAgent};

use claims::Claims;
use hints::Hints;

use crate::fingerprint::{Ja4, Origin, origin};
use crate::message::HeaderBlock;
use crate::signals::{AgentFacts, AgentSignal};

/// How much of each header line is looked at, in bytes; the longest agents of in-app browsers have about 600.
pub const LONGEST: usize = 1_024;

/// The header lines by which a client says what it is, each the first of its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agent<'a> {
    /// `user-agent`.
    pub user_agent: Option<&'a [u8]>,
    /// `sec-ch-ua`.
    pub brands: Option<&'a [u8]>,
    /// `sec-ch-ua-mobile`.
    pub mobile: Option<&'a [u8]>,
    /// `sec-ch-ua-platform`.
    pub platform: Option<&'a [u8]>,
}

/// What no person's browser or app says: who says it is no person, or hides what it is.
const SUSPICIOUS: [AgentSignal; 5] = [
    AgentSignal::Missing,
    AgentSignal::Scripted,
    AgentSignal::Headless,
    AgentSignal::Impossible,
    AgentSignal::Contradicted,
];

/// Whether it is missing, scripted, headless, impossible or contradicted.
#[must_use]
pub fn is_suspicious(facts: AgentFacts) -> bool {
    let mut all = SUSPICIOUS.into_iter();
    all.any(|signal| facts.get(signal) == Some(true))
}

impl<'a> Agent<'a> {
    /// Reads the lines out of a request's head.
    #[must_use]
    pub fn read(head: &'a HeaderBlock) -> Self {
        let mut agent = Self::default();
        for (name, value) in head.iter() {
            agent.take(name, value);
        }
        agent
    }

    /// Takes a line if it is one of those, for those who walk over the head anyway.
    pub fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |own: &str| name.eq_ignore_ascii_case(own.as_bytes());
        let line = match name.len() {
            10 if is("user-agent") => &mut self.user_agent,
            9 if is("sec-ch-ua") => &mut self.brands,
            16 if is("sec-ch-ua-mobile") => &mut self.mobile,
            18 if is("sec-ch-ua-platform") => &mut self.platform,
            _ => return,
        };
        *line = line.or(Some(value));
    }

    /// What it says by itself, and what the TLS fingerprint says to that. What its subnet and its address say is not
    /// known here.
    #[must_use]
    pub fn signals(&self, ja4: Option<Ja4>) -> AgentFacts {
        let text = start(self.user_agent);
        let claims = Claims::read(text);
        let hints = Hints {
            brands: start(self.brands),
            mobile: start(self.mobile),
            platform: start(self.platform),
        };
        let impossible = claims.impossible() || hints.contradict(&claims);
        let mut facts = AgentFacts::UNKNOWN;
        for (signal, holds) in [
            (AgentSignal::Missing, text.is_empty()),
            (AgentSignal::Scripted, claims.scripted),
            (AgentSignal::Headless, claims.headless || hints.headless()),
            (AgentSignal::Impossible, impossible),
            (AgentSignal::CrawlerClaimed, claims.crawler),
        ] {
            facts.put(signal, Some(holds));
        }
        facts.put(AgentSignal::Contradicted, contradicted(&claims, ja4));
        facts
    }

    /// The bytes by which agents are told apart, at most [`LONGEST`]; empty when there is none.
    ///
    /// Letter case, white space and what follows the first number of a version make no difference, so that who counts
    /// how many agents a network has (`one agent repeated`) is not misled by `Chrome/120.0.0.1`, `.2`, `.3`.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut canonical: Vec<u8> = Vec::new();
        let mut in_version = false;
        for byte in start(self.user_agent) {
            let last = canonical.last().copied().unwrap_or(b' ');
            let point = matches!(byte, b'.' | b'_');
            in_version = if in_version {
                point || byte.is_ascii_digit()
            } else {
                point && last.is_ascii_digit()
            };
            if in_version {
                continue;
            }
            match byte.is_ascii_whitespace() {
                true if last == b' ' => {}
                true => canonical.push(b' '),
                false => canonical.push(byte.to_ascii_lowercase()),
            }
        }
        canonical.truncate(canonical.trim_ascii_end().len());
        canonical
    }
}

/// Whether the client says to be a browser and another program has written its ClientHello; `None` where nobody knows
/// who has written that.
fn contradicted(claims: &Claims<'_>, ja4: Option<Ja4>) -> Option<bool> {
    let ja4 = ja4?;
    match claims.browser {
        true => Some(origin(&ja4)? == Origin::Library),
        false => Some(false),
    }
}

fn start(line: Option<&[u8]>) -> &[u8] {
    let line = line.unwrap_or_default().trim_ascii_start();
    line.get(..LONGEST).unwrap_or(line).trim_ascii_end()
}

#[cfg(test)]
mod tests;
