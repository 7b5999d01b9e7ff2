//! The filter writes all request headers back in one call: nothing but its own may change by that.

use serde_json::json;

use crate::requests::login;
use crate::requests::raw::RawApplication;
use crate::support::{Backend, Envoy, EnvoyConfig, Http2, Request, http1};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// The lines of the next head, without those that are ours and the id that Envoy makes up.
async fn lines(application: &mut RawApplication) -> Vec<String> {
    let head = application.next_bytes().await;
    head.split(|byte| *byte == b'\n')
        .map(|line| line.escape_ascii().to_string())
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("x-request-id") && !line.starts_with("x-palisade-")
        })
        .collect()
}

/// Requests without a body whose headers are easily changed by taking them apart and putting them together.
fn requests(path: &str) -> Vec<Request> {
    let get = || {
        Request::get(format!("{path}?q=%20//x"))
            .client("11.0.0.1")
            .header("X-Case", b"\xff")
    };
    let many = (0..80).fold(get(), |request, n| {
        request.header(format!("X-Many-{}", n % 7), n.to_string())
    });
    vec![
        get(),
        get()
            .header("X-Custom", "first")
            .header("other", "between")
            .header("x-custom", "second")
            .header("X-CUSTOM", "")
            .header("x-custom", "first"),
        get()
            .header("cookie", "a=1; b=2")
            .header("accept", "text/html")
            .header("cookie", "c=3")
            .header("accept", "application/json;q=0.5")
            .header("Cookie", "=; ;"),
        get()
            .header("x-bytes", b"\xff\xfe\x80 \xc3\xa4")
            .header("x-bytes", b"\xe2\x82")
            .header("authorization", b"Basic \xff")
            .header("user-agent", b"\xf0\x9f\x91\xbb"),
        get()
            .header("x-empty", "")
            .header("x-blank", "   ")
            .header("referer", "")
            .header("x-quoted", "\"a,b\", \\\"; c"),
        get()
            .header("host", "Shop.Example:8080")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "a")
            .header("x-forwarded-host", "b")
            .header("via", "1.1 a")
            .header("via", "1.1 b")
            .header("te", "trailers")
            .header("expect", "nothing"),
        get().header("x-long", "y".repeat(40_000)),
        many,
    ]
}

#[tokio::test]
async fn all_but_our_headers_arrive_as_without_the_filter() {
    let api = Backend::api().await;
    let mut monitored = login();
    monitored["mode"] = json!("monitor");
    for policy in [login(), monitored] {
        let (mut with, mut without) = (
            RawApplication::start(ANSWER).await,
            RawApplication::start(ANSWER).await,
        );
        let keep_case = |config: EnvoyConfig| config.preserve_case();
        let plain = Envoy::start(&keep_case(EnvoyConfig::new(without.address))).await;
        let config = EnvoyConfig::new(with.address)
            .cluster("ipasis", api.address)
            .environment("IPASIS_API_KEY", "k")
            .palisade(&policy);
        let judging = Envoy::start(&keep_case(config)).await;
        let plain_http2 = Http2::open(plain.address).await;
        let judging_http2 = Http2::open(judging.address).await;
        // The first request of all waits for the API. An unprotected one is only written anew if something is forged.
        for path in ["/login", "/login", "/", "/x-palisade"] {
            for request in requests(path) {
                let request = match path {
                    "/x-palisade" => request.header("x-palisade-verdict", "forged"),
                    _ => request,
                };
                assert_eq!(http1(judging.address, &request).await.status, 200);
                let found = lines(&mut with).await;
                assert!(found.contains(&"X-Case: \\xff\\r".to_owned()), "{found:?}");
                http1(plain.address, &request).await;
                assert_eq!(found, lines(&mut without).await);

                judging_http2.request(&request).await.unwrap();
                let found = lines(&mut with).await;
                plain_http2.request(&request).await.unwrap();
                assert_eq!(found, lines(&mut without).await);
            }
        }
    }
}
