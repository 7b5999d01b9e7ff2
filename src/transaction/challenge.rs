//! Challenges: who has answered one, who has to, and what is asked.

use std::borrow::Cow;
use std::time::Duration;

use super::Host;
use super::engine::Engine;
use super::judged::Judged;
use crate::challenge::carry::{Carried, is_same_origin};
use crate::challenge::clearance::{self, ClearanceLack, Earned, Grant, Holder};
use crate::challenge::page::{self, Language, Nonce, Page, Start, Then};
use crate::challenge::proof::{self, Challenge, Randomness, Scope, Solved};
use crate::challenge::solutions::{self, SOLUTION_COOKIE, SOLUTION_FIELD, SOLUTION_HEADER};
use crate::challenge::{CLOCK_SKEW, Network};
use crate::config::{Binding, Protection};
use crate::identity::account::BodyBytes;
use crate::intelligence::Score;
use crate::limits::Window;
use crate::message::{HeaderBlock, serialise};
use crate::reply::LocalReply;
use crate::telemetry::{ChallengeFailure, Event};
use crate::time::Time;

/// How far back it matters how often a network was challenged.
const MEMORY: Duration = Duration::from_secs(600);

/// The header lines that matter to a challenge.
const LINES: [&[u8]; 12] = [
    b":method",
    b":path",
    b":authority",
    b"accept",
    b"accept-language",
    b"content-type",
    b"cookie",
    b"origin",
    b"sec-fetch-site",
    b"upgrade",
    b"user-agent",
    SOLUTION_HEADER.as_bytes(),
];

/// Those lines alone, for a request that has to wait.
pub(super) fn lines_that_matter(headers: &HeaderBlock) -> HeaderBlock {
    let matter = |name: &[u8]| LINES.iter().any(|line| line.eq_ignore_ascii_case(name));
    let lines: Vec<(&[u8], &[u8])> = headers.iter().filter(|(name, _)| matter(name)).collect();
    HeaderBlock::new(serialise(lines.into_iter()))
}

impl Engine {
    /// Whether the client has answered what the rule or limit called `asker` asks of it. What it earns by that goes to
    /// `judged`.
    pub(super) fn has_answered(
        &self,
        judged: &mut Judged,
        asker: &str,
        headers: &HeaderBlock,
        body: BodyBytes<'_>,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.policy.challenges;
        let Some(protection) = self.policy.protection(judged.subject.route) else {
            return false;
        };
        let network = self.network(judged);
        let cookies = || headers.lines("cookie");
        let holder = Holder {
            network,
            agent: headers.lines("user-agent").next(),
            rule: asker,
        };
        let demanded = settings.difficulty;
        match clearance::check(
            cookies(),
            &settings.cookie,
            holder,
            demanded,
            now,
            &self.keys,
        ) {
            Ok(cleared) if self.is_at_home(judged, cleared.id, now, host) => {
                host.meter(Event::ChallengeCleared);
                return true;
            }
            Ok(_) => host.meter(Event::ClearanceLack(ClearanceLack::OtherNetwork)),
            Err(ClearanceLack::Absent) => {}
            Err(lack) => host.meter(Event::ClearanceLack(lack)),
        }
        let scope = Scope {
            network,
            route: &protection.name,
        };
        let field = field(headers, body);
        // What the head brings has been looked at when the body comes.
        let first = !judged.refused_solution;
        let header = headers.lines(SOLUTION_HEADER).filter(|_| first);
        let payloads = solutions::payloads(header, cookies().filter(|_| first), field.as_deref());
        for payload in payloads {
            match self.solved(payload, scope, now, host) {
                Ok(solved) => {
                    host.meter(Event::ChallengeSolved);
                    host.meter(Event::SolveTime(solved.took));
                    let [serial @ .., _, _, _, _, _, _, _, _] = solved.id.0;
                    let grant = Grant {
                        earned: Earned::Proof(solved.difficulty),
                        lifetime: settings.clearance,
                        serial,
                    };
                    let name = &settings.cookie;
                    let value = clearance::grant(cookies(), name, holder, grant, now, &self.keys);
                    judged.cookies.push(name.set(&value, settings.clearance));
                    judged.cookies.push(format!(
                        "{SOLUTION_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax"
                    ));
                    return true;
                }
                Err(failure) => {
                    host.meter(Event::ChallengeFailed(failure));
                    judged.refused_solution = true;
                }
            }
        }
        false
    }

    fn solved(
        &self,
        payload: &[u8],
        scope: Scope<'_>,
        now: Time,
        host: &impl Host,
    ) -> Result<Solved, ChallengeFailure> {
        let solved = proof::verify(payload, scope, now, &self.keys)?;
        // It is remembered at least until nobody takes it any more.
        let lifetime = self.policy.challenges.lifetime;
        let window = lifetime.saturating_add(CLOCK_SKEW.saturating_mul(2));
        let window = Window::new(window).ok_or(ChallengeFailure::Replayed)?;
        let counting = &self.counting;
        if counting.is_first_use("solution", &solved.id.0, window, now, host) {
            Ok(solved)
        } else {
            Err(ChallengeFailure::Replayed)
        }
    }

    /// Where the client must stay for what it solves to count.
    fn network(&self, judged: &Judged) -> Network {
        let client = judged.subject.client;
        let subnet = client.map(|client| client.prefix(self.policy.identity.subnet));
        let subnet = subnet.map_or(Network::Anywhere, Network::Prefix);
        match self.policy.challenges.binding {
            Binding::Nowhere => Network::Anywhere,
            Binding::Subnet => subnet,
            Binding::Asn => judged
                .signals
                .reputation
                .network
                .asn
                .map_or(subnet, |asn| Network::Asn(asn.get())),
        }
    }

    /// Whether a clearance that is bound to no subnet is not passed around among too many.
    fn is_at_home(
        &self,
        judged: &Judged,
        id: clearance::ClearanceId,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let settings = &self.policy.challenges;
        let client = judged.subject.client;
        match (settings.binding, client, Window::new(settings.clearance)) {
            (Binding::Subnet, ..) | (_, None, _) | (.., None) => true,
            (_, Some(client), Some(window)) => {
                let subnet = client.prefix(self.policy.identity.subnet).to_bytes();
                let counting = &self.counting;
                counting.is_among_few(
                    "clearance",
                    &id.0,
                    &subnet,
                    (settings.subnets, window),
                    now,
                    host,
                )
            }
        }
    }

    /// A challenge for this client, as hard as its score and the history of its network make it.
    pub(super) fn challenge(
        &self,
        judged: &Judged,
        protection: &Protection,
        now: Time,
        host: &impl Host,
    ) -> Challenge {
        let settings = &self.policy.challenges;
        let network = self.network(judged);
        let repetition = judged.subject.client.map_or(0, |client| {
            let subnet = client.prefix(self.policy.identity.subnet).to_bytes();
            Window::new(MEMORY).map_or(0, |window| {
                self.counting
                    .repetition("challenges", &subnet, window, now, host)
            })
        });
        let score = judged.signals.score.unwrap_or(Score::clamped(0));
        host.meter(Event::ChallengeIssued);
        Challenge::issue(
            Scope {
                network,
                route: &protection.name,
            },
            settings.difficulty.scaled(score, repetition),
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
        challenge: &Challenge,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        (details, reference): (&str, &str),
        host: &impl Host,
    ) -> LocalReply {
        let line = |name| headers.lines(name).next();
        let carried = match (self.policy.challenges.carry, body) {
            (Some(limits), BodyBytes::Whole(body)) if self.may_carry(headers) => {
                Carried::read(line("content-type"), body, limits)
                    .inspect_err(|obstacle| host.meter(Event::NotCarried(*obstacle)))
                    .ok()
            }
            _ => None,
        };
        let then = match (&carried, line(":method")) {
            (Some(carried), _) => Then::Post(carried),
            (None, Some(b"GET" | b"HEAD")) => Then::Reload,
            (None, _) => Then::SendAgain,
        };
        let page = Page {
            language: Language::negotiate(line("accept-language")),
            challenge,
            then,
            start: match judged.refused_solution {
                true => Start::OnClick,
                false => Start::Now,
            },
            nonce: Nonce::new(host.random()),
            reference,
        };
        let rendered = page::render(&page, &self.policy.challenges.template);
        let mut headers = rendered.headers;
        headers.push(("x-palisade-ref", Cow::Owned(reference.to_owned())));
        LocalReply {
            status: 403,
            details: details.to_owned(),
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
        &self,
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
        let name = query
            .split(|byte| *byte == b'&')
            .find_map(|pair| pair.strip_prefix(b"route="));
        let route = name.and_then(|name| self.policy.route_named(name));
        let found = route.and_then(|route| Some((route, self.policy.protection(route)?)));
        let (status, body) = match found {
            Some((route, protection)) => {
                let judged = Judged::stranger(route, self.client(headers, host));
                let challenge = self.challenge(&judged, protection, host.now(), host);
                (200, challenge.json())
            }
            None => (404, "{\"error\":\"no such route\"}".to_owned()),
        };
        Some(LocalReply {
            status,
            details: "palisade_challenge_endpoint".to_owned(),
            headers: vec![
                ("content-type", Cow::Borrowed("application/json")),
                ("cache-control", Cow::Borrowed("no-store")),
                ("x-content-type-options", Cow::Borrowed("nosniff")),
            ],
            body: body.into_bytes(),
            grpc_status: None,
        })
    }
}

/// What ALTCHA's widget left in an urlencoded form.
fn field(headers: &HeaderBlock, body: BodyBytes<'_>) -> Option<Vec<u8>> {
    let BodyBytes::Whole(body) = body else {
        return None;
    };
    let kind = headers.lines("content-type").next()?;
    let is_form = kind
        .get(..33)
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded"));
    let pairs = || body.split(|byte| *byte == b'&');
    let found = pairs().find_map(|pair| {
        pair.strip_prefix(SOLUTION_FIELD.as_bytes())?
            .strip_prefix(b"=")
    });
    found
        .filter(|_| is_form)
        .map(|value| percent_encoding::percent_decode(value).collect())
}

fn randomness(host: &impl Host) -> Randomness {
    let mut bytes = [0; 20];
    let random = host.random().into_iter().chain(host.random());
    for (to, from) in bytes.iter_mut().zip(random) {
        *to = from;
    }
    Randomness(bytes)
}
