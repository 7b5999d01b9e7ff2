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
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::ClientAddress;

/// A network whose addresses carry an IPv4 address each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Carrier {
    network: Ipv6Net,
    /// How many bits stand before the IPv4 address, the octet that is passed over left out.
    before: u8,
    /// Whether bits 64 to 71 are passed over (RFC 6052, 2.2).
    passes_octet: bool,
    /// Whether every bit of the IPv4 address is turned (RFC 4380, 4).
    turned: bool,
}

/// The octet that is passed over: where it begins, and its bits.
const OCTET: (u8, u8) = (64, 8);

impl Carrier {
    const fn plain(head: [u16; 2], length: u8, before: u8) -> Self {
        let [a, b] = head;
        Self {
            network: Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length),
            before,
            passes_octet: false,
            turned: false,
        }
    }

    const NAT64: Self = Self::plain([0x64, 0xff9b], 96, 96);
    const SIX_TO_FOUR: Self = Self::plain([0x2002, 0], 16, 16);
    const TEREDO: Self = Self {
        turned: true,
        ..Self::plain([0x2001, 0], 32, 96)
    };

    /// Those that everybody knows.
    const WELL_KNOWN: [Self; 3] = [Self::NAT64, Self::SIX_TO_FOUR, Self::TEREDO];

    fn carried(self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        self.network.contains(&address).then(|| self.read(address))
    }

    fn read(self, address: Ipv6Addr) -> Ipv4Addr {
        let bits = address.to_bits();
        // The IPv4 address to the very left, whatever stands behind it.
        let shifted = if self.passes_octet {
            let (begin, octet) = OCTET;
            let front = bits & !mask_behind(begin);
            let behind = bits & mask_behind(begin.saturating_add(octet));
            front | behind.checked_shl(octet.into()).unwrap_or(0)
        } else {
            bits
        };
        let shifted = shifted.checked_shl(self.before.into()).unwrap_or(0);
        let first = u32::try_from(shifted.checked_shr(96).unwrap_or(0)).unwrap_or(0);
        Ipv4Addr::from_bits(if self.turned { !first } else { first })
    }

    /// The IPv4 network that `inside`, a network within this one, carries; of length 0 if it tells no bit of the
    /// address.
    fn carried_network(self, inside: Ipv6Net) -> Ipv4Net {
        let length = inside.prefix_len();
        let (begin, octet) = OCTET;
        let told = if self.passes_octet && length > begin {
            length.saturating_sub(octet).max(begin)
        } else {
            length
        };
        let length = told.saturating_sub(self.before).min(32);
        let network = Ipv4Net::new(self.read(inside.network()), length).unwrap_or_default();
        network.trunc()
    }
}

/// IPv4-mapped addresses, which are IPv4 addresses everywhere.
const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const LOOPBACK: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
/// For local NAT64 (RFC 8215), whose prefixes only the operator knows.
const LOCAL_NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48);

fn overlap(one: Ipv6Net, other: Ipv6Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Every bit behind the first `length`.
fn mask_behind(length: u8) -> u128 {
    u128::MAX.checked_shr(length.into()).unwrap_or(0)
}

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
pub(super) struct Told {
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

    pub(super) fn told(&self, address: IpAddr) -> Told {
        let address = address.to_canonical();
        let IpAddr::V6(v6) = address else {
            return Told {
                client: address.into(),
                vouched: true,
            };
        };
        let own = self.own().find_map(|carrier| carrier.carried(v6));
        let client = own.map_or_else(|| ClientAddress::from(v6), ClientAddress::from);
        Told {
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

/// The IPv4 address that a well-known network carries.
pub(super) fn well_known(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let mut carriers = Carrier::WELL_KNOWN.into_iter();
    carriers.find_map(|carrier| carrier.carried(address))
}

#[cfg(test)]
mod tests;
