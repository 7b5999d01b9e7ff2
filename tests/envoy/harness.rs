//! The harness itself, against a real Envoy without a filter: what it promises to the other tests.

use crate::support::{
    Answer, Backend, Connection, Envoy, EnvoyConfig, Http2, Request, Update, http1,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_application_sees_every_header_line_and_the_exact_body() {
    let application = Backend::application().await;
    let envoy = Envoy::start(&EnvoyConfig::new(application.address)).await;
    application.answer(Answer::status(201).header("x-answer", "yes").body("made"));

    let request = Request::post("/a//b?c=d")
        .header("X-Two", "first")
        .header("x-two", b"second\xff")
        .client("11.0.0.1")
        .body(b"user=\x00\xff");
    let response = http1(envoy.address, &request).await;
    assert_eq!((response.status, response.text().as_str()), (201, "made"));
    assert_eq!(response.header("x-answer").as_deref(), Some("yes"));

    let seen = application.last();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", "/a//b?c=d")
    );
    let two: Vec<&[u8]> = seen
        .headers
        .iter()
        .filter(|(name, _)| name == "x-two")
        .map(|(_, value)| value.as_slice())
        .collect();
    assert_eq!(two, [b"first".as_slice(), b"second\xff"]);
    assert_eq!(&seen.body[..], b"user=\x00\xff");

    let entry = envoy
        .wait_for_access(|entry| entry["path"] == "/a//b")
        .await;
    assert_eq!(entry["status"], 201);
    assert_eq!(entry["details"], "via_upstream");
    assert_eq!(entry["client"], "11.0.0.1");
    assert!(envoy.resident_bytes() > 1 << 20 && envoy.allocated_bytes().await > 0);
}

#[tokio::test]
async fn a_connection_is_kept_alive_and_bad_bytes_are_answered() {
    let application = Backend::application().await;
    let envoy = Envoy::start(&EnvoyConfig::new(application.address).workers(2)).await;
    let mut connection = Connection::open(envoy.address).await;
    for path in ["/one", "/two"] {
        assert_eq!(connection.request(&Request::get(path)).await.status, 200);
        assert_eq!(application.last().target, path);
    }
    assert_eq!(
        connection.request(&Request::new("HEAD", "/")).await.body,
        b""
    );
    connection.send(b"GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(connection.response("GET").await.status, 200);

    let mut connection = Connection::open(envoy.address).await;
    connection.send(b"\x00\x01nonsense\r\n\r\n").await;
    let answer = connection.closed().await;
    assert!(answer.starts_with(b"HTTP/1.1 400"));
}

#[tokio::test]
async fn http2_carries_trailers_and_concurrent_requests() {
    let application = Backend::application().await;
    let envoy = Envoy::start(&EnvoyConfig::new(application.address)).await;
    let client = Http2::open(envoy.address).await;
    let request = Request::post("/rpc").body("x").trailer("x-sum", "7");
    assert_eq!(client.request(&request).await.unwrap().status, 200);
    assert_eq!(
        application.last().trailers,
        [("x-sum".to_owned(), b"7".to_vec())]
    );

    application.hold();
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.request(&Request::get(format!("/{n}"))).await })
        })
        .collect();
    application.arrived(21).await;
    application.release();
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().status, 200);
    }
}

#[tokio::test]
async fn an_update_replaces_the_listener_and_a_bad_one_does_not() {
    let (old, new) = (Backend::application().await, Backend::application().await);
    let config = EnvoyConfig::new(old.address).cluster("new", new.address);
    let mut envoy = Envoy::start(&config).await;
    assert_eq!(http1(envoy.address, &Request::get("/")).await.status, 200);

    let bad = config.clone().route(json!({"match": {"prefix": "/"}}));
    assert_eq!(envoy.update(&bad).await, Update::Rejected);
    http1(envoy.address, &Request::get("/still")).await;
    assert_eq!(old.last().target, "/still");

    let good = config.route(json!({"match": {"prefix": "/"}, "route": {"cluster": "new"}}));
    assert_eq!(envoy.update(&good).await, Update::Accepted);
    crate::support::eventually("the new route", async || {
        http1(envoy.address, &Request::get("/")).await;
        (new.count() > 0).then_some(())
    })
    .await;

    assert!(Envoy::try_start(&bad).await.is_err(), "nothing to serve");
}

#[tokio::test]
async fn the_api_fails_in_every_way_that_is_asked() {
    let api = Backend::api().await;
    let impatient =
        json!({"match": {"prefix": "/"}, "route": {"cluster": "application", "timeout": "0.5s"}});
    let envoy = Envoy::start(&EnvoyConfig::new(api.address).route(impatient)).await;
    let vpn = Answer::ipasis(&["VPN"]);
    api.answer_to("11.0.0.1", vpn.clone());
    api.answer_to(
        "2600:db00::1",
        Answer::status(429).header("retry-after", "3"),
    );
    api.answer_to("closed", Answer::closed());
    api.answer_to("silent", Answer::silent());
    api.answer_to("cut", vpn.clone().cut());
    api.answer_to("stalled", vpn.clone().stalled());
    api.answer_to("late", vpn.clone().delay(Duration::from_millis(50)));

    let get = async |path: &str| http1(envoy.address, &Request::get(path)).await;
    assert_eq!(
        get("/v1/lookup?ip=11.0.0.1").await.json()["privacy"]["VPN"],
        true
    );
    assert_eq!(
        get("/json/11.0.0.1?key=k").await.json()["privacy"]["VPN"],
        true
    );
    assert_eq!(
        get("/v1/lookup?ip=11.0.0.10").await.json()["privacy"]["VPN"],
        false
    );
    let limited = get("/v1/lookup?ip=2600%3Adb00%3a%3A1").await;
    assert_eq!(
        (limited.status, limited.header("retry-after").as_deref()),
        (429, Some("3"))
    );
    assert_eq!(get("/closed").await.status, 503);
    assert_eq!(get("/silent").await.status, 504);
    assert_eq!(get("/late").await.status, 200);

    // Envoy has passed the head on by the time the body fails, so it can only close in turn.
    for path in ["/cut", "/stalled"] {
        let mut connection = Connection::open(envoy.address).await;
        connection.send(&Request::get(path).to_http1()).await;
        let answer = connection.closed().await;
        assert!(
            answer.starts_with(b"HTTP/1.1 200") && !answer.ends_with(b"}"),
            "{path}"
        );
    }
    assert_eq!(
        api.count(),
        envoy.stat("cluster.application.upstream_rq_total").await as usize
    );
}
