//! A set of networks that answers quickly whether an address is in it.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::ClientAddress;
use crate::ranges::{LabelledRanges, Ranges};

/// A set of networks, kept as sorted ranges that do not touch: an answer costs one binary search, and
/// 100,000 networks cost 8 bytes each for IPv4 and 32 for IPv6.
///
/// A network inside `::ffff:0:0/96` is the IPv4 network that it maps. Any other IPv6 network holds IPv6
/// addresses only: `::/0` is all of IPv6 and nothing of IPv4. What carries IPv4 addresses otherwise is told by
/// [`Carriers::network`](super::Carriers::network).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CidrSet {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl CidrSet {
    /// The set of all addresses in `networks`; bits behind a prefix are ignored.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in networks {
            match unmapped(network) {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        Self {
            v4: Ranges::new(v4),
            v6: Ranges::new(v6),
        }
    }

    /// Whether one of the networks holds `address`.
    #[must_use]
    pub fn contains(&self, address: ClientAddress) -> bool {
        match address.ip() {
            IpAddr::V4(ip) => self.v4.contains(ip.to_bits()),
            IpAddr::V6(ip) => self.v6.contains(ip.to_bits()),
        }
    }

    /// Whether it holds as many addresses as nobody has: an eighth of all IPv4 addresses, or as much of the public IPv6
    /// addresses as a regional registry is given at once (a /12).
    #[must_use]
    pub fn is_much_of_the_internet(&self) -> bool {
        const V4: u64 = 1 << 29;
        const V6: u128 = 1 << 116;
        /// `2000::/3`.
        const PUBLIC: (u128, u128) = (1 << 125, (1 << 126) - 1);
        let mut v4 = 0_u64;
        for (first, last) in self.v4.iter() {
            v4 = v4
                .saturating_add(last.abs_diff(first).into())
                .saturating_add(1);
        }
        let mut v6 = 0_u128;
        for (first, last) in self.v6.iter() {
            let (first, end) = (first.max(PUBLIC.0), last.min(PUBLIC.1).saturating_add(1));
            v6 = v6.saturating_add(end.saturating_sub(first));
        }
        v4 >= V4 || v6 >= V6
    }

    /// Whether no address is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// Several [`CidrSet`]s, asked as one: see [`LabelledRanges`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelledCidrs {
    v4: LabelledRanges<u32>,
    v6: LabelledRanges<u128>,
}

impl LabelledCidrs {
    /// These sets, each with its own label, a number below 64.
    #[must_use]
    pub fn new<'s>(sets: impl Iterator<Item = (&'s CidrSet, u8)> + Clone) -> Self {
        Self {
            v4: LabelledRanges::new(sets.clone().map(|(set, label)| (&set.v4, label))),
            v6: LabelledRanges::new(sets.map(|(set, label)| (&set.v6, label))),
        }
    }

    /// The labels of all sets that hold the address, as bits.
    #[must_use]
    pub fn labels(&self, address: ClientAddress) -> u64 {
        match address.ip() {
            IpAddr::V4(ip) => self.v4.labels(ip.to_bits()),
            IpAddr::V6(ip) => self.v6.labels(ip.to_bits()),
        }
    }
}

impl FromIterator<IpNet> for CidrSet {
    fn from_iter<T: IntoIterator<Item = IpNet>>(networks: T) -> Self {
        Self::new(networks)
    }
}

fn unmapped(network: IpNet) -> IpNet {
    let mapped = |network: IpNet| {
        let IpNet::V6(v6) = network.trunc() else {
            return None;
        };
        let address = v6.addr().to_ipv4_mapped()?;
        let length = v6.prefix_len().checked_sub(96)?;
        Ipv4Net::new(address, length).ok()
    };
    mapped(network).map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(networks: &[&str]) -> CidrSet {
        networks
            .iter()
            .map(|text| text.parse::<IpNet>().expect(text))
            .collect()
    }

    fn address(text: &str) -> ClientAddress {
        ClientAddress::parse(text.as_bytes()).expect(text)
    }

    #[test]
    fn a_set_holds_what_its_networks_hold_and_nothing_else() {
        let set = set(&[
            "10.0.0.0/8",
            "192.0.2.7/32",
            "2001:db8::/32",
            "203.0.113.9/24",
        ]);
        assert!(!set.is_empty());
        for text in [
            "10.0.0.0",
            "10.255.255.255",
            "192.0.2.7",
            "2001:db8:ffff::1",
            "203.0.113.0",
        ] {
            assert!(set.contains(address(text)), "{text}");
        }
        for text in [
            "9.255.255.255",
            "11.0.0.0",
            "192.0.2.6",
            "192.0.2.8",
            "2001:db9::",
            "::a00:1",
        ] {
            assert!(!set.contains(address(text)), "{text}");
        }
    }

    #[test]
    fn an_empty_set_holds_nothing() {
        let set = CidrSet::default();
        assert!(set.is_empty());
        assert_eq!(set, CidrSet::new([]));
        assert!(!set.contains(address("0.0.0.0")));
        assert!(!set.contains(address("::")));
    }

    #[test]
    fn a_mapped_network_is_the_ipv4_network() {
        assert_eq!(set(&["::ffff:10.0.0.0/104"]), set(&["10.0.0.0/8"]));
        assert_eq!(set(&["::ffff:0:0/96"]), set(&["0.0.0.0/0"]));
        assert_eq!(
            set(&["::ffff:10.1.2.3/104"]),
            set(&["10.0.0.0/8"]),
            "host bits set"
        );
    }

    #[test]
    fn all_of_one_family_is_nothing_of_the_other() {
        let (v4, v6) = (set(&["0.0.0.0/0"]), set(&["::/0"]));
        for text in ["0.0.0.0", "255.255.255.255"] {
            assert!(
                v4.contains(address(text)) && !v6.contains(address(text)),
                "{text}"
            );
        }
        for text in ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            assert!(
                v6.contains(address(text)) && !v4.contains(address(text)),
                "{text}"
            );
        }
    }

    #[test]
    fn much_of_the_internet_is_much_however_it_is_cut() {
        for networks in [
            &["0.0.0.0/0"][..],
            &["::ffff:0:0/96"],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["32.0.0.0/4", "64.0.0.0/4"],
            &["::/0"],
            &["2000::/3"],
            &["2600::/12"],
            &["2a00::/13", "2600::/13"],
        ] {
            assert!(set(networks).is_much_of_the_internet(), "{networks:?}");
        }
        for networks in [
            &["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12"][..],
            &["32.0.0.0/4", "64.0.0.0/5"],
            &["fc00::/7", "fe80::/10", "ff00::/8"],
            &["2600:1f00::/24", "2a00::/13"],
            &[],
        ] {
            assert!(!set(networks).is_much_of_the_internet(), "{networks:?}");
        }
    }

    #[test]
    fn networks_that_overlap_or_touch_become_one_range() {
        assert_eq!(
            set(&["10.0.1.0/24", "10.0.0.0/24", "10.0.0.128/25"]),
            set(&["10.0.0.0/23"])
        );
        assert_eq!(
            set(&["255.255.255.255/32", "0.0.0.0/0"]),
            set(&["0.0.0.0/0"])
        );
        assert_eq!(set(&["8000::/1", "::/1", "::1/128"]), set(&["::/0"]));
    }

    #[test]
    fn a_hundred_thousand_networks_are_found_each() {
        let net = |index: u32| IpNet::new((index * 4096).to_be_bytes().into(), 24).unwrap();
        let set = CidrSet::new((0..100_000).map(net));
        for index in 0..100_000 {
            let first = ClientAddress::from(net(index).network());
            assert!(set.contains(first));
            let after = std::net::Ipv4Addr::from_bits(index * 4096 + 256);
            assert!(!set.contains(after.into()));
        }
    }

    /// Networks and addresses from a small corner, so that they meet.
    fn network() -> impl Strategy<Value = IpNet> {
        let v4 = (any::<u16>(), 14..=32_u8).prop_map(|(low, length)| {
            IpNet::new([10, 0, (low >> 8) as u8, low as u8].into(), length).unwrap()
        });
        let v6 = (any::<u16>(), 108..=128_u8).prop_map(|(low, length)| {
            IpNet::new([0xfd00, 0, 0, 0, 0, 0, 0, low].into(), length).unwrap()
        });
        let mapped = (any::<u16>(), 108..=128_u8).prop_map(|(low, length)| {
            IpNet::new([0, 0, 0, 0, 0, 0xffff, 0x0a00, low].into(), length).unwrap()
        });
        prop_oneof![
            v4,
            v6,
            mapped,
            (any::<IpAddr>(), 0..=32_u8).prop_map(|(ip, length)| IpNet::new(ip, length).unwrap())
        ]
    }

    proptest! {
        #[test]
        fn a_set_answers_as_a_scan_over_its_networks(
            networks in proptest::collection::vec(network(), 0..12),
            low: u16, other: IpAddr,
        ) {
            let set = CidrSet::new(networks.iter().copied());
            let [a, b] = low.to_be_bytes();
            for ip in [IpAddr::from([10, 0, a, b]), IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, low]), other] {
                let address = ClientAddress::from(ip);
                let scanned = networks.iter().any(|network| match (network, address.ip()) {
                    (IpNet::V6(net), IpAddr::V4(ip)) => {
                        net.prefix_len() >= 96 && net.contains(&ip.to_ipv6_mapped())
                    }
                    (net, ip) => net.contains(&ip),
                });
                prop_assert_eq!(set.contains(address), scanned, "{} in {:?}", address, networks);
            }
        }
    }
}
