//! Challenges: what is asked of whom, and who has answered.

mod answer;
mod captcha;
mod issue;
mod spent;
mod state;

use super::captcha::CaptchaPolicy;
use super::{Binding, ChallengeKind, Challenges, Network};
use crate::address::ClientAddress;
use crate::decision::Signals;
use crate::limits::{Counters, Once};
use crate::message::HeaderBlock;
use crate::reply::Fetch;
use crate::signing::SigningKeys;

pub(crate) use captcha::{Verifiable, Verification};
pub(crate) use issue::{ENDPOINT_DETAILS, json_reply};
pub(crate) use state::Answers;

/// What challenges are asked and known again with.
#[derive(Debug)]
pub(crate) struct Challenger {
    settings: Challenges,
    captcha: Option<CaptchaPolicy>,
    /// What challenges and clearances are signed with.
    keys: SigningKeys,
    once: Once,
    counters: Counters,
    /// Whether the operator has been told that the captcha's service does not take the secret.
    mistake_told: bool,
}

/// A client, as far as what is asked of it depends on that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'c> {
    /// Its address.
    pub(crate) address: Option<ClientAddress>,
    /// Whether a page may have had the request made without its visitor's knowing.
    pub(crate) unasked: bool,
    /// What is known of it.
    pub(crate) signals: &'c Signals,
    /// What a challenge asks for.
    pub(crate) asks: ChallengeKind,
    /// The name of the route under which work is given out.
    pub(crate) route: &'c str,
}

/// Who asks for a challenge: the rule, the limit or what is not known, on one route, about some account or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    /// What it asks for.
    asks: ChallengeKind,
    /// Everything that tells it from others, the same on every proxy.
    name: Vec<u8>,
    /// Whether who has answered it is not asked again for a while.
    is_lasting: bool,
}

impl Asker {
    /// Who is told from others by all these parts, and asks for this. Where an answer is not lasting, each request has
    /// to be answered for by itself.
    pub(crate) fn new(asks: ChallengeKind, parts: [&[u8]; 4], is_lasting: bool) -> Self {
        let mut name = Vec::new();
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            name.extend_from_slice(&length.to_be_bytes());
            name.extend_from_slice(part);
        }
        Self {
            asks,
            name,
            is_lasting,
        }
    }
}

impl Challenger {
    /// Challenges by these settings; without keys of the operator's, signed with some that are made of `seed`.
    pub(crate) fn new(
        settings: Challenges,
        captcha: Option<CaptchaPolicy>,
        (once, counters): (Once, Counters),
        seed: [u8; 16],
    ) -> Self {
        Self {
            keys: match &settings.keys {
                Some(keys) => keys.clone(),
                None => SigningKeys::derived(seed),
            },
            settings,
            captcha,
            once,
            counters,
            mistake_told: false,
        }
    }

    /// The captcha that a challenge of this kind asks for.
    const fn captcha(&self, asks: ChallengeKind) -> Option<&CaptchaPolicy> {
        match asks {
            ChallengeKind::Captcha => self.captcha.as_ref(),
            ChallengeKind::ProofOfWork => None,
        }
    }

    /// Whether this header line matters to a challenge.
    pub(crate) fn reads(&self, name: &[u8]) -> bool {
        issue::LINES
            .iter()
            .copied()
            .chain(Fetch::LINES.map(str::as_bytes))
            .any(|line| line.eq_ignore_ascii_case(name))
            || self
                .captcha
                .as_ref()
                .is_some_and(|policy| policy.captcha.reads_header(name))
    }

    /// The lines alone that matter to a challenge, for a request that has to wait.
    pub(crate) fn lines_that_matter(&self, headers: &HeaderBlock) -> HeaderBlock {
        headers.only(|name| self.reads(name))
    }

    /// Where the client must stay for what it solves to count. What it got when its autonomous system was not known
    /// holds in its subnet also once that is: the second one.
    fn networks(&self, client: Client<'_>) -> [Option<Network>; 2] {
        let subnet = client
            .address
            .map(|address| address.prefix(self.counters.subnet()));
        let subnet = subnet.map_or(Network::Anywhere, Network::Prefix);
        let asn = client.signals.reputation.network.asn;
        match (self.settings.binding, asn) {
            (Binding::Nowhere, _) => [Some(Network::Anywhere), None],
            (Binding::Subnet, _) | (Binding::Asn, None) => [Some(subnet), None],
            (Binding::Asn, Some(asn)) => [Some(Network::Asn(asn.get())), Some(subnet)],
        }
    }
}
