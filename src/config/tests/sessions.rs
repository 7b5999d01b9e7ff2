//! What is kept of sessions, and what becomes of those that are revoked.

use std::time::Duration;

use super::*;

/// With a cookie that is a session, and `session` as it is given.
fn of(session: Value) -> Value {
    with(json!({
        "identity": { "session": [{ "cookie": "sid" }, "bearer"] },
        "signing_keys_env": ["SIGNING_KEY"],
        "session": session,
    }))
}

fn notify(change: Value) -> Value {
    let mut notify = json!({ "cluster": "app", "authority": "app.internal", "path": "/revoked" });
    merge(&mut notify, change);
    of(json!({ "notify": notify }))
}

#[test]
fn sessions_need_no_more_than_to_be_found() {
    let tree = with(json!({ "identity": { "session": [{ "cookie": "sid" }, "bearer"] } }));
    let session = load_tree(&tree).expect("valid").session.expect("sessions");
    assert_eq!(session.max_age.get(), Duration::from_secs(3_600));
    assert_eq!(session.revoke_for.get(), Duration::from_secs(86_400));
    let ended = "sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(session.expired, [ended]);
    assert!(!session.clear_site_data);
    assert!(session.notify.is_none());
    assert!(load_tree(&smallest()).expect("valid").session.is_none());
}

#[test]
fn what_is_given_replaces_what_is_usual() {
    let tree = notify(json!({ "timeout": "10ms", "attempts": 10, "queue": 10_000 }));
    let session = load_tree(&tree).expect("valid").session.expect("sessions");
    let notify = session.notify.expect("notices");
    assert_eq!(notify.timeout, Duration::from_millis(10));
    assert_eq!(notify.attempts.get(), 10);
    assert_eq!(notify.capacity.get(), 10_000);
    let cookies = json!([
        { "name": "__Secure-sid", "path": "/app", "domain": "example.com" },
        { "name": "__Host-sid" },
    ]);
    let tree = of(json!({ "cookies": cookies, "max_age": "1m", "revoke_for": "30d" }));
    let session = load_tree(&tree).expect("valid").session.expect("sessions");
    assert_eq!(
        session.expired,
        [
            "__Secure-sid=; Path=/app; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure",
            "__Host-sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure",
        ]
    );
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_place() {
    for (session, path, words) in [
        (json!({ "max_age": "59s" }), "session.max_age", "1m to 30d"),
        (
            json!({ "revoke_for": "31d" }),
            "session.revoke_for",
            "1m to 30d",
        ),
        (
            json!({ "cookies": [{ "name": "a;b" }] }),
            "session.cookies[0].name",
            "cookie name",
        ),
        (
            json!({ "cookies": [{ "name": "a" }, { "name": "a", "path": "app" }] }),
            "session.cookies[1].path",
            "starts with /",
        ),
        (
            json!({ "cookies": [{ "name": "a", "path": "/; Domain=evil" }] }),
            "session.cookies[0].path",
            "starts with /",
        ),
        (
            json!({ "cookies": [{ "name": "a", "domain": "a;b" }] }),
            "session.cookies[0].domain",
            "example.com",
        ),
        (
            json!({ "cookies": [{ "name": "__Host-a", "domain": "example.com" }] }),
            "session.cookies[0]",
            "no domain",
        ),
        (
            json!({ "cookies": [{ "name": "__host-a", "path": "/app" }] }),
            "session.cookies[0]",
            "the path /",
        ),
    ] {
        refused(&of(session), path, words);
    }
    for (change, path, words) in [
        (
            json!({ "cluster": "" }),
            "session.notify.cluster",
            "cluster",
        ),
        (
            json!({ "path": "revoked" }),
            "session.notify.path",
            "starts with /",
        ),
        (
            json!({ "path": "/a#b" }),
            "session.notify.path",
            "starts with /",
        ),
        (
            json!({ "timeout": "31s" }),
            "session.notify.timeout",
            "10ms to 30s",
        ),
        (
            json!({ "attempts": 0 }),
            "session.notify.attempts",
            "1 to 10",
        ),
        (
            json!({ "attempts": 11 }),
            "session.notify.attempts",
            "1 to 10",
        ),
        (json!({ "queue": 0 }), "session.notify.queue", "1 to 10000"),
        (
            json!({ "queue": 10_001 }),
            "session.notify.queue",
            "1 to 10000",
        ),
    ] {
        refused(&notify(change), path, words);
    }
    let mut unsigned = notify(json!({}));
    unsigned["signing_keys_env"] = Value::Null;
    refused(&unsigned, "session.notify", "signing_keys_env");
    refused(
        &with(json!({ "session": {} })),
        "session",
        "identity.session",
    );
    let small = json!({ "identity": { "session": [{ "cookie": "sid" }] }, "session": { "memory": "63KiB" } });
    refused(&with(small), "session.memory", "64KiB to 1GiB");
}

#[test]
fn a_route_that_judges_sessions_needs_to_know_where_they_stand() {
    let mut tree = with_api(json!({}));
    tree["routes"][0]["lookup"] = json!("session");
    refused(&tree, "routes[0].lookup", "identity.session");
    tree["identity"] = json!({ "session": [{ "cookie": "sid" }] });
    let policy = load_tree(&tree).expect("valid");
    assert!(!policy.protections[0].heeds_revocations, "nobody revokes");
    tree["routes"][0]["lookup"] = json!("background");
    let policy = load_tree(&tree).expect("valid");
    assert!(policy.protections[0].heeds_revocations);
    tree["routes"][0]["on_revoked"] = json!("ignore");
    let policy = load_tree(&tree).expect("valid");
    assert!(!policy.protections[0].heeds_revocations);
}
