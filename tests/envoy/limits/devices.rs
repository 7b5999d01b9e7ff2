//! Devices that have logged in before, and strangers.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::device::KnownDevices;
use palisade::device::{DeviceCookies, DeviceId};
use palisade::identity::account::Normalisation;
use palisade::signing::{Secret, SigningKeys};
use palisade::time::Time;
use serde_json::json;

use crate::support::{Answer, Policy, Request, Response, SIGNING_KEY, Scene, failed, form, login};

const DAY: u64 = 86_400;

/// Three failures an hour per account, and device cookies.
fn policy() -> Policy {
    Policy::failures(3)
        .devices()
        .in_route("login", json!({ "success": { "status": ["2xx", "3xx"] } }))
}

/// The line that sets a device's cookie.
fn set(response: &Response) -> Option<String> {
    let lines = response.headers.iter();
    lines
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| crate::support::text(value))
        .find(|line| line.starts_with("__Host-palisade-device-"))
}

/// What a browser sends back of it.
fn pair(line: &str) -> String {
    line.split(';').next().unwrap().to_owned()
}

/// A cookie for `account` that was set `days` ago.
pub(crate) fn made(key: &str, account: &str, days: u64) -> String {
    let keys = SigningKeys::new(&[Secret::parse(key).unwrap()]).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let then = Time::from_secs(now.as_secs() - days * DAY);
    let device = DeviceId::new([7; 16]);
    let account = Normalisation::default()
        .account(account.as_bytes())
        .unwrap();
    let whose = KnownDevices::whose("login", &account);
    pair(&DeviceCookies::default().set(&keys, &whose, device, then))
}

/// A login with these cookies: its status.
async fn with(scene: &Scene, account: &str, cookies: &str) -> u16 {
    scene
        .send(&login("11.0.0.1", account).header("cookie", cookies))
        .await
        .status
}

#[tokio::test]
async fn a_successful_login_makes_the_browser_a_known_device() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        let own = Answer::status(302)
            .header("location", "/home")
            .header("set-cookie", "sid=1");
        scene.application.answer(own);
        let response = scene.login("11.0.0.1", "alice").await;
        let line = set(&response).expect("a cookie");
        let (name, rest) = line.split_once('=').unwrap();
        let tag = name.strip_prefix("__Host-palisade-device-").unwrap();
        assert!(tag.len() == 8 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let attributes = "; Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Lax";
        assert!(rest.ends_with(attributes), "{line}");
        assert_eq!(response.header("set-cookie").as_deref(), Some("sid=1"));
        assert_eq!(scene.counted("devices.result=set").await, 1);

        scene.application.answer(failed());
        let stranger = scene.login("11.0.0.1", "alice").await;
        assert_eq!((stranger.status, set(&stranger)), (401, None));
    }
}

/// Whether a cookie alone shows a login, and no memory of Envoy's has to know of it.
fn is_proof(line: &str) -> bool {
    let (_, value) = line.split(';').next().unwrap().split_once('=').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    match bytes[0] {
        1 | 2 => true,
        3 => false,
        version => panic!("{version}"),
    }
}

/// The same, where the body alone tells of a success.
fn told_by_bodies() -> Policy {
    let mut policy = policy();
    policy["routes"][0]["success"] = json!({ "body": [{ "contains": "Welcome" }] });
    policy
}

#[tokio::test]
async fn a_success_in_the_body_makes_the_browser_a_known_device() {
    for flag in [false, true] {
        let scene = Scene::flagged(&told_by_bodies(), flag).await;
        let page = format!(
            "<html>{}Welcome, Alice{}",
            " ".repeat(600),
            "x".repeat(9_000)
        );
        let pages = [
            Answer::status(200).body(page.clone()),
            Answer::status(200).body(page.clone()).pieces(100),
        ];
        let mut cookies = Vec::new();
        for answer in pages {
            scene.application.answer(answer);
            let response = scene.login("11.0.0.1", "alice").await;
            assert_eq!(response.text(), page);
            let line = set(&response).expect("a cookie");
            assert_eq!(is_proof(&line), flag, "headers that can wait do");
            cookies.push(pair(&line));
        }
        assert_eq!(scene.counted("devices.result=set").await, 2);
        assert_eq!(scene.counted("logins.route=login.result=success").await, 2);

        scene.application.answer(failed());
        let strangers = (0..50).map(|number| login(&format!("11.1.{number}.1"), "alice"));
        assert_eq!(scene.passing(strangers).await, 3);
        for cookie in &cookies {
            assert_eq!(with(&scene, "alice", cookie).await, 401, "she mistypes");
            assert_eq!(with(&scene, "ALICE", cookie).await, 429, "another spelling");
        }
        assert_eq!(with(&scene, "alice", "").await, 429);
    }
}

#[tokio::test]
async fn a_failure_in_the_body_makes_nobody_a_known_device() {
    for flag in [false, true] {
        let scene = Scene::flagged(&told_by_bodies(), flag).await;
        scene
            .application
            .answer(Answer::status(200).body("Wrong password"));
        let mut cookies = Vec::new();
        for number in 0..4 {
            let response = scene.login(&format!("11.1.{number}.1"), "alice").await;
            cookies.extend(set(&response));
        }
        assert!(!cookies.iter().any(|line| is_proof(line)));
        assert_eq!(cookies.is_empty(), flag, "three that prove nothing");
        let cookies: Vec<String> = cookies.iter().map(|line| pair(line)).collect();
        assert_eq!(with(&scene, "alice", &cookies.join("; ")).await, 429);
        for cookie in &cookies {
            assert_eq!(with(&scene, "alice", cookie).await, 429);
        }
        assert_eq!(scene.counted("devices.result=known").await, 0);
        assert_eq!(scene.counted("devices.result=set").await, 0);

        // Where the head says so already, there is nothing to wait for.
        scene.application.answer(failed());
        assert_eq!(set(&scene.login("11.0.0.1", "bob").await), None);
    }
}

#[tokio::test]
async fn whose_headers_could_not_wait_gets_a_lasting_cookie_at_the_next_login() {
    let scene = Scene::flagged(&told_by_bodies(), false).await;
    scene
        .application
        .answer(Answer::status(200).body("Welcome"));
    let first = set(&scene.login("11.0.0.1", "alice").await).expect("a cookie");
    let again = login("11.0.0.1", "alice").header("cookie", pair(&first));
    let lasting = set(&scene.send(&again).await).expect("a cookie");
    assert_eq!((is_proof(&first), is_proof(&lasting)), (false, true));
    let again = login("11.0.0.1", "alice").header("cookie", pair(&lasting));
    assert_eq!(set(&scene.send(&again).await), None);
    assert_eq!(scene.counted("devices.result=known").await, 2);
}

#[tokio::test]
async fn a_known_device_logs_in_while_strangers_hammer_the_account() {
    let scene = Scene::start(&policy()).await;
    let cookie = pair(&set(&scene.login("11.0.0.1", "alice").await).unwrap());
    let bobs = pair(&set(&scene.login("11.0.0.1", "bob").await).unwrap());
    assert_ne!(cookie.split('=').next(), bobs.split('=').next());

    scene.application.answer(failed());
    let strangers = (0..50).map(|number| login(&format!("11.1.{number}.1"), "alice"));
    assert_eq!(scene.passing(strangers).await, 3);
    assert_eq!(
        with(&scene, "alice", &cookie).await,
        401,
        "a mistake of one's own"
    );
    scene.application.answer(Answer::status(200));
    assert_eq!(with(&scene, "alice", &cookie).await, 200);
    assert_eq!(
        with(&scene, "ALICE", &cookie).await,
        429,
        "the same to us, and maybe another one to the application"
    );
    let both = format!("theme=dark; {bobs}; {cookie}");
    assert_eq!(
        with(&scene, "alice", &both).await,
        200,
        "two accounts in one browser"
    );
    assert_eq!(with(&scene, "bob", &both).await, 200);
    let hundred = format!(
        "{}{cookie}",
        format!("{}=junk; ", cookie.split('=').next().unwrap()).repeat(99)
    );
    assert_eq!(
        with(&scene, "alice", &hundred).await,
        200,
        "among a hundred"
    );

    let last = cookie.chars().last().unwrap();
    let forged = format!(
        "{}{}",
        cookie.trim_end_matches(last),
        if last == 'A' { 'B' } else { 'A' }
    );
    let (_, value) = bobs.split_once('=').unwrap();
    let renamed = format!("{}={value}", cookie.split('=').next().unwrap());
    for (stranger, what) in [
        ("", "no cookie"),
        (forged.as_str(), "one that is forged"),
        (bobs.as_str(), "that of another account"),
        (renamed.as_str(), "that of another account, renamed"),
        (&made(SIGNING_KEY, "alice", 181), "one that has expired"),
        (
            &made("the-key-of-somebody-else-0123456789", "alice", 0),
            "one of another key",
        ),
    ] {
        assert_eq!(with(&scene, "alice", stranger).await, 429, "{what}");
    }
    assert_eq!(scene.counted("devices.result=expired").await, 1);
    assert_eq!(scene.counted("devices.result=forged").await, 2);
}

#[tokio::test]
async fn a_known_device_has_its_own_limit_and_a_renewed_cookie() {
    let scene = Scene::start(&policy()).await;
    scene.application.answer(failed());
    let young = made(SIGNING_KEY, "alice", 1);
    let tries = (0..10).map(|_| login("11.0.0.1", "alice").header("cookie", &young));
    assert_eq!(
        scene.passing(tries).await,
        3,
        "a stolen cookie opens no door"
    );
    assert_eq!(
        scene.login("11.0.0.2", "alice").await.status,
        401,
        "others are not held up"
    );

    scene.application.answer(Answer::status(200));
    let login =
        |days| login("11.0.0.1", "carol").header("cookie", made(SIGNING_KEY, "carol", days));
    assert_eq!(set(&scene.send(&login(89)).await), None);
    let renewed = set(&scene.send(&login(100)).await).expect("a new cookie");
    assert_eq!(
        set(&scene.send(&login(1).header("cookie", pair(&renewed))).await),
        None
    );
    let fresh = made(SIGNING_KEY, "carol", 0);
    // Version and device are the first 17 bytes, of which 22 characters tell nothing else.
    let device = |cookie: &str| -> String {
        let (_, value) = cookie.split_once('=').unwrap();
        value.chars().take(22).collect()
    };
    assert_eq!(device(&renewed), device(&fresh), "it is the same device");
}

/// A policy for the login and, in the same realm or not, the shop's; and how strangers have locked alice out.
async fn two_logins(realms: [&str; 2], flag: bool) -> Scene {
    let mut policy = policy();
    policy["routes"][0]["realm"] = json!(realms[0]);
    let mut shop = policy["routes"][0].clone();
    shop["name"] = json!("shop");
    shop["realm"] = json!(realms[1]);
    shop["match"]["path"] = json!("/shop/login");
    policy["routes"].as_array_mut().unwrap().push(shop);
    Scene::flagged(&policy, flag).await
}

#[tokio::test]
async fn another_realm_or_spelling_is_no_device_of_the_victim() {
    for flag in [false, true] {
        for (realms, status) in [(["one", "two"], 429), (["one", "one"], 401)] {
            let scene = two_logins(realms, flag).await;
            let own = form("/shop/login", "11.0.0.1", "email=alice&password=own");
            let shops = pair(&set(&scene.send(&own).await).expect("a cookie of the shop"));
            let mut spelled = Vec::new();
            for body in [
                "email=ALICE&password=own",
                "email=alice&password=own&email=ALICE",
                "email=ALICE&password=own&email=alice",
            ] {
                let response = scene.send(&form("/login", "11.0.0.1", body)).await;
                spelled.extend(set(&response).map(|line| pair(&line)));
            }
            assert!(!spelled.is_empty());
            scene.application.answer(failed());
            let strangers = (0..5).map(|number| login(&format!("11.1.{number}.1"), "alice"));
            assert_eq!(scene.passing(strangers).await, 3);
            assert_eq!(with(&scene, "alice", &shops).await, status, "{realms:?}");
            assert_eq!(with(&scene, "alice", &spelled.join("; ")).await, 429);
        }
    }
}

#[tokio::test]
async fn what_is_no_login_makes_no_device() {
    let policy = {
        let mut policy = policy();
        policy["routes"][0]["match"] = json!({ "path": "/login" });
        policy["identity"]["account"] = json!([{ "form": "email" }, { "query": "email" }]);
        policy
    };
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        let body = |body: &str| form("/login", "11.0.0.1", body);
        let odd = [
            body("email=alice&_method=get"),
            body("email=alice&_METHOD=GET"),
            body("_method=put&email=alice"),
            body("email=alice&%5Fm%65thod=get"),
            body("email=alice&password=x").header("x-http-method-override", "GET"),
            body("email=alice&password=x").header("x_method_override", "GET"),
            form("/login?_method=get", "11.0.0.1", "email=alice&password=x"),
            Request::get("/login?email=alice").client("11.0.0.1"),
            Request::new("HEAD", "/login?email=alice").client("11.0.0.1"),
        ];
        for request in odd {
            let response = scene.send(&request).await;
            assert_eq!(
                (response.status, set(&response)),
                (200, None),
                "{request:?}"
            );
        }
        let login = scene.login("11.0.0.1", "alice").await;
        assert!(set(&login).is_some(), "a login does");
    }
}

#[tokio::test]
async fn all_devices_of_an_account_share_a_bound() {
    for flag in [false, true] {
        let mut policy = policy();
        policy["device"] = json!({ "new_per_day": 20 });
        let scene = Scene::flagged(&policy, flag).await;
        let mut cookies = Vec::new();
        for _ in 0..30 {
            cookies.extend(set(&scene.login("11.0.0.1", "alice").await).map(|line| pair(&line)));
        }
        assert_eq!(cookies.len(), 20, "new ones in a day");
        assert_eq!(scene.counted("devices.result=too_many").await, 10);
        scene.application.answer(failed());
        let guesses = (0..60).map(|number| {
            login("11.0.0.1", "alice").header("cookie", &cookies[number % cookies.len()])
        });
        assert_eq!(
            scene.passing(guesses).await,
            12,
            "four times as many as of one"
        );
        scene.application.answer(Answer::status(200));
        assert_eq!(
            scene.login("11.0.0.2", "alice").await.status,
            200,
            "strangers have their own"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_no_named_success_grants_nothing() {
    let mut policy = policy();
    policy["routes"][0]["success"] =
        json!({ "header": [{ "name": "set-cookie", "prefix": "sid=" }] });
    let lost = Answer::status(302).header("location", "/wp-login.php?checkemail=confirm");
    let stale = Answer::status(302)
        .header("location", "/realms/a/login?session_code=x")
        .header("set-cookie", "KC_RESTART=x");
    let page = Answer::status(200).body("Wrong password");
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        for (account, answer) in [("bob", &lost), ("carol", &stale), ("dave", &page)] {
            scene.application.answer(answer.clone());
            let mut passed = 0;
            for _ in 0..10 {
                let response = scene.login("11.0.0.1", account).await;
                assert_eq!(set(&response), None, "{account}");
                passed += usize::from(response.status != 429);
            }
            assert_eq!(passed, 3, "{account}");
        }
        scene
            .application
            .answer(Answer::status(302).header("set-cookie", "sid=1"));
        let login = scene.login("11.0.0.1", "alice").await;
        assert!(set(&login).is_some(), "a login does");
    }
}

#[tokio::test]
async fn a_stalled_answer_is_held_back_for_a_second_at_most() {
    let mut policy = policy();
    policy["routes"][0]["success"] = json!({ "body": [{ "contains": "Welcome" }] });
    let scene = Scene::flagged(&policy, true).await;
    for worker in &mut scene.workers().await {
        let warm = worker.request(&login("11.9.9.9", "somebody")).await;
        assert_eq!(warm.status, 200);
    }
    let page = "x".repeat(100);
    scene
        .application
        .answer(Answer::status(200).body(page).stalled());
    for account in ["alice", "bob"] {
        let mut connection = scene.connection().await;
        let started = Instant::now();
        connection
            .send(&login("11.0.0.1", account).to_http1())
            .await;
        let (status, headers) = connection.response_head().await;
        assert!(status.contains("200"), "{status}");
        let line = headers.iter().find(|(name, _)| name == "set-cookie");
        let (_, line) = line.expect("a cookie that may become good");
        assert!(!is_proof(&crate::support::text(line)));
        let waited = started.elapsed();
        let expected = Duration::from_millis(900)..Duration::from_secs(20);
        assert!(expected.contains(&waited), "{waited:?}");
    }
    assert_eq!(scene.counted("host_refused").await, 0);
}
