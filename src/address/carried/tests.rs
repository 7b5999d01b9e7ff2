use proptest::prelude::*;

use super::*;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The prefixes of RFC 6052, 2.4, and how each carries 192.0.2.33.
const RFC_6052: [(&str, &str); 6] = [
    ("2001:db8::/32", "2001:db8:c000:221::"),
    ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
    ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
    ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
    ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
    ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
];

fn network(text: &str) -> IpNet {
    text.parse().expect(text)
}

fn address(text: &str) -> IpAddr {
    text.parse().expect(text)
}

fn named(prefix: &str) -> Carriers {
    Carriers::new(vec![Nat64Prefix::new(network(prefix)).expect(prefix)])
}

fn client(carriers: &Carriers, text: &str) -> (String, bool) {
    let reported = carriers.reported(address(text));
    (reported.client.to_string(), reported.vouched)
}

#[test]
fn a_named_prefix_of_every_length_carries_the_client() {
    for (prefix, text) in RFC_6052 {
        let carriers = named(prefix);
        let carried = ("192.0.2.33".to_owned(), true);
        assert_eq!(client(&carriers, text), carried, "{prefix}");
        assert_ne!(client(&Carriers::default(), text), carried, "{prefix}");
    }
}

#[test]
fn what_stands_behind_a_carried_address_makes_no_other_client() {
    let carriers = named("2001:db8:122::/48");
    for text in [
        "2001:db8:122:c000:2:2100::",
        "2001:db8:122:c000:2:2100:0:1",
        "2001:db8:122:c000:2:21ff:ffff:ffff",
        "2001:db8:122:c000:ff02:2100::",
    ] {
        assert_eq!(client(&carriers, text).0, "192.0.2.33", "{text}");
    }
}

#[test]
fn what_everybody_knows_to_carry_is_the_client_but_no_proxy() {
    for (text, carried) in [
        ("64:ff9b::8.8.4.4", "8.8.4.4"),
        ("64:ff9b::10.0.0.1", "10.0.0.1"),
        ("2002:808:404::1", "8.8.4.4"),
        ("2002:808:404:ffff:1:2:3:4", "8.8.4.4"),
        ("2001:0:1234:5678:0:ffff:f7f7:fbfb", "8.8.4.4"),
    ] {
        let reported = client(&Carriers::default(), text);
        assert_eq!(reported, (carried.to_owned(), false), "{text}");
        assert_eq!(ClientAddress::from(address(text)).to_string(), carried);
    }
    let known = named("64:ff9b::/96");
    assert_eq!(
        client(&known, "64:ff9b::10.0.0.1"),
        ("10.0.0.1".to_owned(), true)
    );
}

/// Any host on its own /64 chooses its interface identifier, and so could be whomever it likes.
#[test]
fn an_address_that_only_looks_like_a_carrier_is_itself() {
    for text in [
        "2600::5efe:808:404",
        "2600::200:5efe:808:404",
        "::8.8.4.4",
        "::1",
        "64:ff9b:1::808:404",
        "64:ff9b::1:808:404",
        "2003:808:404::1",
        "2001:1::808:404",
        "8.8.4.4",
    ] {
        let reported = Carriers::default().reported(address(text));
        assert_eq!(
            (reported.client.ip(), reported.vouched),
            (address(text), true),
            "{text}"
        );
    }
    assert!(
        Carriers::default()
            .reported(address("::ffff:8.8.4.4"))
            .vouched
    );
}

#[test]
fn a_network_of_carriers_is_the_ipv4_network() {
    let own = named("2001:db8:122::/48");
    for (written, meant) in [
        ("64:ff9b::10.0.0.0/104", Some("10.0.0.0/8")),
        ("64:ff9b::10.0.0.1/128", Some("10.0.0.1/32")),
        ("2002:a00::/24", Some("10.0.0.0/8")),
        ("2002:a00:1::/48", Some("10.0.0.1/32")),
        ("2002:a00:1:5::/64", Some("10.0.0.1/32")),
        ("2001:0:0:0:0:0:f500::/104", Some("10.0.0.0/8")),
        ("2001:db8:122:a00::/56", Some("10.0.0.0/8")),
        ("2001:db8:122:a01::/64", Some("10.1.0.0/16")),
        ("2001:db8:122:a01::/70", Some("10.1.0.0/16")),
        ("2001:db8:122:a01:2::/80", Some("10.1.2.0/24")),
        ("2001:db8:122:a01:2:300::/88", Some("10.1.2.3/32")),
        ("64:ff9b::/96", None),
        ("2002::/16", None),
        ("2001::/32", None),
        ("2001:0:1234::/64", None),
        ("2001:db8:122::/48", None),
        ("2000::/3", Some("2000::/3")),
        ("2001:db8:123::/48", Some("2001:db8:123::/48")),
        ("10.0.0.0/8", Some("10.0.0.0/8")),
    ] {
        assert_eq!(
            own.network(network(written)),
            meant.map(network),
            "{written}"
        );
    }
}

#[test]
fn a_prefix_that_cannot_be_a_nat64_is_refused() {
    use Nat64PrefixError::{BitsBehind, Length, NotIpv6, Taken};
    for (text, error) in [
        ("192.0.2.0/24", NotIpv6),
        ("2001:db8::/33", Length),
        ("2001:db8::/128", Length),
        ("::/0", Length),
        ("2001:db8::1/96", BitsBehind),
        ("2001:db8:1::/32", BitsBehind),
        ("2001:db8:0:0:100::/96", BitsBehind),
        ("2002:808::/32", Taken),
        ("2001::/32", Taken),
        ("::/64", Taken),
        ("::ffff:0:0/96", Taken),
        ("64:ff9b::/64", Taken),
    ] {
        assert_eq!(Nat64Prefix::new(network(text)), Err(error), "{text}");
    }
    for text in ["64:ff9b::/96", "64:ff9b:1::/48", "64:ff9b:1:7::/96"] {
        assert!(Nat64Prefix::new(network(text)).is_ok(), "{text}");
    }
}

#[test]
fn strangers_are_those_behind_what_nobody_has_named() {
    let own = named("64:ff9b:1::/96");
    for (text, strange) in [
        ("64:ff9b::10.0.0.1/128", true),
        ("64:ff9b::/96", true),
        ("2002:a00:1::/48", true),
        ("2001::/32", true),
        ("64:ff9b:1:1::/64", true),
        ("64:ff9b:1::10.0.0.0/104", false),
        ("2000::/3", false),
        ("10.0.0.0/8", false),
    ] {
        assert_eq!(own.are_strangers(network(text)), strange, "{text}");
    }
}

proptest! {
    /// Whoever is in a network as it is written is in the network that it stands for, and nobody else.
    #[test]
    fn a_client_is_in_a_carried_network_as_its_address_is(
        which in 0..6_usize, ip: [u8; 4], near in 0..4_u32, length in 0..=128_u8,
    ) {
        let (prefix, _) = RFC_6052[which];
        let carrier = Nat64Prefix::new(network(prefix)).unwrap().0;
        let carriers = named(prefix);
        let carrying = |ip: Ipv4Addr| {
            let ip = u128::from(ip.to_bits());
            let straight = carrier.network.network().to_bits() | (ip << (96 - carrier.before));
            let front = straight & !mask_behind(64);
            let octets = if carrier.passes_octet { (straight & mask_behind(64)) >> 8 } else { straight };
            Ipv6Addr::from_bits(front | octets)
        };
        let one = Ipv4Addr::from(ip);
        let other = Ipv4Addr::from_bits(one.to_bits() ^ (near << 7));
        prop_assert_eq!(carriers.reported(carrying(one).into()).client, ClientAddress::from(one));
        let length = length.max(carrier.before);
        let written = Ipv6Net::new(carrying(one), length).unwrap();
        let holds = match carriers.network(written.into()) {
            Some(meant) => meant.contains(&IpAddr::from(other)),
            None => true,
        };
        prop_assert_eq!(holds, written.contains(&carrying(other)), "{} and {}", written, other);
    }
}
