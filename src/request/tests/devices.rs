//! Known devices, and links that lift a lock.

use super::limits::{SECRET, answered, attempt, goes_on, limited, named, signing};
use super::*;
use crate::signing::{Secret, SigningKeys};
use crate::telemetry::UnlockResult;
use crate::unlock::Unlock;

#[test]
fn a_known_device_logs_in_while_strangers_hammer_its_account() {
    let mut engine = signing(&named(
        json!([{ "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" }]),
        json!({ "device": {} }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let Outcome::Pass(_, Some(watch)) = attempt(&mut engine, &host, &[("x-account", "alice")])
    else {
        panic!("the first login passes");
    };
    let Watched::Done(Gift {
        cookie: Some(set), ..
    }) = watch.headers(&block(&[(":status", "302")]), true, &engine, &host)
    else {
        panic!("a success makes the device known");
    };
    let cookie = set.split(';').next().expect("a cookie");
    for _ in 0..5 {
        answered(&mut engine, &host, "alice", "401");
    }
    assert!(
        !answered(&mut engine, &host, "alice", "200"),
        "strangers are locked out"
    );
    let mut known = |account: &str| {
        goes_on(&attempt(
            &mut engine,
            &host,
            &[("x-account", account), ("cookie", cookie)],
        ))
    };
    assert!(known("alice"));
    assert_eq!(host.counted(Event::DeviceKnown), 1);
    for _ in 0..3 {
        known("bob");
    }
    assert!(!known("bob"), "the cookie is alice's");
}

#[test]
fn an_unlock_link_lifts_the_lock_of_one_account_once() {
    let limits = json!([{ "name": "failures", "key": ["account"], "count": "failures", "limit": 1, "window": "1h" }]);
    let links = json!({ "unlock": { "path": "/unlock", "redirect": "/login" } });
    let mut engine = signing(&limited(limits, links));
    let host = FakeHost::of("11.0.0.1:1");
    for account in ["alice", "bob"] {
        answered(&mut engine, &host, account, "401");
        assert!(!answered(&mut engine, &host, account, "200"));
    }
    let keys = SigningKeys::new(&[Secret::parse(SECRET).expect("a secret")]).expect("keys");
    let expiry = u64::from(host.time().seconds()) + 60;
    let token = Unlock::new(b"Alice", expiry, "0123456789abcdef")
        .expect("a token")
        .token(&keys);
    let mut follow = |target: &str, method: &str| {
        let headers = block(&[
            (":method", method),
            (":path", target),
            (":authority", "example.com"),
        ]);
        match outcome(&mut engine, &host, &headers, "") {
            Outcome::Answer(reply) => {
                assert_eq!(reply.status, 303);
                header(&reply.headers, "location")
                    .expect("a location")
                    .to_owned()
            }
            Outcome::Unprotected { .. } => "none of ours".to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let link = format!("/unlock?token={token}");
    assert_eq!(follow(&link, "HEAD"), "none of ours");
    assert_eq!(follow(&format!("{link}x"), "GET"), "/login?unlock=invalid");
    assert_eq!(
        follow(&format!("{link}&token={token}"), "GET"),
        "/login?unlock=invalid"
    );
    assert_eq!(follow(&link, "GET"), "/login?unlock=done");
    assert_eq!(follow(&link, "GET"), "/login?unlock=used");
    assert!(answered(&mut engine, &host, "alice", "401"), "unlocked");
    assert!(!answered(&mut engine, &host, "bob", "200"), "still locked");
    host.pass(61);
    let headers = block(&[(":method", "GET"), (":path", &link)]);
    outcome(&mut engine, &host, &headers, "");
    assert_eq!(host.counted(Event::Unlock(UnlockResult::Expired)), 1);
}

#[test]
fn an_unlock_link_followed_on_a_known_device_unlocks_that_as_well() {
    let mut policy = named(
        json!([{ "name": "account", "key": ["account"], "limit": 1, "window": "1h" }]),
        json!({ "device": {}, "unlock": { "path": "/unlock", "redirect": "/login" } }),
    );
    policy["routes"][0]["sets_device"] = true.into();
    let mut engine = signing(&policy);
    let host = FakeHost::of("11.0.0.1:1");
    let Outcome::Pass(_, Some(watch)) = attempt(&mut engine, &host, &[("x-account", "alice")])
    else {
        panic!("the first login passes");
    };
    let Watched::Done(Gift {
        cookie: Some(set), ..
    }) = watch.headers(&block(&[(":status", "200")]), true, &engine, &host)
    else {
        panic!("a success makes the device known");
    };
    let cookie = set.split(';').next().expect("a cookie");
    let lines = [("x-account", "alice"), ("cookie", cookie)];
    assert!(goes_on(&attempt(&mut engine, &host, &lines)));
    assert!(!goes_on(&attempt(&mut engine, &host, &lines)));
    let expiry = u64::from(host.time().seconds()) + 60;
    let keys = SigningKeys::new(&[Secret::parse(SECRET).expect("a secret")]).expect("keys");
    let unlock = Unlock::new(b"alice", expiry, "0123456789abcdef").expect("a token");
    let link = format!("/unlock?token={}", unlock.token(&keys));
    let headers = block(&[(":method", "GET"), (":path", &link), ("cookie", cookie)]);
    outcome(&mut engine, &host, &headers, "");
    assert!(goes_on(&attempt(&mut engine, &host, &lines)));
}
