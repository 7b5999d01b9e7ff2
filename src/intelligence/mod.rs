//! What is known of an address: providers, decoding, the compact [`Reputation`], its two-level cache.

pub mod provider;
mod reputation;

pub use reputation::{Asn, AsnType, Country, Flag, Flags, Network, Position, Reputation, Score};
