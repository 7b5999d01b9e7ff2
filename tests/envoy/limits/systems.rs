//! Autonomous systems: what the operator knows of them, and what is learnt from the logins that fail.

use serde_json::{Value, json};

use crate::support::{
    Answer, Connection, Policy, Received, Request, Scene, eventually, failed, login,
};

/// What the API says of a home connection in this system.
fn home(asn: u32) -> Answer {
    Answer::json(&json!({
        "country": "DE",
        "asn": { "ASN": format!("AS{asn}"), "Name": "Example", "Type": "isp" },
        "privacy": { "VPN": false, "Proxy": false, "Tor": false, "Hosting": false, "Abuse": false },
    }))
}

/// Challenges systems from which six of ten logins fail.
fn policy() -> Policy {
    let login = json!({
        "match": { "methods": ["POST"], "path": "/login" },
        "account": [{ "form": "email" }],
        "failure": { "status": [401] },
        "rules": [{ "when": { "asn_failure_rate": ">=60" }, "then": "challenge" }],
    });
    Policy::new()
        .account()
        .api()
        .with(json!({ "learned": { "asn_failures": { "min_samples": 20 } } }))
        .route("login", login)
}

/// A login from a network and to an account of its own.
fn from(network: usize) -> Request {
    login(&format!("11.7.{network}.1"), &format!("account-{network}"))
}

/// Sends these logins to both workers in turn; gives the statuses.
async fn spread(workers: &mut [Connection; 2], logins: impl Iterator<Item = Request>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (number, login) in logins.enumerate() {
        statuses.push(workers[number % 2].request(&login).await.status);
    }
    statuses
}

fn told_rate(received: &Received) -> Option<String> {
    received.header("x-palisade-asn-failure-rate")
}

/// The only audit line.
async fn audit_line(scene: &Scene) -> Value {
    eventually("an audit line", async || {
        let log = scene.envoy.log();
        let line = log
            .lines()
            .find_map(|line| line.get(line.find("{\"palisade\"")?..))?;
        Some(serde_json::from_str(line).unwrap())
    })
    .await
}

#[tokio::test]
async fn failed_logins_of_a_system_challenge_its_next_on_both_workers() {
    let scene = Scene::start(&policy()).await;
    scene.api.answer(home(64_501));
    for elsewhere in ["11.8.0.1", "11.8.1.1"] {
        scene.api.answer_to(elsewhere, home(64_502));
    }
    let mut workers = scene.workers().await;
    assert_eq!(spread(&mut workers, (0..12).map(from)).await, [200; 12]);
    scene.application.answer(failed());
    assert_eq!(spread(&mut workers, (12..20).map(from)).await, [401; 8]);
    assert_eq!(
        told_rate(&scene.application.last()),
        None,
        "19 answers are too few"
    );
    scene.wait_for("asn_samples.result=counted", 20).await;
    for (network, rate) in (20..30).zip([40, 42, 45, 47, 50, 52, 53, 55, 57, 58]) {
        assert_eq!(
            spread(&mut workers, [from(network)].into_iter()).await,
            [401]
        );
        assert_eq!(told_rate(&scene.application.last()), Some(rate.to_string()));
    }
    for (worker, elsewhere) in workers.iter_mut().zip(["11.8.0.1", "11.8.1.1"]) {
        let refused = worker
            .request(&from(99).header("accept", "application/json"))
            .await;
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (403, Some("asn_failure_rate"))
        );
        let passed = worker.request(&login(elsewhere, "somebody")).await;
        assert_eq!(passed.status, 401);
        assert_eq!(told_rate(&scene.application.last()), None);
    }
    let line = audit_line(&scene).await;
    assert_eq!(
        (&line["asn"], &line["asn_failure_rate"]),
        (&json!(64_501), &json!(60))
    );
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=rule_1.mode=enforce")
            .await,
        2
    );

    // Who cannot be placed is not judged by where others are.
    scene.api.answer(Answer::status(500));
    for worker in &mut workers {
        let known = scene.counted("asn_rates.result=unknown").await;
        assert_eq!(
            worker.request(&login("11.9.0.1", "anybody")).await.status,
            401
        );
        assert_eq!(told_rate(&scene.application.last()), None);
        scene.wait_for("asn_rates.result=unknown", known + 1).await;
    }
}

#[tokio::test]
async fn one_network_failing_without_end_challenges_nobody_else() {
    let scene = Scene::start(&policy()).await;
    scene.api.answer(home(64_501));
    let honest = (0..8).map(from);
    assert_eq!(scene.passing(honest).await, 8);
    scene.application.answer(failed());
    let network = (0..200).map(|number| {
        let client = format!("11.6.6.{number}");
        login(&client, &format!("guessed-{number}"))
    });
    let account = (0..200).map(|number| login(&format!("11.5.{number}.1"), "alice"));
    let customer = (0..200).map(|number| {
        login(
            &format!("2a01:4f8:7:{number:x}::1"),
            &format!("more-{number}"),
        )
    });
    let all = network.chain(account).chain(customer);
    assert_eq!(scene.send_all(all).await, [401; 600]);
    scene
        .wait_for("asn_samples.result=counted", 8 + 2 + 2 + 2)
        .await;
    scene.wait_for("asn_samples.result=over_share", 594).await;
    scene.application.answer(Answer::status(200));
    assert_eq!(scene.passing((10..30).map(from)).await, 20);
    assert_eq!(told_rate(&scene.application.last()), Some("18".to_owned()));
}

/// Every third system there is, on three lists in turn; 64501 is on the first and the second.
fn labels() -> Value {
    let systems = |label: u32| -> Vec<Value> {
        let numbers = (0..33_333).map(|number| 100_000 + 9 * number + 3 * label);
        numbers.map(Value::from).collect()
    };
    let list = |name: &str, label: u32, then: Option<&str>| {
        let mut asns = systems(label);
        if label < 2 {
            asns.push("64500-64501".into());
        }
        json!({ "name": name, "asns": asns, "then": then, "weight": 20 })
    };
    json!([
        list("cheap_vps", 0, None),
        list("bulletproof", 1, None),
        list("closed", 2, Some("deny"))
    ])
}

#[tokio::test]
async fn a_hundred_thousand_systems_are_labelled_and_each_is_found() {
    let mut policy = policy();
    policy["lists"] = labels();
    policy["routes"][0]["rules"] = json!([
        { "when": { "all": [{ "list": "cheap_vps" }, { "not": { "list": "bulletproof" } }] }, "then": "step_up" },
    ]);
    let scene = Scene::start(&policy).await;
    let last = 100_000 + 9 * 33_332;
    for (network, asn, lists, status, score) in [
        (1, 64_499, None, 200, "0"),
        (2, 64_501, Some("cheap_vps,bulletproof"), 200, "40"),
        (3, last, Some("cheap_vps"), 200, "20"),
        (4, last + 1, None, 200, "0"),
        (5, last + 3, Some("bulletproof"), 200, "20"),
        (6, last + 6, None, 403, ""),
    ] {
        let client = format!("11.7.{network}.1");
        scene.api.answer_to(&client, home(asn));
        assert_eq!(scene.login(&client, "alice").await.status, status, "{asn}");
        if status == 200 {
            let told = scene.application.last();
            assert_eq!(told.header("x-palisade-lists").as_deref(), lists, "{asn}");
            assert_eq!(
                told.header("x-palisade-score").as_deref(),
                Some(score),
                "{asn}"
            );
            let step_up = lists == Some("cheap_vps");
            assert_eq!(
                told.header("x-palisade-step-up").is_some(),
                step_up,
                "{asn}"
            );
        }
    }
    let line = audit_line(&scene).await;
    assert_eq!(
        (&line["reason"], &line["lists"]),
        (&json!("closed"), &json!("closed"))
    );
    for (list, times) in [("cheap_vps", 2), ("bulletproof", 2), ("closed", 1)] {
        assert_eq!(
            scene.counted(&format!("list_hits.list={list}")).await,
            times,
            "{list}"
        );
    }
}
