//! What becomes of clients while nothing can be verified, and of those with a low score.

use serde_json::{Value, json};

use crate::captchas::scene::{CLEARANCE, Scene, asked_for, get, policy, with, worked};
use crate::service::{Provider, Solved};
use crate::support::{Answer, cookie};

fn turnstile(changes: Value) -> Value {
    policy(Provider::Turnstile, changes)
}

#[tokio::test]
async fn by_default_work_replaces_what_cannot_be_verified() {
    for flag in [false, true] {
        let scene = Scene::start(&turnstile(json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        let request = with(&service.fault(Answer::status(500)));
        let refused = scene.send(&request).await;
        assert_eq!(asked_for(&refused), "x-palisade-solution");
        let passed = scene.send(&worked(&get(), &refused)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let clearance = cookie(&passed, CLEARANCE).expect("a clearance");
        let cleared = get().header("cookie", clearance);
        assert_eq!(scene.send(&cleared).await.status, 200);
        // Who did none is asked for a captcha again.
        assert_eq!(asked_for(&scene.send(&get()).await), "x-palisade-captcha");
        assert_eq!(scene.results().await, "status 1");
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn denied_it_is_refused_and_allowed_it_goes_on_this_once() {
    for flag in [false, true] {
        let deny = turnstile(json!({ "on_unavailable": "deny" }));
        let mut scene = Scene::start(&deny, flag).await;
        let service = scene.service(Provider::Turnstile);
        let refused = scene.send(&with(&service.fault(Answer::closed()))).await;
        assert_eq!((refused.status, asked_for(&refused).as_str()), (403, ""));
        scene
            .envoy
            .wait_for_access(|line| line["details"] == "palisade_denied_captcha_unavailable")
            .await;
        assert_eq!(scene.application.count(), 0);

        let allow = turnstile(json!({ "on_unavailable": "allow" }));
        scene.update(&allow).await;
        let service = scene.service(Provider::Turnstile);
        let passed = scene.send(&with(&service.fault(Answer::status(500)))).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(cookie(&passed, CLEARANCE), None);
        assert_eq!(scene.application.count(), 1);
        // A token that the service does not take is no way around, nor is none.
        for request in [with("a-guess"), with("<script>"), get()] {
            let refused = scene.send(&request).await;
            assert_eq!(asked_for(&refused), "x-palisade-captcha");
        }
        assert_eq!(scene.application.count(), 1);
        let results = "invalid 1, malformed_token 1, status 2";
        assert_eq!(scene.results().await, results);
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_no_pass() {
    let at = |cluster: &str| turnstile(json!({ "cluster": cluster }));
    let mut scene = Scene::start(&at("refuses"), false).await;
    let refused = scene.send(&with("a-token")).await;
    assert_eq!(asked_for(&refused), "x-palisade-solution");
    assert_eq!(scene.results().await, "status 1");
    for (number, cluster) in ["empty", "no_such_cluster"].into_iter().enumerate() {
        scene.update(&at(cluster)).await;
        for body in ["", "cf-turnstile-response=another-token"] {
            let token = format!("a-token-for-{cluster}");
            let request = match body {
                "" => with(&token),
                body => {
                    crate::captchas::scene::browser_form("11.0.0.1", &format!("{body}-{cluster}"))
                        .replace("accept", "application/json")
                }
            };
            let refused = scene.send(&request).await;
            assert_eq!(asked_for(&refused), "x-palisade-solution", "{cluster}");
        }
        let results = format!("not_asked {}, status 1", (number + 1) * 2);
        assert_eq!(scene.results().await, results, "{cluster}");
    }
    assert_eq!(scene.application.count(), 0);
    scene.is_sound().await;
}

#[tokio::test]
async fn a_low_score_is_answered_as_the_operator_says() {
    for (on_low_score, answered_in) in [
        ("captcha", "x-palisade-captcha"),
        ("proof_of_work", "x-palisade-solution"),
    ] {
        let changes = json!({ "on_low_score": on_low_score });
        let scene = Scene::start(&policy(Provider::RecaptchaV3, changes), false).await;
        let service = scene.service(Provider::RecaptchaV3);
        let scored = |score| {
            service.issue(Solved {
                score,
                ..Solved::default()
            })
        };
        let low = scene.send(&with(&scored(0.1))).await;
        assert_eq!(asked_for(&low), answered_in);
        assert_eq!(scene.application.count(), 0);
        if on_low_score == "proof_of_work" {
            let passed = scene.send(&worked(&get(), &low)).await;
            assert_eq!(passed.status, 200, "{}", passed.text());
        }
        assert_eq!(scene.send(&with(&scored(0.5))).await.status, 200);
        assert_eq!(scene.results().await, "low_score 1, passed 1");
        scene.is_sound().await;
    }
}
