//! The IP-intelligence API.

mod cache;

use std::hash::{Hash, Hasher};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::address::PrefixLengths;
use crate::config::check;
use crate::config::check::Environment;
use crate::config::intelligence::cache::{RawBreaker, RawCache};
use crate::config::text::{Size, Text};
#[cfg(feature = "cli")]
use crate::intelligence::provider::PRESET_NAMES;
use crate::intelligence::provider::RawProvider;
use crate::intelligence::provider::{ApiKey, KeyUse, Provider};
use crate::intelligence::{Intelligence, ResolverSettings};
use crate::json::Shapes;
use crate::json::{FromJson, Json, Mistakes, Node, Place};
use crate::random::SipHash;
use crate::time::Span;

/// The IP-intelligence API.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawIntelligence {
    /// The name of a preset, or a provider of your own.
    pub provider: RawProviderChoice,
    /// The Envoy cluster of the API.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// The environment variable of the VM that holds the key (`vm_config.environment_variables`).
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// How long a request waits for an answer, 10ms to 2s; default 500ms.
    #[serde(default)]
    pub timeout: Option<Text<Span>>,
    /// The largest answer that is read, up to 1MiB; default 64KiB.
    #[serde(default)]
    pub max_response: Option<Text<Size>>,
    /// The most lookups under way at once in one worker; default 256.
    #[serde(default)]
    pub concurrent_lookups: Option<NonZeroU32>,
    /// The most lookups a day (UTC), all workers together; default no limit.
    #[serde(default)]
    pub daily_budget: Option<NonZeroU32>,
    /// What is kept, and how long.
    #[serde(default)]
    pub cache: RawCache,
    /// When to stop asking an API that fails.
    #[serde(default)]
    pub breaker: RawBreaker,
}

/// The name of a preset, or a provider of your own.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawProviderChoice {
    /// A preset.
    Preset(#[cfg_attr(feature = "cli", schemars(extend("enum" = PRESET_NAMES)))] String),
    /// A provider of your own, or a preset with changes.
    Own(Box<RawProvider>),
}

impl RawProviderChoice {
    /// The preset's name; of a provider of the operator's own, `own`.
    fn name(&self) -> &str {
        match self {
            Self::Preset(name) => name,
            Self::Own(own) => own.preset.as_deref().unwrap_or("own"),
        }
    }
}

impl FromJson for RawProviderChoice {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: "the name of a preset, or an object that describes a provider",
            text: |name| Some(Self::Preset(name.to_owned())),
            object: |own| Self::Own(Box::new(own)),
            list: None,
        }
        .read(node, mistakes)
    }
}

/// The longest that a visitor should ever wait for us.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn compile(
    raw: &RawIntelligence,
    at: &Place<'_>,
    source: &Json,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Intelligence> {
    let timeout = check::span(
        &at.field("timeout"),
        raw.timeout,
        Duration::from_millis(500),
        Duration::from_millis(10)..=LONGEST_TIMEOUT,
        mistakes,
    );
    let max_response = check::within(
        &at.field("max_response"),
        raw.max_response.map_or(Size(64 << 10), |size| size.0).0,
        1..=1 << 20,
        "bytes",
        mistakes,
    );
    check::cluster(&at.field("cluster"), &raw.cluster, mistakes);
    let cache = &at.field("cache");
    let lifetimes = cache::lifetimes(&raw.cache, cache, mistakes);
    let entries = check::within(
        &cache.field("entries"),
        raw.cache.entries.unwrap_or(65_536),
        1_024..=1_048_576,
        "entries",
        mistakes,
    );
    let prefixes = cache::prefixes(&raw.cache, cache, mistakes);
    let breaker = cache::breaker(&raw.breaker, &at.field("breaker"), mistakes);
    let place = &at.field("provider");
    let provider = match &raw.provider {
        RawProviderChoice::Preset(name) => Provider::named(name, place, mistakes),
        RawProviderChoice::Own(own) => Provider::compile((**own).clone(), place, mistakes),
    }?;
    let key = key(
        raw,
        &at.field("api_key_env"),
        &provider,
        environment,
        mistakes,
    );
    Some(Intelligence {
        name: raw.provider.name().to_owned(),
        fingerprint: fingerprint(source, prefixes),
        resolver: ResolverSettings {
            provider,
            cluster: raw.cluster.clone(),
            key,
            timeout,
            max_response,
            concurrent_lookups: raw
                .concurrent_lookups
                .and_then(|most| NonZeroUsize::try_from(most).ok())
                .unwrap_or(NonZeroUsize::MIN.saturating_add(255)),
            prefixes,
            breaker,
        },
        lifetimes,
        entries: usize::try_from(entries).unwrap_or(usize::MAX),
        daily_budget: raw.daily_budget,
    })
}

fn key(
    raw: &RawIntelligence,
    at: &Place<'_>,
    provider: &Provider,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<ApiKey> {
    let Some(variable) = &raw.api_key_env else {
        if provider.key_use() == KeyUse::Required {
            mistakes.add(
                at,
                &"expected the name of the environment variable that holds the key: this provider \
                refuses to answer without one",
            );
        }
        return None;
    };
    check::key(at, variable, environment, mistakes)
}

/// Answers that were read by another table (a preset's may change with the version), or kept under other
/// prefixes, are not used.
fn fingerprint(source: &Json, prefixes: PrefixLengths) -> u64 {
    let mut hasher = SipHash::default();
    let provider = source
        .get("intelligence")
        .and_then(|intelligence| intelligence.get("provider"));
    let version = env!("CARGO_PKG_VERSION");
    (version, provider, prefixes.v4(), prefixes.v6()).hash(&mut hasher);
    hasher.finish()
}
