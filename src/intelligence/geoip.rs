use super::{Asn, Country, Flag, Reputation};
use crate::message::HeaderBlock;

/// The headers that Envoy's own geoip filter sets from a local database: a source that needs no call.
///
/// They are believed only because the operator named them; what a client sends under these names has to be
/// removed before the geoip filter. A name that stands on several lines says nothing: one of them came from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeoipHeaders {
    /// Header of the country.
    pub country: Option<String>,
    /// Header of the autonomous system.
    pub asn: Option<String>,
    /// Headers of flags, each `true` or `false`.
    pub flags: Vec<(Flag, String)>,
}

impl GeoipHeaders {
    /// What the headers say.
    #[must_use]
    pub fn read(&self, headers: &HeaderBlock) -> Reputation {
        let mut reputation = Reputation::default();
        reputation.network.country = self
            .country
            .as_deref()
            .and_then(|name| only(headers, name))
            .and_then(Country::parse);
        reputation.network.asn = self
            .asn
            .as_deref()
            .and_then(|name| only(headers, name))
            .and_then(asn);
        for (flag, name) in &self.flags {
            reputation.flags.put(
                *flag,
                only(headers, name).and_then(|value| match value {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                }),
            );
        }
        reputation
    }
}

fn only<'h>(headers: &'h HeaderBlock, name: &'h str) -> Option<&'h str> {
    let mut lines = headers.lines(name);
    let line = lines.next()?;
    if lines.next().is_some() {
        return None;
    }
    std::str::from_utf8(line).ok()
}

fn asn(text: &str) -> Option<Asn> {
    text.strip_prefix("AS").unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::serialise;

    fn names() -> GeoipHeaders {
        GeoipHeaders {
            country: Some("x-geo-country".to_owned()),
            asn: Some("x-geo-asn".to_owned()),
            flags: vec![(Flag::Vpn, "x-geo-vpn".to_owned())],
        }
    }

    fn read(lines: &[(&str, &[u8])]) -> Reputation {
        let lines = lines.iter().map(|(name, value)| (name.as_bytes(), *value));
        names().read(&HeaderBlock::new(serialise(lines)))
    }

    #[test]
    fn named_headers_are_read() {
        let reputation = read(&[
            ("x-geo-country", b"de"),
            ("x-geo-asn", b"64500"),
            ("x-geo-vpn", b"true"),
        ]);
        assert_eq!(reputation.network.country, Country::parse("DE"));
        assert_eq!(reputation.network.asn, Asn::new(64500));
        assert_eq!(reputation.flags.get(Flag::Vpn), Some(true));
    }

    #[test]
    fn what_is_doubled_or_garbage_says_nothing() {
        for lines in [
            vec![("x-geo-vpn", &b"false"[..]), ("x-geo-vpn", &b"true"[..])],
            vec![("x-geo-vpn", &b"\xff"[..])],
            vec![("x-geo-asn", &b"0"[..])],
            vec![("x-geo-country", &b"Germany"[..])],
            vec![("x-other", &b"true"[..])],
        ] {
            assert_eq!(read(&lines), Reputation::default(), "{lines:?}");
        }
    }
}
