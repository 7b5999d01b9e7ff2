//! The application says whose account a login was about: all its names have one limit, and no client sees the header.

use serde_json::json;

use crate::support::{Answer, Policy, Received, Request, Response, Scene, login};

fn policy() -> Policy {
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "count": "failures", "limit": 5, "window": "1h" },
    ]));
    policy["identity"]["account_header"] = json!("x-user");
    policy["signing_keys_env"] = json!(["PALISADE_KEY"]);
    policy["device"] = json!({});
    policy["routes"] = json!([{
        "name": "login", "match": { "methods": ["POST"], "path": "/login" }, "limits": ["account"], "realm": "shop",
        "success": { "header": [{ "name": "set-cookie", "prefix": "auth=" }] }, "failure": { "status": [401] },
    }]);
    policy
}

/// An application that names ada's account whatever is asked; a right password is told by the query.
fn answer(request: &Received) -> Answer {
    let answer = match request.target.contains("right") {
        true => Answer::status(302)
            .header("set-cookie", "auth=1")
            .body("welcome"),
        false => Answer::status(401).body("wrong"),
    };
    answer.header("x-user", "17").header("X-User", "17")
}

fn hides(response: &Response) {
    let mut lines = response.headers.iter();
    assert!(!lines.any(|(name, _)| name == "x-user"), "{response:?}");
}

#[tokio::test]
async fn by_whatever_names_five_answers_come_through() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        scene.application.answer_by(answer);
        let mut statuses = Vec::new();
        for number in 0..8 {
            let name = ["ada", "ada@example.com"][number % 2];
            let response = scene.send(&login(&format!("11.0.2.{number}"), name)).await;
            hides(&response);
            statuses.push(response.status);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
        assert_eq!(scene.application.count(), 5);

        let unseen = scene.send(&login("11.0.3.1", "A. Lovelace")).await;
        assert_eq!(unseen.status, 429);
        assert_eq!(scene.application.count(), 6, "it was tried");
        assert!(!unseen.text().contains("wrong"), "and its answer held back");
        hides(&unseen);
        assert_eq!(
            scene.send(&login("11.0.3.2", "A. Lovelace")).await.status,
            429
        );
        assert_eq!(scene.application.count(), 6);
        assert_eq!(scene.counted("account_names.result=withheld").await, 1);
    }
}

#[tokio::test]
async fn a_right_password_for_a_locked_account_by_an_unseen_name_brings_nothing() {
    let scene = Scene::start(&policy()).await;
    scene.application.answer_by(answer);
    for number in 0..5 {
        scene.send(&login(&format!("11.0.2.{number}"), "ada")).await;
    }
    scene.application.answer_by(|_| {
        Answer::status(302)
            .header("x-user", "17")
            .header("set-cookie", "auth=1")
            .body("welcome")
    });
    let held = scene.send(&login("11.0.3.1", "ada@example.com")).await;
    assert_eq!(held.status, 429);
    let set = |(name, _): &(String, Vec<u8>)| name == "set-cookie";
    assert!(!held.headers.iter().any(set), "{held:?}");
    assert!(!held.text().contains("welcome"));
}

#[tokio::test]
async fn no_answer_of_any_path_carries_the_header_to_the_client() {
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(), flag).await;
        scene.application.answer_by(answer);
        for request in [
            Request::get("/login"),
            Request::get("/any/page"),
            Request::post("/other"),
        ] {
            let response = scene.send(&request.client("11.0.0.1")).await;
            assert_eq!(response.text(), "wrong");
            hides(&response);
        }
    }
}
