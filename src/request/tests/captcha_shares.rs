//! How many tokens are verified for whom.

use super::captchas::{REFUSED, SOLVED, captcha, problem, scene, send, with_token};
use super::challenges::earned;
use super::limits::signing;
use super::*;
use crate::telemetry::CaptchaResult;

/// Sends so many made-up tokens from an address; what the last one is asked for.
fn make_up(engine: &mut Engine, host: &FakeHost, address: &str, many: usize) -> Value {
    host.set_peer(address);
    let mut last = Value::Null;
    for number in 0..many {
        let token = format!("made-up-{number}-{}", host.call_count());
        last = problem(with_token(engine, host, &token, Some((200, REFUSED))));
    }
    last
}

#[test]
fn an_address_has_so_many_tokens_verified_and_its_network_twice_that() {
    let (mut engine, host) = scene(json!({}));
    for (address, asked, too_many) in [
        ("11.0.0.1:1", 50, 10),
        ("11.0.0.2:1", 100, 20),
        ("11.0.0.3:1", 100, 80),
    ] {
        let last = make_up(&mut engine, &host, address, 60);
        assert_eq!(last["answer_in"], "x-palisade-solution", "no dead end");
        assert_eq!(last["altcha"]["maxnumber"], 5_000_000, "nor an easy way");
        assert_eq!(host.call_count(), asked);
        assert_eq!(
            host.counted(Event::Captcha(CaptchaResult::TooMany)),
            too_many
        );
    }
    host.set_peer("11.0.1.1:1");
    earned(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
    let policy = captcha(json!({})).to_string();
    let policy = policy.replace("11.0.0.0/8", "2600::/16");
    let mut engine = signing(&serde_json::from_str(&policy).expect("JSON"));
    let host = FakeHost::of("192.0.2.1:1");
    for number in 0..110 {
        // Another /64 of one rented /48 each time.
        let address = format!("[2600:db00:1:{number:x}::1]:1");
        make_up(&mut engine, &host, &address, 1);
    }
    assert_eq!(host.call_count(), 100);
}

#[test]
fn who_wants_only_captchas_asks_for_them_over_the_share_as_well() {
    let (mut engine, host) = scene(json!({ "on_unavailable": "deny" }));
    let last = make_up(&mut engine, &host, "11.0.0.1:1", 60);
    assert_eq!(last["answer_in"], "x-palisade-captcha");
    let (mut engine, host) = scene(json!({ "on_unavailable": "allow" }));
    let last = make_up(&mut engine, &host, "11.0.0.1:1", 60);
    assert_eq!(last["answer_in"], "x-palisade-solution");
}

#[test]
fn a_token_that_nobody_is_asked_about_costs_nothing() {
    let (mut engine, host) = scene(json!({}));
    for _ in 0..500 {
        refused(with_token(&mut engine, &host, "junk", Some((200, REFUSED))));
    }
    assert_eq!(host.call_count(), 1);
    assert_eq!(host.counted(Event::Captcha(CaptchaResult::Replayed)), 499);
    let unreachable = crate::callout::CallError::NoHealthyHost;
    host.refusing.set(Some(unreachable));
    make_up(&mut engine, &host, "11.0.0.1:1", 200);
    host.refusing.set(None);
    // What pages of another site have a visitor's browser send spends nothing of his own share.
    for number in 0..80 {
        let token = format!("tossed-{number}");
        let head = [
            ("sec-fetch-site", "cross-site"),
            ("x-palisade-captcha", token.as_str()),
        ];
        refused(send(&mut engine, &host, &head, None, Some((200, REFUSED))));
    }
    assert_eq!(host.call_count(), 51);
    earned(with_token(&mut engine, &host, "t1", Some((200, SOLVED))));
    host.set_peer("11.0.0.2:1");
    earned(with_token(&mut engine, &host, "t2", Some((200, SOLVED))));
}
