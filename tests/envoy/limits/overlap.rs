//! Requests that may be for several routes: judged by all of them.

use serde_json::{Value, json};

use crate::support::{Answer, Policy, Request, Scene, failed, form, intelligence};

/// The first configuration on a page of the book.
fn of_page(page: &str) -> Value {
    let file = format!("{}/docs/concepts/{page}.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    let (_, block) = text.split_once("```yaml\n").unwrap();
    serde_yaml_ng::from_str(block.split("```").next().unwrap()).unwrap()
}

/// Three failed logins an hour for each account on `/login`, and a route for everything else that counts nothing.
fn beside_everything() -> Policy {
    Policy::failures(3).route(
        "everything",
        json!({ "match": { "path": { "prefix": "/" } }, "rules": [] }),
    )
}

/// What four guesses at the password of `account` get at this path, each from an address of its own.
async fn guesses(scene: &Scene, path: &str, account: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in 1..=4 {
        let client = format!("11.{number}.0.1");
        statuses.push(scene.login_at(path, &client, account).await.status);
    }
    statuses
}

impl Scene {
    async fn login_at(&self, path: &str, client: &str, account: &str) -> crate::support::Response {
        self.send(&form(path, client, &format!("email={account}&password=x")))
            .await
    }
}

const LIMITED: [u16; 4] = [401, 401, 401, 429];

#[tokio::test]
async fn no_spelling_of_a_path_passes_a_limit_on_accounts() {
    let mut alone = beside_everything();
    alone["routes"].as_array_mut().unwrap().truncate(1);
    for policy in [beside_everything(), alone] {
        let scene = Scene::start(&policy).await;
        scene.application.answer(failed());
        for (number, path) in [
            "/login",
            "//login",
            "/login;x=1",
            "/x/..%2flogin",
            "/login%3f/../x",
            "/lo%80gin",
            "/lo%ffgin",
            "/lo%E2%80%8Bgin",
            "/lo%09gin",
            "/%EF%BD%8Cogin",
            "/x/%c0%ae%c0%ae/login",
            "/login.",
            "/login::$DATA",
            "/%u006cogin",
        ]
        .into_iter()
        .enumerate()
        {
            let account = format!("victim{number}");
            assert_eq!(guesses(&scene, path, &account).await, LIMITED, "{path}");
        }
    }
}

#[tokio::test]
async fn a_path_longer_than_any_passes_no_limit() {
    let scene = Scene::start(&beside_everything()).await;
    scene.application.answer(failed());
    let path = format!("/login/..{}/login", "/a/..".repeat(1_000));
    assert_eq!(guesses(&scene, &path, "alice").await, LIMITED);
}

#[tokio::test]
async fn codes_of_the_readme_cannot_be_guessed_behind_another_path() {
    let scene = Scene::start(&of_page("limits")).await;
    scene.application.answer(failed());
    let guess = |path: &str, victim: &str, number: u32| {
        let body = format!("email=junk{number}&code=1");
        form(path, &format!("11.{number}.0.1"), &body).header(
            "cookie",
            format!("login_name={victim}; sid={victim}{number}"),
        )
    };
    let long = format!("/login/..{}/login/code", "/a/..".repeat(1_000));
    for (victim, path) in [("alice", "/login%3f/../login/code"), ("bob", &long)] {
        let guesses = (0..60).map(|number| guess(path, victim, number));
        assert_eq!(scene.passing(guesses).await, 5, "{victim}");
        let honest = scene.send(&guess("/login/code", victim, 61)).await;
        assert_eq!(honest.status, 429, "it is the counter of the plain path");
    }
}

#[tokio::test]
async fn a_revoked_session_is_refused_behind_another_path() {
    const TOR: &str = "11.0.0.66";
    let scene = Scene::start(&of_page("sessions")).await;
    scene.api.answer_to(TOR, Answer::ipasis(&["Tor"]));
    let visit = |path: &str, client: &str| {
        Request::get(path)
            .client(client)
            .header("cookie", "sid=stolen")
    };
    assert_eq!(scene.send(&visit("/shop", TOR)).await.status, 200);
    scene.wait_for("revocations.result=revoked", 1).await;
    for path in [
        "/account",
        "/login%3f/../account",
        "/login/..%2faccount",
        "//login",
    ] {
        let refused = scene.send(&visit(path, "11.0.9.1")).await;
        assert_eq!(refused.status, 403, "{path}");
        assert_eq!(refused.json()["reason"], "session_revoked", "{path}");
    }
    let again = form("/login", "11.0.9.1", "email=alice").header("cookie", "sid=stolen");
    assert_eq!(
        scene.send(&again).await.status,
        200,
        "who logs in anew is not held up"
    );
}

#[tokio::test]
async fn the_challenge_of_a_login_stands_on_all_its_spellings() {
    let policy = json!({
        "signing_keys_env": ["PALISADE_KEY"],
        "limits": [{ "name": "network", "key": ["subnet"], "limit": 2, "window": "1h", "then": "challenge" }],
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "rules": [], "limits": ["network"] },
            { "name": "everything", "match": { "path": { "glob": "/**" } } },
        ],
    });
    let scene = Scene::start(&policy).await;
    for (number, path) in ["/login", "//login", "/login;x", "/lo%80gin"]
        .into_iter()
        .enumerate()
    {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let request = Request::get(path).client(&format!("11.{number}.0.1"));
            statuses.push(scene.send(&request).await.status);
        }
        assert_eq!(statuses, [200, 200, 403], "{path}");
    }
}

#[tokio::test]
async fn who_is_denied_at_one_of_two_routes_is_denied() {
    const TOR: &str = "11.0.0.66";
    let scene = Scene::start(&json!({
        "intelligence": intelligence(),
        "routes": [
            { "name": "api", "match": { "path": "/api" }, "rules": [{ "when": "vpn", "then": "deny" }] },
            { "name": "admin", "match": { "path": "/admin" }, "rules": [{ "when": "tor", "then": "deny" }] },
        ],
    }))
    .await;
    scene.api.answer_to(TOR, Answer::ipasis(&["Tor"]));
    for path in ["/admin", "/api%3f/../admin"] {
        let refused = scene.send(&Request::get(path).client(TOR)).await;
        assert_eq!(
            (refused.status, refused.json()["reason"].as_str()),
            (403, Some("tor")),
            "{path}"
        );
    }
    assert_eq!(
        scene.send(&Request::get("/api").client(TOR)).await.status,
        200
    );
    assert_eq!(scene.counted("requests.route=admin.verdict=deny").await, 2);
    assert_eq!(
        scene
            .counted("rule_hits.route=admin.rule=rule_1.mode=enforce")
            .await,
        2
    );
}

/// Three failures an hour for each account, on the requests that change it.
fn patched() -> Policy {
    let reset = json!({ "match": { "methods": ["PATCH"], "path": "/users/password" } });
    beside_everything().in_route("login", reset)
}

#[tokio::test]
async fn no_method_override_passes_a_limit() {
    let scene = Scene::start(&patched()).await;
    scene.application.answer(failed());
    let ways: [(&str, &str, &str, &str); 7] = [
        ("PATCH", "", "", ""),
        ("POST", "", "", "&_method=patch"),
        ("POST", "?_method=patch", "", ""),
        ("POST", "", "x-http-method-override", ""),
        ("GET", "", "X_HTTP_Method_Override", ""),
        ("POST", "", "x-http-method", ""),
        ("PUT", "", "x-method-override", ""),
    ];
    for (number, (method, query, header, more)) in ways.into_iter().enumerate() {
        let mut statuses = Vec::new();
        for guess in 1..=4 {
            let mut request = Request::new(method, format!("/users/password{query}"))
                .client(&format!("11.{guess}.0.1"))
                .header("content-type", crate::support::FORM)
                .body(format!("email=victim{number}{more}"));
            if !header.is_empty() {
                request = request.header(header, "patch");
            }
            statuses.push(scene.send(&request).await.status);
        }
        assert_eq!(statuses, LIMITED, "{method} {query} {header} {more}");
    }
}

#[tokio::test]
async fn an_override_takes_no_request_out_of_its_own_route() {
    let scene = Scene::start(&beside_everything()).await;
    scene.application.answer(failed());
    for (number, (query, header)) in [("?_method=get", ""), ("", "GET")].into_iter().enumerate() {
        let mut statuses = Vec::new();
        for guess in 1..=4 {
            let mut request = form(
                &format!("/login{query}"),
                &format!("11.{guess}.0.1"),
                &format!("email=victim{number}&_method=get"),
            );
            if !header.is_empty() {
                request = request.header("x-http-method-override", header);
            }
            statuses.push(scene.send(&request).await.status);
        }
        assert_eq!(statuses, LIMITED);
    }
}

#[tokio::test]
async fn honest_requests_are_judged_by_the_route_that_they_mean() {
    let mut policy = beside_everything();
    policy["routes"][1]["limits"] = json!(["pages"]);
    policy["limits"].as_array_mut().unwrap().push(
        json!({ "name": "pages", "key": ["address"], "count": "attempts", "limit": 1000, "window": "1h" }),
    );
    let scene = Scene::start(&policy).await;
    for path in [
        "/caf%C3%A9",
        "/caf%E9",
        "/files/a%2Fb",
        "/%D8%B9%D9%84%DB%8C%E2%80%8C%D8%B1",
        "/wiki/Inc.",
        "/x;jsessionid=17",
        "/v1/things:undelete",
        "//static/app.css",
    ] {
        assert_eq!(
            scene
                .send(&Request::get(path).client("11.0.9.1"))
                .await
                .status,
            200,
            "{path}"
        );
    }
    assert_eq!(scene.counted("odd_paths").await, 0);
    for path in ["/login", "//login", "/login;jsessionid=17"] {
        assert_eq!(
            scene.login_at(path, "11.0.9.1", "alice").await.status,
            200,
            "{path}"
        );
    }
    assert_eq!(scene.counted("requests.route=login.verdict=allow").await, 3);
}
