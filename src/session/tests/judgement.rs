use super::*;
use crate::intelligence::{Asn, Flag, Knowledge, Reputation, UnknownReason};

fn reputation() -> Reputation {
    let mut reputation = Reputation::default();
    reputation.flags.put(Flag::Vpn, Some(true));
    reputation
}

fn origin(token: &str, address: &str, asn: u32) -> Origin {
    let address = ClientAddress::parse(address.as_bytes()).expect("an address");
    let prefix = address.prefix(PrefixLengths::default());
    Origin::new(&keys(), key_of(token), prefix, Asn::new(asn), 1)
}

fn judgement(origin: Origin) -> Judgement {
    Judgement::new(Knowledge::Known(reputation()), origin, at(0)).expect("known")
}

#[test]
fn a_judgement_is_good_for_the_network_that_it_was_made_for_and_no_other() {
    let made = judgement(origin("one", "192.0.2.1", 64_500));
    for (address, asn, good) in [
        ("192.0.2.1", 64_500, true),
        ("192.0.2.1", 64_501, false),
        ("192.0.2.1", 0, true),
        ("192.0.2.2", 64_500, false),
        ("192.0.2.2", 0, false),
        ("2001:db8::1", 64_500, false),
    ] {
        let found = made.good_for(&origin("one", address, asn), at(1), life(HOUR));
        let expected = good.then_some(Knowledge::Known(reputation()));
        assert_eq!(found, expected, "{address} of {asn}");
    }
    let without = judgement(origin("one", "2001:db8::1", 0));
    for (address, good) in [("2001:db8::2", true), ("2001:db8:0:1::1", false)] {
        let found = without.good_for(&origin("one", address, 64_500), at(1), life(HOUR));
        assert_eq!(found.is_some(), good, "{address}");
    }
}

#[test]
fn a_judgement_of_one_session_is_none_of_another() {
    let made = judgement(origin("one", "192.0.2.1", 64_500));
    let other = origin("two", "192.0.2.1", 64_500);
    assert_eq!(made.good_for(&other, at(1), life(HOUR)), None);
}

#[test]
fn a_judgement_by_answers_that_were_read_in_another_way_is_asked_again() {
    let address = ClientAddress::parse(b"192.0.2.1").expect("an address");
    let prefix = address.prefix(PrefixLengths::default());
    let [one, other] =
        [1, 2].map(|reading| Origin::new(&keys(), key_of("one"), prefix, None, reading));
    assert_eq!(judgement(one).good_for(&other, at(1), life(HOUR)), None);
}

#[test]
fn a_judgement_too_old_or_from_a_wrong_clock_is_asked_again() {
    let origin = origin("one", "192.0.2.1", 64_500);
    let made = Judgement::new(Knowledge::Known(reputation()), origin, at(10 * HOUR));
    let made = made.expect("known");
    for (seconds, good) in [
        (10 * HOUR, true),
        (11 * HOUR - 1, true),
        (11 * HOUR, false),
        (9 * HOUR + 1, true),
        (9 * HOUR, false),
        (0, false),
    ] {
        let found = made.good_for(&origin, at(seconds), life(HOUR));
        assert_eq!(found.is_some(), good, "at {seconds} s");
    }
}

#[test]
fn only_an_answer_is_kept_and_one_that_knows_nothing_is_one() {
    let origin = origin("one", "192.0.2.1", 0);
    let kept = |knowledge| Judgement::new(knowledge, origin, at(0));
    for error in [UnknownReason::FailedBefore, UnknownReason::NotAsked] {
        assert_eq!(kept(Knowledge::Lacking(reputation(), error)), None);
    }
    let nothing = Knowledge::Lacking(Reputation::default(), UnknownReason::Nothing);
    let found = kept(nothing).and_then(|made| made.good_for(&origin, at(0), life(1)));
    assert_eq!(found, Some(nothing));
}

#[test]
fn what_is_kept_with_a_session_is_found_by_all_workers_until_it_moves() {
    let (store, table) = (MemoryStore::default(), table());
    let (here, there) = (origin("one", "192.0.2.1", 1), origin("one", "192.0.2.9", 1));
    let key = key_of("one");
    let find = |origin: &Origin, now| {
        let kept: Judgement = table.get(key, now, &store)?;
        kept.good_for(origin, now, life(HOUR))
    };
    assert_eq!(find(&here, at(0)), None);
    let written = table.put(key, &judgement(here), life(HOUR), at(0), &store);
    assert_eq!(written, Written::Stored);
    assert_eq!(find(&here, at(60)), Some(Knowledge::Known(reputation())));
    assert_eq!(find(&there, at(60)), None);
    assert_eq!(find(&here, at(HOUR)), None);
}

#[test]
fn shared_memory_does_not_tell_which_sessions_have_one_address() {
    let [one, other] = ["one", "two"].map(|token| judgement(origin(token, "192.0.2.1", 0)));
    assert_ne!(one.encode(), other.encode());
}

proptest! {
    #[test]
    fn any_bytes_are_a_judgement_that_survives_its_encoding(bytes: [u8; PAYLOAD]) {
        let read = Judgement::decode(&bytes).expect("any bytes");
        prop_assert_eq!(Judgement::decode(&read.encode()), Some(read));
    }
}
