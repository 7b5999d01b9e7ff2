//! What whoever must act is told of a call that has failed.

use crate::telemetry::FleetResult;

impl FleetResult {
    /// What is wrong and where to look; `None` where nothing is, or another line says it.
    #[must_use]
    pub const fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::Timeout => {
                "the rate limit service does not answer within fleet.timeout; look at it, its Redis, and the way there"
            }
            Self::Reset => "the connection to the rate limit service broke",
            Self::Unreachable => {
                "the rate limit service cannot be reached, or Envoy has no cluster of the name in fleet.cluster; look at \
                 its endpoints and TLS"
            }
            Self::Status => {
                "what answers in fleet.cluster is no rate limit service, or the cluster lacks HTTP/2 \
                 (http2_protocol_options)"
            }
            Self::Error => {
                "the rate limit service reports an error of its own; look at its log, most often it does not reach its \
                 Redis"
            }
            Self::Unreadable => {
                "the answers cannot be read; does fleet.cluster lead to the rate limit service?"
            }
            Self::UnknownDomain => {
                "the rate limit service knows nothing of our domain, so that it counts nothing; look at fleet.domain and \
                 at the domain in the service's configuration, and that each unit has 4294967295 requests_per_unit"
            }
            Self::UnknownDescriptor => {
                "the rate limit service's configuration lacks some of the descriptors minute, hour, day, week, month, \
                 year, or has other requests_per_unit than 4294967295 in one, so that it does not count all"
            }
            Self::Counted | Self::TooWide | Self::Spared => return None,
        })
    }
}
