//! An address of any spelling, and a forwarded header of any shape.
#![no_main]

use palisade::address::{Carriers, CidrSet, ClientAddress, Forwarded, Nat64Prefix, Trust};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(address) = ClientAddress::parse(bytes) {
        assert_eq!(
            ClientAddress::parse(address.to_string().as_bytes()),
            Some(address)
        );
    }
    // An octet that is passed over stands within the IPv4 address that this prefix carries.
    let nat64 = Nat64Prefix::new("2001:db8:64::/48".parse().unwrap()).unwrap();
    let trust = Trust {
        trusted_proxies: CidrSet::new(["10.0.0.0/8".parse().unwrap(), "fc00::/7".parse().unwrap()]),
        source: Forwarded::XForwardedFor,
        carriers: Carriers::new(vec![nat64]),
    };
    let told = trust.resolve(b"10.0.0.1", bytes.split(|byte| *byte == b'\n'));
    let client = told.unwrap().client;
    assert_eq!(ClientAddress::from(client.ip()), client);
    assert!(bytes.is_empty() || client.to_string().len() < 50);
});
