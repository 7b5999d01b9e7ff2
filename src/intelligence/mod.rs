//! What is known of an address: providers, decoding, the compact [`Reputation`], its two-level cache, and
//! the [`Resolver`] that asks once for all who wait.

mod asn_set;
mod breaker;
mod budget;
pub mod cache;
mod connection;
mod geoip;
mod network;
pub mod provider;
mod reputation;
mod resolver;
mod settings;

pub use crate::signals::{Flag, Flags};
pub use asn_set::{AsnRange, AsnSet};
pub use breaker::{Breaker, BreakerSettings};
pub use budget::Budget;
pub use connection::Connection;
pub use geoip::GeoipHeaders;
pub use network::{Asn, AsnType, Country, Network, Position};
pub use reputation::{Reputation, Score};
pub use resolver::{
    Asking, Knowledge, LookupEnd, Resolved, Resolver, ResolverSettings, UnknownReason,
};
pub use settings::{Intelligence, Lookup};
