//! What stands in shared memory under our key, whoever wrote it, is a record or none.
#![no_main]

use palisade::intelligence::cache::Record;
use palisade::store::Slot;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(record) = Record::decode(bytes) {
        let mut again = [0; Record::SIZE];
        record.encode(&mut again);
        assert_eq!(Record::decode(&again), Some(record));
    }
});
