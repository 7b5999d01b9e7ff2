use std::fmt::Display;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use siphasher::sip::SipHasher13;

use crate::address::PrefixLengths;
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawCache, RawIntelligence, RawProviderChoice};
use crate::config::text::{Size, Text};
use crate::intelligence::Intelligence;
use crate::intelligence::cache::Lifetimes;
use crate::intelligence::provider::raw::RawProvider;
use crate::intelligence::provider::{ApiKey, KeyUse, Provider};
use crate::intelligence::{BreakerSettings, LibrarySettings};
use crate::json::Json;
use crate::time::Span;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
/// The longest that a visitor should ever wait for us.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn compile(
    raw: &RawIntelligence,
    source: &Json,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Option<Intelligence> {
    let raw_provider = match &raw.provider {
        RawProviderChoice::Preset(name) => RawProvider {
            preset: Some(name.clone()),
            ..RawProvider::default()
        },
        RawProviderChoice::Own(own) => (**own).clone(),
    };
    let timeout = span(
        "intelligence.timeout",
        raw.timeout,
        Duration::from_millis(500),
        Duration::from_millis(10)..=LONGEST_TIMEOUT,
        errors,
    );
    let max_response = within(
        "intelligence.max_response",
        raw.max_response.map_or(Size(64 << 10), |size| size.0).0,
        1..=1 << 20,
        "bytes",
        errors,
    );
    if raw.cluster.is_empty() {
        errors.add(
            "intelligence.cluster",
            Some("\"\"".to_owned()),
            "expected the name of an Envoy cluster",
        );
    }
    let lifetimes = lifetimes(&raw.cache, errors);
    let entries = within(
        "intelligence.cache.entries",
        raw.cache.entries.unwrap_or(65_536),
        1_024..=1_048_576,
        "entries",
        errors,
    );
    let prefixes = prefixes(&raw.cache, errors);
    let breaker = breaker(raw, errors);
    let provider = match Provider::compile(raw_provider) {
        Ok(provider) => provider,
        Err(problems) => {
            for problem in problems {
                let path = match problem.path.as_str() {
                    "" | "preset" if matches!(raw.provider, RawProviderChoice::Preset(_)) => {
                        "intelligence.provider".to_owned()
                    }
                    path => format!("intelligence.provider.{path}"),
                };
                errors.add(path, None, problem.message);
            }
            return None;
        }
    };
    let key = key(raw, &provider, environment, errors);
    Some(Intelligence {
        fingerprint: fingerprint(source, prefixes),
        library: LibrarySettings {
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
    provider: &Provider,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Option<ApiKey> {
    const PATH: &str = "intelligence.api_key_env";
    let Some(variable) = &raw.api_key_env else {
        if provider.key_use() == KeyUse::Required {
            errors.add(
                PATH,
                None,
                "expected the name of the environment variable that holds the key: this provider refuses to answer without one",
            );
        }
        return None;
    };
    key_in(PATH, variable, environment, errors)
}

/// The key in this variable, whose name stands at `path`.
pub(super) fn key_in(
    path: &str,
    variable: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Option<ApiKey> {
    let shown = Some(shown_variable(variable));
    let Some(value) = environment(variable) else {
        errors.add(
            path,
            shown,
            "expected the name of an environment variable, not the key itself, and that it is set in the VM \
             (vm_config.environment_variables)",
        );
        return None;
    };
    ApiKey::parse(&value)
        .map_err(|error| errors.add(path, shown, error))
        .ok()
}

/// The name of a variable as it is shown in an error. Some operators write the key itself in its place, so only what
/// looks like a name and like no key is shown.
pub(super) fn shown_variable(name: &str) -> String {
    let usual = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.contains('_') && name.bytes().all(usual) {
        format!("{name:?}")
    } else {
        "(not shown)".to_owned()
    }
}

fn lifetimes(raw: &RawCache, errors: &mut ConfigErrors) -> Lifetimes {
    let default = Lifetimes::default();
    let mut read = |name: &str, value, default, range: RangeInclusive<Duration>| {
        span(
            &format!("intelligence.cache.{name}"),
            value,
            default,
            range,
            errors,
        )
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
        errors.add(
            "intelligence.cache.network",
            raw.network.map(|span| span.0.to_string()),
            format_args!(
                "expected at least as long as flags ({})",
                Span::new(lifetimes.flags)
            ),
        );
    }
    lifetimes
}

fn prefixes(raw: &RawCache, errors: &mut ConfigErrors) -> PrefixLengths {
    let v4 = within(
        "intelligence.cache.ipv4_prefix",
        raw.ipv4_prefix.unwrap_or(32),
        8..=32,
        "bits",
        errors,
    );
    let v6 = within(
        "intelligence.cache.ipv6_prefix",
        raw.ipv6_prefix.unwrap_or(64),
        16..=128,
        "bits",
        errors,
    );
    PrefixLengths::new(v4, v6).unwrap_or_default()
}

fn breaker(raw: &RawIntelligence, errors: &mut ConfigErrors) -> BreakerSettings {
    let default = BreakerSettings::default();
    let open_for = span(
        "intelligence.breaker.open_for",
        raw.breaker.open_for,
        default.open_for,
        Duration::from_millis(100)..=DAY,
        errors,
    );
    let longest = span(
        "intelligence.breaker.longest",
        raw.breaker.longest,
        default.longest.max(open_for),
        open_for..=DAY.max(open_for),
        errors,
    );
    BreakerSettings {
        failures: raw.breaker.failures.unwrap_or(default.failures),
        open_for,
        longest,
    }
}

pub(super) fn span(
    path: &str,
    value: Option<Text<Span>>,
    default: Duration,
    range: RangeInclusive<Duration>,
    errors: &mut ConfigErrors,
) -> Duration {
    let span = value.map_or(default, |value| value.0.get());
    if !range.contains(&span) {
        errors.add(
            path,
            Some(Span::new(span).to_string()),
            format_args!(
                "expected a duration from {} to {}",
                Span::new(*range.start()),
                Span::new(*range.end())
            ),
        );
    }
    span
}

pub(super) fn within<T: PartialOrd + Display + Copy>(
    path: &str,
    value: T,
    range: RangeInclusive<T>,
    unit: &str,
    errors: &mut ConfigErrors,
) -> T {
    if !range.contains(&value) {
        errors.add(
            path,
            Some(value.to_string()),
            format_args!("expected {} to {} {unit}", range.start(), range.end()),
        );
    }
    value
}

/// Answers that were read by another table (a preset's may change with the version), or kept under other
/// prefixes, are not used.
fn fingerprint(source: &Json, prefixes: PrefixLengths) -> u64 {
    let mut hasher = SipHasher13::new();
    let provider = source
        .get("intelligence")
        .and_then(|intelligence| intelligence.get("provider"));
    let version = env!("CARGO_PKG_VERSION");
    (version, provider, prefixes.v4(), prefixes.v6()).hash(&mut hasher);
    hasher.finish()
}
