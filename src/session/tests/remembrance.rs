//! Which accounts a session is remembered with.

use proptest::prelude::*;

use crate::device::Pledge;
use crate::identity::account::AccountMark;
use crate::records::Record;
use crate::session::Remembrance;

fn mark(number: u8) -> AccountMark {
    AccountMark::of_bytes([number; 6])
}

fn remembrance() -> impl Strategy<Value = Remembrance> {
    let pledge = prop::option::of(any::<[u8; 24]>().prop_map(Pledge::of_bytes));
    let sole = (0..9_u8, any::<bool>(), pledge).prop_map(|(number, is_certain, pledge)| {
        Remembrance::Sole {
            account: mark(number),
            is_certain,
            pledge,
        }
    });
    let several = prop::collection::btree_set(0..9_u8, 2..9);
    let several = several.prop_map(|numbers| {
        let marks = numbers.into_iter().map(mark).collect();
        Remembrance::of(marks, None).expect("some")
    });
    prop_oneof![sole, several, Just(Remembrance::TooMany)]
}

proptest! {
    #[test]
    fn what_is_stored_is_found_again(own in remembrance()) {
        prop_assert_eq!(Remembrance::decode(&own.encode()), Some(own));
    }

    #[test]
    fn no_bytes_are_those_of_nobody(bytes: [u8; 20], more: [u8; 20]) {
        let bytes: [u8; 40] = [bytes, more].concat().try_into().expect("forty");
        let read = Remembrance::decode(&bytes).expect("somebody, or too many");
        prop_assert!(read == Remembrance::TooMany || !read.accounts().is_empty());
    }

    #[test]
    fn what_is_merged_forgets_nobody_and_promises_no_more(one in remembrance(), other in remembrance()) {
        let merged = one.merged(&other);
        let sets = [&one, &other].map(|each| each.accounts().to_vec());
        for account in sets.iter().flatten() {
            prop_assert!(merged == Remembrance::TooMany || merged.accounts().contains(account));
        }
        if let Remembrance::Sole { account, is_certain, pledge } = &merged {
            let same = |each: &Remembrance| each.accounts() == [*account];
            prop_assert!(same(&one) && same(&other));
            let promised = |each: &Remembrance| matches!(each, Remembrance::Sole { pledge: own, .. } if own == pledge);
            prop_assert!(pledge.is_none() || promised(&one) && promised(&other));
            let certain = |each: &Remembrance| matches!(each, Remembrance::Sole { is_certain: true, .. });
            prop_assert_eq!(*is_certain, certain(&one) || certain(&other));
        }
        prop_assert_eq!(other.merged(&one).accounts().len(), merged.accounts().len());
    }
}
