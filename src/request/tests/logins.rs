//! What becomes of logins, and what follows from it.

use super::*;

/// Else whoever asks for a password reset had as many counters as cookies to guess with.
#[test]
fn a_route_that_succeeds_for_strangers_makes_nobody_a_known_device() {
    let route = |name: &str, limit: &str, more: Value| {
        let mut route = json!({
            "name": name, "match": { "path": format!("/{name}") }, "rules": [], "limits": [limit],
            "success": { "status": ["2xx", "3xx"] },
        });
        let fields = route.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        route
    };
    let policy = json!({
        "identity": { "account": [{ "header": "x-account" }] },
        "signing_keys_env": ["KEY"],
        "device": {},
        "limits": [
            { "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
            { "name": "attempts", "key": ["account", "route"], "limit": 9, "window": "1h" },
        ],
        "routes": [
            route("login", "failures", json!({})),
            route("reset", "attempts", json!({})),
            route("api", "attempts", json!({ "failure": { "status": [401] } })),
            route("signup", "failures", json!({ "sets_device": false })),
            route("sso", "attempts", json!({ "sets_device": true })),
        ],
    });
    let environment = |_: &str| Some("a-signing-key-of-the-tests-0123456789".to_owned());
    let policy = config::load(policy.to_string().as_bytes(), &environment).expect("valid");
    expect_metrics_of(&policy);
    let mut engine = Engine::new(policy, "test", [0; 16]);
    let host = FakeHost::of("11.0.0.1:1");
    for (path, sets) in [
        ("/login", true),
        ("/reset", false),
        ("/api", true),
        ("/signup", false),
        ("/sso", true),
    ] {
        let head = block(&[
            (":method", "POST"),
            (":path", path),
            (":authority", "example.com"),
            ("x-account", "alice"),
        ]);
        let Outcome::Pass(_, watch) = outcome(&mut engine, &host, &head, "") else {
            panic!("{path} goes on");
        };
        let set = watch.is_some_and(|watch| {
            let answer = block(&[(":status", "200")]);
            let done = watch.headers(&answer, true, &engine, &host);
            matches!(
                done,
                Watched::Done(Gift {
                    cookie: Some(_),
                    ..
                })
            )
        });
        assert_eq!(set, sets, "{path}");
    }
}

#[test]
fn an_uncounted_attempt_gives_back_nothing_of_others() {
    let mut engine = engine(&policy(json!({
        "identity": { "account": [{ "header": "x-user" }] },
        "limits": [{
            "name": "failures", "key": ["account"], "count": "failures", "limit": 1,
            "window": "1h", "on_uncounted": "allow",
        }],
        "routes": [{ "name": "login", "match": { "path": "/login" }, "lookup": "off", "limits": ["failures"] }],
    })));
    let host = FakeHost::of("11.0.0.1:1");
    let mut attempt = || outcome(&mut engine, &host, &login(&[("x-user", "alice")]), CLEAN);
    host.contended.set(true);
    let uncounted = attempt();
    host.contended.set(false);
    let reserved = attempt();
    let (Outcome::Pass(_, Some(uncounted)), Outcome::Pass(_, Some(_))) = (uncounted, reserved)
    else {
        panic!("both go on and are watched");
    };
    uncounted.headers(&block(&[(":status", "200")]), true, &engine, &host);
    let third = outcome(&mut engine, &host, &login(&[("x-user", "alice")]), CLEAN);
    assert!(matches!(third, Outcome::Refuse(_)), "{third:?}");
}

#[test]
fn what_envoy_answers_itself_is_read_by_its_status_and_never_a_success() {
    let mut policy = policy(json!({
        "identity": {"account": [{"header": "x-account"}]},
        "limits": [{"name": "logins", "key": ["account"], "count": "failures", "limit": 3, "window": "1h"}],
    }));
    policy["routes"][0]["limits"] = json!(["logins"]);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    let plain: &[(&str, &str)] = &[(":status", "401")];
    let timed = &[(":status", "401"), ("x-envoy-upstream-service-time", "3")];
    let accepted = &[(":status", "200")];
    let late = &[(":status", "504")];
    for (origin, answer, result) in [
        (Origin::Application, plain, LoginResult::Failure),
        (Origin::Application, accepted, LoginResult::Success),
        (Origin::Application, late, LoginResult::Neither),
        (Origin::Envoy, plain, LoginResult::Failure),
        (Origin::Envoy, timed, LoginResult::Failure),
        (Origin::Envoy, accepted, LoginResult::Unreadable),
        (Origin::Envoy, late, LoginResult::Unreadable),
        (Origin::Undelivered, plain, LoginResult::Undelivered),
    ] {
        host.events.borrow_mut().clear();
        host.origin.set(Some(origin));
        let request = login(&[("x-account", &format!("{origin:?}{answer:?}"))]);
        let Outcome::Pass(_, Some(watch)) = outcome(&mut engine, &host, &request, CLEAN) else {
            panic!("expected a pass that is watched");
        };
        let done = watch.headers(&block(answer), true, &engine, &host);
        assert!(
            matches!(done, Watched::Done(Gift { cookie: None, .. })),
            "{done:?}"
        );
        let told =
            |event: &Event| matches!(event, Event::Login { result: told, .. } if *told == result);
        assert!(host.events.borrow().iter().any(told), "{result:?}");
    }
}
