//! The operator's own lists, by range and by autonomous system.

use serde_json::{Value, json};

use crate::requests::{HOME, HOSTING, Scene, TOR, from, login, policy};
use crate::support::{Answer, Request};

fn with_lists(mut policy: Value, lists: Value) -> Value {
    policy["lists"] = lists;
    policy
}

/// Servers of this autonomous system.
fn servers(asn: &str) -> Answer {
    Answer::json(&json!({
        "asn": {"ASN": asn, "Type": "hosting"},
        "privacy": {"VPN": false, "Proxy": false, "Tor": false, "Hosting": true},
    }))
}

#[tokio::test]
async fn an_address_on_a_list_is_decided_without_a_lookup() {
    let lists = json!([
        {"name": "office", "cidrs": ["11.6.0.0/24", "2600:db60::/32"], "then": "allow"},
        {"name": "known_bad", "cidrs": ["11.6.0.0/16"], "then": "deny"},
    ]);
    let scene = Scene::start(&with_lists(login(), lists)).await;
    for client in [
        "11.6.0.1",
        "11.6.0.255",
        "2600:db60:1::1",
        "::ffff:11.6.0.1",
    ] {
        scene.api.answer_to(client, Answer::ipasis(&["Tor"]));
        let seen = scene.passes(&from(client)).await;
        assert_eq!(
            seen.header("x-palisade-reason").as_deref(),
            Some("office"),
            "{client}"
        );
    }
    let problem = scene.refused(&from("11.6.1.0"), 403).await.json();
    assert_eq!(problem["reason"], "known_bad");
    assert_eq!(scene.api.count(), 0);
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=list_office.mode=enforce")
            .await,
        4
    );

    scene.passes(&from("11.7.0.0")).await;
    scene.refused(&from(TOR), 403).await;
    assert_eq!(scene.api.count(), 2);
}

#[tokio::test]
async fn a_partners_autonomous_system_is_exempt() {
    let lists = json!([
        {"name": "partners", "asns": [64510, "AS64511"], "then": "allow"},
        {"name": "business_vpns", "asns": ["as64512"], "then": "step_up"},
    ]);
    let scene = Scene::start(&with_lists(login(), lists)).await;
    for (client, asn, verdict) in [
        ("11.6.2.1", "AS64510", Some("allow")),
        ("11.6.2.2", "AS64511", Some("allow")),
        ("11.6.2.3", "AS64512", Some("step_up")),
        ("11.6.2.4", "AS64513", None),
    ] {
        scene.api.answer_to(client, servers(asn));
        match verdict {
            None => drop(scene.refused(&from(client), 403).await),
            Some(verdict) => {
                let seen = scene.passes(&from(client)).await;
                assert_eq!(
                    seen.header("x-palisade-verdict").as_deref(),
                    Some(verdict),
                    "{client}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_without_a_consequence_is_a_signal_and_a_weight() {
    let lists = json!([
        {"name": "watched", "cidrs": ["11.6.3.0/24"], "weight": 30},
        {"name": "crm", "cidrs": ["11.6.3.9"], "asns": [64510], "weight": 25},
    ]);
    let routes = json!([
        {"name": "by_name", "match": {"path": "/by-name"}, "rules": [{"when": {"list": "crm"}, "then": "challenge"}]},
        {"name": "by_score", "match": {"path": "/by-score"}},
    ]);
    let scene = Scene::start(&with_lists(policy(routes), lists)).await;
    let get = |path: &str, client: &str| Request::get(path).client(client);

    let problem = scene
        .refused(&get("/by-name", "11.6.3.9"), 403)
        .await
        .json();
    assert_eq!(problem["reason"], "crm");
    assert_eq!(scene.api.count(), 0, "its range says it all");
    let seen = scene.passes(&get("/by-name", "11.6.3.1")).await;
    assert_eq!(seen.header("x-palisade-lists").as_deref(), Some("watched"));
    assert_eq!(
        scene.api.count(),
        1,
        "its autonomous system had to be asked for"
    );

    let seen = scene.passes(&get("/by-score", "11.6.3.1")).await;
    assert_eq!(seen.header("x-palisade-score").as_deref(), Some("30"));
    let problem = scene
        .refused(&get("/by-score", "11.6.3.9"), 403)
        .await
        .json();
    assert_eq!(problem["reason"], "score", "30 + 25");
}

#[tokio::test]
async fn the_first_list_that_decides_comes_before_every_rule() {
    let lists = json!([
        {"name": "contested", "cidrs": ["11.6.4.0/24"], "then": "challenge"},
        {"name": "later", "cidrs": ["11.6.4.0/24"], "then": "allow"},
        {"name": "tried", "cidrs": ["11.6.5.0/24"], "then": "deny", "mode": "monitor"},
    ]);
    let routes = json!([{
        "name": "login", "match": {"path": "/login"},
        "rules": [{"when": "hosting", "then": "allow"}, "default"],
    }]);
    let scene = Scene::start(&with_lists(policy(routes), lists)).await;
    let problem = scene.refused(&from("11.6.4.1"), 403).await.json();
    assert_eq!(problem["type"], "urn:palisade:challenge-required");
    scene.passes(&from(HOSTING)).await;
    scene.passes(&from(HOME)).await;

    let seen = scene.passes(&from("11.6.5.1")).await;
    assert_eq!(seen.header("x-palisade-monitored").as_deref(), Some("deny"));
    assert_eq!(seen.header("x-palisade-verdict").as_deref(), Some("allow"));
}
