use std::time::Duration;

use serde_json::{Value, json};

use super::{load_tree, refused, route, rule, with};
use crate::agent::AgentUse;
use crate::config::load;
use crate::decision::{AgentSignal, Weights};
use crate::intelligence::Flag;
use crate::policy::Policy;
use crate::signals::Signal;

fn uniform(raw: Value) -> Value {
    with(json!({ "agents": { "uniform": raw } }))
}

fn used(policy: &Policy) -> Vec<AgentUse> {
    let protections = policy.protections.iter();
    protections.map(|protection| protection.agent).collect()
}

#[test]
fn a_subnet_is_uniform_as_documented_unless_it_is_said_otherwise() {
    let default = load_tree(&with(json!({}))).expect("valid").uniform;
    assert_eq!((default.requests.get(), default.agents.get()), (50, 2));
    assert_eq!(default.window.get(), Duration::from_secs(600));
    assert!(!default.everywhere);
    let own = json!({ "requests": 20, "agents": 5, "window": "24h", "networks": "all" });
    let own = load_tree(&uniform(own)).expect("valid").uniform;
    assert_eq!((own.requests.get(), own.agents.get()), (20, 5));
    assert_eq!(own.window.get(), Duration::from_secs(86_400));
    assert!(own.everywhere);
    for uniform in [default, own] {
        // What a counter of requests holds longest.
        let longest = uniform.window.get() * 8 / 7;
        assert!(uniform.memory.get() >= longest);
    }
}

#[test]
fn what_no_subnet_can_be_is_refused() {
    for (raw, field, words) in [
        (json!({ "requests": 1 }), "requests", "2 to 100000"),
        (json!({ "requests": 100_001 }), "requests", "2 to 100000"),
        (json!({ "agents": 0 }), "agents", "1 to 50"),
        (json!({ "agents": 51, "requests": 90 }), "agents", "1 to 50"),
        (json!({ "window": "9s" }), "window", "from 10s to"),
        (json!({ "window": "25h" }), "window", "from 10s to"),
        (
            json!({ "requests": 5, "agents": 5 }),
            "requests",
            "more than agents (5)",
        ),
        (json!({ "networks": "some" }), "networks", "some"),
    ] {
        refused(&uniform(raw), &format!("agents.uniform.{field}"), words);
    }
}

#[test]
fn conditions_name_agents_and_connections_and_nothing_else() {
    for signal in AgentSignal::ALL {
        let use_of_it = match signal {
            AgentSignal::Uniform => AgentUse::Counted,
            _ => AgentUse::Read,
        };
        let mut tree = rule(json!({ "when": { "not": signal.name() }, "then": "allow" }));
        tree["ja4"] = json!({});
        assert_eq!(used(&load_tree(&tree).expect("valid")), [use_of_it]);
    }
    let connections = json!({ "connection": ["residential", "mobile", "corporate", "datacenter"] });
    let tree = rule(json!({ "when": connections, "then": "allow" }));
    assert_eq!(used(&load_tree(&tree).expect("valid")), [AgentUse::Nothing]);
    for (when, path, words) in [
        (
            json!("agent_odd"),
            "routes[0].rules[0].when",
            "agent_missing",
        ),
        (
            json!({ "connection": [] }),
            "routes[0].rules[0].when.connection",
            "at least one",
        ),
        (
            json!({ "connection": ["mobile", "isp"] }),
            "routes[0].rules[0].when.connection[1]",
            "residential, mobile, corporate, datacenter",
        ),
    ] {
        refused(&rule(json!({ "when": when, "then": "deny" })), path, words);
    }
}

#[test]
fn weights_of_agents_are_read_and_checked() {
    for signal in AgentSignal::ALL {
        let weighing = |weight: i32| {
            let mut weights = json!({});
            weights[signal.name()] = weight.into();
            with(json!({ "ja4": {}, "score": { "weights": weights } }))
        };
        let policy = load_tree(&weighing(-7)).expect("valid");
        let weighty: Vec<_> = policy.weights.weighty_agents().collect();
        assert_eq!(weighty, [signal]);
        assert_ne!(used(&policy), [AgentUse::Nothing]);
        let path = format!("score.weights.{}", signal.name());
        refused(&weighing(101), &path, "-100 to 100");
    }
}

#[test]
fn a_weight_that_is_no_number_or_of_nothing_is_refused_where_it_stands() {
    for (weights, path, words) in [
        (json!({ "vpm": 1 }), "score.weights.vpm", "no such field"),
        (json!({ "vpn": "much" }), "score.weights.vpn", "expected"),
        (json!({ "vpn": 40_000 }), "score.weights.vpn", "expected"),
        (json!({ "vpn": 1.5 }), "score.weights.vpn", "expected"),
        (json!([1]), "score.weights", "object of weights"),
    ] {
        refused(
            &with(json!({ "score": { "weights": weights } })),
            path,
            words,
        );
    }
    let twice = br#"{ "score": { "weights": { "vpn": 1, "vpn": 2 } }, "routes": [{ "name": "r", "match": {} }] }"#;
    let errors = load(twice, &|_| None).map(|_| ()).expect_err("twice");
    assert!(errors.to_string().contains("score.weights"), "{errors}");
    let none = with(json!({ "score": { "weights": { "vpn": null, "tor": 5 } } }));
    let mut expected = Weights::default();
    expected.set(Signal::Fact(Flag::Tor.into()), 5);
    assert_eq!(load_tree(&none).expect("valid").weights, expected);
}

#[test]
fn only_routes_that_ask_read_the_agent() {
    let mut tree = route(
        json!({ "rules": [{ "when": { "any": ["tor", { "all": ["vpn", "agent_uniform"] }] }, "then": "deny" }] }),
    );
    tree["limits"] = json!([
        {
            "name": "by_choice", "key": ["subnet"],
            "limit": [{ "when": "agent_missing", "limit": 1 }, { "limit": 2 }], "window": "1m",
        },
        {
            "name": "distinct", "key": ["subnet"], "count": "distinct(country)", "when": "agent_uniform",
            "limit": 2, "window": "1m",
        },
    ]);
    let routes = tree["routes"].as_array_mut().expect("routes");
    for (name, limits) in [
        ("a", json!([])),
        ("b", json!(["by_choice"])),
        ("c", json!(["distinct", "by_choice"])),
    ] {
        routes.push(
            json!({ "name": name, "match": { "path": format!("/{name}") }, "limits": limits }),
        );
    }
    let policy = load_tree(&tree).expect("valid");
    let expected = [
        AgentUse::Counted,
        AgentUse::Nothing,
        AgentUse::Read,
        AgentUse::Counted,
    ];
    assert_eq!(used(&policy), expected);
}
