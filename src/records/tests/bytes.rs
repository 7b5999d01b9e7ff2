use super::super::slot::{self, Slot, Span};
use super::*;
use crate::store::Slot as _;

/// How long a stored value is.
const SIZE: usize = 8 + WAYS * 58;

/// Where the only value of the table `test` is stored.
const FIRST: &[u8] = b"palisade/test/records/\0\0\0\0";

#[test]
fn a_stored_value_has_its_full_size_from_the_start_and_fits_a_page() {
    let bench = Bench::new(1);
    for who in 0..100 {
        bench.put(who, Visit(1), HOUR, at(0));
        assert_eq!(bench.store.store.bytes(), LAYOUT + FIRST.len() + SIZE);
    }
    assert_eq!(SIZE, 3_836);
}

/// Does all there is to do with whatever is stored, and tells whether the table works afterwards.
fn works(value: &[u8]) -> bool {
    let bench = Bench::new(1);
    let (table, store) = (&bench.table, &bench.store);
    store
        .compare_and_set(FIRST, value, Expected::Absent)
        .expect("stored");
    for who in 0..3 {
        let _: (Option<Ban>, Option<Visit>) = table.get_both(key(who), at(0), store);
        table.remove::<Visit>(key(who), at(0), store);
        table.update(key(who), at(0), store, |_: Option<&Ban>| {
            Change::Put(Ban(1), life(HOUR))
        });
    }
    (0..3).all(|who| bench.get::<Ban>(who, at(0)) == Some(Ban(1)))
        && store.store.bytes() == LAYOUT + FIRST.len() + SIZE
}

proptest! {
    #[test]
    fn any_stored_bytes_are_read_and_written_over(
        value in prop::collection::vec(any::<u8>(), 0..5_000),
        slots in prop::collection::vec(any::<u8>(), SIZE - 8),
    ) {
        prop_assert!(works(&value));
        prop_assert!(works(&[b"records1", slots.as_slice()].concat()));
    }

    #[test]
    fn a_stored_value_with_some_bytes_changed_is_still_defined(
        changes in prop::collection::vec((0..SIZE, any::<u8>()), 1..20),
    ) {
        let bench = Bench::new(1);
        for who in 0..40 {
            bench.put(who, Visit(1), HOUR, at(0));
            bench.put(who, Ban(1), HOUR, at(0));
        }
        let (mut value, _) = bench.store.get(FIRST).expect("stored");
        for (place, byte) in changes {
            value[place] = byte;
        }
        prop_assert!(works(&value));
    }

    #[test]
    fn any_bytes_are_a_slot_which_survives_its_encoding(bytes: [u8; slot::SIZE]) {
        let mut again = [0; slot::SIZE];
        Slot::decode(&bytes).expect("a slot").encode(&mut again);
        let mut expected = bytes;
        expected[0] = if bytes[0] > 2 { 0 } else { bytes[0] };
        prop_assert_eq!(again, expected);
    }

    /// Whatever its times, it goes: at the latest twice the longest life from now.
    #[test]
    fn no_stored_times_are_for_ever(written: u32, expires: u32, now in 0..u32::MAX / 2) {
        let span = Span { written, expires };
        let now = Time::from_secs(now.into());
        let later = now.plus(2 * Life::LONGEST);
        prop_assert!(!(span.is_of_use(now) && span.is_of_use(later)));
    }
}
