//! Heads of requests that are as bad as a client can make them.

use serde_json::{Value, json};

use crate::requests::{HOME, Scene, TOR, policy};
use crate::support::{Connection, Http2, Request, Response};

/// Everything that reads something of a request is switched on.
fn attentive() -> Value {
    let mut policy = policy(json!([
        {"name": "regex", "match": {"path": {"regex": "/(x+x+)+y|/user/[^/]+/login"}}},
        {"name": "glob", "match": {"path": {"glob": "/**/a*a*a*a*/**/b"}}},
        {"name": "host", "match": {"path": "/", "hosts": ["accounts.example", "*.tenant.example"]}},
        {"name": "login", "match": {"path": [{"prefix": "/login"}]}},
        {"name": "profile", "match": {"profile": true}},
    ]));
    policy["client"] = json!({"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]});
    policy["geoip"] = json!({"country": "x-geo-country", "asn": "x-geo-asn", "vpn": "x-geo-vpn"});
    policy["lists"] = json!([{"name": "partners", "asns": [64599], "then": "allow"}]);
    policy
}

/// What a client may put into a request for `/login`. The address comes last, as Envoy's own proxies add it.
fn heads() -> Vec<Request> {
    let post = || Request::post("/login");
    let bytes = b"\xff\xfe\x80\xc3(\xed\xa0\x80".as_slice();
    let names = [
        "accept",
        "content-type",
        "cookie",
        "user-agent",
        "x-forwarded-for",
        "x-palisade-verdict",
        "x-geo-country",
        "x-geo-asn",
        "x-geo-vpn",
        "authorization",
    ];
    let mut heads = Vec::new();
    for name in names {
        heads.push(post().header(name, bytes));
        heads.push(post().header(name, ""));
        heads.push(
            post()
                .header(name, "a")
                .header(name, "b")
                .header(name, bytes),
        );
        heads.push(post().header(name, "x".repeat(50 * 1024)));
        heads.push(post().header(name, ",".repeat(50 * 1024)));
        heads.push(post().header(name, "\"".repeat(5_000)));
    }
    heads.push(post().header("accept", "text/html;q=0.1,".repeat(4_000)));
    heads.push(post().header("x-geo-asn", "AS4294967296"));
    heads.push(post().header("x-geo-asn", "99999999999999999999"));
    heads.push((0..70).fold(post(), |request, n| request.header(format!("x-{n}"), "y")));
    heads.push(Request::post(format!("/login?{}", "x".repeat(50 * 1024))));
    heads.push(Request::post(format!("/login/{}", "x".repeat(50 * 1024))));
    heads.push(Request::post(format!(
        "/login/{}",
        "%2e%2e%2f".repeat(5_000)
    )));
    heads.push(Request::post(format!("/login/{}", "//;/..".repeat(8_000))));
    heads.push(Request::post(format!("/{}y", "x".repeat(3_000))));
    heads.push(Request::post(format!("/{}b", "aaaaaaaa/".repeat(400))));
    heads.push(Request::post("/login/%"));
    heads.push(Request::post("/login/%f%%zz%u00%u"));
    heads.push(Request::post("/login/%ff%fe%00"));
    heads
}

/// Only what the head itself says may decide: Tor is refused and a home connection is not, whatever else stands there.
fn check(name: &str, request: &Request, tor: &Response, home: &Response) {
    let judged = (tor.status, home.status);
    let message = || format!("{name} {:.200}", format!("{request:?}"));
    assert_eq!(judged, (403, 200), "{}", message());
    assert!(tor.header("x-palisade-ref").is_some(), "{}", message());
}

#[tokio::test]
async fn no_request_head_breaks_the_filter_or_the_verdict() {
    let scene = Scene::with(&attentive(), |config| {
        config.workers(2).stop_iteration(true).manager(&json!({
            "max_request_headers_kb": 512, "xff_num_trusted_hops": 0, "skip_xff_append": true,
        }))
    })
    .await;
    let http2 = Http2::open(scene.envoy.address).await;
    for head in heads() {
        let (tor, home) = (head.clone().client(TOR), head.clone().client(HOME));
        check(
            "HTTP/1",
            &head,
            &scene.send(&tor).await,
            &scene.send(&home).await,
        );
        let over_http2 = async |request| http2.request(request).await.unwrap();
        check(
            "HTTP/2",
            &head,
            &over_http2(&tor).await,
            &over_http2(&home).await,
        );
    }
    scene.still_judges().await;
}

/// Requests that Envoy itself may refuse, byte by byte. The client's address is put in after the first line.
const MALFORMED: &[&[u8]] = &[
    b"POST /login\xff HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: \xff\xfe\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost:\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: u:p@[::1%25\r\ncontent-length: 0\r\n\r\n",
    b"P\xd6ST /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"post /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"BREW /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"PROPFIND /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"TRACE /login HTTP/1.1\r\nhost: a\r\n\r\n",
    b"POST login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST  /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST \\login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST /login#x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\nx-nul: \0\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\nx: y\r\n folded: 1\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\nbad name: 1\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n",
    b"POST http:///login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"POST ftp://a/login HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
];

#[tokio::test]
async fn what_is_malformed_is_refused_by_envoy_or_judged() {
    let scene = Scene::with(&attentive(), |config| {
        config.manager(&json!({"xff_num_trusted_hops": 0, "skip_xff_append": true}))
    })
    .await;
    for request in MALFORMED {
        let send = async |address: &str| {
            let mut connection = Connection::open(scene.envoy.address).await;
            let line_end = request.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
            let (line, rest) = request.split_at(line_end);
            let client = format!("x-forwarded-for: {address}\r\n");
            connection
                .send(&[line, client.as_bytes(), rest].concat())
                .await;
            connection.response("POST").await.status
        };
        let tor = send(TOR).await;
        assert_eq!(scene.application.count(), 0);
        let verdicts = (tor, send(HOME).await);
        assert!(
            matches!(verdicts, (403, 200) | (400, 400)),
            "{}: {verdicts:?}",
            request.escape_ascii()
        );
        scene.application.forget();
    }
    scene.still_judges().await;
}
