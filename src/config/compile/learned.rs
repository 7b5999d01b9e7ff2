//! What is learnt, and who asks for it.

use std::time::Duration;

use crate::config::error::ConfigErrors;
use crate::config::raw::{Configuration, RawAnnotation, RawWeighed};
use crate::decision::{Choices, Condition, Leaf, Ruleset};
use crate::limits::{AsnFailures, Count, LimitPolicy};
use crate::limits::{Threshold, Window};
use crate::policy::Protection;

const FIELD: &str = "learned.asn_failures";

/// Compiles `learned.asn_failures`, which must go with what the routes ask and tell.
pub(super) fn asn_failures(
    raw: &Configuration,
    routes: &[Protection],
    errors: &mut ConfigErrors,
) -> Option<AsnFailures> {
    let Some(given) = &raw.learned.asn_failures else {
        if let Some(route) = routes.iter().find(|route| route.reads_asn_failures) {
            errors.add(
                FIELD,
                None,
                format_args!(
                    "the route {} asks for asn_failure_rate, in a rule, a limit, the score or an annotation; expected it as well, {{}} for the defaults",
                    route.name
                ),
            );
        }
        return None;
    };
    if !routes.iter().any(|route| route.tells_asn_failures) {
        errors.add(
            FIELD,
            None,
            "expected a route that tells failed logins, by `failure` or by a limit that counts failures",
        );
    }
    let window = given.window.map(|text| text.0);
    let length = window.map_or(Duration::from_secs(3_600), |span| span.get());
    let longer = (length >= Duration::from_secs(60)).then_some(length);
    let window_found = longer.and_then(Window::new);
    if window_found.is_none() {
        errors.add(
            format_args!("{FIELD}.window"),
            window.map(|span| span.to_string()),
            "expected 1m to 30d",
        );
    }
    let least = given.min_samples.unwrap_or(50);
    let min_samples = Threshold::new(least).filter(|_| (10..=100_000).contains(&least));
    if min_samples.is_none() {
        errors.add(
            format_args!("{FIELD}.min_samples"),
            Some(least.to_string()),
            "expected 10 to 100000",
        );
    }
    Some(AsnFailures {
        window: window_found?,
        min_samples: min_samples?,
    })
}

/// Whether anybody wants to know the rate on a route with these rules and limits.
pub(super) fn is_asked<'l>(
    raw: &Configuration,
    ruleset: &Ruleset,
    mut limits: impl Iterator<Item = &'l LimitPolicy>,
) -> bool {
    let annotated = raw.annotate.headers.iter().flatten();
    let weight = raw
        .score
        .weights
        .get(RawWeighed::AsnFailureRate)
        .unwrap_or(0);
    weight != 0
        || annotated
            .into_iter()
            .any(|annotation| matches!(annotation, RawAnnotation::AsnFailureRate))
        || ruleset.rules.iter().any(|rule| asks(&rule.when))
        || limits.any(|limit| {
            limit.when.as_ref().is_some_and(asks)
                || match &limit.count {
                    Count::Attempts(choices)
                    | Count::Failures(choices)
                    | Count::Successes(choices) => chooses(choices),
                    Count::Distinct(_, choices) => chooses(choices),
                }
        })
}

fn chooses<T>(choices: &Choices<T>) -> bool {
    choices.choices.iter().any(|(when, _)| asks(when))
}

fn asks(condition: &Condition) -> bool {
    match condition {
        Condition::Leaf(leaf) => matches!(leaf, Leaf::AsnFailureRate(_)),
        Condition::Not(inner) => asks(inner),
        Condition::Any(parts) | Condition::All(parts) => parts.iter().any(asks),
    }
}
