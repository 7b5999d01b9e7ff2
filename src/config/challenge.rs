//! What `challenge` asks of a client, and what a solved challenge earns.

use std::time::Duration;

use crate::challenge::page::Template;
use crate::challenge::replay::ReplayLimits;
use crate::challenge::{Binding, Challenges, Difficulty, clearance, proof};
use crate::config::check;
use crate::config::text::{Size, Text};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::DistinctThreshold;
use crate::signing::SigningKeys;
use crate::time::Span;

/// What `challenge` asks of a client: a proof of work, which needs no third party.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawChallenge {
    /// The numbers that a client tries, half of them on average, 1000 to 5000000; default 50000, a tenth of a second on
    /// a phone. It grows with the score and with how often a network is challenged.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1_000, max = 5_000_000)))]
    pub difficulty: Option<u32>,
    /// How long a challenge may be solved, 1m to 1h; default 10m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// What a solved challenge earns.
    #[serde(default)]
    pub clearance: RawClearance,
    /// What happens to a form that was posted when the challenge came.
    #[serde(default)]
    pub carry: RawReplay,
    /// A path on which `GET` gives a challenge as JSON, for an ALTCHA widget inside the application's own form
    /// (`challengeurl`); the route stands in the query: `?route=login`. Default none. Browsers that come there get the
    /// challenge as a page; without it, they do at `/.palisade/challenge`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub endpoint: Option<String>,
    /// The HTML around the challenge, with `{{language}}`, `{{title}}`, `{{challenge}}` and `{{script}}`, and perhaps
    /// `{{explanation}}`, `{{reference_label}}`, `{{reference}}`, `{{style}}` and `{{nonce}}`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub template: Option<String>,
}

/// The cookie that keeps a client from being asked twice.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawClearance {
    /// Its name; default `__Host-palisade-clearance`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub cookie: Option<String>,
    /// How long it holds, 1m to 1d; default 30m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// Where the client must stay; default `subnet` (`identity.subnet`).
    #[serde(default)]
    pub bound_to: Binding,
    /// From how many subnets one clearance may be used that is not bound to one, 1 to 200; default 5.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 200)))]
    pub subnets: Option<u32>,
}

/// What happens to a form that was posted when the challenge came: its fields stand in the page, and are posted again.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawReplay {
    /// Whether they are; default true. Else the person has to go back and send the form again.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The largest body, 1KiB to 64KiB; default 32KiB.
    #[serde(default)]
    pub bytes: Option<Text<Size>>,
    /// The most fields, 1 to 1024; default 128.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 1_024)))]
    pub fields: Option<u32>,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Compiles `challenge`; `None` with an error among `mistakes`.
pub(super) fn compile(
    raw: &RawChallenge,
    at: &Place<'_>,
    keys: Option<SigningKeys>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Challenges> {
    let difficulty = raw
        .difficulty
        .map_or(Some(Difficulty::default()), Difficulty::new);
    let difficulty = mistakes.require(
        &at.field("difficulty"),
        difficulty,
        &"expected 1000 to 5000000",
    );
    let earned = &at.field("clearance");
    let subnets = mistakes.require(
        &earned.field("subnets"),
        DistinctThreshold::new(raw.clearance.subnets.unwrap_or(5)),
        &"expected 1 to 200",
    );
    let name = raw.clearance.cookie.as_deref();
    let cookie = name.unwrap_or(clearance::DEFAULT_NAME);
    let cookie = cookie.parse().map_err(|expected| {
        mistakes.add(
            &earned.field("cookie"),
            &format_args!("expected {expected}"),
        );
    });
    let endpoint = raw.endpoint.clone();
    if let Some(path) = &endpoint {
        let visible = path.bytes().all(|byte| byte.is_ascii_graphic());
        if !path.starts_with('/') || !visible || path.contains(['?', '#']) {
            mistakes.add(
                &at.field("endpoint"),
                &"expected a path that starts with /, of visible ASCII characters, without a query",
            );
        }
    }
    let template = match &raw.template {
        None => Some(Template::default()),
        Some(text) => mistakes.take(&at.field("template"), Template::parse(text)),
    };
    Some(Challenges {
        lifetime: check::span(
            &at.field("lifetime"),
            raw.lifetime,
            proof::DEFAULT_LIFETIME,
            MINUTE..=HOUR,
            mistakes,
        ),
        clearance: check::span(
            &earned.field("lifetime"),
            raw.clearance.lifetime,
            clearance::DEFAULT_LIFETIME,
            MINUTE..=DAY,
            mistakes,
        ),
        binding: raw.clearance.bound_to,
        replay: replay(&raw.carry, &at.field("carry"), mistakes),
        difficulty: difficulty?,
        cookie: cookie.ok()?,
        subnets: subnets?,
        template: template?,
        endpoint,
        keys,
    })
}

fn replay(raw: &RawReplay, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<ReplayLimits> {
    let usual = ReplayLimits::default();
    let bytes = raw.bytes.map_or(usual.bytes, |size| size.0.0);
    if !(1 << 10..=64 << 10).contains(&bytes) {
        mistakes.add(&at.field("bytes"), &"expected 1KiB to 64KiB");
    }
    let fields = raw.fields.map_or(Some(usual.fields), |fields| {
        usize::try_from(fields)
            .ok()
            .filter(|fields| (1..=1_024).contains(fields))
    });
    let fields = mistakes.require(&at.field("fields"), fields, &"expected 1 to 1024");
    let limits = ReplayLimits {
        bytes,
        fields: fields?,
    };
    raw.enabled.unwrap_or(true).then_some(limits)
}
