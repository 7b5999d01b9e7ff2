//! What each service's answers come to: only a token of which all is as it must be is a pass.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::captchas::scene::{
    CLEARANCE, Scene, asked_for, from_everywhere, get, listed, policy, with,
};
use crate::service::{Provider, Refusal, Service, Solved};
use crate::support::{Answer, Request, cookie};

/// What a documented refusal is counted as.
const fn counted_as(provider: Provider, refusal: Refusal) -> &'static str {
    let says_less = matches!(
        provider,
        Provider::Turnstile | Provider::RecaptchaV2 | Provider::RecaptchaV3
    );
    match refusal {
        Refusal::NoSecret | Refusal::WrongSecret => "refused_secret",
        Refusal::Expired | Refusal::Spent if says_less => "expired_or_duplicate",
        Refusal::Expired => "expired",
        Refusal::Spent => "duplicate",
        Refusal::OtherSite if says_less => "invalid",
        Refusal::OtherSite => "other_site",
        Refusal::NoToken | Refusal::WrongToken => "invalid",
        Refusal::BadRequest => "bad_request",
        Refusal::Internal => "service_error",
    }
}

/// Tokens against which something speaks, and what they are counted as.
fn refused(service: &Service) -> Vec<(String, &'static str)> {
    let provider = service.provider;
    let old = Solved {
        age: Duration::from_secs(3_600),
        ..Solved::default()
    };
    let spent = service.token();
    service.spend(&spent);
    let mut tokens = vec![
        (
            format!("a-guess-of-{}", provider.name()),
            counted_as(provider, Refusal::WrongToken),
        ),
        (service.issue(old), counted_as(provider, Refusal::Expired)),
        (spent, counted_as(provider, Refusal::Spent)),
    ];
    for refusal in [Refusal::OtherSite, Refusal::BadRequest] {
        let token = service.fault(provider.refuse(refusal));
        tokens.push((token, counted_as(provider, refusal)));
    }
    let elsewhere = Solved {
        hostname: "shop.example.evil.test",
        ..Solved::default()
    };
    tokens.push((service.issue(elsewhere), "wrong_hostname"));
    if provider.tells_action() {
        let signup = Solved {
            action: "signup",
            ..Solved::default()
        };
        tokens.push((service.issue(signup), "wrong_action"));
    }
    if provider.tells_score() {
        let doubtful = Solved {
            score: 0.499,
            ..Solved::default()
        };
        tokens.push((service.issue(doubtful), "low_score"));
    }
    tokens
}

/// Tokens that nobody can judge, and what they are counted as.
fn unverifiable(service: &Service) -> Vec<(String, &'static str)> {
    let good = service.good();
    let ok = |body: String| Answer::status(200).body(body);
    let twice = good.replacen(":true", ":true,\"success\":true,\"valid\":true", 1);
    let padded = format!("{}{good}", " ".repeat(20_000));
    let faults = [
        (Answer::status(429), "rate_limited"),
        (Answer::status(429).body(good.clone()), "rate_limited"),
        (Answer::status(500), "status"),
        (Answer::status(503).body(good.clone()), "status"),
        (Answer::status(403).body(good.clone()), "status"),
        (Answer::status(404).body(good.clone()), "status"),
        (
            Answer::status(302).header("location", "/elsewhere"),
            "status",
        ),
        (Answer::status(401).body(good.clone()), "refused_secret"),
        (Answer::status(504), "timeout"),
        (Answer::silent(), "timeout"),
        (ok(good.clone()).stalled(), "reset"),
        (Answer::closed(), "status"),
        (ok(good.clone()).cut(), "reset"),
        (ok(String::new()), "unreadable"),
        (
            ok("<html>Just a moment ...</html>".to_owned()),
            "unreadable",
        ),
        (ok(good[..good.len() - 1].to_owned()), "unreadable"),
        (ok(good.replace(":true", ":\"true\"")), "unreadable"),
        (ok(good.replace(":true", ":1")), "unreadable"),
        (ok(format!("[{good}]")), "unreadable"),
        (ok(format!("{good}{good}")), "unreadable"),
        (ok(good.replace("20", "19")), "unreadable"),
        (ok(twice), "unreadable"),
        (ok("{}".to_owned()), "unreadable"),
        (
            Answer::status(200).body(b"{\"success\":true\xff}".as_slice()),
            "unreadable",
        ),
        (ok(padded), "too_large"),
        // More than Envoy buffers, see the runtime of envoy/demo.yaml.
        (ok(format!("{}{good}", " ".repeat(200_000))), "reset"),
    ];
    let mut faults = faults.to_vec();
    if service.provider.tells_of_itself() {
        let internal = service.provider.refuse(Refusal::Internal);
        faults.push((internal, "service_error"));
    }
    let faults = faults.into_iter();
    faults
        .map(|(answer, result)| (service.fault(answer), result))
        .collect()
}

async fn each_answer_has_its_result_and_only_a_complete_one_is_a_pass(flag: bool) {
    // As long as a request may ever wait, so that a loaded machine is not taken for a service that is late.
    let changes = || json!({ "timeout": "2s" });
    let mut scene = Scene::start(&policy(Provider::ALL[0], changes()), flag).await;
    let mut results = BTreeMap::new();
    for provider in Provider::ALL {
        scene.update(&policy(provider, changes())).await;
        let service = scene.service(provider);
        // Nothing is asked about a client without a token.
        assert_eq!(asked_for(&scene.send(&get()).await), "x-palisade-captcha");
        assert_eq!(service.count(), 0);

        let refused = refused(service);
        let unverifiable = unverifiable(service);
        let all: Vec<_> = refused.iter().chain(&unverifiable).collect();
        let requests = from_everywhere(all.iter().map(|(token, _)| with(token)));
        let responses = scene.send_at_once(requests).await;
        for (number, ((_, result), response)) in all.iter().zip(&responses).enumerate() {
            let asked = match number < refused.len() {
                true => "x-palisade-captcha",
                false => "x-palisade-solution",
            };
            let what = format!("{provider:?} {result} ({number})");
            assert_eq!(asked_for(response), asked, "{what}");
            assert_eq!(cookie(response, CLEARANCE), None, "{what}");
            let expired = cookie(response, "palisade-captcha");
            assert_eq!(expired.as_deref(), Some("palisade-captcha="), "{what}");
            *results.entry(*result).or_insert(0) += 1;
        }
        assert_eq!(scene.results().await, listed(&results), "{provider:?}");
        assert_eq!(service.count(), all.len(), "{provider:?}: each once");
        assert_eq!(scene.application.count(), 0, "{provider:?}");

        let passed = scene.send(&with(&service.token())).await;
        assert_eq!(passed.status, 200, "{provider:?}: {}", passed.text());
        *results.entry("passed").or_insert(0) += 1;
        let clearance = cookie(&passed, CLEARANCE).expect("a clearance");
        for _ in 0..4 {
            let cleared = get().header("cookie", &clearance);
            assert_eq!(scene.send(&cleared).await.status, 200, "{provider:?}");
        }
        let other = Request::get("/other")
            .client("11.0.0.1")
            .header("cookie", &clearance);
        assert_eq!(scene.send(&other).await.status, 403, "another rule's");
        assert_eq!(
            service.count(),
            all.len() + 1,
            "{provider:?}: nobody is asked again"
        );
        assert_eq!(scene.results().await, listed(&results), "{provider:?}");
        scene.application.forget();
    }
    scene.is_sound().await;
}

#[tokio::test]
async fn only_a_complete_answer_passes_while_bodies_come_late() {
    each_answer_has_its_result_and_only_a_complete_one_is_a_pass(false).await;
}

#[tokio::test]
async fn only_a_complete_answer_passes_while_bodies_come_early() {
    each_answer_has_its_result_and_only_a_complete_one_is_a_pass(true).await;
}

#[tokio::test]
async fn the_address_is_told_only_where_the_operator_says_so() {
    let mut scene = Scene::start(&policy(Provider::ALL[0], json!({})), false).await;
    for provider in Provider::ALL.into_iter().filter(|it| it.asks_address()) {
        scene.update(&policy(provider, json!({}))).await;
        let service = scene.service(provider);
        let silent = scene.send(&with(&service.token())).await;
        assert_eq!(silent.status, 200, "{provider:?}: {}", silent.text());
        service.expect_address(Some("11.0.0.1"));
        let told = json!({ "send_client_address": true });
        scene.update(&policy(provider, told)).await;
        let service = scene.service(provider);
        let told = scene.send(&with(&service.token())).await;
        assert_eq!(told.status, 200, "{provider:?}: {}", told.text());
        let sixth = Request::get("/login").client("2001:db8::1");
        assert_eq!(scene.send(&sixth).await.status, 200, "nobody asks it");
    }
    scene.is_sound().await;
}

#[tokio::test]
async fn a_service_that_forgets_how_old_a_token_is_makes_it_no_better() {
    let mut scene = Scene::start(&policy(Provider::ALL[0], json!({})), true).await;
    let aged = |seconds| Solved {
        age: Duration::from_secs(seconds),
        ..Solved::default()
    };
    for provider in Provider::ALL {
        // A minute more for clocks that differ.
        scene
            .update(&policy(provider, json!({ "max_age": "2m" })))
            .await;
        let service = scene.service(provider);
        service.is_lenient();
        let fresh = scene.send(&with(&service.issue(aged(170)))).await;
        assert_eq!(fresh.status, 200, "{provider:?}: {}", fresh.text());
        let stale = scene.send(&with(&service.issue(aged(200)))).await;
        assert_eq!(asked_for(&stale), "x-palisade-captcha", "{provider:?}");
    }
    assert_eq!(scene.results().await, "passed 6, stale 6");
    scene.is_sound().await;
}

#[tokio::test]
async fn a_wrong_secret_passes_nobody_and_is_told_the_operator() {
    let mut scene = Scene::start(&policy(Provider::ALL[0], json!({})), false).await;
    for (number, provider) in Provider::ALL.into_iter().enumerate() {
        scene.update(&policy(provider, json!({}))).await;
        let service = scene.service(provider);
        service.takes("another-secret");
        for _ in 0..3 {
            let refused = scene.send(&with(&service.token())).await;
            assert_eq!(asked_for(&refused), "x-palisade-solution", "{provider:?}");
        }
        let told = format!("refused_secret {}", (number + 1) * 3);
        assert_eq!(scene.results().await, told);
    }
    scene.envoy.wait_for_log("does not take the secret").await;
    assert_eq!(scene.application.count(), 0);
    assert!(!scene.envoy.log().contains(crate::service::SECRET));
    scene.is_sound().await;
}
