//! One address in its only form.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{carrier, special};

/// The longest text that is read: an IPv6 address in full with brackets, zone, port and quotes.
const MAX_TEXT: usize = 96;

/// The address of a client or a proxy, in its only form: an IPv6 address that maps an IPv4 address (`::ffff:192.0.2.1`)
/// or carries one (NAT64, 6to4, Teredo) is the IPv4 address, so that equal clients compare equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Reads what Envoy's `source.address` and an entry of `X-Forwarded-For` hold.
    ///
    /// An address may stand alone or with a port (`192.0.2.1:80`, `[2001:db8::1]:80`), IPv6 in brackets
    /// and with a zone, which is dropped, and all of it in blanks and in double quotes. Everything else is
    /// `None`: names, `unknown`, octets with leading zeros or in hexadecimal, and more than 96 bytes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        literal(text).map(Self::from)
    }

    /// The address; never an IPv6 address that maps an IPv4 address or that everybody knows to carry one.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// Whether this is an address of the public Internet, of which an intelligence provider may know something.
    ///
    /// False for every special-purpose range: private, loopback, link-local, shared (carrier-grade NAT),
    /// documentation, benchmarking, multicast, reserved and unspecified.
    #[must_use]
    pub fn is_public(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => special::is_public_v4(address),
            IpAddr::V6(address) => special::is_public_v6(address),
        }
    }
}

/// The address in a text, as it stands there: see [`ClientAddress::parse`].
pub(super) fn literal(text: &[u8]) -> Option<IpAddr> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let text = text.trim_matches(BLANKS);
    let text = match text.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?.trim_matches(BLANKS),
        None => text,
    };
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        let plain = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return if plain { parse_v6(address) } else { None };
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.into());
    }
    match text.split_once(':') {
        Some((address, port)) if is_port(port) => {
            // "1:80" is neither IPv4 nor, having one colon, IPv6.
            address.parse::<Ipv4Addr>().ok().map(IpAddr::from)
        }
        Some(_) => parse_v6(text),
        None => None,
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(carrier::well_known(v6).map_or(v6.into(), IpAddr::V4)),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl From<Ipv4Addr> for ClientAddress {
    fn from(address: Ipv4Addr) -> Self {
        Self(IpAddr::V4(address))
    }
}

impl From<Ipv6Addr> for ClientAddress {
    fn from(address: Ipv6Addr) -> Self {
        Self::from(IpAddr::V6(address))
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a header field may put around a value.
const BLANKS: [char; 2] = [' ', '\t'];

fn parse_v6(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((address, zone)) if is_zone(zone) => address,
        Some(_) => return None,
        None => text,
    };
    address.parse::<Ipv6Addr>().ok().map(IpAddr::from)
}

/// RFC 4007 leaves the form to the system; the `%25` with which RFC 6874 begins it in a URI fits as well.
fn is_zone(zone: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !zone.is_empty() && zone.bytes().all(known)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        ClientAddress::parse(text.as_bytes()).map(|address| address.to_string())
    }

    #[test]
    fn an_address_is_read_in_every_form_that_proxies_write() {
        for (text, address) in [
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.3.4:80", "1.2.3.4"),
            ("1.2.3.4:0", "1.2.3.4"),
            (" \t1.2.3.4 ", "1.2.3.4"),
            ("\"1.2.3.4:80\"", "1.2.3.4"),
            ("\"[::1]:80\"", "::1"),
            ("::1", "::1"),
            ("::", "::"),
            ("[::1]", "::1"),
            ("[::1]:80", "::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("1::80", "1::80"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:1", "fe80::1"),
            ("[fe80::1%2]", "fe80::1"),
            ("fe80::1%25", "fe80::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:102:304]:80", "1.2.3.4"),
            (
                "\"[1111:2222:3333:4444:5555:6666:123.123.123.123%25abcdefghijklmno]:65535\"",
                "1111:2222:3333:4444:5555:6666:7b7b:7b7b",
            ),
        ] {
            assert_eq!(read(text).as_deref(), Some(address), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_exactly_one_address_is_none() {
        for text in [
            "",
            " ",
            "unknown",
            "_hidden",
            "example.com",
            "01.2.3.4",
            "1.2.3.04",
            "0x1.2.3.4",
            "16909060",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.4:",
            "1.2.3.4:+80",
            "1.2.3.4:65536",
            "1.2.3.4:80:80",
            "1.2.3.4%eth0",
            "1.2.3.4/32",
            "1.2.3.4, 5.6.7.8",
            "1.2.3.4 5.6.7.8",
            "[1.2.3.4]",
            "[1.2.3.4]:80",
            "[::1",
            "::1]",
            "[::1]80",
            "[::1]:",
            "[::1]:x",
            "[]",
            "::1%",
            "::1%a/b",
            "::1%a%b",
            "1:80",
            ":80",
            "12345::",
            "\"1.2.3.4",
            "1.2.3.4\"",
            "\"",
            "\"\"",
            "for=1.2.3.4",
            "1.2.3.4\n",
            "١.2.3.4",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(ClientAddress::parse(b"1.2.3.4\xff"), None);
        let padded = format!("1.2.3.4{}", " ".repeat(MAX_TEXT));
        assert_eq!(read(&padded), None, "overlong");
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address() {
        let mapped = ClientAddress::from("::ffff:192.0.2.1".parse::<Ipv6Addr>().unwrap());
        assert_eq!(mapped, ClientAddress::from(Ipv4Addr::new(192, 0, 2, 1)));
        assert!(mapped.ip().is_ipv4());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = ClientAddress::parse(&bytes);
        }

        #[test]
        fn what_is_shown_is_read_again(ip: IpAddr, port: u16) {
            let address = ClientAddress::from(ip);
            let text = address.to_string();
            prop_assert_eq!(ClientAddress::parse(text.as_bytes()), Some(address));
            let with_port = std::net::SocketAddr::new(address.ip(), port).to_string();
            prop_assert_eq!(ClientAddress::parse(with_port.as_bytes()), Some(address));
        }

        #[test]
        fn text_close_to_an_address_never_gives_a_mapped_one(text in "[0-9a-f:.\\[\\]%\" ]{0,40}") {
            if let Some(address) = ClientAddress::parse(text.as_bytes()) {
                prop_assert_eq!(address.ip(), address.ip().to_canonical());
            }
        }
    }
}
