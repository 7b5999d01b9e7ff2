//! What became of logins, as the application's answers show it.

use serde_json::{Value, json};

use crate::support::{
    Answer, Backend, EnvoyConfig, Http2, Policy, Request, Scene, failed, form, login,
};

/// A login at the route of this name.
fn at(name: &str, account: &str) -> Request {
    let body = format!("email={account}&password=x");
    form(&format!("/{name}"), "11.0.0.1", &body)
}

/// Three failures an hour per account and route, each route with its own signs of a failure.
fn routes(routes: &[(&str, Value)]) -> Policy {
    let limit = json!({ "key": ["route", "account"], "count": "failures", "limit": 3 });
    let policy = Policy::new().account().limit("failures", limit);
    routes.iter().fold(policy, |policy, (name, failure)| {
        policy.route(name, json!({ "limits": ["failures"], "failure": failure }))
    })
}

/// gRPC to the application goes over HTTP/2.
fn over_http2(config: EnvoyConfig, scene: [(&str, std::net::SocketAddr); 2]) -> EnvoyConfig {
    let clusters = scene.map(|(name, address)| {
        json!({
            "name": name,
            "connect_timeout": "2s",
            "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [{ "endpoint": {
                "address": { "socket_address": { "address": address.ip(), "port_value": address.port() } },
            } }] }] },
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": { "http2_protocol_options": {} },
                },
            },
        })
    });
    config.bootstrap(&json!({ "static_resources": { "clusters": clusters } }))
}

#[tokio::test]
async fn failures_are_counted_by_status_redirect_page_and_json() {
    let page = json!({ "body": [{ "contains": "Wrong password" }] });
    let ok = json!({ "body": [{ "json": "/ok", "equals": false }] });
    let wrong = "<html><body><h1>Wrong password</h1></body></html>";
    let late = format!("{}Wrong password", "x".repeat(1_000));
    let kinds = [
        ("status", json!({ "status": [401] }), Answer::status(401)),
        (
            "redirect",
            json!({ "header": [{ "name": "location", "contains": "error" }] }),
            Answer::status(302).header("location", "/login?error"),
        ),
        ("page", page.clone(), Answer::status(200).body(wrong)),
        (
            "pieces",
            page.clone(),
            Answer::status(200).body(wrong).pieces(5),
        ),
        ("late", page, Answer::status(200).body(late).pieces(100)),
        ("json", ok.clone(), Answer::json(&json!({ "ok": false }))),
        ("bits", ok, Answer::json(&json!({ "ok": false })).pieces(1)),
    ];
    let policy = routes(&kinds.clone().map(|(name, failure, _)| (name, failure)));
    for flag in [false, true] {
        let scene = Scene::flagged(&policy, flag).await;
        for (name, _, failure) in kinds.clone() {
            let successes = (0..5).map(|_| at(name, "alice"));
            assert_eq!(scene.passing(successes).await, 5, "{name}");
            scene.application.answer_to(name, failure);
            let failures = (0..5).map(|_| at(name, "alice"));
            assert_eq!(scene.passing(failures).await, 3, "{name}");
            let others = [at(name, "bob")];
            assert_eq!(scene.passing(others.into_iter()).await, 1, "{name}");
            let count = async |result: &str| {
                scene
                    .counted(&format!("logins.route={name}.result={result}"))
                    .await
            };
            assert_eq!(
                (count("failure").await, count("success").await),
                (4, 5),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn failures_of_grpc_are_counted_from_trailers() {
    let mut policy = routes(&[("trailers", Value::Null), ("only", Value::Null)]);
    for number in 0..2 {
        policy["routes"][number]["account"] = json!([{ "header": "x-user" }]);
    }
    let message: &[u8] = b"\0\0\0\0\x02ok";
    let call = |name: &str, account: &str| {
        Request::post(format!("/{name}"))
            .client("11.0.0.1")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-user", account)
            .body(message)
    };
    let grpc = || Answer::status(200).header("content-type", "application/grpc");
    for flag in [false, true] {
        let (api, application) = (Backend::api().await, Backend::application().await);
        let servers = [
            ("ipasis", api.address),
            ("application", application.address),
        ];
        let scene = Scene::between(api, application, &policy, |config| {
            over_http2(config.stop_iteration(flag), servers)
        })
        .await;
        let client = Http2::open(scene.envoy.address).await;
        let success = grpc().body(message).trailer("grpc-status", "0");
        let refused = grpc().body(message).trailer("grpc-status", "16");
        for (name, failure) in [
            ("trailers", refused),
            ("only", grpc().header("grpc-status", "16")),
        ] {
            scene.application.answer_to(name, success.clone());
            for _ in 0..5 {
                let response = client.request(&call(name, "alice")).await.unwrap();
                assert_eq!(response.header("grpc-status").as_deref(), Some("0"));
                assert_eq!(response.body, message);
            }
            scene.application.answer_to(name, failure);
            scene.application.forget();
            for number in 0..5 {
                let response = client.request(&call(name, "alice")).await.unwrap();
                let expected = if number < 3 { "16" } else { "8" };
                assert_eq!(response.status, 200);
                assert_eq!(response.header("grpc-status").as_deref(), Some(expected));
            }
            assert_eq!(scene.application.count(), 3, "{name}");
            let failures = format!("logins.route={name}.result=failure");
            assert_eq!(scene.counted(&failures).await, 3, "{name}");
        }
    }
}

#[tokio::test]
async fn an_unread_answer_leaves_the_attempt_counted() {
    for flag in [false, true] {
        let policy = routes(&[("page", json!({ "body": [{ "contains": "Wrong" }] }))]);
        let scene = Scene::flagged(&policy, flag).await;
        let unreadable = "logins.route=page.result=unreadable";
        let gzip = Answer::status(200)
            .header("content-encoding", "gzip")
            .body("\x1f\u{8b}");
        scene.application.answer(gzip);
        let requests = (0..5).map(|_| at("page", "alice"));
        assert_eq!(scene.passing(requests).await, 3);
        assert_eq!(scene.counted(unreadable).await, 3);

        scene.application.hold();
        for number in 1..=3 {
            let mut connection = scene.connection().await;
            connection.send(&at("page", "bob").to_http1()).await;
            scene.application.arrived(3 + number).await;
            drop(connection);
            scene.wait_for(unreadable, 3 + number as u64).await;
        }
        scene.application.release();
        assert_eq!(scene.send(&at("page", "bob")).await.status, 429);

        scene
            .application
            .answer(Answer::status(200).body("Wrong, but cut").cut());
        for _ in 0..3 {
            let mut connection = scene.connection().await;
            connection.send(&at("page", "carol").to_http1()).await;
            connection.closed().await;
        }
        assert_eq!(scene.send(&at("page", "carol")).await.status, 429);
    }
}

#[tokio::test]
async fn errors_of_envoy_and_our_refusals_are_no_failed_logins() {
    let mut policy = Policy::limiting(json!([
        { "name": "subnet", "key": ["subnet"], "limit": 5, "window": "1h", "then": "deny" },
        { "name": "failures", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
    ]));
    policy["routes"][0]["match"]["path"] = json!(["/login", "/nowhere"]);
    policy["routes"][0]["failure"] = json!({ "status": ["4xx", "5xx"] });
    let scene = Scene::with(&policy, |config| {
        config
            .stop_iteration(true)
            .empty_cluster("nowhere")
            .route(json!({ "match": { "path": "/nowhere" }, "route": { "cluster": "nowhere" } }))
    })
    .await;
    let body = "email=alice&password=x";
    for number in 0..5 {
        let lost = form("/nowhere", &format!("11.1.{number}.1"), body);
        assert_eq!(scene.send(&lost).await.status, 503);
    }
    let undelivered = "logins.route=login.result=undelivered";
    assert_eq!(scene.counted(undelivered).await, 5);
    let successes = (0..10).map(|_| login("11.0.0.1", "alice"));
    assert_eq!(scene.passing(successes).await, 5, "then 403 by us");
    assert_eq!(scene.counted("logins.route=login.result=failure").await, 0);

    scene.application.answer(failed());
    let failures = (0..10).map(|number| login(&format!("11.2.{number}.1"), "alice"));
    assert_eq!(scene.passing(failures).await, 3);
    scene.application.answer(Answer::status(200));
    assert_eq!(
        scene.login("11.3.0.1", "alice").await.status,
        429,
        "none is forgotten"
    );
}

#[tokio::test]
async fn both_workers_see_failures_and_a_success_forgives_its_network() {
    let mut policy = Policy::limiting(json!([
        {
            "name": "here", "key": ["account", "subnet"], "count": "failures", "limit": 3, "window": "1h",
            "on_success": "clear",
        },
        { "name": "tries", "key": ["account", "address"], "limit": 10, "window": "1h", "on_success": "clear" },
    ]));
    policy["routes"][0]["success"] = json!({ "status": [200] });
    let scene = Scene::start(&policy).await;
    let [mut one, mut other] = scene.workers().await;
    let (home, away) = (login("11.0.0.1", "alice"), login("11.0.1.1", "alice"));
    scene.application.answer(failed());
    for _ in 0..2 {
        assert_eq!(one.request(&home).await.status, 401);
        assert_eq!(other.request(&away).await.status, 401);
    }
    scene.application.answer(Answer::status(200));
    assert_eq!(
        other.request(&home).await.status,
        200,
        "forgives two failures at home"
    );
    scene.application.answer(failed());
    assert_eq!(other.request(&home).await.status, 401);
    for worker in [&mut one, &mut other] {
        assert_eq!(worker.request(&home).await.status, 401);
    }
    for worker in [&mut one, &mut other] {
        assert_eq!(worker.request(&home).await.status, 429);
    }
    assert_eq!(one.request(&away).await.status, 401, "the third away");
    for worker in [&mut one, &mut other] {
        assert_eq!(worker.request(&away).await.status, 429);
    }

    scene.application.answer(Answer::status(200));
    let often = (0..30).map(|_| login("11.0.3.1", "bob"));
    assert_eq!(scene.passing(often).await, 30, "each success forgives");
}
