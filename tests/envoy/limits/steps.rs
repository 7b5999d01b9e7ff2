//! Logins in several steps, and what the application's answers between them come to.

use serde_json::json;

use crate::support::{Answer, Policy, Response, Scene, form, login, text};

/// Three failures an hour per account; each result of a login by the page that shows it.
fn policy() -> Policy {
    let answers = json!({
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "next_step": { "body": [{ "contains": "Enter your code" }] },
        "locked": { "body": [{ "contains": "Account locked" }] },
        "failure": { "body": [{ "contains": "Wrong code" }], "otherwise": true },
    });
    Policy::failures(3).devices().in_route("login", answers)
}

/// A page of which so much stands before these words.
fn page(before: usize, words: &str) -> Answer {
    let body = format!("<html>{}{words}</html>", "x".repeat(before));
    Answer::status(200).body(body)
}

/// The cookie of a device that the answer sets: `name=value`.
fn device(response: &Response) -> Option<String> {
    let lines = response.headers.iter();
    let set = lines.filter(|(name, _)| name == "set-cookie");
    let mut lines = set.map(|(_, value)| text(value));
    let line = lines.find(|line| line.starts_with("__Host-palisade-device-"))?;
    line.split(';').next().map(str::to_owned)
}

#[tokio::test]
async fn right_passwords_before_a_code_lock_nobody_out() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        scene
            .application
            .answer(page(6_000, "Enter your code").header("set-cookie", "sid=1"));
        let mut unproven = Vec::new();
        for _ in 0..8 {
            let response = scene.login("11.0.0.1", "alice").await;
            assert_eq!(response.status, 200);
            unproven.extend(device(&response));
        }
        // Without the flag the headers go before the page is read, with a cookie that proves nothing yet.
        let most = if flag { 0 } else { 8 };
        assert_eq!(unproven.len(), most, "it is not over yet");
        assert_eq!(
            scene.counted("logins.route=login.result=next_step").await,
            8
        );
        scene
            .application
            .answer(page(6_000, "Enter your code. Wrong code"));
        let wrong = (0..5).map(|_| login("11.0.0.1", "alice"));
        assert_eq!(scene.passing(wrong).await, 3, "the worse result counts");
        let by_cookie = |cookie: &String| login("11.0.0.1", "alice").header("cookie", cookie);
        let passed = scene.passing(unproven.iter().map(by_cookie)).await;
        assert_eq!(passed, 0, "nor does such a cookie open the lock");
        scene
            .application
            .answer(Answer::status(302).header("set-cookie", "sid=1"));
        assert!(device(&scene.login("11.0.0.1", "bob").await).is_some());
    }
}

#[tokio::test]
async fn whatever_shows_no_result_is_a_failure_where_that_is_said() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        for (account, answer) in [
            ("json", Answer::json(&json!({ "ok": false }))),
            ("other", Answer::status(406)),
            ("large", page(70_000, "Enter your code")),
            (
                "zipped",
                page(0, "Enter").header("content-encoding", "gzip"),
            ),
            ("locked", page(9_000, "Account locked")),
        ] {
            scene.application.answer(answer);
            let guesses = (0..5).map(|_| {
                let body = format!("email={account}&password=x");
                form("/login", "11.0.0.1", &body)
            });
            assert_eq!(scene.passing(guesses).await, 3, "{account}");
        }
        assert_eq!(scene.counted("logins.route=login.result=failure").await, 12);
        assert_eq!(scene.counted("logins.route=login.result=locked").await, 3);
    }
}
