//! IPv6 addresses that carry an IPv4 address: whoever has one is the client of that IPv4 address.
//!
//! By themselves: the well-known prefix of NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo (RFC 4380). A tunnel's client
//! is reached at the address that it carries, so it cannot carry another one's; it would else have 2^80 addresses to
//! choose from. Beyond those, the prefixes of the operator's own NAT64.
//!
//! Not carried: what stands in an interface identifier (ISATAP), which any host on its own /64 chooses; IPv4-compatible
//! addresses, which nobody routes and among which loopback is; the networks of 6rd and MAP, which are their customers'
//! own.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};

use super::ClientAddress;
use super::carrier::{Carrier, LOCAL_NAT64, LOOPBACK, MAPPED, OCTET, mask_behind, overlap};

/// The prefix of a NAT64 of the operator's own: 32, 40, 48, 56, 64 or 96 bits, behind which the IPv4 address stands
/// (RFC 6052, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nat64Prefix(Carrier);

impl Nat64Prefix {
    /// Checks a prefix.
    ///
    /// # Errors
    /// Says what is wrong with it: it must have one of the six lengths and no bits behind, and none of the networks
    /// that mean something else.
    pub fn new(network: IpNet) -> Result<Self, Nat64PrefixError> {
        let IpNet::V6(network) = network else {
            return Err(Nat64PrefixError::NotIpv6);
        };
        let length = network.prefix_len();
        if !matches!(length, 32 | 40 | 48 | 56 | 64 | 96) {
            return Err(Nat64PrefixError::Length);
        }
        let (begin, octet) = OCTET;
        let in_octet = mask_behind(begin) & !mask_behind(begin.saturating_add(octet));
        if network.addr() != network.network() || network.addr().to_bits() & in_octet != 0 {
            return Err(Nat64PrefixError::BitsBehind);
        }
        let well_known = Carrier::WELL_KNOWN.map(|carrier| carrier.network);
        let mut taken = well_known.into_iter().chain([MAPPED, LOOPBACK]);
        if network != Carrier::NAT64.network && taken.any(|other| overlap(network, other)) {
            return Err(Nat64PrefixError::Taken);
        }
        Ok(Self(Carrier {
            network,
            before: length,
            passes_octet: length <= OCTET.0,
            turned: false,
        }))
    }

    /// Whether an address may be in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        overlap(self.0.network, other.0.network)
    }
}

/// Why a network is not the prefix of a NAT64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat64PrefixError {
    /// It is a network of IPv4.
    NotIpv6,
    /// No prefix has this length.
    Length,
    /// Something stands behind the prefix, or in the octet that must be zero.
    BitsBehind,
    /// It has a meaning of its own.
    Taken,
}

impl fmt::Display for Nat64PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotIpv6 => "expected the IPv6 prefix of your NAT64, such as 2001:db8:64::/96",
            Self::Length => {
                "expected a length of 32, 40, 48, 56, 64 or 96: no other prefix carries IPv4 addresses \
                 (RFC 6052)"
            }
            Self::BitsBehind => "expected zeros behind the prefix, and in bits 64 to 71 (RFC 6052)",
            Self::Taken => {
                "expected the prefix of your own NAT64: addresses in there have a meaning already \
                 (64:ff9b::/96 itself may stand here)"
            }
        })
    }
}

impl std::error::Error for Nat64PrefixError {}

/// The networks whose addresses carry an IPv4 address: those that everybody knows, and those of the operator's own
/// NAT64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carriers {
    own: Vec<Nat64Prefix>,
}

/// An address as a host or a proxy told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReportedAddress {
    /// Whose it is.
    pub(super) client: ClientAddress,
    /// Whether the address itself is told, or carried by a NAT64 that the operator has named. What strangers carry is
    /// no proxy of the operator's, whatever address it has.
    pub(super) vouched: bool,
}

impl Carriers {
    /// With the prefixes of the operator's own NAT64.
    #[must_use]
    pub const fn new(own: Vec<Nat64Prefix>) -> Self {
        Self { own }
    }

    fn own(&self) -> impl Iterator<Item = Carrier> {
        self.own.iter().map(|prefix| prefix.0)
    }

    pub(super) fn reported(&self, address: IpAddr) -> ReportedAddress {
        let address = address.to_canonical();
        let IpAddr::V6(v6) = address else {
            return ReportedAddress {
                client: address.into(),
                vouched: true,
            };
        };
        let own = self.own().find_map(|carrier| carrier.carried(v6));
        let client = own.map_or_else(|| ClientAddress::from(v6), ClientAddress::from);
        ReportedAddress {
            client,
            vouched: own.is_some() || client.ip() == address,
        }
    }

    /// The network of clients that a written one is: the IPv4 network that it carries, or itself. `None` when it
    /// carries every IPv4 address.
    ///
    /// One with others beside them is itself: `2000::/3` has nothing of 6to4.
    #[must_use]
    pub fn network(&self, network: IpNet) -> Option<IpNet> {
        let IpNet::V6(v6) = network else {
            return Some(network);
        };
        let carriers = self.own().chain(Carrier::WELL_KNOWN);
        let mut around = carriers.filter(|carrier| carrier.network.contains(&v6));
        match around.next().map(|carrier| carrier.carried_network(v6)) {
            Some(carried) => (carried.prefix_len() > 0).then_some(carried.into()),
            None => Some(network),
        }
    }

    /// Whether addresses in a network are those of somebody else's tunnel or NAT64, of which the operator has said
    /// nothing.
    #[must_use]
    pub fn are_strangers(&self, network: IpNet) -> bool {
        let IpNet::V6(network) = network else {
            return false;
        };
        let holds = |carrier: Ipv6Net| carrier.contains(&network);
        let well_known = Carrier::WELL_KNOWN.map(|carrier| carrier.network);
        let mut strangers = well_known.into_iter().chain([LOCAL_NAT64]);
        strangers.any(holds) && !self.own().any(|carrier| holds(carrier.network))
    }
}

#[cfg(test)]
mod tests;
