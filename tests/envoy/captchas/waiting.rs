//! While a service is asked: how long, who leaves, what else is going on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::captchas::scene::{
    ACTIVE, CLEARANCE, Scene, asked_for, browser_form, from_everywhere, get, policy, with,
};
use crate::service::Provider;
use crate::support::{Answer, Request, cookie};

/// What a loaded machine may need beyond the deadline.
const MARGIN: Duration = Duration::from_secs(2);
/// A timer of Envoy's runs from when its loop's turn began, which is a little before it was set.
const EARLY: Duration = Duration::from_millis(100);

/// A login whose token stands in its head or in its body.
fn login(token: &str, in_head: bool) -> Request {
    let request = |body: &str| browser_form("11.0.0.1", body).replace("accept", "application/json");
    match in_head {
        true => request("user=ann").header("x-palisade-captcha", token),
        false => request(&format!(
            "cf-turnstile-response={}",
            token.replace('+', "%2b")
        )),
    }
}

#[tokio::test]
async fn a_silent_service_holds_a_request_no_longer_than_its_time() {
    for flag in [false, true] {
        let timeout = Duration::from_millis(700);
        let changes = json!({ "timeout": "700ms" });
        let scene = Scene::alone(&policy(Provider::Turnstile, changes), flag).await;
        let service = scene.service(Provider::Turnstile);
        for in_head in [true, false, true, false] {
            let request = login(&service.fault(Answer::silent()), in_head);
            let begun = Instant::now();
            let refused = scene.send(&request).await;
            let time = begun.elapsed();
            assert_eq!(asked_for(&refused), "x-palisade-solution");
            assert!(
                (timeout - EARLY..timeout + MARGIN).contains(&time),
                "{time:?}"
            );
        }
        assert_eq!(scene.results().await, "timeout 4");
        assert_eq!(scene.application.count(), 0);
        let told = scene.envoy.prometheus().await;
        assert!(told.contains("palisade_captcha_time_ms"), "{told}");
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn clients_that_leave_while_the_service_is_asked_trouble_nobody() {
    for flag in [false, true] {
        let scene = Scene::start(
            &policy(Provider::Turnstile, json!({ "timeout": "5s" })),
            flag,
        )
        .await;
        let service = scene.service(Provider::Turnstile);
        service.backend.hold();
        let mut connections = Vec::new();
        let mut tokens = Vec::new();
        for number in 0..40 {
            let token = service.token();
            let mut connection = scene.connection().await;
            connection
                .send(&login(&token, number % 2 == 0).to_http1())
                .await;
            connections.push(connection);
            tokens.push(token);
        }
        service.backend.arrived(40).await;
        let stay = connections.split_off(20);
        drop(connections);
        scene
            .envoy
            .wait_for_stat(ACTIVE, |active| active == 20)
            .await;
        service.backend.release();
        for mut connection in stay {
            let passed = connection.response("POST").await;
            assert_eq!(passed.status, 200, "{}", passed.text());
        }
        assert_eq!(scene.results().await, "passed 20");
        assert_eq!(scene.application.count(), 20);
        // What those who left have had verified is used up.
        for token in &tokens[..4] {
            let refused = scene.send(&login(token, true)).await;
            assert_eq!(asked_for(&refused), "x-palisade-captcha");
        }
        assert_eq!(service.count(), 40);
        assert_eq!(scene.send(&with(&service.token())).await.status, 200);
        assert_eq!(scene.envoy.stat(ACTIVE).await, 0);
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn each_of_many_that_wait_gets_the_answer_to_its_own_token() {
    for flag in [false, true] {
        let scene = Scene::start(
            &policy(Provider::Turnstile, json!({ "timeout": "5s" })),
            flag,
        )
        .await;
        let service = scene.service(Provider::Turnstile);
        // They come back in another order than they were asked for.
        let requests = (0..120).map(|number: u64| {
            let delay = Duration::from_millis((number * 37) % 100);
            let token = match number % 3 {
                0 => format!("guess-{number}"),
                1 => service.fault(Answer::status(200).body(service.good()).delay(delay)),
                _ => service.fault(Answer::status(500).delay(delay)),
            };
            login(&token, number.is_multiple_of(2))
        });
        let responses = scene.send_at_once(from_everywhere(requests)).await;
        for (number, response) in responses.iter().enumerate() {
            match number % 3 {
                0 => assert_eq!(asked_for(response), "x-palisade-captcha", "{number}"),
                1 => assert_eq!(response.status, 200, "{number}"),
                _ => assert_eq!(asked_for(response), "x-palisade-solution", "{number}"),
            }
        }
        assert_eq!(scene.results().await, "invalid 40, passed 40, status 40");
        assert_eq!((service.count(), scene.application.count()), (120, 40));
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn a_waiting_request_ends_under_the_configuration_it_began_with() {
    for flag in [false, true] {
        let turnstile = policy(Provider::Turnstile, json!({ "timeout": "5s" }));
        let mut scene = Scene::alone(&turnstile, flag).await;
        let service = scene.service(Provider::Turnstile);
        service.backend.hold();
        let mut waiting = Vec::new();
        for number in 0..8 {
            let mut connection = scene.connection().await;
            let token = match number < 4 {
                true => service.token(),
                false => format!("guess-{number}"),
            };
            connection
                .send(&login(&token, number % 2 == 0).to_http1())
                .await;
            waiting.push(connection);
        }
        service.backend.arrived(8).await;
        scene.update(&policy(Provider::Hcaptcha, json!({}))).await;
        scene.service(Provider::Turnstile).backend.release();
        for (number, mut connection) in waiting.into_iter().enumerate() {
            let response = connection.response("POST").await;
            match number < 4 {
                true => assert_eq!(response.status, 200, "{}", response.text()),
                false => assert_eq!(asked_for(&response), "x-palisade-captcha"),
            }
        }
        let token = scene.service(Provider::Hcaptcha).token();
        assert_eq!(scene.send(&with(&token)).await.status, 200);
        scene.is_sound().await;
    }
}

/// A limit that challenges behind a rule that does, and one that refuses behind both.
fn limited() -> Value {
    let mut policy = policy(Provider::Turnstile, json!({}));
    policy["identity"] = json!({ "account": [{ "form": "user" }] });
    policy["limits"] = json!([
        { "name": "often", "key": ["account"], "limit": 1, "window": "1h", "then": "challenge" },
        { "name": "much", "key": ["account"], "limit": 4, "window": "1h", "then": "limit" },
    ]);
    policy["routes"][0]["limits"] = json!(["often", "much"]);
    policy
}

#[tokio::test]
async fn a_challenging_limit_behind_a_rule_is_answered_as_well() {
    for flag in [false, true] {
        let scene = Scene::start(&limited(), flag).await;
        let service = scene.service(Provider::Turnstile);
        // The rule asks; the limit does not yet.
        let request = |token: &str| {
            let body = format!(
                "user=ann&cf-turnstile-response={}",
                token.replace('+', "%2b")
            );
            browser_form("11.0.0.1", &body).replace("accept", "application/json")
        };
        let passed = scene.send(&request(&service.token())).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let ruled = cookie(&passed, CLEARANCE).expect("a clearance");
        // Cleared of the rule, the limit asks.
        let again = browser_form("11.0.0.1", "user=ann")
            .replace("accept", "application/json")
            .header("cookie", &ruled);
        let refused = scene.send(&again).await;
        assert_eq!(asked_for(&refused), "x-palisade-captcha");
        // One captcha answers both, with the token in either place.
        let asked = service.count();
        let both = scene
            .send(&request(&service.token()).header("cookie", &ruled))
            .await;
        assert_eq!(both.status, 200, "{}", both.text());
        assert_eq!(service.count(), asked + 1);
        let cleared = cookie(&both, CLEARANCE).expect("a clearance");
        let cleared = again.clone().replace("cookie", &cleared);
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(scene.send(&cleared).await.status);
        }
        assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
        assert_eq!(service.count(), asked + 1, "nobody is asked again");
        let spared = scene.send(&request(&service.token())).await;
        assert_eq!(spared.status, 429, "a captcha is no way around a limit");
        scene.is_sound().await;
    }
}

/// A lookup comes first, and its answer is what challenges.
#[tokio::test]
async fn a_lookup_and_a_captcha_are_waited_for_one_after_the_other() {
    let mut policy = policy(Provider::Turnstile, json!({}));
    policy["intelligence"] =
        json!({ "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" });
    policy["routes"][0]["rules"][0]["when"] = "vpn".into();
    for flag in [false, true] {
        let scene = Scene::start(&policy, flag).await;
        scene.api.answer(Answer::ipasis(&["VPN"]));
        let service = scene.service(Provider::Turnstile);
        for number in 0..8 {
            let client = format!("11.0.{number}.1");
            let token = match number < 6 {
                true => service.token(),
                false => format!("guess-{number}"),
            };
            let request = login(&token, number % 2 == 0).replace("x-forwarded-for", &client);
            let response = scene.send(&request).await;
            match number < 6 {
                true => assert_eq!(response.status, 200, "{}", response.text()),
                false => assert_eq!(asked_for(&response), "x-palisade-captcha"),
            }
        }
        assert_eq!((scene.api.count(), service.count()), (8, 8));
        assert_eq!(scene.results().await, "invalid 2, passed 6");
        let head = Request::new("HEAD", "/login")
            .client("11.1.0.1")
            .header("x-palisade-captcha", service.token());
        assert_eq!(scene.send(&head).await.status, 200);
        assert_eq!(scene.send(&get()).await.status, 403);
        scene.is_sound().await;
    }
}
