//! What is asked of whom, and how it is told.

use std::borrow::Cow;

use super::engine::Engine;
use super::judged::Judged;
use super::sessions::is_embedded;
use crate::challenge::carry::{Carried, Obstacle, is_same_origin};
use crate::challenge::page::{self, Language, Nonce, Page, Start, Task, Then};
use crate::challenge::proof::{Challenge, Randomness, Scope};
use crate::challenge::solutions::SOLUTION_HEADER;
use crate::challenge::{Binding, ChallengeKind};
use crate::challenge::{Difficulty, Network};
use crate::decision::Action;
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Score;
use crate::message::{HeaderBlock, serialise};
use crate::reply::{self, Format, LocalReply, Preference};
use crate::telemetry::Event;
use crate::time::Time;

/// More challenges of an IPv4 network than these, or of any that many people are known to share, make nobody's harder but their own address's: six
/// times as hard.
const MOST_OF_OTHERS: u32 = 40;

/// The header lines that matter to a challenge.
const LINES: [&[u8]; 14] = [
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

impl Engine {
    /// The lines alone that matter to a challenge, for a request that has to wait.
    pub(super) fn lines_that_matter(&self, headers: &HeaderBlock) -> HeaderBlock {
        let captcha = self.policy.captcha.as_ref();
        let matter = |name: &[u8]| {
            LINES.iter().any(|line| line.eq_ignore_ascii_case(name))
                || captcha.is_some_and(|policy| policy.captcha.reads_header(name))
        };
        let lines: Vec<(&[u8], &[u8])> = headers.iter().filter(|(name, _)| matter(name)).collect();
        HeaderBlock::new(serialise(lines.into_iter()))
    }

    /// Where the client must stay for what it solves to count. What it got when its autonomous system was not known holds in
    /// its subnet also once that is: the second one.
    pub(super) fn networks(&self, judged: &Judged) -> [Option<Network>; 2] {
        let client = judged.subject.client;
        let subnet = client.map(|client| client.prefix(self.policy.identity.subnet));
        let subnet = subnet.map_or(Network::Anywhere, Network::Prefix);
        let asn = judged.signals.reputation.network.asn;
        match (self.policy.challenges.binding, asn) {
            (Binding::Nowhere, _) => [Some(Network::Anywhere), None],
            (Binding::Subnet, _) | (Binding::Asn, None) => [Some(subnet), None],
            (Binding::Asn, Some(asn)) => [Some(Network::Asn(asn.get())), Some(subnet)],
        }
    }

    /// The form of a refusal.
    pub(super) fn format(&self, judged: &Judged, headers: &HeaderBlock) -> Format {
        let protection = self.policy.protection(judged.subject.guard.routes.first);
        let preference = protection.map_or(Preference::Auto, |protection| protection.format);
        let line = |name| headers.lines(name).next();
        let format = reply::negotiate(preference, line("accept"), line("content-type"));
        // Scripts that fetch HTML show it inside a page, where ours could not repeat the request.
        let is_script = line("sec-fetch-dest") == Some(b"empty");
        match (format, preference) {
            (Format::Html, Preference::Auto)
                if is_script && judged.enforced(&self.policy) == Action::Challenge =>
            {
                Format::Problem
            }
            _ => format,
        }
    }

    /// What the work that this client is given is good for.
    pub(super) fn scope(&self, judged: &Judged, network: Network) -> Scope<'_> {
        let guard = &judged.subject.guard;
        Scope {
            network,
            route: self.policy.route_name(guard.challenger),
            substitutes: self.policy.captcha(guard.asks).is_some(),
        }
    }

    /// How many challenges went before one for this client, of its address and of its network. A /48 of IPv6 is one customer's and counts as one
    /// address, unless many people are known to share it.
    fn repetition(&self, judged: &Judged, now: Time, host: &impl Host) -> u32 {
        let client = judged.subject.client;
        let Some(party) = self.party(client, judged.subject.unasked) else {
            return 0;
        };
        let counting = &self.counting;
        let [own, network] = counting.repetition("challenges", &party, now, host);
        let is_shared = client.is_some_and(|client| client.ip().is_ipv4())
            || judged.signals.reputation.is_shared() == Some(true);
        own.max(match is_shared {
            true => network.min(MOST_OF_OTHERS),
            false => network,
        })
    }

    /// A challenge for this client, as hard as its score and the history of its address and network make it; and as hard as any, where it takes the
    /// place of a captcha because its network has had its share of those.
    pub(super) fn challenge(&self, judged: &Judged, now: Time, host: &impl Host) -> Challenge {
        let settings = &self.policy.challenges;
        let [network, _] = self.networks(judged);
        let repetition = self.repetition(judged, now, host);
        let score = judged.signals.score.unwrap_or(Score::clamped(0));
        let difficulty = match judged.answers.captcha.is_over_share() {
            true => Difficulty::MAX,
            false => settings.difficulty.scaled(score, repetition),
        };
        Challenge::issue(
            self.scope(judged, network.unwrap_or(Network::Anywhere)),
            difficulty,
            settings.lifetime,
            now,
            randomness(host),
            &self.keys,
        )
    }

    /// The page that solves a challenge, with the form that was posted.
    pub(super) fn challenge_page(
        &self,
        judged: &Judged,
        task: Task<'_>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        reference: &str,
        host: &impl Host,
    ) -> LocalReply {
        let line = |name| headers.lines(name).next();
        let carried = match (self.policy.challenges.carry, body) {
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
        let page = Page {
            language: Language::negotiate(line("accept-language")),
            task,
            then,
            start: match judged.answers.refused {
                true => Start::OnClick,
                false => Start::Now,
            },
            lifetime: self.policy.challenges.lifetime,
            nonce: Nonce::new(host.random()),
            reference,
        };
        let rendered = page::render(&page, &self.policy.challenges.template);
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
    pub(super) fn may_carry(&self, headers: &HeaderBlock) -> bool {
        let line = |name| headers.lines(name).next();
        self.policy.challenges.carry.is_some()
            && line(":method") == Some(b"POST")
            && is_same_origin(line("sec-fetch-site"), line("origin"), line(":authority"))
    }

    /// The answer to a request for a challenge alone, for widgets in the application's own forms.
    pub(super) fn endpoint(
        &mut self,
        path: &[u8],
        method: &[u8],
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<LocalReply> {
        let endpoint = self.policy.challenges.endpoint.as_deref()?;
        let rest = path.strip_prefix(endpoint.as_bytes())?;
        let query = match rest {
            [] => &b""[..],
            [b'?', query @ ..] => query,
            _ => return None,
        };
        if method != b"GET" {
            return None;
        }
        if is_embedded(headers) {
            let error = "{\"error\":\"a challenge is fetched and not embedded\"}";
            return Some(json_reply(403, error.to_owned()));
        }
        let name = query
            .split(|byte| *byte == b'&')
            .find_map(|pair| pair.strip_prefix(b"route="));
        let route = name.and_then(|name| self.policy.route_named(name));
        let challenge = route.and_then(|route| {
            let now = host.now();
            let guard = self.guard_of(route)?;
            let subject = self.passer_by(guard, headers, host);
            let knowledge = self.ahead(&subject, now, host);
            let judged = Judged::asking(&self.policy, subject, knowledge);
            if judged.subject.guard.asks == ChallengeKind::Captcha {
                // Work is only given out while captchas cannot be verified.
                return None;
            }
            host.meter(Event::ChallengeIssued);
            Some(self.challenge(&judged, now, host).json())
        });
        let (status, body) = match challenge {
            Some(challenge) => (200, challenge),
            None => (
                404,
                "{\"error\":\"no route of this name asks for a proof of work\"}".to_owned(),
            ),
        };
        Some(json_reply(status, body))
    }
}

/// An answer of the challenge endpoint.
fn json_reply(status: u16, body: String) -> LocalReply {
    LocalReply {
        status,
        details: "palisade_challenge_endpoint".to_owned(),
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
