//! Cookie lines of any bytes clear nobody, and nothing of them is kept but tokens.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::challenge::clearance::{
    Claims, ClearanceScope, DEFAULT_LIFETIME, DEFAULT_NAME, Demand, Proof, check, grant,
};
use palisade::challenge::cookie::CookieName;
use palisade::challenge::{Difficulty, Network};
use palisade::signing::SigningKeys;
use palisade::time::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let keys = SigningKeys::derived([7; 16]);
    let name: CookieName = DEFAULT_NAME.parse().expect("a name");
    let now = Time::from_secs(1_800_000_000);
    let holder = ClearanceScope {
        network: Network::Anywhere,
        agent: Some(bytes),
        asker: b"login",
    };
    let tokens: Vec<String> = bytes
        .chunks(59)
        .map(|token| URL_SAFE_NO_PAD.encode(token))
        .collect();
    let line = format!("{DEFAULT_NAME}={}", tokens.join("."));
    for line in [bytes, line.as_bytes()] {
        assert!(
            check(
                [line],
                &name,
                holder,
                Demand::Work(Difficulty::MIN),
                now,
                &keys
            )
            .is_err()
        );
        let granted = Claims {
            proof: Proof::Captcha,
            lifetime: DEFAULT_LIFETIME,
            serial: [1; 8],
        };
        let value = grant([line], &name, holder, granted, now, &keys);
        assert!(value.len() < 330);
        let line = format!("{DEFAULT_NAME}={value}");
        assert!(
            check(
                [line.as_bytes()],
                &name,
                holder,
                Demand::Work(Difficulty::MIN),
                now,
                &keys
            )
            .is_ok()
        );
    }
});
