//! From the challenge to the application.

use crate::scene::{Scene, form, policy, solve, solve_page};
use crate::support::{Request, Response};

fn cookie(response: &Response, name: &str) -> Option<String> {
    let lines = response
        .headers
        .iter()
        .filter(|(key, _)| key == "set-cookie");
    let mut lines = lines.map(|(_, value)| crate::support::text(value));
    lines
        .find(|line| line.starts_with(&format!("{name}=")))
        .and_then(|line| line.split(';').next().map(str::to_owned))
}

#[tokio::test]
async fn a_browser_gets_the_page_with_its_form_and_the_same_post_goes_through_once_solved() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(), flag).await;
        let request = form("11.0.0.1", "email=a%40b&password=%22%3Cx%3E");
        let page = scene.send(&request).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
        assert!(
            page.text()
                .contains("name=\"password\" value=\"&#34;&lt;x&gt;\""),
            "{}",
            page.text()
        );
        assert_eq!(scene.application.count(), 0);
        let payload = solve_page(&page.text());
        let again = request
            .clone()
            .header("cookie", format!("palisade-solution={payload}"));
        let passed = scene.send(&again).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(
            scene.application.last().body,
            "email=a%40b&password=%22%3Cx%3E"
        );
        let clearance = cookie(&passed, "__Host-palisade-clearance").expect("a clearance");
        assert_eq!(
            cookie(&passed, "palisade-solution").as_deref(),
            Some("palisade-solution=")
        );
        let cleared = request.clone().header("cookie", &clearance);
        assert_eq!(scene.send(&cleared).await.status, 200);
        assert_eq!(
            scene.send(&again).await.status,
            403,
            "a solution is good once"
        );
        for result in ["solved", "cleared"] {
            assert_eq!(
                scene.counted(&format!("challenges.result={result}")).await,
                1
            );
        }
        assert_eq!(scene.counted("challenges_failed.reason=replayed").await, 1);
    }
}

#[tokio::test]
async fn a_program_gets_the_challenge_in_a_problem_document_and_answers_in_a_header() {
    let scene = Scene::start(&policy(), false).await;
    let request = Request::post("/login")
        .client("11.0.0.1")
        .header("content-type", "application/json")
        .body("{}");
    let problem = scene.send(&request).await;
    assert_eq!(problem.status, 403);
    assert_eq!(
        problem.header("content-type").as_deref(),
        Some("application/problem+json")
    );
    assert_eq!(problem.json()["answer_in"], "x-palisade-solution");
    let payload = solve(&problem.json()["altcha"]);
    let answered = request.header("x-palisade-solution", &payload);
    assert_eq!(scene.send(&answered).await.status, 200);
    assert_eq!(scene.application.last().header("x-palisade-solution"), None);
    assert_eq!(
        scene
            .application
            .last()
            .header("x-palisade-reason")
            .as_deref(),
        Some("cleared")
    );
}
