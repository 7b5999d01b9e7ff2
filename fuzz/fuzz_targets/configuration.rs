//! Whatever the operator (or a broken control plane) hands over, loading ends in a policy or in errors.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(errors) = palisade::config::load(bytes, &|_| {
        Some("a-key-that-may-also-sign-0123456789".to_owned())
    }) {
        assert!(!errors.0.is_empty());
    }
});
