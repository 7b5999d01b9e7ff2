use proptest::prelude::*;

use super::*;
use crate::address::{ClientAddress, PrefixLengths};
use crate::intelligence::{Asn, Country, Flag, Score};
use crate::store::{MemoryStore, Slot};

const SEED: [u8; 16] = [7; 16];

fn prefix(number: u32) -> Prefix {
    ClientAddress::from(std::net::Ipv4Addr::from_bits(number)).prefix(PrefixLengths::default())
}

fn reputation(flag: Flag) -> Reputation {
    let mut reputation = Reputation::default();
    reputation.flags.put(flag, Some(true));
    reputation.network.asn = Asn::new(64500);
    reputation
}

fn cache(entries: usize) -> Cache {
    Cache::new(
        LocalLevel::new(entries),
        SharedLevel::new("test", entries, SEED, 1),
        Lifetimes::default(),
    )
}

fn at(seconds: u64) -> Time {
    Time::from_secs(1_000_000 + seconds)
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

#[test]
fn an_answer_ages_from_fresh_to_stale_to_network_facts_to_nothing() {
    let (store, mut cache) = (MemoryStore::default(), cache(1024));
    let (who, known) = (prefix(1), reputation(Flag::Vpn));
    cache.keep_answer(who, known, at(0), &store);
    let mut entry = |seconds| cache.find(who, at(seconds), &store).0;
    assert_eq!(entry(0), Entry::Fresh(known));
    // The jitter takes at most a tenth off ten minutes.
    assert_eq!(entry(9 * MINUTE - 1), Entry::Fresh(known));
    assert_eq!(entry(10 * MINUTE), Entry::Stale(known));
    assert_eq!(
        entry(20 * MINUTE),
        Entry::Expired(known),
        "usable only if the API fails"
    );
    let network = Reputation {
        network: known.network,
        ..Reputation::default()
    };
    assert_eq!(entry(3 * 60 * MINUTE), Entry::Expired(network));
    assert_eq!(entry(DAY), Entry::Absent);
}

#[test]
fn a_failure_is_kept_shortly_and_costs_nothing_of_what_was_known() {
    let (store, mut cache) = (MemoryStore::default(), cache(1024));
    let (who, known) = (prefix(1), reputation(Flag::Vpn));
    cache.keep_failure(prefix(2), at(0), &store);
    assert_eq!(
        cache.find(prefix(2), at(5), &store).0,
        Entry::Failed(Reputation::default())
    );
    assert_eq!(cache.find(prefix(2), at(10), &store).0, Entry::Absent);
    cache.keep_answer(who, known, at(0), &store);
    cache.keep_failure(who, at(11 * MINUTE), &store);
    assert_eq!(
        cache.find(who, at(11 * MINUTE + 5), &store).0,
        Entry::Failed(known)
    );
    assert_eq!(
        cache.find(who, at(11 * MINUTE + 10), &store).0,
        Entry::Stale(known)
    );
}

#[test]
fn an_answer_that_says_nothing_is_kept_for_a_shorter_time() {
    let (store, mut cache) = (MemoryStore::default(), cache(1024));
    cache.keep_answer(prefix(1), Reputation::default(), at(0), &store);
    assert_eq!(
        cache.find(prefix(1), at(4 * MINUTE), &store).0,
        Entry::Fresh(Reputation::default())
    );
    assert_eq!(
        cache.find(prefix(1), at(5 * MINUTE), &store).0,
        Entry::Absent
    );
}

#[test]
fn what_one_worker_learns_the_others_know_and_keep() {
    let store = MemoryStore::default();
    let (mut one, mut other) = (cache(1024), cache(1024));
    one.keep_answer(prefix(1), reputation(Flag::Tor), at(0), &store);
    let found = other.find(prefix(1), at(1), &store);
    assert_eq!(
        found,
        (Entry::Fresh(reputation(Flag::Tor)), Some(Level::Shared))
    );
    let again = other.find(prefix(1), at(1), &store);
    assert_eq!(
        again,
        (Entry::Fresh(reputation(Flag::Tor)), Some(Level::Local))
    );
}

#[test]
fn a_worker_that_has_an_old_answer_takes_the_newer_one_of_another_worker() {
    let store = MemoryStore::default();
    let (mut one, mut other) = (cache(1024), cache(1024));
    one.keep_answer(prefix(1), reputation(Flag::Tor), at(0), &store);
    other.find(prefix(1), at(0), &store);
    one.keep_answer(prefix(1), reputation(Flag::Vpn), at(12 * MINUTE), &store);
    let found = other.find(prefix(1), at(12 * MINUTE), &store);
    assert_eq!(
        found,
        (Entry::Fresh(reputation(Flag::Vpn)), Some(Level::Shared))
    );
}

#[test]
fn a_failure_of_one_worker_takes_nothing_from_what_another_has_been_told() {
    let store = MemoryStore::default();
    let [mut one, mut other, mut third] = [(); 3].map(|()| cache(1024));
    let known = Entry::Fresh(reputation(Flag::Tor));
    // Both have asked: one is answered, the other is not.
    one.keep_answer(prefix(1), reputation(Flag::Tor), at(0), &store);
    other.keep_failure(prefix(1), at(1), &store);
    for worker in [&mut one, &mut other, &mut third] {
        assert_eq!(worker.find(prefix(1), at(2), &store).0, known);
    }
}

#[test]
fn what_was_kept_for_another_provider_or_another_plugin_is_not_read() {
    let store = MemoryStore::default();
    let level = |namespace, fingerprint| SharedLevel::new(namespace, 1024, SEED, fingerprint);
    let record = Record {
        reputation: reputation(Flag::Tor),
        flags_until: at(10).seconds(),
        ..Record::NOTHING
    };
    let written = level("a", 1).put(prefix(1), &record, at(0), &store);
    assert_eq!(written, Written::Stored);
    assert_eq!(level("a", 1).find(prefix(1), at(0), &store), Some(record));
    assert_eq!(level("a", 2).find(prefix(1), at(0), &store), None);
    assert_eq!(level("b", 1).find(prefix(1), at(0), &store), None);
}

#[test]
fn a_flood_of_addresses_takes_no_memory_and_no_hot_entry() {
    let (store, mut cache) = (MemoryStore::default(), cache(1024));
    let hot: Vec<Prefix> = (0..64).map(prefix).collect();
    for who in &hot {
        cache.keep_answer(*who, reputation(Flag::Vpn), at(0), &store);
        cache.find(*who, at(0), &store);
    }
    let mut evicted = 0;
    for number in 0..20_000 {
        let kept = cache.keep_answer(prefix(1_000 + number), reputation(Flag::Tor), at(1), &store);
        evicted += u32::from(kept.evicted_local);
        if number % 1_000 == 0 {
            for who in &hot {
                assert_eq!(
                    cache.find(*who, at(1), &store).1,
                    Some(Level::Local),
                    "{who}"
                );
            }
        }
    }
    assert!(evicted > 18_500, "{evicted} evictions are counted");
    assert!(store.len() <= 32, "{} keys in shared memory", store.len());
    assert!(
        store.bytes() <= 64 * 1024,
        "{} bytes in shared memory",
        store.bytes()
    );
}

#[test]
fn one_expired_entry_goes_before_any_live_one() {
    let (store, mut cache) = (MemoryStore::default(), cache(8));
    for number in 0..8 {
        cache.keep_answer(
            prefix(number),
            reputation(Flag::Vpn),
            at(u64::from(number)),
            &store,
        );
    }
    // All eight share the only set of the worker's own level; after a day each of them is of no use any more.
    let kept = cache.keep_answer(prefix(100), reputation(Flag::Vpn), at(2 * DAY), &store);
    assert!(!kept.evicted_local);
}

#[test]
fn what_was_asked_together_is_not_asked_again_together() {
    let (store, mut cache) = (MemoryStore::default(), cache(4096));
    for number in 0..1_000 {
        cache.keep_answer(prefix(number), reputation(Flag::Vpn), at(0), &store);
    }
    let mut fresh = |seconds| {
        let mut is_fresh = |number| {
            matches!(
                cache.find(prefix(number), at(seconds), &store).0,
                Entry::Fresh(_)
            )
        };
        (0..1_000).filter(|number| is_fresh(*number)).count()
    };
    assert_eq!(fresh(9 * MINUTE - 1), 1_000);
    let half = fresh(9 * MINUTE + 30);
    assert!(
        (300..700).contains(&half),
        "{half} of 1000 are fresh in the middle"
    );
    assert_eq!(fresh(10 * MINUTE), 0);
}

#[test]
fn more_places_forget_nothing_that_all_workers_know() {
    let store = MemoryStore::default();
    let level = |entries| SharedLevel::new("test", entries, SEED, 1);
    let record = Record {
        reputation: reputation(Flag::Tor),
        flags_until: at(10 * MINUTE).seconds(),
        ..Record::NOTHING
    };
    for number in 0..200 {
        level(1024).put(prefix(number), &record, at(0), &store);
    }
    for number in 0..200 {
        let found = level(65_536).find(prefix(number), at(1), &store);
        assert_eq!(found, Some(record), "{number}");
    }
    let records = level(1024);
    assert_eq!(records.find(prefix(0), at(2), &store), Some(record));
}

#[test]
fn an_answer_that_was_kept_while_the_clock_was_wrong_is_of_no_use() {
    let (store, mut cache) = (MemoryStore::default(), cache(1024));
    let known = reputation(Flag::Tor);
    cache.keep_answer(prefix(1), known, at(400 * DAY), &store);
    assert_eq!(cache.find(prefix(1), at(0), &store).0, Entry::Absent);
    // It goes first, on both levels.
    cache.keep_answer(prefix(1), known, at(0), &store);
    assert_eq!(cache.find(prefix(1), at(0), &store).0, Entry::Fresh(known));
    let level = SharedLevel::new("test", 1, SEED, 1);
    let until = |time: Time| Record {
        flags_until: time.seconds(),
        ..Record::NOTHING
    };
    for number in 0..u32::try_from(Record::WAYS).expect("few") {
        level.put(prefix(number), &until(at(2 * DAY)), at(DAY + 1), &store);
    }
    let written = level.put(prefix(1_000), &until(at(9)), at(0), &store);
    assert_eq!(written, Written::ReplacedExpired);
}

#[test]
fn a_stored_value_has_its_full_size_from_the_start() {
    let store = MemoryStore::default();
    let level = SharedLevel::new("test", 1, SEED, 1);
    let size = b"palisade/test/reputation/layout".len() + 20 + 29 + 3_878;
    for number in 0..100 {
        let record = Record {
            flags_until: at(9).seconds(),
            ..Record::NOTHING
        };
        level.put(prefix(number), &record, at(0), &store);
        assert_eq!(store.bytes(), size);
    }
}

fn records() -> impl Strategy<Value = Record> {
    let network = (
        any::<u32>(),
        0_u8..8,
        "[a-zA-Z]{2}",
        -900_i16..=900,
        -1800_i16..=1800,
    );
    let times = (any::<u32>(), any::<u32>(), any::<u32>());
    let flags = (any::<u16>(), any::<u16>(), prop::option::of(0_i64..=100));
    (network, flags, times).prop_map(|(network, flags, times)| {
        let (asn, asn_type, country, latitude, longitude) = network;
        Record {
            reputation: Reputation {
                flags: crate::intelligence::Flags::from_bits(flags.0, flags.1),
                score: flags.2.map(Score::clamped),
                network: Network {
                    asn: Asn::new(asn),
                    asn_type: crate::intelligence::AsnType::from_number(asn_type),
                    country: Country::parse(&country),
                    position: crate::intelligence::Position::from_tenths(latitude, longitude),
                },
            },
            flags_until: times.0,
            network_until: times.1,
            retry_at: times.2,
        }
    })
}

proptest! {
    #[test]
    fn a_record_survives_its_encoding(record in records()) {
        let mut bytes = [0; Record::SIZE];
        record.encode(&mut bytes);
        prop_assert_eq!(Record::decode(&bytes), Some(record));
    }

    #[test]
    fn any_bytes_are_a_record(bytes: [u8; Record::SIZE]) {
        prop_assert!(Record::decode(&bytes).is_some());
    }

    /// Whatever else stands in shared memory under our key, it is read as nothing and written over.
    #[test]
    fn garbage_in_shared_memory_is_no_answer(garbage: Vec<u8>) {
        let store = MemoryStore::default();
        let level = SharedLevel::new("test", 1, SEED, 1);
        let key = b"palisade/test/reputation/\0\0\0\0";
        store.compare_and_set(key, &garbage, crate::store::Expected::Absent).expect("written");
        prop_assert_eq!(level.find(prefix(1), at(0), &store), None);
        let record = Record { flags_until: at(9).seconds(), ..Record::NOTHING };
        prop_assert_eq!(level.put(prefix(1), &record, at(0), &store), Written::Stored);
        prop_assert_eq!(level.find(prefix(1), at(0), &store), Some(record));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// However far the clock is set back: what was kept before is fresh, or failed, for no longer than its lifetime
    /// afterwards.
    #[test]
    fn after_a_step_of_the_clock_nothing_holds_longer_than_its_lifetime(
        back in 1_u64..DAY,
        fails in any::<bool>(),
    ) {
        let (store, mut cache) = (MemoryStore::default(), cache(1024));
        let (who, start) = (prefix(1), 2 * DAY);
        let lifetime = match fails {
            true => {
                cache.keep_failure(who, at(start), &store);
                Lifetimes::default().failure
            }
            false => {
                cache.keep_answer(who, reputation(Flag::Vpn), at(start), &store);
                Lifetimes::default().flags
            }
        };
        let step = lifetime.as_secs() / 10;
        let moments = (start - back..start + lifetime.as_secs() + DAY).step_by(step as usize);
        let holds = |now: &u64| {
            let entry = cache.find(who, at(*now), &store).0;
            matches!(entry, Entry::Fresh(_) | Entry::Failed(_))
        };
        let held = moments.filter(holds).count();
        prop_assert!(held <= 11, "{} tenths of its lifetime", held);
    }
}
