#![no_main]
//! What Envoy hands over as a TLS fingerprint, and what an operator writes as a pattern.

use libfuzzer_sys::fuzz_target;
use palisade::fingerprint::{Ja4, Ja4Pattern};

fuzz_target!(|bytes: &[u8]| {
    if let Some(ja4) = Ja4::parse(bytes) {
        assert_eq!(ja4.as_str().as_bytes(), bytes);
    }
    let Some((pattern, ja4)) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    if let (Ok(pattern), Some(ja4)) = (pattern.parse::<Ja4Pattern>(), Ja4::parse(ja4.as_bytes())) {
        let _ = pattern.matches(&ja4);
    }
});
