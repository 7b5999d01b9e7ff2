//! Networks behind which there are many people, and networks of one's own.

use serde_json::json;

use crate::support::{Answer, Policy, Request, Scene, failed, form, login};

/// What the API says of a mobile carrier's address.
fn mobile(flags: &[&str]) -> Answer {
    let is = |name: &str| flags.contains(&name);
    Answer::json(&json!({
        "country": "US",
        "asn": { "ASN": "AS64500", "Name": "Example Mobile", "Type": "isp" },
        "connection": { "type": "mobile" },
        "privacy": { "VPN": is("VPN"), "Proxy": false, "Tor": false, "Hosting": false, "Abuse": false },
    }))
}

fn policy() -> Policy {
    let of = |limit: &str| json!({ "limits": [limit], "rules": [] });
    Policy::new()
        .account()
        .api()
        .limit("people", json!({ "key": ["subnet"], "limit": 10 }))
        .limit(
            "flat",
            json!({ "key": ["subnet"], "limit": 10, "mobile": "volume" }),
        )
        .route("login", of("people"))
        .route("flat", of("flat"))
}

const PHONES: [&str; 4] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 \
     Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile \
     Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile \
     Safari/537.36",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
];

/// Requests of many people with all kinds of phones.
fn people(path: &'static str, subnet: u8, many: usize) -> impl Iterator<Item = Request> {
    (0..many).map(move |number| {
        let client = format!("11.7.{subnet}.{}", number % 3);
        // Four phones, in five versions each: no sketch takes them for two.
        let agent = PHONES[number % 4].replace("Mobile", &format!("Mobile v{}", number % 5));
        form(path, &client, "email=a").header("user-agent", agent)
    })
}

fn told(scene: &Scene, answer: &Answer, subnet: u8) {
    for number in 0..3 {
        scene
            .api
            .answer_to(&format!("11.7.{subnet}.{number}"), answer.clone());
    }
}

#[tokio::test]
async fn volume_alone_refuses_nobody_on_a_carrier_unless_told() {
    let scene = Scene::start(&policy()).await;
    for subnet in 1..=5 {
        told(&scene, &mobile(&[]), subnet);
    }
    told(&scene, &mobile(&["VPN"]), 6);
    assert_eq!(scene.passing(people("/login", 1, 60)).await, 60);
    assert_eq!(
        scene
            .counted("limit_hits.route=login.limit=people.result=spared")
            .await,
        50
    );
    assert_eq!(
        scene.passing(people("/flat", 1, 60)).await,
        10,
        "`mobile: volume`"
    );
    assert_eq!(
        scene.passing(people("/login", 9, 60)).await,
        10,
        "no mobile network"
    );

    let script =
        || form("/login", "11.7.1.1", "email=a").header("user-agent", "python-requests/2.31");
    let bare = || form("/login", "11.7.1.1", "email=a");
    for (request, what) in [(script(), "a script"), (bare(), "no agent")] {
        assert_eq!(scene.send(&request).await.status, 429, "{what}");
    }
    assert_eq!(
        scene.passing(people("/login", 1, 5)).await,
        5,
        "people still pass"
    );
    let uniform = (0..60).map(|number| {
        let client = format!("11.7.2.{}", number % 3);
        form("/login", &client, "email=a").header("user-agent", PHONES[0])
    });
    assert_eq!(scene.passing(uniform).await, 10, "one agent all over");
    assert_eq!(scene.passing(people("/login", 6, 60)).await, 10, "a VPN");
}

#[tokio::test]
async fn failed_logins_speak_against_a_mobile_carriers_network() {
    let scene = Scene::start(&policy()).await;
    told(&scene, &mobile(&[]), 1);
    assert_eq!(scene.passing(people("/login", 1, 20)).await, 20);
    scene.application.answer(failed());
    assert_eq!(
        scene.passing(people("/login", 1, 20)).await,
        5,
        "half of the limit"
    );
    scene.application.answer(Answer::status(200));
    assert_eq!(scene.passing(people("/login", 1, 5)).await, 0);
}

#[tokio::test]
async fn allow_lists_spare_from_network_limits_but_not_account_limits() {
    let mut policy = Policy::limiting(json!([
        { "name": "subnet", "key": ["subnet"], "limit": 2, "window": "1h" },
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
        { "name": "spray", "key": ["subnet"], "count": "distinct(account)", "limit": 3, "window": "1h" },
    ]));
    policy["lists"] = json!([{ "name": "office", "cidrs": ["11.8.0.0/16"], "then": "allow" }]);
    let scene = Scene::start(&policy).await;
    let many = (0..20).map(|number| login("11.8.0.1", &format!("account-{number}")));
    assert_eq!(scene.passing(many).await, 20);
    let one = (0..20).map(|_| login("11.8.0.1", "alice"));
    assert_eq!(scene.passing(one).await, 3);
    let others = (0..20).map(|number| login("11.0.0.1", &format!("account-{number}")));
    assert_eq!(scene.passing(others).await, 2);
}
