//! What the error codes of services mean, and why a captcha is no proof.

use crate::json::FromJson;

/// What an error code of a service means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The token is none, or was not given by this service.
    Invalid,
    /// It came too late.
    Expired,
    /// It was used before.
    Duplicate,
    /// It came too late or was used before; the service does not say which.
    ExpiredOrDuplicate,
    /// It was given for another site, or site key and secret do not belong together.
    OtherSite,
    /// The service could not read the request.
    BadRequest,
    /// The secret is wrong: nothing can be verified until the operator corrects it.
    RefusedSecret,
    /// The service itself failed.
    ServiceError,
}

/// Why a token is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The service says no.
    Rejected(Rejection),
    /// It was solved on another host than those configured, or the answer does not say where.
    WrongHostname,
    /// A key for tests made the answer.
    TestingKey,
    /// It was solved for another action, or the answer does not say for which.
    WrongAction,
    /// The score is below the least one, or there is none.
    LowScore,
    /// It was solved too long ago, or after now.
    Stale,
    /// The service gave no answer that could be judged.
    Unavailable(Unavailability),
}

/// Why the service says no. A client can bring about every one of them, so none may open a way around the captcha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// [`Meaning::Invalid`]
    Invalid,
    /// [`Meaning::Expired`]
    Expired,
    /// [`Meaning::Duplicate`]
    Duplicate,
    /// [`Meaning::ExpiredOrDuplicate`]
    ExpiredOrDuplicate,
    /// [`Meaning::OtherSite`]
    OtherSite,
    /// [`Meaning::BadRequest`], or a status that says so.
    BadRequest,
    /// Another code, or none.
    Other,
}

/// Why there is no answer that could be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unavailability {
    /// No answer in time: Envoy's 504, or 408.
    Timeout,
    /// No response at all.
    Reset,
    /// 429.
    RateLimited,
    /// Any other status with which a service does not answer.
    Status,
    /// It says that it failed.
    ServiceError,
    /// It does not take the secret.
    RefusedSecret,
    /// More body than is read.
    TooLarge,
    /// No JSON object, one that says something twice, or one that contradicts itself.
    Unreadable,
    /// It was not asked: the host would not send, or too many are under way.
    NotAsked,
}

impl Failure {
    /// Every failure.
    pub const ALL: [Self; 21] = [
        Self::Rejected(Rejection::Invalid),
        Self::Rejected(Rejection::Expired),
        Self::Rejected(Rejection::Duplicate),
        Self::Rejected(Rejection::ExpiredOrDuplicate),
        Self::Rejected(Rejection::OtherSite),
        Self::Rejected(Rejection::BadRequest),
        Self::Rejected(Rejection::Other),
        Self::WrongHostname,
        Self::TestingKey,
        Self::WrongAction,
        Self::LowScore,
        Self::Stale,
        Self::Unavailable(Unavailability::Timeout),
        Self::Unavailable(Unavailability::Reset),
        Self::Unavailable(Unavailability::RateLimited),
        Self::Unavailable(Unavailability::Status),
        Self::Unavailable(Unavailability::ServiceError),
        Self::Unavailable(Unavailability::RefusedSecret),
        Self::Unavailable(Unavailability::TooLarge),
        Self::Unavailable(Unavailability::Unreadable),
        Self::Unavailable(Unavailability::NotAsked),
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected(Rejection::Invalid) => "invalid",
            Self::Rejected(Rejection::Expired) => "expired",
            Self::Rejected(Rejection::Duplicate) => "duplicate",
            Self::Rejected(Rejection::ExpiredOrDuplicate) => "expired_or_duplicate",
            Self::Rejected(Rejection::OtherSite) => "other_site",
            Self::Rejected(Rejection::BadRequest) => "bad_request",
            Self::Rejected(Rejection::Other) => "other",
            Self::WrongHostname => "wrong_hostname",
            Self::TestingKey => "testing_key",
            Self::WrongAction => "wrong_action",
            Self::LowScore => "low_score",
            Self::Stale => "stale",
            Self::Unavailable(Unavailability::Timeout) => "timeout",
            Self::Unavailable(Unavailability::Reset) => "reset",
            Self::Unavailable(Unavailability::RateLimited) => "rate_limited",
            Self::Unavailable(Unavailability::Status) => "status",
            Self::Unavailable(Unavailability::ServiceError) => "service_error",
            Self::Unavailable(Unavailability::RefusedSecret) => "refused_secret",
            Self::Unavailable(Unavailability::TooLarge) => "too_large",
            Self::Unavailable(Unavailability::Unreadable) => "unreadable",
            Self::Unavailable(Unavailability::NotAsked) => "not_asked",
        }
    }

    /// Whether nobody passes until the operator corrects something, so that a log line is worth it.
    #[must_use]
    pub const fn is_operators_mistake(self) -> bool {
        matches!(self, Self::Unavailable(Unavailability::RefusedSecret))
    }
}

/// What the codes of a refusal come to. That the secret is wrong explains everything else; and only if nothing speaks
/// against the token is it the service that failed.
pub(super) fn failure(meanings: impl IntoIterator<Item = Option<Meaning>>) -> Failure {
    let mut rejected = None;
    let mut failed = false;
    for meaning in meanings {
        let rejection = match meaning {
            Some(Meaning::RefusedSecret) => {
                return Failure::Unavailable(Unavailability::RefusedSecret);
            }
            Some(Meaning::ServiceError) => {
                failed = true;
                continue;
            }
            Some(Meaning::Invalid) => Rejection::Invalid,
            Some(Meaning::Expired) => Rejection::Expired,
            Some(Meaning::Duplicate) => Rejection::Duplicate,
            Some(Meaning::ExpiredOrDuplicate) => Rejection::ExpiredOrDuplicate,
            Some(Meaning::OtherSite) => Rejection::OtherSite,
            Some(Meaning::BadRequest) => Rejection::BadRequest,
            None => Rejection::Other,
        };
        rejected.get_or_insert(rejection);
    }
    match rejected {
        None if failed => Failure::Unavailable(Unavailability::ServiceError),
        rejection => Failure::Rejected(rejection.unwrap_or(Rejection::Other)),
    }
}
