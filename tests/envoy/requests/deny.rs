//! What a refused client is told, and what the logs keep of it.

use serde_json::{Value, json};

use crate::requests::{HOME, Scene, TOR, VPN, from, login};
use crate::support::{Http2, Request, Response};

fn header(response: &Response, name: &str) -> Option<String> {
    let mut lines = response.headers.iter().filter(|(key, _)| key == name);
    let first = lines.next().map(|(_, value)| crate::support::text(value));
    assert!(lines.next().is_none(), "{name} came twice");
    first
}

fn reference(response: &Response) -> String {
    header(response, "x-palisade-ref").unwrap()
}

#[tokio::test]
async fn a_refusal_comes_in_the_form_that_the_client_asks_for() {
    let scene = Scene::start(&login()).await;
    let problem = "application/problem+json";
    let json = "application/json";
    let html = "text/html; charset=utf-8";
    for (accept, content_type) in [
        (None, problem),
        (Some("*/*"), problem),
        (Some("application/problem+json"), problem),
        (Some("application/json"), json),
        (Some("application/json, text/plain, */*"), json),
        (
            Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            html,
        ),
        (Some("text/html;q=0.1, application/json"), json),
        (Some("image/png"), problem),
        (Some(""), problem),
        (Some(";;,,=q"), problem),
    ] {
        let request = accept.iter().fold(from(TOR), |request, accept| {
            request.header("accept", accept)
        });
        let response = scene.refused(&request, 403).await;
        assert_eq!(
            header(&response, "content-type").as_deref(),
            Some(content_type),
            "{accept:?}"
        );
        let reference = reference(&response);
        let message = "Access through the Tor network is not possible here.";
        match content_type {
            "application/problem+json" => assert_eq!(
                response.json(),
                json!({
                    "type": "urn:palisade:denied", "title": "Access denied", "status": 403, "detail": message,
                    "instance": format!("urn:palisade:ref:{reference}"), "reason": "tor", "reference": reference,
                })
            ),
            "application/json" => assert_eq!(
                response.json(),
                json!({"error": message, "code": "tor", "reference": reference})
            ),
            _ => {
                let page = response.text();
                assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
                assert!(page.contains(message) && page.contains(&reference));
                let policy = header(&response, "content-security-policy").unwrap();
                assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
            }
        }
        let length = header(&response, "content-length").unwrap();
        assert_eq!(length, response.body.len().to_string());
        assert_eq!(
            header(&response, "cache-control").as_deref(),
            Some("no-store")
        );
        assert_eq!(
            header(&response, "x-content-type-options").as_deref(),
            Some("nosniff")
        );
    }
}

#[tokio::test]
async fn the_operators_format_comes_before_the_clients() {
    let mut policy = login();
    policy["reply"] = json!({"format": "html"});
    policy["routes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "api", "match": {"path": "/api"}, "format": "json"}));
    let scene = Scene::start(&policy).await;
    let request = from(TOR).header("accept", "application/json");
    let page = scene.refused(&request, 403).await;
    assert!(
        header(&page, "content-type")
            .unwrap()
            .starts_with("text/html")
    );
    let request = Request::get("/api")
        .client(TOR)
        .header("accept", "text/html");
    assert!(scene.refused(&request, 403).await.json()["error"].is_string());
}

#[tokio::test]
async fn grpc_gets_a_grpc_status() {
    let scene = Scene::start(&login()).await;
    let client = Http2::open(scene.envoy.address).await;
    for (address, kind, status, message) in [
        (
            TOR,
            "application/grpc",
            "7",
            "Access through the Tor network is not possible here.",
        ),
        (
            TOR,
            "application/grpc+proto",
            "7",
            "Access through the Tor network is not possible here.",
        ),
        (
            VPN,
            "application/grpc",
            "9",
            "Please verify that you are a person before you go on.",
        ),
    ] {
        let request = from(address)
            .header("content-type", kind)
            .header("te", "trailers")
            .body(b"\0\0\0\0\0");
        let response = client.request(&request).await.unwrap();
        assert_eq!(response.status, 200, "the HTTP status of gRPC");
        assert_eq!(
            response.header("grpc-status").as_deref(),
            Some(status),
            "{kind}"
        );
        assert_eq!(response.header("grpc-message").as_deref(), Some(message));
        assert_eq!(
            header(&response, "content-type").as_deref(),
            Some("application/grpc")
        );
        assert_eq!(response.text(), "");
        assert_eq!(reference(&response).len(), 13);
    }
    assert_eq!(scene.application.count(), 0);
    let request = from(HOME)
        .header("content-type", "application/grpc")
        .body(b"\0\0\0\0\0");
    assert_eq!(client.request(&request).await.unwrap().status, 200);
    assert_eq!(scene.application.last().body, b"\0\0\0\0\0".as_slice());
}

#[tokio::test]
async fn the_answer_to_head_has_no_body() {
    let scene = Scene::start(&login()).await;
    let mut connection = crate::support::Connection::open(scene.envoy.address).await;
    let request = Request::new("HEAD", "/login").client(TOR);
    let response = connection.request(&request).await;
    assert_eq!((response.status, response.text().as_str()), (403, ""));
    // Nothing is left over on the wire.
    let response = connection.request(&Request::get("/").client(TOR)).await;
    assert_eq!(response.text(), "the application");
}

#[tokio::test]
async fn client_and_logs_tell_the_same_reference_and_reason() {
    let mut policy = login();
    policy["audit"] = json!({"lines_per_second": 1000});
    let scene = Scene::start(&policy).await;
    let request = Request::post("/login?token=geheim")
        .client(TOR)
        .header("cookie", "session=geheim")
        .header("authorization", "Bearer geheim")
        .header("x-palisade-ref", "forged")
        .body("user=geheim&password=geheim");
    // The first one waits for the API, the second one is judged from the cache.
    for _ in 0..2 {
        let response = scene.refused(&request, 403).await;
        let reference = reference(&response);
        assert_eq!(response.json()["reference"], reference);
        assert!(
            reference.len() == 13 && reference.bytes().all(|byte| byte.is_ascii_alphanumeric())
        );

        let line = scene.envoy.wait_for_log(&reference).await;
        let start = line.find('{').unwrap();
        let audit: Value = serde_json::from_str(&line[start..]).unwrap();
        assert_eq!(
            audit,
            json!({
                "palisade": "refused", "time": audit["time"], "ref": reference, "id": audit["id"], "method": "POST",
                "host": audit["host"], "mode": "enforce", "verdict": "deny", "reason": "tor", "route": "login",
                "rule": "default_tor", "client": TOR, "score": 90, "signals": "tor", "asn": 64500,
                "asn_type": "isp", "connection": "residential", "country": "US",
            })
        );
        let entry = scene
            .envoy
            .wait_for_access(|entry| entry["response_ref"] == reference)
            .await;
        assert_eq!(entry["details"], "palisade_denied_tor");
        assert_eq!(entry["verdict"], "deny");
        assert_eq!(entry["status"], 403);
        assert_eq!(
            entry["request_ref"],
            Value::Null,
            "what was forged is not logged"
        );
    }
    assert_eq!(scene.api.count(), 1);
    assert!(!scene.envoy.log().contains("geheim"));

    let response = scene.refused(&from(VPN), 403).await;
    let reference = reference(&response);
    let entry = scene
        .envoy
        .wait_for_access(|entry| entry["response_ref"] == reference)
        .await;
    assert_eq!(entry["details"], "palisade_challenged_vpn");
    assert_eq!(entry["verdict"], "challenge");
}

#[tokio::test]
async fn a_refusal_is_the_same_whoever_the_account_is() {
    let scene = Scene::start(&login()).await;
    let attempt = |user: &str, cookie: &str| {
        from(TOR)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .header("accept", "application/json")
            .body(format!("user={user}&password=x"))
    };
    // Without what must differ from request to request, and with what is left of it in the body.
    let seen = async |request: Request| {
        let response = scene.refused(&request, 403).await;
        let reference = reference(&response);
        let mut headers = response.headers.clone();
        headers.retain(|(name, _)| name != "date");
        for (_, value) in &mut headers {
            *value = crate::support::text(value)
                .replace(&reference, "REF")
                .into_bytes();
        }
        (headers, response.text().replace(&reference, "REF"))
    };
    // Envoy closes the connection when it answers before it has read the body, which depends on whether a lookup was
    // needed, so that comes first.
    scene.refused(&from(TOR), 403).await;
    let ada = seen(attempt("ada", "session=1")).await;
    assert!(ada.1.contains("REF"));
    for request in [
        attempt("nobody-of-that-name", ""),
        attempt("", "session=1; x-palisade-ref=1"),
        attempt("ada'--", "a"),
        attempt("ada", "session=1").header("x-palisade-ref", "forged"),
    ] {
        assert_eq!(seen(request).await, ada);
    }
}
