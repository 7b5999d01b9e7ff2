//! What happened, as counters and histograms with fixed names and labels.
//!
//! `table.rs` declares every metric once. A [`Catalogue`] lists all that a policy can raise, and no other, so that the
//! filter defines each one once: the host's metrics never expire, and a second definition allocates again.

pub mod build;
mod catalogue;
mod event;
mod label;
mod owners;
#[macro_use]
mod results;
mod passwords;
mod table;
mod terms;

pub use catalogue::{Catalogue, Change, Metric, MetricIndex};
pub use event::Event;
pub use owners::{Owned, OwnedRoute};
pub use passwords::{PasswordResult, RangeResult, SuccessResult};
pub use results::{
    AccountNameResult, AsnRateResult, CaptchaResult, ChallengeFailure, ChallengeResult,
    DeviceResult, FingerprintResult, FleetResult, LimitResult, LookupResult, PositionResult,
    RevocationResult, SampleResult, SessionAccountResult, SessionResult, SharedTable, TravelResult,
    UnlockResult, WebhookResult,
};
pub use table::Family;
pub use terms::{Feature, Kind, Scope, Unit};

/// Where events go.
pub trait Meter {
    /// Counts or measures one event.
    fn meter(&self, event: Event);
}
