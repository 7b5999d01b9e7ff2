//! What an operator says of the fleet, in the form in which the request path reads it.

use std::time::Duration;

use crate::json::FromJson;
use crate::signing::{Purpose, SigningKeys};

/// Under which name the service's configuration knows us, unless the operator says another.
pub const DOMAIN: &str = "palisade";

/// The service that counts for all proxies.
#[derive(Clone, Debug)]
pub struct FleetPolicy {
    /// The Envoy cluster.
    pub cluster: String,
    /// Its host name.
    pub authority: String,
    /// Under which name its configuration knows us.
    pub domain: String,
    /// How long a request waits for it.
    pub timeout: Duration,
    /// What happens to a request that it does not count in time.
    pub on_unavailable: OnUnavailable,
    /// What keys the names of counters: the same on all proxies.
    pub keys: SigningKeys,
}

/// What happens to a request that the fleet does not count in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnUnavailable {
    /// What the proxy has counted by itself decides.
    #[default]
    Local,
    /// It is one too many.
    Refuse,
}

impl FleetPolicy {
    /// What keys everything that is kept of clients, accounts and sessions: the same on all proxies of the fleet, for
    /// the plugin of this name in this domain. Nobody makes it without the signing key.
    #[must_use]
    pub fn seed(&self, namespace: &str) -> [u8; 16] {
        let parts = [namespace.as_bytes(), self.domain.as_bytes()];
        let mac = self.keys.sign(Purpose::Fleet, &parts);
        mac.first_chunk().copied().unwrap_or_default()
    }
}
