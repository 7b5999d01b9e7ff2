//! The hosts of protected requests.

use std::fmt;

use crate::address::ClientAddress;

/// The host that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// There is none, or it cannot be read for certain: it may be any.
    Unknown,
    /// A name or an IPv4 address in any letter case, without port and trailing dot.
    Name(&'a [u8]),
    /// An IPv6 address.
    Address(ClientAddress),
}

impl<'a> Host<'a> {
    /// Reads an authority (`:authority` or `Host`).
    ///
    /// What is not exactly a host with or without a port is unknown: with user information, for one,
    /// programs disagree about where the host begins.
    #[must_use]
    pub fn read(authority: Option<&'a [u8]>) -> Self {
        let authority = authority.unwrap_or_default();
        if authority.first() == Some(&b'[') {
            return ClientAddress::parse(authority).map_or(Self::Unknown, Self::Address);
        }
        let mut parts = authority.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default();
        let port = parts.next().unwrap_or_default();
        let name = name.strip_suffix(b".").unwrap_or(name);
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
        let is_read =
            !name.is_empty() && name.iter().all(in_name) && port.iter().all(u8::is_ascii_digit);
        if is_read {
            Self::Name(name)
        } else {
            Self::Unknown
        }
    }
}

/// Some hosts. Compared in lower case, whatever the port, with or without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// Every host.
    Any,
    /// One host: a name or an IPv4 address.
    Exact(HostName),
    /// Every host below this one, at any depth, but not the host itself.
    Below(HostName),
    /// One IPv6 address, however written.
    Address(ClientAddress),
}

/// A host name in lower case without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(Box<str>);

impl HostPattern {
    /// Reads `*`, `*.example.com`, `example.com`, `192.0.2.1` or `[2001:db8::1]`.
    ///
    /// # Errors
    /// Says what was found instead: a port, a scheme, a wildcard elsewhere.
    pub fn new(text: &str) -> Result<Self, HostPatternError> {
        let error = || HostPatternError(text.chars().take(64).collect());
        if text == "*" {
            return Ok(Self::Any);
        }
        let (name, make): (_, fn(HostName) -> Self) = match text.strip_prefix("*.") {
            Some(name) => (name, Self::Below),
            None => (text, Self::Exact),
        };
        if name.ends_with(']') || name.matches(':').count() > 1 {
            let address = ClientAddress::parse(text.as_bytes());
            return address.map(Self::Address).ok_or_else(error);
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(in_name);
        if name.len() <= 253 && name.split('.').all(is_label) {
            Ok(make(HostName(name.to_ascii_lowercase().into())))
        } else {
            Err(error())
        }
    }

    /// Whether `host` is one of these. An unknown host is: it protects rather than not.
    #[must_use]
    pub fn matches(&self, host: Host<'_>) -> bool {
        match (self, host) {
            (Self::Any, _) | (_, Host::Unknown) => true,
            (Self::Exact(own), Host::Name(name)) => own.0.as_bytes().eq_ignore_ascii_case(name),
            (Self::Below(own), Host::Name(name)) => {
                let above = name.len().checked_sub(own.0.len());
                let parts = above.and_then(|length| name.split_at_checked(length));
                parts.is_some_and(|(below, above)| {
                    below.len() > 1
                        && below.ends_with(b".")
                        && own.0.as_bytes().eq_ignore_ascii_case(above)
                })
            }
            (Self::Address(own), Host::Address(address)) => *own == address,
            (Self::Exact(_) | Self::Below(_), Host::Address(_))
            | (Self::Address(_), Host::Name(_)) => false,
        }
    }
}

/// A text that is no pattern of hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPatternError(String);

impl fmt::Display for HostPatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a host; expected a name without scheme and port, such as login.example.com or \
             *.example.com (in xn-- form where it is not ASCII), an address such as 192.0.2.1 or [2001:db8::1], \
             or * for every host",
            self.0
        )
    }
}

impl std::error::Error for HostPatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, authority: &str) -> bool {
        HostPattern::new(pattern)
            .expect(pattern)
            .matches(Host::read(Some(authority.as_bytes())))
    }

    #[test]
    fn a_host_is_compared_without_case_port_and_trailing_dot() {
        for (pattern, authority) in [
            ("example.com", "example.com"),
            ("example.com", "EXAMPLE.com:8443"),
            ("Example.COM.", "example.com."),
            ("example.com", "example.com.:80"),
            ("example.com", "example.com:"),
            ("*.example.com", "login.example.com"),
            ("*.example.com", "a.b.Example.com:80"),
            ("192.0.2.1", "192.0.2.1:80"),
            ("[2001:db8::1]", "[2001:DB8:0::1]:80"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("*", "anything"),
            ("*", "[::1]"),
        ] {
            assert!(matches(pattern, authority), "{pattern} {authority}");
        }
        for (pattern, authority) in [
            ("example.com", "login.example.com"),
            ("example.com", "example.org"),
            ("example.com", "example.com.evil.org"),
            ("*.example.com", "example.com"),
            ("*.example.com", ".example.com"),
            ("*.example.com", "badexample.com"),
            ("[2001:db8::1]", "[2001:db8::2]"),
            ("[2001:db8::1]", "example.com"),
            ("example.com", "[2001:db8::1]"),
            ("*.example.com", "[2001:db8::1]"),
        ] {
            assert!(!matches(pattern, authority), "{pattern} {authority}");
        }
    }

    #[test]
    fn a_host_that_cannot_be_read_may_be_any() {
        let pattern = HostPattern::new("example.com").unwrap();
        assert!(pattern.matches(Host::read(None)));
        for authority in [
            b"".as_slice(),
            b":80",
            b".",
            b"user@other.org",
            b"example%2ecom",
            b"other.org:80:80",
            b"other.org:x",
            b"a b",
            b"\xff",
            b"[::1",
            b"[other.org]",
        ] {
            assert!(
                pattern.matches(Host::read(Some(authority))),
                "{authority:?}"
            );
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_what_was_expected() {
        for text in [
            "",
            ".",
            "*.",
            "*x.com",
            "a.*.com",
            "https://a.com",
            "a.com/",
            "a.com:80",
            "a..com",
            "[::1]:",
            "*.[::1]",
            "[::1",
            "bücher.de",
            "a b",
            &"a".repeat(254),
        ] {
            let error = HostPattern::new(text).expect_err(text).to_string();
            assert!(error.contains("is not a host; expected"), "{error}");
        }
    }
}
