//! What a rate limit service answers is read without fault, whatever it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade::fleet::reads;

fuzz_target!(|frame: &[u8]| {
    let _ = reads(frame);
    // As it comes with a length that fits.
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes();
    let _ = reads(&[&[0], &length[..], frame].concat());
});
