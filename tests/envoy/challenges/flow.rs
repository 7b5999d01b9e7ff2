//! A browser's way, from the challenge to the application.

use serde_json::json;

use crate::challenges::scene::{CLEARANCE, browser_form, policy};
use crate::support::{Request, Scene, challenge, cookie, data, eventually, solve};

const BODY: &str = "email=a%40b&password=%22%3Cx%3E";

#[tokio::test]
async fn a_browser_solves_the_page_and_its_post_goes_through() {
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| {
            config.stop_iteration(flag).alone()
        })
        .await;
        let request = browser_form("11.0.0.1", BODY);
        let page = scene.send(&request).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(data(&page.text(), "then"), "post");
        let input = "name=\"password\" value=\"&#34;&lt;x&gt;\"";
        assert!(page.text().contains(input), "{}", page.text());
        assert_eq!(scene.application.count(), 0);

        let solution = format!("palisade-solution={}", solve(&challenge(&page)));
        let again = request.clone().header("cookie", solution);
        let passed = scene.send(&again).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(scene.application.last().body, BODY);
        let clearance = cookie(&passed, CLEARANCE).expect("a clearance");
        assert_eq!(
            cookie(&passed, "palisade-solution").as_deref(),
            Some("palisade-solution=")
        );
        let cleared = request.clone().header("cookie", &clearance);
        assert_eq!(scene.send(&cleared).await.status, 200);
        for (name, count) in [
            ("challenges.result=issued", 1),
            ("challenges.result=solved", 1),
            ("challenges.result=cleared", 1),
        ] {
            assert_eq!(scene.counted(name).await, count, "{name}");
        }
        // Small multipart forms are carried as well.
        let body = "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\none\r\ntwo\r\n--x--\r\n";
        let request = browser_form("11.0.1.1", body);
        let request = request.replace("content-type", "multipart/form-data; boundary=x");
        let page = scene.send(&request).await.text();
        assert_eq!(data(&page, "then"), "post");
        assert!(page.contains("enctype=\"multipart/form-data\""), "{page}");
        assert!(
            page.contains("name=\"note\" value=\"one&#13;&#10;two\""),
            "{page}"
        );
        assert_eq!(scene.solving(&request).await.status, 200);
        assert_eq!(scene.application.last().body, body);
        eventually("both times to be told", async || {
            let told = scene.envoy.prometheus().await;
            let times = "palisade_challenge_solve_time_ms_count{} 2";
            told.contains(times).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_get_comes_back_to_where_it_was_and_a_head_gets_no_body() {
    let scene = Scene::flagged(&policy(&json!({})), false).await;
    for method in ["GET", "HEAD"] {
        let request = Request::new(method, "/login?next=%2Fhome&x=1")
            .client("11.0.0.1")
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let page = scene.send(&request).await;
        assert_eq!(page.status, 403);
        assert_eq!(page.text().is_empty(), method == "HEAD");
        if method == "GET" {
            assert_eq!(data(&page.text(), "then"), "reload");
            assert!(!page.text().contains("<form"), "{}", page.text());
            assert_eq!(scene.solving(&request).await.status, 200);
            assert_eq!(scene.application.last().target, "/login?next=%2Fhome&x=1");
        }
    }
    assert_eq!(scene.application.count(), 1);
}

#[tokio::test]
async fn what_cannot_be_carried_is_asked_for_again() {
    let multipart = "multipart/form-data; boundary=x";
    let file = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\
                Content-Type: text/plain\r\n\r\nx\r\n--x--\r\n";
    let large = format!("a={}", "x".repeat(40_000));
    let huge = format!("a={}", "x".repeat(100_000));
    let form = |body: &str| browser_form("11.0.0.1", body);
    let cases = [
        (form(file).replace("content-type", multipart), "file"),
        (form(&large), "too_large"),
        (form(&huge), "too_large"),
        (form("a=%ff"), "not_utf8"),
        (form("a=b").replace("content-type", "text/plain"), "no_form"),
        (form(BODY).replace("sec-fetch-site", "cross-site"), ""),
        (form(BODY).replace("sec-fetch-site", "same-site"), ""),
    ];
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(&json!({})), flag).await;
        for (request, reason) in &cases {
            let page = scene.send(request).await.text();
            assert_eq!(data(&page, "then"), "back", "{reason}");
            assert!(!page.contains("<form"), "{page}");
            assert_eq!(scene.solving(request).await.status, 200, "{reason}");
        }
        assert_eq!(scene.application.count(), cases.len());
        for (reason, count) in [
            ("file", 2),
            ("too_large", 4),
            ("not_utf8", 2),
            ("no_form", 2),
        ] {
            let name = format!("forms_not_carried.reason={reason}");
            assert_eq!(scene.counted(&name).await, count, "{reason}");
        }
    }
    let off = json!({ "challenge": { "carry": { "enabled": false } } });
    let scene = Scene::flagged(&policy(&off), true).await;
    let page = scene.send(&form(BODY)).await.text();
    assert_eq!(data(&page, "then"), "back");
    assert!(!page.contains("password"), "{page}");
    assert_eq!(scene.solving(&form(BODY)).await.status, 200);
    assert_eq!(scene.application.last().body, BODY);
}

#[tokio::test]
async fn monitor_mode_only_tells_what_it_would_have_done() {
    let scene = Scene::flagged(&policy(&json!({ "mode": "monitor" })), false).await;
    for request in [
        browser_form("11.0.0.1", BODY),
        Request::get("/login").client("11.0.0.1"),
    ] {
        assert_eq!(scene.send(&request).await.status, 200);
        let seen = scene.application.last();
        assert_eq!(
            seen.header("x-palisade-monitored").as_deref(),
            Some("challenge")
        );
    }
    assert_eq!(scene.counted("challenges.result=issued").await, 0);
}
