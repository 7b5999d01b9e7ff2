//! Against messages that have more in them, and what the real service has written.

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::fleet::testing::{Entry, Hits, Limit, Request, Response, Status, Wanted};

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    [&[0], &length[..], message].concat()
}

fn answer(statuses: Vec<Status>) -> Vec<u8> {
    let response = Response {
        overall_code: 1,
        statuses,
        headers: vec!["x".to_owned()],
    };
    framed(&response.encode_to_vec())
}

proptest! {
    #[test]
    fn a_request_says_what_it_should(domain in "[a-z]{1,200}", hits in prop::collection::vec(any::<u64>(), 0..20)) {
        let descriptors: Vec<_> = hits
            .iter()
            .map(|hits| Descriptor { key: "minute", value: *b"ABCDEFGHIJK", hits: *hits })
            .collect();
        let frame = request(&domain, &descriptors);
        prop_assert_eq!(&frame, &framed(&frame[FRAME..]));
        let read = Request::decode(&frame[FRAME..]).expect("a request");
        prop_assert_eq!(read.domain, domain);
        prop_assert_eq!(read.hits_addend, 0);
        let entry = Entry { key: "minute".to_owned(), value: "ABCDEFGHIJK".to_owned() };
        let expected: Vec<_> = hits
            .into_iter()
            .map(|value| Wanted { entries: vec![entry.clone()], hits_addend: Some(Hits { value }) })
            .collect();
        prop_assert_eq!(read.descriptors, expected);
    }

    #[test]
    fn a_response_is_read_whatever_else_stands_in_it(counts in prop::collection::vec(
        (prop_oneof![Just(u32::MAX), any::<u32>()], any::<u32>(), any::<bool>(), any::<u64>(), any::<u32>()), 0..20,
    )) {
        let statuses = counts.iter().map(|(most, counted, known, more, others)| Status {
            code: 1,
            current_limit: known.then_some(Limit { requests_per_unit: *most, unit: 5, of_tomorrow: *others }),
            limit_remaining: most.saturating_sub(*counted),
            of_tomorrow: *more,
        });
        let expected: Vec<_> = counts.iter().map(|(most, counted, known, ..)| match *known && *most == u32::MAX {
            true => Counted::Known(*counted),
            false => Counted::Unconfigured,
        }).collect();
        prop_assert_eq!(response(&answer(statuses.collect())), Some(expected));
    }

    #[test]
    fn what_is_cut_off_is_none(counted in 0..1_000_u32, part in 0.0..1.0_f64) {
        let limit = Some(Limit { requests_per_unit: u32::MAX, unit: 2, of_tomorrow: 0 });
        let status = Status { code: 1, current_limit: limit, limit_remaining: u32::MAX - counted, of_tomorrow: 7 };
        let whole = answer(vec![status]);
        let cut = (whole.len() as f64 * part) as usize;
        prop_assert_eq!(response(&whole[..cut]), None);
        let message = &whole[FRAME..];
        let cut = cut.min(message.len() - 1);
        // Between two fields it is another message, and says so by fewer statuses.
        let read = response(&framed(&message[..cut]));
        prop_assert!(read.is_none_or(|statuses| statuses.is_empty() || cut > message.len() - 5));
    }

    #[test]
    fn no_bytes_break_it(bytes: Vec<u8>) {
        let _ = response(&bytes);
        let _ = response(&framed(&bytes));
    }
}

#[test]
fn what_nobody_writes_is_none() {
    let cases: [(&str, &[u8]); 8] = [
        ("a compressed frame", &[1, 0, 0, 0, 0]),
        ("two frames", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a length beyond its end", &[0, 0, 0, 0, 3, 18, 9, 0]),
        ("a group", &[0, 0, 0, 0, 1, 19]),
        (
            "a number without an end",
            &[
                0, 0, 0, 0, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
            ],
        ),
        (
            "a number of 65 bits",
            &[
                0, 0, 0, 0, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2,
            ],
        ),
        (
            "more left than there is",
            &[0, 0, 0, 0, 8, 18, 6, 18, 2, 8, 1, 24, 2],
        ),
        (
            "a count of 33 bits",
            &[0, 0, 0, 0, 8, 18, 6, 24, 128, 128, 128, 128, 16],
        ),
    ];
    for (what, frame) in cases {
        assert_eq!(response(frame), None, "{what}");
    }
}

#[test]
fn an_empty_response_has_no_status() {
    assert_eq!(response(&[0; 5]), Some(Vec::new()));
}

/// A question and an answer of the real service, built at the version that `scripts/ratelimit.sh` names.
#[derive(serde::Deserialize)]
struct Vector {
    what: String,
    domain: String,
    descriptors: Vec<(String, String, u64)>,
    request: String,
    response: String,
    counted: Vec<Option<u32>>,
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("text"), 16);
    digits.map(|pair| byte(pair).expect("hex")).collect()
}

#[test]
fn what_the_real_service_has_taken_and_written_is_written_and_read() {
    let vectors = include_str!("../../../tests/vectors/ratelimit.json");
    let vectors: Vec<Vector> = serde_json::from_str(vectors).expect("vectors");
    assert!(vectors.len() > 5);
    for vector in vectors {
        let descriptors = vector
            .descriptors
            .iter()
            .map(|(key, value, hits)| Descriptor {
                key: key.clone().leak(),
                value: value.as_bytes().try_into().expect("eleven letters"),
                hits: *hits,
            });
        let descriptors: Vec<_> = descriptors.collect();
        assert_eq!(
            request(&vector.domain, &descriptors),
            unhex(&vector.request),
            "{}",
            vector.what
        );
        let read = response(&unhex(&vector.response)).expect("a response");
        let read = read.into_iter().map(|status| match status {
            Counted::Known(number) => Some(crate::fleet::counter::counted(number)),
            Counted::Unconfigured => None,
        });
        assert_eq!(read.collect::<Vec<_>>(), vector.counted, "{}", vector.what);
    }
}
