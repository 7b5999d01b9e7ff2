//! Bodies that come slowly, in odd frames, together with other waits, or never.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{
    Answer, Connection, FORM, Http2, Policy, Request, Scene, intelligence, login, within,
};

const ACTIVE: &str = "http.protected.downstream_rq_active";

/// One login an hour per account.
fn once() -> Policy {
    Policy::limiting(json!([{ "name": "account", "key": ["account"], "limit": 1, "window": "1h" }]))
}

/// A scene whose workers both know whether bodies come while heads are held back.
async fn warmed_up(policy: &Value, flag: bool) -> Scene {
    let scene = Scene::flagged(policy, flag).await;
    for worker in &mut scene.workers().await {
        let warm = worker.request(&login("11.9.9.9", "somebody")).await;
        assert!(matches!(warm.status, 200 | 429));
    }
    scene.application.forget();
    scene
}

/// The head of a login with this framing, and no body yet.
fn head(framing: &str) -> Vec<u8> {
    format!(
        "POST /login HTTP/1.1\r\nhost: shop.example\r\nx-forwarded-for: 11.0.0.1\r\n\
         content-type: {FORM}\r\n{framing}\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_body_byte_by_byte_is_read_whole_before_it_goes_on() {
    for flag in [false, true] {
        let scene = warmed_up(&once(), flag).await;
        let body = b"email=alice&password=correct";
        let (begun, bytes) = (scene.begun().await, scene.application.body_bytes());
        for round in 0..2 {
            let mut connection = scene.connection().await;
            match round {
                0 => {
                    connection
                        .send(&head(&format!("content-length: {}", body.len())))
                        .await
                }
                _ => connection.send(&head("transfer-encoding: chunked")).await,
            }
            let (last, first) = body.split_last().unwrap();
            let framed = |byte: u8| match round {
                0 => vec![byte],
                _ => vec![b'1', b'\r', b'\n', byte, b'\r', b'\n'],
            };
            for byte in first {
                connection.send(&framed(*byte)).await;
            }
            scene
                .envoy
                .wait_for_stat(ACTIVE, |active| active == 1)
                .await;
            let passed = usize::from(round == 1);
            assert_eq!(scene.application.count(), passed);
            assert_eq!(scene.application.body_bytes(), bytes + passed * body.len());
            if flag {
                assert_eq!(
                    scene.begun().await,
                    begun + passed as u64,
                    "not even the head"
                );
            }
            connection.send(&framed(*last)).await;
            if round == 1 {
                connection.send(b"0\r\n\r\n").await;
            }
            let status = connection.response("POST").await.status;
            assert_eq!(status, if round == 0 { 200 } else { 429 });
            drop(connection);
            scene
                .envoy
                .wait_for_stat(ACTIVE, |active| active == 0)
                .await;
        }
        assert_eq!(scene.application.count(), 1);
        assert_eq!(&scene.application.last().body[..], body);
        assert_eq!(scene.application.body_bytes(), bytes + body.len());
    }
}

#[tokio::test]
async fn no_byte_of_a_refused_body_reaches_the_application() {
    for flag in [false, true] {
        let scene = warmed_up(&once(), flag).await;
        let begun = scene.begun().await;
        assert_eq!(scene.login("11.0.0.1", "alice").await.status, 200);
        let bytes = scene.application.body_bytes();

        let big = format!("email=alice&x={}", "y".repeat(70_000));
        let mut connection = scene.connection().await;
        connection.send(&head("transfer-encoding: chunked")).await;
        for piece in big.as_bytes().chunks(10_000) {
            let framed = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            connection.send(&framed).await;
        }
        let response = connection.response("POST").await;
        assert_eq!(
            response.json()["reason"],
            "account_too_large",
            "without a length"
        );

        let trailers = login("11.0.0.1", "alice").trailer("x-checksum", "1");
        assert_eq!(scene.send(&trailers).await.status, 429);
        let client = Http2::open(scene.envoy.address).await;
        for request in [login("11.0.0.1", "alice"), trailers] {
            assert_eq!(client.request(&request).await.unwrap().status, 429);
        }
        let upgrade = login("11.0.0.1", "alice")
            .header("connection", "upgrade")
            .header("upgrade", "h2c");
        let refused = scene.send(&upgrade).await.status;
        assert!(matches!(refused, 400 | 403 | 429), "{refused}");
        assert_eq!(scene.application.body_bytes(), bytes);
        if flag {
            assert_eq!(scene.begun().await, begun + 1, "not even a head");
        }

        let trailers = login("11.0.0.1", "bob").trailer("x-checksum", "2");
        assert_eq!(scene.send(&trailers).await.status, 200);
        assert_eq!(scene.application.last().body, "email=bob&password=x");
        let sum = ("x-checksum".to_owned(), b"2".to_vec());
        assert_eq!(scene.application.last().trailers, [sum]);
        let response = client.request(&login("11.0.0.1", "carol")).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(scene.application.last().body, "email=carol&password=x");
        assert_eq!(scene.counted("host_refused").await, 0);
    }
}

/// Reads until these words have come.
async fn read_until(stream: &mut TcpStream, words: &str) {
    let mut seen = Vec::new();
    within(words, async {
        while !crate::support::text(&seen).contains(words) {
            let read = stream.read_buf(&mut seen).await.unwrap();
            assert!(read > 0, "closed after {:?}", crate::support::text(&seen));
        }
    })
    .await;
}

#[tokio::test]
async fn expect_continue_is_answered_and_pipelines_judged_one_by_one() {
    for flag in [false, true] {
        let scene = warmed_up(&once(), flag).await;
        for status in ["200", "429"] {
            let mut stream = TcpStream::connect(scene.envoy.address).await.unwrap();
            let body = b"email=alice";
            let expecting = head(&format!(
                "expect: 100-continue\r\ncontent-length: {}",
                body.len()
            ));
            stream.write_all(&expecting).await.unwrap();
            read_until(&mut stream, "HTTP/1.1 100").await;
            stream.write_all(body).await.unwrap();
            read_until(&mut stream, &format!("HTTP/1.1 {status}")).await;
        }
        assert_eq!(scene.application.count(), 1);

        let mut connection = Connection::open(scene.envoy.address).await;
        let two = [
            login("11.0.0.1", "bob").to_http1(),
            login("11.0.0.1", "bob").to_http1(),
        ];
        connection.send(&two.concat()).await;
        assert_eq!(connection.response("POST").await.status, 200);
        assert_eq!(connection.response("POST").await.status, 429);
        assert_eq!(scene.application.count(), 2);
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_its_body_tried_no_account() {
    for flag in [false, true] {
        let scene = warmed_up(&once(), flag).await;
        for _ in 0..3 {
            let mut connection = scene.connection().await;
            connection.send(&head("content-length: 100")).await;
            connection.send(b"email=alice&pass").await;
            scene
                .envoy
                .wait_for_stat(ACTIVE, |active| active == 1)
                .await;
            drop(connection);
            scene
                .envoy
                .wait_for_stat(ACTIVE, |active| active == 0)
                .await;
        }
        assert_eq!(scene.application.count(), 0);
        let requests = (0..2).map(|_| login("11.0.0.1", "alice"));
        assert_eq!(scene.passing(requests).await, 1);
    }
}

#[tokio::test]
async fn waiting_for_lookup_and_body_ends_in_one_verdict() {
    for flag in [false, true] {
        let mut policy = once();
        policy["intelligence"] = intelligence();
        let scene = Scene::flagged(&policy, flag).await;
        for (number, body_first) in [true, false].into_iter().cycle().take(6).enumerate() {
            let client = format!("11.5.0.{number}");
            let account = format!("alic{number}");
            let body = format!("email={account}&password=x");
            let framing = format!("content-length: {}", body.len());
            let risky = number >= 4;
            let flags: &[&str] = if risky { &["Tor"] } else { &[] };
            scene.api.answer_to(&client, Answer::ipasis(flags));
            scene.api.hold();
            let begun = scene.begun().await;
            let asked = scene.api.count();
            let mut connection = scene.connection().await;
            let head = crate::support::text(&head(&framing)).replace("11.0.0.1", &client);
            connection.send(head.as_bytes()).await;
            scene.api.arrived(asked + 1).await;
            if body_first {
                connection.send(body.as_bytes()).await;
                scene
                    .envoy
                    .wait_for_stat(ACTIVE, |active| active == 1)
                    .await;
                scene.api.release();
            } else {
                scene.api.release();
                scene
                    .wait_for("lookups.result=answer", asked as u64 + 1)
                    .await;
                assert_eq!(scene.application.count(), number.min(4));
                connection.send(body.as_bytes()).await;
            }
            let status = connection.response("POST").await.status;
            assert_eq!(status, if risky { 403 } else { 200 }, "{number} {flag}");
            if risky {
                assert_eq!(scene.begun().await, begun, "not even the head");
            } else {
                assert_eq!(scene.application.last().body, body);
                assert_eq!(scene.login(&client, &account).await.status, 429);
            }
        }
        assert_eq!(scene.application.count(), 4);
        assert_eq!(scene.counted("host_refused").await, 0);
    }
}

#[tokio::test]
async fn the_operator_says_what_an_untellable_account_gets() {
    for flag in [false, true] {
        let mut policy = Policy::limiting(json!([
            { "name": "subnet", "key": ["subnet"], "limit": 4, "window": "1h" },
            { "name": "account", "key": ["account"], "limit": 1, "window": "1h" },
        ]));
        let route = |name: &str| {
            json!({
                "name": name,
                "match": { "path": format!("/{name}") },
                "limits": ["subnet", "account"],
                "on_missing_account": name,
            })
        };
        policy["routes"] = json!([route("allow"), route("challenge")]);
        let scene = Scene::flagged(&policy, flag).await;
        let odd = |path: &str, client: &str| {
            Request::post(path)
                .client(client)
                .header("content-type", "text/plain")
                .body("email=alice")
        };
        let requests = (0..8).map(|_| odd("/allow", "11.0.0.1"));
        assert_eq!(
            scene.passing(requests).await,
            4,
            "the network counts all the same"
        );
        assert_eq!(scene.application.last().body, "email=alice");
        scene.application.forget();
        let challenged = scene.send(&odd("/challenge", "11.0.1.1")).await;
        assert_eq!(challenged.status, 403);
        assert_eq!(challenged.json()["type"], "urn:palisade:challenge-required");
        assert_eq!(challenged.json()["reason"], "account_content_type");
        assert_eq!(scene.application.count(), 0);
    }
}
