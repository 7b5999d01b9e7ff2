//! The client's address: reading, trust, prefixes, CIDR sets.
//!
//! | type | what it is |
//! |---|---|
//! | [`ClientAddress`] | one address in its only form (an IPv6 address that carries an IPv4 address is IPv4) |
//! | [`Carriers`] | the networks whose addresses carry an IPv4 address |
//! | [`Prefix`] | the network of an address: what is cached and counted |
//! | [`CidrSet`] | a set of networks that answers quickly whether an address is in it |
//! | [`Trust`] | which address of a request is the client's |

mod carried;
mod carrier;
mod cidr_set;
mod client_address;
mod prefix;
mod special;
mod trust;

pub use carried::{Carriers, Nat64Prefix, Nat64PrefixError};
pub use cidr_set::{CidrSet, LabelledCidrs};
pub use client_address::ClientAddress;
pub use prefix::{Prefix, PrefixLengthError, PrefixLengths};
pub use trust::{Anomaly, Forwarded, HeaderName, HeaderNameError, Resolution, Trust};
