use super::*;

fn revocation(sanction: Sanction, seconds: u64, lasting: u64) -> Revocation {
    Revocation::new(sanction, at(seconds), at(seconds + 2), life(lasting))
}

struct Bench {
    table: Table,
    store: MemoryStore,
}

impl Bench {
    fn new() -> Self {
        Self {
            table: table(),
            store: MemoryStore::default(),
        }
    }

    fn revoke(&self, sanction: Sanction, now: u64, lasting: u64) -> Revoked {
        let revocation = Revocation::new(sanction, at(now), at(now), life(lasting));
        revocation.keep(key_of("one"), at(now), &self.table, &self.store)
    }

    fn find(&self, now: u64) -> Option<Revocation> {
        self.table.get(key_of("one"), at(now), &self.store)
    }
}

#[test]
fn a_session_is_revoked_until_it_would_have_ended_by_itself() {
    let bench = Bench::new();
    assert_eq!(bench.find(0), None);
    let revoked = bench.revoke(Sanction::Deny, 10, HOUR);
    assert!(revoked.is_news && revoked.written.is_done());
    let found = bench.find(HOUR + 9).expect("revoked");
    assert_eq!(found, revoked.revocation);
    assert_eq!(found.until(), at(HOUR + 10));
    assert_eq!(bench.find(HOUR + 10), None);
    let other: Option<Revocation> = bench.table.get(key_of("two"), at(10), &bench.store);
    assert_eq!(other, None);
}

#[test]
fn the_window_is_from_the_request_to_the_revocation() {
    let (requested, revoked) = (at_millis(1_250), at_millis(1_900));
    let revocation = Revocation::new(Sanction::Deny, requested, revoked, Life::DAY);
    assert_eq!(revocation.window(), Duration::from_millis(650));
    assert_eq!(revocation.requested_at(), requested);
    assert_eq!(revocation.revoked_at(), revoked);
    let back = Revocation::new(Sanction::Deny, revoked, requested, Life::DAY);
    assert_eq!(back.window(), Duration::ZERO, "a clock that was set back");
}

#[test]
fn a_later_and_milder_one_neither_shortens_nor_softens_and_is_no_news() {
    let bench = Bench::new();
    bench.revoke(Sanction::Deny, 0, 10 * HOUR);
    let first = bench.find(1);
    let again = bench.revoke(Sanction::Challenge, 1, HOUR);
    assert_eq!((again.is_news, again.written), (false, Written::Unchanged));
    assert_eq!(Some(again.revocation), first);
    assert_eq!(bench.find(2), first);
    // A later end is taken over, and nothing else of it.
    let longer = bench.revoke(Sanction::Challenge, 2, 20 * HOUR);
    assert_eq!((longer.is_news, longer.written), (false, Written::Stored));
    let found = bench.find(20 * HOUR + 1).expect("still revoked");
    assert_eq!(found.sanction(), Sanction::Deny);
    assert_eq!(found.revoked_at(), at(0));
    assert_eq!(bench.find(20 * HOUR + 2), None);
}

#[test]
fn the_same_again_is_no_news() {
    for sanction in [Sanction::Challenge, Sanction::Deny] {
        let bench = Bench::new();
        assert!(bench.revoke(sanction, 0, HOUR).is_news);
        assert!(!bench.revoke(sanction, 1, HOUR).is_news);
        // But what has ended may begin again.
        assert!(bench.revoke(sanction, 2 * HOUR, HOUR).is_news);
    }
}

#[test]
fn a_stricter_one_is_news_and_never_ends_earlier() {
    let bench = Bench::new();
    bench.revoke(Sanction::Challenge, 0, 10 * HOUR);
    let stricter = bench.revoke(Sanction::Deny, 5, HOUR);
    assert!(stricter.is_news);
    let found = bench.find(10 * HOUR - 1).expect("still revoked");
    assert_eq!(
        (found.sanction(), found.requested_at()),
        (Sanction::Deny, at(5))
    );
    assert_eq!(bench.find(10 * HOUR), None);
}

proptest! {
    #[test]
    fn no_order_of_revocations_makes_them_milder_or_shorter(
        all in prop::collection::vec((any::<bool>(), 0_u64..100, 1..100 * HOUR), 1..10),
    ) {
        let all: Vec<Revocation> = all
            .into_iter()
            .map(|(deny, seconds, lasting)| {
                let sanction = if deny { Sanction::Deny } else { Sanction::Challenge };
                revocation(sanction, seconds, lasting)
            })
            .collect();
        let both = all.iter().copied().reduce(Revocation::and).expect("one");
        prop_assert_eq!(Some(both.sanction()), all.iter().map(Revocation::sanction).max());
        prop_assert_eq!(Some(both.until()), all.iter().map(Revocation::until).max());
        let first = all.iter().find(|one| one.sanction() == both.sanction()).expect("one");
        prop_assert_eq!(both.revoked_at(), first.revoked_at());
    }

    #[test]
    fn any_bytes_are_a_revocation_or_none(bytes: [u8; PAYLOAD]) {
        let read = Revocation::decode(&bytes);
        prop_assert_eq!(read.is_some(), matches!(bytes[0], 1 | 2));
        prop_assert_eq!(read.and_then(|read| Revocation::decode(&read.encode())), read);
        if let Some(read) = read {
            // Whatever it says, the session can be revoked, and is for as long as it should be.
            let bench = Bench::new();
            bench.table.put(key_of("one"), &read, life(HOUR), at(0), &bench.store);
            let revoked = bench.revoke(Sanction::Deny, 0, 10);
            prop_assert!(revoked.written.is_done());
            let found = bench.find(9).expect("revoked");
            prop_assert_eq!(found.sanction(), Sanction::Deny);
            let _ = found.window();
        }
    }
}
