//! What stands in shared memory where the records of sessions do, whoever wrote it, is a record or none, and no
//! revocation is lost in it.
#![no_main]

use std::cell::RefCell;

use palisade::limits::Keys;
use palisade::records::{Life, PAYLOAD, Record, RecordKey, Table, WAYS};
use palisade::session::{Judgement, Revocation, Sanction};
use palisade::store::{Budget, Expected, Store, StoreError};
use palisade::time::Time;

/// What stands in front of the slots, and how long one is.
const MARK: &[u8] = b"records1";
const SLOT: usize = 58;

/// Shared memory that holds one value, whatever is asked for.
struct One(RefCell<Vec<u8>>);

impl Store for One {
    fn get(&self, _: &[u8]) -> Option<(Vec<u8>, u32)> {
        Some((self.0.borrow().clone(), 1))
    }

    fn compare_and_set(&self, _: &[u8], value: &[u8], _: Expected) -> Result<(), StoreError> {
        self.0.replace(value.to_vec());
        Ok(())
    }
}

/// A whole value, in which some slots are the key's own: those whose bytes begin with an even number.
fn slots(key: RecordKey, bytes: &[u8]) -> Vec<u8> {
    let mut value = MARK.to_vec();
    for slot in bytes.chunks(SLOT - 8).take(WAYS) {
        let tag = match slot.first() {
            Some(first) if first % 2 == 0 => key.get().get(),
            _ => u64::from(u8::MAX),
        };
        value.extend_from_slice(&tag.to_le_bytes());
        value.extend_from_slice(slot);
    }
    value.resize(MARK.len() + WAYS * SLOT, 0);
    value
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(payload) = bytes.first_chunk::<PAYLOAD>() {
        if let Some(revocation) = Revocation::decode(payload) {
            assert_eq!(Revocation::decode(&revocation.encode()), Some(revocation));
            let _ = (revocation.window(), revocation.until());
        }
        if let Some(judgement) = Judgement::decode(payload) {
            assert_eq!(Judgement::decode(&judgement.encode()), Some(judgement));
        }
    }
    let now = Time::from_secs(1_800_000_000);
    let key = RecordKey::new(&Keys::new([7; 16]), &[b"session", b"one"]);
    let table = Table::new("fuzz", Budget::new(4_096).expect("one value"));
    for value in [bytes.to_vec(), slots(key, bytes)] {
        let store = One(RefCell::new(value));
        let (before, _) = table.get_both::<Revocation, Judgement>(key, now, &store);
        let revocation = Revocation::new(Sanction::Deny, now, now, Life::DAY);
        let revoked = revocation.keep(key, now, &table, &store);
        assert!(revoked.written.is_done(), "there is always room for it");
        assert_eq!(
            revoked.is_news,
            before.is_none_or(|old| old.sanction() < Sanction::Deny)
        );
        let kept = table
            .get::<Revocation>(key, now, &store)
            .expect("it is kept");
        assert_eq!(kept.sanction(), Sanction::Deny);
        assert!(kept.until().seconds() >= revocation.until().seconds());
        assert_eq!(store.0.borrow().len(), MARK.len() + WAYS * SLOT);
        let again = revocation.keep(key, now, &table, &store);
        assert!(!again.is_news);
    }
});
