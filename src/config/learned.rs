//! What is learnt, and who asks for it.

use std::time::Duration;

use crate::config::text::Text;
use crate::decision::{Leaf, Ruleset};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{AsnFailures, LimitPolicy, Threshold, Window};
use crate::policy::Protection;
use crate::signals::Measure;
use crate::time::Span;

/// What is learnt from the application's answers.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawLearned {
    /// The share of failed logins per autonomous system, as the signal `asn_failure_rate`; `{}` for the defaults.
    #[serde(default)]
    pub asn_failures: Option<RawAsnFailures>,
}

/// The share of failed logins per autonomous system. Answers count on routes that tell failed logins: by `failure`, or
/// because one of their limits counts failures. Of one network (/24, /48) and of one account, a tenth of `min_samples`
/// failures and as many successes count in a window.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAsnFailures {
    /// How far it looks back, 1m to 30d; default 1h.
    #[serde(default)]
    pub window: Option<Text<Span>>,
    /// With fewer answers in the window the rate is not known, 10 to 100000; default 50. A tenth of it is the share
    /// of one network or account.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 10, max = 100_000)))]
    pub min_samples: Option<u32>,
}

/// Compiles `learned.asn_failures`, which must go with what the routes ask and tell.
pub(super) fn asn_failures(
    raw: Option<&RawAsnFailures>,
    at: &Place<'_>,
    routes: &[Protection],
    mistakes: &mut Mistakes<'_>,
) -> Option<AsnFailures> {
    let Some(given) = raw else {
        if let Some(route) = routes.iter().find(|route| route.reads_asn_failures) {
            mistakes.add(at, &format_args!(
                    "the route {} asks for asn_failure_rate, in a rule, a limit, the score or an annotation; expected \
                     it as well, {{}} for the defaults",
                    route.name
                ));
        }
        return None;
    };
    if !routes.iter().any(|route| route.tells_asn_failures) {
        mistakes.add(at, &"expected a route that tells failed logins, by `failure` or by a limit that counts failures");
    }
    let length = given
        .window
        .map_or(Duration::from_secs(3_600), |text| text.0.get());
    let longer = (length >= Duration::from_secs(60)).then_some(length);
    let window = mistakes.require(
        &at.field("window"),
        longer.and_then(Window::new),
        &"expected 1m to 30d",
    );
    let least = given.min_samples.unwrap_or(50);
    let min_samples = Threshold::new(least).filter(|_| (10..=100_000).contains(&least));
    let min_samples = mistakes.require(
        &at.field("min_samples"),
        min_samples,
        &"expected 10 to 100000",
    );
    Some(AsnFailures {
        window: window?,
        min_samples: min_samples?,
    })
}

/// Whether anybody wants to know the rate on a route with these rules and limits.
pub(super) fn is_asked<'l>(
    ruleset: &Ruleset,
    mut limits: impl Iterator<Item = &'l LimitPolicy>,
) -> bool {
    let asks = |leaf: &Leaf| matches!(leaf, Leaf::Within(Measure::AsnFailureRate, _));
    let mut rules = ruleset.rules.iter();
    rules.any(|rule| rule.when.has(&asks))
        || limits.any(|limit| limit.conditions().any(|when| when.has(&asks)))
}
