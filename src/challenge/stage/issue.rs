//! What is asked of whom, and how it is told.

use std::borrow::Cow;

use super::state::Answers;
use super::{Challenger, Client};
use crate::challenge::page::{self, Language, Nonce, Page, Start, Task, Then};
use crate::challenge::proof::{Challenge, Randomness, Scope};
use crate::challenge::replay::{Carried, Obstacle, is_same_origin};
use crate::challenge::solutions::SOLUTION_HEADER;
use crate::challenge::{Difficulty, Network};
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Score;
use crate::message::HeaderBlock;
use crate::reply::LocalReply;
use crate::telemetry::Event;
use crate::time::Time;

/// More challenges of an IPv4 network than these, or of any that many people are known to share, make nobody's harder
/// but their own address's: six times as hard.
const MOST_OF_OTHERS: u32 = 40;

/// Where a challenge is shown by itself, unless the operator says another path.
const ENDPOINT: &str = "/.palisade/challenge";

/// The details of answers there, in access logs.
pub(crate) const ENDPOINT_DETAILS: &str = "palisade_challenge_endpoint";

/// The header lines that matter to a challenge.
pub(super) const LINES: [&[u8]; 14] = [
    b":method",
    b":path",
    b":authority",
    b"accept",
    b"accept-language",
    b"content-encoding",
    b"content-type",
    b"cookie",
    b"origin",
    b"sec-fetch-dest",
    b"sec-fetch-site",
    b"upgrade",
    b"user-agent",
    SOLUTION_HEADER.as_bytes(),
];

impl Challenger {
    /// What the work that this client is given is good for.
    pub(super) fn scope<'c>(&self, client: Client<'c>, network: Network) -> Scope<'c> {
        Scope {
            network,
            route: client.route,
            substitutes: self.captcha(client.asks).is_some(),
        }
    }

    /// How many challenges went before one for this client, of its address and of its network. A /48 of IPv6 is one
    /// customer's and counts as one address, unless many people are known to share it.
    fn repetition(&self, client: Client<'_>, now: Time, host: &impl Host) -> u32 {
        let counters = &self.counters;
        let Some(party) = counters.party(client.address, client.unasked) else {
            return 0;
        };
        let [own, network] = counters.repetition("challenges", &party, now, host);
        let is_shared = client.address.is_some_and(|address| address.ip().is_ipv4())
            || client.signals.reputation.is_shared() == Some(true);
        own.max(match is_shared {
            true => network.min(MOST_OF_OTHERS),
            false => network,
        })
    }

    /// A challenge for this client, as hard as its score and the history of its address and network make it; and as
    /// hard as any, where it takes the place of a captcha because its network has had its share of those.
    #[inline(never)]
    pub(crate) fn issue(
        &self,
        client: Client<'_>,
        answers: &Answers,
        now: Time,
        host: &impl Host,
    ) -> Challenge {
        let settings = &self.settings;
        let [network, _] = self.networks(client);
        let repetition = self.repetition(client, now, host);
        let score = client.signals.score.unwrap_or(Score::clamped(0));
        let difficulty = match answers.captcha.is_over_share() {
            true => Difficulty::MAX,
            false => settings.difficulty.scaled(score, repetition),
        };
        Challenge::issue(
            self.scope(client, network.unwrap_or(Network::Anywhere)),
            difficulty,
            settings.lifetime,
            now,
            randomness(host),
            &self.keys,
        )
    }

    /// The page that solves a challenge, with the form that was posted.
    pub(crate) fn page(
        &self,
        answers: &Answers,
        task: Task<'_>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        reference: &str,
        host: &impl Host,
    ) -> LocalReply {
        let line = |name| headers.lines(name).next();
        let carried = match (self.settings.replay, body) {
            (Some(limits), BodyBytes::Whole(body)) if self.may_carry(headers) => {
                Some(Carried::read(line("content-type"), body, limits))
            }
            (Some(_), BodyBytes::TooLarge) if self.may_carry(headers) => {
                Some(Err(Obstacle::TooLarge))
            }
            (Some(_), _)
                if line(":method") == Some(b"POST")
                    && line("content-type").is_some()
                    && !self.may_carry(headers) =>
            {
                Some(Err(Obstacle::OtherSite))
            }
            _ => None,
        };
        if let Some(Err(obstacle)) = carried {
            host.meter(Event::NotCarried(obstacle));
        }
        let carried = carried.and_then(Result::ok);
        let then = match (&carried, line(":method")) {
            (Some(carried), _) => Then::Post(carried),
            (None, Some(b"GET" | b"HEAD")) => Then::Reload,
            (None, _) => Then::SendAgain,
        };
        self.shown((answers, task, then), headers, reference, host)
    }

    /// The page that solves a challenge, and then does this.
    #[inline(never)]
    pub(crate) fn shown(
        &self,
        (answers, task, then): (&Answers, Task<'_>, Then<'_>),
        headers: &HeaderBlock,
        reference: &str,
        host: &impl Host,
    ) -> LocalReply {
        let page = Page {
            language: Language::negotiate(headers.lines("accept-language").next()),
            task,
            then,
            start: match answers.refused {
                true => Start::OnClick,
                false => Start::Now,
            },
            lifetime: self.settings.lifetime,
            nonce: Nonce::new(host.random()),
            reference,
        };
        let rendered = page::render(&page, &self.settings.template);
        let mut headers = rendered.headers;
        headers.push(("x-palisade-ref", Cow::Owned(reference.to_owned())));
        LocalReply {
            status: 403,
            details: String::new(),
            headers,
            body: rendered.body,
            grpc_status: None,
        }
    }

    /// Whether a posted form may be posted again from our page.
    pub(crate) fn may_carry(&self, headers: &HeaderBlock) -> bool {
        let line = |name| headers.lines(name).next();
        self.settings.replay.is_some()
            && line(":method") == Some(b"POST")
            && is_same_origin(line("sec-fetch-site"), line("origin"), line(":authority"))
    }

    /// The path on which a challenge is given by itself.
    pub(crate) fn endpoint(&self) -> &str {
        self.settings.endpoint.as_deref().unwrap_or(ENDPOINT)
    }

    /// Whether it is given there as JSON, too: for widgets in the application's own forms.
    pub(crate) const fn gives_json(&self) -> bool {
        self.settings.endpoint.is_some()
    }

    /// The query of a request for a challenge alone; `None` for all others.
    pub(crate) fn endpoint_query<'h>(&self, path: &'h [u8], method: &[u8]) -> Option<&'h [u8]> {
        let query = match path.strip_prefix(self.endpoint().as_bytes())? {
            [] => &b""[..],
            [b'?', query @ ..] => query,
            _ => return None,
        };
        (method == b"GET").then_some(query)
    }
}

/// An answer of the challenge endpoint.
pub(crate) fn json_reply(status: u16, body: String) -> LocalReply {
    LocalReply {
        status,
        details: ENDPOINT_DETAILS.to_owned(),
        headers: vec![
            ("content-type", Cow::Borrowed("application/json")),
            ("cache-control", Cow::Borrowed("no-store")),
            ("x-content-type-options", Cow::Borrowed("nosniff")),
        ],
        body: body.into_bytes(),
        grpc_status: None,
    }
}

fn randomness(host: &impl Host) -> Randomness {
    let mut bytes = [0; 20];
    let random = host.random().into_iter().chain(host.random());
    for (to, from) in bytes.iter_mut().zip(random) {
        *to = from;
    }
    Randomness(bytes)
}
