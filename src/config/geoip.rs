//! The headers of Envoy's own geoip filter.

use crate::address::HeaderName;
use crate::intelligence::{Flag, GeoipHeaders};
use crate::json::{FromJson, Mistakes, Place};

/// Names of the headers that Envoy's geoip filter sets.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawGeoip {
    /// Two-letter country code.
    #[serde(default)]
    pub country: Option<String>,
    /// Autonomous system number.
    #[serde(default)]
    pub asn: Option<String>,
    /// `true` or `false`: VPN.
    #[serde(default)]
    pub vpn: Option<String>,
    /// `true` or `false`: public proxy.
    #[serde(default)]
    pub proxy: Option<String>,
    /// `true` or `false`: Tor exit.
    #[serde(default)]
    pub tor: Option<String>,
    /// `true` or `false`: hosting.
    #[serde(default)]
    pub hosting: Option<String>,
}

/// Compiles `geoip`.
pub(super) fn compile(raw: &RawGeoip, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> GeoipHeaders {
    let mut any = false;
    let mut name = |field: &str, name: &Option<String>| -> Option<String> {
        let name = name.as_ref()?;
        any = true;
        let name = mistakes.take(&at.field(field), HeaderName::new(name))?;
        Some(name.as_str().to_owned())
    };
    let flags = [
        (Flag::Vpn, &raw.vpn),
        (Flag::Proxy, &raw.proxy),
        (Flag::Tor, &raw.tor),
        (Flag::Hosting, &raw.hosting),
    ];
    let headers = GeoipHeaders {
        country: name("country", &raw.country),
        asn: name("asn", &raw.asn),
        flags: flags
            .into_iter()
            .filter_map(|(flag, header)| Some((flag, name(flag.name(), header)?)))
            .collect(),
    };
    if !any {
        mistakes.add(at, &"expected at least one header name");
    }
    headers
}
