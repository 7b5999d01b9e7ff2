use std::time::Duration;

use crate::challenge::captcha::Captcha;
use crate::json::FromJson;

/// Captchas of an outside service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptchaPolicy {
    /// How tokens are found, verified and shown.
    pub captcha: Captcha,
    /// Envoy's cluster of the service.
    pub cluster: String,
    /// How long a request waits for the verification.
    pub timeout: Duration,
    /// What happens while nothing can be verified.
    pub on_unavailable: OnUnavailable,
    /// Whether a client whose score is too low does a proof of work instead.
    pub low_score_works: bool,
}

impl CaptchaPolicy {
    /// Whether there are clients that do a proof of work instead.
    #[must_use]
    pub const fn may_be_replaced(&self) -> bool {
        self.low_score_works || matches!(self.on_unavailable, OnUnavailable::ProofOfWork)
    }
}

/// What happens while nothing can be verified: the service does not answer, or does not take the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnUnavailable {
    /// The client does a proof of work instead.
    #[default]
    ProofOfWork,
    /// The request is refused.
    Deny,
    /// The request goes on, this once and without a clearance.
    Allow,
}
