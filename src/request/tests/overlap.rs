//! Requests that may be for several routes.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::limits::{goes_on, signing};
use super::*;
use crate::decision::Action;
use crate::route::RouteIndex;

/// A path that finds every route of a policy.
fn tangled() -> String {
    format!("/{}", "x".repeat(5_000))
}

/// A request for this path, with these accounts in query and header.
fn request(path: &str, (query, header): (&str, &str)) -> HeaderBlock {
    let path = match query {
        "" => path.to_owned(),
        query => format!("{path}?email={query}"),
    };
    let mut lines = vec![
        (":method", "GET"),
        (":path", path.as_str()),
        ("cookie", "sid=one"),
    ];
    if !header.is_empty() {
        lines.push(("x-account", header));
    }
    block(&lines)
}

/// Whether a request goes on; then the application answers it with this status.
fn goes(
    engine: &mut Engine,
    host: &FakeHost,
    request: &HeaderBlock,
    answer: &str,
    status: &str,
) -> bool {
    match outcome(engine, host, request, answer) {
        Outcome::Pass(_, watch) => {
            if let Some(watch) = watch {
                let _ = watch.headers(&block(&[(":status", status)]), true, engine, host);
            }
            true
        }
        Outcome::Refuse(_) => false,
        other => panic!("{other:?}"),
    }
}

/// The settings of one route out of many.
fn route() -> impl Strategy<Value = Value> {
    let rules = select(vec![
        json!([]),
        json!(["default"]),
        json!([{ "when": "tor", "then": "step_up" }]),
        json!([{ "when": "tor", "then": "challenge" }]),
        json!([{ "when": "tor", "then": "deny", "mode": "monitor" }]),
        json!([{ "when": "hosting", "then": "deny" }]),
        json!([{ "when": "tor", "then": "allow" }, { "when": "unknown", "then": "deny" }]),
    ]);
    let words = |words: &'static [&'static str]| select(words);
    (
        rules,
        words(&["allow", "challenge", "deny"]),
        words(&["enforce", "enforce", "monitor"]),
        words(&["allow", "challenge", "deny"]),
        subsequence(
            vec!["account", "subnet", "route", "session", "spray", "wins"],
            0..=3,
        ),
        select(vec![
            json!([{ "query": "email" }]),
            json!([{ "header": "x-account" }]),
        ]),
    )
        .prop_map(|(rules, unknown, mode, missing, limits, account)| {
            json!({
                "rules": rules, "on_unknown": unknown, "mode": mode, "limits": limits,
                "account": account, "on_missing_account": missing,
            })
        })
}

fn overlapping(routes: &[Value], lists: &Value) -> Value {
    let named = routes.iter().enumerate().map(|(number, route)| {
        let mut route = route.clone();
        route["name"] = json!(format!("r{number}"));
        route["match"] = json!({ "path": format!("/r{number}") });
        route
    });
    policy(json!({
        "identity": { "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["KEY"],
        "lists": lists,
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": 1, "window": "1h" },
            { "name": "subnet", "key": ["subnet"], "count": "attempts", "limit": 2, "window": "1h" },
            {
                "name": "route", "key": ["address", "route"], "count": "attempts", "limit": 1, "window": "1h",
                "then": "challenge",
            },
            {
                "name": "session", "key": ["session"], "count": "attempts", "limit": 2, "window": "1h",
                "mode": "monitor",
            },
            { "name": "spray", "key": ["subnet"], "count": "distinct(account)", "limit": 2, "window": "1h" },
            { "name": "wins", "key": ["account"], "count": "successes", "limit": 1, "window": "1h" },
        ],
        "routes": named.collect::<Vec<_>>(),
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn all_routes_together_are_never_laxer_than_one_of_them(
        routes in proptest::collection::vec(route(), 2..4),
        one in any::<Index>(),
        lookup in select(vec!["inline", "off"]),
        office in any::<bool>(),
        (query, header) in (select(vec!["", "alice"]), select(vec!["", "alice", "bob"])),
        answer in select(vec![CLEAN, TOR, PARTNER, ""]),
        status in select(vec!["200", "401"]),
    ) {
        let lists = match office {
            true => json!([{ "name": "office", "cidrs": ["11.0.0.0/8"], "then": "allow" }]),
            false => json!([]),
        };
        // What is known of the address is the same to all: else one might deny only for not knowing.
        let mut routes = routes;
        routes.iter_mut().for_each(|route| route["lookup"] = json!(lookup));
        let policy = overlapping(&routes, &lists);
        let (mut alone, mut together) = (signing(&policy), signing(&policy));
        let (host, other) = (FakeHost::of("11.0.0.1:1"), FakeHost::of("11.0.0.1:1"));
        let path = format!("/r{}", one.index(routes.len()));
        for _ in 0..4 {
            let single = goes(&mut alone, &host, &request(&path, (query, header)), answer, status);
            let joint = goes(&mut together, &other, &request(&tangled(), (query, header)), answer, status);
            prop_assert!(single || !joint, "{} refuses, all together do not: {:#}", path, policy);
        }
    }

    #[test]
    fn routes_that_are_monitored_refuse_nobody_together(
        routes in proptest::collection::vec(route(), 2..4),
        (query, header) in (select(vec!["", "alice"]), select(vec!["", "alice", "bob"])),
        answer in select(vec![CLEAN, TOR]),
    ) {
        let mut routes = routes;
        routes.iter_mut().for_each(|route| route["mode"] = json!("monitor"));
        let mut engine = signing(&overlapping(&routes, &json!([])));
        let host = FakeHost::of("11.0.0.1:1");
        for _ in 0..4 {
            prop_assert!(goes(&mut engine, &host, &request(&tangled(), (query, header)), answer, "401"));
        }
    }
}

/// Two routes with these settings, found by `/r0`, `/r1`, and both by [`tangled`].
fn two(first: Value, second: Value) -> (Engine, FakeHost) {
    let policy = overlapping(&[first, second], &json!([]));
    (signing(&policy), FakeHost::of("11.0.0.1:1"))
}

#[test]
fn a_limit_that_is_only_monitored_on_one_route_is_enforced_by_the_other() {
    let limited =
        |mode: &str| json!({ "lookup": "off", "rules": [], "limits": ["subnet"], "mode": mode });
    let passing = |first: &str, second: &str| {
        let (mut engine, host) = two(limited(first), limited(second));
        let request = request(&tangled(), ("", ""));
        let go = |_: &i32| goes(&mut engine, &host, &request, CLEAN, "200");
        (0..4).filter(go).count()
    };
    assert_eq!(passing("monitor", "enforce"), 2);
    assert_eq!(passing("enforce", "monitor"), 2);
    assert_eq!(passing("monitor", "monitor"), 4);
}

#[test]
fn a_limit_on_routes_counts_under_the_name_of_each() {
    let limited = json!({ "lookup": "off", "rules": [], "limits": ["route"] });
    let (mut engine, host) = two(limited.clone(), limited);
    let mut go = |path: &str| goes(&mut engine, &host, &request(path, ("", "")), CLEAN, "200");
    assert!(go(&tangled()));
    assert!(!go("/r0") && !go("/r1") && !go(&tangled()));
}

#[test]
fn every_account_that_some_route_reads_is_counted() {
    let reading = |place: Value| json!({ "lookup": "off", "rules": [], "limits": ["account"], "account": [place] });
    let (mut engine, host) = two(
        reading(json!({ "query": "email" })),
        reading(json!({ "header": "x-account" })),
    );
    let mut go =
        |path: &str, accounts| goes(&mut engine, &host, &request(path, accounts), CLEAN, "401");
    assert!(go(&tangled(), ("alice", "bob")));
    assert!(!go("/r0", ("alice", "")));
    assert!(!go("/r1", ("", "bob")));
    assert!(!go(&tangled(), ("carol", "bob")));
    assert!(go("/r0", ("bert", "")), "nobody has tried this one");
}

#[test]
fn a_success_of_one_of_two_accounts_forgives_neither_and_makes_no_device() {
    let reading = |place: Value| {
        json!({
            "lookup": "off", "rules": [], "limits": ["typos"], "account": [place],
            "failure": { "status": [401] }, "success": { "status": [200] },
        })
    };
    let mut policy = overlapping(
        &[
            reading(json!({ "query": "email" })),
            reading(json!({ "header": "x-account" })),
        ],
        &json!([]),
    );
    policy["device"] = json!({});
    policy["limits"] = json!([
        {
            "name": "typos", "key": ["account", "subnet"], "count": "failures", "limit": 2, "window": "1h",
            "on_success": "clear",
        },
    ]);
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let mut go = |path: &str, accounts, status| {
        let request = request(path, accounts);
        let Outcome::Pass(_, Some(watch)) = outcome(&mut engine, &host, &request, CLEAN) else {
            return None;
        };
        match watch.headers(&block(&[(":status", status)]), true, &engine, &host) {
            Watched::Done(gift) => Some(gift.cookie.is_some()),
            Watched::Continues(_) => panic!("the status tells"),
        }
    };
    assert_eq!(go("/r0", ("victim", ""), "401"), Some(false));
    assert_eq!(go(&tangled(), ("victim", "mine"), "200"), Some(false));
    assert_eq!(go("/r0", ("victim", ""), "401"), Some(false));
    assert_eq!(
        go("/r0", ("victim", ""), "200"),
        None,
        "both failures still count"
    );
    // Devices are bound to a realm, and two routes are two of them.
    assert_eq!(go(&tangled(), ("own", "own"), "200"), Some(false));
}

#[test]
fn what_only_one_route_misses_is_missing() {
    let reading = |place: Value, missing: &str| {
        json!({
            "lookup": "off", "rules": [], "limits": ["account"], "account": [place], "on_missing_account": missing,
        })
    };
    let (mut engine, host) = two(
        reading(json!({ "query": "email" }), "allow"),
        reading(json!({ "header": "x-account" }), "deny"),
    );
    let found = outcome(
        &mut engine,
        &host,
        &request(&tangled(), ("alice", "")),
        CLEAN,
    );
    assert_eq!(refused(found).reply.status, 400);
    let mut go = |accounts| {
        goes(
            &mut engine,
            &host,
            &request(&tangled(), accounts),
            CLEAN,
            "401",
        )
    };
    assert!(go(("", "bob")));
    assert!(
        !go(("", "bob")),
        "the account that is known is counted all the same"
    );
}

#[test]
fn a_clearance_of_one_route_opens_no_other() {
    let rules = json!([{ "when": "tor", "then": "challenge" }]);
    let mut policy = overlapping(
        &[
            json!({ "rules": rules, "lookup": "inline" }),
            json!({ "rules": rules, "lookup": "inline" }),
        ],
        &json!([]),
    );
    policy["challenge"] = json!({ "difficulty": 1000 });
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let with = |path: &str, cookie: &str| {
        block(&[(":method", "GET"), (":path", path), ("cookie", cookie)])
    };
    let solved = |engine: &mut Engine, path: &str| {
        let challenged = refused(outcome(engine, &host, &with(path, ""), TOR));
        let payload = super::challenges::solve(&challenged);
        let cookie = format!("palisade-solution={payload}");
        super::challenges::earned(outcome(engine, &host, &with(path, &cookie), TOR))
    };
    let of_one = solved(&mut engine, "/r0");
    assert!(goes_on(&outcome(
        &mut engine,
        &host,
        &with("/r0", &of_one),
        TOR
    )));
    assert!(!goes_on(&outcome(
        &mut engine,
        &host,
        &with(&tangled(), &of_one),
        TOR
    )));
    let of_both = solved(&mut engine, &tangled());
    for path in ["/r0", "/r1", &tangled()] {
        assert!(
            goes_on(&outcome(&mut engine, &host, &with(path, &of_both), TOR)),
            "{path}"
        );
    }
}

#[test]
fn what_is_counted_is_counted_under_the_route_that_decides() {
    let (mut engine, host) = two(
        json!({ "lookup": "off", "rules": [] }),
        json!({ "rules": [{ "name": "tor", "when": "tor", "then": "deny" }] }),
    );
    let refused = refused(outcome(
        &mut engine,
        &host,
        &request(&tangled(), ("", "")),
        TOR,
    ));
    let line: Value = serde_json::from_str(&refused.audit.expect("a line")).expect("JSON");
    assert_eq!(
        (&line["route"], &line["rule"]),
        (&json!("r1"), &json!("tor"))
    );
    let route = RouteIndex::new(1);
    let denied = Event::Request {
        route,
        action: Action::Deny,
    };
    assert_eq!(host.counted(denied), 1);
    passed(outcome(
        &mut engine,
        &host,
        &request("/r0", ("", "")),
        CLEAN,
    ));
    let route = RouteIndex::new(0);
    let allowed = Event::Request {
        route,
        action: Action::Allow,
    };
    assert_eq!(host.counted(allowed), 1);
}

#[test]
fn a_form_misses_no_account_for_a_method_that_it_does_not_name() {
    let mut policy = overlapping(
        &[
            json!({ "lookup": "off", "rules": [] }),
            json!({ "lookup": "off", "rules": [], "limits": ["account"], "account": [{ "cookie": "user" }] }),
        ],
        &json!([]),
    );
    policy["routes"][0]["match"] = json!({ "methods": ["POST"], "path": "/password" });
    policy["routes"][1]["match"] = json!({ "methods": ["PUT"], "path": "/password" });
    let (mut engine, host) = (signing(&policy), FakeHost::of("11.0.0.1:1"));
    let mut go = |method: &str, cookie: &str| {
        let head = block(&[
            (":method", method),
            (":path", "/password"),
            ("cookie", cookie),
        ]);
        let Progress::Step(Step::Done(found)) =
            engine.begin(&head, method == "PUT", StreamId(1), &host)
        else {
            panic!("nobody waits for a body that holds no account");
        };
        match found {
            Outcome::Pass(_, watch) => {
                if let Some(watch) = watch {
                    let _ = watch.headers(&block(&[(":status", "401")]), true, &engine, &host);
                }
                200
            }
            other => refused(other).reply.status,
        }
    };
    assert_eq!(go("PUT", ""), 400);
    assert_eq!(
        go("POST", ""),
        200,
        "who asks for a new password has no cookie yet"
    );
    assert_eq!(go("POST", "user=alice"), 200);
    assert_eq!(go("POST", "user=alice"), 429, "it may have been a PUT");
    assert_eq!(go("PUT", "user=alice"), 429);
}
