//! What nobody knows for certain of an answer: it stays counted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, FORM, Policy, Request, Scene, failed, form, login};

/// Three failures an hour per account, at these paths.
fn failures(paths: &Value) -> Policy {
    Policy::failures(3).in_route("login", json!({ "match": { "path": paths } }))
}

/// The statuses that six logins of this account get.
async fn six(scene: &Scene, path: &str, account: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let body = format!("email={account}&password=x");
        statuses.push(scene.send(&form(path, "11.0.0.1", &body)).await.status);
    }
    statuses
}

/// Three answers, then a refusal.
const fn limited(status: u16) -> [u16; 6] {
    [status, status, status, 429, 429, 429]
}

#[tokio::test]
async fn only_what_certainly_reached_nobody_is_given_back() {
    let route = |path: &str, more: Value| {
        let mut route = json!({ "match": { "path": path }, "route": { "cluster": "application" } });
        let Value::Object(more) = more else {
            panic!("{more}")
        };
        route["route"].as_object_mut().unwrap().extend(more);
        route
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = closed.local_addr().unwrap();
    drop(closed);
    for flag in [false, true] {
        let policy = failures(&json!({ "prefix": "/" }));
        let scene = Scene::with(&policy, |config| {
            config
                .stop_iteration(flag)
                .empty_cluster("empty")
                .cluster("nobody", nobody)
                .route(route("/empty", json!({ "cluster": "empty" })))
                .route(route("/nobody", json!({ "cluster": "nobody" })))
                .route(route("/slow", json!({ "timeout": "0.2s" })))
                .route(route(
                    "/again",
                    json!({ "retry_policy": { "retry_on": "reset", "num_retries": 1 } }),
                ))
        })
        .await;
        scene.application.answer_to("slow", Answer::silent());
        scene.application.answer_to("closed", Answer::closed());
        scene.application.answer_to("again", Answer::closed());
        assert_eq!(six(&scene, "/empty", "a").await, [503; 6]);
        assert_eq!(six(&scene, "/nobody", "a").await, [503; 6]);
        // Where the head had to go on first, Envoy answers those of the empty cluster before their body has come.
        let undelivered = "logins.route=login.result=undelivered";
        let before = scene.counted(undelivered).await;
        assert!(before >= 6 && (before == 12 || !flag), "{before}");
        assert_eq!(six(&scene, "/slow", "b").await, limited(504));
        assert_eq!(six(&scene, "/closed", "c").await, limited(503));
        assert_eq!(six(&scene, "/again", "d").await, limited(503));
        assert_eq!(scene.counted(undelivered).await, before);
    }
}

#[tokio::test]
async fn an_answer_that_is_neither_stays_counted() {
    let scene = Scene::start(&failures(&json!("/login"))).await;
    for status in [
        400, 404, 405, 409, 412, 413, 416, 417, 500, 502, 503, 304, 206,
    ] {
        scene.application.answer(Answer::status(status));
        let account = format!("of-{status}");
        assert_eq!(six(&scene, "/login", &account).await, limited(status));
    }
}

#[tokio::test]
async fn a_client_cannot_choose_the_kind_of_its_answer() {
    for flag in [false, true] {
        let scene = Scene::flagged(&failures(&json!("/login")), flag).await;
        let lines = [
            ("If-Match", "\"x\""),
            ("if-none-match", "*"),
            ("if_none_match", "*"),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("if-range", "\"x\""),
            ("Range", "bytes=9-"),
            // What applications write into `location` as it is.
            ("X-Forwarded-Host", "shop.example/home"),
            ("Forwarded", "for=11.0.0.1;host=\"shop.example/home\""),
        ];
        let mut request = login("11.0.0.1", "alice").header("rangefinder", "1");
        for (name, value) in lines {
            request = request.header(name, value);
        }
        assert_eq!(scene.send(&request).await.status, 200);
        let received = scene.application.last();
        for (name, _) in lines {
            assert_eq!(received.header(&name.to_lowercase()), None, "{name}");
        }
        assert_eq!(received.header("rangefinder").as_deref(), Some("1"));
        let request = login("11.0.0.1", "alice").header("x-forwarded-host", "shop.example:8443");
        assert_eq!(scene.send(&request).await.status, 200);
        let received = scene.application.last();
        let host = received.header("x-forwarded-host");
        assert_eq!(host.as_deref(), Some("shop.example:8443"), "a proxy's");
    }
}

#[tokio::test]
async fn an_account_that_nobody_can_read_is_not_none() {
    let mut policy = failures(&json!("/login"));
    policy["identity"]["account"] = json!(["basic"]);
    policy["routes"][0]["on_missing_account"] = json!("allow");
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        let post = || Request::post("/login").client("11.0.0.1");
        assert_eq!(scene.send(&post()).await.status, 200, "without any");
        let key = post().header("authorization", "Bearer x");
        assert_eq!(scene.send(&key).await.status, 200, "of another scheme");
        let plain = STANDARD.encode("alice:x");
        let zero = STANDARD.encode("alice\0:x");
        for line in [
            format!("Basic {plain}===="),
            format!("Basic {}*{}", &plain[..4], &plain[4..]),
            format!("Basic \"{plain}\""),
            format!("Basic {zero}"),
        ] {
            let request = post().header("authorization", &line);
            assert_eq!(scene.send(&request).await.status, 400, "{line}");
        }
    }
}

#[tokio::test]
async fn refusals_of_envoys_own_filters_are_failures() {
    // The user alice with the password test, as `htpasswd -s` writes it.
    let users = "alice:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=";
    let filter = json!({
        "name": "envoy.filters.http.basic_auth",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3.BasicAuth",
            "users": { "inline_string": users },
        },
    });
    let mut policy = failures(&json!("/login"));
    policy["identity"]["account"] = json!(["basic"]);
    for flag in [false, true] {
        let scene = Scene::with(&policy, |config| {
            config.stop_iteration(flag).filter_behind(filter.clone())
        })
        .await;
        let with = |password: &str| {
            let credentials = STANDARD.encode(format!("alice:{password}"));
            Request::post("/login")
                .client("11.0.0.1")
                .header("content-type", FORM)
                .header("authorization", format!("Basic {credentials}"))
        };
        for _ in 0..5 {
            assert_eq!(scene.send(&with("test")).await.status, 200);
        }
        for expected in limited(401) {
            assert_eq!(scene.send(&with("guess")).await.status, expected);
        }
        assert_eq!(scene.send(&with("test")).await.status, 429);
    }
}

#[tokio::test]
async fn a_login_whose_redirect_envoy_follows_is_a_success() {
    let follows = json!({
        "match": { "path": "/login" },
        "route": { "cluster": "application", "internal_redirect_policy": { "max_internal_redirects": 1 } },
    });
    let host = "http://shop.example";
    for flag in [false, true] {
        for (named, right, wrong) in [
            (Value::Null, 6, 6),
            // What cannot be seen may have been a failure.
            (
                json!({ "header": [{ "name": "location", "contains": "error" }] }),
                3,
                3,
            ),
        ] {
            let mut policy = failures(&json!("/login"));
            if !named.is_null() {
                policy["routes"][0]["failure"] = named;
            }
            let scene = Scene::with(&policy, |config| {
                config.stop_iteration(flag).route(follows.clone())
            })
            .await;
            let to = |path: &str| Answer::status(302).header("location", &format!("{host}{path}"));
            scene.application.answer_to("login", to("/home"));
            let passed =
                |statuses: Vec<u16>| statuses.into_iter().filter(|status| *status == 200).count();
            assert_eq!(passed(six(&scene, "/login", "alice").await), right);
            scene.application.answer_to("login", to("/sorry?error"));
            assert_eq!(passed(six(&scene, "/login", "bob").await), wrong);
        }
    }
}

#[tokio::test]
async fn successes_under_way_and_abandoned_ones_are_counted() {
    let policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "count": "successes", "limit": 2, "window": "1h" },
    ]));
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        scene.application.hold();
        let requests = (0..8).map(|_| login("11.0.0.1", "alice"));
        let (statuses, ()) = tokio::join!(scene.send_all(requests), async {
            scene
                .wait_for("limit_hits.route=login.limit=account.result=exceeded", 6)
                .await;
            scene.application.release();
        });
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(passed, 2, "eight at once");

        scene.application.hold();
        let before = scene.application.count();
        for number in 1..=2 {
            let mut connection = scene.connection().await;
            connection.send(&login("11.0.0.1", "bob").to_http1()).await;
            scene.application.arrived(before + number).await;
            drop(connection);
            scene
                .wait_for("logins.route=login.result=unreadable", number as u64)
                .await;
        }
        scene.application.release();
        assert_eq!(
            scene.login("11.0.0.1", "bob").await.status,
            429,
            "left early"
        );

        scene.application.answer(failed());
        let failures = (0..6).map(|_| login("11.0.0.1", "carol"));
        assert_eq!(scene.passing(failures).await, 6, "none of them succeeds");
    }
}

#[tokio::test]
async fn a_sign_of_failure_counts_however_deep_it_stands() {
    let json = json!({ "body": [{ "json": "/ok", "equals": false }] });
    let page = json!({ "body": [{ "contains": "Wrong password" }] });
    let echo = "x".repeat(50_000);
    let result = format!("{{\"next\":\"{echo}\",\"ok\":false}}");
    let html = format!("<input value=\"{echo}\">Wrong password");
    let beyond = format!("{}Wrong password", "x".repeat(70_000));
    let whole = |body: &str| Answer::status(200).body(body.to_owned());
    let twice = "{\"ok\":false,\"ok\":true}";
    for (flag, pieces) in [(false, None), (true, None), (true, Some(1_000))] {
        for (failure, body, result) in [
            (&json, result.as_str(), "failure"),
            (&page, html.as_str(), "failure"),
            (&page, beyond.as_str(), "unreadable"),
            (&json, twice, "unreadable"),
            (&json, "<html>Oops", "unreadable"),
            (&json, "{\"next\":\"cut", "unreadable"),
        ] {
            let mut policy = failures(&json!("/login"));
            policy["routes"][0]["failure"] = failure.clone();
            let scene = Scene::flagged(&policy, flag).await;
            let answer = whole(body);
            scene.application.answer(match pieces {
                Some(size) => answer.pieces(size),
                None => answer,
            });
            assert_eq!(
                six(&scene, "/login", "alice").await,
                limited(200),
                "{result}"
            );
            let counter = format!("logins.route=login.result={result}");
            assert_eq!(scene.counted(&counter).await, 3);
        }
    }
}
