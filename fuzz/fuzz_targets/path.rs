//! A path of any bytes is read in a bounded number of ways, and its canonical form is stable.
#![no_main]

use palisade::route::{canonical, interpretations};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let once = canonical(bytes).into_owned();
    assert_eq!(canonical(&once).into_owned(), once);
    assert!(interpretations(bytes).iter().count() <= 32);
});
