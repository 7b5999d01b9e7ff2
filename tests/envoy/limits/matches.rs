//! Several doors at one path, told apart by what a request says, as WordPress, Keycloak and GraphQL have them.

use serde_json::{Value, json};

use crate::support::{FORM, Policy, Request, Scene, form};

const LOST: &str = "/wp-login.php?action=lostpassword";

/// One login an hour for an account, and six new passwords, all at `/wp-login.php`; tokens for passwords are counted,
/// others are not.
fn doors() -> Policy {
    let limit = |name: &str, limit| json!({ "name": name, "key": ["account"], "limit": limit, "window": "1h" });
    let mut policy = Policy::limiting(json!([
        limit("logins", 1),
        limit("resets", 6),
        limit("tokens", 1),
        limit("api", 1)
    ]));
    policy["identity"]["account"] = json!([{ "form": "log" }, { "json": "/variables/log" }]);
    policy["routes"] = json!([
        {
            "name": "reset", "limits": ["resets"],
            "match": {
                "methods": ["POST"], "path": "/wp-login.php",
                "query": { "action": ["lostpassword", "retrievepassword"] },
            },
        },
        { "name": "login", "limits": ["logins"], "match": { "methods": ["POST"], "path": "/wp-login.php" } },
        {
            "name": "token", "limits": ["tokens"],
            "match": { "methods": ["POST"], "path": "/token", "form": { "grant_type": "password" } },
        },
        {
            "name": "api", "limits": ["api"],
            "match": [
                { "path": "/graphql", "json": { "/operationName": "login" } },
                { "path": "/graphql", "json": { "/operationName": { "present": false } } },
            ],
        },
    ]);
    policy
}

#[tokio::test]
async fn who_is_locked_out_can_still_ask_for_a_new_password() {
    for flag in [false, true] {
        let scene = Scene::flagged(&doors(), flag).await;
        let send = async |target: &str, body: &str| {
            let response = scene.send(&form(target, "11.0.0.1", body)).await;
            match response.status {
                200 => "passes".to_owned(),
                429 => response.json()["reason"].as_str().unwrap().to_owned(),
                status => panic!("{status}: {}", response.text()),
            }
        };
        for (target, body, expected) in [
            ("/wp-login.php", "log=bob&pwd=x", "passes"),
            ("/wp-login.php", "log=bob&pwd=x", "logins"),
            (LOST, "log=bob", "passes"),
            ("/wp-login.php?action=rubbish", "log=bob", "logins"),
            // PHP takes the form's action before the query's.
            (LOST, "log=bob&action=login", "logins"),
            (LOST, "log=bob&action[]=login", "logins"),
            ("/wp-login.php?action=LostPassword", "log=bob", "logins"),
            (
                "/wp-login.php?action=lostpassword&action=login",
                "log=bob",
                "logins",
            ),
            (LOST, "log=bob", "passes"),
            (LOST, "log=bob", "resets"),
            // What was refused as a login was no new password, and is not counted as one.
            (LOST, "log=eve", "passes"),
        ] {
            assert_eq!(send(target, body).await, expected, "{flag} {target} {body}");
        }
    }
}

#[tokio::test]
async fn a_grant_and_an_operation_choose_the_route() {
    for flag in [false, true] {
        let scene = Scene::flagged(&doors(), flag).await;
        let token = |body: &str| form("/token", "11.0.0.1", body);
        let api = |body: &str| {
            Request::post("/graphql")
                .client("11.0.0.1")
                .header("content-type", "application/json")
                .body(body)
        };
        for (request, status) in [
            (token("grant_type=refresh_token"), 200),
            (token("grant_type=refresh_token&log=bob"), 200),
            (token("grant_type=password&log=bob"), 200),
            (token("grant_type=password&log=bob"), 429),
            (
                token("grant_type=refresh_token&grant_type=password&log=bob"),
                429,
            ),
            (
                token("grant_type=password").header("content-encoding", "gzip"),
                400,
            ),
            (token("grant_type=refresh_token&log=bob"), 200),
            (api(r#"{"operationName":"me","variables":{}}"#), 200),
            (
                api(r#"{"operationName":"login","variables":{"log":"bob"}}"#),
                200,
            ),
            (
                api(r#"{"operationName":"login","variables":{"log":"bob"}}"#),
                429,
            ),
            (api(r#"{"variables":{"log":"bob"}}"#), 429),
            (
                api(r#"{"operationName":"\u006cogin","variables":{"log":"bob"}}"#),
                429,
            ),
            (
                api(r#"{"operationName":"me","operationName":"login","variables":{"log":"bob"}}"#),
                429,
            ),
        ] {
            let response = scene.send(&request).await;
            assert_eq!(
                response.status,
                status,
                "{flag} {request:?}: {}",
                response.text()
            );
        }
    }
}

#[tokio::test]
async fn a_closed_door_that_a_body_tells_closes_no_other() {
    let mut policy = Policy::limiting(json!([]));
    policy["routes"] = json!([{
        "name": "closed", "rules": [{ "when": "always", "then": "deny" }],
        "match": { "methods": ["POST"], "path": "/graphql", "json": { "/query": { "contains": "auth_login" } } },
    }]);
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        for (body, status) in [
            (r#"{"query":"{ server_ping }"}"#, 200),
            (r#"{"query":"mutation { auth_login }"}"#, 403),
            (r#"{"query":"mutation { auth\u005flogin }"}"#, 403),
            (r#"{"query":"#, 403),
        ] {
            let request = Request::post("/graphql").client("11.0.0.1");
            let request = request.header("content-type", "application/json");
            let response = scene.send(&request.body(body)).await;
            assert_eq!(response.status, status, "{flag} {body}");
        }
        assert_eq!(scene.application.count(), 1, "nothing else has arrived");
    }
}

#[tokio::test]
async fn no_head_leaves_before_its_body_has_told_the_route() {
    for flag in [false, true] {
        let scene = Scene::flagged(&doors(), flag).await;
        let begun = scene.begun().await;
        let mut connection = scene.connection().await;
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: shop.example\r\nx-forwarded-for: 11.0.0.1\r\n\
             content-type: {FORM}\r\ncontent-length: 27\r\n\r\ngrant_type=password&log=bo"
        );
        connection.send(head.as_bytes()).await;
        scene
            .envoy
            .wait_for_stat("http.protected.downstream_rq_active", |active| active == 1)
            .await;
        assert_eq!(scene.begun().await, begun, "{flag}");
        connection.send(b"b").await;
        assert_eq!(connection.response("POST").await.status, 200);
        let mut again = scene.connection().await;
        again.send(head.as_bytes()).await;
        again.send(b"b").await;
        assert_eq!(again.response("POST").await.status, 429, "{flag}");
        assert_eq!(scene.application.count(), 1);
        // What says nothing of it is not protected, however it comes.
        let request =
            form("/token", "11.0.0.1", "grant_type=other&log=bob").trailer("x-checksum", "1");
        assert_eq!(scene.send(&request).await.status, 200);
    }
}

#[tokio::test]
async fn a_closed_door_is_closed_to_everybody_and_no_other() {
    let mut policy = doors();
    policy["routes"].as_array_mut().unwrap().push(json!({
        "name": "closed", "match": { "path": "/xmlrpc.php" }, "rules": [{
            "when": "always", "then": "deny", "reason": "closed",
        }],
    }));
    let scene = Scene::start(&policy).await;
    for client in ["11.0.0.1", "10.0.0.1", "2600:db00::1"] {
        let refused = scene
            .send(&form("/xmlrpc.php", client, "<methodCall/>"))
            .await;
        assert_eq!(
            (refused.status, refused.json()["reason"].as_str()),
            (403, Some("closed"))
        );
        assert_eq!(scene.send(&form("/other", client, "")).await.status, 200);
    }
}

#[tokio::test]
async fn names_that_wordpress_takes_for_one_are_one_or_none() {
    const GUESSES: usize = 8;
    for flag in [false, true] {
        let mut policy = Policy::limiting(
            json!([{ "name": "account", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" }]),
        );
        policy["identity"]["normalise"] = json!({
            "accents": "remove", "remove": "<[^>]*>?|%[0-9a-f]{2}|&[^;]+;", "allow": "[a-z0-9 _.@+'-]+",
        });
        let scene = Scene::flagged(&policy, flag).await;
        scene.application.answer(crate::support::failed());
        let plain = (0..GUESSES).map(|_| form("/login", "11.0.0.1", "email=admin"));
        assert_eq!(scene.passing(plain).await, 3);
        let spelled = (0..60).map(|number| {
            let name = match number % 5 {
                0 => format!("admin%3Cb{number}%3E"),
                1 => format!("%26x{number};admin").replace(';', "%3B"),
                2 => format!("ad%25{:02x}min", number + 16),
                3 => format!("adm%C3%AFn%25{:02x}", number + 16),
                _ => format!("admin%7C{number}"),
            };
            form("/login", "11.0.0.1", &format!("email={name}"))
        });
        assert_eq!(scene.passing(spelled).await, 0, "{flag}");
        let odd = scene
            .send(&form("/login", "11.0.0.1", "email=ad%7Cmin"))
            .await;
        assert_eq!(
            (odd.status, odd.json()["reason"].as_str()),
            (400, Some("account_not_allowed"))
        );
        assert_eq!(
            scene
                .send(&form("/login", "11.0.0.1", "email=O'Neil@example.com"))
                .await
                .status,
            401
        );
    }
}

/// GraphQL and XML-RPC, five failures an hour for an account.
fn batches() -> Policy {
    let mut policy = Policy::limiting(
        json!([{ "name": "account", "key": ["account"], "count": "failures", "limit": 5, "window": "1h" }]),
    );
    policy["identity"]["account"] = json!([{ "body_pattern": {
        "pattern": r#"\blogin\b(?:\s*\(\s*email\s*:\s*(?:"([^"\\]*)"|\$(?<variable>\w+)))?"#, "at_most": 8,
    } }]);
    policy["routes"] = json!([
        { "name": "graphql", "match": { "path": "/graphql", "body": r"\blogin\b" }, "limits": ["account"] },
        {
            "name": "xmlrpc", "match": { "path": "/xmlrpc.php" }, "limits": ["account"],
            "account": [{ "body_pattern": r"<name>\s*methodName\s*</name>\s*<value>(?:\s*(?:<string>)?\s*wp\.getUsersBlogs\s*(?:</string>)?\s*</value>\s*</member>\s*<member>\s*<name>\s*params\s*</name>\s*(?:<(?:value|array|data|string)>\s*)+([^<\s][^<]*))?" }],
        },
    ]);
    policy
}

fn graphql(query: &str, variables: &Value) -> Request {
    Request::post("/graphql")
        .client("11.0.0.1")
        .header("content-type", "application/json")
        .body(json!({ "query": query, "variables": variables }).to_string())
}

fn multicall(users: &[&str]) -> Request {
    let call = |user: &&str| {
        format!(
            "<value><struct><member><name>methodName</name><value>wp.getUsersBlogs</value></member><member><name>params</name><value><array><data><value>{user}</value></data></array></value></member></struct></value>"
        )
    };
    let calls: String = users.iter().map(call).collect();
    Request::post("/xmlrpc.php")
        .client("11.0.0.1")
        .header("content-type", "text/xml")
        .body(format!("<params>{calls}</params>"))
}

#[tokio::test]
async fn a_batch_is_as_many_guesses_as_it_carries() {
    for flag in [false, true] {
        let scene = Scene::flagged(&batches(), flag).await;
        scene.application.answer(crate::support::failed());
        let aliases = |count: usize, name: &str| {
            format!(
                "mutation {{ {} }}",
                format!("a: login(email: \"{name}\") ").repeat(count)
            )
        };
        let none = json!({});
        for (request, status) in [
            (graphql("{ me }", &none), 401),
            (graphql(&aliases(6, "bob"), &none), 429),
            (graphql(&aliases(100, "bob"), &none), 400),
            (graphql(&aliases(3, "bob"), &none), 401),
            (graphql(&aliases(3, "Bob"), &none), 429),
            (
                graphql(
                    "mutation($e: String) { login(email: $e) }",
                    &json!({ "e": "bob" }),
                ),
                401,
            ),
            (
                graphql(
                    "mutation { a: login(email: \"bob\") b: login(input: $i) }",
                    &json!({ "i": 1 }),
                ),
                400,
            ),
            (graphql(&aliases(1, "bob"), &none), 401),
            (graphql(&aliases(1, "bob"), &none), 429),
            (multicall(&["eve", "eve", "mia"]), 401),
            (multicall(&["eve", "e&#118;e", "eve", "eve"]), 429),
            (multicall(&["eve", "<!-- -->eve"]), 400),
            (multicall(&["eve", "eve", "eve"]), 401),
            (multicall(&["eve"]), 429),
            (multicall(&["mia", "mia", "mia", "mia"]), 401),
            (multicall(&["mia"]), 429),
        ] {
            let response = scene.send(&request).await;
            assert_eq!(
                response.status,
                status,
                "{flag} {request:?}: {}",
                response.text()
            );
        }
        let deep = format!("{}{}", "<a>".repeat(15_000), "</a>".repeat(4_000));
        let endless = format!("{{ {} }}", "a: me ".repeat(9_000));
        for body in [
            deep,
            endless,
            "[".repeat(60_000),
            "\"login\" ".repeat(8_000),
            "<name>methodName</name><value>".repeat(2_000),
        ] {
            let begun = std::time::Instant::now();
            let status = scene.send(&multicall(&[]).body(body)).await.status;
            assert_eq!(status, 400);
            assert!(begun.elapsed() < std::time::Duration::from_secs(5));
        }
    }
}
