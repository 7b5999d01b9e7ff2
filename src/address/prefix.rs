//! The network of an address: the identity under which it is cached and counted.

use std::fmt;
use std::net::IpAddr;

use super::ClientAddress;

/// How many bits of an address are its identity; one host often has a whole IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixLengths {
    v4: u8,
    v6: u8,
}

impl PrefixLengths {
    /// What one party may have alone: a /24 of IPv4, and of IPv6 a /48, which comes with a rented server and has 65,536
    /// networks of /64.
    pub const SITE: Self = Self { v4: 24, v6: 48 };

    /// These lengths, but none longer than the other's.
    #[must_use]
    pub fn at_most(self, other: Self) -> Self {
        Self {
            v4: self.v4.min(other.v4),
            v6: self.v6.min(other.v6),
        }
    }

    /// Lengths in bits: `v4` from 1 to 32, `v6` from 1 to 128.
    ///
    /// # Errors
    /// Says which length is out of its range.
    pub const fn new(v4: u8, v6: u8) -> Result<Self, PrefixLengthError> {
        match (v4, v6) {
            (1..=32, 1..=128) => Ok(Self { v4, v6 }),
            (1..=32, _) => Err(PrefixLengthError::V6(v6)),
            (_, _) => Err(PrefixLengthError::V4(v4)),
        }
    }

    /// The length for IPv4 addresses, 1 to 32.
    #[must_use]
    pub const fn v4(self) -> u8 {
        self.v4
    }

    /// The length for IPv6 addresses, 1 to 128.
    #[must_use]
    pub const fn v6(self) -> u8 {
        self.v6
    }
}

impl Default for PrefixLengths {
    /// The IPv4 address itself, and the /64 that an IPv6 host commands.
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

/// A prefix length that no address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixLengthError {
    /// This length for IPv4.
    V4(u8),
    /// This length for IPv6.
    V6(u8),
}

impl fmt::Display for PrefixLengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, most, found) = match self {
            Self::V4(found) => ("IPv4", 32, found),
            Self::V6(found) => ("IPv6", 128, found),
        };
        write!(
            f,
            "{found} is not an {family} prefix length; expected 1 to {most}"
        )
    }
}

impl std::error::Error for PrefixLengthError {}

/// How many bits stand before the IPv4 address in an IPv4-mapped IPv6 address.
const MAPPED_BITS: u8 = 96;

/// A network: an address of which only the first bits count.
///
/// Sixteen bytes (IPv4 in its IPv4-mapped form) with every bit behind the prefix zero, and the length of
/// the prefix in bits of that form. As a [`ClientAddress`] is never a mapped address, no IPv6
/// network equals an IPv4 network.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    bytes: [u8; 16],
    length: u8,
}

impl ClientAddress {
    /// The network of this address: the identity under which it is cached and counted.
    #[must_use]
    pub fn prefix(self, lengths: PrefixLengths) -> Prefix {
        Prefix::of(self, lengths)
    }
}

impl Prefix {
    /// The network of `address`.
    #[must_use]
    pub fn of(address: ClientAddress, lengths: PrefixLengths) -> Self {
        let (full, length) = match address.ip() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), lengths.v4.saturating_add(MAPPED_BITS)),
            IpAddr::V6(v6) => (v6, lengths.v6),
        };
        Self {
            bytes: (full.to_bits() & mask(length)).to_be_bytes(),
            length,
        }
    }

    /// The bytes of the address, then the length, which is never zero. No other prefix has the same.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 17] {
        let mut all = [self.length; 17];
        if let Some((address, _)) = all.split_first_chunk_mut::<16>() {
            *address = self.bytes;
        }
        all
    }

    /// The first address of the network.
    #[must_use]
    pub fn network(self) -> IpAddr {
        IpAddr::from(self.bytes).to_canonical()
    }

    /// The length in bits, 1 to 32 for an IPv4 network and 1 to 128 for an IPv6 network.
    #[must_use]
    pub fn length(self) -> u8 {
        match self.network() {
            IpAddr::V4(_) => self.length.saturating_sub(MAPPED_BITS),
            IpAddr::V6(_) => self.length,
        }
    }
}

/// The first `length` of 128 bits.
fn mask(length: u8) -> u128 {
    let behind = 128_u32.saturating_sub(u32::from(length));
    u128::MAX.checked_shl(behind).unwrap_or(0)
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network(), self.length())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefix(text: &str, v4: u8, v6: u8) -> Prefix {
        ClientAddress::parse(text.as_bytes())
            .expect(text)
            .prefix(PrefixLengths::new(v4, v6).unwrap())
    }

    #[test]
    fn a_prefix_is_shown_as_people_write_networks() {
        for (text, v4, v6, shown) in [
            ("1.2.3.4", 32, 64, "1.2.3.4/32"),
            ("1.2.3.4", 24, 64, "1.2.3.0/24"),
            ("255.2.3.4", 1, 64, "128.0.0.0/1"),
            ("::ffff:1.2.3.4", 24, 64, "1.2.3.0/24"),
            ("2001:db8:1:2:3:4:5:6", 32, 64, "2001:db8:1:2::/64"),
            ("2001:db8:1:2:3:4:5:6", 32, 128, "2001:db8:1:2:3:4:5:6/128"),
            ("ffff::", 32, 1, "8000::/1"),
            ("::1", 32, 64, "::/64"),
        ] {
            assert_eq!(prefix(text, v4, v6).to_string(), shown);
        }
    }

    #[test]
    fn by_default_an_ipv4_address_and_an_ipv6_64_are_one_identity() {
        let lengths = PrefixLengths::default();
        assert_eq!((lengths.v4(), lengths.v6()), (32, 64));
        let of = |text: &str| {
            ClientAddress::parse(text.as_bytes())
                .unwrap()
                .prefix(lengths)
        };
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("1.2.3.4"), of("1.2.3.5"));
    }

    #[test]
    fn lengths_that_no_address_has_are_refused_by_name() {
        for (v4, v6, message) in [
            (0, 64, "0 is not an IPv4 prefix length; expected 1 to 32"),
            (33, 64, "33 is not an IPv4 prefix length; expected 1 to 32"),
            (24, 0, "0 is not an IPv6 prefix length; expected 1 to 128"),
            (
                24,
                129,
                "129 is not an IPv6 prefix length; expected 1 to 128",
            ),
        ] {
            assert_eq!(PrefixLengths::new(v4, v6).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn prefixes_of_the_same_bytes_are_the_same_and_no_length_is_zero(
            ip: IpAddr, (one, other) in (1..=32_u8, 1..=32_u8), (v6, w6) in (1..=128_u8, 1..=128_u8),
        ) {
            let of = |v4, v6| ClientAddress::from(ip).prefix(PrefixLengths::new(v4, v6).unwrap());
            let [one, other] = [of(one, v6), of(other, w6)];
            prop_assert_eq!(one == other, one.to_bytes() == other.to_bytes());
            prop_assert_ne!(one.to_bytes()[16], 0);
        }

        #[test]
        fn addresses_share_a_prefix_exactly_when_the_network_holds_both(
            first: IpAddr, flipped in 0..128_u32, v4 in 1..=32_u8, v6 in 1..=128_u8,
        ) {
            let first = ClientAddress::from(first);
            let second = ClientAddress::from(match first.ip() {
                IpAddr::V4(ip) => IpAddr::from((ip.to_bits() ^ (1 << (flipped % 32))).to_be_bytes()),
                IpAddr::V6(ip) => IpAddr::from((ip.to_bits() ^ (1 << flipped)).to_be_bytes()),
            });
            let lengths = PrefixLengths::new(v4, v6).unwrap();
            let network: ipnet::IpNet = first.prefix(lengths).to_string().parse().unwrap();
            prop_assert!(network.contains(&first.ip()));
            prop_assert_eq!(
                first.prefix(lengths) == second.prefix(lengths),
                network.contains(&second.ip())
            );
        }
    }
}
