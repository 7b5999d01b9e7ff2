use std::num::NonZeroU32;

use crate::json::{FromJson, Mistakes, Node};

use crate::config::text::{Size, Text};
#[cfg(feature = "cli")]
use crate::intelligence::provider::PRESET_NAMES;
use crate::intelligence::provider::raw::RawProvider;
use crate::shape::Shapes;
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

/// What is kept of the answers, and how long.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCache {
    /// Flags and score; default 10m.
    #[serde(default)]
    pub flags: Option<Text<Span>>,
    /// ASN, its type, country and position; default 24h, at least as long as flags.
    #[serde(default)]
    pub network: Option<Text<Span>>,
    /// Answers that said nothing; default 5m.
    #[serde(default)]
    pub negative: Option<Text<Span>>,
    /// How long an address is not asked for again after a failure; default 10s.
    #[serde(default)]
    pub failure: Option<Text<Span>>,
    /// How long flags are still used while they are asked for again in the background; default 5m.
    #[serde(default)]
    pub stale_while_revalidate: Option<Text<Span>>,
    /// How long flags are still used when the API fails; default 1h.
    #[serde(default)]
    pub stale_if_error: Option<Text<Span>>,
    /// Addresses kept, in each worker and in shared memory, 1024 to 1048576; default 65536.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1024, max = 1_048_576)))]
    pub entries: Option<u32>,
    /// IPv4 addresses with this many equal leading bits share an entry, 8 to 32; default 32.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 8, max = 32)))]
    pub ipv4_prefix: Option<u8>,
    /// IPv6 addresses with this many equal leading bits share an entry, 16 to 128; default 64.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 16, max = 128)))]
    pub ipv6_prefix: Option<u8>,
}

/// When to stop asking an API that fails. Each worker has a breaker of its own.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBreaker {
    /// Failures in a row that open it; default 5.
    #[serde(default)]
    pub failures: Option<NonZeroU32>,
    /// How long it first stays open; doubles up to `longest` while the API keeps failing; default 5s.
    #[serde(default)]
    pub open_for: Option<Text<Span>>,
    /// Default 5m.
    #[serde(default)]
    pub longest: Option<Text<Span>>,
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

impl FromJson for RawProviderChoice {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        Shapes::<_, _> {
            expected: "the name of a preset, or an object that describes a provider",
            text: |name| Some(Self::Preset(name.to_owned())),
            object: |own| Self::Own(Box::new(own)),
            list: None,
        }
        .read(node, mistakes)
    }
}
