//! Who the client is: whose word is taken for it, and which addresses are an IPv4 client's.

use ipnet::IpNet;

use super::check_not_empty;
use crate::address::{Carriers, CidrSet, Forwarded, HeaderName, Nat64Prefix, Trust};
use crate::config::error::ConfigErrors;
use crate::config::raw::RawClient;
use crate::config::text::{Cidr, Text};

/// The most prefixes of NAT64: each is one comparison more for every IPv6 address.
const MAX_NAT64: usize = 16;

pub(super) fn compile(raw: &RawClient, errors: &mut ConfigErrors) -> Trust {
    let carriers = carriers(raw, errors);
    let Some(proxies) = &raw.trusted_proxies else {
        if raw.header.is_some() {
            errors.add(
                "client.header",
                None,
                "expected client.trusted_proxies as well: a header is believed only from your own load balancers",
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
                errors.add("client.header", None, error);
                Forwarded::Peer
            }
        },
    };
    Trust {
        trusted_proxies: trusted_proxies(proxies, &carriers, errors),
        source,
        carriers,
    }
}

fn carriers(raw: &RawClient, errors: &mut ConfigErrors) -> Carriers {
    let raw = raw.nat64_prefixes.as_deref();
    if let Some(raw) = raw {
        check_not_empty("client.nat64_prefixes", raw, "prefix", errors);
        if raw.len() > MAX_NAT64 {
            errors.add(
                "client.nat64_prefixes",
                Some(format!("{} of them", raw.len())),
                format_args!("expected at most {MAX_NAT64}"),
            );
        }
    }
    let mut prefixes: Vec<Nat64Prefix> = Vec::new();
    for (index, raw) in raw.unwrap_or_default().iter().take(MAX_NAT64).enumerate() {
        let mut wrong = |problem: &dyn std::fmt::Display| {
            let path = format_args!("client.nat64_prefixes[{index}]");
            errors.add(path, Some(raw.0.0.to_string()), problem);
        };
        match Nat64Prefix::new(raw.0.0) {
            Err(error) => wrong(&error),
            Ok(prefix) if prefixes.iter().any(|other| prefix.overlaps(*other)) => {
                wrong(&"expected a prefix that shares no address with one before it");
            }
            Ok(prefix) => prefixes.push(prefix),
        }
    }
    Carriers::new(prefixes)
}

fn trusted_proxies(raw: &[Text<Cidr>], carriers: &Carriers, errors: &mut ConfigErrors) -> CidrSet {
    const EVERYBODY: &str = "this trusts everybody, so every client could choose its address; \
                             expected your own load balancers, such as 10.0.0.0/8";
    check_not_empty("client.trusted_proxies", raw, "CIDR", errors);
    let mut networks: Vec<IpNet> = Vec::new();
    let mut told = false;
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
        told = true;
        errors.add(
            format_args!("client.trusted_proxies[{index}]"),
            Some(network.to_string()),
            problem,
        );
    }
    let proxies = CidrSet::new(networks);
    if !told && proxies.is_much_of_the_internet() {
        errors.add(
            "client.trusted_proxies",
            None,
            format_args!("together {EVERYBODY}"),
        );
    }
    proxies
}
