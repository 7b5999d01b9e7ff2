//! Which addresses belong to the public Internet, after the IANA special-purpose address registries
//! for [IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry) and
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry), with multicast.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What the addresses of a block are. In both tables the first block that holds an address decides.
#[derive(Clone, Copy)]
enum Kind {
    /// Of the public Internet.
    Public,
    /// Of no use as a client's address outside its own network.
    Special,
}
use Kind::{Public, Special};

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u32) -> (Ipv4Addr, u32) {
    (Ipv4Addr::new(a, b, c, d), length)
}

const V4: [((Ipv4Addr, u32), Kind); 18] = [
    (v4(0, 0, 0, 0, 8), Special),       // "this network", unspecified
    (v4(10, 0, 0, 0, 8), Special),      // private
    (v4(100, 64, 0, 0, 10), Special),   // shared: carrier-grade NAT
    (v4(127, 0, 0, 0, 8), Special),     // loopback
    (v4(169, 254, 0, 0, 16), Special),  // link-local
    (v4(172, 16, 0, 0, 12), Special),   // private
    (v4(192, 0, 0, 9, 32), Public),     // port control protocol anycast
    (v4(192, 0, 0, 10, 32), Public),    // TURN anycast
    (v4(192, 0, 0, 0, 24), Special),    // IETF protocol assignments
    (v4(192, 0, 2, 0, 24), Special),    // documentation
    (v4(192, 88, 99, 0, 24), Special),  // 6to4 relay anycast, deprecated
    (v4(192, 168, 0, 0, 16), Special),  // private
    (v4(198, 18, 0, 0, 15), Special),   // benchmarking
    (v4(198, 51, 100, 0, 24), Special), // documentation
    (v4(203, 0, 113, 0, 24), Special),  // documentation
    (v4(224, 0, 0, 0, 4), Special),     // multicast
    (v4(240, 0, 0, 0, 4), Special),     // reserved, limited broadcast
    (v4(0, 0, 0, 0, 0), Public),        // everything else
];

const fn v6(head: [u16; 4], tail: u16, length: u32) -> (Ipv6Addr, u32) {
    let [a, b, c, d] = head;
    (Ipv6Addr::new(a, b, c, d, 0, 0, 0, tail), length)
}

/// Only `2000::/3` is global unicast, so what stands outside it (loopback, unspecified, unique
/// local, link-local, site-local, multicast, discard-only, local NAT64, segment routing) needs no
/// line of its own. What carries an IPv4 address never comes here: it is that address.
const V6: [((Ipv6Addr, u32), Kind); 12] = [
    (v6([0x2001, 1, 0, 0], 1, 128), Public), // port control protocol anycast
    (v6([0x2001, 1, 0, 0], 2, 128), Public), // TURN anycast
    (v6([0x2001, 1, 0, 0], 3, 128), Public), // service registration anycast
    (v6([0x2001, 3, 0, 0], 0, 32), Public),  // automatic multicast tunnelling
    (v6([0x2001, 4, 0x112, 0], 0, 48), Public), // AS112
    (v6([0x2001, 0x20, 0, 0], 0, 28), Public), // ORCHIDv2
    (v6([0x2001, 0x30, 0, 0], 0, 28), Public), // drone remote identification
    (v6([0x2001, 0, 0, 0], 0, 23), Special), // IETF protocol assignments
    (v6([0x2001, 0xdb8, 0, 0], 0, 32), Special), // documentation
    (v6([0x3fff, 0, 0, 0], 0, 20), Special), // documentation
    (v6([0x2000, 0, 0, 0], 0, 3), Public),   // global unicast
    (v6([0, 0, 0, 0], 0, 0), Special),       // everything else
];

pub(super) fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let holds = |(network, length): (Ipv4Addr, u32)| {
        let host_bits = u32::BITS.saturating_sub(length);
        (bits ^ network.to_bits())
            .checked_shr(host_bits)
            .unwrap_or(0)
            == 0
    };
    let kind = V4.into_iter().find(|(block, _)| holds(*block));
    matches!(kind, Some((_, Public)))
}

pub(super) fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let holds = |(network, length): (Ipv6Addr, u32)| {
        let host_bits = u128::BITS.saturating_sub(length);
        (bits ^ network.to_bits())
            .checked_shr(host_bits)
            .unwrap_or(0)
            == 0
    };
    let kind = V6.into_iter().find(|(block, _)| holds(*block));
    matches!(kind, Some((_, Public)))
}

#[cfg(test)]
mod tests {
    use crate::address::ClientAddress;

    fn is_public(text: &str) -> bool {
        ClientAddress::parse(text.as_bytes())
            .expect(text)
            .is_public()
    }

    #[test]
    fn both_ends_of_special_blocks_are_special_and_no_neighbour() {
        // Block: the neighbour before, first, last, the neighbour after.
        for [before, first, last, after] in [
            ["", "0.0.0.0", "0.255.255.255", "1.0.0.0"],
            ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
            [
                "100.63.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "100.128.0.0",
            ],
            [
                "126.255.255.255",
                "127.0.0.0",
                "127.255.255.255",
                "128.0.0.0",
            ],
            [
                "169.253.255.255",
                "169.254.0.0",
                "169.254.255.255",
                "169.255.0.0",
            ],
            [
                "172.15.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "172.32.0.0",
            ],
            ["191.255.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.9"],
            ["192.0.0.10", "192.0.0.11", "192.0.0.255", "192.0.1.0"],
            ["192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
            [
                "192.88.98.255",
                "192.88.99.0",
                "192.88.99.255",
                "192.88.100.0",
            ],
            [
                "192.167.255.255",
                "192.168.0.0",
                "192.168.255.255",
                "192.169.0.0",
            ],
            [
                "198.17.255.255",
                "198.18.0.0",
                "198.19.255.255",
                "198.20.0.0",
            ],
            [
                "198.51.99.255",
                "198.51.100.0",
                "198.51.100.255",
                "198.51.101.0",
            ],
            [
                "203.0.112.255",
                "203.0.113.0",
                "203.0.113.255",
                "203.0.114.0",
            ],
            ["223.255.255.255", "224.0.0.0", "255.255.255.255", ""],
            [
                "",
                "::",
                "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2000::",
            ],
            ["2000:ffff::", "2001:1::", "2001:1::", "2001:1::1"],
            ["2001:1::3", "2001:1::4", "2001:2:ffff::", "2001:3::"],
            [
                "2001:3:ffff::",
                "2001:4::",
                "2001:4:111:ffff::",
                "2001:4:112::",
            ],
            [
                "2001:4:112:ffff::",
                "2001:4:113::",
                "2001:1f:ffff::",
                "2001:20::",
            ],
            [
                "2001:3f:ffff::",
                "2001:40::",
                "2001:1ff:ffff::",
                "2001:200::",
            ],
            [
                "2001:db7:ffff::",
                "2001:db8::",
                "2001:db8:ffff::",
                "2001:db9::",
            ],
            ["3ffe:ffff::", "3fff::", "3fff:fff:ffff::", "3fff:1000::"],
            [
                "3fff:ffff::",
                "4000::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "",
            ],
        ] {
            assert!(before.is_empty() || is_public(before), "{before}");
            assert!(!is_public(first), "{first}");
            assert!(!is_public(last), "{last}");
            assert!(after.is_empty() || is_public(after), "{after}");
        }
    }

    #[test]
    fn well_known_addresses_are_what_everybody_knows() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text), "{text}");
        }
        for text in [
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "64:ff9b:1::808:808",
            "5f00::1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
        ] {
            assert!(!is_public(text), "{text}");
        }
    }

    #[test]
    fn an_address_that_carries_an_ipv4_address_is_as_public_as_that() {
        for text in ["64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:1::f7f7:f7f7"] {
            assert!(is_public(text), "{text}");
        }
        for text in [
            "64:ff9b::10.0.0.1",
            "64:ff9b::192.0.2.1",
            "2002:a00:1::808:808",
            "2002:c0a8:1::1",
            "2001:0:808:808::f5ff:fffe",
        ] {
            assert!(!is_public(text), "{text}");
        }
    }
}
