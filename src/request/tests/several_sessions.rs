//! Requests that carry several sessions, some of them revoked.

use super::challenges::{earned, solve};
use super::sessions::{VPN, get, scene};
use super::*;

/// What becomes of a visit with these cookies, and the cookies that the application gets in their place.
fn visit(
    engine: &mut Engine,
    host: &FakeHost,
    (path, cookies): (&str, &str),
) -> (String, Option<String>) {
    let lines = [(":method", "GET"), (":path", path), ("cookie", cookies)];
    match outcome(engine, host, &block(&lines), "") {
        Outcome::Pass(pass, _) => {
            let line = pass
                .request_cookies
                .map(|line| String::from_utf8(line).expect("text"));
            ("pass".to_owned(), line)
        }
        Outcome::Refuse(refused) => {
            let is_signed_out = header(&refused.reply.headers, "set-cookie").is_some();
            (
                refused.reply.details,
                is_signed_out.then(|| "signed out".to_owned()),
            )
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_revoked_session_among_others_is_taken_out_and_ends_no_other() {
    let (mut engine, host) = scene(json!({}));
    get(&mut engine, &host, ("/login", "stolen"), TOR);
    get(&mut engine, &host, ("/login", "other"), TOR);
    get(
        &mut engine,
        &host,
        ("/login", "longer-than-one-cookie"),
        TOR,
    );
    host.set_peer("192.0.2.77:1");
    let mut seen = |cookies: &str| visit(&mut engine, &host, ("/account", cookies));
    let goes_on = |cookies: &str| ("pass".to_owned(), Some(cookies.to_owned()));
    let tossed = "sid=t1; sid=t2; sid=t3; sid=t4; sid=t5; ";
    assert_eq!(
        seen(&format!("{tossed}sid=mine")),
        ("pass".to_owned(), None)
    );
    for (cookies, left) in [
        ("sid=stolen; sid=mine", "sid=mine"),
        ("a=b; sid=mine; sid=stolen; c=d", "a=b; sid=mine; c=d"),
        ("sid=stolen; sid=other; sid=mine; sid=stolen", "sid=mine"),
        ("x=1, sid=stolen; sid=mine", "sid=mine"),
        ("sid.0=longer-than-; sid.1=one-cookie; sid=mine", "sid=mine"),
        // So many readings are looked at of no request.
        (
            "sid=j:{a,b,c,d}; sid=j:{e,f,g,h}; sid=j:{i,k,l,m}; sid=j:{n,o,p,q}; sid=mine",
            "sid=mine",
        ),
    ] {
        assert_eq!(seen(cookies), goes_on(left), "{cookies}");
    }
    let signed_out = Some("signed out".to_owned());
    let revoked = "palisade_denied_session_revoked".to_owned();
    for cookies in [
        "sid=stolen",
        "sid=stolen; sid=other",
        "sid=stolen; sid=stolen; a=b",
    ] {
        assert_eq!(
            seen(cookies),
            (revoked.clone(), signed_out.clone()),
            "{cookies}"
        );
    }
    // Of more than anybody reads nobody knows which one the application takes; but nobody is signed out for it.
    let many: String = (0..16)
        .map(|number| format!("sid=tossed-{number}; "))
        .collect();
    let unreadable = "palisade_denied_session_unreadable".to_owned();
    assert_eq!(seen(&format!("{many}sid=mine")), (unreadable, None));
    // A path is no cookie: the request is refused, and the session of the cookie goes on living.
    let by_path = visit(
        &mut engine,
        &host,
        ("/account;jsessionid=stolen", "sid=mine"),
    );
    assert!(
        by_path == (revoked, None) || by_path.0 == "pass",
        "{by_path:?}"
    );
}

#[test]
fn monitor_mode_takes_no_session_out_of_a_request() {
    let (mut engine, host) = scene(json!({
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "lookup": "background" },
            { "name": "account", "match": { "path": "/account" }, "lookup": "off", "rules": [], "mode": "monitor" },
        ],
    }));
    get(&mut engine, &host, ("/login", "stolen"), TOR);
    let seen = visit(&mut engine, &host, ("/account", "sid=stolen; sid=mine"));
    assert_eq!(seen, ("pass".to_owned(), None));
}

#[test]
fn who_answers_for_one_session_answers_for_no_other() {
    let (mut engine, host) = scene(json!({}));
    for (session, address) in [("one", "11.0.0.1:1"), ("two", "11.0.1.1:1")] {
        host.set_peer(address);
        get(&mut engine, &host, ("/login", session), VPN);
    }
    host.set_peer("192.0.2.77:1");
    let asked = refused(get(&mut engine, &host, ("/account", "one"), "").0);
    let solution = solve(&asked);
    let lines = [
        (":method", "GET"),
        (":path", "/account"),
        ("cookie", "sid=one"),
        ("x-palisade-solution", &solution),
    ];
    let clearance = earned(outcome(&mut engine, &host, &block(&lines), ""));
    for (session, expected) in [
        ("one", "pass"),
        ("two", "palisade_challenged_session_revoked"),
    ] {
        let cookies = format!("sid={session}; {clearance}");
        let (found, _) = visit(&mut engine, &host, ("/account", &cookies));
        assert_eq!(found, expected, "{session}");
    }
}
