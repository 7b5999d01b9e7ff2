//! A solution of any bytes is refused for a reason, and what can be read is written the same again.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade::challenge::proof::{Scope, Solution, verify};
use palisade::challenge::{Difficulty, Network};
use palisade::signing::SigningKeys;
use palisade::time::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let keys = SigningKeys::derived([7; 16]);
    let scope = Scope {
        network: Network::Anywhere,
        route: "login",
        substitutes: false,
    };
    let now = Time::from_secs(1_800_000_000);
    // As it is, and as the JSON within.
    for payload in [bytes, STANDARD.encode(bytes).as_bytes()] {
        assert!(verify(payload, scope, Difficulty::MIN, now, &keys).is_err());
        if let Ok(solution) = Solution::parse(payload) {
            assert_eq!(Solution::parse(solution.payload().as_bytes()), Ok(solution));
        }
    }
});
