//! The client's address: reading, trust, prefixes, CIDR sets.
//!
//! | type | what it is |
//! |---|---|
//! | [`ClientAddress`] | one address in its only form (an IPv4-mapped IPv6 address is IPv4) |
//! | [`Prefix`] | the network of an address: what is cached and counted |
//! | [`CidrSet`] | a set of networks that answers quickly whether an address is in it |
//! | [`Trust`] | which address of a request is the client's |

mod cidr_set;
mod client_address;
mod prefix;
mod special;
mod trust;

pub use cidr_set::{CidrSet, LabelledCidrs};
pub use client_address::ClientAddress;
pub use prefix::{Prefix, PrefixLengthError, PrefixLengths};
pub use trust::{Anomaly, Forwarded, HeaderName, HeaderNameError, Resolution, Trust};
