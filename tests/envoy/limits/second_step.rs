//! The second step knows whose it is, however many sessions whoever has the password gets.

use serde_json::json;

use crate::support::{Answer, Policy, Request, Scene, form, login};

/// A login by a form, a code whose account only the session tells, three wrong ones an hour, and the rest of the site.
fn policy() -> Policy {
    let success = json!({ "header": [{ "name": "set-cookie", "prefix": "auth=" }] });
    let login = json!({
        "match": { "methods": ["POST"], "path": "/login" },
        "limits": ["password"],
        "realm": "shop",
        "next_step": { "header": [{ "name": "location", "equals": "/code" }] },
        "success": success,
        "failure": { "status": [401] },
    });
    let code = json!({
        "match": { "methods": ["POST"], "path": "/code" },
        "limits": ["code"],
        "realm": "shop",
        "account": ["from_session"],
        "success": success,
        "failure": "otherwise",
    });
    let site = json!({ "match": { "path": { "prefix": "/" } }, "rules": [] });
    Policy::new()
        .account()
        .session()
        .devices()
        .limit(
            "password",
            json!({ "key": ["account"], "count": "failures", "limit": 20 }),
        )
        .limit(
            "code",
            json!({ "key": ["account"], "count": "failures", "limit": 3 }),
        )
        .route("login", login)
        .route("code", code)
        .route("site", site)
}

/// A code in this session.
fn code(session: &str) -> Request {
    form("/code", "11.0.0.1", "code=123456").header("cookie", format!("sid={session}"))
}

/// A right password, which is answered with this session.
async fn password(scene: &Scene, account: &str, session: &str) {
    let answer = Answer::status(302)
        .header("location", "/code")
        .header("set-cookie", &format!("sid={session}; Path=/; HttpOnly"));
    scene.application.answer(answer);
    let response = scene.send(&login("11.0.0.1", account)).await;
    assert_eq!(response.status, 302);
}

#[tokio::test]
async fn a_new_session_with_each_login_gives_no_new_codes() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        let mut statuses = Vec::new();
        for number in 0..6 {
            let session = format!("session{number}");
            password(&scene, "alice", &session).await;
            scene
                .application
                .answer(Answer::status(200).body("Wrong code"));
            statuses.push(scene.send(&code(&session)).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
        assert_eq!(scene.send(&code("unknown")).await.status, 400);
        assert_eq!(scene.counted("session_accounts.result=remembered").await, 6);
        assert_eq!(scene.counted("session_accounts.result=unknown").await, 1);

        password(&scene, "bob", "bobs").await;
        let answer = Answer::status(302).header("set-cookie", "auth=1");
        scene.application.answer(answer);
        let last = scene.send(&code("bobs")).await;
        let makes_a_device = |line: &[u8]| line.starts_with(b"__Host-palisade-device-");
        let mut lines = last.headers.iter();
        let set = lines.any(|(name, value)| name == "set-cookie" && makes_a_device(value));
        assert!(set, "the last step makes the device known");
    }
}

#[tokio::test]
async fn sessions_that_every_answer_replaces_are_followed() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        password(&scene, "alice", "value0").await;
        for number in 0..4 {
            let next = format!("sid=value{}", number + 1);
            let answer = Answer::status(200).header("set-cookie", &next);
            scene.application.answer(answer);
            let page = Request::get("/any/page")
                .client("11.0.0.1")
                .header("cookie", format!("sid=value{number}"));
            assert_eq!(scene.send(&page).await.status, 200);
        }
        scene
            .application
            .answer(Answer::status(200).body("Wrong code"));
        let guesses = ["value4", "value0", "value2", "value4", "value1"];
        let guesses = guesses.into_iter().map(code);
        assert_eq!(scene.passing(guesses).await, 3, "old values and new ones");
        assert_eq!(scene.counted("session_accounts.result=carried").await, 4);
    }
}
