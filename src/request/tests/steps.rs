//! Logins in more than one step, and the application's own lock.

use super::limits::{answered, attempt, limited, signing};
use super::*;
use crate::response::LoginResult;
use crate::route::RouteIndex;

/// Two failures an hour, a success by its cookie, a next step by its place, and the application's lock by its status.
fn policy(more: Value) -> Value {
    let mut policy = limited(
        json!([{
            "name": "failures", "key": ["account", "address"], "count": "failures", "limit": 2, "window": "1h",
            "on_success": "clear",
        }]),
        json!({ "device": {} }),
    );
    let own = json!({
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "next_step": { "header": [{ "name": "location", "equals": "/code" }] },
        "locked": { "status": [423] },
        "failure": "otherwise",
    });
    for fields in [own, more] {
        put(&mut policy["routes"][0], &fields);
    }
    policy
}

/// Attempts once, and lets the application answer with these lines; the device cookie that follows, if the application
/// was asked.
fn tried(engine: &mut Engine, host: &FakeHost, answer: &[(&str, &str)]) -> Option<Option<String>> {
    match attempt(engine, host, &[("x-account", "alice")]) {
        Outcome::Pass(_, Some(watch)) => match watch.headers(&block(answer), true, engine, host) {
            Watched::Done(gift) => Some(gift.cookie),
            Watched::Continues(_) => panic!("a head says all"),
        },
        Outcome::Refuse(_) => None,
        other => panic!("{other:?}"),
    }
}

const CODE: [(&str, &str); 2] = [(":status", "302"), ("location", "/code")];

#[test]
fn a_next_step_is_given_back_and_grants_and_forgives_nothing() {
    let mut engine = signing(&policy(json!({})));
    let host = FakeHost::of("11.0.0.1:1");
    for _ in 0..10 {
        let cookie = tried(&mut engine, &host, &CODE).expect("right logins lock nobody out");
        assert_eq!(cookie, None, "it is not over yet");
    }
    assert!(
        answered(&mut engine, &host, "alice", "200"),
        "the first wrong one"
    );
    tried(&mut engine, &host, &CODE).expect("goes on");
    assert!(answered(&mut engine, &host, "alice", "200"), "the second");
    assert!(
        tried(&mut engine, &host, &CODE).is_none(),
        "nothing was forgiven"
    );
    let (route, result) = (RouteIndex::new(0), LoginResult::NextStep);
    assert_eq!(host.counted(Event::Login { route, result }), 11);
}

#[test]
fn a_success_beside_the_sign_of_a_next_step_makes_no_device() {
    let mut engine = signing(&policy(json!({})));
    let host = FakeHost::of("11.0.0.1:1");
    let both = [CODE[0], CODE[1], ("set-cookie", "sid=1")];
    assert_eq!(tried(&mut engine, &host, &both), Some(None));
    let last = [(":status", "302"), ("set-cookie", "sid=1")];
    assert!(tried(&mut engine, &host, &last).flatten().is_some());
}

#[test]
fn the_applications_lock_counts_unless_the_operator_says_otherwise() {
    let locked = [(":status", "423")];
    for (counts, times) in [(true, 2), (false, 5)] {
        let mut engine = signing(&policy(json!({ "count_locked": counts })));
        let host = FakeHost::of("11.0.0.1:1");
        let all = (0..5).map(|_| tried(&mut engine, &host, &locked));
        assert_eq!(all.flatten().count(), times, "{counts}");
        let (route, result) = (RouteIndex::new(0), LoginResult::Locked);
        assert_eq!(host.counted(Event::Login { route, result }), times);
    }
}

#[test]
fn whoever_hangs_up_has_failed_where_all_that_is_left_is_a_failure() {
    let mut network = policy(json!({}));
    network["limits"][0]["key"] = json!(["address"]);
    network["limits"][0]["on_success"] = json!("keep");
    for (failure, times) in [(json!("otherwise"), 2), (json!({ "status": [401] }), 5)] {
        network["routes"][0]["failure"] = failure;
        let mut engine = signing(&network);
        let host = FakeHost::of("11.0.0.1:1");
        let mut went = 0;
        for _ in 0..5 {
            if let Outcome::Pass(_, Some(watch)) =
                attempt(&mut engine, &host, &[("x-account", "alice")])
            {
                watch.cut_off(&engine, &host);
                went += 1;
            }
        }
        assert_eq!(went, times);
    }
}
