use std::ops::RangeInclusive;
use std::time::Duration;

use crate::challenge::carry::CarryLimits;
use crate::challenge::page::Template;
use crate::challenge::{Binding, Challenges};
use crate::challenge::{Difficulty, clearance, proof};
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawBinding, RawCarry, RawChallenge};
use crate::config::text::Text;
use crate::limits::DistinctThreshold;
use crate::signing::SigningKeys;
use crate::time::Span;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Compiles `challenge`; `None` with an error among `errors`.
pub(super) fn compile(
    raw: &RawChallenge,
    keys: Option<SigningKeys>,
    errors: &mut ConfigErrors,
) -> Option<Challenges> {
    let difficulty = match raw.difficulty {
        None => Some(Difficulty::default()),
        Some(numbers) => {
            let difficulty = Difficulty::new(numbers);
            if difficulty.is_none() {
                errors.add(
                    "challenge.difficulty",
                    Some(numbers.to_string()),
                    "expected 1000 to 5000000",
                );
            }
            difficulty
        }
    };
    let subnets = raw.clearance.subnets.unwrap_or(5);
    let threshold = DistinctThreshold::new(subnets);
    if threshold.is_none() {
        errors.add(
            "challenge.clearance.subnets",
            Some(subnets.to_string()),
            "expected 1 to 200",
        );
    }
    let name = raw.clearance.cookie.as_deref();
    let cookie = name.unwrap_or(clearance::DEFAULT_NAME);
    let cookie = cookie.parse().map_err(|expected| {
        errors.add(
            "challenge.clearance.cookie",
            Some(format!("{cookie:?}")),
            format_args!("expected {expected}"),
        );
    });
    let endpoint = raw.endpoint.clone();
    if let Some(path) = &endpoint {
        let visible = path.bytes().all(|byte| byte.is_ascii_graphic());
        if !path.starts_with('/') || !visible || path.contains(['?', '#']) {
            errors.add(
                "challenge.endpoint",
                Some(format!("{path:?}")),
                "expected a path that starts with /, of visible ASCII characters, without a query",
            );
        }
    }
    let template = match &raw.template {
        None => Some(Template::default()),
        Some(text) => Template::parse(text)
            .map_err(|error| errors.add("challenge.template", None, error))
            .ok(),
    };
    Some(Challenges {
        lifetime: span(
            raw.lifetime,
            proof::DEFAULT_LIFETIME,
            MINUTE..=HOUR,
            ("challenge.lifetime", "1m to 1h"),
            errors,
        ),
        clearance: span(
            raw.clearance.lifetime,
            clearance::DEFAULT_LIFETIME,
            MINUTE..=DAY,
            ("challenge.clearance.lifetime", "1m to 1d"),
            errors,
        ),
        binding: match raw.clearance.bound_to {
            RawBinding::Subnet => Binding::Subnet,
            RawBinding::Asn => Binding::Asn,
            RawBinding::Nowhere => Binding::Nowhere,
        },
        carry: carry(&raw.carry, errors),
        difficulty: difficulty?,
        cookie: cookie.ok()?,
        subnets: threshold?,
        template: template?,
        endpoint,
        keys,
    })
}

fn span(
    raw: Option<Text<Span>>,
    default: Duration,
    range: RangeInclusive<Duration>,
    (path, expected): (&str, &str),
    errors: &mut ConfigErrors,
) -> Duration {
    let span = raw.map_or(default, |span| span.0.get());
    if !range.contains(&span) {
        errors.add(
            path,
            raw.map(|span| span.0.to_string()),
            format_args!("expected {expected}"),
        );
    }
    span
}

fn carry(raw: &RawCarry, errors: &mut ConfigErrors) -> Option<CarryLimits> {
    let usual = CarryLimits::default();
    let bytes = raw.bytes.map_or(usual.bytes, |size| size.0.0);
    if !(1 << 10..=64 << 10).contains(&bytes) {
        errors.add(
            "challenge.carry.bytes",
            Some(format!("{bytes} bytes")),
            "expected 1KiB to 64KiB",
        );
    }
    let fields = raw.fields.map_or(Some(usual.fields), |fields| {
        usize::try_from(fields)
            .ok()
            .filter(|fields| (1..=1_024).contains(fields))
    });
    if fields.is_none() {
        errors.add(
            "challenge.carry.fields",
            raw.fields.map(|fields| fields.to_string()),
            "expected 1 to 1024",
        );
    }
    let limits = CarryLimits {
        bytes,
        fields: fields?,
    };
    raw.enabled.unwrap_or(true).then_some(limits)
}
