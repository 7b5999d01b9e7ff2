//! An address of any spelling, and a forwarded header of any shape.
#![no_main]

use palisade::address::{CidrSet, ClientAddress, Forwarded, Trust};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(address) = ClientAddress::parse(bytes) {
        assert_eq!(ClientAddress::parse(address.to_string().as_bytes()), Some(address));
    }
    let trust = Trust {
        trusted_proxies: CidrSet::new(["10.0.0.0/8".parse().unwrap(), "fc00::/7".parse().unwrap()]),
        source: Forwarded::XForwardedFor,
    };
    let peer = ClientAddress::parse(b"10.0.0.1").unwrap();
    let client = trust.resolve(peer, bytes.split(|byte| *byte == b'\n')).client;
    assert!(bytes.is_empty() || client.to_string().len() < 50);
});
