//! What the librarian is asked with, and what it says.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::address::{Prefix, PrefixLengths};
use crate::callout::StreamId;
use crate::intelligence::Reputation;
use crate::intelligence::breaker::BreakerSettings;
use crate::intelligence::provider::{ApiKey, FailureReason, Provider};

/// How the API is asked.
#[derive(Clone, Debug)]
pub struct ResolverSettings {
    /// What to ask and how to read the answer.
    pub provider: Provider,
    /// Envoy's cluster of the API.
    pub cluster: String,
    /// The key.
    pub key: Option<ApiKey>,
    /// How long a request waits.
    pub timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub max_response: usize,
    /// The most lookups under way at once.
    pub concurrent_lookups: NonZeroUsize,
    /// Which addresses share an answer.
    pub prefixes: PrefixLengths,
    /// When to stop asking.
    pub breaker: BreakerSettings,
}

/// Who asks, and whether they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// This stream waits for the answer.
    Waits(StreamId),
    /// Nobody waits; the answer serves the next one.
    Background,
    /// Nobody asks: only what is kept counts.
    OnlyKept,
}

/// What the librarian says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// This is known of the address.
    Known(Reputation),
    /// No more than this, and why.
    Lacking(Reputation, UnknownReason),
}

impl Knowledge {
    /// All that is known.
    #[must_use]
    pub const fn reputation(self) -> Reputation {
        match self {
            Self::Known(reputation) | Self::Lacking(reputation, _) => reputation,
        }
    }
}

/// Why no more is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// The API was asked and knows nothing.
    Nothing,
    /// Asking failed.
    Failed(FailureReason),
    /// Asking failed a moment ago.
    FailedBefore,
    /// It was not asked.
    NotAsked,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The answer, at once.
    Now(Knowledge),
    /// The stream must wait; it will stand among the waiters of an [`LookupEnd`].
    Wait,
}

/// The end of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupEnd {
    /// What was looked up.
    pub prefix: Prefix,
    /// The streams that wait for it, in the order in which they came.
    pub waiters: Vec<StreamId>,
    /// What they learn.
    pub knowledge: Knowledge,
}
