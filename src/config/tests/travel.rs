use std::time::Duration;

use serde_json::{Value, json};

use super::{load_tree, merge, refused, with_api};
use crate::travel::{RouteTravel, Traveller};

/// A login route with a rule about travel, and this change.
fn travelling(change: Value) -> Value {
    let mut tree = with_api(json!({}));
    merge(
        &mut tree,
        json!({ "identity": { "account": [{ "form": "email" }] } }),
    );
    let rule = json!({ "when": "impossible_travel", "then": "step_up" });
    let route = json!({
        "failure": { "status": [401] }, "success": { "status": ["2xx", "3xx"] }, "rules": [rule],
    });
    merge(&mut tree["routes"][0], route);
    merge(&mut tree, change);
    tree
}

fn of_route(mut tree: Value, change: Value) -> RouteTravel {
    merge(&mut tree["routes"][0], change);
    load_tree(&tree).expect("valid").protections[0].travel
}

#[test]
fn what_travel_cannot_do_without_is_asked_for_at_its_place() {
    for (tree, path, words) in [
        (
            travelling(json!({ "intelligence": null })),
            "travel",
            "intelligence",
        ),
        (
            travelling(json!({ "identity": { "account": null } })),
            "routes[0].account",
            "the travel of accounts matters here",
        ),
        (
            travelling(json!({ "travel": { "subject": "session" } })),
            "travel.subject",
            "identity.session",
        ),
        (
            travelling(json!({ "travel": { "subject": "device" } })),
            "travel.subject",
            "account",
        ),
    ] {
        refused(&tree, path, words);
    }
    for route in [
        json!({ "failure": null }),
        json!({ "sets_position": false }),
    ] {
        let mut tree = travelling(json!({}));
        merge(&mut tree["routes"][0], route);
        refused(&tree, "travel", "sets_position: true");
    }
}

#[test]
fn bounds_and_conditions_are_checked() {
    for (travel, path) in [
        (json!({ "max_speed": 99 }), "travel.max_speed"),
        (json!({ "max_speed": 100_001 }), "travel.max_speed"),
        (json!({ "tolerance_km": 19 }), "travel.tolerance_km"),
        (json!({ "tolerance_km": 5_001 }), "travel.tolerance_km"),
        (json!({ "remember": "59m" }), "travel.remember"),
        (json!({ "remember": "31d" }), "travel.remember"),
        (json!({ "memory": "63KiB" }), "travel.memory"),
        (json!({ "memory": "2GiB" }), "travel.memory"),
    ] {
        refused(&travelling(json!({ "travel": travel })), path, "expected");
    }
    for field in ["travel_speed", "travel_km"] {
        for range in ["", "fast", "<0", "5..5", "-1..5", ">1e3"] {
            let mut tree = travelling(json!({}));
            tree["routes"][0]["rules"][0]["when"] = json!({ field: range });
            let path = format!("routes[0].rules[0].when.{field}");
            refused(&tree, &path, "a range of whole numbers");
        }
    }
    refused(
        &travelling(json!({ "score": { "weights": { "impossible_travel": 101 } } })),
        "score.weights.impossible_travel",
        "-100 to 100",
    );
}

#[test]
fn what_is_left_out_is_1000_km_per_hour_100_km_and_30_days_of_the_account() {
    let policy = load_tree(&travelling(json!({}))).expect("valid");
    let travel = policy.travel.expect("used");
    assert_eq!(travel.tolerance, crate::travel::Tolerance::default());
    assert_eq!(
        (travel.tolerance.max_speed, travel.tolerance.distance),
        (1_000, 100)
    );
    assert_eq!(travel.life.get(), Duration::from_secs(30 * 24 * 3_600));
    assert_eq!(travel.subject, Traveller::Account);
    assert_eq!(travel.budget.records(), 135_168);
}

#[test]
fn a_route_has_to_do_with_it_only_where_something_depends_on_it() {
    let (none, both) = (
        RouteTravel::default(),
        RouteTravel {
            judges: true,
            moves: true,
        },
    );
    assert_eq!(of_route(travelling(json!({})), json!({})), both);
    let unused = json!({ "rules": [] });
    assert_eq!(of_route(travelling(json!({})), unused.clone()), none);
    let given = json!({ "travel": { "max_speed": 500 } });
    assert_eq!(of_route(travelling(given), unused.clone()), none);
    let moves = json!({ "rules": [], "sets_position": true });
    assert_eq!(
        of_route(travelling(json!({})), moves),
        RouteTravel {
            judges: false,
            moves: true
        }
    );
    // The weight is that of all routes: it makes none of them look for an account.
    let weighs = json!({ "score": { "weights": { "impossible_travel": 50 } } });
    assert_eq!(of_route(travelling(weighs.clone()), unused), none);
    let account = json!({ "rules": [], "account": [{ "form": "email" }] });
    assert_eq!(of_route(travelling(weighs), account), both);
    let tree = travelling(json!({}));
    let nested = json!({ "rules": [{ "when": { "any": ["tor", { "not": { "travel_km": ">9" } }] }, "then": "deny" }] });
    assert_eq!(of_route(tree, nested), both);
}
