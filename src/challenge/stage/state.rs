//! How a client has answered the challenges that are asked of one request.

use super::Asker;
use crate::challenge::captcha::{CaptchaPolicy, Failure, OnUnavailable, TokenId, TokenReading};
use crate::challenge::proof::Solved;

/// How a client has answered the challenges that are asked of it.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Those for which its clearance has been looked at.
    pub(super) asked: Vec<Asker>,
    /// Whether what its head brings has been looked at.
    pub(super) tried_head: bool,
    /// Whether what its body brings has been looked at.
    pub(super) tried_body: bool,
    /// What it has solved: one proof answers all that is asked of one request.
    pub(super) solved: Option<Solved>,
    /// What is known of its captcha.
    pub(super) captcha: Captcha,
    /// Whether it has tried to, and failed.
    pub(super) refused: bool,
    /// The value of the cookie that it earns.
    pub(super) clearance: Option<String>,
}

/// What is known of the captcha of a request.
#[derive(Debug, Default)]
pub(crate) enum Captcha {
    /// Nobody has looked for it.
    #[default]
    Unread,
    /// Its head has been read, its body may tell.
    Head(TokenReading),
    /// It has none.
    None,
    /// Its service is being asked.
    Asked,
    /// It was solved.
    Passed(TokenId),
    /// It proves nothing.
    Failed(Option<Failure>),
    /// Nobody was asked: its network has had its share.
    OverShare,
}

impl Captcha {
    /// What tells the captcha from all others, if it was solved.
    pub(super) const fn passed(&self) -> Option<TokenId> {
        match self {
            Self::Passed(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether the request has brought one.
    pub(super) const fn was_asked(&self) -> bool {
        matches!(
            self,
            Self::Asked | Self::Passed(_) | Self::Failed(_) | Self::OverShare
        )
    }

    /// Whether its network has had so many verified that it is not asked about.
    pub(super) const fn is_over_share(&self) -> bool {
        matches!(self, Self::OverShare)
    }

    const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Failed(Some(Failure::Unavailable(_))))
    }

    /// Whether the client is to do a proof of work instead.
    pub(super) fn is_replaced(&self, policy: &CaptchaPolicy) -> bool {
        match self {
            Self::Failed(Some(Failure::Unavailable(_))) => {
                policy.on_unavailable == OnUnavailable::ProofOfWork
            }
            Self::Failed(Some(Failure::LowScore)) => policy.low_score_works,
            // What is not verified lets nobody through, but is no dead end for his neighbours either.
            Self::OverShare => policy.on_unavailable != OnUnavailable::Deny,
            _ => false,
        }
    }
}

impl Answers {
    /// Whether the request has brought nothing yet that was to answer a challenge, right or wrong.
    pub(crate) const fn are_none(&self) -> bool {
        self.solved.is_none() && !self.refused && !self.captcha.was_asked()
    }

    /// Whether the request goes on although nobody could verify its captcha.
    pub(super) fn is_spared(&self, policy: Option<&CaptchaPolicy>) -> bool {
        self.follows(policy, OnUnavailable::Allow)
    }

    /// Whether the request is refused because nobody could verify its captcha.
    pub(crate) fn is_unverifiable(&self, policy: Option<&CaptchaPolicy>) -> bool {
        self.follows(policy, OnUnavailable::Deny)
    }

    fn follows(&self, policy: Option<&CaptchaPolicy>, what: OnUnavailable) -> bool {
        self.captcha.is_unavailable() && policy.is_some_and(|policy| policy.on_unavailable == what)
    }
}
