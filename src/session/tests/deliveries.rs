use std::num::NonZeroU8;

use super::webhook::{signing_keys, webhook};
use super::worker::{ANYBODY, Host, Worker, deliveries, put, seconds, settings};
use super::*;
use crate::callout::{CallToken, HttpRequest};

#[test]
fn a_notice_is_posted_signed_and_gone_when_the_application_has_it() {
    let (mut deliveries, host) = (Worker::new(settings()), Host::default());
    assert_eq!(deliveries.next_due(at(0)), None);
    put(&mut deliveries, webhook(1), at(0));
    assert_eq!(deliveries.next_due(at(0)), seconds(0));
    assert!(deliveries.send_due(at(1), &host).is_empty());
    let expected = HttpRequest {
        method: "POST",
        authority: "app.example".to_owned(),
        path: "/revoked".to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            (
                SIGNATURE_HEADER.to_owned(),
                webhook(1).signature(&signing_keys("a"), at(1)),
            ),
        ],
        body: webhook(1).body().as_bytes().to_vec(),
    };
    assert!(host.calls.borrow()[0] == expected);
    deliveries.send_due(at(1), &host);
    assert_eq!(host.number(), 1, "it is under way");
    assert_eq!(deliveries.answered(CallToken(99), Some(200), at(3)), None);
    let answered = deliveries.answered(host.newest(), Some(204), at(3));
    assert_eq!(answered, Some(Answered::Delivered(Duration::from_secs(3))));
    assert!(deliveries.is_empty());
    assert_eq!(deliveries.answered(host.newest(), Some(204), at(3)), None);
}

#[test]
fn what_fails_is_tried_again_with_growing_waits_and_then_given_up() {
    let (mut deliveries, host) = (Worker::new(settings()), Host::default());
    put(&mut deliveries, webhook(1), at(0));
    let mut now = at(0);
    for (status, least, most) in [
        (Some(503), 2_500, 5_000),
        (None, 5_000, 10_000),
        (Some(302), 10_000, 20_000),
        (Some(404), 20_000, 40_000),
    ] {
        deliveries.send_due(now, &host);
        let answered = deliveries.answered(host.newest(), status, now);
        assert_eq!(answered, Some(Answered::Again), "{status:?}");
        let wait = deliveries.next_due(now).expect("a wait");
        let range = Duration::from_millis(least)..=Duration::from_millis(most);
        assert!(range.contains(&wait), "{wait:?} after {status:?}");
        let calls = host.number();
        now = now.plus(wait - Duration::from_nanos(1));
        deliveries.send_due(now, &host);
        assert_eq!(host.number(), calls, "not yet");
        now = now.plus(Duration::from_nanos(1));
    }
    deliveries.send_due(now, &host);
    assert_eq!(host.number(), 5);
    let Some(Answered::Dropped(dropped)) = deliveries.answered(host.newest(), Some(500), now)
    else {
        panic!("the fifth attempt was the last");
    };
    assert_eq!(
        (dropped.cause, &dropped.webhook),
        (DropCause::GivenUp, &webhook(1))
    );
    assert!(deliveries.is_empty());
}

#[test]
fn no_wait_is_longer_than_the_longest() {
    let host = Host::default();
    let mut deliveries = Worker::new(OutboxSettings {
        attempts: NonZeroU8::MAX,
        longest_wait: Duration::from_secs(12),
        ..settings()
    });
    put(&mut deliveries, webhook(1), at(0));
    let mut now = at(0);
    for attempt in 1..=100 {
        deliveries.send_due(now, &host);
        deliveries.answered(host.newest(), None, now);
        let wait = deliveries.next_due(now).expect("a wait");
        assert!(wait <= Duration::from_secs(12), "{wait:?} after {attempt}");
        assert!(attempt < 3 || wait >= Duration::from_secs(6));
        now = now.plus(wait);
    }
    assert_eq!(host.number(), 100);
}

#[test]
fn each_attempt_has_a_signature_of_its_own_time_and_the_same_body() {
    let (mut deliveries, host) = (Worker::new(settings()), Host::default());
    put(&mut deliveries, webhook(1), at(0));
    deliveries.send_due(at(0), &host);
    deliveries.answered(host.newest(), None, at(0));
    deliveries.send_due(at(60), &host);
    let calls = host.calls.borrow();
    assert_eq!(calls[0].body, calls[1].body);
    assert!(calls[1].headers[1].1.starts_with("t=1764000060,v1="));
    assert_ne!(calls[0].headers[1], calls[1].headers[1]);
}

#[test]
fn one_more_than_the_outbox_holds_is_dropped_and_told() {
    let mut deliveries = deliveries(2, 1, 1);
    for id in 0..2 {
        put(&mut deliveries, webhook(id), at(0));
    }
    let dropped = deliveries.push(webhook(2), ANYBODY, at(0)).expect("full");
    assert_eq!(
        (dropped.cause, dropped.webhook),
        (DropCause::Full, webhook(2))
    );
    assert_eq!(deliveries.len(), 2);
}

#[test]
fn what_matters_goes_before_what_came_earlier_and_takes_its_place() {
    let (mut deliveries, host) = (deliveries(3, 1, 5), Host::default());
    let known = Cause {
        penalty: PenaltyState::Known,
        network: None,
    };
    for id in 0..3 {
        put(&mut deliveries, webhook(id), at(0));
    }
    deliveries.send_due(at(0), &host);
    let dropped = deliveries.push(webhook(3), known, at(1)).expect("full");
    assert_eq!(
        (dropped.cause, dropped.webhook),
        (DropCause::Full, webhook(2))
    );
    deliveries.answered(host.newest(), Some(200), at(1));
    deliveries.send_due(at(1), &host);
    let next = host.calls.borrow()[1].body.clone();
    assert_eq!(next, webhook(3).body().as_bytes());
    assert_eq!((deliveries.len(), deliveries.under_way()), (2, 1));
}

#[test]
fn no_more_than_so_many_are_under_way_and_the_oldest_goes_first() {
    let (mut deliveries, host) = (deliveries(10, 2, 5), Host::default());
    for id in 0..4 {
        put(&mut deliveries, webhook(id), at(0));
    }
    deliveries.send_due(at(0), &host);
    assert_eq!((host.number(), deliveries.under_way()), (2, 2));
    assert_eq!(
        deliveries.next_due(at(0)),
        None,
        "nothing can be sent before a call ends"
    );
    deliveries.answered(CallToken(1), Some(200), at(1));
    assert_eq!(deliveries.next_due(at(1)), seconds(0));
    deliveries.send_due(at(1), &host);
    let bodies: Vec<Vec<u8>> = host
        .calls
        .borrow()
        .iter()
        .map(|call| call.body.clone())
        .collect();
    let expected: Vec<Vec<u8>> = (0..3)
        .map(|id| webhook(id).body().as_bytes().to_vec())
        .collect();
    assert_eq!(bodies, expected);
}

#[test]
fn a_call_that_the_host_never_ends_is_ended_and_its_late_answer_is_none() {
    let (mut deliveries, host) = (deliveries(10, 1, 2), Host::default());
    for id in 1..3 {
        put(&mut deliveries, webhook(id), at(0));
    }
    deliveries.send_due(at(0), &host);
    assert!(deliveries.send_due(at_millis(2_499), &host).is_empty());
    assert_eq!((deliveries.under_way(), host.number()), (1, 1));
    assert!(deliveries.send_due(at_millis(2_500), &host).is_empty());
    assert_eq!((deliveries.len(), deliveries.under_way()), (2, 1));
    assert_eq!(host.number(), 2, "another went in its place");
    deliveries.answered(CallToken(2), Some(200), at(3));
    assert_eq!(deliveries.answered(CallToken(1), Some(200), at(3)), None);
    deliveries.send_due(at(60), &host);
    let dropped = deliveries.send_due(at(120), &host);
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].cause, DropCause::GivenUp);
}

#[test]
fn a_host_that_refuses_calls_uses_up_attempts_and_nothing_else() {
    let (mut deliveries, host) = (deliveries(10, 2, 2), Host::default());
    host.refuses.set(true);
    for id in 0..3 {
        put(&mut deliveries, webhook(id), at(0));
    }
    assert!(deliveries.send_due(at(0), &host).is_empty());
    assert_eq!((deliveries.under_way(), deliveries.len()), (0, 3));
    let causes: Vec<DropCause> = deliveries
        .send_due(at(60), &host)
        .into_iter()
        .map(|dropped| dropped.cause)
        .collect();
    assert_eq!(causes, [DropCause::GivenUp; 3]);
}

#[test]
fn what_failed_together_is_not_tried_again_together() {
    let (mut deliveries, host) = (deliveries(200, 200, 2), Host::default());
    for id in 0..100 {
        let mut random = [0; 16];
        random[2..4].copy_from_slice(&(id * 655_u16).to_le_bytes());
        random[12..14].copy_from_slice(&(id * 655_u16).to_be_bytes());
        let webhook = Webhook::new(
            WebhookId::new(random),
            SessionReference::new(&session("x"), key_of("x")),
            &Revocation::new(Sanction::Deny, at(0), at(0), Life::DAY),
            ("login", "tor"),
            None,
        );
        put(&mut deliveries, webhook, at(0));
    }
    deliveries.send_due(at(0), &host);
    for token in 1..=100 {
        deliveries.answered(CallToken(token), None, at(0));
    }
    let mut waits = Vec::new();
    for millis in 1..=500 {
        let before = host.number();
        deliveries.send_due(at_millis(millis * 10), &host);
        waits.push(host.number() - before);
    }
    assert_eq!(waits.iter().sum::<usize>(), 100);
    assert!(waits.iter().max() < Some(&20), "{waits:?}");
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up() {
    let (mut deliveries, host) = (deliveries(10, 1, 5), Host::default());
    put(&mut deliveries, webhook(1), at(HOUR));
    deliveries.send_due(at(HOUR), &host);
    // Its call lasts no longer by the new clock than by the old one.
    deliveries.send_due(at(0), &host);
    assert_eq!(deliveries.under_way(), 1);
    deliveries.send_due(at_millis(2_500), &host);
    let wait = deliveries.next_due(at_millis(2_500)).expect("a wait");
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(5));
    // It waits for a time that is an hour away by the new clock.
    deliveries.send_due(at(HOUR), &host);
    deliveries.answered(host.newest(), None, at(HOUR));
    let calls = host.number();
    assert_eq!(deliveries.next_due(at(0)), seconds(0));
    deliveries.send_due(at(0), &host);
    assert_eq!(host.number(), calls + 1);
}

#[derive(Clone, Debug)]
enum Event {
    Push,
    Send,
    /// The call of this number, counted from the newest, ends so.
    Answer(u32, Option<u16>),
    Refuse(bool),
    Pass(u64),
    SetBack(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Push),
        4 => Just(Event::Send),
        4 => (0_u32..4, prop_oneof![Just(None), Just(Some(200)), Just(Some(503))])
            .prop_map(|(call, status)| Event::Answer(call, status)),
        1 => any::<bool>().prop_map(Event::Refuse),
        3 => (0_u64..30_000).prop_map(Event::Pass),
        1 => (0_u64..100_000).prop_map(Event::SetBack),
    ];
    prop::collection::vec(event, 0..150)
}

proptest! {
    #[test]
    fn nothing_is_lost_silently_and_no_bound_is_passed(
        events in events(), capacity in 1_usize..6, concurrent in 1_usize..4, attempts in 1_u8..4,
    ) {
        let (mut deliveries, host) = (deliveries(capacity, concurrent, attempts), Host::default());
        let (mut pushed, mut delivered, mut dropped) = (0, 0, 0);
        let mut millis = 1_000_000;
        for event in events {
            let now = at_millis(millis);
            match event {
                Event::Push => {
                    pushed += 1;
                    let was = deliveries.len();
                    let penalty = [PenaltyState::Strange, PenaltyState::Known][pushed % 2];
                    let cause = Cause { penalty, ..ANYBODY };
                    let result = deliveries.push(webhook(pushed as u8), cause, now);
                    prop_assert_eq!(result.is_some(), was == capacity);
                    dropped += usize::from(result.is_some());
                }
                Event::Send => dropped += deliveries.send_due(now, &host).len(),
                Event::Answer(call, status) => {
                    let token = CallToken(host.newest().0.saturating_sub(call));
                    match deliveries.answered(token, status, now) {
                        Some(Answered::Delivered(_)) => {
                            prop_assert_eq!(status, Some(200));
                            delivered += 1;
                        }
                        Some(Answered::Dropped(_)) => dropped += 1,
                        Some(Answered::Again) | None => {}
                    }
                }
                Event::Refuse(refuses) => host.refuses.set(refuses),
                Event::Pass(passed) => millis += passed,
                Event::SetBack(by) => millis -= by.min(millis),
            }
            prop_assert!(deliveries.len() <= capacity);
            prop_assert!(deliveries.under_way() <= concurrent);
            prop_assert_eq!(pushed, delivered + dropped + deliveries.len());
            prop_assert!(host.number() <= pushed * usize::from(attempts));
        }
        // Who does what is due when it is due is done in the end, whatever was before.
        host.refuses.set(true);
        for _ in 0..1_000 {
            // What is under way ends by itself.
            let wait = match (deliveries.next_due(at_millis(millis)), deliveries.under_way()) {
                (None, 0) => break,
                (None, _) => Duration::from_millis(2_500),
                (Some(wait), _) => wait,
            };
            millis += u64::try_from(wait.as_millis()).expect("short") + 1;
            dropped += deliveries.send_due(at_millis(millis), &host).len();
        }
        prop_assert_eq!(deliveries.next_due(at_millis(millis)), None);
        prop_assert_eq!(pushed, delivered + dropped);
    }
}

#[test]
fn what_another_had_to_tell_is_told_in_its_order_within_the_bound() {
    let host = Host::default();
    let mut before = deliveries(5, 1, 2);
    for number in 1..=3 {
        assert!(before.push(webhook(number), ANYBODY, at(0)).is_none());
    }
    assert!(before.send_due(at(0), &host).is_empty());
    let old = host.newest();
    let mut next = deliveries(3, 1, 2);
    assert!(next.push(webhook(4), ANYBODY, at(0)).is_none());
    let dropped = next.take_over(before.deliveries, at(1));
    let full = Dropped {
        webhook: webhook(3),
        cause: DropCause::Full,
    };
    assert_eq!(dropped, [full]);
    assert_eq!((next.len(), next.under_way()), (3, 0));
    assert_eq!(
        next.answered(old, Some(204), at(1)),
        None,
        "its calls are over"
    );
    // The first one again, though two attempts are the most: the one that was cut off has not failed.
    for number in [1, 2, 4] {
        assert!(next.send_due(at(1), &host).is_empty());
        let sent = host.calls.borrow().last().expect("a call").body.clone();
        assert_eq!(sent, webhook(number).body().as_bytes());
        assert!(matches!(
            next.answered(host.newest(), Some(204), at(1)),
            Some(Answered::Delivered(_))
        ));
    }
    assert!(next.is_empty());
}

#[test]
fn a_clock_that_is_set_back_makes_no_wait_longer_than_it_is() {
    let (mut deliveries, host) = (deliveries(5, 1, 5), Host::default());
    assert!(deliveries.push(webhook(1), ANYBODY, at(1_000)).is_none());
    assert!(deliveries.send_due(at(1_000), &host).is_empty());
    deliveries.answered(host.newest(), Some(500), at(1_000));
    for earlier in [996, 900, 0] {
        let left = deliveries.next_due(at(earlier)).expect("it waits");
        assert!(left <= Duration::from_secs(5), "{left:?}");
    }
}
