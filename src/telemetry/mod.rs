//! What happened, as counters and histograms with fixed names and labels.
//!
//! `table.rs` declares every metric once. A [`Catalogue`] lists all that a policy can raise, so that the filter
//! defines each one once: the host's metrics never expire, and a second definition allocates again.

mod catalogue;
mod event;
mod label;
mod results;
mod table;

pub use catalogue::{Catalogue, Change, Metric, MetricIndex};
pub use event::Event;
pub use results::{
    AccountNameResult, AsnRateResult, CaptchaResult, ChallengeFailure, ChallengeResult,
    DeviceResult, FingerprintResult, LimitResult, LookupResult, PositionResult, RevocationResult,
    SampleResult, SessionAccountResult, SessionResult, TravelResult, UnlockResult, WebhookResult,
};
pub use table::{Family, Kind, Scope};

/// Where events go.
pub trait Meter {
    /// Counts or measures one event.
    fn meter(&self, event: Event);
}
