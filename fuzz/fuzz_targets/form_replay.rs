//! A posted form of any bytes is replayed or not, and what is replayed is nothing but inputs, in a bounded page.
#![no_main]

use palisade::challenge::replay::{Carried, ReplayLimits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let line = bytes.iter().position(|byte| *byte == b'\n');
    let (content_type, body) = bytes.split_at(line.unwrap_or(0));
    let content_types: [&[u8]; 3] = [
        content_type,
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=b",
    ];
    for content_type in content_types {
        if let Ok(carried) = Carried::read(Some(content_type), body, ReplayLimits::default()) {
            let inputs = carried.inputs();
            assert_eq!(inputs.matches('<').count(), carried.fields());
            assert_eq!(inputs.matches('"').count(), 6 * carried.fields());
            assert!(inputs.len() <= body.len() * 5 + carried.fields() * 64);
        }
    }
});
