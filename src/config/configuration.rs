//! The configuration as a whole: its sections, and what they come to together.

use crate::config::agents::RawAgents;
use crate::config::annotate::{RawAnnotate, RawAudit};
use crate::config::application::Application;
use crate::config::breach::RawBreach;
use crate::config::captcha::RawCaptcha;
use crate::config::challenge::RawChallenge;
use crate::config::check::Environment;
use crate::config::client::RawClient;
use crate::config::device::RawDevice;
use crate::config::fleet::RawFleet;
use crate::config::geoip::RawGeoip;
use crate::config::identity::RawIdentity;
use crate::config::intelligence::RawIntelligence;
use crate::config::ja4::RawJa4;
use crate::config::learned::RawLearned;
use crate::config::limits::{RawCounters, RawLimit};
use crate::config::lists::RawList;
use crate::config::reply::RawReply;
use crate::config::response::RawResponse;
use crate::config::routes::Others;
use crate::config::routes::RawRoute;
use crate::config::score::RawScore;
use crate::config::session::RawSession;
use crate::config::signing::RawSigningKeys;
use crate::config::travel::RawTravel;
use crate::config::travel::Travels;
use crate::config::unlock::RawUnlock;
use crate::config::{
    agents, annotate, breach, captcha, challenge, check, client, device, fleet, geoip, identity,
    intelligence, ja4, learned, limits, lists, reply, response, routes, score, session, signing,
    travel, unlock,
};
use crate::decision::Mode;
use crate::json::{FromJson, Json, Mistakes, Place};
use crate::policy::{self, Policy};
use crate::signals::{AgentSignal, Annotation, ClientSignal, Fact, Measure, Signal};
use crate::store::Budget;

/// The configuration of Palisade.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(title = "Palisade"))]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// `enforce`, or `monitor`: everything is computed, counted and annotated, and nothing is refused. Default
    /// `enforce`.
    #[serde(default)]
    pub mode: Mode,
    /// Which application stands behind the filter, for `palisade check`.
    #[serde(default)]
    pub application: Option<Application>,
    /// Who the client is.
    #[serde(default)]
    pub client: RawClient,
    /// The IP-intelligence API. Without it only lists and geoip headers are known.
    #[serde(default)]
    pub intelligence: Option<RawIntelligence>,
    /// Headers that Envoy's own geoip filter, placed before this one, sets. What a client sends under these
    /// names must be removed before that filter (docs/concepts/providers.md).
    #[serde(default)]
    pub geoip: Option<RawGeoip>,
    /// Where the client's TLS fingerprint (JA4) is found.
    #[serde(default)]
    pub ja4: Option<RawJa4>,
    /// Who is asked whether passwords are known from breaches.
    #[serde(default)]
    pub breached_passwords: Option<RawBreach>,
    /// Your own lists of networks, 64 at most.
    #[serde(default)]
    pub lists: Vec<RawList>,
    /// How signals add up to the score.
    #[serde(default)]
    pub score: RawScore,
    /// When too few different User-Agents come from a subnet.
    #[serde(default)]
    pub agents: RawAgents,
    /// How accounts and sessions are found in requests, and what a subnet is.
    #[serde(default)]
    pub identity: RawIdentity,
    /// The VM's environment variables with the keys that sign device cookies, unlock links, challenges and
    /// clearances: 32 or more visible ASCII characters each. The first signs, all verify. Without them the proxy
    /// makes a key for challenges and clearances by itself, which ends with it.
    #[serde(default)]
    pub signing_keys_env: Option<RawSigningKeys>,
    /// Devices that are known to an account by a cookie, which is set on a successful login. Needs `signing_keys_env`.
    #[serde(default)]
    pub device: Option<RawDevice>,
    /// What `challenge` asks of a client.
    #[serde(default)]
    pub challenge: RawChallenge,
    /// Captchas of an outside service. With it, `challenge` asks for one.
    #[serde(default)]
    pub captcha: Option<RawCaptcha>,
    /// Links that lift the lock of one account. Needs `signing_keys_env`.
    #[serde(default)]
    pub unlock: Option<RawUnlock>,
    /// The limits, 256 at most, to which routes refer by name.
    #[serde(default)]
    pub limits: Vec<RawLimit>,
    /// Envoy's rate limit service, in which several proxies count together. Needs `signing_keys_env`.
    #[serde(default)]
    pub fleet: Option<RawFleet>,
    /// How the application's answers are read.
    #[serde(default)]
    pub response: RawResponse,
    /// What is learnt from the application's answers.
    #[serde(default)]
    pub learned: RawLearned,
    /// The memory of all counters.
    #[serde(default)]
    pub counters: RawCounters,
    /// What is kept of sessions, and what becomes of those that are revoked; default `{}`.
    #[serde(default)]
    pub session: Option<RawSession>,
    /// What impossible travel is.
    #[serde(default)]
    pub travel: RawTravel,
    /// The protected routes, at least one; the first that matches applies.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub routes: Vec<RawRoute>,
    /// How refusals are told.
    #[serde(default)]
    pub reply: RawReply,
    /// What the application and the access log are told.
    #[serde(default)]
    pub annotate: RawAnnotate,
    /// The audit log.
    #[serde(default)]
    pub audit: RawAudit,
}

/// Checks and compiles what was read from `source`; `None` only once a mistake is told.
pub(super) fn compile(
    raw: &Configuration,
    source: &Json,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Policy> {
    let top = &Place::Top;
    let client = client::compile(&raw.client, &top.field("client"), mistakes);
    let geoip = raw.geoip.as_ref();
    let geoip = geoip.map(|raw| geoip::compile(raw, &top.field("geoip"), mistakes));
    let lists = lists::compile(&raw.lists, &top.field("lists"), &client.carriers, mistakes);
    let weights = score::compile(&raw.score, &raw.lists, top, mistakes);
    let intelligence = raw.intelligence.as_ref().and_then(|raw| {
        let at = &top.field("intelligence");
        intelligence::compile(raw, at, source, environment, mistakes)
    });
    let identity = identity::compile(&raw.identity, &top.field("identity"), mistakes);
    let keys = raw.signing_keys_env.as_ref();
    let keys =
        keys.map(|raw| signing::keys(raw, &top.field("signing_keys_env"), environment, mistakes));
    let devices = raw.device.as_ref();
    let devices =
        devices.and_then(|raw| device::compile(raw, &top.field("device"), &keys, mistakes));
    let unlock = raw.unlock.as_ref();
    let unlock = unlock.and_then(|raw| unlock::compile(raw, &top.field("unlock"), &keys, mistakes));
    let challenges = challenge::compile(
        &raw.challenge,
        &top.field("challenge"),
        keys.clone().flatten(),
        mistakes,
    );
    let captcha = raw
        .captcha
        .as_ref()
        .and_then(|raw| captcha::compile(raw, &top.field("captcha"), environment, mistakes));
    let response_body_limit = response::body_limit(&raw.response, &top.field("response"), mistakes);
    let limits = limits::compile(
        &raw.limits,
        &top.field("limits"),
        &raw.identity,
        &lists,
        mistakes,
    );
    let fleet = fleet::compile(raw.fleet.as_ref(), top, &limits, &keys, mistakes);
    let counters = check::memory(
        &top.field("counters").field("memory"),
        raw.counters.memory,
        Budget::COUNTERS,
        mistakes,
    );
    let sources = raw.identity.session.as_deref();
    let session = session::compile(
        raw.session.as_ref(),
        &top.field("session"),
        sources,
        &keys,
        mistakes,
    );
    let weighs = |weighed| raw.score.weights.get(weighed).unwrap_or(0) != 0;
    let annotations = annotate::compile(&raw.annotate, &top.field("annotate"), mistakes);
    let named = raw.annotate.headers.iter().flatten();
    let named = named
        .copied()
        .any(|header| header == Annotation::AsnFailureRate);
    let others = Others {
        mode: raw.mode,
        has_api: raw.intelligence.is_some(),
        has_devices: raw.device.is_some(),
        has_captcha: raw.captcha.is_some(),
        learns_asn_failures: raw.learned.asn_failures.is_some(),
        tells_asn_failures: weighs(Signal::Measure(Measure::AsnFailureRate)) || named,
        tells_breaches: raw
            .annotate
            .headers
            .iter()
            .flatten()
            .any(|header| *header == Annotation::PasswordBreaches),
        travels: Travels {
            subject: raw.travel.subject,
            weighs: weighs(Signal::Fact(Fact::Client(ClientSignal::ImpossibleTravel))),
            has_sessions: sources.is_some(),
        },
        format: raw.reply.format,
        lists: &lists,
        raw_limits: &raw.limits,
        limits: &limits,
        identity: &identity,
    };
    let routes = routes::compile(&raw.routes, &top.field("routes"), &others, mistakes);
    let reply = &top.field("reply");
    let reply_templates =
        reply::templates(&raw.reply.templates, &reply.field("templates"), mistakes);
    let contact = raw.reply.contact.as_ref();
    let contact = contact.and_then(|text| mistakes.take(&reply.field("contact"), text.parse()));
    let mut protections = routes.protections;
    agents::note_use(&mut protections, &limits, &weights);
    let agents = &top.field("agents");
    let uniform = agents::uniform(&raw.agents.uniform, &agents.field("uniform"), mistakes);
    let travel = travel::compile(
        &raw.travel,
        &top.field("travel"),
        &protections,
        (raw.intelligence.is_some(), sources.is_some()),
        mistakes,
    );
    let learned = &top.field("learned");
    let asn_failures = learned::asn_failures(
        raw.learned.asn_failures.as_ref(),
        &learned.field("asn_failures"),
        &protections,
        mistakes,
    );
    let named = raw.annotate.headers.iter().flatten();
    let tells_ja4 = named.copied().any(|header| header == Annotation::Ja4);
    let ja4 = ja4::compile(
        raw.ja4.as_ref(),
        &top.field("ja4"),
        &protections,
        (
            &limits,
            tells_ja4 || weighs(Signal::Fact(Fact::Agent(AgentSignal::Contradicted))),
        ),
        mistakes,
    );
    let breaches = breach::compile(
        raw.breached_passwords.as_ref(),
        &top.field("breached_passwords"),
        &protections,
        mistakes,
    );
    Some(Policy {
        breaches,
        ja4,
        uniform: uniform?,
        challenges: challenges?,
        trust: client,
        intelligence,
        geoip,
        lists: policy::Lists::new(lists.lists),
        weights,
        identity,
        devices,
        captcha,
        unlock,
        limits: limits.into(),
        fleet,
        asn_failures,
        counters,
        response_body_limit,
        session,
        travel,
        routes: routes.table,
        contents: routes.contents,
        profiles: routes.profiles,
        protections,
        annotations,
        reply_templates,
        contact,
        audit_lines_per_second: raw.audit.lines_per_second.unwrap_or(10),
    })
}
