use super::*;

const SETS: u64 = 4;

/// Keeps one new ordinary record after the other; how many live ones had to go.
fn flood(bench: &Bench, number: u64) -> u64 {
    let mut evicted = 0;
    for who in 0..number {
        let written = bench.put(1_000_000 + who, Visit(1), HOUR, at(1));
        match written {
            Written::Evicted => evicted += 1,
            other => assert!(matches!(other, Written::Stored | Written::NoRoom)),
        }
    }
    evicted
}

#[test]
fn a_flood_takes_no_more_memory_and_no_important_record() {
    let bench = Bench::new(SETS);
    let capacity = budget(SETS).records();
    let important = capacity / 2;
    for who in 0..important {
        assert_eq!(
            bench.put(who, Ban(who as u32), HOUR, at(0)),
            Written::Stored
        );
    }
    let full = bench.store.store.bytes();
    assert!(full as u64 <= SETS * 4_096 - SETS * 172);
    let evicted = flood(&bench, 100 * capacity);
    assert_eq!(bench.store.store.len() as u64, SETS + 1);
    assert_eq!(bench.store.store.bytes(), full);
    for who in 0..important {
        assert_eq!(bench.get(who, at(2)), Some(Ban(who as u32)));
    }
    // Each but those that found a free place pushed out one, and that was told.
    assert_eq!(evicted, 100 * capacity - (capacity - important));
}

#[test]
fn expired_goes_first_then_ordinary_then_important_by_their_end() {
    let ways = WAYS as u64;
    let bench = Bench::new(1);
    for who in 0..ways {
        // Every third is important; the first ends last.
        match who % 3 {
            0 => bench.put(who, Ban(1), HOUR + ways - who, at(0)),
            _ => bench.put(who, Visit(1), HOUR + ways - who, at(0)),
        };
    }
    // The shortest lives have ended: those are taken first, whatever they were.
    let now = at(HOUR + 3);
    for new in 0..3 {
        assert_eq!(
            bench.put(1_000 + new, Ban(2), 2 * HOUR, now),
            Written::ReplacedExpired
        );
    }
    let mut left: Vec<u64> = (0..ways - 3).collect();
    // Then the ordinary ones, what ends first at first.
    let ordinary: Vec<u64> = left
        .iter()
        .copied()
        .filter(|who| who % 3 != 0)
        .rev()
        .collect();
    for (new, who) in ordinary.into_iter().enumerate() {
        let written = bench.put(2_000 + new as u64, Ban(2), 2 * HOUR, now);
        assert_eq!(written, Written::Evicted);
        assert_eq!(bench.get::<Visit>(who, now), None, "{who}");
        left.retain(|other| *other != who);
        let lost = left.iter().filter(|who| match *who % 3 {
            0 => bench.get::<Ban>(**who, now).is_none(),
            _ => bench.get::<Visit>(**who, now).is_none(),
        });
        assert_eq!(lost.count(), 0);
    }
    // Now all are important: an ordinary one has no place, an important one that of what ends first.
    assert_eq!(bench.put(3_000, Visit(1), HOUR, now), Written::NoRoom);
    let last = left.pop().expect("important ones");
    assert_eq!(bench.put(3_001, Ban(2), 2 * HOUR, now), Written::Evicted);
    assert_eq!(bench.get::<Ban>(last, now), None);
    assert_eq!(bench.get(3_001, now), Some(Ban(2)));
}

#[test]
fn among_those_that_end_together_the_one_written_first_goes() {
    let ways = WAYS as u64;
    let bench = Bench::new(1);
    for who in 0..ways {
        // The last one was written first.
        bench.put(who, Visit(1), HOUR + who, at(ways - who));
    }
    let written = bench.put(1_000, Visit(1), HOUR, at(ways));
    assert_eq!(written, Written::Evicted);
    assert_eq!(bench.get::<Visit>(ways - 1, at(ways)), None);
    assert_eq!(bench.get(0, at(ways)), Some(Visit(1)));
}
