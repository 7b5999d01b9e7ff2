//! What is denied, limited, challenged and revoked, over each protocol.

use crate::protocols::scene::{Scene, visit};
use crate::support::{Answer, HOME, TOR, VPN, challenge, data, login, solve};

#[tokio::test]
async fn each_stream_gets_the_verdict_on_its_own_client() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        scene.application.forget();
        let clients = [HOME, TOR].repeat(10);
        let requests = clients.iter().map(|client| visit("/door", client));
        let responses = wire.requests(requests.collect()).await;
        for (client, response) in clients.iter().zip(responses) {
            let expected = if *client == TOR { 403 } else { 200 };
            assert_eq!(response.status, expected, "{protocol} {client}");
        }
        assert_eq!(scene.application.count(), 10, "{protocol}");
        let seen = scene.application.last();
        assert_eq!(seen.header("x-palisade-verdict").as_deref(), Some("allow"));
    }
}

#[tokio::test]
async fn a_fourth_failure_of_an_account_is_limited() {
    let scene = Scene::start().await;
    scene.application.answer(Answer::status(401));
    for (protocol, wire) in scene.wires().await {
        let account = format!("ada-{}", &protocol[5..]);
        let mut statuses = Vec::new();
        for number in 1..=4 {
            let request = login(&format!("11.{number}.0.1"), &account);
            statuses.push(wire.request(&request).await.status);
        }
        assert_eq!(statuses, [401, 401, 401, 429], "{protocol}");
        // Nor does another protocol, or another spelling, make it another account.
        let again = login("11.9.0.1", &account.to_uppercase());
        assert_eq!(scene.send(&again).await.status, 429, "{protocol}");

        let guesses =
            (0..30).map(|number| login(&format!("11.20.{number}.1"), &format!("bob-{protocol}")));
        let statuses = wire.requests(guesses.collect()).await;
        let passed = statuses.iter().filter(|each| each.status == 401).count();
        assert_eq!(passed, 3, "{protocol}, all at once");
    }
}

#[tokio::test]
async fn a_login_without_an_account_is_refused() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        for body in ["password=x", "", "email=a&email=b"] {
            let response = wire.request(&login(HOME, "ada").body(body)).await;
            assert_eq!(response.status, 400, "{protocol} {body}");
        }
        assert_eq!(scene.application.count(), 0);
    }
}

#[tokio::test]
async fn a_revoked_session_is_refused_over_every_protocol() {
    let scene = Scene::start().await;
    let account = |session: &str| {
        visit("/account", HOME).header("cookie", format!("theme=dark; sid={session}"))
    };
    for (protocol, wire) in scene.wires().await {
        let session = format!("stolen-{}", &protocol[5..]);
        assert_eq!(wire.request(&account(&session)).await.status, 200);
        scene.revoke(&wire, &session).await;
        let refused = wire.request(&account(&session)).await;
        assert_eq!(refused.status, 403, "{protocol}");
        assert_eq!(refused.json()["reason"], "session_revoked");
        assert_eq!(scene.send(&account(&session)).await.status, 403);
        assert_eq!(wire.request(&account("another")).await.status, 200);
    }
}

#[tokio::test]
async fn a_session_used_from_everywhere_is_limited() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        let mut statuses = Vec::new();
        for number in 1..=5 {
            let request = visit("/shared", &format!("11.0.{number}.1"));
            let cookie = format!("sid=shared-{}", &protocol[5..]);
            statuses.push(wire.request(&request.header("cookie", cookie)).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429, 429], "{protocol}");
    }
}

#[tokio::test]
async fn a_browser_solves_the_page_of_a_challenge() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        let request = visit("/door?next=%2Fhome", VPN)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let page = wire.request(&request).await;
        assert_eq!(page.status, 403, "{protocol}");
        assert_eq!(data(&page.text(), "then"), "reload");
        let solution = format!("palisade-solution={}", solve(&challenge(&page)));
        let passed = wire.request(&request.header("cookie", solution)).await;
        assert_eq!(passed.status, 200, "{protocol}: {}", passed.text());
        assert_eq!(scene.application.last().target, "/door?next=%2Fhome");
    }
}
