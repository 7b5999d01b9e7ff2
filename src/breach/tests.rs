mod reading;

use std::time::Duration;

use proptest::prelude::*;

use super::cache::Cache;
use super::*;
use crate::address::{ClientAddress, PrefixLengths};
use crate::callout::{Body, CallError, CallToken, Calls, Ended, Response, StreamId};
use crate::fake_host::FakeHost;
use crate::store::Budget;
use crate::telemetry::{Event, RangeResult};

/// SHA-1 of `password`: 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
const SUFFIX: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";

fn digest() -> Digest {
    Digest::of(b"password")
}

fn policy() -> BreachPolicy {
    BreachPolicy {
        cluster: "passwords".to_owned(),
        authority: "passwords.internal".to_owned(),
        path: PrefixPath::new("/range/{prefix}").expect("a path"),
        timeout: Duration::from_millis(200),
        min_count: 2,
        ttl: Duration::from_secs(60),
        memory: Budget::of_values(64),
    }
}

#[test]
fn five_digits_of_a_hash_are_told_and_the_rest_is_looked_for() {
    assert_eq!(digest().prefix().to_string(), "5BAA6");
    let range = Range::read(format!("{OTHER}:1\r\n{SUFFIX}:52372426\r\n").as_bytes());
    assert_eq!(range.expect("a range").count(&digest()), 52_372_426);
    let range = Range::read(format!("{OTHER}:7").as_bytes()).expect("a range");
    assert_eq!(range.count(&digest()), 0);
    assert_eq!(format!("{:?}", digest()), "Digest(hidden)");
}

#[test]
fn an_answer_is_read_in_the_forms_of_services_and_mirrors() {
    let lower = SUFFIX.to_lowercase();
    for (text, count) in [
        (format!("{SUFFIX}:3"), 3),
        (format!("{SUFFIX}:3\n"), 3),
        (format!("{lower}:3\r\n{OTHER}:0"), 3),
        (format!("{SUFFIX}:0\r\n"), 0),
        (format!("{SUFFIX}:99999999999999999999"), u32::MAX),
    ] {
        let range = Range::read(text.as_bytes()).expect("a range");
        assert_eq!(range.count(&digest()), count, "{text}");
    }
}

#[test]
fn what_is_cut_off_or_of_another_form_is_no_range() {
    let many = format!("{OTHER}:1\n").repeat(range::MOST + 1);
    for text in [
        "",
        "\n",
        "<html>not found</html>",
        "{\"hashes\": []}",
        SUFFIX,
        &format!("{SUFFIX}:"),
        &format!("{SUFFIX}:-1"),
        &format!("{SUFFIX}:1;2"),
        &format!("{SUFFIX}:111111111111111111111"),
        &format!("{OTHER}:1\r\n{SUFFIX}"),
        &format!("{OTHER}:1\r\n{}", &SUFFIX.get(..20).expect("long")),
        &format!("{OTHER}:1\r\n\r\n{SUFFIX}:1"),
        &format!("5BAA6{SUFFIX}:1"),
        &format!("{}G:1", SUFFIX.get(..34).expect("long")),
        &many,
    ] {
        assert_eq!(Range::read(text.as_bytes()), Err(NoRange), "{text:.60}");
    }
}

proptest! {
    #[test]
    fn a_range_of_any_bytes_is_read_or_refused(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Range::read(&text);
    }

    #[test]
    fn every_suffix_of_a_range_is_found_and_no_other(
        passwords in prop::collection::hash_set("[a-z]{1,8}", 1..20),
        other in "[A-Z]{1,8}",
    ) {
        let mut text = String::new();
        for (number, password) in passwords.iter().enumerate() {
            let suffix = crate::encoding::hex::encode(&*Digest::of(password.as_bytes()).suffix());
            text += &format!("{}:{}\n", suffix.get(..35).expect("long"), number + 1);
        }
        let range = Range::read(text.as_bytes()).expect("a range");
        for (number, password) in passwords.iter().enumerate() {
            let count = range.count(&Digest::of(password.as_bytes()));
            prop_assert_eq!(usize::try_from(count), Ok(number + 1));
        }
        prop_assert_eq!(range.count(&Digest::of(other.as_bytes())), 0);
    }
}

#[test]
fn how_often_is_told_by_its_magnitude_alone() {
    for (seen, about, breached) in [
        (0, 0, false),
        (1, 1, false),
        (2, 1, true),
        (99, 10, true),
        (37_359_195, 10_000_000, true),
    ] {
        assert_eq!(
            BreachSignal::seen(seen, 2),
            BreachSignal::Seen { about, breached }
        );
    }
}

#[test]
fn what_is_kept_is_the_list_of_its_prefix_for_its_time() {
    let host = FakeHost::of("11.0.0.1:1");
    let cache = Cache::new(
        "test",
        &"here",
        Budget::of_values(64),
        Duration::from_secs(60),
    );
    let range = Range::read(format!("{SUFFIX}:3").as_bytes()).expect("a range");
    let prefix = digest().prefix();
    assert_eq!(cache.find(prefix, host.time(), &host), None);
    cache.keep(prefix, &range, host.time(), &host);
    assert_eq!(cache.find(prefix, host.time(), &host), Some(range));
    // Another prefix in the same place.
    let neighbour = RangePrefix::new(prefix.number() + 8);
    assert_eq!(cache.find(neighbour, host.time(), &host), None);
    host.pass(60);
    assert_eq!(cache.find(prefix, host.time(), &host), None, "it is old");
    host.set_back(3_600);
    assert_eq!(
        cache.find(prefix, host.time(), &host),
        None,
        "nobody knows how old"
    );
}

#[test]
fn no_number_of_passwords_makes_the_cache_larger() {
    let host = FakeHost::of("11.0.0.1:1");
    let cache = Cache::new(
        "test",
        &"here",
        Budget::of_values(64),
        Duration::from_secs(60),
    );
    let range = Range::read(format!("{SUFFIX}:3").as_bytes()).expect("a range");
    for number in 0..1_000 {
        cache.keep(RangePrefix::new(number), &range, host.time(), &host);
    }
    let mut keys = host.read.borrow().clone();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 8);
}

/// What the service answers, with this status.
fn answered(status: u16, body: Body<'_>) -> Ended<'_> {
    Ended::Answered(Response {
        status: Some(status),
        retry_after: None,
        body,
    })
}

/// A service that has been asked for one stream, and the number of its prefix.
fn asked(host: &FakeHost) -> (Breaches, Calls, u32) {
    let (mut breaches, mut calls) = (Breaches::new(policy(), "test"), Calls::default());
    let found = breaches.ask(by(1), &digest(), &mut calls, host.time(), host);
    assert_eq!(found, Found::Waits);
    (breaches, calls, digest().prefix().number())
}

fn by(stream: u32) -> Asker {
    of("11.0.0.1", stream)
}

fn of(address: &str, stream: u32) -> Asker {
    let client = ClientAddress::parse(address.as_bytes()).expect(address);
    Asker {
        stream: Some(StreamId(stream)),
        network: Some(client.prefix(PrefixLengths::SITE)),
    }
}

#[test]
fn one_network_keeps_no_other_from_asking() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls) = (Breaches::new(policy(), "test"), Calls::default());
    let mut ask = |address: &str, number: u32| {
        let digest = Digest::of(&number.to_le_bytes());
        breaches.ask(of(address, number), &digest, &mut calls, host.time(), &host)
    };
    let waits = (0..200).filter(|number| {
        let address = format!("11.0.0.{number}");
        ask(&address, *number) == Found::Waits
    });
    assert_eq!(waits.count(), 32);
    assert_eq!(host.counted(Event::Range(RangeResult::TooMany)), 168);
    for network in 1..=9 {
        let found = ask(&format!("11.0.{network}.1"), 1_000 + network);
        assert_eq!(found, Found::Waits, "{network}");
    }
}

#[test]
fn several_that_ask_for_one_prefix_wait_for_one_call() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls, prefix) = asked(&host);
    let found = breaches.ask(by(2), &digest(), &mut calls, host.time(), &host);
    assert_eq!((found, host.call_count()), (Found::Waits, 1));
    breaches.forget(StreamId(1));
    let text = format!("{SUFFIX}:3");
    let ended = answered(200, Body::Whole(text.as_bytes()));
    let landed = breaches.ended((prefix, host.time()), ended, host.time(), &host);
    assert_eq!(landed.waiters, [StreamId(2)]);
    let signal = breaches.signal(&digest(), landed.range.as_deref());
    assert_eq!(signal, BreachSignal::seen(3, 2));
    // The next one finds it kept.
    let found = breaches.ask(by(3), &digest(), &mut calls, host.time(), &host);
    assert_eq!((found, host.call_count()), (Found::Now(signal), 1));
    assert_eq!(host.counted(Event::Range(RangeResult::Cached)), 1);
    let sent = host.calls.borrow()[0].clone();
    assert_eq!(sent.path, "/range/5BAA6");
    assert!(
        sent.headers
            .contains(&("add-padding".to_owned(), "true".to_owned()))
    );
}

#[test]
fn each_way_of_failing_leaves_it_unknown() {
    let many = vec![b'a'; 1_000];
    for (ended, result) in [
        (Ended::Reset, RangeResult::Reset),
        (Ended::Overdue, RangeResult::Timeout),
        (answered(504, Body::Whole(b"timeout")), RangeResult::Timeout),
        (answered(503, Body::Whole(b"")), RangeResult::Unreachable),
        (answered(429, Body::Whole(b"")), RangeResult::Limited),
        (answered(500, Body::Whole(b"")), RangeResult::Failed),
        (answered(404, Body::Whole(b"")), RangeResult::Refused),
        (answered(204, Body::Whole(b"")), RangeResult::Refused),
        (answered(200, Body::TooLarge), RangeResult::TooLarge),
        (answered(200, Body::Whole(b"")), RangeResult::Malformed),
        (answered(200, Body::Whole(&many)), RangeResult::Malformed),
    ] {
        let host = FakeHost::of("11.0.0.1:1");
        let (mut breaches, _, prefix) = asked(&host);
        let landed = breaches.ended((prefix, host.time()), ended, host.time(), &host);
        assert_eq!((landed.range, landed.waiters.len()), (None, 1), "{ended:?}");
        assert_eq!(breaches.signal(&digest(), None), BreachSignal::Untold);
        assert_eq!(host.counted(Event::Range(result)), 1, "{ended:?}");
    }
}

#[test]
fn a_service_that_fails_is_not_asked_for_a_while() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls) = (Breaches::new(policy(), "test"), Calls::default());
    host.refusing.set(Some(CallError::NoHealthyHost));
    let ask = |breaches: &mut Breaches, calls: &mut Calls| {
        breaches.ask(by(1), &digest(), calls, host.time(), &host)
    };
    for _ in 0..5 {
        let found = ask(&mut breaches, &mut calls);
        assert_eq!(found, Found::Now(BreachSignal::Untold));
    }
    host.refusing.set(None);
    assert_eq!(
        ask(&mut breaches, &mut calls),
        Found::Now(BreachSignal::Untold)
    );
    assert_eq!(host.counted(Event::Range(RangeResult::Spared)), 1);
    assert!(breaches.is_breaker_open());
    host.pass(1);
    assert_eq!(ask(&mut breaches, &mut calls), Found::Waits, "one tries");
    assert!(calls.end(CallToken(1)).is_some());
}

#[test]
fn a_service_that_names_a_time_is_left_alone_until_then() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls, prefix) = asked(&host);
    let ended = Ended::Answered(Response {
        status: Some(429),
        retry_after: Some(b"120"),
        body: Body::Whole(b""),
    });
    breaches.ended((prefix, host.time()), ended, host.time(), &host);
    let mut is_asked = || {
        let now = host.time();
        breaches.ask(by(2), &digest(), &mut calls, now, &host) == Found::Waits
    };
    assert!(!is_asked());
    host.pass(119);
    assert!(!is_asked());
    host.pass(1);
    assert!(is_asked());
}

#[test]
fn what_another_service_has_told_is_not_kept_for_this_one() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls, prefix) = asked(&host);
    let text = format!("{OTHER}:3");
    let ended = answered(200, Body::Whole(text.as_bytes()));
    breaches.ended((prefix, host.time()), ended, host.time(), &host);
    let another = BreachPolicy {
        authority: "mirror.internal".to_owned(),
        ..policy()
    };
    let mut another = Breaches::new(another, "test");
    let found = another.ask(by(2), &digest(), &mut calls, host.time(), &host);
    assert_eq!(found, Found::Waits);
}

#[test]
fn a_range_that_is_odd_keeps_nobody_from_asking() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut breaches, mut calls) = (Breaches::new(policy(), "test"), Calls::default());
    for _ in 0..20 {
        breaches.ask(by(1), &digest(), &mut calls, host.time(), &host);
        let ended = answered(200, Body::TooLarge);
        breaches.ended(
            (digest().prefix().number(), host.time()),
            ended,
            host.time(),
            &host,
        );
    }
    assert!(!breaches.is_breaker_open());
}

#[test]
fn a_path_has_the_prefix_once() {
    for path in ["/range", "range/{prefix}", "/{prefix}/{prefix}", "/{hash}"] {
        assert!(PrefixPath::new(path).is_err(), "{path}");
    }
    let path = PrefixPath::new("/files/{prefix}.txt").expect("a path");
    assert_eq!(path.of("5BAA6"), "/files/5BAA6.txt");
}
