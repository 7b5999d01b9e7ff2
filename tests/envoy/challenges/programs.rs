//! Programs: scripts in pages, APIs, gRPC, and ALTCHA's widget in the application's own form.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::challenges::scene::{CLEARANCE, browser_form, policy};
use crate::support::{Connection, Http2, Request, Scene, challenge, cookie, solve};

#[tokio::test]
async fn a_program_gets_the_challenge_in_json_and_answers_in_a_header() {
    let scene = Scene::flagged(&policy(&json!({})), true).await;
    for (place, accept, dest, kind) in [
        (1, None, None, "application/problem+json"),
        (2, Some("*/*"), Some("empty"), "application/problem+json"),
        (
            3,
            Some("application/json"),
            Some("empty"),
            "application/json",
        ),
        (
            4,
            Some("application/problem+json"),
            None,
            "application/problem+json",
        ),
        // A script that puts what it fetches into its page.
        (
            5,
            Some("text/html, */*; q=0.01"),
            Some("empty"),
            "application/problem+json",
        ),
    ] {
        let mut request = Request::post("/login")
            .client(&format!("11.0.{place}.1"))
            .header("content-type", "application/json")
            .body("{\"a\":1}");
        for (name, value) in [("accept", accept), ("sec-fetch-dest", dest)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let problem = scene.send(&request).await;
        assert_eq!(problem.status, 403, "{accept:?}");
        assert_eq!(
            problem.header("content-type").as_deref(),
            Some(kind),
            "{accept:?}"
        );
        let told = problem.json();
        assert_eq!(told["challenge"], "required");
        assert_eq!(told["answer_in"], "x-palisade-solution");
        assert_eq!(told["altcha"]["algorithm"], "SHA-256");
        assert!(told["expires"].as_u64() > Some(1_700_000_000), "{told}");
        let answered = request.header("x-palisade-solution", solve(&told["altcha"]));
        let passed = scene.send(&answered).await;
        assert_eq!(passed.status, 200);
        assert!(cookie(&passed, CLEARANCE).is_some());
        let seen = scene.application.last();
        assert_eq!(seen.body, "{\"a\":1}");
        assert_eq!(seen.header("x-palisade-solution"), None);
        assert_eq!(seen.header("x-palisade-reason").as_deref(), Some("cleared"));
    }
    assert_eq!(scene.application.count(), 5);
}

#[tokio::test]
async fn grpc_gets_its_status_with_the_challenge_in_the_details() {
    let scene = Scene::flagged(&policy(&json!({})), false).await;
    let http2 = Http2::open(scene.envoy.address).await;
    let request = Request::post("/login")
        .client("11.0.0.1")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(b"\0\0\0\0\0");
    let refused = http2.request(&request).await.unwrap();
    assert_eq!(refused.status, 200);
    assert_eq!(refused.header("grpc-status").as_deref(), Some("9"));
    assert_eq!(
        refused.header("content-type").as_deref(),
        Some("application/grpc")
    );
    assert!(refused.body.is_empty());
    let details = refused.header("grpc-status-details-bin").expect("details");
    let details = base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(details)
        .expect("base64");
    let details = crate::support::text(&details);
    for word in [
        "google.rpc.ErrorInfo",
        "CHALLENGE_REQUIRED",
        "palisade",
        "x-palisade-solution",
    ] {
        assert!(details.contains(word), "{word} in {details:?}");
    }
    let (start, end) = (details.find("{\"").unwrap(), details.find("\"}").unwrap());
    let altcha: Value = serde_json::from_str(&details[start..end + 2]).expect("JSON");
    let answered = request.header("x-palisade-solution", solve(&altcha));
    assert_eq!(
        http2.request(&answered).await.unwrap().text(),
        "the application"
    );
}

#[tokio::test]
async fn altchas_widget_gets_its_challenge_and_answers_in_the_form() {
    let account = json!({
        "identity": { "account": [{ "form": "email" }] },
        "challenge": { "endpoint": "/.palisade/challenge" },
        "limits": [{ "name": "account", "key": ["account"], "limit": 2, "window": "1h" }],
    });
    for (flag, carry) in [(false, true), (true, false)] {
        let mut policy = policy(&account);
        policy["routes"][0]["limits"] = json!(["account"]);
        policy["challenge"]["carry"] = json!({ "enabled": carry });
        let scene = Scene::flagged(&policy, flag).await;
        let ask = async |query: &str| {
            let target = format!("/.palisade/challenge{query}");
            scene.send(&Request::get(target).client("11.0.0.1")).await
        };
        for (attempt, status) in [(1, 200), (2, 200), (3, 429)] {
            let asked = ask("?route=login").await;
            assert_eq!(asked.status, 200);
            assert_eq!(
                asked.header("content-type").as_deref(),
                Some("application/json")
            );
            assert_eq!(asked.header("cache-control").as_deref(), Some("no-store"));
            let payload = solve(&asked.json()).replace('+', "%2B").replace('=', "%3D");
            let body = format!("email=a%40b&altcha={payload}&password=x");
            let answer = scene.send(&browser_form("11.0.0.1", &body)).await;
            assert_eq!(
                answer.status,
                status,
                "attempt {attempt}: {}",
                answer.text()
            );
            assert!(cookie(&answer, CLEARANCE).is_some());
            if status == 200 {
                let seen = scene.application.last();
                assert_eq!(seen.body, body);
                // Where the head has to go on before the body is read, nobody has been cleared yet.
                let verdict = if flag { "allow" } else { "challenge" };
                assert_eq!(seen.header("x-palisade-verdict").as_deref(), Some(verdict));
                let reason = seen.header("x-palisade-reason");
                assert_eq!(reason.as_deref() == Some("cleared"), flag, "{reason:?}");
                assert_eq!(scene.application.count(), attempt);
            }
        }
        assert_eq!(scene.counted("challenges.result=solved").await, 3);
        for query in ["", "?", "?route=nothing", "?route=%ff&x"] {
            assert_eq!(ask(query).await.status, 404, "{query}");
        }
        let other = Request::get("/.palisade/challenges").client("11.0.0.1");
        assert_eq!(scene.send(&other).await.text(), "the application");
    }
}

#[tokio::test]
async fn the_endpoint_asks_what_the_route_would_ask() {
    let policy = json!({
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY" },
        "challenge": { "difficulty": 1000, "endpoint": "/challenge", "clearance": { "bound_to": "asn" } },
        "routes": [{ "name": "login", "match": { "path": "/login" } }],
    });
    let scene = Scene::flagged(&policy, true).await;
    scene.api.answer(crate::support::Answer::ipasis(&["VPN"]));
    let login = Request::post("/login").client("11.0.0.1").body("a=b");
    let told = challenge(&scene.send(&login).await);
    let endpoint = Request::get("/challenge?route=login").client("11.0.0.1");
    let asked = scene.send(&endpoint).await.json();
    assert!(told["maxnumber"].as_u64() > Some(1_000), "{told}");
    assert!(
        asked["maxnumber"].as_u64() >= told["maxnumber"].as_u64(),
        "{asked}"
    );
    let answered = login.header("x-palisade-solution", solve(&asked));
    assert_eq!(scene.send(&answered).await.status, 200);
    // What is not known yet is looked up by then.
    let newcomer = Request::get("/challenge?route=login").client("11.7.0.1");
    assert_eq!(scene.send(&newcomer).await.json()["maxnumber"], 1_000);
    scene.api.arrived(2).await;
}

#[tokio::test]
async fn what_other_pages_load_makes_nobodys_work_harder() {
    let policy = policy(&json!({ "challenge": { "difficulty": 1000, "endpoint": "/challenge" } }));
    let scene = Scene::flagged(&policy, true).await;
    let mut visitor = Connection::open(scene.envoy.address).await;
    let page = |path: &str, name: &str, value: &str| {
        let request = Request::get(path).client("11.0.0.1");
        request.header(name, value)
    };
    for _ in 0..400 {
        let image = page("/challenge?route=login", "sec-fetch-dest", "image");
        let image = image.header("sec-fetch-site", "cross-site");
        assert_eq!(visitor.request(&image).await.status, 403);
    }
    for _ in 0..100 {
        for path in ["/challenge?route=login", "/login"] {
            visitor
                .request(&page(path, "sec-fetch-site", "cross-site"))
                .await;
            visitor
                .request(&page(path, "referer", "https://evil.example/"))
                .await;
        }
    }
    let ask = async |address: &str| {
        let request = Request::get("/challenge?route=login").client(address);
        let asked = scene.send(&request.header("sec-fetch-dest", "empty")).await;
        asked.json()["maxnumber"].as_u64().expect("a number")
    };
    assert_eq!(ask("11.0.0.1").await, 1_000);
    assert_eq!(
        ask("11.0.0.2").await,
        1_125,
        "one of its network went before"
    );
    // Nor does anybody at the same network, beyond a bound.
    for _ in 0..800 {
        visitor
            .request(&Request::get("/challenge?route=login").client("11.0.0.3"))
            .await;
    }
    assert!(ask("11.0.0.3").await > 100_000, "its own is");
    assert_eq!(ask("11.0.0.4").await, 6_000);
}
