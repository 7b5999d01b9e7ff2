use crate::json::FromJson;

use crate::config::text::Text;
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

/// The share of failed logins per autonomous system. Answers count on routes that tell failed logins: by `failure`, or because one of their limits
/// counts failures. Of one network (/24, /48) and of one account, a tenth of `min_samples` failures and as many successes count in
/// a window.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAsnFailures {
    /// How far it looks back, 1m to 30d; default 1h.
    #[serde(default)]
    pub window: Option<Text<Span>>,
    /// With fewer answers in the window the rate is not known, 10 to 100000; default 50.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 10, max = 100_000)))]
    pub min_samples: Option<u32>,
}
