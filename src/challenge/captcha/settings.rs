use std::time::Duration;

use crate::challenge::captcha::Captcha;

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

/// What happens while nothing can be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnavailable {
    /// The client does a proof of work instead.
    ProofOfWork,
    /// The request is refused.
    Deny,
    /// The request goes on, this once and without a clearance.
    Allow,
}
