//! Bodies that come slowly, in pieces, too large, or while a service is asked.

use serde_json::json;

use crate::captchas::scene::{CLEARANCE, Scene, asked_for, browser_form, policy, with};
use crate::service::Provider;
use crate::support::{Http2, Request, cookie, http1};

const FORM: &str = "application/x-www-form-urlencoded";

fn head(framing: &str, token: Option<&str>) -> Vec<u8> {
    let token = token.map_or(String::new(), |token| {
        format!("x-palisade-captcha: {token}\r\n")
    });
    format!(
        "POST /login HTTP/1.1\r\nhost: shop.example\r\nx-forwarded-for: 11.0.0.1\r\n\
         content-type: {FORM}\r\n{token}{framing}\r\n\r\n"
    )
    .into_bytes()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn body(token: &str) -> String {
    let token = token.replace('+', "%2b");
    format!("user=ann&cf-turnstile-response={token}&password=correct")
}

#[tokio::test]
async fn a_token_in_a_form_byte_by_byte_is_found() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        // Without the flag nobody waits for an answer in a body of which nobody knows how long it is: its head would
        // have to go on first.
        let framings = if flag {
            &["content-length", "chunked"][..]
        } else {
            &["content-length"]
        };
        for (number, framing) in framings.iter().copied().enumerate() {
            let body = body(&service.token());
            let mut connection = scene.connection().await;
            match framing {
                "chunked" => {
                    connection
                        .send(&head("transfer-encoding: chunked", None))
                        .await
                }
                _ => {
                    let length = format!("content-length: {}", body.len());
                    connection.send(&head(&length, None)).await;
                }
            }
            for byte in body.as_bytes() {
                match framing {
                    "chunked" => connection.send(&chunk(&[*byte])).await,
                    _ => connection.send(&[*byte]).await,
                }
            }
            if framing == "chunked" {
                assert_eq!(service.count(), number, "not before its end");
                connection.send(b"0\r\n\r\n").await;
            }
            let passed = connection.response("POST").await;
            assert_eq!(passed.status, 200, "{framing}: {}", passed.text());
            assert!(cookie(&passed, CLEARANCE).is_some());
            assert_eq!(scene.application.last().body, body);
            assert_eq!(service.count(), number + 1);
        }
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn a_body_arrives_whole_or_not_at_all_while_a_service_is_asked() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        let small = "user=ann&password=correct".to_owned();
        // Above `body_limit`, which is 64 KiB.
        let large = format!("user=ann&x={}", "0123456789".repeat(30_000));
        for (number, (body, good)) in [
            (&small, true),
            (&large, true),
            (&small, false),
            (&large, false),
        ]
        .into_iter()
        .enumerate()
        {
            service.backend.hold();
            let token = if good {
                service.token()
            } else {
                format!("guess-{number}")
            };
            let before = scene.application.body_bytes();
            let mut connection = scene.connection().await;
            let framing = "transfer-encoding: chunked";
            connection.send(&head(framing, Some(&token))).await;
            service.backend.arrived(number + 1).await;
            let (first, last) = body.as_bytes().split_at(body.len() / 2);
            for piece in first.chunks(10_000) {
                connection.send(&chunk(piece)).await;
            }
            assert_eq!(scene.application.body_bytes(), before, "nothing yet");
            service.backend.release();
            if good {
                for piece in last.chunks(10_000) {
                    connection.send(&chunk(piece)).await;
                }
                connection.send(b"0\r\n\r\n").await;
                let passed = connection.response("POST").await;
                assert_eq!(passed.status, 200, "{}", passed.text());
                assert_eq!(scene.application.last().body, *body);
            } else {
                connection
                    .send(&[&chunk(last)[..], b"0\r\n\r\n"].concat())
                    .await;
                let refused = connection.response("POST").await;
                assert_eq!(asked_for(&refused), "x-palisade-captcha");
                assert_eq!(scene.application.body_bytes(), before, "not a byte");
            }
        }
        assert_eq!(scene.results().await, "invalid 2, passed 2");
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn a_token_behind_too_much_body_is_not_looked_for() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        let large = format!("x={}&{}", "y".repeat(100_000), body(&service.token()));
        let request = browser_form("11.0.0.1", &large);
        let page = scene.send(&request).await;
        assert_eq!(page.status, 403);
        assert_eq!(crate::support::data(&page.text(), "then"), "back");
        assert_eq!((service.count(), scene.application.count()), (0, 0));
        // The page leaves its token where it is found, for the form that is sent again.
        let token = format!("palisade-captcha={}", service.token());
        let passed = scene.send(&request.header("cookie", token)).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(scene.application.last().body, large);
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn trailers_and_http2_change_nothing() {
    for flag in [false, true] {
        let scene = Scene::start(&policy(Provider::Turnstile, json!({})), flag).await;
        let service = scene.service(Provider::Turnstile);
        let client = Http2::open(scene.envoy.address).await;
        for number in 0..8 {
            let token = service.token();
            let (in_head, with_trailer, second) =
                (number & 1 == 0, number & 2 == 0, number & 4 == 0);
            let body = match in_head {
                true => "user=ann".to_owned(),
                false => body(&token),
            };
            let mut request = browser_form("11.0.0.1", &body);
            if in_head {
                request = request.header("x-palisade-captcha", &token);
            }
            if with_trailer {
                request = request.trailer("x-checksum", "1");
            }
            let passed = match second {
                true => client.request(&request).await.expect("a response"),
                false => scene.send(&request).await,
            };
            if !flag && !in_head && with_trailer {
                assert_eq!(passed.status, 403, "{number}: its length is not known");
                continue;
            }
            assert_eq!(passed.status, 200, "{number}: {}", passed.text());
            let arrived = scene.application.last();
            assert_eq!(arrived.body, body, "{number}");
            assert_eq!(
                arrived.trailers.len(),
                usize::from(with_trailer),
                "{number}"
            );
        }
        let passed = if flag { "passed 8" } else { "passed 6" };
        assert_eq!(scene.results().await, passed);
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn an_upgrade_waits_for_no_body() {
    let scene = Scene::start(&policy(Provider::Turnstile, json!({})), true).await;
    let token = scene.service(Provider::Turnstile).token();
    let upgrade = |request: Request| {
        request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("content-type", FORM)
    };
    let refused = scene.send(&upgrade(with("a-guess"))).await;
    assert_eq!(asked_for(&refused), "x-palisade-captcha");
    assert_eq!(scene.application.count(), 0);
    let passed = scene.send(&upgrade(with(&token))).await;
    assert_eq!(passed.status, 200, "{}", passed.text());
    assert_eq!(scene.results().await, "invalid 1, passed 1");
    scene.is_sound().await;
}

#[tokio::test]
async fn a_body_over_envoys_limit_waits_and_arrives_whole() {
    let scene = Scene::start(&policy(Provider::Turnstile, json!({})), true).await;
    let service = scene.service(Provider::Turnstile);
    service.backend.hold();
    let huge = "x".repeat(3 << 20);
    let request = browser_form("11.0.0.1", &huge).header("x-palisade-captcha", service.token());
    let address = scene.envoy.address;
    let response = tokio::spawn(async move { http1(address, &request).await });
    service.backend.arrived(1).await;
    assert_eq!(scene.application.body_bytes(), 0);
    service.backend.release();
    assert_eq!(response.await.unwrap().status, 200);
    assert!(scene.application.last().body == huge);
    for _ in 0..4 {
        let passed = scene.send(&with(&service.token())).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
    }
    assert_eq!(scene.results().await, "passed 5");
    scene.is_sound().await;
}
