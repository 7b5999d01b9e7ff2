//! What the User-Agent and its client hints say against a client.
//!
//! A person who is taken for a program is locked out, so only what no person's browser sends is a signal: the tables of the tests hold what
//! browsers, in-app browsers and apps do send. The libraries that apps use (okhttp, `CFNetwork`, Dart, Electron) are no signal, nor are
//! client hints that are missing: plain HTTP, old browsers and proxies have none.
//!
//! The names are a list of our own, read in one pass. Parsers of agents (`woothee`, `uaparser`) tell products and versions by tables and regular expressions, far
//! more than is asked here, and know neither client hints nor what contradicts itself.

mod claims;
mod hints;
mod names;
mod settings;
mod stage;

pub use settings::{AgentUse, Uniform};
pub(crate) use stage::{Agents, SeenAgent};

use claims::Claims;
use hints::Hints;

use crate::message::HeaderBlock;

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

/// What speaks against an agent; with nothing set, nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentSignals {
    /// There is none, or nothing in it.
    pub missing: bool,
    /// It is an HTTP library or a tool.
    pub scripted: bool,
    /// It is a browser that a program steers.
    pub headless: bool,
    /// It says to be a browser, but no browser says it so.
    pub impossible: bool,
    /// It says to be a crawler, as anybody can.
    pub claims_crawler: bool,
}

impl AgentSignals {
    /// Whether it is missing, scripted, headless or impossible.
    #[must_use]
    pub const fn suspicious(self) -> bool {
        self.missing || self.scripted || self.headless || self.impossible
    }
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

    /// What speaks against it.
    #[must_use]
    pub fn signals(&self) -> AgentSignals {
        let text = start(self.user_agent);
        let claims = Claims::read(text);
        let hints = Hints {
            brands: start(self.brands),
            mobile: start(self.mobile),
            platform: start(self.platform),
        };
        AgentSignals {
            missing: text.is_empty(),
            scripted: claims.scripted,
            headless: claims.headless || hints.headless(),
            impossible: claims.impossible() || hints.contradict(&claims),
            claims_crawler: claims.crawler,
        }
    }

    /// The bytes by which agents are told apart, at most [`LONGEST`]; empty when there is none.
    ///
    /// Letter case, white space and what follows the first number of a version make no difference, so that who counts how many agents a network has
    /// (`one agent repeated`) is not misled by `Chrome/120.0.0.1`, `.2`, `.3`.
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

fn start(line: Option<&[u8]>) -> &[u8] {
    let line = line.unwrap_or_default().trim_ascii_start();
    line.get(..LONGEST).unwrap_or(line).trim_ascii_end()
}

#[cfg(test)]
mod tests;
