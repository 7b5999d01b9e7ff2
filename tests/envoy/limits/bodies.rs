//! What clients do to bodies so that nobody finds their account.

use serde_json::{Value, json};

use crate::support::{FORM, Policy, Request, Scene};

#[tokio::test]
async fn a_request_of_an_untellable_account_is_refused() {
    for flag in [false, true] {
        let policy = Policy::limiting(json!([
            { "name": "account", "key": ["account"], "limit": 100, "window": "1h" },
        ]));
        let scene = Scene::flagged(&policy, flag).await;
        for (request, reason) in [
            (post(FORM, "password=x"), "missing"),
            (post(FORM, "email=a&email=b"), "conflict"),
            (post("text/plain", "email=a"), "content_type"),
            (
                post(FORM, "email=a").header("content-encoding", "gzip"),
                "encoded",
            ),
            (
                post(FORM, &format!("email=a&x={}", "y".repeat(70_000))),
                "too_large",
            ),
            (post(FORM, "email=%ff"), "not_text"),
            (
                post(FORM, &format!("email={}", "y".repeat(600))),
                "too_long",
            ),
        ] {
            let response = scene.send(&request).await;
            assert_eq!(response.status, 400, "{reason} {flag}: {}", response.text());
            assert_eq!(response.json()["reason"], format!("account_{reason}"));
            let counted = format!("accounts_missing.route=login.reason={reason}");
            assert_eq!(scene.counted(&counted).await, 1, "{reason}");
        }
        assert_eq!(scene.application.count(), 0);
        assert_eq!(scene.login("11.0.0.1", "a").await.status, 200);
        assert_eq!(scene.application.last().body, "email=a&password=x");
    }
}

#[tokio::test]
async fn json_that_is_sent_as_plain_text_is_read_where_the_route_says_so() {
    for flag in [false, true] {
        let mut policy = Policy::limiting(json!([
            { "name": "account", "key": ["account"], "limit": 2, "window": "1h" },
        ]));
        policy["identity"]["account"] = json!([{ "json": "/email" }]);
        policy["routes"][0]["body"] = json!({ "type": "json" });
        let scene = Scene::flagged(&policy, flag).await;
        let login = || post("text/plain;charset=UTF-8", r#"{"email":"a"}"#);
        let requests = (0..4).map(|number| login().client(&format!("11.{number}.0.1")));
        assert_eq!(scene.passing(requests).await, 2, "{flag}");
    }
}

/// One login an hour per account, wherever it stands.
fn everywhere() -> Policy {
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 1, "window": "1h" },
    ]));
    policy["identity"]["account"] = json!([
        { "form": "user[email]" }, { "json": "/user/email" }, { "multipart": "email" },
    ]);
    policy
}

const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=b";

/// A login with a body of this type.
fn post(kind: &str, body: &str) -> Request {
    Request::post("/login")
        .client("11.0.0.1")
        .header("content-type", kind)
        .body(body)
}

/// A multipart body of parts with these `content-disposition`s.
fn parts(parts: &[(&str, &str)]) -> String {
    let part = |(disposition, value): &(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
    };
    let parts: String = parts.iter().map(part).collect();
    format!("{parts}--b--\r\n")
}

#[tokio::test]
async fn an_account_is_one_however_written_and_none_where_two_stand() {
    let same = [
        post(FORM, "user%5Bemail%5D=%61lice%40Example.com"),
        post(FORM, "x=1&user[email]=+ALICE@example.com+"),
        post(
            "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
            "user[email]=alice@example.com",
        ),
        post(JSON, r#"{"user":{"email":"alice@example.com"}}"#),
        post(
            JSON,
            r#" { "x": [{"email":"eve"}], "us\u0065r": {"\u0065mail": "\u0061lice@example.com"} } "#,
        ),
        post(JSON, "{\"user\":{\"email\":\"\u{ff41}lice@example.com\"}}"),
        post(
            MULTIPART,
            &parts(&[(r#"name="email""#, "alice@example.com")]),
        ),
        post(
            MULTIPART,
            &parts(&[("name=email", "alice@example.com"), ("name=x", "email=eve")]),
        ),
        post(
            "multipart/form-data; boundary=\"b\"",
            &parts(&[("name=\"email\"", "Alice@Example.com")]),
        ),
        post(JSON, r#"{"user":{"email":"alice@example.com"}}"#).trailer("x-checksum", "1"),
    ];
    let json = |body: &str| post(JSON, body);
    let two = [
        (post(FORM, "user[email]=a&user[email]=b"), "conflict"),
        (post(FORM, "user[email]=a&user%5bemail%5d=b"), "conflict"),
        (
            json(r#"{"user":{"email":"a"},"user":{"email":"b"}}"#),
            "conflict",
        ),
        (
            json(r#"{"user":{"email":"a","\u0065mail":"b"}}"#),
            "conflict",
        ),
        (json(r#"{"user":{"email":["a"]}}"#), "not_text"),
        (json(r#"{"user":"a"}"#), "missing"),
        (json(r#"{"user":{"email":"a"}"#), "malformed"),
        (json(r#"{"user":{"email":"a"}} {}"#), "malformed"),
        (
            post(
                MULTIPART,
                &parts(&[("name=email", "a"), ("name=email", "b")]),
            ),
            "conflict",
        ),
        (
            post(MULTIPART, &parts(&[("name=email; filename=f", "a")])),
            "not_text",
        ),
        (
            post(
                "multipart/form-data; boundary=b; boundary=c",
                &parts(&[("name=email", "a")]),
            ),
            "malformed",
        ),
        (
            post("multipart/form-data", &parts(&[("name=email", "a")])),
            "malformed",
        ),
        (
            post(FORM, "user[email]=a").header("content-type", JSON),
            "content_type",
        ),
        (post(FORM, ""), "missing"),
        (Request::post("/login").client("11.0.0.1"), "missing"),
    ];
    for flag in [false, true] {
        let scene = Scene::flagged(&everywhere(), flag).await;
        let first = post(FORM, "user[email]=alice@example.com");
        let passed = scene.send(&first).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        let bytes = scene.application.body_bytes();
        for request in &same {
            let response = scene.send(request).await;
            assert_eq!(response.status, 429, "{request:?}: {}", response.text());
        }
        let mut found = Vec::new();
        for (request, expected) in &two {
            let response = scene.send(request).await;
            assert_eq!(response.status, 400, "{request:?}");
            let reason = response.json()["reason"].as_str().unwrap().to_owned();
            if reason != format!("account_{expected}") {
                found.push(format!("{request:?}: {reason}, not {expected}"));
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(scene.application.count(), 1);
        assert_eq!(
            scene.application.body_bytes(),
            bytes,
            "of no other body a byte"
        );
    }
}

#[tokio::test]
async fn account_and_session_are_found_wherever_the_operator_says() {
    // {"sub":"alice","sid":"s"}, signed by nobody.
    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsInNpZCI6InMifQ.c2ln";
    let plain = |name: &str| Request::post(format!("/{name}")).client("11.0.0.1");
    let bearer = |name: &str| plain(name).header("authorization", format!("Bearer {TOKEN}"));
    let accounts = [
        (
            "form",
            json!({ "form": "email" }),
            plain("form")
                .header("content-type", FORM)
                .body("email=alice"),
        ),
        (
            "json",
            json!({ "json": "/email" }),
            plain("json")
                .header("content-type", JSON)
                .body(r#"{"email":"alice"}"#),
        ),
        (
            "multipart",
            json!({ "multipart": "email" }),
            plain("multipart")
                .header("content-type", MULTIPART)
                .body(parts(&[("name=email", "alice")])),
        ),
        (
            "header",
            json!({ "header": "x-user" }),
            plain("header").header("x-user", "alice"),
        ),
        (
            "query",
            json!({ "query": "email" }),
            Request::get("/query?x=1&email=%61lice").client("11.0.0.1"),
        ),
        (
            "basic",
            json!("basic"),
            plain("basic").header("authorization", "Basic YWxpY2U6eA=="),
        ),
        (
            "segment",
            json!({ "path_segment": 2 }),
            Request::get("/segment/alice/keys").client("11.0.0.1"),
        ),
        (
            "cookie",
            json!({ "cookie": "user" }),
            plain("cookie").header("cookie", "a=b; user=alice"),
        ),
        ("claim", json!({ "claim": "sub" }), bearer("claim")),
    ];
    let sessions = [
        plain("session").header("cookie", "sid=s"),
        plain("session").header("x-session", "s"),
        bearer("session"),
    ];
    let mut policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": accounts.len(), "window": "1h" },
        { "name": "session", "key": ["session"], "limit": 3, "window": "1h" },
    ]));
    let mut routes: Vec<Value> = accounts
        .iter()
        .map(|(name, source, _)| json!({
            "name": name, "match": { "path": { "prefix": format!("/{name}") } }, "limits": ["account"],
            "account": [source],
        }))
        .collect();
    routes
        .push(json!({ "name": "session", "match": { "path": "/session" }, "limits": ["session"] }));
    policy["routes"] = json!(routes);
    policy["identity"]["session"] =
        json!([{ "cookie": "sid" }, { "header": "x-session" }, { "claim": "sid" }]);
    let scene = Scene::start(&policy).await;
    for status in [200, 429] {
        for (name, _, request) in &accounts {
            let response = scene.send(request).await;
            assert_eq!(response.status, status, "{name}: {}", response.text());
        }
    }
    // It is one session, however it is carried.
    for status in [200, 429] {
        for request in &sessions {
            assert_eq!(scene.send(request).await.status, status, "{request:?}");
        }
    }
}
