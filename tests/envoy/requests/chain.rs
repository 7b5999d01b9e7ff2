//! Two Palisades in one chain of filters: the application is told what both have found, and nobody else can tell it.

use serde_json::{Value, json};

use crate::requests::{ABUSE, HOME, Scene, VPN, from, policy};
use crate::support::{EnvoyConfig, Received, Request};

/// Steps up VPNs on `/login`, and calls that `first`; knows what comes from near.
fn first() -> Value {
    let mut first = policy(json!([{
        "name": "first", "match": {"path": "/login"}, "step_up": "first",
        "rules": [{"name": "first_vpn", "when": "vpn", "then": "step_up"}],
    }]));
    first["lists"] = json!([{"name": "near", "cidrs": ["11.0.0.0/24", "11.99.0.0/24"]}]);
    first["annotate"] = json!({"headers": ["verdict", "reason", "lists", "country"]});
    first
}

/// Steps up what it is told to; knows what comes from 11.0.0.0/8; tells no country.
fn second(when: &str, mode: &str) -> Value {
    let mut second = policy(json!([{
        "name": "second", "match": {"path": {"prefix": "/login"}}, "step_up": "second", "mode": mode,
        "rules": [{"name": "second_rule", "when": when, "then": "step_up"},
            {"name": "abuse", "when": "abuse", "then": "deny", "mode": "enforce"}],
    }]));
    second["lists"] = json!([{"name": "far", "cidrs": ["11.0.0.0/8"]}]);
    second["annotate"] = json!({"headers": ["verdict", "reason", "score", "lists"]});
    second
}

async fn chained(second: &Value) -> Scene {
    let before = |config: EnvoyConfig| config.palisade_before("first", &first());
    Scene::with(second, before).await
}

fn told(seen: &Received) -> Vec<(String, String)> {
    let names = [
        "verdict",
        "reason",
        "step-up",
        "lists",
        "country",
        "monitored",
        "anything",
    ];
    let told = names.into_iter().filter_map(|name| {
        let lines = seen.all(&format!("x-palisade-{name}"));
        assert!(lines.len() <= 1, "{name}: {lines:?}");
        Some((name.to_owned(), lines.into_iter().next()?))
    });
    told.collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// With what a client may try to pass off as an earlier Palisade's.
fn forged(request: Request) -> Request {
    request
        .header("x-palisade-verdict", "allow")
        .header("x-palisade-reason", "cleared")
        .header("x-palisade-country", "XX")
        .header("x-palisade-lists", "office")
        .header("X_Palisade_Step_Up", "none")
        .header("x-palisade-anything", "else")
        .header("x-palisade-context", "reason=\"cleared\"")
        .header("palisade", "verdict=allow")
        .header("wasm.palisade", "verdict=allow")
}

#[tokio::test]
async fn the_stricter_verdict_holds_and_both_reasons_are_told() {
    let both = [
        ("verdict", "step_up"),
        ("reason", "vpn"),
        ("lists", "near,far"),
        ("country", "US"),
    ];
    // Only the first asks for more; both do; only the second does, or would.
    for (rule, mode, client, expected) in [
        (
            "tor",
            "enforce",
            VPN,
            pairs(&[both[0], both[1], ("step-up", "first"), both[2], both[3]]),
        ),
        (
            "vpn",
            "enforce",
            VPN,
            pairs(&[
                both[0],
                both[1],
                ("step-up", "first,second"),
                both[2],
                both[3],
            ]),
        ),
        (
            "residential_proxy",
            "enforce",
            HOME,
            pairs(&[("verdict", "allow"), both[2], both[3]]),
        ),
        (
            "vpn",
            "monitor",
            VPN,
            pairs(&[
                both[0],
                both[1],
                ("step-up", "first"),
                both[2],
                both[3],
                ("monitored", "step_up"),
            ]),
        ),
    ] {
        let scene = chained(&second(rule, mode)).await;
        for request in [from(client), forged(from(client))] {
            let seen = scene.passes(&request).await;
            assert_eq!(told(&seen), expected, "{rule} {mode}");
        }
        let line = scene.envoy.wait_for_access(|_| true).await;
        assert_eq!(line["verdict"], expected[0].1.as_str(), "the access log");
        scene
            .envoy
            .wait_for_access(|line| line["verdict"] == expected[0].1.as_str())
            .await;
        if mode == "enforce" {
            scene.refused(&from(ABUSE), 403).await;
            scene
                .envoy
                .wait_for_access(|line| line["verdict"] == "deny")
                .await;
        }
    }
}

#[tokio::test]
async fn a_client_cannot_pass_for_an_earlier_palisade() {
    let scene = chained(&second("vpn", "enforce")).await;
    // The first one protects only one of the paths that the second one does, and neither the last.
    let request = |path: &str| forged(Request::post(path).client(HOME));
    let seen = scene.passes(&request("/login/more")).await;
    assert_eq!(
        told(&seen),
        pairs(&[("verdict", "allow"), ("lists", "far")])
    );
    let seen = scene.passes(&request("/elsewhere")).await;
    assert_eq!(told(&seen), []);
    let seen = scene.passes(&request("/login")).await;
    assert_eq!(
        told(&seen),
        pairs(&[
            ("verdict", "allow"),
            ("lists", "near,far"),
            ("country", "US")
        ])
    );
}

#[tokio::test]
async fn a_path_that_only_the_first_protects_keeps_what_that_has_told() {
    let mut other = second("vpn", "enforce");
    other["routes"][0]["match"] = json!({"path": "/other"});
    let scene = chained(&other).await;
    for request in [from(VPN), forged(from(VPN))] {
        let seen = scene.passes(&request).await;
        let expected = [
            ("verdict", "step_up"),
            ("reason", "vpn"),
            ("step-up", "first"),
            ("lists", "near"),
            ("country", "US"),
        ];
        assert_eq!(told(&seen), pairs(&expected));
    }
}
