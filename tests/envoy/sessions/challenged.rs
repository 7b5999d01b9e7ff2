//! Sessions that are to be challenged.

use serde_json::json;

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{HOME, Request, TOR, VPN, challenge, cookie, data, solve};

const CLEARANCE: &str = "__Host-palisade-clearance";

/// A browser on this path.
fn browser(path: &str, address: &str, cookies: &str) -> Request {
    Request::get(path)
        .client(address)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("user-agent", "Mozilla/5.0 a browser")
        .header("cookie", cookies)
}

#[tokio::test]
async fn a_browser_answers_and_goes_on_with_its_session() {
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| config.stop_iteration(flag)).await;
        scene.revoke(VPN, "mine").await;
        let page = scene.send(&browser("/account", HOME, "sid=mine")).await;
        assert_eq!(page.status, 403);
        assert_eq!(data(&page.text(), "then"), "reload");
        let sid = page
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie" || name == "clear-site-data");
        assert_eq!(sid.count(), 0, "who answers keeps the session");

        let solution = solve(&challenge(&page));
        let cookies = format!("sid=mine; palisade-solution={solution}");
        let passed = scene.send(&browser("/account", HOME, &cookies)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let clearance = cookie(&passed, CLEARANCE).expect("a clearance");
        let cleared = format!("sid=mine; {clearance}");
        for _ in 0..3 {
            let again = scene.send(&browser("/account", HOME, &cleared)).await;
            assert_eq!(again.status, 200);
        }
        // Each network answers for itself.
        let elsewhere = scene.send(&browser("/account", "11.9.9.9", &cleared)).await;
        assert_eq!(elsewhere.status, 403);
        // A form comes through as it was.
        let form = Request::post("/shop")
            .client(HOME)
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("user-agent", "Mozilla/5.0 a browser")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", "sid=mine")
            .body("item=1");
        let page = scene.send(&form).await;
        assert_eq!(page.status, 403);
        assert_eq!(data(&page.text(), "then"), "post");
        let solution = solve(&challenge(&page));
        let cookies = format!("sid=mine; palisade-solution={solution}");
        let solved = form.replace("cookie", &cookies);
        assert_eq!(scene.send(&solved).await.status, 200);
        assert_eq!(scene.application.last().body, "item=1");
    }
}

#[tokio::test]
async fn a_program_answers_in_a_header_and_a_forged_answer_is_none() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.revoke(VPN, "mine").await;
    for mut worker in scene.workers().await {
        let ask = visit("/account", HOME, "mine");
        let challenged = worker.request(&ask).await;
        assert_eq!(challenged.verdict(), "challenge session_revoked");
        let solution = solve(&challenge(&challenged));
        let forged = ask.clone().header("x-palisade-solution", "e30=");
        assert_eq!(worker.request(&forged).await.status, 403);
        let answered = ask.clone().header("x-palisade-solution", &solution);
        assert_eq!(worker.request(&answered).await.verdict(), "allow");
        assert_eq!(worker.request(&answered).await.status, 403, "used up");
        let other = worker.request(&visit("/account", HOME, "other")).await;
        assert_eq!(other.verdict(), "allow", "nobody asks it of others");
    }
}

#[tokio::test]
async fn a_denial_replaces_a_challenge_and_never_the_reverse() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.revoke(VPN, "mine").await;
    let ask = async || scene.visit("/account", HOME, "mine").await;
    assert_eq!(ask().await, "challenge session_revoked");
    // On the route where all goes on, the address from which it now comes is denied.
    scene.revoke(TOR, "another").await;
    let denied = scene.visit("/shop", TOR, "mine").await;
    assert_eq!(denied, "deny tor");
    assert_eq!(ask().await, "deny session_revoked");
    assert_eq!(
        scene.visit("/shop", VPN, "mine").await,
        "deny session_revoked"
    );
    assert_eq!(ask().await, "deny session_revoked");
}
