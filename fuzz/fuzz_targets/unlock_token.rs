//! A text is an unlock token in one spelling only, also when it is signed.
#![no_main]

use palisade::signing::{Purpose, SigningKeys};
use palisade::time::Time;
use palisade::unlock::{Refusal, Unlock};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let keys = SigningKeys::derived([1; 16]);
    let now = Time::from_secs(1_800_000_000);
    assert!(Unlock::verify(bytes, &keys, now).is_err());

    // The parts behind the signature are reached only with a good one.
    let Ok(body) = std::str::from_utf8(bytes) else {
        return;
    };
    let mac = base64url(&keys.sign_text(Purpose::Unlock, body));
    let token = format!("v1.{body}.{mac}");
    match Unlock::verify(token.as_bytes(), &keys, now) {
        Ok(unlock) => assert_eq!(unlock.token(&keys), token),
        Err(refusal) => assert_ne!(refusal, Refusal::Forged),
    }
});

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1))
        .collect();
    let digit = |six: &[u8]| {
        let number = (0..6).fold(0, |number, place| {
            number << 1 | six.get(place).copied().unwrap_or(0)
        });
        char::from(DIGITS[usize::from(number)])
    };
    bits.chunks(6).map(digit).collect()
}
