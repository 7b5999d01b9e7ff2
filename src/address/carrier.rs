//! A network whose addresses carry an IPv4 address: by themselves the well-known prefix of NAT64 (RFC 6052), 6to4 (RFC
//! 3056) and Teredo (RFC 4380).

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A network whose addresses carry an IPv4 address each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    pub(super) network: Ipv6Net,
    /// How many bits stand before the IPv4 address, the octet that is passed over left out.
    pub(super) before: u8,
    /// Whether bits 64 to 71 are passed over (RFC 6052, 2.2).
    pub(super) passes_octet: bool,
    /// Whether every bit of the IPv4 address is turned (RFC 4380, 4).
    pub(super) turned: bool,
}

/// The octet that is passed over: where it begins, and its bits.
pub(super) const OCTET: (u8, u8) = (64, 8);

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

    pub(super) const NAT64: Self = Self::plain([0x64, 0xff9b], 96, 96);
    const SIX_TO_FOUR: Self = Self::plain([0x2002, 0], 16, 16);
    const TEREDO: Self = Self {
        turned: true,
        ..Self::plain([0x2001, 0], 32, 96)
    };

    /// Those that everybody knows.
    pub(super) const WELL_KNOWN: [Self; 3] = [Self::NAT64, Self::SIX_TO_FOUR, Self::TEREDO];

    pub(super) fn carried(self, address: Ipv6Addr) -> Option<Ipv4Addr> {
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
    pub(super) fn carried_network(self, inside: Ipv6Net) -> Ipv4Net {
        let length = inside.prefix_len();
        let (begin, octet) = OCTET;
        let reported = if self.passes_octet && length > begin {
            length.saturating_sub(octet).max(begin)
        } else {
            length
        };
        let length = reported.saturating_sub(self.before).min(32);
        let network = Ipv4Net::new(self.read(inside.network()), length).unwrap_or_default();
        network.trunc()
    }
}

/// IPv4-mapped addresses, which are IPv4 addresses everywhere.
pub(super) const MAPPED: Ipv6Net =
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
pub(super) const LOOPBACK: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
/// For local NAT64 (RFC 8215), whose prefixes only the operator knows.
pub(super) const LOCAL_NAT64: Ipv6Net =
    Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48);

pub(super) fn overlap(one: Ipv6Net, other: Ipv6Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Every bit behind the first `length`.
pub(super) fn mask_behind(length: u8) -> u128 {
    u128::MAX.checked_shr(length.into()).unwrap_or(0)
}

/// The IPv4 address that a well-known network carries.
pub(super) fn well_known(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let mut carriers = Carrier::WELL_KNOWN.into_iter();
    carriers.find_map(|carrier| carrier.carried(address))
}
