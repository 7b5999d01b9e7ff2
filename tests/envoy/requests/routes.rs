//! Which requests are judged, and by which route.

use serde_json::{Value, json};

use crate::requests::{HOME, PRIVATE, Scene, TOR, from, login, policy};
use crate::support::{Answer, Request, eventually};

/// A route that tells the application its own name (by the rule for private addresses, which needs no lookup).
fn telling(name: &str, matches: Value) -> Value {
    json!({
        "name": name, "match": matches, "step_up": name,
        "rules": [{"when": "private", "then": "step_up"}],
    })
}

async fn route_of(scene: &Scene, request: &Request) -> Option<String> {
    let seen = scene.passes(&request.clone().client(PRIVATE)).await;
    seen.header("x-palisade-step-up")
}

#[tokio::test]
async fn a_route_is_found_by_method_path_and_host() {
    let scene = Scene::start(&policy(json!([
        telling("exact", json!({"methods": ["POST", "get"], "path": "/login"})),
        telling("several", json!({"path": ["/one", {"exact": "/two"}]})),
        telling("prefix", json!({"path": {"prefix": "/admin"}})),
        telling("glob", json!({"path": {"glob": "/api/*/login"}})),
        telling("deep", json!({"path": {"glob": "/shop/**/pay"}})),
        telling("regex", json!({"path": {"regex": "/user/[0-9]+/password"}})),
        telling("case", json!({"path": ["/Sign-In", {"glob": "/SSO/*"}], "ignore_case": false})),
        telling("host", json!({"hosts": ["Accounts.example", "*.tenant.example", "[2600:db00::1]"], "path": "/"})),
        telling("later", json!({"path": [{"prefix": "/admin/users"}, "/later"]})),
        telling("every_method", json!({"path": "/any"})),
    ])))
    .await;
    let post = Request::post;
    let at = |host: &str| Request::get("/").header("host", host);
    let cases = [
        (post("/login"), Some("exact")),
        (Request::get("/login"), Some("exact")),
        (Request::new("HEAD", "/login"), Some("exact")),
        (Request::new("PUT", "/login"), None),
        (post("/Login"), Some("exact")),
        (post("/login/more"), None),
        (post("/loginx"), None),
        (post("/one"), Some("several")),
        (post("/two"), Some("several")),
        (post("/three"), None),
        (post("/admin"), Some("prefix")),
        (post("/admin/users"), Some("prefix")),
        (post("/administrator"), None),
        (post("/api/v1/login"), Some("glob")),
        (post("/api/v1/v2/login"), None),
        (post("/shop/a/b/c/pay"), Some("deep")),
        (post("/user/17/password"), Some("regex")),
        (post("/user/x/password"), None),
        (post("/x/user/17/password"), None),
        (post("/sign-in"), None),
        (post("/Sign-In"), Some("case")),
        (post("/SSO/Any"), Some("case")),
        (post("/sso/Any"), None),
        (at("accounts.example"), Some("host")),
        (at("ACCOUNTS.EXAMPLE:8443"), Some("host")),
        (at("accounts.example."), Some("host")),
        (at("a.b.tenant.example"), Some("host")),
        (at("[2600:db00:0::1]:80"), Some("host")),
        (at("tenant.example"), None),
        // In absolute form the target names the host.
        (
            Request::get("http://accounts.example/").header("host", "other.example"),
            Some("host"),
        ),
        (
            Request::get("http://other.example/").header("host", "accounts.example"),
            None,
        ),
        (at("accounts.example.org"), None),
        (post("/later"), Some("later")),
        (Request::new("PROPFIND", "/any"), Some("every_method")),
    ];
    for (request, route) in &cases {
        assert_eq!(
            route_of(&scene, request).await.as_deref(),
            *route,
            "{request:?}"
        );
    }
    assert_eq!(
        scene
            .counted("requests.route=several.verdict=step_up")
            .await,
        2
    );
    assert_eq!(scene.counted("odd_paths").await, 0);
}

#[tokio::test]
async fn an_exempt_route_leaves_its_requests_alone() {
    let scene = Scene::start(&policy(json!([
        {
            "name": "health", "match": {"path": "/admin/health"}, "lookup": "off",
            "rules": [{"when": "tor", "then": "allow"}],
        },
        {"name": "admin", "match": {"path": {"prefix": "/admin"}}},
    ])))
    .await;
    scene
        .passes(&Request::get("/admin/health").client(TOR))
        .await;
    scene
        .refused(&Request::get("/admin").client(TOR), 403)
        .await;
    scene
        .refused(&Request::get("/admin/health/../x").client(TOR), 403)
        .await;
}

#[tokio::test]
async fn the_metadata_of_the_route_in_envoy_selects_a_profile() {
    let cluster = json!({"cluster": "application"});
    let profile = |path: &str, name: &str| {
        json!({
            "match": {"prefix": path}, "route": cluster,
            "metadata": {"filter_metadata": {"palisade": {"profile": name}}},
        })
    };
    let scene = Scene::with(
        &policy(json!([
            telling("by_path", json!({"path": "/both"})),
            telling("by_profile", json!({"profile": true})),
            telling("by_either", json!({"path": "/path", "profile": true})),
            telling("not_offered", json!({"path": "/elsewhere"})),
        ])),
        |config| {
            config
                .route(profile("/strict", "by_profile"))
                .route(profile("/both", "by_either"))
                .route(profile("/typo", "by_porfile"))
                .route(profile("/hidden", "not_offered"))
        },
    )
    .await;
    for (path, route) in [
        ("/strict", Some("by_profile")),
        ("/strict/anything?x", Some("by_profile")),
        ("/both", Some("by_either")),
        ("/path", Some("by_either")),
        ("/elsewhere", Some("not_offered")),
        ("/by_profile", None),
    ] {
        let found = route_of(&scene, &Request::get(path)).await;
        assert_eq!(found.as_deref(), route, "{path}");
    }
    assert_eq!(scene.counted("unknown_profiles").await, 0);
    // What names no profile that is offered goes by its path, and somebody can see that.
    for (path, count) in [("/typo", 1), ("/hidden", 2)] {
        assert_eq!(route_of(&scene, &Request::get(path)).await, None);
        assert_eq!(scene.counted("unknown_profiles").await, count);
    }
}

#[tokio::test]
async fn an_unprotected_request_never_waits_and_is_never_looked_up() {
    let scene = Scene::with(&login(), |config| config.stop_iteration(true)).await;
    scene.api.answer(Answer::silent());
    for request in [
        Request::get("/").client(TOR),
        Request::get("/").client("11.0.9.1"),
        Request::post("/basket").client("11.0.9.2").body("x=1"),
        Request::post("/basket")
            .client("11.0.9.3")
            .body("x")
            .trailer("x-sum", "1"),
    ] {
        let seen = scene.passes(&request).await;
        assert!(
            !seen
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("x-palisade"))
        );
    }
    assert_eq!(scene.api.count(), 0);
    // Even while others wait for the API that says nothing.
    let address = scene.envoy.address;
    let waiting = tokio::spawn(async move {
        crate::support::http1(address, &from("11.0.9.4"))
            .await
            .status
    });
    scene.api.arrived(1).await;
    scene.passes(&Request::get("/").client("11.0.9.4")).await;
    assert!(!waiting.is_finished());
    assert_eq!(waiting.await.unwrap(), 200);
}

#[tokio::test]
async fn a_background_lookup_serves_the_next_request() {
    let scene = Scene::single(&policy(json!([
        {"name": "home", "match": {"path": "/home"}, "lookup": "background"},
        {"name": "off", "match": {"path": "/off"}, "lookup": "off"},
    ])))
    .await;
    scene.passes(&Request::get("/off").client(TOR)).await;
    assert_eq!(scene.api.count(), 0, "no lookup at all");

    scene.api.hold();
    scene.passes(&Request::get("/home").client(TOR)).await;
    scene.api.arrived(1).await;
    scene.passes(&Request::get("/home").client(TOR)).await;
    scene.api.release();
    scene
        .envoy
        .wait_for_stat("wasmcustom.palisade_lookups.result=answer", |count| {
            count == 1
        })
        .await;
    scene.refused(&Request::get("/home").client(TOR), 403).await;
    scene.refused(&Request::get("/off").client(TOR), 403).await;
    assert_eq!(scene.api.count(), 1);
    scene.passes(&Request::get("/off").client(HOME)).await;
}

#[tokio::test]
async fn a_route_without_an_api_is_judged_by_lists_alone() {
    let mut policy = policy(json!([{"name": "login", "match": {"path": "/login"}}]));
    policy.as_object_mut().unwrap().remove("intelligence");
    policy["lists"] = json!([{"name": "known_bad", "cidrs": ["11.9.0.0/16"], "then": "deny"}]);
    let scene = Scene::start(&policy).await;
    scene.refused(&from("11.9.1.1"), 403).await;
    scene.passes(&from(TOR)).await;
    let requests = eventually("the counter", async || {
        let count = scene.counted("requests.route=login.verdict=deny").await;
        (count > 0).then_some(count)
    })
    .await;
    assert_eq!(requests, 1);
}
