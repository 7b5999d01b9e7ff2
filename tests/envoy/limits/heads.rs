//! Heads whose bodies do not come, or not in time: none leaves unjudged, and none hangs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{
    Connection, Envoy, EnvoyConfig, FORM, Http2, Policy, Request, Response, Scene, intelligence,
    login, text,
};

/// An account, as Basic credentials.
const ALICE: &str = "Basic YWxpY2U6eA==";

/// Two logins an hour per account, which stands in the form or in Basic credentials; a body is waited for a second.
fn twice() -> Policy {
    let identity = json!({ "account": [{ "form": "email" }, "basic"], "body_timeout": "1s" });
    Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 2, "window": "1h" },
    ]))
    .with(json!({ "identity": identity }))
}

/// Challenges everybody.
fn challenging() -> Policy {
    let suspect = json!({ "name": "suspect", "when": { "list": "all" }, "then": "challenge" });
    twice()
        .list("all", "0.0.0.0/0")
        .in_route("login", json!({ "rules": [suspect] }))
}

/// A form without its body.
fn head() -> Request {
    Request::post("/login")
        .client("11.0.0.1")
        .header("content-type", FORM)
}

fn one_byte() -> Request {
    head().header("content-length", "1")
}

/// What is answered to a request without the body that it announces.
async fn answer(address: SocketAddr, request: &Request, http2: bool) -> Response {
    if http2 {
        let connection = Http2::open(address).await;
        connection.begin(request).response().await
    } else {
        let mut connection = Connection::open(address).await;
        connection.send(&request.to_http1()).await;
        connection.response("POST").await
    }
}

#[tokio::test]
async fn a_length_without_a_body_passes_neither_challenge_nor_limit() {
    for (flag, http2) in [(false, false), (false, true), (true, false), (true, true)] {
        let case = format!("flag {flag}, HTTP/2 {http2}");
        let scene = Scene::flagged(&challenging(), flag).await;
        let response = answer(scene.envoy.address, &one_byte(), http2).await;
        assert_eq!(response.status, 403, "{case}");
        assert_eq!(response.json()["type"], "urn:palisade:challenge-required");
        assert_eq!(scene.begun().await, 0, "{case}: not even the head");

        let scene = Scene::flagged(&twice(), flag).await;
        let basic = one_byte().header("authorization", ALICE);
        for _ in 0..2 {
            let response = answer(scene.envoy.address, &basic, http2).await;
            assert_eq!(response.status, 408, "{case}");
            assert_eq!(response.json()["reason"], "account_late", "{case}");
        }
        assert_eq!(scene.begun().await, 0, "{case}: not even the head");
        assert_eq!(
            scene
                .counted("accounts_missing.route=login.reason=late")
                .await,
            2
        );
        assert_eq!(scene.counted("requests.route=login.verdict=deny").await, 2);
        assert_eq!(scene.counted("host_refused").await, 0, "{case}");
        assert_eq!(scene.login("11.0.0.1", "alice").await.status, 200, "{case}");
    }
}

#[tokio::test]
async fn without_the_flag_a_body_is_judged_before_the_answer() {
    let scene = Scene::flagged(&challenging(), false).await;
    let http2 = Http2::open(scene.envoy.address).await;
    for _ in 0..3 {
        let request = login("11.0.0.1", "alice");
        assert_eq!(scene.send(&request).await.status, 403);
        assert_eq!(http2.request(&request).await.unwrap().status, 403);
        let chunked = request.trailer("x-sum", "1");
        assert_eq!(scene.send(&chunked).await.status, 403);
        assert_eq!(http2.request(&chunked).await.unwrap().status, 403);
    }
    assert_eq!(scene.application.count(), 0);
    assert_eq!(scene.application.body_bytes(), 0);
}

#[tokio::test]
async fn trailers_without_a_body_are_judged_while_a_lookup_waits() {
    for flag in [false, true] {
        let mut policy = twice();
        policy["intelligence"] = intelligence();
        let scene = Scene::flagged(&policy, flag).await;
        for (number, status) in [200, 200, 429, 429].into_iter().enumerate() {
            let http2 = Http2::open(scene.envoy.address).await;
            scene.api.hold();
            let request = Request::post("/login")
                .client(&format!("11.5.{number}.1"))
                .header("content-type", FORM)
                .header("authorization", ALICE);
            let unfinished = http2.begin(&request);
            scene.api.arrived(number + 1).await;
            let response = tokio::spawn(unfinished.trailer("x-sum", "1"));
            // The connection answers this one only behind the trailers.
            let behind = http2.request(&Request::get("/other")).await.unwrap();
            assert_eq!(behind.status, 200);
            scene.api.release();
            assert_eq!(response.await.unwrap().status, status, "{number}, {flag}");
        }
        scene.application.forget();
        let http2 = Http2::open(scene.envoy.address).await;
        let nobody = head().replace("x-forwarded-for", "11.5.0.1");
        let response = http2.begin(&nobody).trailer("x-sum", "1").await;
        assert_eq!(response.status, 400, "{flag}: {}", response.text());
        assert_eq!(scene.application.count(), 0);
    }
}

/// An application that answers every head at once.
struct Eager {
    address: SocketAddr,
    heads: Arc<AtomicUsize>,
    /// What came behind the heads.
    bodies: Arc<Mutex<Vec<u8>>>,
}

impl Eager {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let eager = Self {
            address: listener.local_addr().unwrap(),
            heads: Arc::default(),
            bodies: Arc::default(),
        };
        let (heads, bodies) = (Arc::clone(&eager.heads), Arc::clone(&eager.bodies));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heads, bodies) = (Arc::clone(&heads), Arc::clone(&bodies));
                tokio::spawn(async move { Self::answer(stream, &heads, &bodies).await });
            }
        });
        eager
    }

    async fn answer(mut stream: TcpStream, heads: &AtomicUsize, bodies: &Mutex<Vec<u8>>) {
        let mut seen = Vec::new();
        while let Ok(1..) = stream.read_buf(&mut seen).await {
            let end = seen.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end.filter(|_| seen.starts_with(b"POST ")) {
                heads.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret";
                stream.write_all(answer).await.unwrap();
                seen.drain(..end + 4);
            }
            if !b"POST ".starts_with(&seen[..seen.len().min(5)]) {
                bodies.lock().unwrap().append(&mut seen);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_before_the_body_is_judged_and_counted() {
    for (flag, http2) in [(false, false), (false, true), (true, false), (true, true)] {
        let case = format!("flag {flag}, HTTP/2 {http2}");
        let eager = Eager::start().await;
        let config = EnvoyConfig::new(eager.address)
            .palisade(&twice())
            .stop_iteration(flag);
        let envoy = Envoy::start(&config).await;
        let send = async |request: Request| {
            if http2 {
                let connection = Http2::open(envoy.address).await;
                connection.begin(&request).response().await
            } else {
                let mut connection = Connection::open(envoy.address).await;
                let request = request.header("transfer-encoding", "chunked");
                connection.send(&request.to_http1()).await;
                connection.response("POST").await
            }
        };
        // Nobody's: the application may have answered, but nobody hears it.
        let response = send(head()).await;
        assert!([400, 408].contains(&response.status), "{case}");
        assert!(!response.text().contains("secret"), "{case}");
        // Two guesses at one account, and no more.
        let mut statuses = Vec::new();
        let before = eager.heads.load(Ordering::SeqCst);
        for _ in 0..4 {
            statuses.push(send(head().header("authorization", ALICE)).await.status);
        }
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert!(passed <= 2, "{case}: {statuses:?}");
        assert!(
            eager.heads.load(Ordering::SeqCst) - before <= 2,
            "{case}: {statuses:?}"
        );
        let bodies = text(&eager.bodies.lock().unwrap());
        assert_eq!(bodies, "", "{case}: no body");
        let refused = "wasmcustom.palisade_host_refused";
        assert_eq!(envoy.stat(refused).await, 0, "{case}");
    }
}

#[tokio::test]
async fn a_slow_client_teaches_its_worker_nothing() {
    let mut policy = twice();
    policy["identity"]["body_timeout"] = json!("1m");
    policy["limits"][0]["limit"] = json!(1);
    let scene = Scene::with(&policy, |config| config.stop_iteration(true).workers(1)).await;
    let mut slow = Vec::new();
    for framing in [("content-length", "9"), ("transfer-encoding", "chunked")] {
        let mut connection = scene.connection().await;
        let request = head().header(framing.0, framing.1);
        connection.send(&request.to_http1()).await;
        slow.push(connection);
    }
    let active = "http.protected.downstream_rq_active";
    scene.envoy.wait_for_stat(active, |now| now == 2).await;
    assert_eq!(scene.login("11.0.0.1", "alice").await.status, 200);
    let begun = scene.begun().await;
    assert_eq!(scene.login("11.0.0.1", "alice").await.status, 429);
    assert_eq!(scene.begun().await, begun, "not even the head");
}

#[tokio::test]
async fn monitor_mode_refuses_no_body_however_large_or_slow() {
    for flag in [false, true] {
        let mut policy = twice();
        policy["mode"] = json!("monitor");
        let scene = Scene::with(&policy, |config| {
            let limit = json!({"per_connection_buffer_limit_bytes": 32 << 10});
            config.stop_iteration(flag).listener(&limit)
        })
        .await;
        let http2 = Http2::open(scene.envoy.address).await;
        for size in [30_000, 40_000, 80_000, 300_000] {
            let body = format!("email=alice&x={}", "y".repeat(size));
            let plain = head().body(&body);
            let chunked = head().body(&body).trailer("x-sum", "1");
            for request in [plain, chunked] {
                let response = scene.send(&request).await;
                assert_eq!(response.status, 200, "{size}, flag {flag}");
                assert!(scene.application.last().body == body, "{size}, {flag}");
                let response = http2.request(&request).await.unwrap();
                assert_eq!(response.status, 200, "{size}, flag {flag}, HTTP/2");
                assert!(scene.application.last().body == body, "{size}, {flag}");
            }
        }
        // One that comes later than anybody waits.
        let mut slow = scene.connection().await;
        let request = head().header("content-length", "11");
        slow.send(&request.to_http1()).await;
        slow.send(b"email=").await;
        scene
            .wait_for("accounts_missing.route=login.reason=late", 1)
            .await;
        slow.send(b"alice").await;
        assert_eq!(slow.response("POST").await.status, 200);
        assert_eq!(scene.application.last().body, "email=alice");
        assert_eq!(scene.counted("host_refused").await, 0);
    }
}

#[tokio::test]
async fn what_a_filter_behind_answers_early_is_judged_and_counted() {
    let fault = json!({
        "name": "envoy.filters.http.fault",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "abort": {"http_status": 401, "percentage": {"numerator": 100}},
        },
    });
    let scene = Scene::with(&twice(), |config| config.filter_behind(fault)).await;
    // Without a length, nobody knows whether the body comes before the head has gone on.
    let chunked = head().header("transfer-encoding", "chunked");
    let response = answer(scene.envoy.address, &chunked, false).await;
    assert_eq!(response.status, 400, "nobody's account");
    let basic = chunked.header("authorization", ALICE);
    for status in [401, 401, 429] {
        let response = answer(scene.envoy.address, &basic, false).await;
        assert_eq!(response.status, status);
    }
    assert_eq!(scene.counted("host_refused").await, 0);
}
