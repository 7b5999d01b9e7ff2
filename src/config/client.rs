//! Who the client is: whose word is taken for it, and which addresses are an IPv4 client's.

use ipnet::IpNet;

use crate::address::{Carriers, CidrSet, Forwarded, HeaderName, Nat64Prefix, Trust};
use crate::config::check;
use crate::config::text::{Cidr, Text};
use crate::json::{FromJson, Mistakes, Place};

/// Who the client is. By default the address that Envoy itself trusts (`source.address`).
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawClient {
    /// Your own load balancers, as CIDRs. Only they are believed: `X-Forwarded-For` is then walked from right to
    /// left to the first address that is not one of them. Envoy needs `use_remote_address: true`. An eighth of all
    /// IPv4 addresses or a /12 of IPv6, in however many pieces, is refused.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub trusted_proxies: Option<Vec<Text<Cidr>>>,
    /// A header that holds the client's address instead of `X-Forwarded-For`, such as `cf-connecting-ip`; believed
    /// only from `trusted_proxies`, which it needs.
    #[serde(default)]
    pub header: Option<String>,
    /// The prefixes of your own NAT64, of 32, 40, 48, 56, 64 or 96 bits, up to 16. An address in one is the client of
    /// the IPv4 address that it carries, as are addresses of `64:ff9b::/96`, 6to4 and Teredo without being named. Only
    /// behind a named prefix, `64:ff9b::/96` too, are `trusted_proxies` found by their IPv4 addresses.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 16)))]
    pub nat64_prefixes: Option<Vec<Text<Cidr>>>,
}

/// The most prefixes of NAT64: each is one comparison more for every IPv6 address.
const MAX_NAT64: usize = 16;

/// Compiles `client`.
pub(super) fn compile(raw: &RawClient, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Trust {
    let carriers = carriers(raw, &at.field("nat64_prefixes"), mistakes);
    let Some(proxies) = &raw.trusted_proxies else {
        if raw.header.is_some() {
            mistakes.add(
                &at.field("header"),
                &"expected client.trusted_proxies as well: a header is believed only \
                from your own load balancers",
            );
        }
        return Trust {
            carriers,
            ..Trust::default()
        };
    };
    let source = match &raw.header {
        None => Forwarded::XForwardedFor,
        Some(name) => match HeaderName::new(name) {
            Ok(name) => Forwarded::Header(name),
            Err(error) => {
                mistakes.add(&at.field("header"), &error);
                Forwarded::Peer
            }
        },
    };
    Trust {
        trusted_proxies: trusted_proxies(
            proxies,
            &at.field("trusted_proxies"),
            &carriers,
            mistakes,
        ),
        source,
        carriers,
    }
}

fn carriers(raw: &RawClient, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Carriers {
    let raw = raw.nat64_prefixes.as_deref();
    if let Some(raw) = raw {
        check::not_empty(at, raw, "prefix", mistakes);
        check::at_most(at, raw.len(), MAX_NAT64, mistakes);
    }
    let mut prefixes: Vec<Nat64Prefix> = Vec::new();
    for (index, raw) in raw.unwrap_or_default().iter().take(MAX_NAT64).enumerate() {
        let at = &at.element(index);
        match Nat64Prefix::new(raw.0.0) {
            Err(error) => mistakes.add(at, &error),
            Ok(prefix) if prefixes.iter().any(|other| prefix.overlaps(*other)) => {
                mistakes.add(
                    at,
                    &"expected a prefix that shares no address with one before it",
                );
            }
            Ok(prefix) => prefixes.push(prefix),
        }
    }
    Carriers::new(prefixes)
}

fn trusted_proxies(
    raw: &[Text<Cidr>],
    at: &Place<'_>,
    carriers: &Carriers,
    mistakes: &mut Mistakes<'_>,
) -> CidrSet {
    const EVERYBODY: &str = "this trusts everybody, so every client could choose its address; \
                             expected your own load balancers, such as 10.0.0.0/8";
    check::not_empty(at, raw, "CIDR", mistakes);
    let mut networks: Vec<IpNet> = Vec::new();
    let mut is_mistaken = false;
    for (index, Text(Cidr(network))) in raw.iter().enumerate() {
        let everybody = |network| CidrSet::new([network]).is_much_of_the_internet();
        let problem = match carriers.network(*network) {
            _ if carriers.are_strangers(*network) => {
                "addresses in there count as the IPv4 addresses that they carry, and no proxy is believed \
                 behind a NAT64 or a tunnel that is not yours; expected the proxies' own IPv4 addresses, \
                 and the prefix of your NAT64 in client.nat64_prefixes"
            }
            None => EVERYBODY,
            Some(network) if everybody(network) => EVERYBODY,
            Some(network) => {
                networks.push(network);
                continue;
            }
        };
        is_mistaken = true;
        mistakes.add(&at.element(index), &problem);
    }
    let proxies = CidrSet::new(networks);
    if !is_mistaken && proxies.is_much_of_the_internet() {
        mistakes.add(at, &format_args!("together {EVERYBODY}"));
    }
    proxies
}
