//! What a response means for the request, the provider and the breaker.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::super::{Failure, FailureReason, Outcome, Provider, Scope, classify};
use super::with_fields;
use crate::callout::{Body, Response};
use crate::intelligence::Flag;
use crate::time::Time;

/// 2025-06-15 12:00:00 UTC.
const NOW: Time = Time::from_secs(1_749_988_800);

fn provider() -> Provider {
    with_fields(&json!({"vpn": ["vpn"]}))
}

fn response(status: u16, body: &[u8]) -> Response<'_> {
    Response {
        status: Some(status),
        retry_after: None,
        body: Body::bounded(body, 1024),
    }
}

fn failure(response: Option<Response<'_>>) -> Option<Failure> {
    match classify(response, &provider(), NOW) {
        Outcome::Failure(failure) => Some(failure),
        Outcome::Answer(_) | Outcome::Nothing => None,
    }
}

fn reason(status: u16, body: &[u8]) -> Option<FailureReason> {
    failure(Some(response(status, body))).map(|failure| failure.reason)
}

fn wait(value: &[u8]) -> Option<u64> {
    let limited = Response {
        retry_after: Some(value),
        ..response(429, b"")
    };
    let failure = failure(Some(limited)).unwrap();
    assert_eq!(failure.reason, FailureReason::RateLimited);
    failure.retry_after.map(|wait| wait.as_secs())
}

#[test]
fn an_answer_is_an_answer() {
    let Outcome::Answer(reputation) =
        classify(Some(response(200, br#"{"vpn": true}"#)), &provider(), NOW)
    else {
        panic!("no answer");
    };
    assert_eq!(reputation.flags.get(Flag::Vpn), Some(true));
}

#[test]
fn an_address_of_which_nothing_is_known_is_no_failure() {
    for (status, body) in [(404, &b"{}"[..]), (200, br#"{"vpn": null}"#), (204, b"")] {
        assert_eq!(
            classify(Some(response(status, body)), &provider(), NOW),
            Outcome::Nothing,
            "{status}"
        );
    }
}

#[test]
fn every_status_has_its_own_reason() {
    for (status, expected) in [
        (400, FailureReason::BadRequest),
        (401, FailureReason::RefusedKey),
        (402, FailureReason::PaymentRequired),
        (403, FailureReason::RefusedKey),
        (422, FailureReason::BadRequest),
        (429, FailureReason::RateLimited),
        (500, FailureReason::ServerError),
        (502, FailureReason::ServerError),
        (503, FailureReason::Unavailable),
        (504, FailureReason::Timeout),
        (100, FailureReason::UnexpectedStatus),
        (302, FailureReason::UnexpectedStatus),
        (0, FailureReason::UnexpectedStatus),
        (999, FailureReason::UnexpectedStatus),
    ] {
        // The body would be an answer if it were read.
        assert_eq!(
            reason(status, br#"{"vpn": true}"#),
            Some(expected),
            "{status}"
        );
    }
}

#[test]
fn every_broken_body_has_its_own_reason() {
    let large = vec![b' '; 1025];
    let deep = [b'['; 1000];
    for (body, expected) in [
        (&b""[..], FailureReason::EmptyBody),
        (&large, FailureReason::TooLarge),
        (br#"{"vpn": tr"#, FailureReason::NotJson),
        (b"<html></html>", FailureReason::NotJson),
        (b"[1]", FailureReason::WrongShape),
        (&deep, FailureReason::TooDeep),
        (
            br#"{"anonymous": {"vpn": true}}"#,
            FailureReason::SchemaDrift,
        ),
    ] {
        assert_eq!(reason(200, body), Some(expected), "{expected:?}");
    }
}

#[test]
fn a_call_out_without_a_response_was_reset() {
    let without_status = Response {
        status: None,
        ..response(200, br#"{"vpn": true}"#)
    };
    for response in [None, Some(without_status)] {
        assert_eq!(failure(response), Some(FailureReason::Reset.into()));
    }
}

#[test]
fn a_provider_can_name_the_statuses_of_a_spent_quota() {
    let spur = Provider::preset("spur").unwrap();
    let Outcome::Failure(failure) = classify(Some(response(429, b"")), &spur, NOW) else {
        panic!("no failure");
    };
    assert_eq!(failure.reason, FailureReason::QuotaExhausted);
}

#[test]
fn retry_after_is_read_in_seconds_and_as_a_date_within_a_second_and_a_day() {
    for (value, seconds) in [
        (&b"120"[..], 120),
        (b" 120 ", 120),
        (b"0", 1),
        (b"86401", 86_400),
        (b"99999999999999999999999", 86_400),
        (b"Sun, 15 Jun 2025 12:01:30 GMT", 90),
        (b"Sunday, 15-Jun-25 12:01:30 GMT", 90),
        (b"Sun Jun 15 12:01:30 2025", 90),
        (b"Sat, 14 Jun 2025 12:00:00 GMT", 1),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ] {
        assert_eq!(
            wait(value),
            Some(seconds),
            "{}",
            String::from_utf8_lossy(value)
        );
    }
    for value in [&b""[..], b"-5", b"soon", b"1.5", b"120, 60", b"\xff\xff"] {
        assert_eq!(wait(value), None, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn retry_after_is_kept_for_every_failure_that_has_it() {
    let unavailable = Response {
        retry_after: Some(b"30"),
        ..response(503, b"")
    };
    let expected = Failure {
        reason: FailureReason::Unavailable,
        retry_after: Some(Duration::from_secs(30)),
    };
    assert_eq!(failure(Some(unavailable)), Some(expected));
}

#[test]
fn reasons_have_names_of_their_own() {
    let names: HashSet<_> = FailureReason::ALL
        .iter()
        .map(|reason| reason.name())
        .collect();
    assert_eq!(names.len(), FailureReason::ALL.len());
    assert!(names.iter().all(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    }));
}

#[test]
fn no_odd_address_opens_the_breaker_and_none_feeds_itself() {
    for (reason, scope) in [
        (FailureReason::BadRequest, Scope::Address),
        (FailureReason::NotSuccess, Scope::Address),
        (FailureReason::TooLarge, Scope::Address),
        (FailureReason::TooDeep, Scope::Address),
        (FailureReason::BreakerOpen, Scope::Local),
        (FailureReason::BudgetExhausted, Scope::Local),
        (FailureReason::Deadline, Scope::Local),
        (FailureReason::Timeout, Scope::Provider),
        (FailureReason::RefusedKey, Scope::Provider),
        (FailureReason::RateLimited, Scope::Quota),
        (FailureReason::PaymentRequired, Scope::Quota),
        (FailureReason::QuotaExhausted, Scope::Quota),
    ] {
        assert_eq!(reason.scope(), scope, "{reason:?}");
    }
}

proptest! {
    #[test]
    fn no_response_makes_it_panic(
        status in any::<Option<u16>>(),
        retry_after in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
        body in prop::collection::vec(any::<u8>(), 0..64),
        now in any::<u64>(),
    ) {
        let response = Response {
            status,
            retry_after: retry_after.as_deref(),
            body: Body::Whole(&body),
        };
        if let Outcome::Failure(failure) = classify(Some(response), &provider(), Time::from_nanos(now))
            && let Some(wait) = failure.retry_after
        {
            prop_assert!((1..=86_400).contains(&wait.as_secs()));
        }
    }

    #[test]
    fn no_text_like_a_date_makes_it_panic(value in "[A-Z][a-z]{2},? [0-9]{2}[ -][A-Z][a-z]{2}[ -][0-9]{2,4} \
        [0-9]{2}:[0-9]{2}:[0-9]{2} GMT") {
        wait(value.as_bytes());
    }
}
