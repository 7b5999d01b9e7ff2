//! An answer of any provider, however hostile, decodes or fails with a reason.
#![no_main]

use palisade::callout::{Body, Response};
use palisade::intelligence::provider::{PRESET_NAMES, Provider, classify};
use palisade::time::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else {
        return;
    };
    let name = PRESET_NAMES[usize::from(*choice) % PRESET_NAMES.len()];
    let provider = Provider::preset(name).expect("a preset compiles");
    let response = Response {
        status: Some(200),
        retry_after: Some(body),
        body: Body::bounded(body, 65_536),
    };
    let _ = classify(Some(response), &provider, Time::from_secs(1_800_000_000));
    let limited = Response {
        status: Some(429),
        ..response
    };
    let _ = classify(Some(limited), &provider, Time::from_secs(1_800_000_000));
});
