use serde_json::{Value, json};

use super::*;
use crate::config;

/// The guard of all routes of a policy with these settings.
fn together(routes: &[Value]) -> (Policy, Guard) {
    let named = routes.iter().enumerate().map(|(number, route)| {
        let mut route = route.clone();
        route["name"] = json!(format!("r{number}"));
        route["match"] = json!({ "path": "/" });
        route
    });
    let policy = json!({
        "identity": { "account": [{ "form": "email" }], "session": [{ "cookie": "sid" }] },
        "intelligence": { "provider": "ipasis", "cluster": "c", "api_key_env": "KEY" },
        "captcha": {
            "provider": "turnstile", "cluster": "c", "site_key": "k", "secret_env": "KEY", "hostnames": ["example.com"],
        },
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": 9, "window": "1h" },
            { "name": "subnet", "key": ["subnet"], "count": "attempts", "limit": 9, "window": "1h" },
            { "name": "route", "key": ["subnet", "route"], "count": "attempts", "limit": 9, "window": "1h" },
        ],
        "routes": named.collect::<Vec<_>>(),
    });
    let policy =
        config::load(policy.to_string().as_bytes(), &|_| Some("key".to_owned())).expect("valid");
    let all = (0..routes.len()).map(RouteIndex::new);
    let guard = policy
        .guard(NonEmpty::collect(all).expect("a route"))
        .expect("a guard");
    (policy, guard)
}

fn names(policy: &Policy, guard: &Guard) -> Vec<(String, Vec<usize>)> {
    let charges = guard.charges.iter().map(|charge| {
        let limit = policy.limits[charge.limit.0].rule.name.clone();
        (
            limit,
            charge.routes.iter().map(|route| route.get()).collect(),
        )
    });
    charges.collect()
}

#[test]
fn every_limit_of_every_route_is_asked_in_the_order_of_ranks() {
    let (policy, guard) = together(&[
        json!({ "limits": ["account", "route"] }),
        json!({ "limits": ["subnet", "account", "route"] }),
    ]);
    let wanted = [
        ("route".to_owned(), vec![0]),
        ("subnet".to_owned(), vec![1]),
        ("route".to_owned(), vec![1]),
        ("account".to_owned(), vec![0, 1]),
    ];
    assert_eq!(names(&policy, &guard), wanted);
}

#[test]
fn routes_with_the_same_places_read_the_account_once() {
    let (_, guard) = together(&[
        json!({ "limits": ["account"] }),
        json!({ "limits": ["account"], "account": [{ "query": "user" }] }),
        json!({ "limits": ["account"] }),
        json!({}),
    ]);
    let groups = guard
        .accounts
        .iter()
        .map(|group| group.iter().map(|route| route.get()).collect());
    let groups: Vec<Vec<usize>> = groups.collect();
    assert_eq!(groups, [vec![0, 2], vec![1]]);
}

#[test]
fn what_one_route_waits_for_all_wait_for() {
    for (lookups, joint) in [
        (["off", "off"], Lookup::Off),
        (["off", "background"], Lookup::Background),
        (["background", "background"], Lookup::Background),
        (["background", "inline"], Lookup::Inline),
        (["session", "session"], Lookup::Session),
        (["session", "off"], Lookup::Inline),
        (["inline", "session"], Lookup::Inline),
    ] {
        for lookups in [lookups, [lookups[1], lookups[0]]] {
            let (_, guard) = together(&lookups.map(|lookup| json!({ "lookup": lookup })));
            assert_eq!(guard.lookup, joint, "{lookups:?}");
        }
    }
}

#[test]
fn a_captcha_is_asked_for_where_one_route_asks_for_it() {
    let (_, guard) = together(&[json!({ "challenge": "proof_of_work" }), json!({})]);
    assert_eq!(
        (guard.asks, guard.challenger),
        (ChallengeKind::Captcha, RouteIndex::new(1))
    );
    let work = json!({ "challenge": "proof_of_work" });
    let (_, guard) = together(&[work.clone(), work]);
    assert_eq!(
        (guard.asks, guard.challenger),
        (ChallengeKind::ProofOfWork, RouteIndex::new(0))
    );
}

#[test]
fn answers_are_read_by_each_classifier_of_a_route_to_which_they_matter() {
    let (_, guard) = together(&[
        json!({}),
        json!({ "failure": { "status": [400] } }),
        json!({ "failure": { "status": [422] } }),
        json!({ "failure": { "status": [400] } }),
    ]);
    let readers: Vec<usize> = guard.classifiers.iter().map(|route| route.get()).collect();
    assert_eq!(readers, [1, 2]);
}
