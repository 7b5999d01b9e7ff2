//! Impossible travel.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Policy, Response, Scene, failed, login};

const BERLIN: &str = "11.0.0.1";
const POTSDAM: &str = "11.0.2.1";
const SYDNEY: &str = "11.0.1.1";

/// An access provider's address at these degrees, with these members of `privacy` true.
fn at(loc: &str, flags: &[&str]) -> Answer {
    let is = |name: &str| flags.contains(&name);
    Answer::json(&json!({
        "city": "Somewhere", "country": "DE", "loc": loc,
        "asn": { "ASN": "AS64500", "Name": "Example", "Type": "isp" },
        "privacy": {
            "VPN": is("VPN"), "Proxy": is("Proxy"), "Tor": false, "Relay": is("Relay"),
            "Hosting": is("Hosting"), "Abuse": false,
        },
    }))
}

/// Refuses what is impossible; the account stands in a form.
fn policy() -> Policy {
    let login = json!({
        "failure": { "status": [401] },
        "success": { "status": ["2xx", "3xx"] },
        "rules": [{ "name": "travel", "when": "impossible_travel", "then": "deny" }],
    });
    Policy::limiting(json!([]))
        .api()
        .with(json!({ "intelligence": { "timeout": "300ms" } }))
        .in_route("login", login)
}

async fn start(policy: &Value) -> Scene {
    let scene = Scene::start(policy).await;
    scene.api.answer_to(BERLIN, at("52.5,13.4", &[]));
    scene.api.answer_to(POTSDAM, at("52.4,13.1", &[]));
    scene.api.answer_to(SYDNEY, at("-33.9,151.2", &[]));
    scene
}

/// The status, and for a refusal why.
fn verdict(response: &Response) -> String {
    match response.status {
        403 => format!("403 {}", response.json()["reason"].as_str().unwrap()),
        status => status.to_string(),
    }
}

async fn alice(scene: &Scene, client: &str) -> String {
    verdict(&scene.login(client, "alice").await)
}

const IMPOSSIBLE: &str = "403 impossible_travel";

#[tokio::test]
async fn nobody_logs_in_at_the_other_end_of_the_world_at_once() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        scene.api.answer_to(BERLIN, at("52.5,13.4", &[]));
        scene.api.answer_to(SYDNEY, at("-33.9,151.2", &[]));
        let [mut one, mut other] = scene.workers().await;
        let home = one.request(&login(BERLIN, "alice")).await;
        assert_eq!(verdict(&home), "200");
        for _ in 0..3 {
            for worker in [&mut one, &mut other] {
                let abroad = worker.request(&login(SYDNEY, "alice")).await;
                assert_eq!(verdict(&abroad), IMPOSSIBLE);
                *worker = scene.connection().await;
            }
        }
        assert_eq!(alice(&scene, BERLIN).await, "200");
        let bob = scene.login(SYDNEY, "bob").await;
        assert_eq!(verdict(&bob), "200");
        assert_eq!(scene.counted("travel.result=impossible").await, 6);
        assert_eq!(scene.counted("travel.result=first").await, 2);
        scene.wait_for("travel_positions.result=moved", 3).await;
    }
}

#[tokio::test]
async fn a_neighbouring_town_is_no_travel() {
    let mut policy = policy();
    policy["routes"][0]["rules"][0]["then"] = "step_up".into();
    let scene = Scene::flagged(&policy, true).await;
    for (client, loc) in [
        (BERLIN, "52.5,13.4"),
        (POTSDAM, "52.4,13.1"),
        (SYDNEY, "-33.9,151.2"),
    ] {
        scene.api.answer_to(client, at(loc, &[]));
    }
    assert_eq!(alice(&scene, BERLIN).await, "200");
    assert_eq!(scene.application.last().header("x-palisade-travel"), None);
    assert_eq!(alice(&scene, POTSDAM).await, "200");
    let told = |name: &str| scene.application.last().header(name);
    assert_eq!(told("x-palisade-travel").unwrap(), "km=23, speed=0");
    assert_eq!(told("x-palisade-verdict").unwrap(), "allow");
    assert_eq!(alice(&scene, SYDNEY).await, "200");
    assert_eq!(told("x-palisade-verdict").unwrap(), "step_up");
    assert_eq!(told("x-palisade-reason").unwrap(), "impossible_travel");
    assert_eq!(told("x-palisade-signals").unwrap(), "impossible_travel");
    assert!(told("x-palisade-travel").unwrap().starts_with("km=16"));
}

#[tokio::test]
async fn whoever_hides_has_no_position_and_moves_none() {
    for flags in [["VPN"], ["Proxy"], ["Relay"], ["Hosting"]] {
        let scene = start(&policy()).await;
        scene.api.answer_to(SYDNEY, at("-33.9,151.2", &flags));
        for client in [BERLIN, SYDNEY, BERLIN] {
            assert_eq!(alice(&scene, client).await, "200", "{flags:?}");
        }
        assert_eq!(scene.counted("travel.result=no_position").await, 1);
        scene.wait_for("travel_positions.result=moved", 2).await;
    }
}

#[tokio::test]
async fn a_failed_login_moves_nothing() {
    let scene = start(&policy()).await;
    for answer in [failed(), Answer::status(500), Answer::closed()] {
        scene.application.answer(answer);
        let status = scene.login(SYDNEY, "alice").await.status;
        assert!(status == 401 || status >= 500, "{status}");
    }
    scene.application.answer(Answer::status(200));
    assert_eq!(alice(&scene, BERLIN).await, "200");
    assert_eq!(alice(&scene, SYDNEY).await, IMPOSSIBLE);
}

#[tokio::test]
async fn a_thief_let_in_neither_moves_the_position_nor_locks_out() {
    let mut policy = policy();
    policy["mode"] = "monitor".into();
    let scene = start(&policy).await;
    for client in [BERLIN, SYDNEY, SYDNEY, BERLIN] {
        assert_eq!(alice(&scene, client).await, "200");
    }
    scene.wait_for("travel_positions.result=moved", 2).await;
    scene.wait_for("travel_positions.result=kept", 2).await;
    assert_eq!(scene.counted("travel.result=impossible").await, 2);
    assert_eq!(scene.counted("travel.result=possible").await, 1);
}

#[tokio::test]
async fn while_the_api_fails_or_is_slow_nothing_is_impossible() {
    for answer in [
        Answer::closed(),
        Answer::silent(),
        Answer::status(500),
        Answer::status(200).body("{"),
        at("-33.9,151.2", &[]).delay(Duration::from_secs(1)),
        at("-33.9,151.2", &[]).cut(),
    ] {
        let scene = start(&policy()).await;
        assert_eq!(alice(&scene, BERLIN).await, "200");
        scene.api.answer_to(SYDNEY, answer.clone());
        assert_eq!(alice(&scene, SYDNEY).await, "200", "{answer:?}");
        scene.wait_for("travel_positions.result=moved", 1).await;
    }
}

#[tokio::test]
async fn coordinates_may_be_texts_and_those_out_of_range_are_none() {
    let mut policy = policy();
    policy["intelligence"]["provider"] = json!({
        "preset": "ipasis", "fields": { "position": [{ "latitude": "lat", "longitude": "lon" }] },
    });
    let at = |latitude: Value, longitude: Value| {
        Answer::json(&json!({ "lat": latitude, "lon": longitude, "privacy": { "VPN": false } }))
    };
    let scene = Scene::start(&policy).await;
    scene.api.answer_to(BERLIN, at(json!("52.5"), json!(13.4)));
    assert_eq!(alice(&scene, BERLIN).await, "200");
    let cases = [
        (json!("-33.9"), json!("151.2"), IMPOSSIBLE),
        (json!(-33.9), json!(151.2), IMPOSSIBLE),
        (json!(-33.9), json!(180.1), "200"),
        (json!(-90.1), json!(151.2), "200"),
        (json!("-33.9"), json!("1e300"), "200"),
        (json!(-1e300), json!(151.2), "200"),
        (json!("NaN"), json!("Infinity"), "200"),
        (json!(null), json!(151.2), "200"),
        (json!([-33.9]), json!({ "lon": 151.2 }), "200"),
        (json!(true), json!(false), "200"),
        (json!(0), json!(0), "200"),
    ];
    for (number, (latitude, longitude, expected)) in cases.into_iter().enumerate() {
        let client = format!("11.9.{number}.7");
        let answer = at(latitude, longitude);
        scene.api.answer_to(&client, answer.clone());
        assert_eq!(alice(&scene, &client).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn of_many_logins_from_two_places_those_of_one_stay() {
    let mut policy = policy();
    policy["mode"] = "monitor".into();
    let scene = start(&policy).await;
    let clients = [BERLIN, SYDNEY].into_iter().cycle().take(64);
    let statuses = scene
        .send_all(clients.map(|client| login(client, "alice")))
        .await;
    assert!(statuses.iter().all(|status| *status == 200));
    let before = scene.counted("travel.result=impossible").await;
    for client in [BERLIN, SYDNEY] {
        alice(&scene, client).await;
    }
    assert_eq!(scene.counted("travel.result=impossible").await - before, 1);
}
