//! Paths that are written differently and mean the same, as they stand on the wire.

use serde_json::json;

use crate::requests::{HOME, Scene, TOR, login, policy};
use crate::support::{Request, Response};

/// `POST TARGET` with the target byte by byte as it is.
async fn raw(scene: &Scene, target: &str, client: &str) -> Response {
    scene.send(&Request::post(target).client(client)).await
}

/// What an application may serve as `/login`. A server that decodes, that cuts parameters, that merges slashes, that
/// follows dots, each before or after the others.
const SPELLINGS: &[&str] = &[
    "/login",
    "/login?x",
    "/login?",
    "/login?next=/public",
    "/login/",
    "/login//",
    "//login",
    "///login//",
    "/./login",
    "/login/.",
    "/login/./",
    "/x/../login",
    "/x/y/../../login",
    "/../login",
    "/../../../login",
    "/login/x/..",
    "/login/x/../",
    "/%6cogin",
    "/%6Cogin",
    "/%6c%6f%67%69%6e",
    "/log%69n/",
    "/login%2f",
    "/login%2F",
    "/%2flogin",
    "/%2e/login",
    "/%2E/login",
    "/x/%2e%2e/login",
    "/x/..%2flogin",
    "/x/%2e%2e%2flogin",
    "/x%2f..%2flogin",
    "/%252flogin",
    "/%256cogin",
    "/login;x=1",
    "/login;jsessionid=1?y",
    "/login;",
    "/login/;x",
    "/;x/login",
    "/x/..;/login",
    "/x/..;a=b/login",
    "/./;/login",
    "/login;/x/..",
    "/login%3bx=1",
    "/login%3fx=1",
    "/login%3f",
    "/LOGIN",
    "/login%23x",
    "/login%00",
    "/login%00.css",
    "/login%20",
    "/login%09",
    "/login%0a",
    "/%5clogin",
    "/x/..%5clogin",
    "/x/..\\login",
    "/%u006cogin",
    "http://shop.example/login",
    "http://other.example:8080/login?x",
    "HTTP://shop.example//login",
    "http://shop.example/x/../login",
];

/// Further ones, which Envoy's own normalisation makes another path of: it follows dots before it merges slashes.
const TURNED_BY_ENVOY: &[(&str, &str)] = &[
    ("/x//../login", "/x/login"),
    ("//x/login", "/x/login"),
    ("//shop.example/login", "/shop.example/login"),
];

/// What no application serves as `/login`.
const OTHERS: &[&str] = &[
    "/",
    "/loginx",
    "/xlogin",
    "/login/x",
    "/x/login",
    "/x/..;y",
    "/log/in",
    "/%6cogout",
    "/?/login",
    "/x?/../login",
    "/login.json",
];

async fn all_spellings_are_refused(scene: &Scene) {
    for spelling in SPELLINGS {
        let response = raw(scene, spelling, TOR).await;
        // Envoy's normalisation refuses a NUL.
        if !(response.status == 400 && spelling.contains("%00")) {
            assert_eq!(response.status, 403, "{spelling}");
            assert!(response.header("x-palisade-ref").is_some(), "{spelling}");
        }
    }
    assert_eq!(scene.application.count(), 0);
    for other in OTHERS {
        assert_eq!(raw(scene, other, TOR).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn no_spelling_of_a_protected_path_passes_unjudged() {
    let scene = Scene::start(&login()).await;
    for (spelling, _) in TURNED_BY_ENVOY {
        assert_eq!(raw(&scene, spelling, TOR).await.status, 403, "{spelling}");
    }
    all_spellings_are_refused(&scene).await;
    let odd = scene.counted("odd_paths").await;
    assert!(odd > 0, "honest clients do not write like that");
    raw(&scene, "/login?x", TOR).await;
    assert_eq!(scene.counted("odd_paths").await, odd);
}

#[tokio::test]
async fn no_spelling_passes_unjudged_when_envoy_normalises_paths() {
    let manager = json!({
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
    });
    let scene = Scene::with(&login(), |config| config.manager(&manager)).await;
    all_spellings_are_refused(&scene).await;
    for (spelling, path) in TURNED_BY_ENVOY {
        assert_eq!(raw(&scene, spelling, TOR).await.status, 200, "{spelling}");
        assert_eq!(scene.application.last().target, *path);
    }
}

#[tokio::test]
async fn no_spelling_makes_a_protected_path_one_of_an_exempt_route() {
    let scene = Scene::start(&policy(json!([
        {
            "name": "static", "match": {"path": {"prefix": "/static"}}, "lookup": "off",
            "rules": [{"when": "private", "then": "allow"}],
        },
        {"name": "login", "match": {"path": "/login"}},
    ])))
    .await;
    for spelling in [
        "/static/../login",
        "/static/..%2flogin",
        "/static/%2e%2e/login",
        "/static/..;/login",
        "/static//../../login",
        "/static/x/..\\..\\login",
        "/static%2f..%2f..%2flogin",
        "/login/../static/../login",
        "/login%00/../static",
    ] {
        assert_eq!(raw(&scene, spelling, TOR).await.status, 403, "{spelling}");
    }
    for path in [
        "/static",
        "/static/app.js",
        "/static/login",
        "/static/a%20b",
    ] {
        assert_eq!(raw(&scene, path, TOR).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_path_too_tangled_to_read_gets_the_strictest_route() {
    let scene = Scene::start(&policy(json!([
        {
            "name": "search", "match": {"path": "/search"}, "on_unknown": "allow",
            "rules": [{"when": "tor", "then": "challenge"}],
        },
        {"name": "login", "match": {"methods": ["POST"], "path": "/login"}},
    ])))
    .await;
    let tangled = format!("/{}login", "x/%2e%2e%2f..;a=b/%5c%252f/".repeat(40));
    let long = format!("/{}", "x".repeat(5_000));
    for path in [&tangled, &long] {
        let response = raw(&scene, path, TOR).await;
        assert_eq!(
            (response.status, response.json()["reason"].as_str()),
            (403, Some("tor"))
        );
        assert_eq!(response.json()["type"], "urn:palisade:denied");
        // Only the lenient route is for this method.
        let response = scene.send(&Request::get(path).client(TOR)).await;
        assert_eq!(response.json()["type"], "urn:palisade:challenge-required");
        // And honest people are not harmed.
        assert_eq!(raw(&scene, path, HOME).await.status, 200);
    }
}
