//! What came back from a call-out, and what it says about the provider.

use std::time::{Duration, SystemTime};

use crate::callout::{Body, CallError, Response};
use crate::intelligence::Reputation;
use crate::time::Time;

use super::Provider;

/// What a look-up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider knows something.
    Answer(Reputation),
    /// The provider answered and knows nothing of this address.
    Nothing,
    /// There is no answer.
    Failure(Failure),
}

/// Why there is no answer, and when to ask again at the earliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: FailureReason,
    /// When the provider wants to be asked again: 1 s to 24 h.
    pub retry_after: Option<Duration>,
}

impl From<CallError> for FailureReason {
    fn from(error: CallError) -> Self {
        match error {
            CallError::DispatchFailed => Self::DispatchFailed,
            CallError::NoHealthyHost => Self::NoHealthyHost,
        }
    }
}

impl From<FailureReason> for Failure {
    fn from(reason: FailureReason) -> Self {
        Self {
            reason,
            retry_after: None,
        }
    }
}

/// What a failure speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The provider's health: counts towards opening the circuit breaker.
    Provider,
    /// The quota, the balance or the rate: opens the circuit breaker at once, for `Retry-After`.
    Quota,
    /// Only this address: the provider is well, but has nothing usable for it. Nobody must be able to open the
    /// breaker for everybody by coming from an address whose answer is odd.
    Address,
    /// Nothing at the provider: it was not asked, or not waited for.
    Local,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureReason {
    /// Envoy's 504: no answer in time.
    Timeout,
    /// Envoy's or the API's 503: connection refused, no capacity.
    Unavailable,
    /// No response at all: the connection broke, or the response exceeded Envoy's limit.
    Reset,
    /// 401 or 403.
    RefusedKey,
    /// Any other 4xx but 402, 404 and 429.
    BadRequest,
    /// 402.
    PaymentRequired,
    /// 429.
    RateLimited,
    /// The provider says, by its own status or message, that the quota is used up.
    QuotaExhausted,
    /// Any other 5xx.
    ServerError,
    /// A status that an API does not use to answer: 1xx, 3xx, 600 and above.
    UnexpectedStatus,
    /// Status 200 and a refusal in the body.
    NotSuccess,
    /// Status 2xx and no body.
    EmptyBody,
    /// More body than is read.
    TooLarge,
    /// No JSON: another type, or cut off.
    NotJson,
    /// JSON, but no object.
    WrongShape,
    /// JSON nested deeper than is read.
    TooDeep,
    /// An object in which no mapped field exists.
    SchemaDrift,
    /// The host would not send: no such cluster, or a malformed request.
    DispatchFailed,
    /// The host has nobody to send it to.
    NoHealthyHost,
    /// Not asked: the circuit breaker is open.
    BreakerOpen,
    /// Not asked: the operator's budget for the day is spent.
    BudgetExhausted,
    /// Not waited for: the request's deadline came first.
    Deadline,
    /// Not asked: as many lookups as the operator allows are under way.
    TooManyLookups,
    /// Not asked: the network has had its share of the day's budget, or of the lookups under way.
    OverShare,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 24] = [
        Self::Timeout,
        Self::Unavailable,
        Self::Reset,
        Self::RefusedKey,
        Self::BadRequest,
        Self::PaymentRequired,
        Self::RateLimited,
        Self::QuotaExhausted,
        Self::ServerError,
        Self::UnexpectedStatus,
        Self::NotSuccess,
        Self::EmptyBody,
        Self::TooLarge,
        Self::NotJson,
        Self::WrongShape,
        Self::TooDeep,
        Self::SchemaDrift,
        Self::DispatchFailed,
        Self::NoHealthyHost,
        Self::BreakerOpen,
        Self::BudgetExhausted,
        Self::Deadline,
        Self::TooManyLookups,
        Self::OverShare,
    ];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Reset => "reset",
            Self::RefusedKey => "refused_key",
            Self::BadRequest => "bad_request",
            Self::PaymentRequired => "payment_required",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::ServerError => "server_error",
            Self::UnexpectedStatus => "unexpected_status",
            Self::NotSuccess => "not_success",
            Self::EmptyBody => "empty_body",
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::WrongShape => "wrong_shape",
            Self::TooDeep => "too_deep",
            Self::SchemaDrift => "schema_drift",
            Self::DispatchFailed => "dispatch_failed",
            Self::NoHealthyHost => "no_healthy_host",
            Self::BreakerOpen => "breaker_open",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Deadline => "deadline",
            Self::TooManyLookups => "too_many_lookups",
            Self::OverShare => "over_share",
        }
    }

    /// What it means and what to look at, for the log; `None` where nothing is wrong with the API or its settings, or
    /// another line says it.
    #[must_use]
    pub const fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::RefusedKey => {
                "it refuses the key (401 or 403); look at the variable of intelligence.api_key_env"
            }
            Self::DispatchFailed => "Envoy has no cluster of the name in intelligence.cluster",
            Self::NoHealthyHost | Self::Unavailable | Self::Reset => {
                "it cannot be reached, or answers 503; look at the cluster's endpoints and TLS"
            }
            Self::Timeout => "it does not answer within intelligence.timeout",
            Self::PaymentRequired | Self::RateLimited | Self::QuotaExhausted => {
                "the quota is used up, or it was asked too often; raise intelligence.cache, or the plan"
            }
            Self::BudgetExhausted => "the day's own intelligence.daily_budget is spent",
            Self::BadRequest => {
                "it takes the request for a wrong one (4xx); look at intelligence.provider"
            }
            Self::ServerError => "it answers 5xx",
            Self::UnexpectedStatus
            | Self::NotSuccess
            | Self::EmptyBody
            | Self::TooLarge
            | Self::NotJson
            | Self::WrongShape
            | Self::TooDeep => {
                "its answers cannot be read; does intelligence.cluster lead to the API?"
            }
            Self::SchemaDrift
            | Self::BreakerOpen
            | Self::Deadline
            | Self::TooManyLookups
            | Self::OverShare => return None,
        })
    }

    /// What the failure speaks against.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Timeout
            | Self::Unavailable
            | Self::Reset
            | Self::RefusedKey
            | Self::ServerError
            | Self::UnexpectedStatus
            | Self::EmptyBody
            | Self::NotJson
            | Self::WrongShape
            | Self::DispatchFailed
            | Self::NoHealthyHost => Scope::Provider,
            Self::PaymentRequired | Self::RateLimited | Self::QuotaExhausted => Scope::Quota,
            Self::BadRequest
            | Self::NotSuccess
            | Self::TooLarge
            | Self::TooDeep
            | Self::SchemaDrift => Scope::Address,
            Self::BreakerOpen
            | Self::BudgetExhausted
            | Self::Deadline
            | Self::TooManyLookups
            | Self::OverShare => Scope::Local,
        }
    }
}

/// Classifies a response; `None` is a call-out that ended without one (`num_headers == 0`).
#[must_use]
pub fn classify(response: Option<Response<'_>>, provider: &Provider, now: Time) -> Outcome {
    let Some((response, status)) =
        response.and_then(|response| response.status.map(|status| (response, status)))
    else {
        return Outcome::Failure(FailureReason::Reset.into());
    };
    let reason = match status {
        _ if provider.quota_statuses.contains(&status) => FailureReason::QuotaExhausted,
        200..=299 => match answer(response.body, status, provider) {
            Ok(outcome) => return outcome,
            Err(reason) => reason,
        },
        401 | 403 => FailureReason::RefusedKey,
        402 => FailureReason::PaymentRequired,
        404 => return Outcome::Nothing,
        429 => FailureReason::RateLimited,
        400..=499 => FailureReason::BadRequest,
        503 => FailureReason::Unavailable,
        504 => FailureReason::Timeout,
        500..=599 => FailureReason::ServerError,
        _ => FailureReason::UnexpectedStatus,
    };
    Outcome::Failure(Failure {
        reason,
        retry_after: response
            .retry_after
            .and_then(|value| retry_after(value, now)),
    })
}

fn answer(body: Body<'_>, status: u16, provider: &Provider) -> Result<Outcome, FailureReason> {
    let body = match body {
        Body::TooLarge => return Err(FailureReason::TooLarge),
        // No Content.
        Body::Whole(_) if status == 204 => return Ok(Outcome::Nothing),
        Body::Whole(body) => body,
    };
    let decoded = provider.decode(body)?;
    if decoded.mapped_fields == 0 {
        Err(FailureReason::SchemaDrift)
    } else if decoded.reputation == Reputation::default() {
        Ok(Outcome::Nothing)
    } else {
        Ok(Outcome::Answer(decoded.reputation))
    }
}

const SHORTEST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(24 * 60 * 60);

/// Seconds or an HTTP date (RFC 9110, 10.2.3), cut to 1 s..=24 h.
pub(crate) fn retry_after(value: &[u8], now: Time) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let now = SystemTime::UNIX_EPOCH.checked_add(now.since(Time::default()))?;
        httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default()
    };
    Some(wait.clamp(SHORTEST_RETRY, LONGEST_RETRY))
}
