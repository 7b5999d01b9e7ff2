//! A header block from the host, however broken, is read without a panic.
#![no_main]

use palisade::message::{HeaderBlock, RequestHead};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let block = HeaderBlock::new(bytes.to_vec());
    let head = RequestHead::read(&block, b"x-palisade-");
    let _ = palisade::reply::negotiate(Default::default(), head.accept, head.content_type);
    assert_eq!(block.iter().count(), block.iter().count());
});
