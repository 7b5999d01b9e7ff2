use super::*;
use proptest::prelude::*;

fn ranges(all: &[(u32, u32)]) -> Ranges<u32> {
    Ranges::new(all.to_vec())
}

#[test]
fn ranges_that_overlap_or_touch_become_one() {
    let all = ranges(&[(5, 9), (1, 3), (10, 12), (2, 4), (u32::MAX, u32::MAX)]);
    let joined: Vec<_> = all.iter().collect();
    assert_eq!(joined, [(1, 12), (u32::MAX, u32::MAX)]);
}

#[test]
fn sets_that_overlap_are_told_apart_to_the_last_number() {
    let (low, high, point) = (
        ranges(&[(0, 10)]),
        ranges(&[(5, u32::MAX)]),
        ranges(&[(5, 5), (11, 11)]),
    );
    let all = LabelledRanges::new([(&low, 0), (&high, 1), (&point, 2)].into_iter());
    for (number, labels) in [
        (0, 1),
        (4, 1),
        (5, 7),
        (6, 3),
        (10, 3),
        (11, 6),
        (12, 2),
        (u32::MAX, 2),
    ] {
        assert_eq!(all.labels(number), labels, "{number}");
    }
}

#[test]
fn no_set_holds_nothing() {
    let none = LabelledRanges::<u32>::new([(&ranges(&[]), 1)].into_iter());
    assert_eq!(none, LabelledRanges::default());
    assert_eq!((none.labels(0), none.labels(u32::MAX)), (0, 0));
}

/// Ranges within a small corner at either end, so that they meet.
fn corner() -> impl Strategy<Value = Vec<(u32, u32)>> {
    let range = (0..40_u32, 0..6_u32, any::<bool>()).prop_map(|(first, more, at_the_end)| {
        if at_the_end {
            (u32::MAX - first, u32::MAX - first.saturating_sub(more))
        } else {
            (first, first + more)
        }
    });
    proptest::collection::vec(range, 0..10)
}

proptest! {
    #[test]
    fn everything_is_sorted(items: Vec<u8>, in_order in 0..50_u8) {
        let all: Vec<u8> = (0..in_order).chain(items).chain(0..in_order).collect();
        let mut expected = all.clone();
        expected.sort_unstable();
        prop_assert_eq!(sorted(all), expected);
    }

    #[test]
    fn one_search_answers_as_a_scan_over_all_sets(sets in proptest::collection::vec(corner(), 0..6)) {
        let all: Vec<Ranges<u32>> = sets.iter().map(|set| ranges(set)).collect();
        let labelled = LabelledRanges::new(
            (0..).zip(&all).map(|(label, set)| (set, label)),
        );
        for number in (0..50).chain(u32::MAX - 50..=u32::MAX) {
            let mut expected = 0;
            for (index, set) in sets.iter().enumerate() {
                let holds = set.iter().any(|(first, last)| (*first..=*last).contains(&number));
                prop_assert_eq!(all[index].contains(number), holds);
                expected |= u64::from(holds) << index;
            }
            prop_assert_eq!(labelled.labels(number), expected, "{}", number);
        }
    }

    #[test]
    fn wide_numbers_are_searched_alike(first: u128, more in 0..1_000_u128, other: u128) {
        let last = first.saturating_add(more);
        let set = Ranges::new(vec![(first, last)]);
        let labelled = LabelledRanges::new([(&set, 3)].into_iter());
        for number in [first, last, other, first.wrapping_sub(1), last.wrapping_add(1)] {
            let holds = (first..=last).contains(&number);
            prop_assert_eq!((set.contains(number), labelled.labels(number)), (holds, u64::from(holds) * 8));
        }
    }
}
