//! Limits, from the request to the application's answer.

use super::challenges::solve;
use super::*;
use crate::identity::account::BodyBytes;
use crate::response::LoginResult;
use crate::response::Origin;
use crate::route::RouteIndex;
use crate::telemetry::LimitResult;

pub(super) const SECRET: &str = "a-signing-key-of-the-tests-0123456789";

/// A login route with these limits; the account stands in a header, so that no body is needed.
pub(super) fn limited(limits: Value, more: Value) -> Value {
    let names: Vec<&Value> = limits.as_array().expect("a list").iter().collect();
    let names: Vec<&Value> = names.into_iter().map(|limit| &limit["name"]).collect();
    let mut policy = json!({
        "identity": { "account": [{ "header": "x-account" }], "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["KEY"],
        "limits": limits,
        "routes": [{ "name": "login", "match": { "path": "/login" }, "limits": names, "rules": [] }],
    });
    put(&mut policy, &more);
    policy
}

/// The same, where success is named.
pub(super) fn named(limits: Value, more: Value) -> Value {
    let mut policy = limited(limits, more);
    policy["routes"][0]["success"] = json!({ "status": ["2xx", "3xx"] });
    policy
}

pub(super) fn signing(policy: &Value) -> Engine {
    let environment = |_: &str| Some(SECRET.to_owned());
    let policy = config::load(policy.to_string().as_bytes(), &environment).expect("valid");
    expect_metrics_of(&policy);
    Engine::new(policy, "test", [0; 16])
}

pub(super) fn attempt(engine: &mut Engine, host: &FakeHost, more: &[(&str, &str)]) -> Outcome {
    outcome(engine, host, &login(more), CLEAN)
}

/// Attempts once for `account`, and lets the application answer with this status; whether it was asked.
pub(super) fn answered(engine: &mut Engine, host: &FakeHost, account: &str, status: &str) -> bool {
    match attempt(engine, host, &[("x-account", account)]) {
        Outcome::Pass(_, Some(watch)) => {
            let done = watch.headers(&block(&[(":status", status)]), true, engine, host);
            assert!(matches!(done, Watched::Done(_)), "{done:?}");
            true
        }
        Outcome::Pass(_, None) => panic!("nobody watches the answer"),
        Outcome::Refuse(_) => false,
        other => panic!("{other:?}"),
    }
}

pub(super) fn goes_on(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Pass(..))
}

#[test]
fn so_many_failures_lock_an_account_and_no_success_in_between_does() {
    let mut engine = signing(&limited(
        json!([{ "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let mut tried = |account: &str, status: &str| answered(&mut engine, &host, account, status);
    for status in ["401", "200", "401", "302", "200"] {
        assert!(tried("alice", status), "{status}");
    }
    assert!(tried("alice", "500"), "may be the third failure");
    assert!(!tried("alice", "200"));
    assert!(!tried("ALICE", "200"), "the same account");
    assert!(tried("bob", "401"));
    let route = RouteIndex::new(0);
    for (result, times) in [
        (LoginResult::Failure, 3),
        (LoginResult::Success, 3),
        (LoginResult::Neither, 1),
    ] {
        assert_eq!(host.counted(Event::Login { route, result }), times);
    }
}

#[test]
fn attempts_under_way_count_as_failures_until_they_are_known_not_to_be() {
    let mut engine = signing(&limited(
        json!([{ "name": "failures", "key": ["account"], "count": "failures", "limit": 2, "window": "1h" }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let begin = |engine: &mut Engine| attempt(engine, &host, &[("x-account", "alice")]);
    let watches: Vec<Box<Watch>> = (0..2)
        .map(|_| match begin(&mut engine) {
            Outcome::Pass(_, Some(watch)) => watch,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(!goes_on(&begin(&mut engine)), "both may turn out to fail");
    let mut watches = watches.into_iter();
    let succeeded = watches.next().expect("two");
    succeeded.headers(&block(&[(":status", "200")]), true, &engine, &host);
    assert!(goes_on(&begin(&mut engine)));
    watches.next().expect("two").cut_off(&engine, &host);
    assert!(!goes_on(&begin(&mut engine)), "nobody knows how it ended");
}

#[test]
fn only_a_failure_that_takes_the_last_place_is_told_to_its_counter_again() {
    let mut engine = signing(&limited(
        json!([{
            "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h",
            "block_for": "2h",
        }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    for (number, visits) in [(1, 0), (2, 0), (3, 1)] {
        let outcome = attempt(&mut engine, &host, &[("x-account", "alice")]);
        let Outcome::Pass(_, Some(watch)) = outcome else {
            panic!("{outcome:?}");
        };
        host.read.borrow_mut().clear();
        watch.headers(&block(&[(":status", "401")]), true, &engine, &host);
        assert_eq!(host.read.borrow().len(), visits, "failure {number}");
    }
    host.pass(90 * 60);
    let outcome = attempt(&mut engine, &host, &[("x-account", "alice")]);
    assert!(!goes_on(&outcome), "the limit is broken");
}

#[test]
fn an_error_that_envoy_makes_itself_is_no_failure() {
    let mut engine = signing(&limited(
        json!([{ "name": "failures", "key": ["account"], "count": "failures", "limit": 1, "window": "1h" }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    host.origin.set(Some(Origin::Undelivered));
    for _ in 0..3 {
        assert!(answered(&mut engine, &host, "alice", "403"));
    }
    host.origin.set(None);
    assert!(answered(&mut engine, &host, "alice", "403"));
    assert!(!answered(&mut engine, &host, "alice", "200"));
}

#[test]
fn what_one_limit_refuses_does_not_use_up_another() {
    let mut engine = signing(&limited(
        json!([
            { "name": "session", "key": ["session"], "count": "failures", "limit": 5, "window": "1h" },
            { "name": "account", "key": ["account"], "limit": 1, "window": "1h" },
        ]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let mut begin = |account: &str| {
        let lines = [("x-account", account), ("cookie", "sid=s")];
        goes_on(&attempt(&mut engine, &host, &lines))
    };
    assert!(begin("alice"));
    for _ in 0..10 {
        assert!(!begin("alice"), "the account is used up");
    }
    for number in 0..4 {
        assert!(
            begin(&format!("bob-{number}")),
            "the session is not: {number}"
        );
    }
    assert!(!begin("carol"), "until five attempts of it are under way");
}

#[test]
fn a_challenged_attempt_counts_once_when_it_comes_again_with_its_solution() {
    let mut engine = signing(&limited(
        json!([
            { "name": "attempts", "key": ["subnet"], "limit": 6, "window": "1h" },
            { "name": "spray", "key": ["subnet"], "count": "distinct(account)", "limit": 2, "window": "1h",
              "then": "challenge" },
        ]),
        json!({ "challenge": { "difficulty": 1000 } }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let mut send = |number: u32, solution: Option<&str>| {
        let account = format!("user-{number}");
        let mut lines = vec![("x-account", &*account)];
        lines.extend(solution.map(|solution| ("x-palisade-solution", solution)));
        attempt(&mut engine, &host, &lines)
    };
    let status = |outcome: Outcome| super::refused(outcome).reply.status;
    for number in 0..2 {
        assert!(goes_on(&send(number, None)));
    }
    for number in 2..5 {
        for _ in 0..5 {
            assert_eq!(status(send(number, None)), 403, "it is only challenged");
        }
        let solution = solve(&super::refused(send(number, None)));
        assert!(goes_on(&send(number, Some(&solution))), "{number}");
    }
    // An answer that is none has been an attempt, as the sixth that goes on would be.
    assert_eq!(status(send(9, Some("nonsense"))), 403);
    assert_eq!(status(send(9, None)), 429);
}

#[test]
fn an_attempt_counts_although_it_is_challenged_where_refused_ones_do() {
    let mut engine = signing(&limited(
        json!([
            { "name": "all", "key": ["subnet"], "limit": 3, "window": "1h", "count_refused": true },
            { "name": "busy", "key": ["subnet"], "limit": 1, "window": "1h", "then": "challenge" },
        ]),
        json!({ "challenge": { "difficulty": 1000 } }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    assert!(goes_on(&attempt(&mut engine, &host, &[])));
    let mut status = || {
        super::refused(attempt(&mut engine, &host, &[]))
            .reply
            .status
    };
    assert_eq!([status(), status(), status()], [403, 403, 429]);
}

#[test]
fn volume_alone_never_refuses_a_mobile_carrier() {
    let limit = json!([{ "name": "subnet", "key": ["subnet"], "limit": 10, "window": "1m" }]);
    let api = json!({ "intelligence": { "provider": {
        "preset": "ipasis",
        "fields": { "mobile": ["mobile"], "vpn": ["privacy.VPN"] },
    }, "cluster": "ipasis", "api_key_env": "KEY" } });
    let agent = |number: usize| {
        format!(
            "Mozilla/5.0 (Linux; Android {number}; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
        )
    };
    const MOBILE: &str = r#"{"mobile": true, "privacy": {"VPN": false}}"#;
    const VPN: &str = r#"{"mobile": true, "privacy": {"VPN": true}}"#;
    const FIXED: &str = r#"{"mobile": false, "privacy": {"VPN": false}}"#;
    for (answer, agents, expected) in [
        (MOBILE, 8, 30),
        (MOBILE, 1, 10),
        (VPN, 8, 10),
        (FIXED, 8, 10),
    ] {
        let mut engine = signing(&limited(limit.clone(), api.clone()));
        let host = FakeHost::of("11.0.0.1:1");
        let passed = (0..30).filter(|number| {
            let agent = agent(number % agents);
            goes_on(&outcome(
                &mut engine,
                &host,
                &login(&[("user-agent", &agent)]),
                answer,
            ))
        });
        assert_eq!(passed.count(), expected, "{answer} {agents}");
        let spared = host.counted(Event::LimitHit {
            route: crate::route::RouteIndex::new(0),
            limit: crate::decision::LimitIndex(0),
            result: LimitResult::Spared,
        });
        assert_eq!(spared, expected - 10, "{answer} {agents}");
    }
}

#[test]
fn a_scripted_agent_or_failures_are_evidence_against_a_mobile_carrier() {
    let api = json!({ "intelligence": { "provider": {
        "preset": "ipasis",
        "fields": { "mobile": ["mobile"], "vpn": ["privacy.VPN"] },
    }, "cluster": "ipasis", "api_key_env": "KEY" } });
    const MOBILE: &str = r#"{"mobile": true, "privacy": {"VPN": false}}"#;
    let limit = json!([
        { "name": "subnet", "key": ["subnet"], "limit": 10, "window": "1m" },
        { "name": "failures", "key": ["account"], "count": "failures", "limit": 1000, "window": "1m" },
    ]);
    for (agent, status, expected) in [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1 v",
            "200",
            30,
        ),
        ("curl/8 v", "200", 10),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1 v",
            "401",
            10,
        ),
    ] {
        let mut engine = signing(&limited(limit.clone(), api.clone()));
        let host = FakeHost::of("11.0.0.1:1");
        let mut passed = 0;
        for number in 0..30 {
            let agent = format!("{agent}{number}");
            let lines = [("user-agent", agent.as_str()), ("x-account", "a")];
            if let Outcome::Pass(_, Some(watch)) =
                outcome(&mut engine, &host, &login(&lines), MOBILE)
            {
                passed += 1;
                watch.headers(&block(&[(":status", status)]), true, &engine, &host);
            }
        }
        assert_eq!(passed, expected, "{agent} {status}");
    }
}

#[test]
fn a_list_exempts_from_network_limits_but_not_from_account_limits() {
    let mut engine = signing(&limited(
        json!([
            { "name": "subnet", "key": ["subnet"], "limit": 1, "window": "1h" },
            { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
        ]),
        json!({ "lists": [{ "name": "office", "cidrs": ["11.0.0.0/24"], "then": "allow" }] }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let passed =
        (0..10).filter(|_| goes_on(&attempt(&mut engine, &host, &[("x-account", "alice")])));
    assert_eq!(passed.count(), 3);
    host.set_peer("11.0.1.1:1");
    let passed = (0..10).filter(|_| goes_on(&attempt(&mut engine, &host, &[("x-account", "bob")])));
    assert_eq!(passed.count(), 1);
}

#[test]
fn what_is_only_watched_is_told_and_refuses_nothing() {
    let mut engine = signing(&limited(
        json!([
            { "name": "watched", "key": ["subnet"], "limit": 1, "window": "1h", "mode": "monitor" },
            { "name": "noted", "key": ["subnet"], "limit": 1, "window": "1h", "then": "annotate" },
            { "name": "stepped", "key": ["subnet"], "limit": 1, "window": "1h", "then": "step_up" },
        ]),
        json!({ "annotate": { "headers": ["verdict", "reason", "limits"] } }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let first = passed(attempt(&mut engine, &host, &[("x-account", "alice")]));
    assert_eq!(header(&first, "x-palisade-limits"), None);
    let second = passed(attempt(&mut engine, &host, &[("x-account", "alice")]));
    assert_eq!(
        header(&second, "x-palisade-limits"),
        Some("watched,noted,stepped")
    );
    assert_eq!(header(&second, "x-palisade-monitored"), Some("limit"));
    assert_eq!(header(&second, "x-palisade-verdict"), Some("step_up"));
    assert_eq!(header(&second, "x-palisade-reason"), Some("stepped"));
}

#[test]
fn a_quota_is_told_of_networks_and_never_of_accounts() {
    for (key, told) in [("subnet", true), ("account", false)] {
        let mut engine = signing(&limited(
            json!([{ "name": "limit", "key": [key], "limit": 1, "window": "1h" }]),
            json!({}),
        ));
        let host = FakeHost::of("11.0.0.1:1");
        attempt(&mut engine, &host, &[("x-account", "alice")]);
        let reply = refused(attempt(&mut engine, &host, &[("x-account", "alice")])).reply;
        assert_eq!(reply.status, 429);
        for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
            assert_eq!(header(&reply.headers, name).is_some(), told, "{key} {name}");
        }
    }
}

#[test]
fn a_success_forgives_what_failed_from_its_network_and_from_no_other() {
    let mut engine = signing(&named(
        json!([{
            "name": "failures", "key": ["account", "subnet"], "count": "failures", "limit": 2, "window": "1h",
            "on_success": "clear",
        }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let mut tried = |peer: &str, status: &str| {
        host.set_peer(peer);
        answered(&mut engine, &host, "alice", status)
    };
    assert!(tried("11.0.0.1:1", "401"));
    assert!(tried("11.0.1.1:1", "401"));
    assert!(tried("11.0.0.2:1", "200"));
    assert!(tried("11.0.0.1:1", "401"));
    assert!(tried("11.0.0.1:1", "401"), "the first one is forgiven");
    assert!(!tried("11.0.0.1:1", "200"));
    assert!(tried("11.0.1.1:1", "401"), "not forgiven");
    assert!(!tried("11.0.1.1:1", "200"));
}

#[test]
fn a_body_is_waited_for_when_only_it_tells_the_account() {
    let mut engine = signing(&limited(
        json!([{ "name": "account", "key": ["account"], "limit": 1, "window": "1h" }]),
        json!({ "identity": { "account": [{ "form": "email" }] } }),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let mut send =
        |body: BodyBytes<'_>| match engine.begin(&login(&form), false, StreamId(1), &host) {
            Progress::Step(Step::Reads(reading)) => done(reading.finish(body, &mut engine, &host)),
            other => panic!("{other:?}"),
        };
    assert!(goes_on(&send(BodyBytes::Whole(b"email=alice"))));
    for (body, reason) in [
        (BodyBytes::Whole(b"email=alice"), "palisade_limited_account"),
        (BodyBytes::Absent, "palisade_denied_account_missing"),
        (BodyBytes::TooLarge, "palisade_denied_account_too_large"),
    ] {
        assert_eq!(refused(send(body)).reply.details, reason);
    }
}

#[test]
fn several_sessions_in_one_request_are_all_counted() {
    let mut engine = signing(&limited(
        json!([{ "name": "session", "key": ["session"], "limit": 2, "window": "1h" }]),
        json!({}),
    ));
    let host = FakeHost::of("11.0.0.1:1");
    let mut send = |cookie: &str| goes_on(&attempt(&mut engine, &host, &[("cookie", cookie)]));
    assert!(send("sid=stolen"));
    assert!(send("sid=fresh-1; sid=stolen"));
    assert!(
        !send("sid=fresh-2; sid=stolen"),
        "a made-up cookie beside it helps nothing"
    );
    assert!(!send("sid=stolen; sid=fresh-3"));
    assert!(send("sid=fresh-4"));
}
