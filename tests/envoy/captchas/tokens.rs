//! Where tokens stand, how often each counts, and tokens that are none.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::captchas::scene::{
    CLEARANCE, Scene, asked_for, browser_form, from_everywhere, get, policy, with,
};
use crate::service::{Provider, Solved};
use crate::support::{Request, cookie};

/// Every kind of place, each of the operator's own.
fn places() -> Value {
    json!({ "token": [
        { "form": "the-token" }, { "json": "/login/token" }, { "header": "x-token" }, { "cookie": "token" },
    ] })
}

fn post(kind: &str, body: &str) -> Request {
    browser_form("11.0.0.1", body)
        .replace("content-type", kind)
        .replace("accept", "application/json")
}

#[tokio::test]
async fn a_token_counts_in_each_of_its_places() {
    const MULTIPART: &str = "multipart/form-data; boundary=x";
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, places()), flag).await;
        let service = scene.service(Provider::Turnstile);
        let encoded = |token: &str| {
            let token = token.replace('+', "%2B").replace('=', "%3d");
            format!("user=ann&the-token={token}&password=p%2B")
        };
        let part = |name: &str, value: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let multipart = |token: &str| {
            format!(
                "{}{}--x--\r\n",
                part("user", "ann"),
                part("the-token", token)
            )
        };
        let document =
            |token: &str| json!({ "login": { "user": "ann", "token": token } }).to_string();
        let tokens: Vec<String> = (0..7).map(|_| service.token()).collect();
        let requests = [
            post("application/x-www-form-urlencoded", &encoded(&tokens[0])),
            post(MULTIPART, &multipart(&tokens[1])),
            post("application/json", &document(&tokens[2])),
            get().header("x-token", &tokens[3]),
            get().header("cookie", format!("a=b; token={}; c=d", tokens[4])),
            get().header("cookie", format!("palisade-captcha={}", tokens[5])),
            with(&tokens[6]),
        ];
        for (number, request) in requests.iter().enumerate() {
            let passed = scene.send(request).await;
            assert_eq!(passed.status, 200, "{number}: {}", passed.text());
            assert!(cookie(&passed, CLEARANCE).is_some(), "{number}");
            let arrived = scene.application.last();
            let expected = match number {
                0 => encoded(&tokens[0]),
                1 => multipart(&tokens[1]),
                2 => document(&tokens[2]),
                _ => String::new(),
            };
            assert_eq!(&arrived.body[..], expected.as_bytes(), "{number}");
            assert_eq!(service.count(), number + 1);
            let again = scene.send(request).await;
            assert_eq!(asked_for(&again), "x-palisade-captcha", "{number}: again");
        }
        assert_eq!(service.count(), 7, "nobody is asked twice");
        assert_eq!(scene.results().await, "passed 7, replayed 7");
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn a_long_token_arrives_over_three_cookies() {
    let scene = Scene::start(&policy(Provider::Hcaptcha, json!({})), false).await;
    let service = scene.service(Provider::Hcaptcha);
    let token = service.issue_of(8_192, Solved::default());
    let cookies = |parts: &[&str]| {
        let names = [
            "palisade-captcha",
            "palisade-captcha-2",
            "palisade-captcha-3",
        ];
        let each = names.iter().zip(parts);
        let all: Vec<String> = each.map(|(name, part)| format!("{name}={part}")).collect();
        get().header("cookie", all.join("; "))
    };
    let incomplete = cookies(&[&token[..3_500], "", &token[7_000..]]);
    assert_eq!(
        asked_for(&scene.send(&incomplete).await),
        "x-palisade-captcha"
    );
    let parts = [&token[..3_500], &token[3_500..7_000], &token[7_000..]];
    let passed = scene.send(&cookies(&parts)).await;
    assert_eq!(passed.status, 200, "{}", passed.text());
    for name in [
        "palisade-captcha",
        "palisade-captcha-2",
        "palisade-captcha-3",
    ] {
        let expired = cookie(&passed, name);
        assert_eq!(expired.as_deref(), Some(format!("{name}=").as_str()));
    }
    let longer = service.issue_of(8_193, Solved::default());
    let parts = [&longer[..3_500], &longer[3_500..7_000], &longer[7_000..]];
    assert_eq!(
        asked_for(&scene.send(&cookies(&parts)).await),
        "x-palisade-captcha"
    );
    assert_eq!(service.count(), 2);
    assert_eq!(
        scene.results().await,
        "invalid 1, passed 1, too_long_token 1"
    );
    scene.is_sound().await;
}

#[tokio::test]
async fn of_a_hundred_requests_with_one_token_exactly_one_passes() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        for round in 1..=2 {
            let token = service.token();
            let request = match round {
                1 => with(&token),
                _ => post(
                    "application/x-www-form-urlencoded",
                    &format!(
                        "user=ann&cf-turnstile-response={}",
                        token.replace('+', "%2b")
                    ),
                ),
            };
            let responses = scene
                .send_at_once(from_everywhere(vec![request; 100]))
                .await;
            let passed = responses.iter().filter(|one| one.status == 200).count();
            let asked = responses.iter().filter(|one| one.status == 403).count();
            assert_eq!((passed, asked), (1, 99));
            assert_eq!(service.count(), round);
            assert_eq!(scene.application.count(), round);
            let results = format!("passed {round}, replayed {}", round * 99);
            assert_eq!(scene.results().await, results);
            let clearances: HashSet<String> = responses
                .iter()
                .filter_map(|one| cookie(one, CLEARANCE))
                .collect();
            assert_eq!(clearances.len(), 1);
        }
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn tokens_that_are_none_are_refused_and_nobody_is_asked() {
    let scene = Scene::start(&policy(Provider::Turnstile, json!({})), true).await;
    let service = scene.service(Provider::Turnstile);
    let long = "x".repeat(2_049);
    let huge = "x".repeat(30_000);
    let cookie = |line: Vec<u8>| get().header("cookie", line);
    let urlencoded = |body: &str| post("application/x-www-form-urlencoded", body);
    let cases: Vec<(Request, &str)> = vec![
        (
            with("one").header("x-palisade-captcha", "two"),
            "several_tokens",
        ),
        (
            urlencoded("cf-turnstile-response=a&cf-turnstile-response=b"),
            "several_tokens",
        ),
        (with(&long), "too_long_token"),
        (with(&huge), "too_long_token"),
        (
            cookie(format!("palisade-captcha={long}").into()),
            "too_long_token",
        ),
        (
            urlencoded(&format!("cf-turnstile-response={long}")),
            "too_long_token",
        ),
        (with("<script>"), "malformed_token"),
        (with("a b"), "malformed_token"),
        (with("a,b"), "malformed_token"),
        (
            get().header("x-palisade-captcha", b"\xff\xfe\x80"),
            "malformed_token",
        ),
        (
            cookie(b"palisade-captcha=\xff\xfe".to_vec()),
            "malformed_token",
        ),
        (
            urlencoded("cf-turnstile-response=%00%ff"),
            "malformed_token",
        ),
        (
            urlencoded("cf-turnstile-response=a%0d%0ax-forged:+1"),
            "malformed_token",
        ),
    ];
    let mut results = std::collections::BTreeMap::new();
    for (number, (request, result)) in cases.iter().enumerate() {
        let refused = scene.send(request).await;
        assert_eq!(asked_for(&refused), "x-palisade-captcha", "{number}");
        *results.entry(*result).or_insert(0) += 1;
        assert_eq!(
            scene.results().await,
            crate::captchas::scene::listed(&results),
            "{number}"
        );
    }
    // Nothing at all is no token, and hundreds of cookies are as good as one.
    for request in [
        with(""),
        with(" \t "),
        cookie(b"palisade-captcha=".to_vec()),
        urlencoded("cf-turnstile-response="),
    ] {
        assert_eq!(asked_for(&scene.send(&request).await), "x-palisade-captcha");
    }
    assert_eq!(
        scene.results().await,
        crate::captchas::scene::listed(&results)
    );
    assert_eq!(service.count(), 0);
    let token = service.token();
    let same = format!("palisade-captcha={token}; ").repeat(100);
    assert_eq!(scene.send(&cookie(same.into())).await.status, 200);
    assert_eq!(scene.application.count(), 1);
    scene.is_sound().await;
}

#[tokio::test]
async fn a_token_of_friendly_captcha_that_is_not_there_yet_is_none() {
    let scene = Scene::start(&policy(Provider::FriendlyCaptcha, json!({})), false).await;
    for state in [".UNINITIALIZED", ".UNSTARTED", ".SOLVING", ".ERROR"] {
        let body = format!("frc-captcha-response={state}");
        let refused = scene
            .send(&post("application/x-www-form-urlencoded", &body))
            .await;
        assert_eq!(asked_for(&refused), "x-palisade-captcha");
    }
    assert_eq!(scene.results().await, "");
    assert_eq!(scene.service(Provider::FriendlyCaptcha).count(), 0);
}

#[tokio::test]
async fn no_token_of_an_unchallenged_client_is_asked_about() {
    let mut policy = policy(Provider::Turnstile, json!({}));
    let banned = json!({ "name": "banned", "cidrs": ["12.0.0.0/8"] });
    let lists = policy["lists"].as_array_mut();
    lists.expect("lists").push(banned);
    let deny = json!({ "name": "banned", "when": { "list": "banned" }, "then": "deny" });
    policy["routes"][0]["rules"]
        .as_array_mut()
        .expect("rules")
        .push(deny);
    let mut scene = Scene::start(&policy, false).await;
    let token = scene.service(Provider::Turnstile).token();
    let of = |client: &str| {
        Request::get("/login")
            .client(client)
            .header("x-palisade-captcha", &token)
    };
    assert_eq!(scene.send(&of("13.0.0.1")).await.status, 200);
    assert_eq!(scene.send(&of("12.0.0.1")).await.status, 403);
    policy["mode"] = "monitor".into();
    scene.update(&policy).await;
    assert_eq!(scene.send(&of("11.0.0.1")).await.status, 200);
    policy["mode"] = "enforce".into();
    policy["routes"][0]["challenge"] = "proof_of_work".into();
    scene.update(&policy).await;
    let worked = scene.send(&of("11.0.0.1")).await;
    assert_eq!(asked_for(&worked), "x-palisade-solution");
    policy["routes"][0]["challenge"] = "captcha".into();
    scene.update(&policy).await;
    assert_eq!(scene.service(Provider::Turnstile).count(), 0);
    assert_eq!(
        scene.send(&of("11.0.0.1")).await.status,
        200,
        "it is still good"
    );
    scene.is_sound().await;
}

#[tokio::test]
async fn one_junk_token_repeated_takes_no_captcha_from_anybody() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        let mut connection = scene.connection().await;
        for _ in 0..150 {
            let refused = connection.request(&with("junk")).await;
            assert_eq!(asked_for(&refused), "x-palisade-captcha");
        }
        assert_eq!(service.count(), 1);
        assert_eq!(scene.send(&with(&service.token())).await.status, 200);
        // Of other tokens, one address has fifty asked about, and then work takes their place.
        for number in 0..60 {
            let refused = connection
                .request(&with(&format!("made-up-{number}")))
                .await;
            let place = match number < 48 {
                true => "x-palisade-captcha",
                false => "x-palisade-solution",
            };
            assert_eq!(asked_for(&refused), place, "{number}");
        }
        let neighbour = with(&service.token()).replace("x-forwarded-for", "11.0.0.200");
        assert_eq!(scene.send(&neighbour).await.status, 200);
        let results = "invalid 49, passed 2, replayed 149, too_many 12";
        assert_eq!(scene.results().await, results);
        scene.is_sound().await;
    }
}
