//! How long answers are kept, and when an API that fails is not asked.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::address::PrefixLengths;
use crate::config::check;
use crate::config::text::Text;
use crate::intelligence::BreakerSettings;
use crate::intelligence::cache::Lifetimes;
use crate::json::{FromJson, Mistakes, Place};
use crate::time::Span;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

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
    /// The longest that it stays open, and how long when the quota is gone and the API does not say; default 5m.
    #[serde(default)]
    pub longest: Option<Text<Span>>,
}

/// How long answers are kept.
pub(super) fn lifetimes(raw: &RawCache, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Lifetimes {
    let default = Lifetimes::default();
    let mut read = |name: &str, value, default, range: RangeInclusive<Duration>| {
        check::span(&at.field(name), value, default, range, mistakes)
    };
    let lifetimes = Lifetimes {
        flags: read(
            "flags",
            raw.flags,
            default.flags,
            SECOND..=Lifetimes::LONGEST_FLAGS,
        ),
        network: read(
            "network",
            raw.network,
            default.network,
            SECOND..=Lifetimes::LONGEST_NETWORK,
        ),
        negative: read(
            "negative",
            raw.negative,
            default.negative,
            SECOND..=Lifetimes::LONGEST_FLAGS,
        ),
        failure: read(
            "failure",
            raw.failure,
            default.failure,
            SECOND..=Lifetimes::LONGEST_FLAGS,
        ),
        stale_while_revalidate: read(
            "stale_while_revalidate",
            raw.stale_while_revalidate,
            default.stale_while_revalidate,
            Duration::ZERO..=Lifetimes::LONGEST_FLAGS,
        ),
        stale_if_error: read(
            "stale_if_error",
            raw.stale_if_error,
            default.stale_if_error,
            Duration::ZERO..=Lifetimes::LONGEST_FLAGS,
        ),
    };
    if lifetimes.network < lifetimes.flags {
        mistakes.add(
            &at.field("network"),
            &format_args!(
                "expected at least as long as flags ({})",
                Span::new(lifetimes.flags)
            ),
        );
    }
    lifetimes
}

/// Which addresses share an answer.
pub(super) fn prefixes(
    raw: &RawCache,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> PrefixLengths {
    let v4 = check::within(
        &at.field("ipv4_prefix"),
        raw.ipv4_prefix.unwrap_or(32),
        8..=32,
        "bits",
        mistakes,
    );
    let v6 = check::within(
        &at.field("ipv6_prefix"),
        raw.ipv6_prefix.unwrap_or(64),
        16..=128,
        "bits",
        mistakes,
    );
    PrefixLengths::new(v4, v6).unwrap_or_default()
}

/// When the API is not asked.
pub(super) fn breaker(
    raw: &RawBreaker,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> BreakerSettings {
    let default = BreakerSettings::default();
    let open_for = check::span(
        &at.field("open_for"),
        raw.open_for,
        default.open_for,
        Duration::from_millis(100)..=DAY,
        mistakes,
    );
    let longest = check::span(
        &at.field("longest"),
        raw.longest,
        default.longest.max(open_for),
        open_for..=DAY.max(open_for),
        mistakes,
    );
    BreakerSettings {
        failures: raw.failures.unwrap_or(default.failures),
        open_for,
        longest,
    }
}
